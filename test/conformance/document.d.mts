export declare const documentPath: string;
export declare const classes: readonly {
  readonly name: string;
  readonly conf: string;
  readonly requirements: readonly string[];
}[];
export declare function conformanceTests(): { readonly id: string; readonly says: string; readonly file: string }[];
export declare function conformanceDocument(): string;

export declare const documentPath: string;
interface ConformanceClass {
  readonly name: string;
  readonly conf: string;
  readonly key?: string;
  readonly requirements: readonly string[];
}
export declare const classes: readonly ConformanceClass[];
export declare const draftClasses: readonly ConformanceClass[];
export declare function conformanceTests(): {
  readonly id: string;
  readonly version: '1.0' | '2.0';
  readonly says: string;
  readonly file: string;
}[];
export declare function conformanceDocument(): string;

export declare const mayImport: Readonly<Record<string, readonly string[]>>;

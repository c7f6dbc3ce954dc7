/** `server` and `bind` become `server.bind`; keys that hold more than word characters and hyphens are quoted: `logging["a.b"]`. */
export function joinPath(parent: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${parent}[${JSON.stringify(key)}]`;
  return parent === '' ? key : `${parent}.${key}`;
}

/** `env` and 0 become `env[0]`. */
export function joinIndex(parent: string, index: number | string): string {
  return `${parent}[${index}]`;
}

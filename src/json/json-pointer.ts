/** The place of a member, or an item, of what stands at another place: a JSON Pointer (RFC 6901). */
export function pointerTo(base: string, name: string | number): string {
  return `${base}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

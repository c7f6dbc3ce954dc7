/** Path and query of an address as this page's own host has it: pages may be seen by another name than their links have. */
export function ownAddress(address: string): string {
  const { pathname, search } = new URL(address, location.href);
  return pathname + search;
}

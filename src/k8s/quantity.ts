const UNITS: Readonly<Record<string, number>> = {
  ...Object.fromEntries([...'num', '', ...'kMGTPE'].map((unit, at) => [unit, 1000 ** (at - 3)])),
  ...Object.fromEntries([...'KMGTPE'].map((unit, at) => [`${unit}i`, 1024 ** (at + 1)])),
};

/** Of a quantity as `500m` or `1.5Gi`; 0 for what is none. The client library has it for whole numbers alone, and to itself. */
export function scalarOf(quantity: string | undefined): number {
  const [, digits = '0', unit = ''] = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([numkKMGTPE]?i?)$/.exec(String(quantity)) ?? [];
  return Number(digits) * (UNITS[unit] ?? 0) || 0;
}

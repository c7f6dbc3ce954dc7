/** `E2E_SLOW=1`: whether tests do all that they would else do in part, or not at all. */
export const isSlow = process.env['E2E_SLOW'] === '1';

import { createRequire } from 'node:module';

/** As class-validator sees it: see `library-hooks.ts`. */
interface PhoneNumbers {
  parsePhoneNumber(this: void, ...of: unknown[]): unknown;
}

const validator = createRequire(createRequire(import.meta.url).resolve('class-validator'));

/** Loads the numbers of all countries when the first one is asked for. */
export const parsePhoneNumber: PhoneNumbers['parsePhoneNumber'] = (...of) =>
  (validator('libphonenumber-js/max') as PhoneNumbers).parsePhoneNumber(...of);

import { UnauthorizedError } from '../ogc/domain-errors.js';

/** What is said to who shows nothing, where roles decide. */
export function askForToken(): UnauthorizedError {
  return new UnauthorizedError(
    'This asks for a token that may do so: send it as "Authorization: Bearer TOKEN", or sign in with a browser.',
  );
}

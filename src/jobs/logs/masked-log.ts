import { Transform, pipeline, type Readable } from 'node:stream';

const NAME = 'capability=';
/** Characters of a capability: 256 bits as base64url. */
const LENGTH = 43;
const CAPABILITY = new RegExp(`${NAME}[A-Za-z0-9_-]{${LENGTH}}`, 'g');

/** The same text with the capabilities of jobs made unreadable, each by as many asterisks: jobs print their environment. */
export function maskCapabilities(log: Readable): Readable {
  let held = '';
  const masked = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const text = (held + chunk.toString('latin1')).replace(CAPABILITY, NAME + '*'.repeat(LENGTH));
      const whole = text.length - beginningOfCapability(text);
      held = text.slice(whole);
      done(null, Buffer.from(text.slice(0, whole), 'latin1'));
    },
    flush(done) {
      done(null, Buffer.from(held, 'latin1'));
    },
  });
  // Both ends have the error by then.
  pipeline(log, masked, () => undefined);
  return masked;
}

/** How many characters at the end may be the beginning of a capability; so few are held back, for who follows a log wants all of it at once. */
function beginningOfCapability(text: string): number {
  const at = text.lastIndexOf(NAME);
  const rest = at < 0 ? '' : text.slice(at + NAME.length);
  if (at >= 0 && rest.length < LENGTH && /^[A-Za-z0-9_-]*$/.test(rest)) return text.length - at;
  for (let length = NAME.length - 1; length > 0; length -= 1) if (text.endsWith(NAME.slice(0, length))) return length;
  return 0;
}

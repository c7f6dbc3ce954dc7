import { isMapping } from '../../config/validation.js';
import { pointerTo } from '../../json/json-pointer.js';
import { UnreadValue } from '../../json/unread-value.js';
import { MOST_FAULTS, type RequestFault } from '../../ogc/domain-errors.js';
import type { InputDescription } from '../description/process-description.js';
import { isSecretName } from '../schema/secrets.js';

/** What a request that is shown has in place of a secret. */
export const MASK = { masked: true } as const;

/** What a request that is shown has in place of a value that was too large to keep. */
export interface Omitted {
  readonly omitted: {
    /** Bytes of the value's JSON in UTF-8, without blanks, as the container gets it; secrets in it are {@link MASK}. */
    readonly size: number;
    /** The SHA-256 of those bytes, 64 hexadecimal digits. */
    readonly sha256: string;
    /** Where that JSON is, where the process says `keep_inputs`. */
    readonly href?: string;
  };
}

/** Member of a request that is shown: how many inputs are not even named, and size and digest of an object of them. */
export const OMITTED_INPUTS = 'omittedInputs';

type Members = Readonly<Record<string, unknown>>;

/**
 * Marks in a request that was shown, and sent again without what they stand for. A value that only looks like one is none where the
 * schema of
 * its input describes a property of that name.
 * @param inputs of the body, without the API token
 * @returns at the most one more than {@link MOST_FAULTS}
 */
export function markFaults(
  described: Readonly<Record<string, InputDescription>>,
  body: Members,
  inputs: Members,
): RequestFault[] {
  const faults: RequestFault[] = [];
  const add = (pointer: string, message: string) => {
    if (faults.length <= MOST_FAULTS) faults.push({ pointer, message });
  };
  for (const [id, value] of Object.entries(inputs)) {
    const isDescribed = (member: string) => Object.hasOwn(described, id) && describes(described[id]?.schema, member);
    const pointer = pointerTo('/inputs', id);
    // What was too large to be read is only written as such a mark.
    if (isOmitted(value) && !(value instanceof UnreadValue) && !isDescribed('omitted'))
      add(pointer, 'stands for a value that was not kept ({"omitted": …}); send the value');
    const masks = new Masks();
    masks.look(value, isSecretName(id));
    if (masks.found.length > 0 && !isDescribed('masked'))
      for (const mask of masks.found) add(pointer + mask, 'is a mask ({"masked": true}); send the value');
  }
  const { subscriber } = body;
  if (isMapping(subscriber))
    for (const [name, address] of Object.entries(subscriber))
      if (isMapping(address) && address['masked'] === true)
        add(pointerTo('/subscriber', name), 'is a mask ({"masked": true}); send the address');
  if (Object.hasOwn(body, OMITTED_INPUTS))
    add(`/${OMITTED_INPUTS}`, 'says that there were inputs that are not named here; send them, and this member not');
  return faults;
}

/** What is wrong with a request, without what is said of the marks themselves already. */
export function withoutMarked(faults: readonly RequestFault[], marks: readonly RequestFault[]): RequestFault[] {
  const pointers = marks.map(({ pointer }) => pointer);
  return faults.filter(
    ({ pointer }) => !pointers.some((marked) => pointer === marked || pointer.startsWith(`${marked}/`)),
  );
}

export function isOmitted(value: unknown): value is Omitted {
  if (!isOnly(value, 'omitted') || !isMapping(value['omitted'])) return false;
  const { size, sha256, href, ...more } = value['omitted'];
  return (
    typeof size === 'number' &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256) &&
    (href === undefined || typeof href === 'string') &&
    Object.keys(more).length === 0
  );
}

/** The masks in a value, each under a name that looks secret: JSON Pointers from the value on, one more than are told at the most. */
class Masks {
  readonly found: string[] = [];
  /** Names on the way to the part that is looked at. */
  private readonly names: (string | number)[] = [];
  /** Of as many of them, from the first on, as lead to a mask. Most of what is large is numbers, of which there may be millions. */
  private readonly pointers: string[] = [];

  look(value: unknown, isSecret: boolean): void {
    if (typeof value !== 'object' || value === null || this.isFull) return;
    if (isSecret && isOnly(value, 'masked') && value['masked'] === true) {
      this.found.push(this.pointer());
      return;
    }
    // Of a secret array the whole is masked.
    if (Array.isArray(value))
      for (let at = 0; at < value.length && !this.isFull; at += 1) this.enter(at, value[at], false);
    else for (const [name, part] of Object.entries(value)) this.enter(name, part, isSecretName(name));
  }

  private get isFull(): boolean {
    return this.found.length > MOST_FAULTS;
  }

  private enter(name: string | number, part: unknown, isSecret: boolean): void {
    this.names.push(name);
    this.look(part, isSecret);
    this.names.pop();
    if (this.pointers.length > this.names.length) this.pointers.length = this.names.length;
  }

  private pointer(): string {
    for (let at = this.pointers.length; at < this.names.length; at += 1)
      this.pointers.push(pointerTo(this.pointers[at - 1] ?? '', this.names[at] ?? ''));
    return this.pointers.at(-1) ?? '';
  }
}

function isOnly(value: unknown, member: string): value is Members {
  return isMapping(value) && Object.hasOwn(value, member) && Object.keys(value).length === 1;
}

/** Whether a schema describes a property of this name, however deep. */
function describes(schema: unknown, member: string): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  const properties = Array.isArray(schema) ? undefined : (schema as Members)['properties'];
  if (isMapping(properties) && Object.hasOwn(properties, member)) return true;
  return Object.values(schema).some((part) => describes(part, member));
}

/** What one may do with what one sees, as pages offer it. */
export type Offered = 'execute' | 'logs' | 'dismiss';

/** What who asks knows of, and may do. */
export interface Rights {
  /** Whether anybody is known to ask. */
  readonly isKnown: boolean;
  /** Whether they may everything. */
  readonly isAdmin: boolean;
  sees(processId: string): boolean;
  /** With a process, or with the jobs of it that one sees. */
  may(action: Offered, processId: string): boolean;
}

const rights = new WeakMap<object, Rights>();

/** Says once of a request, before it is answered, what who asks knows of; where nobody says it, roles do not decide. */
export function noteRights(request: object, of: Rights): void {
  rights.set(request, of);
}

/** Undefined where roles do not decide. */
export function rightsOf(request: object): Rights | undefined {
  return rights.get(request);
}

/** Whether who asks knows of the process: it stands in lists, descriptions and pages. */
export function seesProcess(request: object, processId: string): boolean {
  return rights.get(request)?.sees(processId) ?? true;
}

/** What is asked again and again, and tells nothing that leaves the server: recorded only where it is refused. By their routes. */
const POLLED = new Set([
  '/',
  '/conformance',
  '/openapi',
  '/openapi/:version',
  '/api',
  '/asyncapi',
  '/problems',
  '/problems/:name',
  '/processes',
  '/processes/:processId',
  '/jobs',
  '/jobs/filter',
  '/jobs/:jobId',
  '/visualisations',
  '/info',
  '/me',
  '/sign-in',
]);
/** The same, of all beneath. */
const POLLED_FOLDERS = ['/docs', '/static/', '/health', '/metrics'];

/** What is done there, in the words of roles where they have one. Whatever is not named is called by its method and route. */
const ACTIONS: Readonly<Record<string, string>> = {
  'POST /processes/:processId/execution': 'execute',
  'POST /processes/:processId/jobs': 'execute',
  'GET /processes/:processId/execution': 'execute',
  'POST /processes/:processId/form': 'execute',
  'POST /processes/:processId/validation': 'validate',
  'DELETE /jobs/:jobId': 'dismiss',
  'POST /jobs/:jobId/dismissal': 'dismiss',
  'POST /jobs/dismissal': 'dismiss',
  'GET /usage': 'usage',
  'GET /jobs/:jobId/results': 'results',
  'GET /jobs/:jobId/results/:outputId': 'results',
  'GET /jobs/:jobId/results/:outputId/:index': 'results',
  'GET /jobs/:jobId/logs': 'logs',
  'GET /jobs/:jobId/prov': 'provenance',
  'GET /jobs/:jobId/inputs': 'request',
  'GET /jobs/:jobId/request': 'request',
  'GET /jobs/:jobId/request/inputs': 'request',
  'GET /jobs/:jobId/request/inputs/:inputId': 'request',
  'GET /jobs/:jobId/events': 'events',
  'GET /jobs/events': 'events',
  'POST /jobs/:jobId/links': 'share',
  'POST /jobs/:jobId/share': 'share',
  'POST /sign-in': 'sign-in',
  'GET /sign-in/oidc/callback': 'sign-in',
  'POST /sign-out': 'sign-out',
  'GET /transfer/:jobId/inputs': 'transfer-inputs',
  'PUT /transfer/:jobId/outputs/:outputId': 'transfer-outputs',
  'POST /transfer/:jobId/outputs/:outputId': 'transfer-outputs',
};

/** Refusals of what one may not do. */
const REFUSALS = new Set([401, 403, 429]);

export interface AnsweredRequest {
  readonly method: string;
  /** As the router has it; undefined: there is nothing at the address. */
  readonly route: string | undefined;
  readonly status: number;
}

/**
 * Whether a record of requests is to have it: all that changes something or hands out what jobs took, said or made, and refusals of whatever
 * it is. A route that is not known here is recorded.
 * @param hidesThings whether 404 can mean that the caller may not know of it
 */
export function isRecorded({ method, route, status }: AnsweredRequest, hidesThings: boolean): boolean {
  if (REFUSALS.has(status)) return true;
  if (route === undefined || method === 'OPTIONS') return false;
  if (hidesThings && status === 404 && /:(?:jobId|processId)\b/.test(route)) return true;
  if (method !== 'GET' && method !== 'HEAD') return true;
  return !isPolled(route);
}

function isPolled(route: string): boolean {
  return POLLED.has(route) || POLLED_FOLDERS.some((folder) => route.startsWith(folder));
}

/** What was asked for, in a word; of what has none its method and route. */
export function actionOf({ method, route = 'nothing' }: Omit<AnsweredRequest, 'status'>): string {
  const asked = method === 'HEAD' ? 'GET' : method;
  if (asked === 'GET' && isPolled(route)) return 'read';
  return ACTIONS[`${asked} ${route}`] ?? `${asked} ${route}`;
}

import { Injectable } from '@nestjs/common';

/** What a type of problem means, for whoever got one. */
export interface ProblemTypeText {
  readonly title: string;
  /** HTTP status of the answers that carry it. */
  readonly status: number;
  readonly meaning: string;
  /** What to do about it; at least one. */
  readonly remedies: readonly string[];
}

export interface ProblemType extends ProblemTypeText {
  /** The last part of its URI. */
  readonly name: string;
}

/** Where the types of problems are documented, beneath the API's address; a type's URI is that of its document. */
export const PROBLEM_TYPES_PATH = '/problems';

/** @returns a reference relative to the API's address (RFC 7807, section 3.1); answers carry it as an absolute URI */
export function problemTypeReference(name: string): string {
  return `${PROBLEM_TYPES_PATH}/${encodeURIComponent(name)}`;
}

/** The types that the server's own errors have; failed jobs add theirs. OGC's types are documented by OGC. */
const GENERAL = {
  'invalid-request': {
    title: 'Invalid request',
    status: 400,
    meaning: 'Something in the request is not as the API asks for. Nothing was done.',
    remedies: [
      'Look at "errors" of the problem: it lists every fault, with a JSON Pointer into the body or the name of a parameter, and what was expected.',
      'Compare the request with the description of the process and with the API definition.',
    ],
  },
  'malformed-json': {
    title: 'No JSON',
    status: 400,
    meaning: 'The body of the request is no JSON (RFC 8259), or not in UTF-8. Nothing was done.',
    remedies: [
      'Look at "line", "column" and "expected" of the problem: they say where the body goes wrong, and what was expected there.',
      'Have a library write the JSON. It has no comments, no commas after the last item, no single quotes, no NaN and no Infinity.',
    ],
  },
  unauthorized: {
    title: 'Unauthorized',
    status: 401,
    meaning:
      'The process asks for a token to execute it, to read logs of its jobs and to dismiss them; the request has none, or a wrong one.',
    remedies: [
      'Send the token as "Authorization: Bearer TOKEN", or as the input "token" of an execute request.',
      'Ask the operator of the server for the token.',
    ],
  },
  forbidden: {
    title: 'Forbidden',
    status: 403,
    meaning:
      'The server knows who asks, and what is asked for may be seen, but none of the roles of who asks allows to do this with it.',
    remedies: [
      'Look at GET /me: it says who the server takes you for, and what you may do.',
      'Ask the operator of the server for a role that allows it.',
    ],
  },
  'cross-site-form': {
    title: 'Form of another site',
    status: 403,
    meaning: 'A form of a page that is not of this server was sent to it. Nothing was done.',
    remedies: [
      "Use the form on the process's own page.",
      'From an application of your own, execute with JSON.',
      'Operator: where pages are reached under another address than the server believes, set server.url or trust_proxy.',
    ],
  },
  'cross-site-request': {
    title: 'Request of another site',
    status: 403,
    meaning:
      'An address that executes a process was opened by a page of another site, or by a browser that fetches ahead. Nothing was done.',
    remedies: [
      'Open the address yourself: type or paste it.',
      'From an application of your own, execute by POST with JSON.',
      'Operator: where the server is reached under another address than it believes, set server.url or trust_proxy.',
    ],
  },
  misdirected: {
    title: 'Misdirected request',
    status: 421,
    meaning: 'The request is for a host (the Host header) that this server does not answer to. Nothing was done.',
    remedies: [
      'Use the address that the operator gives out.',
      'Operator: name the host in server.hosts, or set server.url; behind a proxy that says the host in X-Forwarded-Host, set trust_proxy.',
    ],
  },
  'header-too-long': {
    title: 'Header too long',
    status: 431,
    meaning: 'A header that says what is wanted has more than 1024 characters. Nothing was done.',
    remedies: ['Ask for less: a few media types, languages and preferences are enough.'],
  },
  'not-available': {
    title: 'Not available',
    status: 404,
    meaning:
      'The job is known, but what was asked for is not there: its log or its result was never kept, or was removed.',
    remedies: ['Look at the status of the job: it says how the job ended.', 'Execute the process again.'],
  },
  'link-over': {
    title: 'Link over',
    status: 404,
    meaning:
      'The address has a link for others (its parameter "share") that opens nothing: its time is over, the job is removed, or nobody made it.',
    remedies: [
      'Ask whoever gave you the link for another.',
      'Take the whole address: mail programs cut long ones.',
      'Leave the parameter out if the job is your own.',
    ],
  },
  'not-acceptable': {
    title: 'Not acceptable',
    status: 406,
    meaning: 'The resource is there, but not in a format or shape that the request accepts.',
    remedies: ['Send another "Accept" header, or none.', 'Use the parameter "f", which goes before the header.'],
  },
  'job-dismissed': {
    title: 'Job dismissed',
    status: 410,
    meaning:
      'The job was dismissed: it has no results. Its status and log stay until its time is over. Or it is being removed at this moment.',
    remedies: ['Execute the process again if the results are needed.'],
  },
  'results-expired': {
    title: 'Results expired',
    status: 410,
    meaning:
      'The job was successful, and its results were kept for as long as the server is told to keep them. They are removed.',
    remedies: ['Execute the process again.', 'Operator: raise results_ttl of the process.'],
  },
  ended: {
    title: 'Gone',
    status: 410,
    meaning: 'What was asked for was there, and is over for good.',
    remedies: ['Execute the process again if its results are needed.'],
  },
  'length-required': {
    title: 'Length required',
    status: 411,
    meaning: 'A file that is uploaded has to say its size beforehand.',
    remedies: ['Send the header "Content-Length": curl -T FILE does, curl -T - does not.'],
  },
  'content-too-large': {
    title: 'Content too large',
    status: 413,
    meaning:
      'The request is larger than the server takes; "detail" says the limit, and what was sent. Nothing was done.',
    remedies: [
      'Pass large data by link instead of by value.',
      'Split the data over several executions.',
      'Operator: MAX_REQUEST_BYTES (server.max_request_bytes) is the limit, also of what a compressed body unfolds to.',
    ],
  },
  'inputs-too-large': {
    title: 'Inputs too large',
    status: 413,
    meaning:
      'The inputs are valid, but as JSON larger than what reaches the container of their process: it has them in an environment ' +
      'variable, which Linux limits to 128 KiB, and max_inline_inputs of the server often to less. Nothing was done.',
    remedies: [
      'Pass large data by link instead of by value.',
      'Split the data over several executions.',
      'Operator: where the image reads its inputs from the address in PYGEOAPI_K8S_MANAGER_INPUTS_URL (docs/results.md shows the ten ' +
        'lines that it takes), write "large_inputs: url" into its definition; give the server an object store, and server.internal_url.',
      'Operator: raise max_inline_inputs, of server.manager or of the process; etcd keeps such inputs as long as the job.',
    ],
  },
  'unsupported-content-coding': {
    title: 'Unsupported content coding',
    status: 415,
    meaning: 'The body of the request is compressed in a way that the server does not read. Nothing was done.',
    remedies: [
      'Send it in one of the codings of the header "Accept-Encoding" of this answer, named in "Content-Encoding", or uncompressed.',
    ],
  },
  'range-not-satisfiable': {
    title: 'Range not satisfiable',
    status: 416,
    meaning: 'The range of bytes that was asked for lies behind the end of the result or log.',
    remedies: ['Look at the header "Content-Range": it says how many bytes there are.'],
  },
  'idempotency-key-reused': {
    title: 'Idempotency-Key is used for another request',
    status: 422,
    meaning:
      'The same key was sent before with another body; it stands for that request as long as its job exists. Nothing was done.',
    remedies: ['Use a new key for a new request.', 'Send the same body where the request is a repetition.'],
  },
  'job-id-taken': {
    title: 'The job_id is taken',
    status: 409,
    meaning:
      'The execute request chose the id of its job, and there is one of that id already: it runs, has ended, or was dismissed. Nothing was created.',
    remedies: [
      'Choose a UUID of your own making, a new one for each job, or leave "job_id" out.',
      'To send a request again safely, use the header "Idempotency-Key" instead.',
    ],
  },
  'too-many-jobs': {
    title: 'Too many jobs',
    status: 429,
    meaning:
      'As many jobs that have not ended yet as may be are there, of this process or of all that ask for no token, ' +
      'or as many wait for their turn as may. Nothing was created.',
    remedies: [
      'Wait as many seconds as the header "Retry-After" says, and send the request again.',
      'Operator: raise the limit that the detail names: max_jobs, of server.manager or of the process; or max_waiting.',
    ],
  },
  'limit-exceeded': {
    title: 'Your limit is reached',
    status: 429,
    meaning:
      'Who asks has as much as one caller may have at a time: of jobs that wait, of executions in a minute, of bytes in the store, or of ' +
      'open connections; "limit" of the problem says which, where it is configured, and what is used. Nothing was created.',
    remedies: [
      'Wait as many seconds as the header "Retry-After" says, and send the request again.',
      'Where "limit" is "stored_bytes": remove jobs whose results you need no more.',
      'Operator: raise the limit that "key" names.',
    ],
  },
  'sync-wait-exceeded': {
    title: 'The job takes longer',
    status: 504,
    meaning:
      'The job goes on, but a synchronous request is not kept waiting any longer, and the process offers no asynchronous execution.',
    remedies: [
      'Follow the job at the address that the problem and the header "Link" name: its results will be there.',
      'Operator: raise sync_max_wait of the process, or offer async-execute.',
    ],
  },
  'log-incomplete': {
    title: 'Log incomplete',
    status: 500,
    meaning:
      'The log of the job was stored whole, and what stands in the object store now has another size. It is not shown as if it were whole.',
    remedies: [
      'Operator: look at the object, whose key "detail" of the problem names, and restore it from a backup or an earlier version.',
    ],
  },
  misconfigured: {
    title: 'Server misconfigured',
    status: 500,
    meaning:
      'The request is right, but the server cannot do it as it is configured: the cluster refuses what the process makes, or a processor or security context is wrong.',
    remedies: ['Tell the operator of the server; "detail" of the problem says what is refused.'],
  },
  unavailable: {
    title: 'Service unavailable',
    status: 503,
    meaning:
      'Something that the server needs, the cluster or the object store, does not answer now, or has no room for another job.',
    remedies: ['Try again after the seconds of the header "Retry-After".'],
  },
} as const satisfies Readonly<Record<string, ProblemTypeText>>;

export type GeneralProblemType = keyof typeof GENERAL;

/** All types of problems that this server documents. Modules add those of their own. */
@Injectable()
export class ProblemTypes {
  private readonly types = new Map<string, ProblemType>();

  constructor() {
    this.add(GENERAL);
  }

  add(texts: Readonly<Record<string, ProblemTypeText>>): void {
    for (const [name, text] of Object.entries(texts)) this.types.set(name, { name, ...text });
  }

  list(): readonly ProblemType[] {
    return [...this.types.values()];
  }

  find(name: string): ProblemType | undefined {
    return this.types.get(name);
  }
}

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CALLERS, type Named, TABLE, type TableCaller, type TableRequest } from '../support/caller-table.js';
import { TestBed } from '../support/test-bed.js';
import { eventually } from '../support/wait.js';

/** Tokens of test/fixtures/access/roles.yaml. */
const TOKENS: Readonly<Record<TableCaller, string | undefined>> = {
  ann: 'of-ann',
  bob: 'of-bob',
  reader: 'of-reader',
  nobody: 'of-nobody',
  anonymous: undefined,
  wrong: 'wrong',
  root: 'of-root',
};
/** Stands in the inputs, log and result of every job of ann's. */
const SAID = 'said-by-ann';

/** What nobody has; of the same lengths as what ann has. */
const UNKNOWN: Named = {
  done: '01890a5d-ac96-774b-bcce-b302099a8057',
  failed: '01890a5d-ac96-774b-bcce-b302099a8058',
  running: '01890a5d-ac96-774b-bcce-b302099a8059',
  fresh: '01890a5d-ac96-774b-bcce-b302099a8060',
  process: 'absentx',
};
/** Headers that say nothing of what is there. */
const PASSING = ['date', 'x-request-id', 'connection', 'keep-alive'];

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

const rows = Object.entries(TABLE).flatMap(([route, requests]) =>
  requests.map((request) => [route, describeRequest(request), request] as const),
);

describe('every operation and every caller', () => {
  let bed: TestBed;
  let routes: readonly string[] = [];
  /** Of the stylesheet's address. */
  let digest = '';
  let anns: Named;
  let cookie = '';

  beforeAll(async () => {
    bed = await TestBed.startProcess({
      TRUST_PROXY: 'true',
      PYGEOAPI_CONFIG: 'test/fixtures/access/roles.yaml',
      NODE_OPTIONS: `--import ${new URL('../support/route-list.mjs', import.meta.url).href}`,
      ...Object.fromEntries(
        Object.entries(TOKENS).map(([name, token = '']) => [`TOKEN_OF_${name.toUpperCase()}`, token]),
      ),
    });
    const [done, fresh, failed, running] = await Promise.all([
      made(SAID),
      made(SAID),
      made(`fail ${SAID}`),
      made(`stay ${SAID}`),
    ]);
    anns = { done, failed, running, fresh, process: 'arcanum' };
    await made(SAID, 'arcanum');
    routes = JSON.parse(/^routes: (.*)$/m.exec(await bed.output())?.[1] ?? '') as string[];
    digest = /style-([0-9a-f]+)/.exec(routes.join(' '))?.[1] ?? '';
    const signedIn = await fetch(`${bed.url}/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `token=${TOKENS.bob}`,
    });
    cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  });
  afterAll(() => bed.stop());

  /** A job of ann's that is what its text asks for. */
  async function made(text: string, process = 'seen'): Promise<string> {
    const id = await bed.submit(process, { text }, { token: TOKENS.ann });
    const wanted = /fail/.test(text) ? 'failed' : /stay/.test(text) ? 'running' : 'successful';
    await eventually(`job ${id} being ${wanted}`, async () => (await bed.status(id, TOKENS.ann)).status === wanted);
    return id;
  }

  it('are in the table: each route of the server, and no other', () => {
    const found = routes.map((route) => route.replace(/^HEAD /, 'GET ').replace(/(?<=style-)[0-9a-f]+/, 'DIGEST'));
    expect([...new Set(found)].toSorted()).toEqual(Object.keys(TABLE).toSorted());
  });

  it.each(rows)('%s%s', async (route, _, request) => {
    const [method = ''] = route.split(' ');
    const found: Record<string, string> = {};
    for (const caller of CALLERS) {
      const named = usesFresh(request, anns) ? { ...anns, fresh: await freshFor(caller) } : anns;
      const answer = await ask(method, request, named, credentialsOf(caller));
      found[caller] = answer.status >= 400 ? String(answer.status) : 'ok';
      if (caller === 'ann' || caller === 'root') continue;
      // What is told of processes to who collects metrics is not of those who ask.
      if (route !== 'GET /metrics') expectNothingOfAnns(answer, request, named);
      // What one may not see is as what there is not.
      const other = await ask(method, request, UNKNOWN, credentialsOf(caller));
      if (namesAnns(request)) expect(normalised(answer, named)).toEqual(normalised(other, UNKNOWN));
      if (method === 'GET') {
        const head = await ask('HEAD', request, named, credentialsOf(caller));
        expect([caller, head.status]).toEqual([caller, answer.status]);
        await expectSameOfSession(route, request, caller, answer);
      }
    }
    expect(found).toEqual(request.answers);
  });

  /** What bob gets by the session of a browser is what he gets by his token. */
  async function expectSameOfSession(route: string, request: TableRequest, caller: TableCaller, answer: Answer) {
    if (caller !== 'bob' || /execution|sign-in|metrics/.test(route)) return;
    const ofSession = await ask('GET', request, anns, { cookie, 'sec-fetch-site': 'same-origin' });
    expect(ofSession.status).toBe(answer.status);
    expectNothingOfAnns(ofSession, request, anns);
  }

  it.each(
    rows.filter(([route, , { headers }]) => /^POST \/(jobs|processes).*(form|dismissal)$/.test(route) && headers),
  )('%s%s, with a token in the form', async (route, _, request) => {
    const [method = ''] = route.split(' ');
    const asked = (named: Named, token: string) => {
      const body = typeof request.body === 'function' ? request.body(named) : (request.body ?? '');
      return ask(method, { ...request, body: `${body}&token=${token}` }, named, {});
    };
    const ofBob = await asked(anns, 'of-bob');
    expect(ofBob.status >= 400 ? String(ofBob.status) : 'ok').toBe(request.answers.bob);
    expectNothingOfAnns(ofBob, request, anns);
    if (namesAnns(request))
      expect(normalised(ofBob, anns)).toEqual(normalised(await asked(UNKNOWN, 'of-bob'), UNKNOWN));
    expect((await asked(anns, 'wrong')).status).toBe(401);
    const fresh = usesFresh(request, anns) ? await made(SAID) : anns.fresh;
    expect((await asked({ ...anns, fresh }, 'of-ann')).status).toBeLessThan(400);
  });

  /** Only who may dismiss it needs one for this request alone. */
  function freshFor(caller: TableCaller): Promise<string> | string {
    return caller === 'ann' || caller === 'root' ? made(SAID) : anns.fresh;
  }

  /** But for what the request itself says. */
  function expectNothingOfAnns({ text, headers }: Answer, request: TableRequest, named: Named): void {
    const asked = [pathOf(request, named), bodyOf(request, named)].join(' ');
    const secrets = [SAID, 'Told to few', 'ann-smith', ...Object.values(anns)];
    const told = secrets.filter(
      (secret) => !asked.includes(secret) && (text + JSON.stringify(headers)).includes(secret),
    );
    expect(told).toEqual([]);
  }

  const pathOf = ({ path }: TableRequest, named: Named): string =>
    (typeof path === 'string' ? path : path(named)).replace('DIGEST', digest);

  async function ask(
    method: string,
    request: TableRequest,
    named: Named,
    credentials: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    const body = bodyOf(request, named);
    const response = await fetch(bed.url + pathOf(request, named), {
      method,
      redirect: 'manual',
      headers: { 'accept-encoding': 'identity', ...request.headers, ...ofAnother(), ...credentials },
      ...(body === undefined ? {} : { body }),
    });
    const headers = Object.fromEntries([...response.headers].filter(([name]) => !PASSING.includes(name)));
    return { status: response.status, headers, text: await textOf(response) };
  }
});

function describeRequest({ note, headers }: TableRequest): string {
  return [note, headers?.['accept'], headers?.['range']]
    .filter(Boolean)
    .map((text) => `, ${text}`)
    .join('');
}

function credentialsOf(caller: TableCaller): Readonly<Record<string, string>> {
  const token = TOKENS[caller];
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

function bodyOf({ body }: TableRequest, named: Named): string | undefined {
  return typeof body === 'function' ? body(named) : body;
}

function usesFresh({ path, body }: TableRequest, anns: Named): boolean {
  const marked = { ...anns, fresh: 'FRESH' };
  const path1 = typeof path === 'string' ? path : path(marked);
  return `${path1} ${typeof body === 'function' ? body(marked) : ''}`.includes('FRESH');
}

function namesAnns({ path, body }: TableRequest): boolean {
  return typeof path === 'function' || typeof body === 'function';
}

/** Without what the request named. */
function normalised({ status, headers, text }: Answer, named: Named): Answer {
  const names = Object.entries(named).sort(([, one], [, other]) => other.length - one.length);
  const of = (said: string) =>
    names.reduce((rest, [name, value]) => rest.replaceAll(value, `{${name}}`), said).replace(/^retry: \d+/gm, 'retry');
  return { status, headers: JSON.parse(of(JSON.stringify(headers))) as Answer['headers'], text: of(text) };
}

/** Of a stream without end what is told first. */
async function textOf(response: Response): Promise<string> {
  let text = '';
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    text += read.value;
    if (text.includes('event: present')) break;
  }
  await reader?.cancel();
  return text;
}

/** Each request comes from an address of its own, for wrong tokens of one are answered ever more slowly. */
let addresses = 0;
function ofAnother(): Readonly<Record<string, string>> {
  addresses += 1;
  return { 'x-forwarded-for': `10.1.${addresses >> 8}.${addresses & 255}` };
}

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compileErrors, validate } from '@readme/openapi-parser';
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { TestCluster } from '../support/cluster.js';
import { isSlow } from '../support/slow-tests.js';
import { TestBed } from '../support/test-bed.js';

/** `TEST_PYTHON` names a Python that has the packages of test/clients/requirements.txt. */
const python = process.env['TEST_PYTHON'];
const withPython = python === undefined ? it.skip : it;

const VERSIONS = ['3.0', '3.1'] as const;
const mediaType = (version: string) => `application/vnd.oai.openapi+json;version=${version}`;

/** They need a program or a package that suites of their own install (`custom-processors-tutorial`). */
const STARTED_ELSEWHERE = ['custom-processor-own-application', 'custom-processor-subclass'];

interface Content {
  readonly resources?: unknown;
  readonly data?: Readonly<Record<string, string>>;
}

/** Those of every kind. With `E2E_SLOW=1` a server starts with each of the others, too, which takes minutes. */
const USUAL = [
  'config/pygeoapi-config.yaml',
  'k8s-manifests/base/local.config.yml',
  'test/fixtures/e2e-config.yaml',
  'test/fixtures/predecessor/configmap.yaml',
  'test/fixtures/predecessor/v0.27.yaml',
  'test/fixtures/schemas.yaml',
  'test/fixtures/server-everything.yaml',
];
const isLookedAt = ({ file }: { readonly file: string }) => isSlow || USUAL.includes(file);

/** Configurations in the repository, and the one inside the predecessor's ConfigMap, as texts by name. */
const configurations = globSync(
  ['config/*.yaml', 'examples/*/config.yaml', 'k8s-manifests/base/*.yml', 'test/fixtures/**/*.yaml'],
  { exclude: ['**/node_modules'] },
)
  .filter((file) => !STARTED_ELSEWHERE.some((folder) => file.includes(folder)))
  .sort()
  .flatMap((file): { file: string; text?: string }[] => {
    const text = readFileSync(file, 'utf8');
    const content = parse(text, { logLevel: 'silent' }) as Content;
    const inside = content.data?.['local.config.yml'];
    if (inside !== undefined) return [{ file, text: inside }];
    return content.resources === undefined ? [] : [{ file }];
  })
  .filter(isLookedAt);

interface Document {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, unknown>>;
}

let cluster: TestCluster;
let bed: TestBed;
beforeAll(async () => {
  cluster = await TestCluster.start();
  bed = await TestBed.around(cluster);
});
afterAll(() => (bed as TestBed | undefined)?.stop());

const documentFile = (at: number, version: string) => join(cluster.folder, `${at}-${version}.json`);

describe('the API definition', () => {
  it('is looked at for configurations of every kind', () => {
    expect(configurations.map(({ file }) => file)).toEqual(expect.arrayContaining(USUAL));
  });

  it.each(configurations.map((configuration, at) => ({ ...configuration, at })))(
    'of $file is valid OpenAPI, 3.0 and 3.1',
    async ({ file, text, at }) => {
      const copy = join(cluster.folder, `${at}.yaml`);
      if (text !== undefined) await writeFile(copy, text);
      const server = await bed.startReplica({
        PYGEOAPI_CONFIG: text === undefined ? file : copy,
        LOG_FILE: join(cluster.folder, 'log'),
        CONTAINER_PORT: '0',
        TITLE_EN: 'A title',
        STAGE: 'test',
      });
      for (const version of VERSIONS) {
        const response = await fetch(`${server.url}/openapi`, { headers: { accept: mediaType(version) } });
        expect(response.headers.get('content-type')).toBe(mediaType(version));
        const body = await response.text();
        await writeFile(documentFile(at, version), body);
        const document = JSON.parse(body) as Document & Parameters<typeof validate>[0];
        expect(document.openapi.slice(0, 3)).toBe(version);
        const result = await validate(document);
        expect(result.valid ? [] : [compileErrors(result)]).toEqual([]);
      }
      await server.process.end();
    },
  );

  withPython('is valid for openapi-spec-validator, too', async () => {
    const files = configurations.flatMap((_, at) => VERSIONS.map((version) => documentFile(at, version)));
    const { stdout } = await promisify(execFile)(python ?? '', ['-m', 'openapi_spec_validator', ...files]).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout.trim().split('\n').sort()).toEqual(files.map((file) => `${file}: OK`).sort());
  });
});

describe('the versions of the API definition', () => {
  let url: string;
  beforeAll(async () => {
    ({ url } = await bed.startReplica({ PYGEOAPI_CONFIG: 'test/fixtures/schemas.yaml' }));
  });
  const get = async (path: string, accept?: string) => {
    const response = await fetch(`${url}${path}`, { headers: accept === undefined ? {} : { accept } });
    const body = (await response.json()) as Document & { readonly detail?: string };
    return { type: response.headers.get('content-type'), status: response.status, body };
  };

  it.each([
    [undefined, '3.0'],
    ['*/*', '3.0'],
    ['application/json', '3.0'],
    ['application/vnd.oai.openapi+json', '3.0'],
    ['application/vnd.oai.openapi+json;version=3.0', '3.0'],
    ['application/vnd.oai.openapi+json;version=3.1', '3.1'],
    ['application/vnd.oai.openapi+json; version="3.1"', '3.1'],
    ['application/vnd.oai.openapi+json;version=3.0;q=0.5, application/vnd.oai.openapi+json;version=3.1', '3.1'],
    ['application/vnd.oai.openapi+json;version=3.1, */*;q=0.1', '3.1'],
    ['application/vnd.oai.openapi+json;version=4.0', '3.0'],
  ])('are negotiated: %s gets %s', async (accept, version) => {
    const { type, body } = await get('/openapi', accept);
    expect([type, body.openapi.slice(0, 3)]).toEqual([mediaType(version), version]);
  });

  it('have addresses, linked from the landing page with their types', async () => {
    const { links } = (await (await fetch(`${url}/`)).json()) as {
      links: { rel: string; href: string; type: string }[];
    };
    const definitions = links.filter(({ rel }) => rel === 'service-desc');
    expect(definitions.map(({ type }) => type)).toEqual(VERSIONS.map(mediaType));
    for (const { href, type } of definitions) {
      expect((await fetch(href)).headers.get('content-type')).toBe(type);
      // The address decides, whatever the header says.
      if (href.endsWith('3.1')) expect((await get('/openapi/3.1', 'text/html')).type).toBe(type);
    }
    expect((await get('/openapi/3.0')).type).toBe(mediaType('3.0'));
  });

  it('that are not there are a problem that names those that are', async () => {
    const { status, body } = await get('/openapi/3.2');
    expect([status, body.detail]).toEqual([404, 'The API definition is there in OpenAPI 3.0 and 3.1.']);
  });

  it('describe the same operations, each in the dialect of its version', async () => {
    const [one, two] = [(await get('/openapi/3.0')).body, (await get('/openapi/3.1')).body];
    expect(Object.keys(one.paths)).toEqual(Object.keys(two.paths));
    const inputs = (document: Document) =>
      (
        document.paths['/processes/openapi-dialect/execution'] as {
          post: { requestBody: { content: { 'application/json': { schema: { properties: { inputs: object } } } } } };
        }
      ).post.requestBody.content['application/json'].schema.properties.inputs;
    expect(inputs(one)).toMatchObject({
      properties: { above: { minimum: 0, exclusiveMinimum: true }, maybe: { type: 'string', nullable: true } },
    });
    expect(inputs(two)).toMatchObject({
      properties: { above: { exclusiveMinimum: 0 }, maybe: { type: ['string', 'null'], examples: ['text'] } },
    });
  });
});

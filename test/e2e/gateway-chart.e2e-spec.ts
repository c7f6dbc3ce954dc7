import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { TestCluster } from '../support/cluster.js';
import { chart, hasHelm, helm, processOf } from '../support/helm.js';
import { apply, kubectl, secret } from '../support/kubectl.js';
import { bucketVariables, hasServerImage, serverImage, serviceAddress, useServerAt } from '../support/server-image.js';
import { TestBed, TOKEN } from '../support/test-bed.js';
import { CERTIFICATE, describeWithTraefik, GATEWAY, Traefik, type EntryPoint } from '../support/traefik.js';

const NAME = 'k8s-job-manager';
const HOST = 'processes.example.org';
const LIMIT = 100_000;
const [repository = '', tag = ''] = serverImage.split(':');

describeWithTraefik(
  'the API by the chart’s HTTPRoute and Ingress, behind Traefik',
  () => {
    let bed: TestBed;
    let traefik: Traefik;

    beforeAll(async () => {
      bed = await TestBed.around(await TestCluster.start());
      const { cluster } = bed;
      traefik = await Traefik.start(cluster, [HOST], LIMIT);
      await apply(cluster, [secret(NAME, { token: TOKEN }), secret(`${NAME}-bucket`, bucketVariables(bed))]);
      const values = {
        image: { repository, tag },
        hosts: ['*'],
        config: {
          resources: {
            greet: processOf('echo PYGEOAPI_K8S_MANAGER_RESULT_START; echo hello', { mimetype: 'text/plain' }),
            endless: processOf('echo begun; trap exit TERM; while :; do sleep 1; done'),
          },
        },
        gateway: {
          enabled: true,
          parentRefs: [{ name: GATEWAY, sectionName: 'https' }],
          filters: [
            { type: 'ExtensionRef', extensionRef: { group: 'traefik.io', kind: 'Middleware', name: 'limits' } },
          ],
        },
        ingress: {
          enabled: true,
          className: cluster.namespace,
          host: HOST,
          path: '/ogc',
          tls: { secretName: CERTIFICATE },
          annotations: {
            'nginx.ingress.kubernetes.io/proxy-body-size': String(LIMIT),
            'nginx.ingress.kubernetes.io/proxy-read-timeout': '20',
            'nginx.ingress.kubernetes.io/enable-cors': 'true',
            'nginx.ingress.kubernetes.io/cors-expose-headers': 'Location',
          },
        },
      };
      const flags = ['--kubeconfig', cluster.kubeconfig, '--namespace', cluster.namespace];
      const install = ['install', NAME, chart, ...flags, '--values', '-', '--wait', '--timeout', '5m'];
      await helm(install, JSON.stringify(values));
      await useServerAt(bed, `${await serviceAddress(cluster, NAME)}/ogc`);
    }, 400_000);
    afterAll(async () => {
      await (traefik as Traefik | undefined)?.stop();
      await (bed as TestBed | undefined)?.stop();
    });

    const roads: readonly EntryPoint[] = ['https', 'ingress'];

    it.each(roads)('answers beneath its path, with links that lead there (%s)', async (road) => {
      const headers = { 'x-forwarded-prefix': '/evil', accept: 'application/json' };
      const answer = await traefik.until(200, road, HOST, '/ogc/processes', { headers });
      const { links } = JSON.parse(answer.body) as { links: { rel: string; href: string }[] };
      expect(links.find(({ rel }) => rel === 'self')?.href).toBe(traefik.url(road, HOST, '/ogc/processes'));
      expect((await traefik.ask(road, HOST, '/')).status).toBe(404);
    });

    it.each(roads)('executes, and gives the result (%s)', async (road) => {
      const headers = { prefer: 'respond-async', 'content-type': 'application/json' };
      const path = '/ogc/processes/greet/execution';
      const answer = await traefik.ask(road, HOST, path, { method: 'POST', body: '{"inputs":{}}', headers });
      expect(answer.status).toBe(201);
      const { pathname } = new URL(String(answer.headers['location']));
      expect((await traefik.until(200, road, HOST, `${pathname}/results`)).body).toContain('hello');
    });

    it.each(roads)('refuses what is larger than the road takes (%s)', async (road) => {
      const post = (bytes: number) =>
        traefik.ask(road, HOST, '/ogc/processes/greet/execution', {
          method: 'POST',
          headers: { prefer: 'respond-async', 'content-type': 'application/json' },
          body: JSON.stringify({ inputs: {} }).padEnd(bytes),
        });
      expect((await post(LIMIT)).status).toBe(201);
      expect((await post(LIMIT + 1)).status).toBe(413);
    });

    // Of HTTPRoutes Traefik's own time-out holds, which the test sets; of Ingresses that of the annotation.
    it.each(roads)('is cut at the time-out (%s)', async (road) => {
      const answer = await traefik.ask(road, HOST, '/ogc/processes/endless/execution', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"inputs":{}}',
      });
      expect(answer.status).toBe(504);
    });

    it('says the origins’ headers that the annotations of the Ingress ask for', async () => {
      const headers = { origin: 'https://maps.example.org' };
      const answer = await traefik.ask('ingress', HOST, '/ogc/processes', { headers });
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': headers.origin,
        'access-control-expose-headers': 'Location',
      });
    });

    // docs/operations/behind-a-proxy.md says so. Once Traefik has it: let the test above go without a time-out of Traefik's own.
    it('has no time-out of the HTTPRoute from Traefik, which takes it without a word', async () => {
      expect(await traefik.features()).toContain('HTTPRoute');
      expect(await traefik.features()).not.toContain('HTTPRouteRequestTimeout');
      const conditions = ['get', 'httproute', NAME, '-o', 'jsonpath={.status.parents[*].conditions[*].status}'];
      expect(await kubectl(bed.cluster, conditions)).toBe('True True');
    });
  },
  hasServerImage && hasHelm,
);

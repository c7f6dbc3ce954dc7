import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { TestCluster } from '../support/cluster.js';
import { CERTIFICATE, describeWithTraefik, GATEWAY, Traefik } from '../support/traefik.js';
import { DOMAIN, PROJECT, TAG, VisualisationBed } from '../support/visualisation-bed.js';
import { eventually } from '../support/wait.js';

const LIMIT = 100_000;
const small = { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '500m', memory: '128Mi' } };
const material = { imageTag: TAG, resources: small, project: PROJECT };

describeWithTraefik('visualisations by the Gateway API, behind Traefik', () => {
  let traefik: Traefik;
  let bed: VisualisationBed;
  const at = (section: string) => `${bed.namespace}/${GATEWAY}/${section}`;
  const routed = (name: string, status: string) =>
    eventually(`${name} being Routed ${status}`, async () => {
      const { conditions = [] } = (await bed.get(name)).status ?? {};
      const found = conditions.find(({ type }) => type === 'Routed');
      if (found?.status === status) return found;
      throw new Error(JSON.stringify(conditions));
    });

  beforeAll(async () => {
    const cluster = await TestCluster.start();
    const { namespace } = cluster;
    traefik = await Traefik.start(cluster, [DOMAIN], LIMIT);
    const gateway = `${namespace}/${GATEWAY}`;
    bed = await VisualisationBed.start(
      {
        SVO_GATEWAY: `${gateway}/https`,
        SVO_GATEWAY_FILTERS: 'traefik.io/Middleware/limits',
        SVO_ALLOWED_GATEWAYS: `${gateway}/http,${gateway}/closed`,
        INGRESS_TLS_SECRET: CERTIFICATE,
        SVO_INGRESS_CLASS: namespace,
        SVO_INGRESS_CLASS_AS: 'field',
      },
      cluster,
    );
  });
  afterAll(async () => {
    await (traefik as Traefik | undefined)?.stop();
    await (bed as VisualisationBed | undefined)?.stop();
  });

  it('answers under its path, with the certificate of the listener, and its status says so', async () => {
    await bed.create('routed', material);
    await bed.until('routed', 'Available');
    expect((await traefik.until(200, 'https', DOMAIN, '/routed')).body).toContain('Files of the project');
    expect(JSON.parse((await traefik.ask('https', DOMAIN, '/routed/api')).body)).toMatchObject({ project: PROJECT.id });
    expect((await traefik.ask('https', DOMAIN, '/routedelsewhere')).status).toBe(404);
    expect((await traefik.ask('https', DOMAIN, '/')).status).toBe(404);
    // Only at its listener.
    expect((await traefik.ask('http', DOMAIN, '/routed')).status).toBe(404);
    expect(await routed('routed', 'True')).toMatchObject({
      reason: 'Accepted',
      message: 'traefik.io/gateway-controller has taken the HTTPRoute.',
    });
    expect((await bed.get('routed')).status?.viz).toMatchObject({
      url: `https://${DOMAIN}/routed`,
      gateway: at('https'),
    });
  });

  it('takes requests of the size that the filter lets through', async () => {
    await bed.create('limited', material);
    await bed.until('limited', 'Available');
    await traefik.until(200, 'https', DOMAIN, '/limited');
    const post = (bytes: number) =>
      traefik.ask('https', DOMAIN, '/limited', { method: 'POST', body: 'x'.repeat(bytes) });
    expect((await post(LIMIT)).status).toBe(200);
    expect((await post(LIMIT + 1)).status).toBe(413);
  });

  it('is reached by its Ingress, too, whose annotations Traefik reads as ingress-nginx does', async () => {
    await bed.create('annotated', { ...material, ingressProxyBodySize: '10k' });
    await bed.until('annotated', 'Available');
    await traefik.until(200, 'ingress', DOMAIN, '/annotated/api');
    const post = (bytes: number) =>
      traefik.ask('ingress', DOMAIN, '/annotated', { method: 'POST', body: 'x'.repeat(bytes) });
    expect((await post(10 * 1024)).status).toBe(200);
    expect((await post(10 * 1024 + 1)).status).toBe(413);
    // What the Ingress carries the HTTPRoute cannot, which is said.
    const { message } = await routed('annotated', 'True');
    expect(message).toContain('Not carried over to the HTTPRoute, which has no place for it: ingressProxyBodySize 10k');
    const events = await bed.eventsOf((await bed.get('annotated')).metadata.uid);
    expect(events.map(({ reason }) => reason)).toContain('NotCarriedOver');
  });

  it('follows its resource to another listener, says where none lets it in, and is put right', async () => {
    await bed.create('moved', material);
    await bed.until('moved', 'Available');
    await traefik.until(200, 'https', DOMAIN, '/moved');
    await bed.change('moved', { gateway: at('http') });
    await traefik.until(200, 'http', DOMAIN, '/moved');
    await traefik.until(404, 'https', DOMAIN, '/moved');
    await bed.change('moved', { gateway: at('closed') });
    expect(await routed('moved', 'False')).toMatchObject({ reason: 'NotAllowedByListeners' });
    await bed.change('moved', { gateway: 'kube-system/theirs' });
    expect((await bed.until('moved', 'NotAllowed')).message).toContain('spec.imDataManager.gateway must be one of');
    await bed.change('moved', { gateway: null });
    await traefik.until(200, 'https', DOMAIN, '/moved');

    const before = await bed.httpRoute('moved');
    await bed.deleteHttpRoute('moved');
    await eventually('another HTTPRoute', async () => {
      const route = await bed.httpRoute('moved');
      return route !== undefined && route.metadata.uid !== before?.metadata.uid;
    });
    await traefik.until(200, 'https', DOMAIN, '/moved');
    await bed.delete('moved');
    await eventually('the end of its HTTPRoute', async () => (await bed.httpRoute('moved')) === undefined);
    await traefik.until(404, 'https', DOMAIN, '/moved');
  });

  it('has no Ingress any more where the operator is told to make none, and comes back', async () => {
    await bed.create('switched', material);
    await bed.until('switched', 'Available');
    await traefik.until(200, 'ingress', DOMAIN, '/switched/api');
    await bed.restartWith({ SVO_ROUTES: 'httproute' });
    await eventually('the Ingress being gone', async () => !(await bed.objectsOf('switched')).includes('Ingress'));
    await traefik.until(200, 'https', DOMAIN, '/switched');
    await bed.restartWith({ SVO_ROUTES: 'ingress' });
    await eventually('the HTTPRoute being gone', async () => (await bed.httpRoute('switched')) === undefined);
    await eventually('an Ingress', async () => (await bed.objectsOf('switched')).includes('Ingress'));
    expect((await bed.get('switched')).status?.viz).not.toHaveProperty('gateway');
    await bed.restartWith({});
    await traefik.until(200, 'https', DOMAIN, '/switched');
  });
});

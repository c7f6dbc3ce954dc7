import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { ClusterChoice } from '../../config/configuration.js';
import { connectToCluster } from './cluster-connection.js';
import type { ClusterConnection, Surroundings } from './cluster-connection.js';
import { shippedImages } from './embedded-images.js';

function kubeconfig(name: string, namespace?: string, server = `https://${name}.invalid:6443`): string {
  return JSON.stringify({
    clusters: [{ name, cluster: { server } }],
    users: [{ name, user: { token: 'secret' } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    'current-context': name,
  });
}

describe('connectToCluster', () => {
  let folder: string;
  let environment: Record<string, string>;
  let started: { dataDir: string; images: unknown; runAs?: string }[];
  const stop = jest.fn(async () => undefined);
  const inherited = { host: process.env.KUBERNETES_SERVICE_HOST, port: process.env.KUBERNETES_SERVICE_PORT };

  const connect = (
    cluster: ClusterChoice,
    namespace?: string,
    surroundings: Partial<Surroundings> = {},
  ): Promise<ClusterConnection> =>
    connectToCluster({ cluster, dataDir: '/data', runAs: 'nobody', namespace }, environment, {
      homeFolders: [join(folder, 'home'), join(folder, 'home-of-root')],
      root: join(folder, 'root'),
      insideContainer: false,
      startEmbeddedCluster: async (dataDir, images, runAs) => {
        started.push({ dataDir, images, runAs });
        const kubeconfigPath = await file('embedded', kubeconfig('embedded'));
        return { kubeconfigPath, url: 'http://127.0.0.1:1', stop };
      },
      ...surroundings,
    });
  const file = async (name: string, content: string): Promise<string> => {
    const path = join(folder, name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, content);
    return path;
  };
  const mountServiceAccount = async (namespace?: string): Promise<void> => {
    const account = 'root/var/run/secrets/kubernetes.io/serviceaccount';
    await file(`${account}/token`, 'token');
    await file(`${account}/ca.crt`, 'ca');
    if (namespace !== undefined) await file(`${account}/namespace`, `${namespace}\n`);
    // The library reads the process' own environment.
    process.env.KUBERNETES_SERVICE_HOST = environment.KUBERNETES_SERVICE_HOST = '10.96.0.1';
    process.env.KUBERNETES_SERVICE_PORT = environment.KUBERNETES_SERVICE_PORT = '443';
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'connection-'));
    environment = {};
    started = [];
    stop.mockClear();
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
    if (inherited.host === undefined) delete process.env.KUBERNETES_SERVICE_HOST;
    if (inherited.port === undefined) delete process.env.KUBERNETES_SERVICE_PORT;
  });

  describe('auto', () => {
    it('takes KUBECONFIG first, with the namespace of its context', async () => {
      environment.KUBECONFIG = await file('named', kubeconfig('named', 'its-own'));
      await file('home/.kube/config', kubeconfig('home', 'home'));
      await mountServiceAccount();
      const connection = await connect('auto');
      expect(connection).toMatchObject({
        namespace: 'its-own',
        embedded: false,
        description: `https://named.invalid:6443 (kubeconfig ${environment.KUBECONFIG}, context named)`,
      });
      expect(connection.kubeConfig.getCurrentCluster()?.server).toBe('https://named.invalid:6443');
    });

    it('takes ~/.kube/config, then the service account of the pod', async () => {
      await mountServiceAccount('of-the-pod');
      expect(await connect('auto')).toMatchObject({
        namespace: 'of-the-pod',
        embedded: false,
        description: 'https://10.96.0.1:443 (service account of the pod)',
      });
      const home = await file('home/.kube/config', kubeconfig('home', 'home'));
      const { description } = await connect('auto');
      expect(description).toBe(`https://home.invalid:6443 (kubeconfig ${home}, context home)`);
    });

    it('takes the kubeconfig of root’s home where there is none in its own', async () => {
      await file('home-of-root/.kube/config', kubeconfig('of-root', 'default'));
      expect((await connect('auto')).description).toContain('home-of-root/.kube/config, context of-root');
      await file('home/.kube/config', kubeconfig('own', 'default'));
      expect((await connect('auto')).description).not.toContain('of-root');
    });

    it('starts the embedded cluster where there is nothing else', async () => {
      const connection = await connect('auto');
      expect(connection).toMatchObject({
        namespace: 'default',
        embedded: true,
        description: 'embedded cluster in /data/cluster (http://127.0.0.1:1)',
      });
      expect(started).toEqual([{ dataDir: '/data/cluster', images: [...shippedImages], runAs: 'nobody' }]);
      await connection.close();
      expect(stop).toHaveBeenCalledTimes(1);
    });

    it('never starts it inside a container', async () => {
      await expect(connect('auto', undefined, { insideContainer: true })).rejects.toThrow(
        /no cluster found: no kubeconfig at .*home\/\.kube\/config, .*home-of-root\/\.kube\/config, no service account .*token.*--cluster embedded .*local processes/,
      );
      expect(started).toEqual([]);
    });

    it('takes a missing KUBECONFIG for a mistake', async () => {
      environment.KUBECONFIG = '/no/such/file';
      await expect(connect('auto')).rejects.toThrow('no kubeconfig file at KUBECONFIG=/no/such/file');
    });
  });

  it.each([
    ['kubeconfig', /--cluster kubeconfig: no file at .*\.kube\/config/],
    ['in-cluster', /--cluster in-cluster: no service account of a pod/],
  ] as const)('says what is missing for %s', async (cluster, message) => {
    await expect(connect(cluster)).rejects.toThrow(message);
  });

  it('starts the embedded cluster in a container when asked for by name, in the namespace set', async () => {
    environment.KUBECONFIG = await file('named', kubeconfig('named'));
    const connection = await connect('embedded', 'mine', { insideContainer: true });
    expect(connection).toMatchObject({ embedded: true, insideContainer: true, namespace: 'mine' });
  });

  it('has the namespaces made that are set, on the embedded cluster', async () => {
    const kubeconfigPath = await file('embedded', kubeconfig('embedded'));
    const startEmbeddedCluster = jest.fn<Surroundings['startEmbeddedCluster']>(async () => {
      return { kubeconfigPath, url: '', stop };
    });
    const settings = { cluster: 'embedded', dataDir: '/data', namespace: 'mine', jobsNamespace: 'of-jobs' } as const;
    await connectToCluster(settings, environment, { startEmbeddedCluster });
    expect(startEmbeddedCluster.mock.lastCall?.[3]).toEqual(['mine', 'of-jobs']);
  });

  it('stops the embedded cluster again where its kubeconfig cannot be used', async () => {
    const startEmbeddedCluster = async () => ({ kubeconfigPath: '/no/such', url: '', stop });
    await expect(connect('embedded', undefined, { startEmbeddedCluster })).rejects.toThrow('/no/such cannot be read');
    expect(stop).toHaveBeenCalledTimes(1);
  });

  describe('the namespace', () => {
    it('is that of the mounted service account, before the one set', async () => {
      await mountServiceAccount('of-the-pod');
      expect((await connect('in-cluster', 'set')).namespace).toBe('of-the-pod');
    });

    it('is the one set, before that of the context', async () => {
      environment.KUBECONFIG = await file('named', kubeconfig('named', 'its-own'));
      expect((await connect('kubeconfig', 'set')).namespace).toBe('set');
    });

    it('must be somewhere', async () => {
      environment.KUBECONFIG = await file('named', kubeconfig('named'));
      await expect(connect('kubeconfig')).rejects.toThrow(
        /no namespace: set PYGEOAPI_K8S_MANAGER_NAMESPACE.*context named/,
      );
      await mountServiceAccount();
      await expect(connect('in-cluster')).rejects.toThrow(/no namespace: the service account names none/);
    });
  });

  describe('kubeconfig files', () => {
    it('are merged, the first one having its way, missing ones passed over', async () => {
      const first = await file('first', kubeconfig('shared', 'first'));
      const second = await file('second', kubeconfig('shared', 'second', 'https://second.invalid'));
      environment.KUBECONFIG = ['/no/such', first, second].join(delimiter);
      const connection = await connect('kubeconfig');
      expect(connection.namespace).toBe('first');
      expect(connection.kubeConfig.getCurrentCluster()?.server).toBe('https://shared.invalid:6443');
    });

    it.each([
      ['no YAML', '{', /cannot be read/],
      ['no current context', '{"clusters": []}', /there is no current-context/],
      ['a current context that is not there', '{"current-context": "x"}', /current-context x is not among/],
      [
        'a cluster that is not there',
        '{"contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}], "current-context": "x"}',
        /context x names cluster c, which is not there/,
      ],
      [
        'a user that is not there',
        '{"clusters": [{"name": "c", "cluster": {"server": "https://c"}}], "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}], "current-context": "x"}',
        /context x names user u, which is not there/,
      ],
    ])('are refused with %s', async (_, content, message) => {
      environment.KUBECONFIG = await file('wrong', content);
      await expect(connect('kubeconfig', 'n')).rejects.toThrow(message);
    });
  });
});

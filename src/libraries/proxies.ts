import { createRequire } from 'node:module';

const library = createRequire(import.meta.resolve('@kubernetes/client-node/dist/config.js'));

type Make = new (...of: unknown[]) => object;
type Call = (...of: unknown[]) => unknown;

/** A class of a package that is loaded with its first instance. */
const comesWhenMade = (name: string, of: string): Make =>
  new Proxy(class {}, {
    construct: (_, settings: unknown[]) => new (library(of) as Record<string, Make>)[name]!(...settings),
  }) as Make;

/** What the Kubernetes client calls of the packages of proxies, which come when a kubeconfig names one: see `library-hooks.ts`. */
export const HttpProxyAgent = comesWhenMade('HttpProxyAgent', 'hpagent');
export const HttpsProxyAgent = comesWhenMade('HttpsProxyAgent', 'hpagent');
export const SocksProxyAgent = comesWhenMade('SocksProxyAgent', 'socks-proxy-agent');
export const SocksClient = {
  createConnection: (...of: unknown[]) =>
    (library('socks') as { SocksClient: { createConnection: Call } }).SocksClient.createConnection(...of),
};

/** As the kubeconfigs of Azure and Google Cloud need it. */
export const JSONPath: Call = (...of) => (library('jsonpath-plus') as { JSONPath: Call }).JSONPath(...of);

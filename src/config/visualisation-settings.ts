import type { routeKinds } from './visualisation-variables.js';

/** What the operator of DataVisualisations stands on: `INGRESS_*` and `SVO_*`. Instances may override some of it. */
export interface VisualisationSettings {
  /** Undefined: all of the cluster. */
  readonly namespaces?: readonly string[];
  /** Repository without tag. */
  readonly image: string;
  readonly imagePullSecret?: string;
  readonly ingress: {
    readonly domain: string;
    readonly tlsSecret?: string;
    /** Asked for a certificate where there is no TLS Secret. */
    readonly certIssuer?: string;
    readonly class: string;
    readonly classAs: 'annotation' | 'field' | 'both';
  };
  /** Undefined: HTTPRoutes are nobody's business. */
  readonly gateway?: {
    readonly parent: GatewayReference;
    /** A duration of the Gateway API (GEP-2257), such as `75s`; `0s`: none; undefined: the controller's own. */
    readonly timeout?: string;
    /** `ExtensionRef` filters: objects in the instance's namespace. */
    readonly filters: readonly { readonly group: string; readonly kind: string; readonly name: string }[];
  };
  /** What is made; what is not, and was, is taken away. */
  readonly routes: (typeof routeKinds)[number];
  /** What resources may name beside the settings above; a list that is undefined: anything. */
  readonly allowed: {
    /** Host names, and `*.example.org`: each one label beneath. */
    readonly ingressDomains?: readonly string[];
    readonly ingressClasses?: readonly string[];
    readonly ingressTlsSecrets?: readonly string[];
    /** As `NAMESPACE/NAME` or `NAMESPACE/NAME/SECTION`. */
    readonly gateways?: readonly string[];
    readonly imagePullSecrets?: readonly string[];
    readonly projectClaims?: readonly string[];
    readonly serviceAccounts?: readonly string[];
    /** Service accounts whose token may be mounted. */
    readonly serviceAccountTokens?: readonly string[];
  };
  /** Addresses of the API, which no resource may take. */
  readonly reserved: readonly ReservedAddress[];
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly priorityClass?: string;
  /** Tries again after a failure, this many seconds apart, before they become slow. */
  readonly retries: number;
  readonly retrySeconds: number;
  readonly slowRetrySeconds: number;
}

/** A Gateway, or one of its listeners (https://gateway-api.sigs.k8s.io/reference/spec/#parentreference). */
export interface GatewayReference {
  readonly namespace: string;
  readonly name: string;
  /** Name of the listener; undefined: all that the Gateway has. */
  readonly section?: string;
}

/** @param text `NAMESPACE/NAME` or `NAMESPACE/NAME/SECTION` */
export function toGatewayReference(text: string): GatewayReference {
  const [namespace = '', name = '', section] = text.split('/');
  return { namespace, name, ...(section === undefined ? {} : { section }) };
}

/** The inverse of {@link toGatewayReference}. */
export function gatewayText({ namespace, name, section }: GatewayReference): string {
  return [namespace, name, section].filter((part) => part !== undefined).join('/');
}

export interface ReservedAddress {
  readonly host: string;
  /** First segment of the path that is taken there, without slashes; undefined: the whole host is. */
  readonly segment?: string;
}

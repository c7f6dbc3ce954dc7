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
  /** What resources may name beside the settings above; a list that is undefined: anything. */
  readonly allowed: {
    /** Host names, and `*.example.org`: each one label beneath. */
    readonly ingressDomains?: readonly string[];
    readonly ingressClasses?: readonly string[];
    readonly ingressTlsSecrets?: readonly string[];
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

export interface ReservedAddress {
  readonly host: string;
  /** First segment of the path that is taken there, without slashes; undefined: the whole host is. */
  readonly segment?: string;
}

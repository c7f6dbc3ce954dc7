import { describeFound } from '../config/validation.js';
import type { VisualisationSettings } from '../config/configuration.js';
import { gatewayText } from '../config/visualisation-settings.js';
import { DEFAULT_SERVICE_ACCOUNT } from '../k8s/names.js';
import { API_SEGMENTS } from './names.js';

/** Of `spec.imDataManager`, as it is known to be well-formed; the empty text counts as not set. */
export interface Wishes {
  readonly ingressDomain?: string;
  readonly ingressClass?: string;
  readonly ingressTlsSecret?: string;
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly imagePullSecrets?: readonly string[];
  readonly project?: { readonly claimName: string };
  readonly gateway?: string;
}

/** What the operator does not let a resource have, each as a sentence that begins with its place; empty: nothing. */
export function refusals(name: string, wishes: Wishes, settings: VisualisationSettings): string[] {
  const { allowed, imagePullSecret, ingress } = settings;
  return [
    ...outsideOf('ingressDomain', wishes.ingressDomain, [ingress.domain], allowed.ingressDomains),
    ...outsideOf('ingressClass', wishes.ingressClass, [ingress.class], allowed.ingressClasses),
    ...outsideOf(
      'ingressTlsSecret',
      wishes.ingressTlsSecret,
      ingress.tlsSecret ? [ingress.tlsSecret] : [],
      allowed.ingressTlsSecrets,
    ),
    ...gatewayRefusals(wishes, settings),
    ...(wishes.imagePullSecrets ?? []).flatMap((secret, at) =>
      outsideOf(`imagePullSecrets[${at}]`, secret, imagePullSecret ? [imagePullSecret] : [], allowed.imagePullSecrets),
    ),
    ...outsideOf('project.claimName', wishes.project?.claimName, [], allowed.projectClaims),
    ...outsideOf('serviceAccountName', wishes.serviceAccountName, [DEFAULT_SERVICE_ACCOUNT], allowed.serviceAccounts),
    ...tokenRefusals(wishes, allowed.serviceAccountTokens),
    ...reservedRefusals(name, wishes, settings),
  ];
}

/**
 * Whether the token of its service account is mounted into the instance's pod. Where the operator has no list, a resource that names an account
 * has asked for it, as the predecessor gave it.
 * @returns undefined: as the service account says
 */
export function mountsToken(
  { serviceAccountName, automountServiceAccountToken: asked }: Wishes,
  { allowed }: VisualisationSettings,
): boolean | undefined {
  if (asked !== undefined) return asked;
  const isNamed = (serviceAccountName || DEFAULT_SERVICE_ACCOUNT) !== DEFAULT_SERVICE_ACCOUNT;
  return isNamed && allowed.serviceAccountTokens === undefined ? undefined : false;
}

/** Without HTTPRoutes there is nothing that a Gateway could be named for. */
function gatewayRefusals({ gateway: wish }: Wishes, { allowed, gateway, routes }: VisualisationSettings): string[] {
  if (gateway !== undefined && routes !== 'ingress')
    return outsideOf('gateway', wish, [gatewayText(gateway.parent)], allowed.gateways);
  return wish
    ? [`spec.imDataManager.gateway must not be set: the operator makes no HTTPRoutes (${describeFound(wish)})`]
    : [];
}

function outsideOf(
  key: string,
  wish: string | undefined,
  defaults: readonly string[],
  list: readonly string[] | undefined,
): string[] {
  if (!wish || list === undefined) return [];
  const all = [...new Set([...defaults, ...list])];
  if (all.some((entry) => matches(entry, wish))) return [];
  const requirement = all.length === 0 ? 'must not be set' : `must be one of ${all.join(', ')}`;
  return [`spec.imDataManager.${key} ${requirement} (${describeFound(wish)})`];
}

/** As an Ingress reads such a pattern: one label in the place of `*`. */
function matches(entry: string, wish: string): boolean {
  return entry.startsWith('*.') ? wish.replace(/^[^.]+/, '*') === entry : wish === entry;
}

function tokenRefusals(
  { serviceAccountName, automountServiceAccountToken }: Wishes,
  list: readonly string[] | undefined,
): string[] {
  const account = serviceAccountName || DEFAULT_SERVICE_ACCOUNT;
  if (!automountServiceAccountToken || list === undefined || list.includes(account)) return [];
  const others = list.length === 0 ? 'no account' : `only ${list.join(', ')}`;
  return [
    `spec.imDataManager.automountServiceAccountToken must be false with the service account ${account}: ${others} may have a token (is true)`,
  ];
}

/** A path of one segment takes all that is beneath it. Where the API has the whole of the host that instances have by default, its own paths are reserved there. */
function reservedRefusals(
  name: string,
  { ingressDomain }: Wishes,
  { ingress, reserved }: VisualisationSettings,
): string[] {
  const domain = ingressDomain || ingress.domain;
  return reserved
    .filter(({ host }) => host === domain)
    .flatMap(({ host, segment }) => {
      if (segment === undefined && host !== ingress.domain)
        return [`spec.imDataManager.ingressDomain must be another host than the API’s (${describeFound(domain)})`];
      const taken = segment === undefined ? API_SEGMENTS : [segment];
      return taken.includes(name)
        ? [
            `metadata.name must be another than the API’s paths at ${host}, which are ${taken.join(', ')} (${describeFound(name)})`,
          ]
        : [];
    });
}

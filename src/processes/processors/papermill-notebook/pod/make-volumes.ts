import type { V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import type { SecretDefinition } from '../definition/container.definition.js';
import type { ExtraClaimDefinition } from '../definition/notebook.definition.js';
import { HOME } from '../definition/places.js';
import { combine, type PodParts } from './pod-parts.js';

/** The user's home, as in JupyterLab. */
export function makeHomeVolume(claimName: string): PodParts {
  return makeClaimVolume('home', claimName, { mountPath: HOME });
}

export function makeExtraClaims(claims: readonly ExtraClaimDefinition[]): PodParts {
  return combine(
    claims.map(({ claim_name: claimName, mount_path: mountPath, sub_path: subPath }, at) =>
      makeClaimVolume(`extra-${at}`, claimName, { mountPath, ...(subPath ? { subPath } : {}) }),
    ),
  );
}

export function makeExtraVolumes(
  volumes: readonly V1Volume[] = [],
  volumeMounts: readonly V1VolumeMount[] = [],
): PodParts {
  return { volumes: structuredClone(volumes), volumeMounts: structuredClone(volumeMounts) };
}

/** Files under `/secret/NAME`, or environment variables named by the secret's keys. */
export function makeSecrets(secrets: readonly SecretDefinition[]): PodParts {
  return combine(
    secrets.map(({ name: secretName, access }, at) =>
      access === 'env'
        ? { envFrom: [{ secretRef: { name: secretName } }] }
        : {
            volumes: [{ name: `secret-${at}`, secret: { secretName } }],
            volumeMounts: [{ name: `secret-${at}`, mountPath: `/secret/${secretName}` }],
          },
    ),
  );
}

/** The environments of these groups of conda-store, read only. */
export function makeCondaStore(groups: readonly string[]): PodParts {
  if (groups.length === 0) return {};
  return {
    volumes: [{ name: 'conda-store', persistentVolumeClaim: { claimName: 'conda-store-core-share' } }],
    volumeMounts: groups.map((group) => ({
      name: 'conda-store',
      mountPath: `/home/conda/${group}`,
      subPath: group,
      readOnly: true,
    })),
  };
}

function makeClaimVolume(name: string, claimName: string, mount: Omit<V1VolumeMount, 'name'>): PodParts {
  return { volumes: [{ name, persistentVolumeClaim: { claimName } }], volumeMounts: [{ name, ...mount }] };
}

import type { V1EnvVar } from '@kubernetes/client-node';
import { escapeReferences } from '../../escape-references.js';
import type { GitRepositoryDefinition } from '../definition/notebook.definition.js';
import { GIT_CHECKOUT, GIT_MOUNT, GROUP, USER } from '../definition/places.js';
import type { PodParts } from './pod-parts.js';

const DEFAULT_IMAGE = 'alpine/git:v2.45.2';
const VOLUME = 'git';

/**
 * A fixed program; address and revision are its arguments. User and password reach git by a credential helper, so that they stand neither in a command
 * line nor in the clone's configuration, which the notebook can read.
 */
const PROGRAM = `set -e
if [ -n "$GIT_USERNAME$GIT_PASSWORD" ]; then
  git config --global credential.helper '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$GIT_USERNAME" "$GIT_PASSWORD"; }; f'
fi
git clone -- "$1" "$2"
if [ -n "$3" ]; then git -C "$2" checkout "$3" --; fi
`;

/** Clones a repository to `/home/jovyan/git/algorithm` before the notebook runs. */
export function makeGitCheckout(repository: GitRepositoryDefinition, revision: string | undefined): PodParts {
  const { url, secret_name: secret, image } = repository;
  const credential = (name: string, key: string): V1EnvVar => ({
    name,
    valueFrom: { secretKeyRef: { name: secret ?? '', key } },
  });
  return {
    volumes: [{ name: VOLUME, emptyDir: {} }],
    volumeMounts: [{ name: VOLUME, mountPath: GIT_MOUNT }],
    initContainers: [
      {
        name: 'git',
        image: image ?? DEFAULT_IMAGE,
        command: ['sh', '-c', escapeReferences(PROGRAM), 'checkout'],
        args: [url, GIT_CHECKOUT, revision ?? repository.revision ?? ''].map(escapeReferences),
        env: [
          // The user has no home of its own in this image, and is not to be asked for a password.
          { name: 'HOME', value: '/tmp' },
          { name: 'GIT_TERMINAL_PROMPT', value: '0' },
          ...(secret ? [credential('GIT_USERNAME', 'username'), credential('GIT_PASSWORD', 'password')] : []),
        ],
        volumeMounts: [{ name: VOLUME, mountPath: GIT_MOUNT }],
        securityContext: {
          runAsUser: USER,
          runAsGroup: GROUP,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
        },
      },
    ],
  };
}

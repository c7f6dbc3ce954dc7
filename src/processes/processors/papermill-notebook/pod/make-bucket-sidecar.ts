import { posix } from 'node:path';
import type { V1EnvVar } from '@kubernetes/client-node';
import { escapeReferences } from '../../escape-references.js';
import type { BucketDefinition } from '../definition/container.definition.js';
import { quantities } from '../definition/make-resources.js';
import { BUCKET_MOUNT, GROUP, USER } from '../definition/places.js';
import type { PodParts } from './pod-parts.js';

export const DEFAULT_MOUNT_TIMEOUT_SECONDS = 60;
const DEFAULT_IMAGES = { s3fs: 'totycro/s3fs:0.7.0-1.90', rclone: 'rclone/rclone:1.68' };
const VOLUME = 's3-user-bucket';
/** In the sidecar. */
const MOUNT = '/mnt/bucket';

/**
 * Mounts, and again where that ends: a sidecar that came and went would hold the job back for as long as Kubernetes waits between tries. What is left of a mount whose
 * program was killed is taken away first.
 */
const PROGRAM = `mounted() { grep -q " $0 fuse" /proc/mounts; }
end() {
  # Unmounting writes what is not written yet, and ends the program; a signal leaves s3fs waiting.
  if mounted; then umount "$0" || umount -l "$0"; else kill "$child"; fi
  wait "$child"
  exit 0
}
trap end TERM
while :; do
  if mounted; then umount -l "$0"; fi
  "$@" & child=$!
  wait "$child"
  echo "The program that mounts the bucket ended with exit code $?; it is started again." >&2
  sleep 1 & child=$!
  wait "$child"
done
`;

/**
 * The bucket in the file system of the main container, by a native sidecar (an init container with `restartPolicy: Always`): Kubernetes ends it when the
 * main container has ended. Mounting needs a privileged container.
 */
export function makeBucketSidecar(bucket: BucketDefinition): PodParts {
  const program = bucket.program ?? 's3fs';
  return {
    volumes: [{ name: VOLUME, emptyDir: {} }],
    volumeMounts: [{ name: VOLUME, mountPath: bucketMount(bucket), mountPropagation: 'HostToContainer' }],
    initContainers: [
      {
        name: 's3mounter',
        image: bucket.image ?? DEFAULT_IMAGES[program],
        restartPolicy: 'Always',
        command: ['sh', '-c', escapeReferences(PROGRAM), MOUNT],
        args: (program === 's3fs' ? s3fs(bucket) : rclone(bucket)).map(escapeReferences),
        env: program === 's3fs' ? s3fsEnvironment(bucket) : rcloneEnvironment(bucket),
        resources: {
          limits: { cpu: '0.2', memory: '512Mi', ...quantities(bucket.resource_limits) },
          requests: { cpu: '0.05', memory: '32Mi', ...quantities(bucket.resource_requests) },
        },
        volumeMounts: [{ name: VOLUME, mountPath: MOUNT, mountPropagation: 'Bidirectional' }],
        securityContext: { privileged: true, runAsUser: 0, runAsGroup: 0, runAsNonRoot: false },
      },
    ],
  };
}

/** Where the main container sees the bucket, as Linux names it there: without a slash at the end. */
export function bucketMount(bucket: BucketDefinition): string {
  return posix.resolve(bucket.mount_path ?? BUCKET_MOUNT);
}

/** In the foreground; the files belong to the user of the predecessor's images. */
function s3fs({ bucket_name: name, s3_url: url }: BucketDefinition): string[] {
  const options = [
    ...(url ? [`url=${url}`, 'use_path_request_style'] : []),
    'allow_other',
    `uid=${USER}`,
    `gid=${GROUP}`,
    'umask=0002',
    'mp_umask=0002',
  ];
  return ['s3fs', name, MOUNT, '-f', ...options.flatMap((option) => ['-o', option])];
}

function rclone({ bucket_name: name }: BucketDefinition): string[] {
  const cache = ['--vfs-cache-mode', 'writes', '--vfs-write-back', '0s', '--cache-dir', '/tmp/rclone'];
  // The volume is a mount itself, which rclone takes for a folder in use.
  const owner = [
    '--allow-non-empty',
    '--allow-other',
    '--uid',
    String(USER),
    '--gid',
    String(GROUP),
    '--umask',
    '0002',
  ];
  return ['rclone', 'mount', `:s3:${name}`, MOUNT, ...owner, ...cache];
}

/** Both spellings: s3fs changed its own with 1.87. */
function s3fsEnvironment({ secret_name: secret }: BucketDefinition): V1EnvVar[] {
  return [
    fromSecret('AWSACCESSKEYID', secret, 'username'),
    fromSecret('AWSSECRETACCESSKEY', secret, 'password'),
    fromSecret('AWS_ACCESS_KEY_ID', secret, 'username'),
    fromSecret('AWS_SECRET_ACCESS_KEY', secret, 'password'),
  ];
}

function rcloneEnvironment({ secret_name: secret, s3_url: url }: BucketDefinition): V1EnvVar[] {
  return [
    { name: 'RCLONE_S3_PROVIDER', value: url ? 'Other' : 'AWS' },
    ...(url ? [{ name: 'RCLONE_S3_ENDPOINT', value: escapeReferences(url) }] : []),
    fromSecret('RCLONE_S3_ACCESS_KEY_ID', secret, 'username'),
    fromSecret('RCLONE_S3_SECRET_ACCESS_KEY', secret, 'password'),
  ];
}

function fromSecret(name: string, secret: string, key: string): V1EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}

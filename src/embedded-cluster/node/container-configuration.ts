import path from 'node:path';
import type { V1Container } from '@kubernetes/client-node';
import type { ChildUser } from './child-user.js';
import { environmentOf, expanded, Refusal } from './container-environment.js';
import type { EmbeddedImage, Images } from './images.js';
import type { Pod } from '../objects/kubernetes-object.js';
import type { ObjectRegistry } from '../objects/object-registry.js';

/** How a container runs as a local process. */
export interface ContainerConfiguration {
  readonly image: EmbeddedImage;
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  /** Below the container's own folder. */
  readonly workingDirectory: string;
  /** Links to make: path below the container's own folder, volume, path below the volume. */
  readonly mounts: readonly { readonly at: string; readonly volume: string; readonly subPath: string }[];
}

const USE_A_CLUSTER = 'the embedded cluster runs containers as local processes and cannot';

/**
 * What a container becomes on this machine.
 *
 * | asked for | embedded cluster |
 * | --- | --- |
 * | an image that is registered, `busybox`, `bash` | runs |
 * | any other image | waits: `ErrImagePull`, then `ImagePullBackOff` |
 * | `runAsNonRoot: true` | runs, unless this process is root and runs containers as itself: `CreateContainerConfigError`, as the kubelet |
 * | `runAsUser`, `runAsGroup`, `fsGroup`, `supplementalGroups` that its process has: this one's, or `runAs` | runs |
 * | any other of these | `CreateContainerConfigError` |
 * | `privileged: true`, `capabilities.add`, `procMount` | `CreateContainerConfigError` |
 * | `allowPrivilegeEscalation`, `capabilities.drop`, `readOnlyRootFilesystem`, seccomp, AppArmor, SELinux | runs; they can only narrow, and do not here |
 * | `emptyDir` at a relative path, or beneath the image's declared working directory | a link in the container's working directory, which the process must name by a relative path |
 * | `emptyDir` at any other absolute path | `CreateContainerConfigError`: no local process has a file system of its own |
 * | any other volume | `CreateContainerConfigError` |
 * | `workingDir` of `/`, relative, or beneath the image's declared working directory | that folder of the container's own |
 * | `workingDir` elsewhere | `CreateContainerConfigError` |
 * | probes, lifecycle hooks, `tty`, `stdin`, `resourceFieldRef` | `CreateContainerConfigError` |
 * | `resources` | taken into account when the pod is placed; limits are not enforced |
 * | `hostNetwork`, `hostPID`, `shareProcessNamespace` and the like | runs; a local process has them |
 *
 * @param runAs whom containers run as; default: as this process
 * @throws Refusal
 */
export function configureContainer(
  pod: Pod,
  container: V1Container,
  images: Images,
  registry: ObjectRegistry,
  runAs?: ChildUser,
): ContainerConfiguration {
  const image = images.find(container.image ?? '');
  if (!image) {
    throw new Refusal(
      'ErrImagePull',
      `failed to pull "${container.image}": the embedded cluster runs registered images, busybox and bash only; use a real cluster for this image`,
    );
  }
  checkSecurity(pod, container, runAs);
  checkFeatures(container);
  const environment = environmentOf(pod, container, image, registry);
  const given = container.command?.length
    ? [...container.command, ...(container.args ?? [])]
    : [...(image.entrypoint ?? []), ...(container.args ?? image.command ?? [])];
  const words =
    container.command?.length || container.args?.length ? given.map((word) => expanded(word, environment)) : given;
  const [program, ...rest] = words;
  if (program === undefined)
    throw new Refusal('CreateContainerError', `no command specified for image "${container.image}"`);
  return {
    image,
    command: [program === 'node' ? process.execPath : program, ...rest],
    environment,
    workingDirectory: insideContainer(
      container.workingDir || '.',
      image,
      (place) => `change to the directory ${place}`,
    ),
    mounts: mountsOf(pod, container, image),
  };
}

function refuse(what: string): never {
  throw new Refusal('CreateContainerConfigError', `${USE_A_CLUSTER} ${what}; use a real cluster`);
}

function checkSecurity(pod: Pod, container: V1Container, runAs: ChildUser | undefined): void {
  const context = { ...pod.spec.securityContext, ...container.securityContext };
  const [user, group, groups] = runAs
    ? [runAs.uid, runAs.gid, []]
    : [process.geteuid?.(), process.getegid?.(), process.getgroups?.() ?? []];
  if (context.runAsUser !== undefined && context.runAsUser !== user) refuse(`run as user ${context.runAsUser}`);
  if (context.runAsGroup !== undefined && context.runAsGroup !== group) refuse(`run as group ${context.runAsGroup}`);
  for (const wanted of [context.fsGroup, ...(context.supplementalGroups ?? [])]) {
    if (wanted !== undefined && wanted !== group && !groups.includes(wanted)) refuse(`join group ${wanted}`);
  }
  if (context.runAsNonRoot && user === 0) {
    const { name, namespace, uid } = pod.metadata;
    throw new Refusal(
      'CreateContainerConfigError',
      `container has runAsNonRoot and image will run as root (pod: "${name}_${namespace}(${uid})", container: ${container.name})`,
    );
  }
  if (context.privileged) refuse('run a privileged container');
  if (context.capabilities?.add?.length) refuse(`add the capabilities ${context.capabilities.add.join(', ')}`);
  if (context.procMount && context.procMount !== 'Default') refuse(`mount /proc as ${context.procMount}`);
}

function checkFeatures(container: V1Container): void {
  for (const feature of [
    'livenessProbe',
    'readinessProbe',
    'startupProbe',
    'lifecycle',
    'tty',
    'stdin',
    'volumeDevices',
  ] as const) {
    const value = container[feature];
    if (value && !(Array.isArray(value) && value.length === 0)) refuse(`offer ${feature}`);
  }
}

function mountsOf(pod: Pod, container: V1Container, image: EmbeddedImage): ContainerConfiguration['mounts'] {
  return (container.volumeMounts ?? []).map(({ name, mountPath, subPath = '', subPathExpr }) => {
    const volume = pod.spec.volumes?.find((each) => each.name === name);
    if (!volume?.emptyDir) refuse(`mount volume "${name}": it is not an emptyDir`);
    if (subPathExpr || path.isAbsolute(subPath) || subPath.split('/').includes('..'))
      refuse(`mount the subPath ${subPathExpr ?? subPath} of volume "${name}"`);
    const at = insideContainer(mountPath, image, (place) => `mount volume "${name}" at the absolute path ${place}`);
    if (at === '.') refuse(`mount volume "${name}" over the working directory`);
    return { at, volume: name, subPath };
  });
}

/** A path of the container as a path below its own folder, which stands for the image's working directory. */
function insideContainer(place: string, image: EmbeddedImage, what: (place: string) => string): string {
  const declared = image.workingDirectory;
  const isRoot = path.posix.normalize(place) === '/';
  const relative = path.posix.isAbsolute(place)
    ? declared === undefined
      ? isRoot
        ? '.'
        : undefined
      : path.posix.relative(declared, place)
    : path.posix.normalize(place);
  if (relative === undefined || relative === '..' || relative.startsWith('../')) refuse(what(place));
  return relative.replace(/\/$/, '') || '.';
}

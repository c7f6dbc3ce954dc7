import type { V1Container, V1PodSpec } from '@kubernetes/client-node';
import { InputsTooLargeError } from '../../ogc/domain-errors.js';

/** Of one argument or variable of a program on Linux (MAX_ARG_STRLEN), without its final NUL. */
const LONGEST_TEXT = 32 * 4096 - 1;
/** etcd takes objects of 1.5 MiB; names, annotations and inputs come on top. */
const MOST_POD_BYTES = 768 * 1024;

/**
 * Whether the pod that a processor made of its inputs can exist and start: elsewhere that is only told by a container that does not.
 * @throws InputsTooLargeError that names the container and what is too long
 */
export function assertPodFits(podSpec: V1PodSpec): void {
  for (const container of [...(podSpec.initContainers ?? []), ...podSpec.containers]) {
    for (const [what, text] of textsOf(container)) {
      // Kubernetes makes one `$` of two.
      const size = text.length > LONGEST_TEXT / 4 ? Buffer.byteLength(text.replaceAll('$$', '$')) : 0;
      if (size > LONGEST_TEXT)
        throw new InputsTooLargeError(
          `The inputs are too large: they make ${what} of container "${container.name}" ${size} bytes long, ` +
            `and Linux takes ${LONGEST_TEXT}. Pass large data by link.`,
        );
    }
  }
  const size = Buffer.byteLength(JSON.stringify(podSpec));
  if (size > MOST_POD_BYTES)
    throw new InputsTooLargeError(
      `The inputs are too large: they make a pod of ${size} bytes, and Kubernetes takes ${MOST_POD_BYTES}. Pass large data by link.`,
    );
}

function textsOf({ command, args, env }: V1Container): (readonly [what: string, text: string])[] {
  const numbered = [...(command ?? []), ...(args ?? [])];
  return [
    ...numbered.map((text, at) => [`argument ${at}`, text] as const),
    ...(env ?? []).map(({ name, value = '' }) => [`the variable ${name}`, `${name}=${value}`] as const),
  ];
}

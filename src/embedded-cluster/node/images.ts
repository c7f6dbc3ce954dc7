import path from 'node:path';

/** An image name that resolves to a folder of this machine. */
export interface EmbeddedImage {
  /** As pods name it, e.g. `docker.io/example/area:1.0`; `docker.io/library/` and `:latest` may be left out on both sides. */
  readonly name: string;
  /** Its files: each container finds them in its working directory. They are links: by convention a process does not change them. */
  readonly folder?: string;
  /** `ENTRYPOINT`; `node` is the node that runs this cluster. */
  readonly entrypoint?: readonly string[];
  /** `CMD`. */
  readonly command?: readonly string[];
  /** `WORKDIR`, the path that the folder has in the real image. */
  readonly workingDirectory?: string;
  /** `ENV`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Folders of programs that stand before the machine's own in `PATH`. */
  readonly programs?: readonly string[];
}

/** The machine's own shell and tools. */
const BUILT_IN: readonly EmbeddedImage[] = [
  { name: 'busybox', command: ['sh'] },
  { name: 'bash', command: ['bash'] },
];

/** `busybox` is `docker.io/library/busybox:latest`. https://github.com/distribution/reference */
export function normalisedImageName(name: string): string {
  const [head = '', ...rest] = name.split('/');
  const isRegistry = rest.length > 0 && (head.includes('.') || head.includes(':') || head === 'localhost');
  const registry = isRegistry ? head : 'docker.io';
  const repository = isRegistry ? rest : [head, ...rest];
  const full = [
    registry,
    ...(registry === 'docker.io' && repository.length === 1 ? ['library'] : []),
    ...repository,
  ].join('/');
  return /[:@][^/]*$/.test(repository.at(-1) ?? '') ? full : `${full}:latest`;
}

/** What the node says that an image is: the name with its digest, of one that the pod names so; there is no other. */
export function imageIdOf(name: string, { name: known, folder }: EmbeddedImage): string {
  return /@sha256:[0-9a-f]{64}$/.test(name) ? normalisedImageName(name) : `embedded://${folder ?? known}`;
}

/** The images that the embedded cluster can run. Any tag of `busybox` and `bash` is the machine's shell. */
export class Images {
  private readonly byName: ReadonlyMap<string, EmbeddedImage>;

  constructor(registered: readonly EmbeddedImage[]) {
    this.byName = new Map(
      registered.map((image) => [
        normalisedImageName(image.name),
        { ...image, ...(image.folder && { folder: path.resolve(image.folder) }) },
      ]),
    );
  }

  find(name: string): EmbeddedImage | undefined {
    const normalised = normalisedImageName(name);
    return (
      this.byName.get(normalised) ??
      BUILT_IN.find((image) => normalised.replace(/[:@][^/]*$/, '') === `docker.io/library/${image.name}`)
    );
  }
}

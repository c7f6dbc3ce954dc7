import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import type { JSONSchemaType } from 'ajv';
import { ConfigurationError } from '../../config/configuration-error.js';

/** What the embedded cluster runs in place of a container image: a program in a folder of this machine. */
export interface EmbeddedImage {
  /** As pods name it: `ogc-processes-k8s/geojson-features:latest`. */
  name: string;
  /** Absolute; in the file that `EMBEDDED_IMAGES` names also relative to that file. */
  folder?: string;
  entrypoint?: string[];
  command?: string[];
  workingDirectory?: string;
  environment?: Record<string, string>;
  /** Folders of programs that stand before the machine's own in `PATH`. */
  programs?: string[];
}

const ENVIRONMENT_VARIABLE = 'EMBEDDED_IMAGES';
/** Both `dist/k8s/connection/` and `src/k8s/connection/` lie three levels below it. */
const packageRoot = fileURLToPath(new URL('../../../', import.meta.url));

/** The example processes that this repository ships. */
export const shippedImages: readonly EmbeddedImage[] = [
  {
    name: 'ogc-processes-k8s/geojson-features:latest',
    folder: resolve(packageRoot, 'examples/geojson-features'),
    entrypoint: ['node', 'index.mjs'],
  },
  {
    name: 'ogc-processes-k8s/echo:latest',
    folder: resolve(packageRoot, 'examples/echo'),
    entrypoint: ['node', 'index.mjs'],
  },
  {
    name: 'ogc-processes-k8s/papermill:latest',
    folder: resolve(packageRoot, 'examples/papermill'),
    workingDirectory: '/home/jovyan',
  },
];
/** Images with this working directory are Jupyter's: their programs are those of a Python of this machine. */
const JUPYTER_HOME = '/home/jovyan';

const strings = { type: 'array', items: { type: 'string' }, nullable: true } as const;
const schema: JSONSchemaType<EmbeddedImage[]> = {
  type: 'array',
  items: {
    type: 'object',
    required: ['name'],
    additionalProperties: false,
    properties: {
      name: { type: 'string', minLength: 1 },
      folder: { type: 'string', minLength: 1, nullable: true },
      entrypoint: strings,
      command: strings,
      workingDirectory: { type: 'string', minLength: 1, nullable: true },
      environment: { type: 'object', required: [], additionalProperties: { type: 'string' }, nullable: true },
      programs: strings,
    },
  },
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The shipped images, and those of the JSON file that `EMBEDDED_IMAGES` names; the file's stand over shipped ones of the same name.
 * @param python a Python that has papermill, for images whose working directory is Jupyter's; default: what is in `PATH`
 * @throws ConfigurationError where the file cannot be read or is not such a list, or there is no such Python
 */
export async function readEmbeddedImages(environment: Environment, python?: string): Promise<EmbeddedImage[]> {
  const file = environment[ENVIRONMENT_VARIABLE];
  const own = file ? await readImageFile(file) : [];
  const names = new Set(own.map(({ name }) => name));
  const images = [...shippedImages.filter(({ name }) => !names.has(name)), ...own];
  const programs = python === undefined ? await folderOfPapermill(environment) : await folderOfPython(python);
  return images.map((image) =>
    image.workingDirectory === JUPYTER_HOME && image.programs === undefined && programs !== undefined
      ? { ...image, programs: [programs] }
      : image,
  );
}

/** Not where a link leads: a virtual environment has its programs beside the link to its Python. */
async function folderOfPython(python: string): Promise<string> {
  const program = resolve(python);
  if (!(await isProgram(program)))
    throw new ConfigurationError('the environment', [
      { path: 'NOTEBOOK_PYTHON', message: `must name the program of a Python that has papermill (is "${python}")` },
    ]);
  return dirname(program);
}

async function folderOfPapermill({ PATH = '' }: Environment): Promise<string | undefined> {
  for (const folder of PATH.split(delimiter)) if (folder && (await isProgram(join(folder, 'papermill')))) return folder;
  return undefined;
}

async function isProgram(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function readImageFile(file: string): Promise<EmbeddedImage[]> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(file, [{ path: ENVIRONMENT_VARIABLE, message: `must name a JSON file (${reason})` }]);
  }
  const validate = new Ajv({ allErrors: true }).compile(schema);
  if (!validate(value)) {
    const faults = (validate.errors ?? []).map(({ instancePath, message, params }) => ({
      path: instancePath || '/',
      message: [message, params.additionalProperty].filter(Boolean).join(': '),
    }));
    throw new ConfigurationError(file, faults);
  }
  return value.map((image) =>
    image.folder === undefined ? image : { ...image, folder: resolve(dirname(file), image.folder) },
  );
}

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { EmbeddedCluster, type EmbeddedImage } from './embedded-cluster.js';

const USAGE = `usage: main.js --data-dir DIR [--images FILE.json] [--namespace NAME] [--port N] [--run-as USER]

Runs the embedded cluster alone until SIGTERM or SIGINT. FILE.json is a list of images:
  [{"name": "docker.io/example/area:1.0", "folder": "/path", "entrypoint": ["node", "index.mjs"]}]
Prints one line when ready: embedded cluster ready: KUBECONFIG_PATH`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      'data-dir': { type: 'string' },
      images: { type: 'string' },
      namespace: { type: 'string' },
      port: { type: 'string' },
      'run-as': { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return console.log(USAGE);
  const port = Number(values.port ?? 0);
  if (!values['data-dir'] || !Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(USAGE);
  const cluster = await EmbeddedCluster.start({
    dataDir: values['data-dir'],
    images: values.images ? imagesIn(values.images) : [],
    port,
    ...(values.namespace && { namespaces: [values.namespace] }),
    ...(values['run-as'] && { runAs: values['run-as'] }),
    log: (message) => console.error(message),
    warn: (message) => console.error(message),
  });
  console.log(`embedded cluster ready: ${cluster.kubeconfigPath}`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void cluster.stop());
}

function imagesIn(file: string): EmbeddedImage[] {
  const images = JSON.parse(readFileSync(file, 'utf8')) as unknown;
  const isList =
    Array.isArray(images) &&
    images.every((image: unknown) => typeof (image as EmbeddedImage | null)?.name === 'string');
  if (!isList) throw new Error(`${file}: expected a list of images, each with a name`);
  return images as EmbeddedImage[];
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});

import { DiscoveryModule, NestFactory } from '@nestjs/core';
import { loadConfiguration, type ConfigurationOptions, UnusableConfigurationError } from '../config/config.module.js';
import { Configuration } from '../config/configuration.js';
import { ConfigurationError, type ConfigurationFault } from '../config/configuration-error.js';
import { connectToCluster } from '../k8s/connection/cluster-connection.js';
import { ClusterConnectionError } from '../k8s/connection/cluster-connection-error.js';
import { openLogDestination } from '../logging/log-destination.js';
import { REGISTRY_PROVIDERS } from '../processes/processes.module.js';
import { type Plugin, tryPlugins } from '../processes/registry/plugins.js';
import { SecurityContextPolicy } from '../security-context/security-context.policy.js';
import { NEEDS_CLUSTER } from '../visualisations/visualisations.module.js';

/** What a start fails at where somebody has to change something. */
export type Mistake = ConfigurationError | ClusterConnectionError;

/** A fault, and where it is: what follows from it elsewhere is not told, too. */
interface Told {
  readonly place: string;
  readonly text: string;
}

/** What keeps a cluster from being chosen. */
const CLUSTER_CHOICE = [
  'command line: --cluster',
  'environment: K8S_CLUSTER',
  'environment: PYGEOAPI_K8S_MANAGER_NAMESPACE',
];

/**
 * All that is wrong with the configuration of a start that failed, whatever it failed at first: command line, environment, file, log file,
 * plugins, security contexts, definitions of processes, the choice of the cluster. Faults are looked for as if what has some already were
 * not set; no cluster is started, and none is asked.
 * @param failure what the start failed at
 * @returns a line for each fault
 */
export async function diagnose(options: ConfigurationOptions, failure: Mistake): Promise<string> {
  const { configuration, told } = load(options);
  const { plugins, faults } = await tryPlugins(configuration);
  const own = toldOf(failure);
  const isChosen = ![...own, ...told].some(({ place }) => CLUSTER_CHOICE.includes(place));
  return unrepeated([
    own,
    told,
    await toldBy(async () => checkLogFile(configuration, options)),
    faults.map((fault) => toTold(configuration.file, fault)),
    await toldBy(async () => new SecurityContextPolicy(configuration).onModuleInit()),
    configuration.processesApi ? await checkProcesses(configuration, plugins, faults.length > 0) : [],
    isChosen ? await toldBy(() => checkCluster(configuration, options)) : [],
  ]);
}

/** Of each place what was found out first. */
function unrepeated(rounds: readonly (readonly Told[])[]): string {
  const places = new Set<string>();
  const texts: string[] = [];
  for (const round of rounds) {
    const fresh = round.filter(({ place }) => !places.has(place));
    for (const { place, text } of fresh) {
      places.add(place);
      texts.push(text);
    }
  }
  return texts.join('\n');
}

function load(options: ConfigurationOptions): { configuration: Configuration; told: readonly Told[] } {
  try {
    return { configuration: loadConfiguration(options).configuration, told: [] };
  } catch (error) {
    if (error instanceof UnusableConfigurationError) return { configuration: error.usable, told: toldOf(error) };
    throw error;
  }
}

function checkLogFile({ logging, file }: Configuration, { workingDirectory = process.cwd() }: ConfigurationOptions) {
  openLogDestination(logging.logfile, workingDirectory, file).close();
}

/** The registry, alone, makes of the definitions what it makes at every start. */
async function checkProcesses(
  configuration: Configuration,
  plugins: readonly Plugin[],
  lacksPlugins: boolean,
): Promise<readonly Told[]> {
  const settings = {
    module: class ConfigurationModule {},
    global: true,
    providers: [{ provide: Configuration, useValue: configuration }],
    exports: [Configuration],
  };
  const registry = {
    module: class RegistryModule {},
    imports: [settings, DiscoveryModule, ...plugins.flatMap(({ modules }) => modules)],
    providers: [...REGISTRY_PROVIDERS, ...plugins.flatMap(({ processors }) => processors)],
  };
  const told = await toldBy(async () => {
    const context = await NestFactory.createApplicationContext(registry, { logger: false, abortOnError: false });
    await context.close();
  });
  // A processor that nobody knows may be that of a plugin that could not be loaded.
  return told.filter(({ text }) => !lacksPlugins || !text.includes('must be the name of a processor'));
}

/** Chooses the cluster as a start does, but does not start the embedded one. */
async function checkCluster(
  { environment, visualisations }: Configuration,
  { environment: variables = process.env }: ConfigurationOptions,
): Promise<void> {
  const chosen = new Error('the embedded cluster is what was chosen');
  try {
    const connection = await connectToCluster(environment, variables, {
      startEmbeddedCluster: () => Promise.reject(chosen),
    });
    await connection.close();
  } catch (error) {
    if (!(error instanceof Error) || error.cause !== chosen) throw error;
    if (visualisations) throw new ClusterConnectionError(NEEDS_CLUSTER);
  }
}

/** What a check finds wrong; failures of other kinds are not of the configuration. */
async function toldBy(check: () => Promise<void>): Promise<readonly Told[]> {
  try {
    await check();
    return [];
  } catch (error) {
    return error instanceof ConfigurationError || error instanceof ClusterConnectionError ? toldOf(error) : [];
  }
}

function toldOf(error: Mistake): readonly Told[] {
  if (error instanceof ClusterConnectionError) return [{ place: 'the cluster', text: error.message }];
  return error.faults.map((fault) => toTold(error.file, fault));
}

function toTold(file: string, fault: ConfigurationFault): Told {
  const place = `${fault.file ?? file}: ${fault.path}`;
  return { place, text: `${place}: ${fault.message}` };
}

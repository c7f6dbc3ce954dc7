import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigurationError, type ConfigurationFault } from './configuration-error.js';
import {
  type AccessSettings,
  type ArchiveSettings,
  Configuration,
  type EnvironmentSettings,
  type LoggingSection,
  type MetadataSection,
  type PluginReference,
  type ProcessResource,
  type PubSubSettings,
  type ServerSection,
  type VisualisationSettings,
} from './configuration.js';
import { readVariables, toEnvironmentSettings, type EnvironmentVariables } from './environment.js';
import { ACCESS_KEY, readAccess } from './sections/access/access.section.js';
import { LoggingDefinition, loggingWarnings, toLoggingSection } from './sections/logging.section.js';
import { MetadataDefinition, toMetadataSection } from './sections/metadata.section.js';
import { readOperators, readProcessesApi } from './sections/operators.section.js';
import { readPlugins } from './sections/plugins.section.js';
import { readArchive } from './sections/archive.section.js';
import { toUsage, UsageDefinition, type UsageSettings } from './sections/usage.section.js';
import { readPubSub } from './sections/pubsub.section.js';
import { readResources } from './sections/resources.section.js';
import { defaultManagerName } from './sections/manager.section.js';
import { ServerDefinition, serverWarnings, toServerSection } from './sections/server.section.js';
import { readVisualisationSettings } from './sections/visualisations.section.js';
import { describeFound, isMapping, validateDefinition, type ValidatedDefinition } from './validation.js';
import { defaultConfigurationFiles } from './variables.js';
import { restoreTexts } from './written-texts.js';
import { readYamlFile, type YamlFile } from './yaml-file.js';

export interface ConfigurationOptions {
  /** Values over those of the environment, by variable; the flags of the command line. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** Default: this process's. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Absolute; relative paths stand in it. Default: this process's. */
  readonly workingDirectory?: string;
  /** Where the file is looked for when `PYGEOAPI_CONFIG` is not set; the first that exists is taken. Default: the usual places. */
  readonly usualFiles?: readonly string[];
}

export interface LoadedConfiguration {
  readonly configuration: Configuration;
  /** What is odd but can be used, each with its place; to be logged once. */
  readonly warnings: readonly string[];
}

class FileConfiguration extends Configuration {
  constructor(
    readonly file: string,
    readonly server: ServerSection,
    readonly logging: LoggingSection,
    readonly metadata: MetadataSection,
    readonly processes: readonly ProcessResource[],
    readonly plugins: readonly PluginReference[],
    readonly environment: EnvironmentSettings,
    readonly processesApi: boolean,
    readonly visualisations: VisualisationSettings | undefined,
    readonly pubsub: PubSubSettings | undefined,
    readonly access: AccessSettings,
    readonly archive: ArchiveSettings | undefined,
    readonly usage: UsageSettings,
  ) {
    super();
  }
}

const sections = ['server', 'logging', 'metadata', 'resources'];
const knownKeys = [...sections, 'plugins', 'operators', 'processes_api', 'pubsub', 'access', 'archive', 'usage'];

/** With what can be used of the configuration all the same, so that others can look for further faults in it. */
export class UnusableConfigurationError extends ConfigurationError {
  constructor(
    file: string,
    faults: readonly ConfigurationFault[],
    /** Keys and variables that have faults are as if they were not there. */
    readonly usable: Configuration,
  ) {
    super(file, faults);
  }
}

/**
 * Reads the environment and the configuration file.
 *
 * @returns a deeply frozen configuration
 * @throws UnusableConfigurationError with every fault of both
 */
export function loadConfiguration(options: ConfigurationOptions = {}): LoadedConfiguration {
  const {
    overrides = {},
    environment = process.env,
    workingDirectory = process.cwd(),
    usualFiles = defaultConfigurationFiles,
  } = options;
  const merged = { ...environment, ...overrides };
  const { variables, faults: variableFaults } = readUsableVariables(merged);

  const { file, yaml } = readFile(variables, merged, workingDirectory, usualFiles);
  const content = isMapping(yaml.content) ? yaml.content : {};
  restoreTexts(content);
  const server = validateDefinition(ServerDefinition, content['server'] ?? {}, file, 'server');
  const logging = validateDefinition(LoggingDefinition, content['logging'] ?? {}, file, 'logging');
  const metadata = validateDefinition(MetadataDefinition, content['metadata'] ?? {}, file, 'metadata');
  const resources = readResources(content['resources'], file);
  const plugins = readPlugins(content['plugins'], dirname(resolve(workingDirectory, file)));

  const operators = readOperators(content['operators'], variables.OPERATORS);
  const processesApi = readProcessesApi(content['processes_api'], file, variables.PROCESSES_API, operators.names);
  const visualisations = operators.names.includes('visualisations')
    ? readVisualisationSettings(merged, server.value.url ?? undefined)
    : undefined;
  const pubsub = readPubSub(content['pubsub'], file, {
    password: variables.PUBSUB_BROKER_PASSWORD,
    serverUrl: server.value.url,
  });
  const access = readAccess(content['access'], file, {
    environment: merged,
    usual: variables[ACCESS_KEY],
    serverUrl: server.value.url,
    folder: dirname(resolve(workingDirectory, file)),
  });
  const { settings, warnings: environmentWarnings } = toEnvironmentSettings(variables, workingDirectory);
  const archive = readArchive(content['archive'], file, {
    password: variables.ARCHIVE_PASSWORD,
    dataDir: settings.dataDir,
    folder: dirname(resolve(workingDirectory, file)),
  });

  const usage = validateDefinition(UsageDefinition, content['usage'] ?? {}, file, 'usage');

  const sectionFaults = [
    server,
    logging,
    metadata,
    resources,
    plugins,
    operators,
    processesApi,
    pubsub,
    access,
    archive,
    usage,
  ].flatMap((section) => section.faults);
  const unset = new Set(yaml.faults.map(({ path }) => path));
  const faults = [
    ...[...variableFaults, ...(visualisations?.faults ?? [])].map((fault) => ({ ...fault, file: 'environment' })),
    ...yaml.faults,
    ...sectionFaults.filter(({ path }) => !unset.has(path)),
  ];

  const serverSection = toServerSection(usable(server, ServerDefinition, 'server', content['server']), variables);
  const metadataSection = usable(metadata, MetadataDefinition, 'metadata', content['metadata']);
  const configuration = deepFreeze(
    new FileConfiguration(
      file,
      serverSection,
      toLoggingSection(usable(logging, LoggingDefinition, 'logging', content['logging'])),
      toMetadataSection(metadataSection, serverSection.languages[0] ?? 'en'),
      resources.processes.filter(({ processor }) => isMapping(processor) && typeof processor['name'] === 'string'),
      plugins.references,
      settings,
      processesApi.isOn,
      visualisations?.settings,
      pubsub.settings,
      access.settings,
      archive.settings,
      toUsage(usable(usage, UsageDefinition, 'usage', content['usage'])),
    ),
  );
  if (faults.length > 0) throw new UnusableConfigurationError(file, faults, configuration);

  const unknownKeys = [
    ...Object.keys(content).filter((key) => !knownKeys.includes(key)),
    ...[server, logging, resources, pubsub, access, archive, usage].flatMap((section) => section.unknownKeys),
  ];
  return {
    configuration,
    warnings: [
      ...environmentWarnings,
      ...(visualisations?.warnings ?? []),
      ...yaml.warnings,
      ...resources.warnings,
      ...serverWarnings(serverSection, file, {
        tokens: settings.apiToken !== undefined,
        signedMessages: settings.subscribers.secrets.length > 0,
      }),
      ...loggingWarnings(logging.value, file),
      ...pubsub.warnings,
      ...(server.value.manager
        ? []
        : [`${file}: server.manager: is not set; ${defaultManagerName} is used, finalizer_controller is off`]),
      ...unknownKeys.map((path) => `${file}: ${path}: unknown key, ignored`),
    ],
  };
}

/** A section without the keys that have faults. */
function usable<T extends object>(
  { value, faults }: ValidatedDefinition<T>,
  definitionClass: new () => T,
  section: string,
  content: unknown,
): T {
  if (faults.length === 0) return value;
  if (!isMapping(content)) return new definitionClass();
  const wrong = new Set(faults.map(({ path }) => path.slice(section.length + 1).split(/[.[]/, 1)[0]));
  const rest = Object.fromEntries(Object.entries(content).filter(([key]) => !wrong.has(key)));
  const again = validateDefinition(definitionClass, rest, '', section);
  return again.faults.length === 0 ? again.value : new definitionClass();
}

/** Those with faults are left out. */
function readUsableVariables(environment: NodeJS.ProcessEnv): ReturnType<typeof readVariables> {
  const read = readVariables(environment);
  if (read.faults.length === 0) return read;
  const wrong = new Set(read.faults.map(({ path }) => path));
  const others = Object.fromEntries(Object.entries(environment).filter(([name]) => !wrong.has(name)));
  return { variables: readVariables(others).variables, faults: read.faults };
}

/** The file that `PYGEOAPI_CONFIG` names, else the first of the usual places that exists; without content where it cannot be read. */
function readFile(
  variables: EnvironmentVariables,
  environment: NodeJS.ProcessEnv,
  workingDirectory: string,
  usualFiles: readonly string[],
): { file: string; yaml: YamlFile } {
  const unreadable = (file: string, faults: readonly ConfigurationFault[]) => ({
    file,
    yaml: { content: {}, faults, warnings: [] },
  });
  const file = variables.PYGEOAPI_CONFIG ?? usualFiles.find((place) => existsSync(resolve(workingDirectory, place)));
  if (file === undefined) {
    const message = `must name the configuration file: it is not set, and there is no ${usualFiles.join(' and no ')}`;
    return unreadable('environment', [{ path: 'PYGEOAPI_CONFIG', message }]);
  }
  try {
    const yaml = readYamlFile(resolve(workingDirectory, file), file, environment);
    const content = yaml.content ?? {};
    if (isMapping(content)) return { file, yaml: { ...yaml, content } };
    const message = `must be a mapping with the keys ${sections.join(', ')} (${describeFound(content)})`;
    return unreadable(file, [{ path: 'the file', message }]);
  } catch (error) {
    if (error instanceof ConfigurationError) return unreadable(file, error.faults);
    throw error;
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  Object.values(value).forEach(deepFreeze);
  return value;
}

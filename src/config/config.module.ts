import { type DynamicModule, Inject, Logger, Module, type OnModuleInit } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { ConfigurationError } from './configuration-error.js';
import { Configuration } from './configuration.js';
import { readVariables, toEnvironmentSettings, withoutSecrets } from './environment.js';
import { loadConfiguration, type ConfigurationOptions, type LoadedConfiguration } from './load-configuration.js';

export {
  loadConfiguration,
  type ConfigurationOptions,
  type LoadedConfiguration,
  UnusableConfigurationError,
} from './load-configuration.js';

const CONFIGURATION_WARNINGS = Symbol('CONFIGURATION_WARNINGS');

export interface ConfigurationModuleOptions extends ConfigurationOptions {
  /** A configuration that was loaded with the same options before Nest started; absent: it is loaded here. */
  readonly loaded?: LoadedConfiguration;
}

/** Gives {@link Configuration} to every module, and logs the configuration's warnings once. */
@Module({})
export class ConfigurationModule implements OnModuleInit {
  private readonly logger = new Logger('Configuration');

  constructor(@Inject(CONFIGURATION_WARNINGS) private readonly warnings: readonly string[]) {}

  /**
   * Nest's ConfigService holds the environment's settings as `environment`, without the secrets: ConfigModule copies the texts that its
   * `validate` returns into `process.env`, where children would inherit them, but leaves objects alone.
   *
   * @throws ConfigurationError
   */
  static forRoot(options: ConfigurationModuleOptions = {}): DynamicModule {
    const { configuration, warnings } = options.loaded ?? loadConfiguration(options);
    return {
      module: ConfigurationModule,
      global: true,
      imports: [
        ConfigModule.forRoot({
          ignoreEnvFile: true,
          skipProcessEnv: true,
          validate: (variables: NodeJS.ProcessEnv) => {
            const read = readVariables({ ...(options.environment ?? variables), ...options.overrides });
            if (read.faults.length > 0) throw new ConfigurationError('environment', read.faults);
            const { settings } = toEnvironmentSettings(read.variables, options.workingDirectory ?? process.cwd());
            return { environment: withoutSecrets(settings) };
          },
        }),
      ],
      providers: [
        { provide: Configuration, useValue: configuration },
        { provide: CONFIGURATION_WARNINGS, useValue: warnings },
      ],
      exports: [Configuration, ConfigModule],
    };
  }

  onModuleInit(): void {
    for (const warning of this.warnings) this.logger.warn(warning);
  }
}

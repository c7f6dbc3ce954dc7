import { Configuration, escapeReferences, Processor } from 'ogc-processes-k8s';

/** Counts lines, words and bytes with `wc`, in a container; the processor makes JSON of what it printed. */
export class TextStatisticsProcessor {
  mainContainerName = 'wc';

  /** @param {Configuration} configuration injected: see `default` below */
  constructor(configuration) {
    this.languages = configuration.server.languages;
  }

  describe({ id }) {
    return {
      id,
      version: '1.0.0',
      title: 'Text statistics',
      description: `Counts the lines, words and bytes of a text in any language; this server speaks ${this.languages.join(', ')}.`,
      jobControlOptions: ['sync-execute', 'async-execute', 'dismiss'],
      outputTransmission: ['value'],
      links: [],
      inputs: {
        text: { title: 'The text', schema: { type: 'string' } },
      },
      outputs: {
        statistics: { schema: { type: 'object', contentMediaType: 'application/json' } },
      },
      example: { inputs: { text: 'one two\nthree\n' } },
    };
  }

  /** JSON Schema cannot say it: an argument holds no NUL and at most 128 KiB. */
  validate(_process, { inputs: { text } }) {
    const faults = [];
    if (text.includes('\0')) faults.push({ pointer: '/inputs/text', message: 'must not hold a NUL character' });
    if (Buffer.byteLength(text) > 100_000)
      faults.push({ pointer: '/inputs/text', message: 'must have at most 100000 bytes' });
    return faults;
  }

  makePodSpec({ definition }, { inputs }) {
    return {
      containers: [
        {
          name: this.mainContainerName,
          image: definition.default_image ?? 'busybox',
          command: ['sh', '-c', 'echo PYGEOAPI_K8S_MANAGER_RESULT_START; printf %s "$1" | wc', 'text-statistics'],
          args: [escapeReferences(inputs.text)],
        },
      ],
    };
  }

  async results(_process, _job, printed) {
    if (!printed) return undefined;
    const text = (await printed.body().toArray()).join('');
    const [lines, words, bytes] = text.trim().split(/\s+/).map(Number);
    return { mediaType: 'application/json', body: JSON.stringify({ lines, words, bytes }) };
  }
}

Processor('examples.TextStatisticsProcessor')(TextStatisticsProcessor);

/** Plain JavaScript has no types to inject by, so a factory says what the processor needs. */
export default {
  module: class TextStatisticsModule {},
  providers: [
    {
      provide: TextStatisticsProcessor,
      inject: [Configuration],
      useFactory: (configuration) => new TextStatisticsProcessor(configuration),
    },
  ],
};

import type { ProcessDescription } from '../../description/process-description.js';

/** What stands where the configuration has no `metadata`: inputs and output as pygeoapi's own hello-world has them. */
export const helloWorldDescription: Partial<ProcessDescription> = {
  version: '1.0.0',
  title: 'Hello World',
  description: 'Takes a name and an optional message, and answers with a greeting. For trying the server.',
  keywords: ['hello world', 'example', 'echo'],
  inputs: {
    name: {
      title: 'Name',
      description: 'Who is greeted',
      schema: { type: 'string' },
      minOccurs: 1,
      maxOccurs: 1,
    },
    message: {
      title: 'Message',
      description: 'What is said, if anything',
      schema: { type: 'string' },
      minOccurs: 0,
      maxOccurs: 1,
    },
  },
  outputs: {
    echo: {
      title: 'Greeting',
      description: 'An object with the id of the output and the greeting as its value',
      schema: {
        type: 'object',
        contentMediaType: 'application/json',
        properties: { id: { type: 'string' }, value: { type: 'string' } },
        required: ['id', 'value'],
      },
    },
  },
  example: { inputs: { name: 'World', message: 'An optional message.' } },
};

/** The output where `result_shape` is `result`. */
export const resultOutputs: ProcessDescription['outputs'] = {
  echo: {
    title: 'Greeting',
    description: 'An object with the greeting as its result',
    schema: {
      type: 'object',
      contentMediaType: 'application/json',
      properties: { result: { type: 'string' } },
      required: ['result'],
    },
  },
};

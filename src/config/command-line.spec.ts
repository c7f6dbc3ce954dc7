import { describe, expect, it, test } from '@jest/globals';
import { helpText, parseCommandLine } from './command-line.js';
import type { ConfigurationError } from './configuration-error.js';
import { thrownBy } from './testing/temporary-files.js';
import { variables } from './variables.js';

describe('the command line', () => {
  it('may be empty', () => {
    expect(parseCommandLine([])).toEqual({ help: false, version: false, overrides: {} });
  });

  it('gives every flag as the variable that it stands over', () => {
    const argv = '--config c.yaml --host=127.0.0.1 --port 0 --cluster embedded --data-dir /data --object-store folder';
    expect(parseCommandLine(argv.split(' ')).overrides).toEqual({
      PYGEOAPI_CONFIG: 'c.yaml',
      HOST: '127.0.0.1',
      PORT: '0',
      K8S_CLUSTER: 'embedded',
      DATA_DIR: '/data',
      OBJECT_STORE: 'folder',
    });
  });

  it('takes the last of a repeated flag', () => {
    expect(parseCommandLine(['--port', '1', '--port=2']).overrides).toEqual({ PORT: '2' });
  });

  test.each([
    [['--nonsense', '--host', '--help'], { help: true, version: false }],
    [['--version'], { help: false, version: true }],
  ])('%j asks for information only', (argv, expected) => {
    expect(parseCommandLine(argv)).toMatchObject(expected);
  });

  it('reports every fault at once', () => {
    const argv = [
      '--prot',
      '80',
      '--cluster',
      'foo',
      '--host',
      '--port=99999',
      '--config=',
      '--version=1',
      '-x',
      '--data-dir',
    ];
    expect((thrownBy(() => parseCommandLine(argv)) as ConfigurationError).message.split('\n')).toEqual([
      'command line: --prot: is not known; see --help',
      'command line: 80: is not a flag; see --help',
      'command line: --host: must have a value',
      'command line: --config: must have a value',
      'command line: --version: takes no value',
      'command line: -x: is not known; see --help',
      'command line: --data-dir: must have a value',
      'command line: --port: must be an integer from 0 to 65535 (is "99999")',
      'command line: --cluster: must be one of auto, embedded, kubeconfig, in-cluster (is "foo")',
    ]);
  });

  it('has a help text with every flag and variable', () => {
    const help = helpText();
    const names = variables.flatMap(({ name, flag }) => (flag === undefined ? [name] : [name, `--${flag} `]));
    expect(names.filter((name) => !help.includes(name))).toEqual([]);
    expect(help).toContain(
      [
        '  --cluster auto|embedded|kubeconfig|in-cluster',
        '      The Kubernetes cluster that runs the jobs. auto: a kubeconfig, else the service account of the pod, else (outside containers) the embedded cluster.',
        '      Environment: K8S_CLUSTER',
        '      Default: auto',
      ].join('\n'),
    );
  });
});

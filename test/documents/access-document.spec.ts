import { describe, expect, it } from '@jest/globals';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import { temporaryFolder } from '../../src/config/testing/temporary-files.js';
import { doubtsOf } from '../../src/access/rules/doubts.js';
import { Rules } from '../../src/access/rules/rules.js';
import { NamedTokens } from '../../src/access/identity/named-tokens.js';
import { ACTIONS } from '../../src/config/sections/access/access-rules.js';
import { runToken } from '../../src/commands/token.js';
import { readDocument } from '../../src/testing/named-test.js';

const page = readDocument('docs/access.md');
const BOB = 'the-token-of-bob';

function example() {
  const [, text = ''] = /```yaml\n([^]*?)```/.exec(page) ?? [];
  const folder = temporaryFolder({
    'example.yaml': `server: { manager: { name: pygeoapi_k8s_manager.KubernetesManager, finalizer_controller: true } }\nresources: {}\n${text}`,
  });
  const environment = { PYGEOAPI_CONFIG: 'example.yaml', BOB_TOKEN: BOB };
  const { configuration, warnings } = loadConfiguration({ environment, workingDirectory: folder.path });
  folder.remove();
  if (!configuration.access.rules) throw new Error('the example has no rules');
  return { access: configuration.access, settings: configuration.access.rules, warnings };
}

describe('docs/access.md', () => {
  it('has an example that is taken without a warning, and allows what the page says', () => {
    const { access, settings, warnings } = example();
    expect([warnings, doubtsOf(settings, false), access.audit]).toEqual([[], [], 'stdout']);
    const rules = new Rules(settings);
    const bob = new NamedTokens(
      settings.tokens.filter(({ name }) => name === 'bob'),
      undefined,
    ).find(BOB);
    const allowed = (who: typeof bob, processId: string) =>
      ACTIONS.filter((action) => rules.may(who, action, processId));
    expect(allowed(bob, 'hello')).toEqual(['read', 'execute', 'logs', 'dismiss']);
    expect([allowed(undefined, 'open-data'), allowed(undefined, 'hello')]).toEqual([['read'], []]);
    expect(rules.limitsOf(bob)).toEqual({
      ...{ running: 5, waiting: 20, submissionsPerMinute: 20, inputBytes: 10_000_000, storedBytes: 10_000_000_000 },
    });
    const job = { processId: 'hello', owner: rules.ownerOf(bob) };
    expect([rules.sees(bob, job), rules.sees(bob, { processId: 'hello' }), rules.sees(undefined, job)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('makes tokens by flags that there are', async () => {
    const [, flags = ''] = /^npm run --silent token -- (--name ann .*)$/m.exec(page) ?? [];
    const lines: string[] = [];
    expect(await runToken(flags.split(' '), (line) => lines.push(line))).toBe(0);
    expect(lines.join('\n')).toMatch(/^token: +ogcp_[0-9a-f]{64}$/m);
  });
});

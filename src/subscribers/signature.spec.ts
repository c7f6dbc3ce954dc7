import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
import { webhookHeaders } from './signature.js';

const SECRET = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
const OTHER = `whsec_${Buffer.from('another-secret-of-thirty-two-byt').toString('base64')}`;
const body = Buffer.from('{"text":"Grüße"}');

describe('a signed message', () => {
  it('is genuine for the library of Standard Webhooks, by either of two secrets', () => {
    const headers = webhookHeaders('msg_1', body, [SECRET, OTHER], new Date());
    for (const secret of [SECRET, OTHER])
      expect(new Webhook(secret).verify(body.toString(), headers)).toEqual({ text: 'Grüße' });
    expect(() => new Webhook(SECRET).verify('{"text":"x"}', headers)).toThrow('No matching signature');
    expect(() => new Webhook(SECRET).verify(body.toString(), { ...headers, 'webhook-id': 'msg_2' })).toThrow(
      'No matching signature',
    );
  });

  it('has no signature without a secret', () => {
    expect(webhookHeaders('msg_1', body, [], new Date(1_700_000_000_900))).toEqual({
      'webhook-id': 'msg_1',
      'webhook-timestamp': '1700000000',
    });
  });

  it('is genuine for the example of docs/subscribers.md, and only as it is', () => {
    const example = /```js\n([\s\S]*?)```/.exec(readFileSync('docs/subscribers.md', 'utf8'))?.[1] ?? '';
    const genuine = webhookHeaders('msg_1', body, [OTHER, SECRET], new Date());
    const old = webhookHeaders('msg_1', body, [SECRET], new Date(Date.now() - 301_000));
    const cases = [
      [genuine, body, SECRET],
      [genuine, Buffer.from('{}'), SECRET],
      [{ ...genuine, 'webhook-id': 'msg_2' }, body, SECRET],
      [genuine, body, `whsec_${Buffer.alloc(32).toString('base64')}`],
      [old, body, SECRET],
      [webhookHeaders('msg_1', body, [], new Date()), body, SECRET],
    ].map(([headers, bytes, secret]) => [headers, (bytes as Buffer).toString('base64'), secret]);
    const script = `${example}
      const cases = ${JSON.stringify(cases)};
      console.log(JSON.stringify(cases.map(([headers, bytes, secret]) => isGenuine(headers, Buffer.from(bytes, 'base64'), secret))));`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(JSON.parse(output)).toEqual([true, false, false, false, false, false]);
  });
});

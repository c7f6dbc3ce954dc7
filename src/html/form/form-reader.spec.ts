import { describe, expect, it } from '@jest/globals';
import type { FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import type { Access, Caller } from '../../access/access.js';
import { Rules } from '../../access/rules/rules.js';
import type { Sight } from '../../access/sight.js';
import type { Configuration } from '../../config/configuration.js';
import type { ExecutionService } from '../../jobs/execution/execution.service.js';
import type { Identity } from '../../ogc/requests/identity.js';
import { StreamedForm } from '../../ogc/requests/streamed-form.js';
import { FormReader } from './form-reader.js';

const role = (name: string, limits: object) => ({ name, may: [], processes: ['*'], groups: [], subjects: [], limits });
const rules = new Rules({
  ownJobs: true,
  tokens: [],
  limits: { inputBytes: 2_000 },
  roles: [role('little', { inputBytes: 1_000 }), role('much', { inputBytes: 100_000 })],
});
const holderOf = (name: string): Identity => ({
  issuer: 'tokens',
  subject: name,
  groups: [],
  roles: [name],
  means: 'token',
});
const configuration = {
  server: { maxUploadBytesInFlight: 10_000_000, maxUploadBytes: 200_000, maxRequestBytes: 1_000_000 },
} as Configuration;

const access = {
  rules,
  withToken: (caller: Caller, token: string | undefined) =>
    Promise.resolve(token === undefined ? caller : { ...caller, token, identity: holderOf(token) }),
  demand: () => Promise.resolve(),
} as unknown as Access;
const executions = { roomForInputs: () => ({ inline: undefined, takesUnread: true }) } as unknown as ExecutionService;
const sight = { demandProcess: () => undefined } as unknown as Sight;

const part = (name: string, content: string, fileName?: string) =>
  `--b\r\nContent-Disposition: form-data; name="${name}"${fileName === undefined ? '' : `; filename="${fileName}"`}\r\n\r\n${content}\r\n`;
const token = (name: string) => part('token', name);
const file = (size: number) => part('input.text', 'x'.repeat(size), 'a.txt');
const text = (size: number) => part('input.text', 'x'.repeat(size));

/** Reads a form that comes in pieces, of somebody who is known by its header or not. */
async function read(parts: readonly string[], piece: number, identity?: Identity): Promise<string | undefined> {
  const whole = Buffer.from(`${parts.join('')}--b--\r\n`);
  const pieces = Array.from({ length: Math.ceil(whole.length / piece) }, (_, at) =>
    whole.subarray(at * piece, (at + 1) * piece),
  );
  const reader = new FormReader(configuration, executions, access, sight);
  const request = {
    body: new StreamedForm(Readable.from(pieces, { objectMode: false })),
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
    ip: '192.0.2.1',
  } as unknown as FastifyRequest;
  const caller: Caller = { headers: {}, ...(identity ? { identity } : {}) };
  const inputs = { text: { schema: { type: 'string' } } };
  try {
    const received = await reader.read(request, { processId: 'p', inputs, caller, parts: [] });
    await received.dispose();
    return received.token;
  } finally {
    expect(reader.bytesHeld).toBe(0);
  }
}

describe('the bytes that a form with files may have', () => {
  describe.each([100, 1_000_000])('and that comes in pieces of %s bytes', (piece) => {
    it.each([
      ['a file', file],
      ['a text', text],
    ])('are those of who its token says, with %s', async (_what, content) => {
      await expect(read([token('much'), content(50_000)], piece)).resolves.toBe('much');
      await expect(read([token('little'), content(1_500)], piece)).rejects.toMatchObject({
        exceeded: { key: 'access.roles.little.limits.input_bytes', limit: 1_000 },
      });
    });

    it.each([
      ['a file', file],
      ['a text', text],
    ])('are those of everybody without one, with %s', async (_what, content) => {
      await expect(read([content(1_500)], piece)).resolves.toBeUndefined();
      await expect(read([content(2_500)], piece)).rejects.toMatchObject({
        exceeded: { key: 'access.limits.per_caller.input_bytes', limit: 2_000 },
      });
    });

    it('are those of who is known by the header', async () => {
      await expect(read([file(50_000)], piece, holderOf('much'))).resolves.toBeUndefined();
      await expect(read([file(1_500)], piece, holderOf('little'))).rejects.toMatchObject({
        exceeded: { key: 'access.roles.little.limits.input_bytes' },
      });
    });

    it('are no more than the server reads', async () => {
      await expect(read([token('little'), text(250_000)], piece)).rejects.toThrow('server.max_upload_bytes');
    });
  });
});

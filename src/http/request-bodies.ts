import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PassThrough, type Readable, type Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createZstdDecompress } from 'node:zlib';
import { InvalidRequestError, UnsupportedCodingError } from '../ogc/domain-errors.js';
import type { AdmittedBody } from './admission/body-admission.js';

/** What RFC 9659 asks decoders of HTTP to bear, 8 MiB: without a bound a few bytes may ask for 128 MiB of memory. */
const ZSTD_WINDOW_LOG = 23;

/** Content codings (RFC 9110, section 8.4.1) of bodies, in the order of `Accept-Encoding`. Not `deflate`, of which there are two. */
const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  zstd: () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }),
  br: createBrotliDecompress,
};

/** A stream that Fastify compares with `Content-Length` by what has arrived, not by what came out of it. */
type Body = Readable & { receivedEncodedLength?: number };

/**
 * Reads bodies in a content coding, and no more of any than was admitted, sent or decoded: it is cut off as soon as that
 * is known. Bodies that fail are answered by what the admission says of too large ones; UnavailableError where the server has no room
 * for more; UnsupportedCodingError, which says what is
 * read (RFC 9110, section 15.5.16); InvalidRequestError where a body is not in the coding that it names.
 * @param admitted says how the body of a request is read; undefined: as it is sent, whatever it is
 */
export function readBodies(
  fastify: FastifyInstance,
  admitted: (request: FastifyRequest) => AdmittedBody | undefined,
): void {
  fastify.addHook('preParsing', async (request: FastifyRequest, reply: FastifyReply, payload: Readable) => {
    const { headers } = request;
    const admission = admitted(request);
    if (!admission) return payload;
    const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
    // Nothing more is read of what is refused, so nothing can follow on this connection.
    const refuse = (error: Error) => {
      void reply.header('connection', 'close');
      return error;
    };
    const coding = codingOf(headers['content-encoding']);
    if (coding !== undefined && !Object.hasOwn(decoders, coding))
      throw refuse(new UnsupportedCodingError(coding, Object.keys(decoders).join(', ')));
    return admission.isReserved ? payload : measured(payload, coding, { ...admission, length, refuse });
  });
}

/** Undefined: none. Several, one upon another, are named as they are. */
function codingOf(header: string | undefined): string | undefined {
  const codings = (header ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
  const name = codings.join(', ');
  return name === '' ? undefined : name === 'x-gzip' ? 'gzip' : name;
}

interface Measure extends AdmittedBody {
  readonly length: number | undefined;
  readonly refuse: (error: Error) => Error;
}

/** The body as it is to be parsed. It ends in an error at once when more has arrived, or come out of the decoder, than the limit. */
function measured(sent: Readable, coding: string | undefined, { limit, refusal, hold, length, refuse }: Measure): Body {
  const decoder = (coding === undefined ? undefined : decoders[coding]?.()) ?? new PassThrough();
  const body: Body = new PassThrough();
  let arrived = 0;
  let decoded = 0;
  const fail = (error: Error): void => {
    if (body.destroyed) return;
    sent.unpipe(decoder);
    decoder.destroy();
    // A client that only writes reads its answer once it has written; what it sends goes nowhere.
    sent.resume();
    body.destroy(refuse(error));
  };
  const reserve = (bytes: number): void => {
    try {
      hold.reserve(bytes);
    } catch (error) {
      fail(error as Error);
    }
  };
  sent.on('data', (chunk: Buffer) => {
    arrived += chunk.length;
    body.receivedEncodedLength = arrived;
    if (arrived > limit) fail(refusal(`has more bytes: ${arrived} had arrived when it was cut off`));
  });
  sent.on('error', fail);
  sent.on('close', () => {
    if (!sent.readableEnded) fail(new InvalidRequestError('The body broke off.'));
  });
  decoder.on('data', (chunk: Buffer) => {
    decoded += chunk.length;
    if (decoded <= limit) return reserve(chunk.length);
    const whole = length === undefined ? `${arrived} bytes had arrived` : `the body has ${length} bytes`;
    fail(refusal(`unfolds from ${coding} to more (${decoded} bytes when it was cut off; ${whole})`));
  });
  decoder.on('error', ({ message }: Error) =>
    fail(new InvalidRequestError(`The body is not in the coding ${coding} that Content-Encoding names: ${message}.`)),
  );
  sent.pipe(decoder).pipe(body as PassThrough);
  return body;
}

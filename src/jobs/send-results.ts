import type { FastifyReply } from 'fastify';
import { documentPolicy } from './document-policy.js';
import type { ResultsAnswer } from './job-results.js';

/** Sends results as they are, streaming. */
export async function sendResults(reply: FastifyReply, answer: ResultsAnswer): Promise<void> {
  if (!answer.body) {
    await reply.status(204).send();
    return;
  }
  const policy = documentPolicy(answer.mediaType ?? '');
  if (policy !== undefined) void reply.header('content-security-policy', policy);
  await reply
    .status(200)
    .header('content-type', answer.mediaType)
    .header('content-length', answer.size)
    .send(answer.body);
}

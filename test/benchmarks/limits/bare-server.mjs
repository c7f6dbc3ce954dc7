/**
 * The least that an execution takes of a program of Node: it receives the request by plain Fastify, sends the Job to the API server by undici, and
 * reads the watches of Jobs and pods line by line. No checks, no access, no log, no answer but the id. Prints `listening on ADDRESS`.
 *
 * Arguments: the kubeconfig, the namespace, and a file with a Job.
 */
import fastify from 'fastify';
import { readFile } from 'node:fs/promises';
import { v7 as uuidv7 } from 'uuid';
import { byUndici, jobOf } from './by-undici.mjs';

const [kubeconfig, namespace, templateFile] = process.argv.slice(2);
const template = JSON.parse(await readFile(templateFile, 'utf8'));
const create = await byUndici(kubeconfig, namespace);

const app = fastify();
app.post('/answered', async (_request, reply) => reply.status(201).send({ jobID: uuidv7(), status: 'accepted' }));
app.post('/executed', async (request, reply) => {
  const jobID = uuidv7();
  await create(jobOf(template, jobID, request.body.inputs));
  return reply.status(201).send({ jobID, status: 'accepted' });
});
console.log(`listening on ${await app.listen({ host: '127.0.0.1', port: 0 })}`);

/**
 * The least that an execution takes of a program of Node: it receives the request by plain Fastify, sends the Job to the API server by undici, and
 * reads the watches of Jobs and pods line by line. No checks, no access, no log, no answer but the id. Prints `listening on ADDRESS`.
 *
 * Arguments: the kubeconfig, the namespace, and a file with a Job.
 */
import fastify from 'fastify';
import { readFile } from 'node:fs/promises';
import { v7 as uuidv7 } from 'uuid';
import { KubernetesApi } from '../kubernetes-api.mjs';
import { JOB_NAME_PREFIX } from '../kube-jobs.mjs';

const [kubeconfig, namespace, templateFile] = process.argv.slice(2);
const template = JSON.parse(await readFile(templateFile, 'utf8'));
const api = await KubernetesApi.of(kubeconfig, namespace);
const states = new Map();

for (const path of [api.jobs, api.pods])
  await api.watch(path, ({ type, object: { metadata, status } }) => {
    if (type === 'DELETED') states.delete(metadata.uid);
    else states.set(metadata.uid, status);
  });

const app = fastify();
app.post('/answered', async (_request, reply) => reply.status(201).send({ jobID: uuidv7(), status: 'accepted' }));
app.post('/executed', async (request, reply) => {
  const jobID = uuidv7();
  const annotations = {
    ...template.metadata.annotations,
    'pygeoapi.io/parameters': JSON.stringify(request.body.inputs),
  };
  const metadata = { ...template.metadata, name: `${JOB_NAME_PREFIX}${jobID}`, annotations };
  const made = await api.json('POST', api.jobs, { ...template, metadata });
  states.set(made.metadata.uid, made.status);
  return reply.status(201).send({ jobID, status: 'accepted' });
});
console.log(`listening on ${await app.listen({ host: '127.0.0.1', port: 0 })}`);

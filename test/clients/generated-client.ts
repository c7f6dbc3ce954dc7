// Runs a process with the client that was generated of the server's OpenAPI document, type-checked against it. usage: generated-client.ts URL
import { client } from './generated/client.gen.js';
import { executeLines, getConformance, getProcess, getResult, getStatus } from './generated/sdk.gen.js';

const [url] = process.argv.slice(2);
client.setConfig({ baseUrl: url, throwOnError: true });

const { data: conformance } = await getConformance();
if (!conformance?.conformsTo.some((uri) => uri.endsWith('/conf/core'))) throw new Error('core is not declared');

const { data: description } = await getProcess({ path: { processId: 'lines' } });
if (description?.id !== 'lines') throw new Error(`not the description: ${JSON.stringify(description)}`);

const accepted = await executeLines({
  body: { inputs: { count: 5 }, response: 'document' },
  headers: { Prefer: 'respond-async' },
});
if (accepted.response?.status !== 201 || !accepted.data || !('jobID' in accepted.data)) {
  throw new Error(`not accepted: ${JSON.stringify(accepted.data)}`);
}
const jobId = String(accepted.data.jobID);
const deadline = performance.now() + 60_000;
for (;;) {
  const { data: job } = await getStatus({ path: { jobId } });
  if (job?.status === 'successful') break;
  if (job?.status !== 'accepted' && job?.status !== 'running')
    throw new Error(`ended otherwise: ${JSON.stringify(job)}`);
  if (performance.now() > deadline) throw new Error(`still ${job.status}: ${job.message}`);
  await new Promise((resolve) => setTimeout(resolve, 200));
}
const { data: results } = await getResult({ path: { jobId } });
const lines = (results as { lines?: string } | undefined)?.lines ?? '';
if (!lines.startsWith('  line 1  \n')) throw new Error(`not the result: ${JSON.stringify(results).slice(0, 200)}`);
console.log('generated client: the process ran');

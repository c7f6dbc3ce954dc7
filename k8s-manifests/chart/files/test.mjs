// What `helm test` runs, in the server's image: asks the deployed server, by its Service, whether it is ready, and executes one process to its end.
const { SERVER_URL = '', TEST_PROCESS = '', TEST_INPUTS = '{}', API_TOKEN } = process.env;
const PATIENCE = 240_000;
const headers = { accept: 'application/json', ...(API_TOKEN && { authorization: `Bearer ${API_TOKEN}` }) };

async function ask(path, init = {}) {
  const response = await fetch(new URL(path, SERVER_URL), {
    ...init,
    headers: { ...headers, ...init.headers },
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path} answers ${response.status}: ${text}`);
  return { text, location: response.headers.get('location') };
}

const readiness = await ask('/health/ready');
console.log(`ready: ${readiness.text}`);
if (TEST_PROCESS !== '') {
  const { location } = await ask(`/processes/${encodeURIComponent(TEST_PROCESS)}/execution`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'respond-async' },
    body: JSON.stringify({ inputs: JSON.parse(TEST_INPUTS) }),
  });
  // The job's address may be a public one, which is not reached from here.
  const id = (location ?? '').split('/').at(-1);
  const end = Date.now() + PATIENCE;
  for (;;) {
    const job = JSON.parse((await ask(`/jobs/${id}`)).text);
    if (job.status === 'successful') break;
    if (['failed', 'dismissed'].includes(job.status)) throw new Error(`job ${id} is ${job.status}: ${job.message}`);
    if (Date.now() > end)
      throw new Error(`job ${id} is still ${job.status} after ${PATIENCE / 1000} s: ${job.message}`);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  console.log(`job ${id} of ${TEST_PROCESS} is successful`);
}

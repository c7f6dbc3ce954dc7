import { Bed } from './bed.mjs';
import { CountingProxy } from './counting-proxy.mjs';
import { fill } from './kube-jobs.mjs';
import { median, milliseconds, pause, percentile, series, timed } from './measure.mjs';

const READS = 500;
const PAGE = '/jobs?limit=100';
const FAILED = `${PAGE}&status=failed`;

/** It measures several servers on the Jobs that it makes once. */
listAndStatus.countsRounds = true;

/** Reading jobs while the namespace holds many, and the memory that they cost. */
export async function listAndStatus(report, { jobs: count, rounds, nodeOptions }) {
  const bed = await Bed.start();
  try {
    const measured = new Measured(report, count);
    const servers = [];
    for (let round = 0; round < rounds; round += 1) {
      const proxy = await CountingProxy.start(bed.api, bed.folder, round);
      bed.onStop(() => proxy.close());
      const server = await bed.startServer({ kubeconfig: proxy.kubeconfig, nodeOptions });
      measured.idle(await server.child.settledMemory());
      servers.push({ proxy, server });
    }
    const ids = await fill(bed, servers, count, report);
    for (const { proxy, server } of servers) {
      await measured.reads(server, proxy, ids);
      measured.memory('grown', 'grown by watching and read', await server.child.settledMemory());
      await measured.listAgain(server, proxy, ids);
    }
    // None of the others watches while one starts, or is read.
    await Promise.all(servers.map(({ server }) => server.child.end()));
    for (let round = 0; round < rounds; round += 1) {
      const again = await bed.startServer({ nodeOptions });
      measured.start(again.child.startTime, await timed(() => bed.api.list(bed.api.jobs)));
      await measured.restarted(again);
      measured.memory('restarted', 'after a restart', await again.child.settledMemory());
      await again.child.end();
    }
  } finally {
    await bed.stop();
  }
}

/** The figures of one number of jobs. */
class Measured {
  constructor(report, count) {
    this.report = report;
    this.count = count;
  }

  idle(memory) {
    this.report.budget('memory, idle', memory, { name: 'memory_idle', most: 200, unit: 'MiB' });
  }

  /** 290 MiB with 10,000 jobs, 400 with 50,000, and in between. */
  memory(key, when, memory) {
    const most = 290 + Math.max(0, (this.count - 10_000) / 40_000) * 110;
    const limit = { name: `memory_${key}_${this.count}`, most, unit: 'MiB' };
    this.report.budget(`memory, ${this.count} jobs, ${when}`, memory, limit);
  }

  #time(what, key, times, most) {
    this.report.budget(what, median(times), { name: `${key}_${this.count}_p50`, most });
  }

  async reads(server, proxy, ids) {
    const { report, count } = this;
    const { statusCounts, size } = await shape(server);
    report.note(`a page of 100 has ${size} bytes; ${statusCounts}`);
    proxy.reset();
    const pages = await series(READS, () => server.get(PAGE));
    const statuses = await series(READS, (index) => server.get(`/jobs/${ids[(index * 7919) % count]}`));
    const filtered = await series(READS / 5, () => server.get(FAILED));
    const walk = await pagesOf(server, count);
    const { leases, others } = proxy.count;
    report.times(`GET ${PAGE}`, pages);
    report.times('GET /jobs/{id}', statuses);
    report.times(`GET ${FAILED}`, filtered);
    report.times(`each page of ${walk.jobs} jobs, one after another`, walk.times);
    this.#time(`page of 100 of ${count} jobs, p50`, 'page', pages, 3);
    this.#time(`page of 100 failed of ${count} jobs, p50`, 'failed', filtered, 3);
    this.#time(`status, ${count} jobs, p50`, 'status', statuses, 5);
    report.budget(`API server requests meanwhile, ${count} jobs`, others, {
      name: `requests_${count}`,
      most: 0,
      unit: '',
      show: String,
    });
    report.note(`requests for the Lease meanwhile: ${leases}`);
    if (others > 0) report.note(proxy.requests.join('\n  '));
  }

  /** How long the server answers nothing while it lists all Jobs again. */
  async listAgain(server, proxy, ids) {
    const { report, count } = this;
    const waits = [];
    let isListing = true;
    await server.get('/metrics');
    const listing = timed(() => proxy.listAgain()).finally(() => (isListing = false));
    while (isListing) {
      waits.push(await timed(() => server.get(`/jobs/${ids[0]}`)));
      await pause(5);
    }
    const took = await listing;
    // Each look begins the measurement anew.
    const { text } = await server.get('/metrics');
    const lag = (what) =>
      Number(new RegExp(`^nodejs_eventloop_lag_${what}_seconds (\\S+)$`, 'm').exec(text)?.[1]) * 1000;
    report.note(
      `all ${count} Jobs listed again in ${milliseconds(took)}: delay of the event loop at most ${milliseconds(lag('max'))}`,
    );
    report.times('GET /jobs/{id} meanwhile', waits);
    const limit = { name: `relist_delay_${count}_p99`, most: 50 };
    report.budget(`delay of the event loop while ${count} Jobs are listed again, p99`, lag('p99'), limit);
    report.figure(`relist_status_${count}_p99`, percentile(waits, 0.99), 'ms');
  }

  start(time, list) {
    const { report, count } = this;
    report.note(
      `start with these jobs: ${milliseconds(time)}; one list of them by the benchmark: ${milliseconds(list)}`,
    );
    const show = (value) => `${value.toFixed(2)} ×`;
    const limit = { name: `start_lists_${count}`, most: 1.5, unit: '', show };
    report.budget(`start with ${count} jobs, in lists of them`, time / list, limit);
    report.figure(`start_${count}`, time, 'ms');
  }

  async restarted(server) {
    const pages = await series(READS / 5, () => server.get(PAGE));
    const filtered = await series(READS / 5, () => server.get(FAILED));
    this.report.times(`GET ${PAGE} after a restart`, pages);
    this.report.times(`GET ${FAILED} after a restart`, filtered);
    this.#time(`page of 100 of ${this.count} jobs after a restart, p50`, 'restarted_page', pages, 3);
    this.#time(`page of 100 failed of ${this.count} jobs after a restart, p50`, 'restarted_failed', filtered, 3);
  }
}

async function shape(server) {
  const { text } = await server.get(PAGE);
  const counts = new Map();
  for (const { status } of JSON.parse(text).jobs) counts.set(status, (counts.get(status) ?? 0) + 1);
  return { size: text.length, statusCounts: [...counts].map(([status, number]) => `${number} ${status}`).join(', ') };
}

/** Follows the links `next`. */
async function pagesOf(server, count) {
  const times = [];
  let jobs = 0;
  let path = PAGE;
  for (let page = 0; path && page <= count / 100 + 1; page += 1) {
    let answer;
    times.push(await timed(async () => (answer = await server.json(path))));
    jobs += answer.jobs.length;
    const next = answer.links.find(({ rel }) => rel === 'next')?.href;
    path = next && new URL(next).pathname + new URL(next).search;
  }
  return { times, jobs };
}

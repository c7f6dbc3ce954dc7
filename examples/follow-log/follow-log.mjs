#!/usr/bin/env node
/**
 * follow-log.mjs JOB_ADDRESS: prints the log of a job while it runs, to its end, byte for byte as it is stored, whatever proxies on
 * the way cut. Needs Node 20 and nothing else. TOKEN: the API token, where the process asks for one. Of a job that was tried again it
 * prints the log of each attempt, one after the other.
 *
 * Ends with 0 once the job has ended and its log is printed, whether the job was successful or not; with 1 where there is no
 * such job or log.
 */

const [address] = process.argv.slice(2);
if (!/^https?:\/\//.test(address ?? '')) giveUp('usage: follow-log.mjs http://HOST/jobs/ID');
const headers = process.env.TOKEN ? { authorization: `Bearer ${process.env.TOKEN}` } : {};

/** An answer that will not be another one. */
class Refused extends Error {}

/** A server that is away, or a proxy that lost it, is tried again so often in a row, in seconds. */
const PAUSES = [1, 1, 2, 5, 10, 15, 30, 30, 30, 30];

let failures = 0;
for (let attempt = 1, from = 0; ;) {
  try {
    const isOver = await attemptIsOver(attempt);
    const { isWhole, bytes } = await print(attempt, from);
    failures = 0;
    from += bytes;
    if (isOver && isWhole) {
      if (isOver === 'job') break;
      [attempt, from] = [attempt + 1, 0];
    } else if (bytes === 0) await pause(1);
  } catch (error) {
    if (error instanceof Refused || failures >= PAUSES.length) giveUp(error.message);
    // Where something came, it is not the server that is away.
    if (error.bytes > 0) failures = 0;
    from += error.bytes ?? 0;
    await pause(PAUSES[failures]);
    failures += 1;
  }
}

/** `job` where the job has ended with this attempt, true where another attempt has followed it. */
async function attemptIsOver(attempt) {
  const { status, attempts = [] } = await (await get(address)).json();
  if (attempts.length >= attempt) return true;
  return ['successful', 'failed', 'dismissed'].includes(status) && 'job';
}

/** Prints what follows the bytes that were printed. `isWhole`: the answer goes to the log's end. */
async function print(attempt, from) {
  const answer = await get(`${address}/logs?follow&attempt=${attempt}&from=${from}`);
  const isWhole = !answer.headers.get('log-follow')?.includes('may-end-early');
  let bytes = 0;
  try {
    for await (const chunk of answer.body ?? []) {
      bytes += chunk.length;
      if (!process.stdout.write(chunk)) await new Promise((resolve) => process.stdout.once('drain', resolve));
    }
    return { isWhole, bytes };
  } catch (error) {
    throw Object.assign(error, { bytes });
  }
}

async function get(url) {
  const answer = await fetch(url, { headers });
  if (answer.ok) return answer;
  const message = `${url} answered ${answer.status}: ${await answer.text()}`;
  throw [408, 429].includes(answer.status) || answer.status >= 500 ? new Error(message) : new Refused(message);
}

function pause(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

function giveUp(message) {
  process.stderr.write(`follow-log.mjs: ${message}\n`);
  process.exit(1);
}

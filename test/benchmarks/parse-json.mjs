import { parseJson } from '../../dist/json/parse-json.js';
import { median, milliseconds } from './measure.mjs';

const SIZE = 2 * 1024 * 1024;
const ROUNDS = 21;
const MOST = 5;

/** Numbers as they come: counted, measured, identifiers of twenty digits, written with a zero or an exponent. */
const kinds = {
  integers: (index) => String(index),
  doubles: () => String(Math.random() * 180),
  'decimals of six places': () => `${(Math.random() * 180).toFixed(5)}1`,
  'integers of twenty digits': () => `1234567890123456${Math.trunc(1000 + Math.random() * 8999)}`,
  'numbers with a zero behind the point': (index) => `${index % 100}.0`,
  'numbers with an exponent': () => Math.random().toExponential(10),
  'single digits': () => '1',
};

function arrayOf(numberAt) {
  const numbers = [];
  for (let size = 2; size < SIZE; size += numbers.at(-1).length + 1) numbers.push(numberAt(numbers.length));
  return Buffer.from(`[${numbers.join(',')}]`);
}

/** Milliseconds of this thread's processor time, which other processes do not take from. */
function busy(work) {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

/** @returns the ratio of the two, of the rounds that the machine disturbed least */
function compare(report, kind, bytes) {
  const plain = [];
  const exact = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    plain.push(busy(() => JSON.parse(bytes.toString('utf8'))));
    exact.push(busy(() => parseJson(bytes)));
  }
  const best = (times) => times.toSorted((a, b) => a - b).slice(0, (2 * ROUNDS) / 3);
  const sum = (times) => best(times).reduce((all, time) => all + time, 0);
  const ratio = `${(sum(exact) / sum(plain)).toFixed(2)} × JSON.parse`;
  report.note(`${kind}: ${ratio} (p50 ${milliseconds(median(exact))} and ${milliseconds(median(plain))})`);
  return sum(exact) / sum(plain);
}

/** The server's reading of request bodies against `JSON.parse`, in turn, on 2 MiB of numbers. */
export async function readNumbers(report) {
  for (const [kind, numberAt] of Object.entries(kinds)) compare(report, kind, arrayOf(numberAt));
  const all = Object.values(kinds);
  const ratio = compare(
    report,
    'of all kinds',
    arrayOf((index) => all[index % all.length](index)),
  );
  report.budget('2 MiB of numbers of all kinds', ratio, {
    name: 'numbers_of_json_parse',
    most: MOST,
    unit: '',
    show: (value) => `${value.toFixed(2)} ×`,
    budget: `${MOST} × JSON.parse`,
  });
}

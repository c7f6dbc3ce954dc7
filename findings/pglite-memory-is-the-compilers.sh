#!/usr/bin/env bash
# Much of what a process with PGlite takes at its peak is not PostgreSQL's: V8 compiles functions of its WebAssembly a second time, optimised, and
# takes hundreds of megabytes for that. Where V8 is told to compile once (two flags, which a program can set before it makes the database), the
# same statements on the same folder peak lower: on Node 24 at less than a half, on Node 20 at three quarters.
# Exits with 0 where that is still so: the peak with the flags is less than nine tenths of the peak without (Linux: VmHWM).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund @electric-sql/pglite@0.5.17
cat >try.js <<'END'
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

const [folder, kind] = process.argv.slice(2);
if (kind === 'once') for (const flag of ['--no-wasm-dynamic-tiering', '--no-wasm-tier-up']) setFlagsFromString(flag);
const { PGlite } = await import('@electric-sql/pglite');
const db = await PGlite.create({ dataDir: folder });
await db.exec('create table if not exists jobs (n int primary key, text text)');
for (let n = 0; n < 300; n += 1) await db.query('insert into jobs values ($1, $2) on conflict do nothing', [n, `job ${n}`]);
for (let n = 0; n < 100; n += 1) await db.query('select * from jobs where text like $1 order by n desc limit 10', [`%${n}%`]);
await db.close();
const peak = /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1];
console.log(Math.round(peak / 1024));
process.exit(0);
END
echo "== @electric-sql/pglite 0.5.17, Node $(node --version)"
node try.js data usual >/dev/null
usual=$(node try.js data usual)
once=$(node try.js data once)
echo "peak of the process: $usual MiB; compiled once $once MiB"
[ "$((once * 10))" -lt "$((usual * 9))" ] || { echo 'changed: compiling once no longer takes much less'; exit 1; }

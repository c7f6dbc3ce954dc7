#!/usr/bin/env bash
# PGlite, PostgreSQL in a process, takes `statement_timeout` and shows it, and lets statements run for as long as they like: a time limit of
# PostgreSQL is a signal of a timer, which a single thread of WebAssembly does not get. Nor can anybody else end such a statement: whoever
# wants a limit has to run the database in a worker, and to end that.
# Exits with 0 where that is still so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund @electric-sql/pglite@0.5.17
cat >try.js <<'END'
import { PGlite } from '@electric-sql/pglite';

const db = new PGlite();
await db.exec("set statement_timeout = '100ms'");
const [{ statement_timeout: shown }] = (await db.query('show statement_timeout')).rows;
const began = performance.now();
const outcome = await db.query('select pg_sleep(2)').then(() => 'ended well', ({ message }) => message);
const long = performance.now() - began >= 1_900;
console.log(`timeout ${shown}, a statement of 2 s: ${outcome}, ${long ? 'after its 2 s' : 'before'}`);
await db.close();
END
echo '== @electric-sql/pglite 0.5.17'
output=$(node try.js)
echo "$output"
expected='timeout 100ms, a statement of 2 s: ended well, after its 2 s'
grep -qxF "$expected" <<<"$output" || { echo "changed: expected \"$expected\""; exit 1; }

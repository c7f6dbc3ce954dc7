#!/usr/bin/env bash
# PGlite with a folder on disk answers a COMMIT before the data are on the disk: it starts PostgreSQL with `fsync` off, while
# `synchronous_commit` says on. A process that is killed loses nothing, a machine that loses its power may lose the whole database.
# Exits with 0 where that is still so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund @electric-sql/pglite@0.5.17
cat >try.js <<'END'
import { PGlite } from '@electric-sql/pglite';

const db = new PGlite('./data');
await db.exec('create table kept (n int); insert into kept values (1)');
const { rows } = await db.query("select name, setting from pg_settings where name in ('fsync', 'synchronous_commit') order by name");
console.log(rows.map(({ name, setting }) => `${name} ${setting}`).join(', '));
await db.close();
END
echo '== @electric-sql/pglite 0.5.17'
output=$(node try.js)
echo "$output"
expected='fsync off, synchronous_commit on'
grep -qxF "$expected" <<<"$output" || { echo "changed: expected \"$expected\""; exit 1; }

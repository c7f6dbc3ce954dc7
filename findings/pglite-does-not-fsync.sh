#!/usr/bin/env bash
# PGlite with a folder on disk answers a COMMIT before the data are on the disk. It starts PostgreSQL with `fsync` off; who starts it without that
# flag is shown `fsync on`, and `synchronous_commit on`, and still nothing is ever synchronised: the file system of its runtime passes writes
# on to Node, and no fsync. A process that is killed loses nothing, a machine that loses its power may lose the whole database.
# Exits with 0 where that is still so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund @electric-sql/pglite@0.5.17
cat >try.js <<'END'
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const calls = { write: 0, sync: 0 };
for (const [name, kind] of [['writeSync', 'write'], ['fsyncSync', 'sync'], ['fdatasyncSync', 'sync'], ['fsync', 'sync'], ['fdatasync', 'sync']]) {
  const real = fs[name];
  fs[name] = (...given) => {
    calls[kind] += 1;
    return real(...given);
  };
}
syncBuiltinESMExports();
const { PGlite } = await import('@electric-sql/pglite');
for (const startParams of [PGlite.defaultStartParams, PGlite.defaultStartParams.filter((flag) => flag !== '-F')]) {
  const db = new PGlite(`./data-${startParams.length}`, { startParams });
  await db.exec('create table kept (n int)');
  calls.write = calls.sync = 0;
  for (let n = 0; n < 20; n += 1) await db.query('insert into kept values ($1)', [n]);
  await db.exec('checkpoint');
  const { rows } = await db.query("select name, setting from pg_settings where name in ('fsync', 'synchronous_commit') order by name");
  const shown = rows.map(({ name, setting }) => `${name} ${setting}`).join(', ');
  console.log(`${shown}: 20 commits and a checkpoint write: ${calls.write > 0}, synchronise: ${calls.sync} times`);
  await db.close();
}
END
echo '== @electric-sql/pglite 0.5.17'
output=$(node try.js)
echo "$output"
changed=0
for setting in off on; do
  expected="fsync $setting, synchronous_commit on: 20 commits and a checkpoint write: true, synchronise: 0 times"
  grep -qxF "$expected" <<<"$output" || { echo "changed: expected \"$expected\""; changed=1; }
done
exit "$changed"

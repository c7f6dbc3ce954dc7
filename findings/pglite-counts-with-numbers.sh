#!/usr/bin/env bash
# The same query by the same builder (kysely) gives values of other types with its two dialects of one database: `count(*)` and other 64-bit
# integers are texts by node-postgres, and by PGlite numbers, or, where they are too large for that, BigInts, which JSON cannot write. One
# column is thus of three types; code that was tried with one dialect adds texts, or fails in JSON.stringify, with the other.
# Exits with 0 where that is still so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund @electric-sql/pglite@0.5.17 kysely@0.29.9 pg@8.23.1
cat >try.js <<'END'
import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect, sql } from 'kysely';
import pg from 'pg';

const db = new Kysely({ dialect: new PGliteDialect({ pglite: new PGlite() }) });
const shown = (value) => `${typeof value} ${value}`;
for (const [what, text] of [['count', '3'], ['large', '9007199254740993']]) {
  const query = what === 'count' ? sql`select count(*) as n from generate_series(1, 3)` : sql`select 9007199254740993::bigint as n`;
  const { rows } = await query.execute(db);
  // What node-postgres makes of the same text, by the type's OID.
  console.log(`${what}: PGlite ${shown(rows[0].n)}, node-postgres ${shown(pg.types.getTypeParser(20)(text))}`);
}
await db.destroy();
END
echo '== @electric-sql/pglite 0.5.17, kysely 0.29.9, pg 8.23.1'
output=$(node try.js)
echo "$output"
changed=0
for line in 'count: PGlite number 3, node-postgres string 3' \
  'large: PGlite bigint 9007199254740993, node-postgres string 9007199254740993'; do
  grep -qxF "$line" <<<"$output" || { echo "changed: expected \"$line\""; changed=1; }
done
exit "$changed"

#!/usr/bin/env bash
# `sslmode=verify-full&sslrootcert=system` is what libpq (since 16) and several providers of PostgreSQL say for "check the certificate by those that
# the system trusts". node-postgres, which without `sslrootcert` trusts Node's own, takes "system" for the name of a file in the folder where the
# program runs, and throws before it connects. Also with `uselibpqcompat=true`, which asks for libpq's meaning.
# https://www.postgresql.org/docs/16/libpq-connect.html#LIBPQ-CONNECT-SSLROOTCERT: "The special value system"
# Exits with 0 where that is still so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund pg@8.23.1
cat >try.js <<'END'
import pg from 'pg';

for (const query of ['sslmode=verify-full', 'sslmode=verify-full&sslrootcert=system', 'uselibpqcompat=true&sslmode=verify-full&sslrootcert=system'])
  try {
    const { ssl } = new pg.Client(`postgres://user@database.example.org/name?${query}`);
    console.log(`${query}: ${JSON.stringify(ssl)}`);
  } catch (error) {
    console.log(`${query}: ${error.code} ${error.path}`);
  }
END
echo '== pg 8.23.1'
node try.js | tee output
changed=0
for line in 'sslmode=verify-full: {}' 'sslmode=verify-full&sslrootcert=system: ENOENT system' \
  'uselibpqcompat=true&sslmode=verify-full&sslrootcert=system: ENOENT system'; do
  grep -qxF "$line" output || { echo "changed: expected \"$line\""; changed=1; }
done
exit "$changed"

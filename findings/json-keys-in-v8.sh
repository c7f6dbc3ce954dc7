#!/usr/bin/env bash
# `JSON.parse` of Node 24 and 26 gives an object another key than its text has, by what was parsed before. Once a key that ends in a backslash has
# been read, an object whose members before it are called the same, and whose key has any other escape in that place ("x\n", "x\""), gets the
# key of the former: two dictionaries of characters, or of the tokens of a model, are enough. Alone, or in Node 22, the same text is read rightly.
# The parser of V8 compares the bytes of a key with the one that it expects next, and does not see that they go on.
# Exits with 0 where that is still so. Needs npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund node24@npm:node@24.21.0 node22@npm:node@22.22.0
cat >tokens.js <<'END'
const keys = (text) => JSON.stringify(Object.keys(JSON.parse(text)));
const [backslash, quote, newline] = ['{"id":1,"\\\\":2}', '{"id":1,"\\"":2}', '{"id":1,"\\n":2}'];
console.log(`Node ${process.versions.node.split('.')[0]}: alone ${keys(quote)}, ${keys(newline)};`);
keys(backslash);
console.log(`after ${backslash}: ${keys(quote)}, ${keys(newline)}`);
END
for version in 22 24; do "node_modules/node$version/bin/node" tokens.js; done | tee output
changed=0
expect() { grep -qxF "$1" output || { echo "changed: expected \"$1\""; changed=1; }; }
for version in 22 24; do expect "Node $version: alone [\"id\",\"\\\"\"], [\"id\",\"\\n\"];"; done
expect 'after {"id":1,"\\":2}: ["id","\""], ["id","\n"]'
expect 'after {"id":1,"\\":2}: ["id","\\"], ["id","\\"]'
exit "$changed"

#!/usr/bin/env bash
# `default` holds data (JSON Schema 2020-12, validation, 9.2), in which a member named "$ref" is a member like any other. Two validators of
# OpenAPI documents follow it all the same, and refuse a valid document whose data points nowhere.
# Exits with 0 where they still do.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >document.json <<'END'
{
  "openapi": "3.1.0",
  "info": { "title": "Data that has a member $ref", "version": "1" },
  "paths": {},
  "components": { "schemas": { "A": { "type": "object", "default": { "$ref": "#/no/schema" } } } }
}
END
changed=0
expect() { # NAME OUTPUT TEXT
  echo "== $1"
  echo "$2"
  grep -qF "$3" <<<"$2" || { echo "changed: expected \"$3\""; changed=1; }
}

python3 -m venv python
python/bin/pip install --quiet openapi-spec-validator==0.9.0
expect 'openapi-spec-validator 0.9.0' "$(python/bin/openapi-spec-validator document.json 2>&1 || true)" "'/no/schema' does not exist"

echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund @readme/openapi-parser@9.0.0
cat >validate.js <<'END'
import { readFileSync } from 'node:fs';
import { compileErrors, validate } from '@readme/openapi-parser';
const result = await validate(JSON.parse(readFileSync('document.json', 'utf8')));
console.log(result.valid ? 'valid' : compileErrors(result));
END
expect '@readme/openapi-parser 9.0.0' "$(node validate.js 2>&1 || true)" 'Missing $ref pointer "#/no/schema"'
exit "$changed"

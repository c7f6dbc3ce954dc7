#!/usr/bin/env bash
# OpenAPI 3.0 and 3.1 have no schema for the events of a `text/event-stream`; documents describe the whole of it, a text (`type: string`).
# Schemathesis divides the stream and compares each event, as an object of `data`, `event` and `id`, with that schema: a stream that is right
# fails. (OpenAPI 3.2 has `itemSchema` for this.) Without the check of schemas it passes.
# Exits with 0 where it still does so.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
cd "$folder"
cat >server.py <<'END'
import json
from http.server import BaseHTTPRequestHandler, HTTPServer

content = {"text/event-stream": {"schema": {"type": "string"}}}
operation = {"responses": {"200": {"description": "An event, then the end", "content": content}}}
document = {"openapi": "3.0.3", "info": {"title": "Events", "version": "1"}, "paths": {"/events": {"get": operation}}}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        is_document = self.path == "/openapi.json"
        body = json.dumps(document) if is_document else "event: status\nid: 1\ndata: running\n\n"
        self.send_response(200)
        self.send_header("content-type", "application/json" if is_document else "text/event-stream")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args):
        pass


server = HTTPServer(("127.0.0.1", 0), Handler)
with open("port", "w") as port:
    port.write(f"{server.server_port}\n")
server.serve_forever()
END
python3 -m venv python
python/bin/pip install --quiet schemathesis==4.32.5
python/bin/python server.py &
server=$!
until [ -s port ]; do sleep 0.1; done
check() { # CHECK
  python/bin/python -m schemathesis.cli run "http://127.0.0.1:$(cat port)/openapi.json" \
    --phases fuzzing --max-examples 1 --checks "$1" --no-color 2>&1 || true
}
changed=0
expect() { # NAME OUTPUT TEXT
  printf '== %s\n%s\n' "$1" "$2"
  grep -qF "$3" <<<"$2" || { echo "changed: expected \"$3\""; changed=1; }
}
echo "schemathesis 4.32.5"
expect 'with the schema of the whole' "$(check response_schema_conformance)" 'SSE event violates schema'
expect 'without schemas' "$(check content_type_conformance)" 'No issues found'
exit "$changed"

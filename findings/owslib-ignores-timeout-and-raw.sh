#!/usr/bin/env bash
# OWSLib's client of OGC API - Processes takes a `timeout` ("time (in seconds) after which requests should timeout") and uses it for none of its
# requests: an execution waits for as long as the server likes. And it takes `response='raw'`, and can read such an answer only where it happens to
# be JSON: all are parsed as such, so that a text or picture raises, and a text of digits comes back as a number that is written otherwise.
# Exits with 0 where that is still so. Needs python3 with pip.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check OWSLib==0.35.0
cat >try.py <<'END'
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from owslib.ogcapi.processes import Processes


class Handler(BaseHTTPRequestHandler):
    """Two processes: `slow` answers after three seconds with a document, `text` at once with what it was given."""

    def log_message(self, *_):
        pass

    def answer(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer("application/json", json.dumps({"links": []}).encode())

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "/slow/" not in self.path:
            return self.answer("text/plain", request["inputs"]["text"].encode())
        time.sleep(3)
        try:
            self.answer("application/json", b'{"done":true}')
        except OSError:
            pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()


def outcome(call):
    try:
        return repr(call())
    except Exception as error:
        return type(error).__name__


client = Processes(f"http://127.0.0.1:{server.server_port}/", timeout=1)
print("answered after three seconds, timeout=1:", outcome(lambda: client.execute("slow", {})))
for text in ("a text", "1e2"):
    print(f"raw, {text}:", outcome(lambda: client.execute("text", {"text": text}, response="raw")))
END
echo '== OWSLib 0.35.0'
python/bin/python try.py | tee output
changed=0
for line in "answered after three seconds, timeout=1: {'done': True}" 'raw, a text: JSONDecodeError' 'raw, 1e2: 100.0'; do
  grep -qxF "$line" output || { echo "changed: expected \"$line\""; changed=1; }
done
exit "$changed"

"""Runs a process with OWSLib, a client that knows nothing of this server. usage: owslib_client.py URL"""

import sys
import time

import requests
from owslib.ogcapi.processes import Processes

client = Processes(sys.argv[1])

assert client.links, "the landing page has links"
assert any(uri.endswith("/conf/core") for uri in client.conformance()["conformsTo"]), "core is declared"
assert client.api()["openapi"].startswith("3.0"), "the API definition is OpenAPI 3.0"

ids = [process["id"] for process in client.processes()]
assert "inputs" in ids, ids
assert client.process("inputs")["inputs"]["text"]["schema"]["type"] == "string"

inputs = {"text": "Grüße", "number": 1.5}
result = client.execute("inputs", inputs)
# An object is qualified in a results document.
assert result == {"inputs": {"value": inputs}}, result

status = client.execute("inputs", inputs, async_=True)
address = status if isinstance(status, str) else next(
    link["href"] for link in status["links"] if link["rel"] in ("self", "monitor"))
deadline = time.monotonic() + 60
while True:
    job = requests.get(address, timeout=30).json()
    if job["status"] not in ("accepted", "running"):
        break
    assert time.monotonic() < deadline, job
    time.sleep(0.2)
assert job["status"] == "successful", job
results = next(link["href"] for link in job["links"] if link["rel"].endswith("/results"))
assert requests.get(results, timeout=30).json() == {"inputs": {"value": inputs}}
print("owslib: the process ran, both ways")

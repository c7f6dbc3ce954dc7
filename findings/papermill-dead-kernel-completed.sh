#!/usr/bin/env bash
# papermill 2.7.0: where a kernel dies, papermill ends with 138, but the executed notebook says nothing of it: each cell has the status "completed",
# also those that never ran, and none (nor the notebook) an exception. Only `start_time` tells which were begun.
# And a notebook whose only error is in a cell tagged `raises-exception` runs to its end, as nbclient lets it, and is failed by papermill then.
# https://nbclient.readthedocs.io/en/latest/client.html: "raises-exception"; https://papermill.readthedocs.io/en/latest/usage-execute.html
# Exits 0 where it behaves so, 1 where it does not any more. Needs python3 with pip.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check papermill==2.7.0 nbclient==0.11.0 ipykernel==7.4.0
export PATH="$work/python/bin:$PATH" JUPYTER_PATH="$work/python/share/jupyter"
papermill --version
python - <<'PYTHON'
import json, subprocess, sys

def run(name, *cells):
    """Exit code of papermill; status, exception and whether it was begun, of each of the cells; exception of the notebook."""
    made = [
        {"cell_type": "code", "id": str(at), "metadata": {"tags": tags}, "source": source, "outputs": [], "execution_count": None}
        for at, (source, *tags) in enumerate(cells)
    ]
    metadata = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python"}}
    with open(name, "w") as file:
        json.dump({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, file)
    code = subprocess.run(["papermill", name, "out-" + name], stderr=subprocess.DEVNULL).returncode
    with open("out-" + name) as file:
        executed = json.load(file)
    notes = [cell["metadata"]["papermill"] for cell in executed["cells"] if "papermill" in cell["metadata"]]
    return code, [(note["status"], note["exception"], note["start_time"] is not None) for note in notes], executed["metadata"]["papermill"]["exception"]

died = run("died.ipynb", ["1"], ["import os; os.kill(os.getpid(), 9)"], ["3"])
print("the kernel of the second cell of three is killed:", *died)
allowed = run("allowed.ipynb", ["1"], ["1/0", "raises-exception"], ["3"])
print("only a cell tagged raises-exception raises:", *allowed)
done, never = ("completed", False, True), ("completed", None, False)
sys.exit(0 if died == (138, [done, done, never], None) and allowed == (1, [done, done, done], None) else 1)
PYTHON

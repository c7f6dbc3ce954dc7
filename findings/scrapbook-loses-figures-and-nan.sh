#!/usr/bin/env bash
# scrapbook 0.5.0 does not import without six, which it does not install. `glue(figure, display=True)` of a figure of plotly
# keeps nothing under its name: the figure shows itself, as an output without a name, and the scrap's own output is empty. A glued NaN comes back as the text "nan".
# Exits with 0 where it still is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet papermill==2.7.0 scrapbook==0.5.0 plotly==7.1.0 ipykernel==7.4.0
changed=0
expect() { # NAME OUTPUT TEXT
  echo "== $1"
  echo "$2"
  grep -qF -- "$3" <<<"$2" || { echo "changed: expected \"$3\""; changed=1; }
}

expect 'scrapbook 0.5.0 requires' "$(python/bin/pip show scrapbook | grep -i '^requires:')" 'papermill'
expect 'import scrapbook' "$(python/bin/python -c 'import scrapbook' 2>&1 || true)" "No module named 'six'"
python/bin/pip install --quiet six==1.17.0
cat >notebook.ipynb <<'END'
{"cells": [{"cell_type": "code", "id": "a", "execution_count": null, "metadata": {}, "outputs": [], "source":
  "import scrapbook as sb\nimport plotly.graph_objects as go\nsb.glue('figure', go.Figure(go.Scatter(y=[1, 2])), display=True)\nsb.glue('none', float('nan'))"}],
 "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}
END
python/bin/papermill --no-progress-bar notebook.ipynb executed.ipynb 2>/dev/null
cat >read.py <<'END'
import json
import scrapbook

outputs = [output for output in json.load(open("executed.ipynb"))["cells"][0]["outputs"] if output["output_type"] == "display_data"]
print("outputs:", [(output["metadata"].get("scrapbook", {}).get("name"), list(output["data"])) for output in outputs])
scraps = scrapbook.read_notebook("executed.ipynb").scraps
print("figure:", dict(scraps["figure"].display["data"]))
print("none:", repr(scraps["none"].data))
END
read=$(python/bin/python read.py 2>&1 || true)
expect 'plotly 7.1.0, what stands in the notebook' "$read" "(None, ['application/vnd.plotly.v1+json']), ('figure', [])"
expect 'what scrapbook reads of the figure' "$read" 'figure: {}'
expect 'what scrapbook reads of NaN' "$read" "none: 'nan'"
exit "$changed"

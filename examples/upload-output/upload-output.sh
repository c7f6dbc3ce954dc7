#!/bin/sh
# upload-output.sh OUTPUT FILE [MEDIA_TYPE]: sends a file as the result of an output. For the main container of a job; docs/results.md says how it works.
#
# Needs a POSIX shell, curl (7.71 or later), sed, wc, cut, sha256sum; for files over 5 GiB dd as well. busybox has all of them but curl (its wget cannot PUT).
# Tries again where the connection breaks: a file that is sent again replaces the one before. Ends with 0 once the whole file has arrived.
#
# PART_BYTES: files above it are sent in parts of so many bytes, a multiple of 1 MiB from 5 MiB to 5 GiB; default 1 GiB.
set -eu

fail() {
  printf 'upload-output.sh: %s\n' "$*" >&2
  exit 1
}

[ $# -eq 2 ] || [ $# -eq 3 ] || fail 'usage: upload-output.sh OUTPUT FILE [MEDIA_TYPE]'
output=$1 file=$2 type=${3-}
[ -f "$file" ] || fail "$file is no file"
[ -n "${PYGEOAPI_K8S_MANAGER_OUTPUTS-}" ] || fail 'PYGEOAPI_K8S_MANAGER_OUTPUTS is not set: this job cannot exchange files with the server'

# The server writes the variable without blanks, {"ID":{"url":"URL",...},...}, and an id that needs no escapes stands in it as it is.
pattern=$(printf '%s' "$output" | sed 's/[][\\.*^$/]/\\&/g')
url=$(printf '%s' "$PYGEOAPI_K8S_MANAGER_OUTPUTS" | sed -n 's/.*[{,]"'"$pattern"'":{"url":"\([^"]*\)".*/\1/p')
[ -n "$url" ] || fail "the process has no output $output"

send() { curl -sS -f -L --retry 5 --retry-delay 2 --retry-all-errors -o /dev/null "$@"; }
put() { # FILE URL
  if [ -n "$type" ]; then send -H "Content-Type: $type" -T "$1" "$2"; else send -T "$1" "$2"; fi
}

mebibyte=1048576
part_bytes=${PART_BYTES:-1073741824}
[ $((part_bytes % mebibyte)) -eq 0 ] && [ "$part_bytes" -ge $((5 * mebibyte)) ] || fail 'PART_BYTES must be a multiple of 1 MiB, of at least 5 MiB'
size=$(wc -c <"$file" | sed 's/ //g')
sha256=$(sha256sum "$file" | cut -c1-64)

if [ "$size" -le "$part_bytes" ]; then
  put "$file" "$url&sha256=$sha256" || fail "output $output could not be sent"
  exit 0
fi

# A part must be a file for curl to say its length and to send it again.
part=$(mktemp)
trap 'rm -f "$part"' EXIT
number=0
while [ $((number * part_bytes)) -lt "$size" ]; do
  dd if="$file" of="$part" bs=$mebibyte skip=$((number * (part_bytes / mebibyte))) count=$((part_bytes / mebibyte)) 2>/dev/null
  number=$((number + 1))
  put "$part" "$url&part=$number" || fail "part $number of output $output could not be sent"
done
send -X POST "$url&parts=$number&sha256=$sha256" || fail "output $output was not taken"

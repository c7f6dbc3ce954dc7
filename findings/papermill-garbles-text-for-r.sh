#!/usr/bin/env bash
# Papermill writes a notebook's parameters as code of its language. Texts of R and Julia get Python's escapes: for "ä" that is
# "\xe4", which in both languages is a byte, and no character of UTF-8. R refuses a text that holds "ä" and "🌍" as a syntax error.
# Exits with 0 where it still does. With Rscript at hand R is asked, too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet papermill==2.7.0
changed=0
expect() { # NAME OUTPUT TEXT
  echo "== $1"
  echo "$2"
  grep -qF -- "$3" <<<"$2" || { echo "changed: expected \"$3\""; changed=1; }
}
write() { # KERNEL LANGUAGE TEXT
  python/bin/python -c 'import sys
from papermill.translators import translate_parameters
print(translate_parameters(sys.argv[1], sys.argv[2], {"title": sys.argv[3]}))' "$@"
}

expect 'papermill 2.7.0, R' "$(write ir R ä)" 'title = "\xe4"'
expect 'papermill 2.7.0, Julia' "$(write julia-1.9 julia ä)" 'title = "\xe4"'
if command -v Rscript >/dev/null; then
  write ir R ä >byte.R
  echo 'cat(validUTF8(title), charToRaw(title))' >>byte.R
  expect "$(Rscript --version 2>&1), ä (UTF-8 has c3 a4)" "$(LC_ALL=C.UTF-8 Rscript byte.R 2>&1 || true)" 'FALSE e4'
  write ir R 'ä 🌍' >mixed.R
  expect 'ä 🌍' "$(LC_ALL=C.UTF-8 Rscript mixed.R 2>&1 || true)" 'mixing Unicode and octal/hex escapes in a string is not allowed'
fi
exit "$changed"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# fuzz.sh HARNESS CORPUS SECONDS: runs the harness for so long from the corpus, which stays as it
# is. An input that fails is kept, and its name printed.
set -eu

harness=$1
corpus=$2
seconds=$3
[ -n "$(ls "$corpus")" ] || {
    echo "$corpus is empty" >&2
    exit 1
}
found=$(mktemp -d "${TMPDIR:-/tmp}/throttlesim-fuzz-XXXXXX")
trap 'rm -rf "$found/new"; rmdir "$found" 2>/dev/null || echo "see $found" >&2' EXIT
mkdir "$found/new"
"$harness" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=8192 \
    -print_final_stats=1 -artifact_prefix="$found/" "$found/new" "$corpus"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# vectors.sh caught|passes PROGRAM: PROGRAM is the engine's tests linked with some engine. With a
# wrong one the vectors must fail: by what it decides, by an assertion, or by never coming to an
# end. With the right one they must pass. With either the model, which uses none of the engine's
# decisions, passes: the vectors were found and read.
set -u

expected=$1
program=$2
output=$(mktemp) || exit 1
trap 'rm -f "$output"' EXIT
# shellcheck disable=SC3045 # no core files, where the shell can
ulimit -c 0 2>/dev/null

CMOCKA_MESSAGE_OUTPUT=STDOUT timeout -k 5 60 "$program" --filter "vectors/*" >"$output" 2>&1
status=$?

fail() {
    cat "$output"
    echo "$1"
    exit 1
}

for test in model_filter model_drive model_edges; do
    grep -q "OK \] $test\$" "$output" || fail "the vectors were not run: no $test"
done
case $expected:$status in
passes:0) ;;
passes:*) fail "the right engine fails: exit status $status" ;;
caught:0) fail "the wrong engine passes the vectors" ;;
caught:124 | caught:137) echo "it does not come to an end" ;;
caught:*)
    grep -E 'FAILED +\] engine_|Assertion' "$output" >/dev/null ||
        fail "it fails for another reason: exit status $status"
    grep -E '^ERROR|Assertion' "$output"
    ;;
esac
exit 0

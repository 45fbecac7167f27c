# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What the tests of the program share. Each is run as: test_NAME.sh PROGRAM SOURCE_DIR, sources this
# file, and works in a scratch directory that is removed at the end.
# shellcheck disable=SC2034 # used by the tests
set -eu

program=$1
source_dir=$2
recorded=$source_dir/traces/recorded
failures=0
# What is looked for stands on one line, unless a test is about lines.
COLUMNS=1000
export COLUMNS

scratch=$(mktemp -d "${TMPDIR:-/tmp}/throttlesim-cli-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM
cd "$scratch"

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# expect WANTED FOUND WHAT
expect() {
    [ "$1" = "$2" ] || fail "$3: expected '$1', found '$2'"
}

# Runs the program; its output is then in the files out and err, its exit code in $code.
run() {
    code=0
    "$program" "$@" >out 2>err || code=$?
}

# expect_code CODE ARGUMENT...: that exit code; on success nothing on stderr, else a message there
# that begins with the program's name, and nothing on stdout.
expect_code() {
    wanted=$1
    shift
    run "$@"
    expect "$wanted" "$code" "exit code of '$*' ($(cat err))"
    if [ "$wanted" -eq 0 ]; then
        [ ! -s err ] || fail "'$*' says on stderr: $(cat err)"
    else
        [ ! -s out ] || fail "'$*' fails, but prints: $(head -n 1 out)"
        case $(head -n 1 err) in
        'throttlesim: '?*) ;;
        *) fail "'$*' fails with the message '$(cat err)'" ;;
        esac
    fi
}

# expect_error TEXT: the last message has this in it.
expect_error() {
    grep -qF -e "$1" err || fail "expected '$1' in the message: $(cat err)"
}

# Makes the database what the first version of throttlesim stored.
make_schema_1() {
    sqlite3 "$1" 'CREATE TABLE members AS SELECT * FROM member_interval;
        CREATE TABLE latencies AS SELECT * FROM histogram;
        ALTER TABLE members DROP COLUMN intervals;
        DROP VIEW member_interval; DROP TABLE member_interval_row; DROP TABLE member_series;
        DROP VIEW wait_interval; DROP TABLE wait_interval_row; DROP TABLE wait_series;
        DROP VIEW counted_interval; DROP TABLE counted_interval_row; DROP TABLE counted_series;
        DROP VIEW histogram; DROP TABLE histogram_row; DROP VIEW latency_bucket;
        DROP TABLE latency_histogram;
        ALTER TABLE members RENAME TO member_interval; ALTER TABLE latencies RENAME TO histogram;
        DROP TABLE burst_end; DROP TABLE latency_interval; DROP TABLE group_contention;
        PRAGMA user_version = 1'
}

# The first line of a query's answer.
ask() {
    sqlite3 -readonly "$1" "$2"
}

finish() {
    [ "$failures" -eq 0 ] || exit 1
}

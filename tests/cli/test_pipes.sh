#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Traces from named pipes and numbers of open files (what a shell's <(COMMAND) is): as from a file
# where a trace is read once, refused where it must be read twice, and Ctrl-C ends the waiting.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

mkfifo pipe other
"$program" trace convert "$recorded/mixed/vdc.blktrace" disk.csv
"$program" trace convert disk.csv disk.blktrace.0
"$program" trace convert --arrival issue "$recorded/mixed/vdc.blktrace" issues.blkparse
grep -v ' Q ' issues.blkparse >no-queue.blkparse
gzip -k disk.blktrace.0

# piped FILE ARGUMENT...: runs the program while the file goes into the pipe.
piped() {
    cat "$1" >pipe &
    writer=$!
    shift
    run "$@"
    wait $writer || :
}

# What is there to compare; the paths are all that differs.
summary() {
    jq '.[0] | del(.trace, .files) | .notices |= map(.kind)' out
}
for file in disk.csv disk.blktrace.0 disk.blktrace.0.gz no-queue.blkparse; do
    run trace info --json "$file"
    summary >expected.json
    [ "$(jq '.devices[0].requests' expected.json)" -gt 1000 ] ||
        fail "$file: $(head -c 300 expected.json)"
    piped "$file" trace info --json pipe
    expect 0 "$code" "exit code of 'trace info' from a pipe ($(cat err))"
    summary | cmp -s - expected.json ||
        fail "$file in a pipe: another trace"
    for path in /dev/fd/5 /dev/stdin; do
        # shellcheck disable=SC2002 # a pipe, not a file
        cat "$file" | "$program" trace info --json $path 5<&0 >out 2>err || fail "$path: $(cat err)"
        summary | cmp -s - expected.json ||
            fail "$file in $path: another trace"
    done
    "$program" trace convert "$file" expected.csv 2>err
    piped "$file" trace convert pipe found.csv
    cmp -s found.csv expected.csv ||
        fail "$file in a pipe is converted to something else: $(cat err)"
    run run --limits iops-total=30 --arrivals open --json "$file"
    jq -c '.run.digest' out >expected.json
    piped "$file" run --limits iops-total=30 --arrivals open --json pipe
    jq -c '.run.digest' out | cmp -s - expected.json || fail "$file in a pipe: another run"
done
{
    echo 'groups: [{id: g, limits: {iops-total: 30}}]'
    echo 'members: [{id: disk, group: g, trace: pipe}]'
} >piped.yaml
sed 's/trace: pipe/trace: no-queue.blkparse/' piped.yaml >file.yaml
run run --json file.yaml
jq .run.digest out >expected.json
piped no-queue.blkparse run --json piped.yaml
jq .run.digest out | cmp -s - expected.json || fail "a scenario's pipe: another run ($(cat err))"

# Two pipes at a time, and a pipe beside a file.
"$program" trace convert --prefix disk.csv disk.blktrace.0 expected.csv
cat disk.csv >pipe &
first=$!
cat disk.blktrace.0 >other &
second=$!
run trace convert pipe other found.csv
wait $first || :
wait $second || :
expect 0 "$code" "exit code with two pipes ($(cat err))"
expect "$(wc -l <expected.csv)" "$(wc -l <found.csv)" 'requests of two pipes'

# ---- What cannot be read again ----

expect_code 2 trace convert pipe disk.csv pipe out.csv
expect_error 'pipe is given twice, and can be read once only'
expect_code 2 trace convert pipe ./pipe out.csv
code=0
# shellcheck disable=SC2002 # a pipe, not a file
cat disk.csv | "$program" trace convert - /dev/stdin out.csv 2>err || code=$?
expect 2 "$code" 'exit code with one pipe by two names'
expect_error '/dev/stdin is given twice, and can be read once only'
expect_code 2 run --limits iops-total=30 --each-volume pipe
expect_error 'pipe can be read once only: save it in a file'
{
    echo 'groups: [{id: g}]'
    echo 'members: {from: trace, group: g}'
    echo 'trace: pipe'
} >volumes.yaml
expect_code 3 run volumes.yaml
expect_error 'pipe can be read once only: save it in a file'
echo 'members: [{id: a, trace: pipe}, {id: b, trace: ./pipe}]' >twice.yaml
expect_code 3 run twice.yaml
expect_error 'pipe, which can be read once only'
expect_code 3 verify piped.yaml
expect_error 'pipe cannot be verified: a trace is read more than once'
# A scenario from a pipe is not tried again as a trace.
piped disk.csv run pipe
expect 3 "$code" "exit code of a trace in a pipe in place of a scenario ($(cat err))"
piped /dev/null trace info pipe
expect 3 "$code" 'exit code of an empty pipe'
expect_error 'pipe: the file is empty'
expect_code 3 trace info /dev/null

# ---- Ctrl-C ends the waiting ----

# stopped WRITER ARGUMENT...
stopped() {
    writer=$1
    shift
    $writer &
    producer=$!
    "$program" "$@" >out 2>err &
    pid=$!
    sleep 0.4
    kill -s TERM $pid
    code=0
    { wait $pid || code=$?; } 2>wait.err
    kill $producer 2>wait.err || :
    { wait $producer || :; } 2>wait.err
    expect 143 "$code" "exit code of '$*', stopped while $writer ($(cat err))"
}
no_writer() {
    exec sleep 30
}
silent() {
    exec sleep 30 >pipe
}
soon_silent() {
    exec >pipe
    head -n 100 disk.csv
    exec sleep 30
}
for command in 'trace info pipe' 'trace convert pipe stopped.csv' 'run piped.yaml' \
    'run --limits iops-total=5 pipe'; do
    for writer in no_writer silent soon_silent; do
        # shellcheck disable=SC2086 # a command line
        stopped $writer $command
        expect '' "$(find . -name 'stopped*' -o -name '*.part')" 'files left behind'
    done
done

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# throttlesim trace synth: from a specification to a trace that is read again.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

samples=$source_dir/docs/synth

# The same bytes in every build.
expect_code 0 trace synth "$samples/tenants.yaml" --duration 5s -o tenants.csv
expect 'tenants.csv: 41937 requests, 579 MB, of 100 volumes' "$(cat out)" 'what was made'
expect c46f3f8cf6640dd7d401b4ad5d605ccf1d465f37473bb1c38e3ef2d0146fee49 \
    "$(sha256sum tenants.csv | cut -d ' ' -f 1)" 'the trace of tenants.yaml'
expect_code 0 trace synth - --duration 5s -o - <"$samples/tenants.yaml"
cmp -s out tenants.csv || fail 'another trace on standard output'

# What is read again is what the specification says.
expect_code 0 trace info --json tenants.csv
jq -r '.[0] | [(.devices | length), .all.requests] | join(" ")' out >read.txt
expect '21 41937' "$(cat read.txt)" 'volumes that have requests, and requests, read again'

# The command line goes before the specification.
printf 'volumes: [{id: a, arrivals: {process: constant, rate: 100}}]' >a.yaml
expect_code 0 trace synth a.yaml --duration 5s --volumes 3 --json -o a.csv
expect '3 1500 5000000000 1' \
    "$(jq -r '[.volumes, .requests, .duration_ns, .seed] | map(tostring) | join(" ")' out)" \
    'what was made, as JSON'
expect 'a-1 a-2 a-3' "$(tail -n +2 a.csv | cut -d , -f 5 | sort -u | paste -s -d ' ')" 'names'
expect_code 0 trace synth a.yaml --seed 2 --duration 5s --volumes 3 -o b.csv
! cmp -s a.csv b.csv || fail 'another seed makes the same trace'

# In another format, with what is lost.
run trace synth "$samples/database.yaml" --duration 1min -o database.iolog.gz
expect 0 "$code" "exit code of making an iolog ($(cat err))"
expect_error 'latencies are not in the file'
expect_code 0 trace info --json database.iolog.gz
expect iolog "$(jq -r '.[0].format' out)" 'format by the ending'
run trace synth a.yaml --to msr --duration 1s -o a.trace
expect 0 "$code" "exit code of making an MSR trace ($(cat err))"
expect_error '100 arrivals are finer than 100 ns'
expect_code 0 trace info --json a.trace
expect msr "$(jq -r '.[0].format' out)" 'format by --to'

# A trace that was made goes through limits.
expect_code 0 run --limits iops-total=50 --json a.trace

# Clients wait for what a limit holds back; of what does not answer there are no streams.
printf '%s\n' 'volumes:' '- {id: a, arrivals: {process: closed, clients: 2}, latency: 1ms}' \
    '- {id: b, latency: 1ms}' >clients.yaml
expect_code 0 trace synth clients.yaml --duration 5s -o clients.csv
expect 'closed:a:1 closed:a:2 open:b' \
    "$(tail -n +2 clients.csv | cut -d , -f 7 | sort -u | paste -s -d ' ')" 'who sends'
expect 6 "$(head -n 1 a.csv | tr , '\n' | wc -l)" 'columns where nobody waits'
expect_code 0 trace streams --json clients.csv
expect 'open sync sync' "$(jq -r '[.streams[].kind] | sort | join(" ")' out)" 'their kinds'
expect_code 0 run --limits iops-total=100 --device a --json clients.csv
expect 2 "$(jq '.members[0].directions["read+write"].queue_max' out)" 'at most in the queue'
expect_code 0 trace convert clients.csv converted.csv
cmp -s clients.csv converted.csv || fail 'trace convert changes who sent what'
run trace convert clients.csv converted.iolog
expect_error 'requests are in the file without who sent them'
run trace convert clients.csv a.csv both.csv
expect_error 'Who sent the requests is told there, and is not written'
echo 'volumes: [{id: a, latency: 1ms, arrivals: {process: closed, clients: 80000, think: 1s}}]' \
    >crowd.yaml
expect_code 0 trace synth crowd.yaml --duration 1s -o crowd.csv
expect_code 0 run --limits iops-total=90000 --json crowd.csv
expect 80000 "$(jq '.total["read+write"].requests' out)" 'more clients than there can be volumes'
run trace synth clients.yaml --duration 1s -o clients.iolog
expect_error 'requests are in the file without who sent them'

# Mistakes.
expect_code 2 trace synth a.yaml
expect_error 'where to? -o FILE, such as -o out.csv; -o - is standard output'
expect_code 2 trace synth -o a.csv
expect_error 'one specification is needed, found 0'
expect_code 2 trace synth a.yaml -o - --json
expect_error '--json and the trace cannot both be on standard output'
expect_code 2 trace synth a.yaml -o a.nothing
expect_error 'a.nothing: this name does not say in which format to write'
expect_code 2 trace synth a.yaml -o a.csv --to cvs
expect_error "unknown format 'cvs'"
expect_code 2 trace synth a.yaml -o a.csv --volumes 1000000
expect_error '--volumes: at most 65535 are possible, found 1000000'
expect_code 2 trace synth a.yaml -o a.csv --duration 0
expect_error '--duration: expected a time of at least 1 ns'
expect_code 3 trace synth a.yaml -o a.csv --volumes 1000 --duration 100000h
expect_error 'a.yaml: about 3.6e+13 requests are asked for, at most 1e+12 are possible'
printf 'duration: 100000h\nvolumes: [{id: a, count: 1000}]\n' >long.yaml
expect_code 3 trace synth long.yaml -o long.csv
expect_error 'long.yaml: about 3.6e+13 requests are asked for'
expect_code 0 trace synth long.yaml -o long.csv --duration 1s --volumes 2
printf 'volumes:\n  - id: a\n    arrivals: {process: poison}\n' >b.yaml
expect_code 3 trace synth b.yaml -o b.csv
expect_error "b.yaml:3:25: expected constant, poisson"
expect_error "found 'poison'; did you mean 'poisson'?"
expect_code 3 trace synth nothing.yaml -o b.csv
expect_error 'nothing.yaml: No such file or directory'
expect_code 1 trace synth a.yaml -o nowhere/b.csv

# Ctrl-C: nothing is left, and what was there stays.
echo old >big.csv
"$program" trace synth a.yaml --duration 1000h --volumes 1000 -o big.csv >out 2>err &
process=$!
sleep 1
kill -TERM "$process"
code=0
wait "$process" || code=$?
expect 143 "$code" 'exit code of a synth that was stopped'
expect old "$(cat big.csv)" 'the file that was there'
expect 1 "$(find . -name 'big*' | wc -l)" 'files that are left'

finish

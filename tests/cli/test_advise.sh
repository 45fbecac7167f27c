#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Limits to choose from for a bare trace.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

trace=$recorded/mixed/vdd.blktrace
COLUMNS=80
expect_code 0 advise "$trace" --slo 'wait.p99 < 10ms'
mv out tables.txt
for words in '^[1-4] limits with which it holds: wait.p99 < 10ms.' '^no burst: iops-total=[0-9]*$' \
    '^long burst: iops-total=210,iops-total-max=[0-9]*,iops-total-max-length=[0-9]*$' \
    '^all at once: iops-total=210,iops-total-max=[0-9]*$' '^What each costs'; do
    grep -q "$words" tables.txt || fail "nothing says '$words'"
done
[ -z "$(awk 'length > 80' tables.txt)" ] || fail 'lines of more than 80 columns'

COLUMNS=1000
for jobs in 1 3; do
    expect_code 0 advise "$trace" --slo 'wait.p99 < 10ms' --jobs $jobs --json
    mv out "jobs-$jobs.json"
done
cmp jobs-1.json jobs-3.json || fail 'the number of jobs changes what is found'

# Each line of limits does in a run what it says.
jq -r '.candidates[] | [.limits, .wait_max_ns, .waited] | @tsv' jobs-1.json >lines
while read -r limits longest waited; do
    expect_code 0 run --limits "$limits" "$trace" --json
    expect "${longest%.0} true $waited" "$(jq -r '.members[0].directions."read+write" as $all |
        $all.latency.throttle_wait.max_ns, ($all.latency.throttle_wait.p99_ns < 10e6),
        $all.waited / $all.requests' out | xargs)" "the longest wait with $limits"
done <lines

# It is of one mind with 'trace info', and looks at bytes where requests are large.
expect_code 0 advise "$trace" --slo 'wait.p99 <= 0' --arrivals open --json
mv out open.json
expect_code 0 trace info --json "$trace"
expect "$(jq '.[0].all.limits."iops-total"[0].limit' out)" \
    "$(jq '.candidates[0].average' open.json)" 'the lowest iops-total by which 1 % wait'
expect_code 0 advise "$recorded/mixed/vdf.blktrace" --slo 'wait.p99 < 10ms' --json
expect bps-total "$(jq -r .limit out)" 'what to limit where requests are large'

# Of what comes at one time there is no average, so there is one limit only.
printf 'time_ns,op,offset,bytes\n0,read,0,4096\n' >one.csv
expect_code 0 advise one.csv --slo 'wait.p99 < 10ms' --json
expect 'no burst' "$(jq -r '[.candidates[].what] | join(",")' out)" 'candidates for one request'
expect null "$(jq .requests_per_s out)" 'a rate over no time'
expect_code 0 advise one.csv --slo 'wait.p99 < 10ms'
grep -q '^Without limits all come at one time; iops-total is what to limit.$' out ||
    fail "one request: $(cat out)"

# What no limit can reach, and refusals.
run advise "$recorded/mixed/vdc.blktrace" --slo 'p99 < 1us'
expect 4 "$code" 'the exit code of what no limit can reach'
grep -q '^No limit satisfies all: without any this fails: p99 < 1us (' out || fail 'no verdict'
expect_code 2 advise --slo 'wait.p99 < 10ms'
expect_error 'at least one trace is needed'
expect_code 2 advise "$trace"
expect_error '--slo is needed'
expect_code 2 advise "$trace" --slo 'vde.p99 < 10ms'
expect_error "unknown member 'vde'"

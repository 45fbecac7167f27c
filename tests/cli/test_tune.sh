#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The smallest limits with which SLOs hold: tables, JSON, what else says the same, refusals.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

demo=$recorded/demo.yaml
COLUMNS=80
expect_code 0 tune "$demo" --slo 'postgres.read.p99 < 20ms' --minimise gold.iops-total --db kept.db
mv out tables.txt
for words in '^iops-total=[0-9]* is the smallest with which it holds: postgres.read.p99 < 20ms.' \
    '^gold: iops-total=[0-9]*,iops-total-max=1000,iops-total-max-length=2$' \
    '^What it is measured by' \
    '^How far it holds' 'yes, the answer$' '^The answer is stored as run 1.'; do
    grep -q "$words" tables.txt || fail "nothing says '$words'"
done
[ -z "$(awk 'length > 80' tables.txt)" ] || fail 'lines of more than 80 columns'
answer=$(sed -n '1s/iops-total=\([0-9]*\) .*/\1/p' tables.txt)

COLUMNS=1000
# The answer's run is that of the scenario with this limit, and one less is too little.
cp -r "$recorded/mixed" .
for limit in "$answer" $((answer - 1)); do
    sed "s/iops-total: 500/iops-total: $limit/" "$demo" >"at-$limit.yaml"
    expect_code 0 run "at-$limit.yaml" --json
    jq -r '.run.digest, (.members[0].directions.read.latency.total.p99_ns < 20e6)' out >"at-$limit"
done
expect true "$(sed 1d "at-$answer")" 'the SLO in a run with the answer'
expect false "$(sed 1d "at-$((answer - 1))")" 'the SLO in a run with one less'
expect_code 0 report kept.db --json
expect "$(head -n 1 "at-$answer")" "$(jq -r .run.digest out)" 'the digest of what is kept'

# However many at a time.
for jobs in 1 3; do
    expect_code 0 tune "$demo" --slo 'wait.p90 < 1ms' --slo 'tar.write.wait.max < 2s' \
        --minimise gold.iops-total,gold.iops-total-max --jobs $jobs --json
    mv out "jobs-$jobs.json"
    cmp jobs-1.json "jobs-$jobs.json" || fail "$jobs at a time change what is found"
done
expect 'true true 2' "$(jq -c '.found, .exact, (.settings | length)' jobs-1.json | xargs)" \
    'two limits'
expect true "$(jq '(.trials | length) <= 300 and .answer.holds and (.answer.slos | length) == 2' \
    jobs-1.json)" 'what the JSON says of two'

# 'trace info' and 'tune' are of one mind about the lowest limit by which so many wait.
expect_code 0 trace info --json "$recorded/mixed/vdd.blktrace"
mv out info.json
cat >vdd.yaml <<END
groups: [{id: gold, limits: {iops-total: 100}}]
members: [{id: vdd, group: gold, trace: {path: "$recorded/mixed/vdd.blktrace", arrivals: open}}]
device: {model: "null"}
END
expect_code 0 tune vdd.yaml --slo 'wait.p99 <= 0' --minimise gold.iops-total --json
expect "$(jq '.[0].all.limits."iops-total"[0].limit' info.json)" "$(jq '.settings[0].value' out)" \
    'the lowest iops-total by which 1 % wait'
expect true "$(jq '(.trials | length) <= 60 and .monotone and .exact' out)" 'what it says of one'
expect_code 0 tune vdd.yaml --slo 'wait.max <= 0' --minimise gold.iops-total --json
expect "$(jq '.[0].all.limits."iops-total"[2].limit' info.json)" "$(jq '.settings[0].value' out)" \
    'the lowest iops-total by which none wait'
sed 's/iops-total: 100/bps-total: 1MB/' vdd.yaml >bytes.yaml
expect_code 0 tune bytes.yaml --slo 'wait.p99 <= 0' --minimise gold.bps-total --json
expect true "$(jq --argjson least "$(jq '.[0].all.limits."bps-total"[0].limit' info.json)" \
    '.settings[0].value as $v | $v >= $least and $v < 1.01 * $least' out)" 'the lowest bps-total'
jq -r '.settings[0].text' out | grep -Eq '^[0-9.]+MB$' || fail 'bytes are not written as people do'

# Parts of the recording, and seeds.
expect_code 0 tune vdd.yaml --slo 'wait.p90 < 50ms' --minimise gold.iops-total --split 30s
grep -q '^Each part of the recording by itself: it holds in [0-9] of [0-9]' out || fail 'no parts'
# 10 s of a recording, twice as fast, at a device that takes longer than they do.
awk 'BEGIN { print "time_ns,op,offset,bytes"
    for (i = 0; i < 100; i++) printf "%d00000000,read,0,4096\n", i }' >even.csv
for speed in 1 2; do
    echo "{groups: [{id: g, limits: {iops-total: 100}}], device: {model: fixed, latency: 9s}, \
        members: [{id: m, group: g, trace: {path: even.csv, duration: 10s, speed: $speed}}]}" \
        >even.yaml
    expect_code 0 tune even.yaml --slo 'wait.p99 < 300ms' --minimise g.iops-total --split 2s --json
    expect 5 "$(jq '[.parts[] | select(.slos[0] != null)] | length' out)" "parts at speed $speed"
done
run tune vdd.yaml --slo 'wait.p90 < 50ms' --minimise gold.iops-total --seeds 3
expect 2 "$code" 'the exit code of seeds where nothing is drawn'
sed 's/^device:.*/device: {model: random, classes: [{law: lognormal, mean: 1ms, shape: 1}]}/' \
    vdd.yaml >drawn.yaml
expect_code 0 tune drawn.yaml --slo 'p99 < 50ms' --minimise gold.iops-total --seeds 3
grep -q '^With other seeds it holds in [0-3] of 3' out || fail 'no seeds'

# What no limit can reach.
sed 's/^device:.*/device: {model: fixed, latency: 5ms}/' vdd.yaml >slow.yaml
run tune slow.yaml --slo 'p99 < 4ms' --minimise gold.iops-total
expect 4 "$code" 'the exit code of what no limit can reach'
grep -q '^No value of [0-9]* that were tried satisfies all. Nearest comes ' out || fail 'no verdict'
grep -q 'is what the device takes, or other limits' out || fail 'nothing says why'
run tune "$demo" --slo 'worst.wait.p99 < 20ms' --minimise gold.iops-total
expect 4 "$code" 'the exit code where another limit is in the way'
grep -q "^With iops-total=1000, the largest that goes together with the scenario's other limits" \
    out || fail 'nothing says that another limit is in the way'

# Refusals.
refuse() { # WORDS ARGUMENTS...
    words=$1
    shift
    run tune "$@"
    expect 2 "$code" "the exit code of 'tune $*'"
    grep -q -e "$words" err || fail "'$words' is not said of 'tune $*' but: $(cat err)"
}
refuse 'one scenario is needed' --slo 'p99 < 1ms' --minimise gold.iops-total
refuse '--slo is needed' "$demo" --minimise gold.iops-total
refuse '--minimise is needed' "$demo" --slo 'p99 < 1ms'
refuse "unknown metric 'p98'; did you mean" "$demo" --slo 'p98 < 1ms' --minimise gold.iops-total
refuse "unknown member 'postgre'; did you mean 'postgres'" "$demo" --slo 'postgre.p99 < 1ms' \
    --minimise gold.iops-total
refuse "has no limit 'iops-totl'; did you mean 'iops-total'" "$demo" --slo 'p99 < 1ms' \
    --minimise gold.iops-totl
refuse "there is no group or member 'silver'" "$demo" --slo 'p99 < 1ms' --minimise silver.iops-total
refuse 'is given twice' "$demo" --slo 'p99 < 1ms' --minimise gold.iops-total,gold.iops-total
refuse 'is given twice' "$demo" --slo 'p99 < 1ms' --minimise gold.iops-total,groups.gold.iops-total
refuse 'at most 3 limits' "$demo" --slo 'p99 < 1ms' \
    --minimise gold.iops-total,gold.iops-read,gold.iops-write,gold.bps-total
run tune "$demo" --slo 'p99 < 1us' --minimise gold.iops-total --db missing/kept.db
expect 1 "$code" 'the exit code of a database that cannot be made, which is known before the search'
refuse 'there are no such requests' "$demo" --slo 'postgres.discard.p99 < 1ms' \
    --minimise gold.iops-total

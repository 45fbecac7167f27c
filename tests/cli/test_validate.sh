#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A recording is set beside what is predicted of it: tables, JSON, conditions, plots, refusals.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

iops=$recorded/throttled-iops.yaml
COLUMNS=80
expect_code 0 validate "$iops"
mv out tables.txt
for words in '^The prediction holds: the total wait' '^Predicted against measured' '^vdf  *1495 ' \
    '^vde  *p50  *23.6 ms' '^1939 flushes' '^Device: [56]..us\|^Device: [56].. us' \
    '^Timers: in steps of 1 ms, fitted'; do
    grep -q "$words" tables.txt || fail "nothing says '$words'"
done
[ -z "$(awk 'length > 80' tables.txt)" ] || fail 'lines of more than 80 columns'

COLUMNS=1000
expect_code 0 validate --json --jobs 1 "$iops"
mv out first.json
expect_code 0 validate --json --jobs 2 "$iops"
cmp first.json out || fail 'the number of jobs changes what is found'
expect '"issue" true 20 50000 4 11322' "$(jq -c '.arrival, .holds, .runs, .jitter_ns,
    (.members | length), .total.requests.measured' out | xargs -d '\n')" 'what the JSON says'
expect '["as_measured","in_band","measured","p5","p95","predicted"]' \
    "$(jq -c '.members[0].p99_ns | keys' out)" 'what is told of a figure'
# A band is of more than one value, and narrow.
expect true "$(jq '.members | all(.mean_ns | .p5 < .p95 and .p95 < 1.01 * .p5)' out)" 'the bands'

# What the scenario says is taken, without a band.
expect_code 0 validate --json --fit none --jitter 0 "$iops"
expect '0 null null' "$(jq -c '.runs, .total.p50_ns.p5, .total.p50_ns.in_band' out | xargs)" \
    'without a band'
expect '' "$(jq -r '.facts[] | select(.what == "device_ns") | .text' out)" 'what was fitted'

# Where arrivals answer: bps limits, of which the recorded arrivals alone do not tell enough.
expect_code 0 validate --json --jitter 0 "$recorded/closed-a/w2.yaml"
expect false "$(jq .holds out)" 'the verdict where arrivals do not answer'
expect_code 0 validate --json --arrival dependent "$recorded/closed-a/w2.yaml"
expect true "$(jq .holds out)" 'the verdict where they do'
expect true "$(jq '.members | all(.mean_ns | .p5 < .p95)' out)" 'the bands of arrivals that answer'

# Other limits than those of the recording are noticed.
sed "s/iops-total: 120/iops-total: 100/; s|throttled-iops/|$recorded/throttled-iops/|" "$iops" \
    >wrong.yaml
expect_code 0 validate --json --jitter 0 wrong.yaml
expect 'false' "$(jq .holds out)" 'the verdict on wrong limits'
expect true "$(jq '.total.to_come > 0 and .total.outside.value > 0' out)" 'what is told of them'

expect_code 0 validate --fail-if 'total.outside > 0' --fail-if 'vdc.p99 > +5%' "$iops"
run validate --jitter 0 --fail-if 'total.wait > +1%' --fail-if 'vdd.p99.9 > 10ms' wrong.yaml
expect 4 "$code" 'the exit code of conditions that hold'
expect 2 "$(grep -c "^throttlesim: --fail-if '" err)" 'the conditions that hold'
grep -q 's measured, .* s predicted: a change of' err || fail 'nothing says by how much'

expect_code 0 validate --jitter 0 "$iops" --plots drawn
for plot in validate-cdf validate-error; do
    [ -s "drawn/$plot.svg" ] && [ -s "drawn/$plot.png" ] || fail "$plot is not drawn"
    grep -q "drawn/$plot.svg" out || fail "nothing says where $plot is"
done

# refuse MESSAGE ARGUMENT...
refuse() {
    message=$1
    shift
    expect_code 2 validate "$@"
    expect "throttlesim: $message" "$(tr -s '\n ' ' ' <err | sed "s/ Try '.*//; s/ $//")" \
        "what is said of '$*'"
}
refuse 'one scenario is needed, found 0'
refuse 'one scenario is needed, found 2' a b
for fit in devise '' none,device device,none device, ,device device,,levels; do
    refuse "--fit: expected none alone, or some of device, levels and stalls, separated by \
commas, found '$fit'" --fit "$fit" x
done
refuse '--runs: expected a number above 0; without such runs: --jitter 0' --runs 0 x
refuse "--runs: expected a number above 0, found 'few'" --runs few x
refuse "--runs: expected a number above 0, found '-1'; it cannot be below 0" --runs=-1 x
refuse '--runs: at most 10000' --runs 10001 x
refuse '--jitter: at most 1s' --jitter 2s x
refuse "--fail-if 'p99 > 5ms': expected MEMBER.METRIC, such as db.p99 or total.w1" \
    --fail-if 'p99 > 5ms' x
refuse "--fail-if 'vdc.p98 > 5ms': unknown metric 'p98'; did you mean 'p90'?" \
    --fail-if 'vdc.p98 > 5ms' x
refuse "--fail-if 'vdx.p99 > 5ms': unknown member 'vdx'; did you mean 'vdc'?" \
    --fail-if 'vdx.p99 > 5ms' "$iops"

finish

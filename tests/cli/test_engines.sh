#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Choosing an engine, and leaving out what it cannot do.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

expect_code 0 engines
expect 'throttle-group bucket slice slice-2011' \
    "$(sed -n 's/^\([a-z0-9-]*\).*: .*/\1/p' out | xargs)" 'engines that are listed'
expect_code 0 engines --json
expect 'throttle-group bucket slice slice-2011' "$(jq -r '.[].name' out | xargs)" 'engines as JSON'
expect 'throttle-group' "$(jq -r '.[] | select(.default).name' out)" 'the default engine'
expect 'throttle-group' "$(jq -r '.[] | select(.groups).name' out)" 'engines with groups'
expect 'slice' "$(jq -r '.[] | select(.uses_completions).name' out)" 'engines that see completions'
expect '19 13 6 6' "$(jq -r '.[].limits | length' out | xargs)" 'numbers of limits'
expect '6 2 2 0' "$(jq -r '.[].events | length' out | xargs)" 'numbers of events'

expect_code 0 limits --engine slice
expect 7 "$(wc -l <out)" 'lines of limits of slice'
expect_code 2 limits --engine slcie
expect_error "unknown engine 'slcie'; did you mean 'slice'?"
expect_code 2 engines twice
expect_code 2 limits twice

# Each is chosen on the command line as well as in the scenario, and decides the same.
demo=$recorded/demo.yaml
for engine in bucket slice slice-2011; do
    expect_code 3 run "$demo" --engine "$engine"
    expect_error "engine '$engine' has no limit"
    expect_code 0 run "$demo" --engine "$engine" --lenient --db a.db
    run=$(ask a.db 'SELECT max(run_id) FROM run')
    expect "$engine" "$(ask a.db "SELECT engine FROM run WHERE run_id = $run")" 'engine of the run'
    expect 4 "$(ask a.db "SELECT count(*) FROM throttle_group WHERE run_id = $run")" 'groups'
    left_out=$(ask a.db "SELECT count(*) FROM notice WHERE run_id = $run AND kind = 'left-out'")
    [ "$left_out" -ge 2 ] || fail "$engine: nothing is said about what was left out"
    # The stored scenario says how it was run.
    ask a.db "SELECT scenario FROM run WHERE run_id = $run" |
        grep -qx "# Run with: --engine $engine --lenient" || fail 'the options are not stored'
    unknown='iops-total-max[a-z-]*'
    [ "$engine" != bucket ] || unknown=iops-total-max-length
    sed "1i engine: $engine" "$demo" |
        sed "s|trace: mixed|trace: $recorded/mixed|; s|, $unknown: [0-9]*||g" >own.yaml
    expect_code 0 run own.yaml --lenient --db a.db
    expect "$(ask a.db "SELECT digest FROM run WHERE run_id = $run")" \
        "$(ask a.db "SELECT digest FROM run WHERE run_id = $run + 1")" "digest of $engine"
done

expect_code 2 run --engine nothing "$demo"
expect_error "unknown engine 'nothing'"
mixed=$recorded/mixed
expect_code 2 run --engine slice --limits iops-total=9 "$mixed/vdc.blktrace" "$mixed/vdd.blktrace"
expect_error 'has no groups'
expect_code 0 run --engine slice --limits iops-total=900 "$mixed/vdc.blktrace"
expect_code 2 run --engine slice --limits iops-total=900 --levels full "$mixed/vdc.blktrace"
expect_error "levels of group 'group': engine 'slice' has no buckets"
expect_code 0 run --engine slice --limits iops-total=900 --levels full --lenient \
    "$mixed/vdc.blktrace"
expect_code 0 run --engine bucket --limits iops-total=900 --levels full "$mixed/vdc.blktrace"
echo 'groups: [{id: g, limits: {iops-total: 9}, levels: full}]
members: [{id: a, group: g}]' >full.yaml
expect_code 3 verify full.yaml
expect_error 'QEMU begins with empty buckets'
echo 'engine: slice
members: [{id: a, limits: {iops-total: 9}}]' >slice.yaml
expect_code 3 verify slice.yaml
expect_error 'cannot be verified'

finish

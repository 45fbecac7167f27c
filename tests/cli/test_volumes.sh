#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Each volume a member: from the command line, from a scenario, and listed by hand, it is one run.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

# digest_of ARGUMENT...: of the decisions of a run.
digest_of() {
    expect_code 0 run "$@"
    sed -n 's/.*digest \([0-9a-f]*\).*/\1/p' out
}

ln -s "$recorded"/mixed/* .
limits=iops-total=500,iops-total-max=900
cat >volumes.yaml <<END
groups: [{id: gold, limits: {iops-total: 500, iops-total-max: 900}}]
members: {from: trace, group: gold}
trace:
  - {path: vdc.blktrace, arrivals: open}
  - {path: vdd.blktrace, arrivals: open}
  - {path: vde.blktrace, arrivals: open}
  - {path: vdf.blktrace, arrivals: open}
END
cat >listed.yaml <<END
groups: [{id: gold, limits: {iops-total: 500, iops-total-max: 900}}]
members:
  - {id: f, volume: "254,80", group: gold, arrivals: open}
  - {id: c, volume: "254,32", group: gold, arrivals: open}
  - {id: e, volume: "254,64", group: gold, arrivals: open}
  - {id: d, volume: "254,48", group: gold, arrivals: open}
trace: $recorded/mixed
END
listed=$(digest_of listed.yaml)
[ -n "$listed" ] || fail 'a run has no digest'
expect "$listed" "$(digest_of volumes.yaml)" 'from: trace'
expect "$listed" "$(digest_of --limits $limits --each-volume --arrivals open "$recorded/mixed")" \
    '--each-volume'
expect "$listed" "$(digest_of --limits $limits --each-volume --arrivals open vdc.blktrace \
    vdd.blktrace vde.blktrace vdf.blktrace)" '--each-volume of several traces'

# What is stored runs again.
expect_code 0 run --db runs.db --limits $limits --each-volume vdc.blktrace vdd.blktrace
ask runs.db 'SELECT scenario FROM run' >again.yaml
expect_code 0 run --db runs.db again.yaml
expect 1 "$(ask runs.db 'SELECT count(DISTINCT digest) FROM run')" \
    'digests of a run and of what it stored'
expect '254,32|vdc.blktrace, vdd.blktrace' \
    "$(ask runs.db "SELECT name, trace FROM member WHERE run_id = 1 AND name = '254,32'")" \
    'a member and its traces'

# A scenario sees the piece that is cut out.
sed -e 's/^trace:.*/trace: {path: part.csv, arrivals: open}/' -e '/^  - /d' volumes.yaml >part.yaml
"$program" trace convert --start 10s --duration 30s --speed 3/2 --op read,write \
    "$recorded/mixed" part.csv
cat >cut.yaml <<END
groups: [{id: gold, limits: {iops-total: 500, iops-total-max: 900}}]
members: {from: trace, group: gold}
trace: {path: $recorded/mixed, arrivals: open, start: 10s, duration: 30s, speed: 1.5,
  ops: [read, write]}
END
expect "$(digest_of part.yaml)" "$(digest_of cut.yaml)" 'cut by convert and by the scenario'

# Only some of its volumes, by either name of the option, one of them old; without it one must be
# chosen.
cat >two.yaml <<END
groups: [{id: group, limits: {iops-total: 40}}]
members: {from: trace, group: group}
trace: {path: $recorded/mixed, device: ["254,48", "254,80"]}
END
expect_code 0 run --json --limits iops-total=40 --each-volume --device 254,80 --volume 254,48 \
    --db two.db "$recorded/mixed"
expect '254,48 254,80' "$(jq -r '[.members[].name] | sort | join(" ")' out)" 'the chosen volumes'
jq -r .run.digest out >expected.txt
expect "$(cat expected.txt)" "$(digest_of two.yaml)" 'chosen by options and by the scenario'
ask two.db 'SELECT scenario FROM run' >again.yaml
expect "$(cat expected.txt)" "$(digest_of again.yaml)" 'chosen by the stored scenario'
expect_code 3 run --limits iops-total=40 "$recorded/mixed"
expect_error "choose one, as with --device '254,"
expect_code 0 trace info --json --device 254,48 "$recorded/mixed"
mv out device.json
expect_code 0 trace info --json --volume 254,48 "$recorded/mixed"
cmp -s out device.json || fail 'another volume than the device'
expect_code 2 trace info --volume 254,48 --device 254,48 "$recorded/mixed"
expect_error '--device is given twice'

# It is read before the run, which cannot be done with a pipe.
expect_code 2 run --limits $limits --each-volume -
expect_error '--each-volume reads the traces before the run, to know their volumes'
sed -e 's/^trace:.*/trace: "-"/' -e '/^  - /d' volumes.yaml >pipe.yaml
expect_code 3 run pipe.yaml
expect_error 'pipe.yaml:3:8: members: {from: trace} reads the trace before the run'
expect_code 2 run --each-volume volumes.yaml
expect_error '--each-volume'

# What is not shown of many members is added up in every table: rates add up, but not while busy.
echo 'volumes: [{id: a, count: 50, arrivals: {process: poisson, rate: 20}}]' >many.yaml
expect_code 0 trace synth many.yaml --duration 2s -o many.csv
expect_code 0 run --each-volume --limits iops-total=500 --db many.db many.csv
sed -n '/^Reads and writes per second/,/^$/p' out >rates
expect 42 "$(grep -cE '^(a-|\(|group)' rates)" 'members, the others, the group'
grep '^(10 more)' rates | grep -q -- '-$' || fail "no sums of the others: $(cat rates)"
expect "$(sqlite3 many.db "SELECT printf('%.4g', sum(requests_per_s)) FROM achieved_rate
    WHERE scope = 'throttle_group' AND direction = 'read+write'")" \
    "$(grep '^group' rates | awk '{ printf "%.4g", $4 }')" 'what the group achieved'

finish

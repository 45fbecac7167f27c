#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# `throttlesim verify` on scenarios: what can be verified agrees with QEMU, what cannot is refused.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

command -v qemu-system-x86_64 >/dev/null || exit 77

# agrees FILE OPTION...: QEMU agrees, and what is told about it is what a run tells.
agrees() {
    run run --json --device-model null "$@"
    expect 0 "$code" "exit code of 'run $*' ($(cat err))"
    cp out run.json
    expect_code 0 verify "$@" --json
    jq -e '.agree == true and (has("difference") | not)' out >/dev/null ||
        fail "$1: expected agreement: $(cat out)"
    for pair in digest:digest end_ns:end_ns requests:arrived scenario:name; do
        expect "$(jq ".run.${pair#*:}" run.json)" "$(jq ".${pair%:*}" out)" "$1: ${pair%:*}"
    done
    expect "$(jq '.operations | length' run.json)" "$(jq .operations out)" "$1: operations"
    expect "$(jq '[.members[].directions | del(.["read+write"])[].waited] | add // 0' run.json)" \
        "$(jq .waited out)" "$1: requests that waited"
}

# some_wait AT_LEAST: the last scenario was no idle talk.
some_wait() {
    [ "$(jq .waited out)" -ge "$1" ] || fail "expected $1 waiting requests: $(cat out)"
}

# all_averages IOPS: block_set_io_throttle wants all six.
all_averages() {
    echo "bps: 0, bps_rd: 0, bps_wr: 0, iops: $1, iops_rd: 0, iops_wr: 0"
}

# A workload without chance: four members, all kinds of requests, several in most instants.
awk 'BEGIN {
    split("read write read write-zeroes discard flush read", ops, " ")
    print "time_ns,op,offset,bytes,member"
    state = 4711
    for (i = 0; i < 300; i++) {
        state = (state * 69069 + 1) % 4294967296
        pick = int(state / 65536)
        op = ops[pick % 7 + 1]
        bytes = op == "flush" ? 0 : 512 * (1 + pick % 48)
        printf "%d,%s,%d,%d,m%d\n", int(i / 3) * 7000001, op, i * 4096, bytes, pick % 4
    }
}' >workload.csv

members() {
    cat <<'END'
members:
  - {id: m0, group: g, attach: filter}
  - {id: m1, group: g, attach: drive}
  - {id: m2, group: h, attach: drive}
  - {id: m3, attach: filter}
trace: workload.csv
END
}

groups() {
    echo "groups: [{id: g, limits: {$1}}, {id: h, limits: {$2}}]"
}

# ---- Agreement ----

bursts='iops-total: 40, iops-total-max: 130, iops-total-max-length: 2, iops-size: 6000'
lengths='bps-read: 100000, bps-write: 60000, bps-write-max: 90000, bps-write-max-length: 3'
both='bps-total: 300000, bps-total-max: 1MB, iops-read: 20, iops-write: 33, iops-write-max: 60'

first=$both
for second in "$bursts" "$lengths" "$both"; do
    (groups "$first" "$second" && members) >limits.yaml
    agrees limits.yaml
    some_wait 100
    first=$second
done
expect "$(printf '%s\n' agree digest end_ns operations qemu requests scenario timer_granularity_ns \
    waited)" "$(jq -r 'keys[]' out)" 'keys of --json'
expect "$(qemu-system-x86_64 --version | sed -n '1s/.*version //p')" "$(jq -r .qemu out)" \
    "QEMU's version"

# As text, the same and nothing else, in one line.
sentence=$(jq -r '"\(.scenario): QEMU \(.qemu) agrees: \(.requests) requests, of which "
    + "\(.waited) waited, \(.operations) operations, digest \(.digest)"' out)
expect_code 0 verify limits.yaml
expect "$sentence" "$(cat out)" 'the answer as text'

cat >events.part <<END
events:
  - {at: 50ms, qom-set: {group: g, limits: {iops-total: 10, iops-total-max: 0,
       iops-total-max-length: 1, iops-size: 512}}}
  - {at: 120ms, block_set_io_throttle: {device: m1, $(all_averages 25), iops_max: 50,
       iops_max_length: 2, iops_size: 4K}}
  - {at: 120ms, block_set_io_throttle: {id: m2, $(all_averages 30), group: g}}
  - {at: 200ms, block_set_io_throttle: {device: m2, $(all_averages 0)}}
  - {at: 210.5ms, block_set_io_throttle: {device: m2, bps: 0, bps_rd: 50000, bps_wr: 70000,
       bps_rd_max: 90000, bps_rd_max_length: 4, iops: 0, iops_rd: 0, iops_wr: 0}}
  - {at: 300ms, block_set_io_throttle: {device: m2, $(all_averages 9), group: "new, \"er"}}
  - {at: 350ms, qom-set: {group: h, limits: {bps-write: 1}}}
  - {at: 400ms, leave: {member: m1}}
  - {at: 450ms, block_set_io_throttle: {device: m1, $(all_averages 15), group: h}}
  - {at: 600ms, qom-set: {group: g, limits: {}}}
  - {at: 700ms, qom-set: {group: g, limits: {iops-total: 0, iops-size: 0}}}
END
(groups "$bursts" "$lengths" && members && cat events.part) >events.yaml
agrees events.yaml
some_wait 100
expect 11 "$(jq .operations out)" 'operations'
expect 0 "$(jq .timer_granularity_ns out)" 'timer granularity'
sharp=$(jq -r .digest out)

# Main loop, by option and by the scenario itself; the option goes before.
agrees events.yaml --timer-granularity 1ms
expect 1000000 "$(jq .timer_granularity_ns out)" 'timer granularity'
stepped=$(jq -r .digest out)
[ "$sharp" != "$stepped" ] || fail 'the timer granularity makes no difference'
(cat events.yaml && echo 'timer-granularity: 1ms') >stepped.yaml
agrees stepped.yaml
expect "$stepped" "$(jq -r .digest out)" "digest with the scenario's timer granularity"
agrees stepped.yaml --timer-granularity 0
expect "$sharp" "$(jq -r .digest out)" 'digest with the granularity of the option'

# The device is ignored, `end` is not; some requests wait for ever.
(cat limits.yaml && echo 'device: {model: fixed, latency: 3s}' && echo 'end: 300ms') >end.yaml
agrees end.yaml
expect 300000000 "$(jq .end_ns out)" 'end'

# Seconds of a recording made under these very limits; verify takes arrivals as recorded.
cat >recorded.yaml <<END
groups: [{id: g, limits: {iops-total: 120, iops-total-max: 240, iops-total-max-length: 2}}]
members:
$(for disk in vdc vdd vde vdf; do
    echo "  - {id: $disk, group: g, attach: drive, trace: {arrival: issue, arrivals: open,"
    echo "       start: 20s, duration: 2s, path: $recorded/throttled-iops/$disk.blktrace}}"
done)
END
agrees recorded.yaml
some_wait 20
agrees recorded.yaml --timer-granularity 1ms

# ---- Names ----

long=$(printf '%3000s' '' | tr ' ' x)
names=0
# shellcheck disable=SC2016 # a name like a command
for name in 'two words' "it's" '"' 'a,b=c,,iops-total=1' '/objects/n0' '..' '%s%n' \
    'Müller 磁盘 💾' n0 '\\n' '-drive' '$(id)' "$long"; do
    names=$((names + 1))
    # JSON is YAML. The group has the member's name, and so does the group made meanwhile.
    jq -n --arg name "$name" '{
        groups: [{id: $name, limits: {"iops-total": 10}}],
        members: [
            {id: $name, group: $name, attach: "drive"},
            {id: ($name + "2"), group: $name, attach: "filter"},
            {id: "n1", attach: "drive"}],
        trace: {csv: (["time_ns,op,offset,bytes,member"] + [range(3) |
            "0,read,0,512," + (($name, $name + "2") | "\"" + gsub("\""; "\"\"") + "\"")] +
            [range(3) | "200000000,read,0,512,n1"] | join("\n"))},
        events: [{at: "150ms", block_set_io_throttle: {device: "n1", bps: 0, bps_rd: 0, bps_wr: 0,
            iops: 0, iops_rd: 7, iops_wr: 0, group: ($name + "3")}}]}' >"names-$names.yaml"
    agrees "names-$names.yaml"
    expect 6 "$(jq .waited out)" "names-$names.yaml: requests that wait"
done
cp names-6.yaml 'Größe, "1" it'\''s.yaml'
agrees 'Größe, "1" it'\''s.yaml'
cp names-6.yaml ./-o.yaml
agrees ./-o.yaml

# From standard input, and in an empty scenario.
expect_code 0 verify - <names-6.yaml
echo 'members: [{id: a, attach: filter}]' >idle.yaml
agrees idle.yaml
expect 0 "$(jq .requests out)" 'requests of no trace'

# ---- Commands that drain, move, add and remove; discards and zeroes that wait ----

# `run` follows the rules that it is told, `verify` those of the QEMU that it runs.
cat >commands.yaml <<END
qemu: $(qemu-system-x86_64 --version | sed -n '1s/.*version \([0-9.]*\).*/\1/p')
groups: [{id: g, limits: {iops-total: 10}}, {id: h, limits: {iops-total: 20}}]
members:
  - {id: f, group: g, attach: filter, discard: unmap}
  - {id: e, group: g, attach: filter}
  - {id: d, group: g, attach: drive}
events:
  - {at: 50ms, block_resize: {member: f}}
  - {at: 60ms, block_resize: {member: d}}
  - {at: 80ms, drain_all: {}}
  - {at: 90ms, blockdev-reopen: {member: f, group: h}}
  - {at: 91ms, blockdev-reopen: {member: f, group: g}}
  - {at: 250ms, blockdev-del: {member: f}}
  - {at: 300ms, blockdev-add: {member: f, group: h}}
  - {at: 2s, blockdev-snapshot: {}}
  - {at: 4s, blockdev-reopen: {member: e}}
  - {at: 5s, stop: {}}
  - {at: 6s, blockdev-add: {}}
  - {at: 7s, blockdev-del: {member: e}}
trace: commands.csv
END
awk 'BEGIN {
    split("read write discard write-zeroes flush", ops, " ")
    split("f e d", members, " ")
    print "time_ns,op,offset,bytes,member"
    for (i = 0; i < 200; i++)
        printf "%d,%s,0,%d,%s\n", int(i / 4) * 150000000, ops[i % 5 + 1],
            i % 5 == 4 ? 0 : i == 7 ? 4194304 : 512 * (i % 3 + 1), members[i % 3 + 1]
}' >commands.csv
agrees commands.yaml
some_wait 100

# Before 8.0 drives are drained before filters: m1 is accounted before a bucket of m0's leaks.
cat >order.yaml <<END
$(head -n 1 commands.yaml)
groups: [{id: g, limits: {iops-total: 3, bps-read: 512}}]
members: [{id: m0, group: g, attach: filter}, {id: m1, group: g, attach: drive}]
events: [{at: 10s, drain_all: {}}]
trace:
  csv: |
    time_ns,op,offset,bytes,member
    0,read,0,65536,m0
    0,read,0,512,m0
    0,read,0,512,m1
    10000000000,write,0,512,m1
END
agrees order.yaml

# Throttles above one another: two groups, the same twice, a drive's above a filter's.
cat >stacks.yaml <<END
$(head -n 1 commands.yaml)
groups: [{id: os, limits: {iops-total: 10}}, {id: vm, limits: {iops-total: 20}}]
members:
  - {id: f, group: [os, vm], attach: filter, discard: unmap}
  - {id: e, group: [os, os], attach: filter}
  - {id: d, group: [os, vm], attach: drive}
trace: commands.csv
END
agrees stacks.yaml
some_wait 100

# ---- What cannot be verified ----

# refused TEXT: the scenario refused.yaml is, with this one line behind its name, though it runs.
refused() {
    expect_code 3 verify refused.yaml
    expect 1 "$(wc -l <err)" 'lines of the message'
    expect "throttlesim: refused.yaml:$1" "$(cat err)" 'the message'
    run run refused.yaml
    expect 0 "$code" "exit code of 'run' of what cannot be verified ($(cat err))"
}

# refuse_event EVENT WHY
refuse_event() {
    (groups "$bursts" "$lengths" && members && echo 'events:' && echo "  - {at: 1ms, $1}") \
        >refused.yaml
    place=$(grep -n '{at: 1ms' refused.yaml | cut -d : -f 1):5
    refused "$place: $2"
}
length="QEMU's drains have no length of ours; use block_resize or drain_all"
refuse_event 'drained_begin: {member: m0}' "drained_begin cannot be verified: $length"
refuse_event 'drained_begin: {member: m0}}
  - {at: 2ms, drained_end: {member: m0}' "drained_begin cannot be verified: $length"
refuse_event 'join: {member: m1, group: h}' \
    'join cannot be verified: QEMU moves a drive together with limits only: use '\
'block_set_io_throttle'
refuse_event 'join: {member: m3, group: h, limits: {iops-total: 7}}' \
    'join cannot be verified: it sets limits too; use qom-set'
refuse_event 'blockdev-reopen: {member: m1, group: h}' \
    'blockdev-reopen cannot be verified: a drive is moved by block_set_io_throttle; this is for '\
'filters'
refuse_event 'blockdev-backup: {}' \
    'blockdev-backup cannot be verified: it needs a job and its target; use drain_all'
refuse_event "block_set_io_throttle: {device: m0, $(all_averages 7)}" \
    'block_set_io_throttle cannot be verified: QEMU would put a second throttle above the '\
'filter; use qom-set'

(groups "$bursts" "$lengths" && members && cat <<END) >refused.yaml
events:
  - {at: 1ms, block_set_io_throttle: {device: m1, $(all_averages 7), group: made}}
  - {at: 2ms, qom-set: {group: made, limits: {iops-total: 8}}}
END
refused '10:5: qom-set cannot be verified: a group that block_set_io_throttle made has no path in '\
"QEMU's object tree"

# refuse_request OP BYTES WHY: not before its turn comes, so the others do no harm.
refuse_request() {
    cat >refused.yaml <<END
members: [{id: a b, attach: filter, discard: unmap}]
trace: {csv: "time_ns,op,offset,bytes\\n0,read,0,512\\n9,$1,0,$2\\n"}
END
    refused " $3"
}
refuse_request read 2147483137 \
    "a request of 2147483137 bytes by 'a b': QEMU takes at most 2147483136"
refuse_request write 9223372036854775807 \
    "a request of 9223372036854775807 bytes by 'a b': QEMU takes at most 2147483136"
refuse_request write-zeroes 0 \
    "write-zeroes of 0 bytes by 'a b' cannot be verified: QEMU counts none of them"
sed -i 's/id: a b/&, group: g/; 1i groups: [{id: g}]' refused.yaml
refused " write-zeroes of 0 bytes by 'a b' cannot be verified: QEMU counts none of them"
sed -i 's/write-zeroes/discard/' refused.yaml
refused " a discard of 0 bytes by 'a b' cannot be verified: QEMU counts none of them"
# Just below all that, and a discard that passes the throttle of a drive, whatever its length.
cat >largest.yaml <<'END'
groups: [{id: g, limits: {bps-total: 1000000000}}]
members: [{id: f, group: g, attach: filter, discard: unmap}, {id: d, group: g, attach: drive}]
trace:
  csv: |
    time_ns,op,offset,bytes,member
    0,read,0,2147483136,f
    0,write,0,2147483136,d
    0,write-zeroes,0,2147483136,d
    0,discard,0,2147483136,f
    0,discard,0,9223372036854775807,d
    0,discard,0,0,d
    0,read,0,0,f
    0,write,0,0,d
END
agrees largest.yaml
some_wait 3

for granularity in 2ms 1us 1ns; do
    echo 'members: [{id: a, attach: filter}]' >refused.yaml
    expect_code 2 verify refused.yaml --timer-granularity $granularity
    expect_error "--timer-granularity: 0 or, as in QEMU's main loop, 1ms can be verified"
    echo "timer-granularity: $granularity" >>refused.yaml
    refused " a timer granularity of 0 or, as in QEMU's main loop, 1ms can be verified"
    expect_code 0 verify refused.yaml --timer-granularity 1ms
done

# ---- Other bad input ----

expect_code 3 verify missing.yaml
expect_error 'missing.yaml: No such file or directory'
echo 'members: [{id: a, trase: a.csv}]' >bad.yaml
expect_code 3 verify bad.yaml
expect_error "bad.yaml:1:19: unknown key 'trase' in a member; did you mean 'trace'?"
cat >late.yaml <<'END'
members: [{id: a, trace: {csv: "time_ns,op,offset,bytes\n0,read,0,512\n1,reed,0,512\n"}}]
END
expect_code 3 verify late.yaml
expect_error 'late.yaml:1:32 (csv): line 3:'

# ---- Usage ----

expect_code 2 verify
expect_error 'a scenario is needed, or --random N'
expect_code 2 verify idle.yaml idle.yaml
expect_error 'one scenario, please'
expect_code 2 verify idle.yaml --random 2
expect_error '--random makes its own scenarios'
for option in '--seed 1' '--seed 7' '--jobs 2' '-j 2' '--output .' '-o .'; do
    # shellcheck disable=SC2086 # an option and its value
    expect_code 2 verify idle.yaml $option
    expect_error '--seed, --jobs and --output go with --random'
done
for number in 0 -1 x '' 1.5 9223372036854775808; do
    for option in random jobs seed; do
        expect_code 2 verify "--$option" "$number"
        expect_error "--$option: expected a number above 0, found '$number'"
    done
done
expect_code 2 verify --random 1 --jobs 257
expect_error '--jobs: expected at most 256'
for timeout in 0 -1s soon ''; do
    expect_code 2 verify idle.yaml --timeout "$timeout"
    expect_error '--timeout: expected a time of at least 1 ns'
done
expect_code 2 verify idle.yaml --timer-granularity fast
expect_error '--timer-granularity: expected a time of at least 0'
expect_code 2 verify idle.yaml --eta sometimes
expect_error "found 'sometimes'"
expect_code 2 verify --jsn idle.yaml
expect_error "unknown option '--jsn'; did you mean '--json'?"
expect_code 2 verify --random
expect_error "option '--random' needs a value"
expect_code 2 verify --seed 1 --seed 2 --random 1
expect_error '--seed is given twice'
# A file's name need not be text.
odd=$(printf 'odd\377\033.yaml')
cp idle.yaml "$odd"
agrees "$odd"
expect_code 0 verify "$odd"
grep -q '^odd??.yaml: QEMU .* agrees' out || fail "expected the file's name: $(cat -v out)"
expect_code 0 verify --help
for option in help qemu timer-granularity random seed jobs output timeout json eta; do
    grep -q -e "--$option" out || fail "the help does not know --$option"
done
expect_code 1 verify idle.yaml --qemu ./missing
expect_error './missing: No such file or directory'

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# trace streams, and what it writes given back to run.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"
u3=$recorded/closed-a/u3.csv.zst

digest() {
    "$program" run --json "$@" | jq -r .run.digest
}

# What was inferred, written and given back, says the same again.
"$program" trace streams "$u3" -o streams.yaml >table
inferred=$(digest --limits iops-total=60 --each-volume --device-model recorded "$u3")
told=$(digest --limits iops-total=60 --each-volume --device-model recorded \
    --streams streams.yaml "$u3")
[ "$inferred" = "$told" ] || fail "inferred $inferred, told $told"
open=$(digest --limits iops-total=60 --each-volume --device-model recorded \
    --arrivals open "$u3")
[ "$inferred" != "$open" ] || fail 'told of threads or not, it is the same'

# Without limits each recording is itself, bit for bit, whatever it is taken for, and in whatever
# format that tells completions it is written.
unlimited() {
    digest --limits '' --each-volume --device-model recorded "$@"
}
expect_itself() {
    open=$(unlimited --arrivals open "$@")
    [ -n "$open" ] || fail "$* has no digest"
    for arrivals in dependent closed; do
        expect "$open" "$(unlimited --arrivals $arrivals "$@")" "$* as $arrivals"
    done
}

for format in blktrace blkparse msr systor blkreplay hfplayer csv; do
    case $format in
    blktrace) out=it.blktrace.0 ;;
    *) out=it.$format ;;
    esac
    "$program" trace convert --to $format "$u3" $out 2>err || fail "$(cat err)"
    "$program" run --limits '' --each-volume --device-model recorded --arrivals dependent --json \
        --format $format $out | jq -e '.run.at_device == 0' >left || fail "$out has no completions"
    expect_itself --format $format $out
done
for recording in mixed throttled-iops; do
    expect_itself "$recorded/$recording"
done

# A block trace as native CSV decides the same: it keeps who sent what, but for the others that one
# flush of the device answers (of vdc they matter under a limit), and the order within batches.
while read -r trace shared; do
    "$program" trace convert --json "$recorded/$trace" block.csv >summary.json
    expect "$shared" "$(jq '[.notices[] | select(.kind == "shared-flushes") | .count] | add // 0' \
        summary.json)" "flushes of $trace that answer several threads"
    for limits in '' iops-total=60; do
        [ "$limits$trace" != iops-total=60mixed/vdc.blktrace ] || continue
        set -- --limits "$limits" --each-volume --device-model recorded
        expect "$(digest "$@" --batch-order issue "$recorded/$trace")" "$(digest "$@" block.csv)" \
            "$trace as CSV, limits '$limits'"
        [ "$limits" = '' ] || [ "$(digest "$@" block.csv)" != \
            "$(digest "$@" --arrivals open block.csv)" ] || fail "$trace as CSV knows no threads"
    done
    inferred='.streams | map(del(.first_ns, .last_ns))'
    "$program" trace streams --json "$recorded/$trace" | jq -S "$inferred" >wanted.json
    "$program" trace streams --json block.csv | jq -S "$inferred" >found.json
    cmp -s wanted.json found.json ||
        fail "$trace as CSV: $(diff wanted.json found.json | head -n 4)"
done <<'END'
mixed/vdc.blktrace 4
mixed/vdd.blktrace 0
mixed/vde.blktrace 0
mixed/vdf.blktrace 0
ext4-a/lu.ftrace.zst 1
END
cat >two.blkparse <<'END'
254,0 0 1 0.000000001 11 Q R 0 + 8 [a,"b]
254,0 0 2 0.000000002 12 Q R 8 + 8 [a,"b]
254,0 0 3 0.000000003 11 Q W 16 + 8 [a,"b]
254,0 0 4 0.000000004 57 D R 0 + 8 [kworker/0:1H]
254,0 0 5 0.000000005 57 D R 8 + 8 [kworker/0:1H]
254,0 0 6 0.000000006 57 D W 16 + 8 [kworker/0:1H]
END
run trace convert two.blkparse --to csv -
expect 'stream|"a,""b[11]"|"a,""b[12]"|"a,""b[11]"' "$(cut -d , -f 8- out |
    sed '1s/.*/stream/' | paste -s -d '|')" 'who sent what, in a CSV'
"$program" trace convert two.blkparse two.csv
"$program" trace convert two.csv again.csv
cmp -s two.csv again.csv || fail 'a CSV of a CSV has other threads'
expect 'a,"b a,"b' "$("$program" trace streams --json two.csv | jq -r '[.streams[].name] |
    join(" ")')" 'two threads of one name'
run trace convert two.blkparse two.csv both.csv
expect 2 "$(grep -c 'Who sent the requests is told there' err)" 'threads of two inputs'
run trace convert two.blkparse two.iolog
expect 0 "$(grep -c 'sent' err)" 'nobody asks for threads that cannot be written'

# As a program reads it.
"$program" trace streams --json "$u3" >streams.json
[ "$(jq -r '.streams[] | select(.name == "c1") | [.kind, .depth, .saturated] | @csv' \
    streams.json)" = '"async",8,true' ] || fail 'c1 is async, 8 outstanding'
[ "$(jq -r '.calls[] | [.caller, .callee, .counted] | @csv' streams.json)" = \
    '"f2","f3",200' ] || fail 'f2 wakes f3'

# Nobody knows the threads: it is said, in trace streams and in the notices of a run.
zstdcat "$u3" | sed 's/,[^,]*$//' >unknown.csv
"$program" trace streams unknown.csv | tr '\n' ' ' | grep -q 'does not tell which threads' ||
    fail 'a trace without threads is taken for one that has them'
"$program" run --limits iops-total=60 --each-volume --arrivals dependent --json unknown.csv |
    jq -e '.notices[] | select(.kind == "thread-unknown")' >notice || fail 'no notice'
[ "$(digest --limits iops-total=60 --each-volume unknown.csv)" = \
    "$(digest --limits iops-total=60 --each-volume --arrivals open unknown.csv)" ] ||
    fail 'a trace without threads is taken as open'

# A stream that can be read once only.
zstdcat "$u3" | "$program" run --limits iops-total=60 --device-model recorded --json - \
    >one 2>err && fail 'several devices'
grep -q 'several devices' err || fail "$(cat err)"
if zstdcat "$u3" | grep -e time_ns -e vdc | "$program" run --limits iops-total=60 \
    --arrivals dependent - 2>err; then
    fail 'standard input is read twice'
fi
tr '\n' ' ' <err | grep -q 'read once only' || fail "$(cat err)"
finish

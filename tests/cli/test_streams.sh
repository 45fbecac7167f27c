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

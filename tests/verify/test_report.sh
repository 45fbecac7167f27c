#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# `throttlesim verify --report`: what a difference leaves for others, and that it is seen again with
# it, with and without the simulator.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

real=$(command -v qemu-system-x86_64) || exit 77

# One whose disks are in the other of the groups n0 and n1.
cat >swapped <<END
#!/bin/sh
for argument; do
    shift
    set -- "\$@" "\$(printf '%s' "\$argument" | sed 's/group=n0/group=x/; s/group=n1/group=n0/
        s/group=x/group=n1/')"
done
exec $real "\$@"
END
chmod +x swapped

# replays QEMU CODE HOW
replays() {
    code=0
    python3 report/replay.py "$1" >replayed 2>err || code=$?
    expect "$2" "$code" "exit code of replay.py $1 ($(cat err replayed))"
    tail -n 1 replayed | grep -q "^QEMU .* $3" || fail "replay.py $1 says: $(cat replayed)"
}

# reports SCENARIO GRANULARITY: a report from which the difference is seen again.
reports() {
    rm -rf report
    run verify "$1" --qemu ./swapped --timer-granularity "$2" --report report
    expect 4 "$code" "exit code of '$*' ($(cat err))"
    expect 'report: the report' "$(tail -n 1 out)" "the last line of '$*'"
    expect 'README clock_page.h decisions.txt qemu_clock.c replay.py scenario.yaml session.txt' \
        "$(cd report && echo *)" "files of '$*'"
    [ "$(du -b report | cut -f1)" -lt 100000 ] || fail "'$*': report is large"
    LC_ALL=C grep -q '[^[:print:][:space:]]' report/* && fail "'$*': not only text"
    grep -q "  differs$" report/decisions.txt || fail "no difference in $(cat report/decisions.txt)"
    # The same words, but for the lines of another file.
    run verify report/scenario.yaml --qemu ./swapped
    expect 4 "$code" "exit code of the scenario of '$*' ($(cat err))"
    sed -n '/^request/,/^in QEMU/p' report/README | cmp -s - out ||
        fail "'$*' again: $(cat out); README: $(cat report/README)"
    if command -v python3 >/dev/null && command -v cc >/dev/null; then
        replays ./swapped 4 'differs from the simulator, and counts as in session.txt$'
        replays "$real" 0 'agrees with the simulator, and counts '
    fi
}

# One that is late, one that is early, one after an operation, with names that no table holds.
for group in slower faster; do
    cat >case.yaml <<END
groups: [{id: slower, limits: {iops-total: 7}}, {id: faster, limits: {iops-total: 9}}]
members: [{id: "a, \"b\"", group: $group, attach: filter}, {id: idle, group: $group}]
events: [{at: 1500us, qom-set: {group: $group, limits: {bps-total: 5000000}}}]
trace: {csv: "time_ns,op,offset,bytes,member\n1000,write,0,512,x\n1000,write,0,512,x\n"}
END
    sed -i 's/attach: filter/&, volume: x/' case.yaml
    reports case.yaml 0
    reports case.yaml 1ms
done

# Of a long trace, as much as is needed.
(echo time_ns,op,offset,bytes && seq 0 1000000 9999000000 | sed 's/$/,read,0,4096/') >long.csv
cat >long.yaml <<'END'
groups: [{id: slower, limits: {iops-total: 700}}, {id: faster, limits: {iops-total: 900}}]
members: [{id: m, group: slower, attach: filter, trace: long.csv}]
END
reports long.yaml 0
[ "$(grep -c ',read,' report/scenario.yaml)" -lt 500 ] || fail 'all of a long trace is reported'

# A request that never leaves.
cat >one.yaml <<'END'
groups: [{id: gold}]
members: [{id: db, group: gold, attach: drive}]
trace: {csv: "time_ns,op,offset,bytes\n0,read,0,512\n"}
END
code=0
FAKE_QEMU=obey "$program" verify one.yaml --qemu "$3" --report never --json >out 2>err || code=$?
expect 4 "$code" "exit code of a QEMU that does nothing ($(cat err))"
expect false "$(jq .agree out)" 'a report with --json'
grep -q ' 0  *never  differs$' never/decisions.txt || fail "never: $(cat never/decisions.txt)"

# Nothing differs: nothing is written.
expect_code 0 verify case.yaml --report none
expect 'none: nothing is written, since nothing differs' "$(tail -n 1 out)" 'no difference'
expect_code 0 verify --random 1 --report none
expect 'none: nothing is written, since nothing differs' "$(tail -n 1 out)" 'no random difference'
[ ! -e none ] || fail 'a report of no difference'

# What is there stays, and that is said before anything runs.
expect_code 1 verify case.yaml --report never --qemu ./missing
expect_error "--report: never is not empty: it has '"
expect_code 1 verify case.yaml --report case.yaml --qemu ./missing
expect_error '--report: case.yaml: Not a directory'
expect_code 2 verify case.yaml --report new --qemu ./swapped --qemu ./swapped
expect_error '--report goes with one QEMU'

finish

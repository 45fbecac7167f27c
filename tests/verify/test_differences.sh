#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What `verify` says of a difference: which request, when it leaves here and there, to the
# nanosecond and in the steps of a main loop, and what was before.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

real=$(command -v qemu-system-x86_64) || exit 77

# write_qemu NAME SED_SCRIPT: one whose arguments go through sed.
write_qemu() {
    cat >"$1" <<END
#!/bin/sh
for argument; do
    shift
    set -- "\$@" "\$(printf '%s' "\$argument" | sed '$2')"
done
exec $real "\$@"
END
    chmod +x "$1"
}

# Disks are in the other of the groups n1 and n2.
write_qemu swapped 's/group=n1/group=x/; s/group=n2/group=n1/; s/group=x/group=n2/'

# differs GROUP ATTACH GRANULARITY SIMULATOR_NS QEMU_NS HOW
differs() {
    cat >case.yaml <<END
groups: [{id: other}, {id: slower, limits: {iops-total: 7}}, {id: faster, limits: {iops-total: 9}}]
members: [{id: m, group: $1, attach: $2}]
events: [{at: 1500us, qom-set: {group: other, limits: {iops-total: 5}}}]
trace: {csv: "time_ns,op,offset,bytes\n1000,write,0,512\n1000,write,0,512\n"}
END
    run verify case.yaml --qemu ./swapped --timer-granularity "$3"
    expect 4 "$code" "exit code of '$*' ($(cat err))"
    expect "request 1: write of 512 bytes, the write number 2 of 'm'
  arrives                 at 1000 ns
  leaves in the simulator at $4 ns
  leaves in QEMU          at $5 ns, $6" "$(head -n 4 out)" "the difference of '$*'"
    grep -q "^group '$1' in the simulator at .* ns, 1 members" out || fail "no group: $(cat out)"
    grep -q '^  iops-total  level ' out || fail "no level: $(cat out)"
    grep -q "^  at 1500000 ns: qom-set, group 'other' (line 3)" out || fail "no event: $(cat out)"
    run verify case.yaml --qemu ./swapped --timer-granularity "$3" --json
    expect 4 "$code" "exit code of '$*' as JSON ($(cat err))"
    expect "[\"departure\",$4,$5,$(($5 - 1)),1,1]" "$(jq -c '.difference | [.kind, .simulator_ns,
        .qemu_ns, .qemu_after_ns, .request.seq, (.operations | length)]' out)" "'$*' as JSON"
}

# One request is in the bucket, which holds a tenth of a second: 0.3 s / 7 and 0.1 s / 9 after
# 1000 ns. A main loop counts whole milliseconds from the operation at 1.5 ms, which wakes it.
for attach in filter drive; do
    differs slower $attach 0 42858142 11112111 '31746031 ns earlier'
    differs faster $attach 0 11112111 42858142 '31746031 ns later'
    differs slower $attach 1ms 43500000 11500000 '32000000 ns earlier'
    differs faster $attach 1ms 11500000 43500000 '32000000 ns later'
done

# A random run that differs at once names the QEMU all the same.
write_qemu lax 's/driver=throttle,/driver=raw,/; s/throttle-group=[^,]*,//'
run verify --random 1 --seed 2 --jobs 1 --qemu ./lax --json
expect 4 "$code" "exit code of a random difference ($(cat err))"
expect "$("$real" --version | sed -n '1s/.*version //p')" "$(jq -r .qemu out)" "QEMU's version"

# What is found is found by running the scenario again, which a stream cannot be.
sed 's/^trace: .*/trace: {path: "-", format: csv}/' case.yaml >stream.yaml
code=0
printf 'time_ns,op,offset,bytes\n0,read,0,512\n' | "$program" verify stream.yaml >out 2>err ||
    code=$?
expect 3 "$code" "exit code of a stream ($(cat out))"
expect_error 'stream.yaml:4:8: standard input (-) cannot be verified: a trace is read more'

# Every seed can be named again.
expect_code 2 verify --random 2 --seed 9223372036854775807
expect_error '--seed: the last of 2 scenarios would have one above 9223372036854775807'

# More disks than a command line holds, here of 256 KiB, which nothing that is installed changes.
(echo 'members:' && seq 5000 | sed 's/.*/  - {id: m&, attach: filter}/') >many.yaml
code=0
(ulimit -s 1024 && exec "$program" verify many.yaml) >out 2>err || code=$?
expect 1 "$code" "exit code of too many disks ($(cat err))"
expect_error 'Argument list too long; there are too many groups and members'

finish

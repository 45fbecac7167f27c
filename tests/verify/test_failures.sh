#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# `verify` with a QEMU that misbehaves: exit code 1 and one line that says how, in time, and nothing
# stays. fake_qemu.c has the ways of misbehaving.
# shellcheck source=tests/verify/verify.sh
. "$2/tests/verify/verify.sh"

LONG_S=15 # for a machine that is busy with other tests; --timeout is 30s if not given

# verify_with PATH [ARGUMENT...]: runs the verifier with that QEMU in here/.
verify_with() {
    path=$1
    shift
    code=0
    (cd here && marked timeout -k 1 60 "$program" verify ../case.yaml --qemu "$path" "$@") \
        >out 2>err || code=$?
}

# expect_failure WHAT TEXT: of the last run.
expect_failure() {
    expect 1 "$code" "exit code of $1"
    expect 1 "$(wc -l <err)" "$1: lines on stderr"
    [ ! -s out ] || fail "$1: prints: $(cat out)"
    case $(cat err) in
    'throttlesim: '*"$2"*) ;;
    *) fail "$1: expected '$2' in the message: $(cat err)" ;;
    esac
    expect_nothing_left "$1"
}

# fails MODE TEXT [ARGUMENT...]
fails() {
    export FAKE_QEMU="$1"
    text=$2
    shift 2
    began=$(date +%s)
    verify_with "$fake" "$@"
    took=$(($(date +%s) - began))
    expect_failure "mode $FAKE_QEMU" "$text"
    [ "$took" -le $LONG_S ] || fail "mode $FAKE_QEMU: took $took s"
}

# falls_silent MODE
falls_silent() {
    fails "$1" 'QEMU does not answer within 1 s' --timeout 1s
}

# ---- The fake ----

fails fail 'QEMU has ended with exit code 3: fake: no such machine'
falls_silent mute
fails garbage 'no QMP message'
fails otherwise 'does not greet as QEMU does'
fails wrongly 'does not greet as QEMU does'
fails flood "'only some was taken'"
fails endless-greeting "QEMU's answer does not end"
fails hang-up-greeting 'QEMU has closed its monitor'
fails refuse-all 'QEMU answers to qmp_capabilities: not?today'
fails no-sleep 'its clock cannot be taken over' --timeout 1s
fails refuse 'QEMU answers to qom-set: not?today'
fails refuse-wrongly 'QEMU answers to qom-set: neither yes nor no'
fails answer-otherwise 'QEMU answers to qom-set: neither yes nor no'
fails answer-number "QEMU's answer to 'qemu-io n1 \"aio_read -q 0 512\"' is no text"
fails answer-text "QEMU answers to 'qemu-io n1 \"aio_read -q 0 512\"': no such disk"
fails hang-up 'QEMU has closed its monitor'
fails leave-child 'QEMU has ended with exit code 4'
fails die 'QEMU has ended with signal 15'
falls_silent mute-later
fails endless "QEMU's answer does not end"
falls_silent trickle
falls_silent events
fails miscount "QEMU's answer to 'query-blockstats' is not"
falls_silent freeze

# As many have left, at other times. Each of several is compared, whatever came of the one before.
sed 's/0,512.n0,.*/0,512"}/' case.yaml >one.yaml
export FAKE_QEMU=mistime
run verify one.yaml --qemu "$fake"
expect 4 "$code" "exit code of mode mistime ($(cat err))"
expect "by 0 ns 1 reads of 'db' have left
  in the simulator they took 0 ns together
  in QEMU they took          1 ns
no operation before
in QEMU 99.0.0" "$(cat out)" 'mode mistime'
run verify one.yaml --qemu "$fake" --qemu "$fake" --json
expect 4 "$code" "exit code of two that differ ($(cat err))"
expect_error 'one.yaml: QEMU and the simulator differ'
latency='["latency",0,0,1,"db","read"]'
expect "[$latency,$latency]" "$(jq -s -c 'map(.difference |
    [.kind, .found_ns, .simulator_ns, .qemu_ns, .member, .direction])' out)" 'mode mistime as JSON'
run verify one.yaml --qemu "$fake" --qemu ./nowhere
expect 1 "$code" "exit code of one that differs and one that is not there ($(cat err))"
expect_error 'nowhere: No such file or directory'

# It is the mode that fails, not the fake: at its best it gets an answer to the question asked.
export FAKE_QEMU=obey
verify_with "$fake"
expect 4 "$code" 'exit code of mode obey'
grep -q 'leaves in QEMU  *at never' out || fail "mode obey: expected a difference: $(cat out err)"
expect_nothing_left 'mode obey'

# Names are not obeyed by a terminal.
sed 's/gold/"g\\e[31mold"/g; s/db/"d\\rb"/g' case.yaml >names.yaml
code=0
"$program" verify names.yaml --qemu "$fake" >out 2>err || code=$?
expect 4 "$code" "exit code with control characters in names ($(cat err))"
grep -q "group 'g?\[31mold' in the simulator" out || fail "expected the group's name: $(cat -v out)"
grep -q "turn of 'd?b'" out || fail "expected the member's name: $(cat -v out)"
if LC_ALL=C tr -d '\n' <out | LC_ALL=C grep -q '[[:cntrl:]]'; then
    fail "control characters are printed: $(cat -v out)"
fi

# Several at a time, and the reason is the same.
for mode in fail mute-later@qom-set freeze@qom-set leave-child@qom-set; do
    code=0
    (cd here && marked FAKE_QEMU="$mode" timeout -k 1 60 "$program" verify --random 20 --jobs 4 \
        --timeout 1s --qemu "$fake") >out 2>err || code=$?
    expect_failure "--random with mode $mode" 'QEMU '
done

# A server that is not there.
sed 's/attach: drive/attach: filter/' case.yaml >filter.yaml
code=0
FAKE_QEMU=obey "$program" verify filter.yaml --qemu "$fake" >out 2>err || code=$?
expect_failure 'no NBD server' "cannot connect to QEMU's NBD server: Connection refused"

# ---- What is no QEMU ----

export FAKE_QEMU=obey

verify_with "$scratch/nowhere"
expect_failure 'a missing file' 'nowhere: No such file or directory'
verify_with /etc/passwd
expect_failure 'a file that is no program' '/etc/passwd: Permission denied'
verify_with "$scratch"
expect_failure 'a directory' 'Permission denied'
verify_with throttlesim-no-such-qemu
expect_failure 'a name that is not in PATH' 'throttlesim-no-such-qemu: No such file or directory'
verify_with true
expect_failure 'a program that ends' 'QEMU has ended with exit code 0'
if [ -x "$fake-static" ]; then # not every system has a static libc
    verify_with "$fake-static" --timeout 1s
    expect_failure 'a static program' 'it must be linked dynamically'
fi

# ---- Scripts ----

real=$(command -v qemu-system-x86_64) || {
    finish
    echo 'no qemu-system-x86_64: scripts that start one are not tested'
    exit 77
}

# write_script NAME LINE
write_script() {
    printf '#!/bin/sh\n%s\n' "$2" >"$1"
    chmod +x "$1"
}

write_script with-exec "exec $real \"\$@\""
verify_with "$scratch/with-exec"
expect 0 "$code" "exit code of a script with exec ($(cat err))"
grep -q 'agrees: 4 requests, of which 2 waited' out || fail "a script with exec: $(cat out)"
expect_nothing_left 'a script with exec'

write_script without-exec "$real \"\$@\"; exit \$?"
verify_with "$scratch/without-exec" --timeout 6s
expect_failure 'a script without exec' 'if started by a script, with exec'

write_script background "$real \"\$@\" & exit 0"
verify_with "$scratch/background" --timeout 6s
expect_failure 'a script that ends before its QEMU' 'if started by a script, with exec'

write_script bad-option "exec $real --no-such-option \"\$@\""
verify_with "$scratch/bad-option"
expect_failure 'a QEMU that refuses an option' 'exit code 1: '

finish

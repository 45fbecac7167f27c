#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Whatever ends `verify`, no process, file or socket of it stays.
# shellcheck source=tests/verify/verify.sh
. "$2/tests/verify/verify.sh"

real=$(command -v qemu-system-x86_64) || exit 77

# ---- It ends by itself ----

# ends CODE WHAT ARGUMENT...
ends() {
    wanted=$1
    what=$2
    shift 2
    code=0
    (cd here && marked "$program" verify "$@") >out 2>err || code=$?
    expect "$wanted" "$code" "exit code after $what ($(cat err))"
    expect_nothing_left "$what"
}

ends 0 'agreement' ../case.yaml
ends 0 'random agreement' --random 8 --jobs 4

# A QEMU that decides as always, but whose disks take their time.
cat >slow <<END
#!/bin/sh
left=\$#
while [ "\$left" -gt 0 ]; do
    argument=\$(printf '%s' "\$1" | sed 's/\(file\.\)\{0,1\}size=/\1latency-ns=1000000,&/')
    shift
    set -- "\$@" "\$argument"
    left=\$((left - 1))
done
exec $real "\$@"
END
chmod +x slow
ends 4 'a difference' ../case.yaml --qemu "$scratch/slow"
mkdir results
ends 4 'a random difference' --random 4 --jobs 2 --qemu "$scratch/slow" -o "$scratch/results"

# ---- It is ended ----

awk 'BEGIN {
    print "members: [{id: db, attach: filter}]"
    print "trace:\n  csv: |\n    time_ns,op,offset,bytes"
    for (i = 0; i < 500000; i++)
        print "    " i ",read,0,512"
}' >long.yaml

# The numbers of the QEMUs, real or fake, that the test has started.
list_qemus() {
    for number in $(list_marked); do
        if grep -qzF -e 'id=monitor' "/proc/$number/cmdline" 2>/dev/null; then
            echo "$number"
        fi
    done
}

# has_processes COUNT: and one of them is a QEMU.
has_processes() {
    [ -n "$(list_qemus)" ] && [ "$(list_marked | wc -l)" -ge "$1" ]
}

# A QEMU has nothing open that has a name which could stay.
expect_no_names() {
    for number in $(list_qemus); do
        for link in "/proc/$number/fd/"*; do
            case $(readlink "$link" || true) in
            "$scratch/here"*) fail "a QEMU has $(readlink "$link") open" ;;
            esac
        done
    done
    [ -z "$(ls -A here)" ] || fail "files while it runs: $(ls -A here)"
}

# is_ended_by SIGNAL CODE PROCESSES ARGUMENT...: when it has come to that many.
is_ended_by() {
    signal=$1
    wanted=$2
    processes=$3
    shift 3
    (cd here && marked "$program" verify "$@") >out 2>err &
    verifier=$!
    await has_processes "$processes" || fail "no $processes processes of '$*': $(cat err)"
    expect_no_names
    kill "-$signal" "$verifier"
    code=0
    wait "$verifier" || code=$?
    expect "$wanted" "$code" "exit code of '$*' after SIG$signal ($(cat err))"
    expect_nothing_left "SIG$signal of '$*'"
}

export FAKE_QEMU=mute-later
for ending in INT=130 TERM=143 HUP=129 KILL=137; do
    signal=${ending%=*}
    code=${ending#*=}
    is_ended_by "$signal" "$code" 2 ../long.yaml
    is_ended_by "$signal" "$code" 4 --random 1000000 --jobs 3
    is_ended_by "$signal" "$code" 2 ../case.yaml --qemu "$fake"
    FAKE_QEMU=mute-later@qom-set
    is_ended_by "$signal" "$code" 4 --random 9 --jobs 3 --qemu "$fake"
    FAKE_QEMU=mute-later
done

# ---- A part of it is ended ----

# ends_with_its_qemu PROCESSES ARGUMENT...
ends_with_its_qemu() {
    processes=$1
    shift
    (cd here && marked "$program" verify "$@") >out 2>err &
    verifier=$!
    await has_processes "$processes" || fail "no $processes processes of '$*': $(cat err)"
    kill -KILL "$(list_qemus | head -n 1)"
    code=0
    wait "$verifier" || code=$?
    expect 1 "$code" "exit code of '$*' after the end of a QEMU"
    expect_error 'QEMU has ended with signal 9'
    expect_nothing_left "the end of a QEMU of '$*'"
}

ends_with_its_qemu 2 ../long.yaml
# These are silent, so that none is over in the instant in which it would be killed.
export FAKE_QEMU=mute-later@qom-set
ends_with_its_qemu 4 --random 9 --jobs 3 --qemu "$fake" --timeout 10s

finish

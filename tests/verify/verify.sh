# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What the tests of failures and leftovers share. Each is run as: test_NAME.sh PROGRAM SOURCE_DIR
# FAKE_QEMU.
#
# Everything that a test starts has a word of its own in its environment, by which it is told from
# what other tests run at the same time. Besides its files it has no other place than here/ to leave
# something in.
# shellcheck disable=SC2034 # used by the tests
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

fake=$3
marker=THROTTLESIM_TEST=$scratch
mkdir here
trap 'kill_marked; rm -rf "$scratch"' EXIT

cat >case.yaml <<'END'
groups: [{id: gold, limits: {iops-total: 10}}]
members: [{id: db, group: gold, attach: drive}]
trace: {csv: "time_ns,op,offset,bytes\n0,read,0,512\n0,read,0,512\n0,read,0,512\n0,read,0,512\n"}
END

# In exec's place, so that the number of a background job is the program's.
marked() {
    exec env --default-signal=INT,TERM,HUP "$marker" TMPDIR="$scratch/here" HOME="$scratch/here" \
        "$@"
}

# The numbers of the processes that run under that word.
list_marked() {
    grep -lzxF -e "$marker" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3
}

kill_marked() {
    for number in $(list_marked); do
        kill -KILL "$number" 2>/dev/null || true
    done
}

# await COMMAND...: until it succeeds, for ten seconds at most.
await() {
    tries=200
    until "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.05
    done
}

none_marked() {
    [ -z "$(list_marked)" ]
}

# expect_nothing_left WHAT
expect_nothing_left() {
    if ! await none_marked; then
        left=$(list_marked | paste -sd,)
        fail "$1: left running: $(ps -o pid,stat,args -p "$left" | cut -c-100)"
        kill_marked
    fi
    [ -z "$(ls -A here)" ] || fail "$1: left files: $(ls -A here)"
}

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is known of the terminal: its width, else COLUMNS, else 80; colours only where they are shown
# and wanted. Nothing is wider, whatever the command.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"
unset NO_COLOR

# fits WIDTH FILE WHAT: no line is wider but one word.
fits() {
    awk -v most="$1" '{ gsub(/\033\[[0-9;]*m|\r/, "") }
        length > most && /[^ ] +[^ ]/ { print; bad = 1 } END { exit bad }' "$2" ||
        fail "$3: wider than $1"
}

# Help has lines of its own: they stay.
expect_code 0 trace synth --help
grep -qx '  volumes: .*' out || fail "the example of a specification: $(cat out)"

expect_code 0 run "$recorded/demo.yaml" --db a.db --log requests
for width in 60 80 93 0; do
    [ "$width" -eq 0 ] && unset COLUMNS && most=80 || most=$width
    [ "$width" -eq 0 ] || export COLUMNS=$width
    for command in 'run --help' 'trace convert --help' 'compare --help' 'report a.db' \
        'explain a.db' 'explain a.db --member fio' 'compare a.db a.db' 'engines' \
        'limits' 'trace formats' 'help' \
        'run nowhere.yaml a b c' 'compare a.db' 'run --limits iops-total=3,iops-totl=5' \
        "run $recorded/mixed"; do
        # shellcheck disable=SC2086 # words of a command
        run $command
        grep -q "$(printf '\033')" out err && fail "$command: colours in a file"
        fits "$most" out "$command"
        # What has no spaces, such as a path, is not broken.
        fits "$most" err "$command, its error"
    done
done

command -v script >unused || exit 77
terminal() {
    script -qec "stty cols 70; $*" typescript >unused </dev/null || true
    sed '1d;/^Script done/d' typescript >shown
}
bold=$(printf '\033\[1m')
TERM=xterm terminal "$program report a.db"
grep -q "$bold" shown || fail 'no colours on a terminal'
fits 70 shown 'report on a terminal'
TERM=xterm NO_COLOR=1 terminal "$program report a.db"
grep -q "$bold" shown && fail 'colours with NO_COLOR'
TERM=dumb terminal "$program report a.db"
grep -q "$bold" shown && fail 'colours on a dumb terminal'
TERM=xterm terminal "$program report a.db | cat"
grep -q "$bold" shown && fail 'colours in a pipe'
TERM=xterm terminal "$program report nowhere.db"
grep -q "$(printf '\033\[31m')throttlesim: " shown || fail 'an error has no colour'

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The progress line: on a terminal, of what lasts longer than a second, in every command that may;
# never in a pipe unless asked for. Nothing is left of it.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

command -v script >/dev/null || {
    echo 'script is not there' >&2
    exit 77
}

# Which lasts long enough: the volumes, and gnuplot.
cat >long.yaml <<'END'
volumes: [{id: a, count: 3, arrivals: {process: poisson, rate: 2000}}]
END
run trace synth long.yaml --duration 3s -o long.csv
mkdir slow
real=$(command -v gnuplot || true)
printf '#!/bin/sh\nsleep 2\nexec %s "$@"\n' "$real" >slow/gnuplot
chmod +x slow/gnuplot
PATH=$scratch/slow:$PATH
expect_code 0 run --limits iops-total=100000 --each-volume --log requests --db long.db long.csv

erase=$(printf '\r\033[K')

# on_terminal WORD...: what the command writes to a terminal is in the file typescript.
on_terminal() {
    code=0
    script -qec "$program $*" typescript >/dev/null </dev/null || code=$?
    expect 0 "$code" "exit code of '$*' on a terminal"
}

# told WHAT: the line was there, with a share, and has been taken away before anything follows.
told() {
    grep -q "$(printf '\r')\[=* *\] *[0-9]* %" typescript || fail "$1: no progress on a terminal"
    tr '\r' '\n' <typescript | sed -n '/^\[[= ]*\]/{n;p;}' | grep -v '^\[[= ]*\]' |
        grep -qv "^$(printf '\033')\[K" && fail "$1: the line is still there"
    grep -qF "$erase" typescript || fail "$1: the line is not taken away"
}

# Asked for, so that a fast machine shows it: each command knows the option.
for words in "run --limits iops-total=100000 --each-volume long.csv" "trace info long.csv" \
    "compare long.db:1 long.db:1" "trace convert long.csv long.iolog" "plot long.db -o plots" \
    "explain long.db -o plots" "trace synth long.yaml -o -"; do
    # shellcheck disable=SC2086
    run $words --eta never
    expect 0 "$code" "exit code of '$words --eta never'"
    grep -q '\[=* *\]' err && fail "$words: progress that is not wanted"
    # shellcheck disable=SC2086
    run $words
    grep -q '\[=* *\]' err && fail "$words: progress in a pipe"
done

# Drawing lasts: as many of the pictures as are there.
if [ -n "$real" ]; then
    on_terminal plot long.db -o plots
    told plot
    on_terminal explain long.db -o plots
    told explain
    # Ctrl-C: the line is taken away, no plot is half there, and the shell sees an interruption.
    rm -rf plots
    code=0
    { sleep 1.7 && printf '\003' && sleep 1; } |
        script -qec "$program plot long.db -o plots" typescript >/dev/null || code=$?
    expect 130 "$code" 'exit code after Ctrl-C'
    told 'plot, interrupted'
    expect '' "$(ls plots)" 'files of an interrupted plot'
fi

# Several parts of one work are one line, whose share rises: no step is most of it.
for limit in 20000 5000; do
    cat >"$limit.yaml" <<END
trace: long.csv
groups: [{id: g, limits: {iops-total: $limit}}]
members: [{id: a-1, group: g}, {id: a-2, group: g}, {id: a-3, group: g}]
END
done
run compare 20000.yaml 5000.yaml --eta always
expect 0 "$code" 'exit code of compare'
tr '\r' '\n' <err | sed -n 's/^\[[= ]*\] *\([0-9]*\) %.*/\1/p' |
    awk '$1 < last || (NR > 1 && $1 > last + 50) { bad = 1 } { last = $1 } END { exit bad }' ||
    fail "compare does not rise: $(tr '\r' '\n' <err)"

# A trace so long that it lasts on any machine: more than two seconds.
length_s=150
until [ "${took_s:-0}" -ge 3 ]; do
    length_s=$((2 * length_s))
    run trace synth long.yaml --duration "${length_s}s" -o longer.csv
    begun_s=$(date +%s)
    expect_code 0 trace info longer.csv
    took_s=$(($(date +%s) - begun_s))
done
on_terminal trace info longer.csv
told 'trace info'
# To learn the members, before there is anything to compare: a tenth of that for each reading.
lists=longer.csv,longer.csv,longer.csv,longer.csv
echo "{members: {from: trace}, trace: [$lists,$lists], end: 1ms}" >members.yaml
on_terminal compare members.yaml members.yaml
told 'compare of members from traces'

finish

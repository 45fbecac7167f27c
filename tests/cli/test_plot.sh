#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# All plots are drawn, and something is on them.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

expect_code 0 run "$recorded/throttled-iops.yaml" --db a.db
expect_code 0 plot a.db -o drawn
sort out >found.txt
for plot in bucket-levels demand fairness latency-cdf latency-map latency-over-time throughput \
    wait-causes waiting; do
    printf 'drawn/run1-%s.png\ndrawn/run1-%s.svg\n' "$plot" "$plot" >>wanted.txt
done
diff wanted.txt found.txt || fail 'not the nine plots, each as PNG and SVG'
expect 18 "$(find drawn -type f | wc -l)" 'files'

while read -r plot; do
    [ -s "$plot" ] || fail "$plot is empty"
    case $plot in
    *.png)
        expect 89504e47 "$(od -A n -t x1 -N 4 "$plot" | tr -d ' ')" "first bytes of $plot"
        # A blank picture of this size takes 2 kB.
        [ "$(wc -c <"$plot")" -gt 8000 ] || fail "$plot is nearly blank"
        ;;
    *)
        rsvg-convert "$plot" >rendered.png || fail "$plot is not SVG that can be drawn"
        [ "$(wc -c <rendered.png)" -gt 8000 ] || fail "$plot is nearly blank"
        grep -q '<text' "$plot" || fail "$plot has no text"
        ;;
    esac
done <found.txt

# The same run, the same pictures.
expect_code 0 plot a.db:1 --output again
for plot in drawn/*.svg; do
    cmp -s "$plot" "again/$(basename "$plot")" || fail "$plot differs when it is drawn again"
done

# A run without requests has plots too.
echo 'members: [{id: a}]' >empty.yaml
expect_code 0 run empty.yaml --db a.db
expect_code 0 plot a.db -o empty
expect 18 "$(find empty -type f | wc -l)" 'files of an empty run'

# Each run has files of its own, and a folder is made with those above it.
expect_code 0 plot a.db --run 2 -o one/two/three
expect_code 0 plot a.db:1 -o one/two/three/
expect 36 "$(find one/two/three -type f -name 'run[12]-*' | wc -l)" 'files of two runs'

# It cannot be written there, or gnuplot is missing: exit 1 and why.
touch file
expect_code 1 plot a.db -o file
expect_error file
code=0
PATH=/nowhere "$program" plot a.db -o other >out 2>err || code=$?
expect 1 "$code" 'exit code without gnuplot'
expect_error gnuplot

finish

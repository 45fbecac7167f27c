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

# Alone in a group nobody is served more or less fairly: fairness does not show the group.
{
    echo 'time_ns,op,offset,bytes'
    for i in 0 1 2 3 4 5 6 7 8 9; do echo "${i}00000000,read,0,4096"; done
} >few.csv
cat >alone.yaml <<'END'
groups: [{id: lonely, limits: {iops-total: 2}}, {id: common, limits: {iops-total: 2}}]
members: [{id: a, group: lonely, trace: few.csv}, {id: b, group: common, trace: few.csv}]
END
expect_code 0 run alone.yaml --db alone.db
expect_code 0 plot alone.db -o alone
grep -q 'No group had two members' alone/run1-fairness.svg || fail 'nobody is told to be alone'
grep -q '>lonely<\|difference' alone/run1-fairness.svg && fail 'a group of one is told as shared'
echo '  - {id: c, group: common, trace: few.csv}' | cat alone.yaml - |
    sed 's/^members: \[\(.*\), \({id: b.*\)\]$/members:\n  - \1\n  - \2/' >shared.yaml
expect_code 0 run shared.yaml --db alone.db
expect_code 0 plot alone.db -o alone
grep -q '>common<' alone/run2-fairness.svg || fail 'a shared group is not told'
grep -q '>lonely<' alone/run2-fairness.svg && fail 'a group of one beside a shared one is told'

# A run without requests has plots too.
echo 'members: [{id: a}]' >empty.yaml
expect_code 0 run empty.yaml --db a.db
expect_code 0 plot a.db -o empty
expect 18 "$(find empty -type f | wc -l)" 'files of an empty run'

# Each run has files of its own, and a folder is made with those above it.
expect_code 0 plot a.db --run 2 -o one/two/three
expect_code 0 plot a.db:1 -o one/two/three/
expect 36 "$(find one/two/three -type f -name 'run[12]-*' | wc -l)" 'files of two runs'

# What gnuplot is told is what is stored: stairs have a row where a value changes, and for the end.
cat >told.yaml <<END
groups:
  - {id: g, limits: {iops-total: 300, iops-total-max: 600, iops-size: 8192, bps-read: 20MB}}
members:
  - {id: a, group: g, attach: filter, trace: {path: $recorded/mixed/vdf.blktrace, arrival: issue}}
  - {id: b, group: g, attach: drive, trace: {path: $recorded/mixed/vdd.blktrace, arrival: issue}}
device: {model: recorded}
events:
  - {at: 20s, qom-set: {group: g, limits: {iops-total: 350}}}
  - {at: 30s, qom-set: {group: g, limits: {iops-total-max-length: 2}}}
interval: 1s
end: 60s
END
mkdir -p bin
printf '#!/bin/sh\ncat >"%s/script"\n' "$scratch" >bin/gnuplot
chmod +x bin/gnuplot
expect_code 0 run told.yaml --db told.db
PATH=$scratch/bin:$PATH "$program" plot told.db -o none >out 2>err || true
# told NAME: the first data block of this name. stairs SQL: of its columns interval and value.
told() {
    awk -v name="\$$1" '$1 == name { on = 1; next } $1 == "EOD" && on { exit } on && NF' script
}
stairs() {
    sqlite3 told.db "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 59),
        value AS ($1), step AS
            (SELECT i, ifnull(v, 0) AS v, lag(ifnull(v, 0)) OVER (ORDER BY i) AS w
            FROM n LEFT JOIN value ON interval = i)
        SELECT printf('%d %.6g', i, v) FROM step WHERE v IS NOT w UNION ALL
        SELECT printf('60 %.6g', v) FROM step WHERE i = 59"
}
# Requests of a filter's discards count, a drive's do not, nor flushes; with what large ones count.
throttled="(direction IN ('read', 'write') OR direction = 'discard' AND attach = 'filter')"
of="FROM member_interval JOIN member USING (run_id, member_id)
    LEFT JOIN counted_interval USING (run_id, interval, member_id, direction) WHERE"
same() {
    told "$1" >found.txt
    stairs "SELECT interval, $2 AS v $of $3 GROUP BY interval" >wanted.txt
    [ "$(wc -l <wanted.txt)" -gt 10 ] || fail "$1: nothing to compare"
    diff wanted.txt found.txt || fail "$1 is not what is stored"
}
same got0 'total(dispatched) + total(extra)' "$throttled"
same askedbytes0 'total(arrived_bytes)' "$throttled"
same gotbytes0 'total(dispatched_bytes)' "$throttled"
same requests1 'total(dispatched) + total(extra)' "$throttled AND name = 'b'"
# Asked for in operations: at the mean size of those delivered.
told asked0 >found.txt
stairs "SELECT interval, total(arrived * (1 + ifnull(more, 0))) AS v
    FROM member_interval AS i JOIN member USING (run_id, member_id) LEFT JOIN
        (SELECT c.member_id, c.direction, total(c.extra) / (SELECT total(m.dispatched)
            FROM member_interval AS m WHERE m.member_id = c.member_id
            AND m.direction = c.direction) AS more
        FROM counted_interval AS c GROUP BY 1, 2) USING (member_id, direction)
    WHERE $throttled GROUP BY interval" >wanted.txt
diff wanted.txt found.txt || fail 'asked0 is not what is stored'
# The limits, by key: bps-read, iops-total, and iops-total-max, an amount until it has a length.
expect '0 20000000 60 20000000' "$(told limit0 | xargs)" 'the limit of bytes'
expect '0 300 20 350 60 350' "$(told limit1 | xargs)" 'the limit of operations'
expect '30 600 60 600' "$(told limit3 | xargs)" 'the rate of a burst'
grep -q 'set arrow from first 20, graph 0' script || fail 'an event is not marked'
# Numbers of events and texts of a panel do not take each other's place.
awk '/^unset label/ { split("", seen) }
    /^set label/ && ($3 !~ /^[0-9]+$/ || seen[$3]++) { bad = 1 } END { exit bad }' script ||
    fail 'a label takes the place of another'
# Latencies: as many as completed in each step, over all levels.
told latencies | awk '{ for (i = 1; i <= NF; i++) if ($i != "NaN") sum[i] += $i }
    END { for (i = 1; i <= 60; i++) print sum[i] + 0 }' >found.txt
sqlite3 told.db "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 59)
    SELECT ifnull((SELECT sum(completed) FROM member_interval
        WHERE interval = i AND direction = 'read+write'), 0) FROM n" >wanted.txt
diff wanted.txt found.txt || fail 'the map of latencies is not what is stored'

# It cannot be written there, or gnuplot is missing: exit 1 and why.
touch file
expect_code 1 plot a.db -o file
expect_error file
code=0
PATH=/nowhere "$program" plot a.db -o other >out 2>err || code=$?
expect 1 "$code" 'exit code without gnuplot'
expect_error gnuplot

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What `trace info` says of a recording, by other tools: SQL over all of its requests, and runs at
# the limits that it names.
# shellcheck disable=SC2086 # $filter is several words
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"
filter='--attach filter --discard unmap'

# ---- The statistics, by SQLite ----

# All requests of the recording, from a run without limits, in a table.
for disk in vdc vdd vde vdf; do
    echo "  - {id: $disk, attach: filter, discard: unmap,
      trace: {path: $recorded/mixed/$disk.blktrace, arrival: queue}}"
done | { echo 'members:' && cat; } >all.yaml
expect_code 0 run all.yaml --log requests --db all.db
expect_code 0 trace info --json --arrival queue $filter "$recorded/mixed"
mv out info.json

# found FILTER: of the JSON, rounded as SQLite prints it.
found() {
    jq -r "$1" info.json
}

# by_sql WHAT SQL FILTER
by_sql() {
    expect "$(ask all.db "$2")" "$(found "$3")" "$1"
}

by_sql requests 'SELECT count(*) FROM request_log' '.[0].all.requests'
by_sql bytes 'SELECT sum(bytes) FROM request_log' '.[0].all.bytes'
by_sql span 'SELECT max(arrival_ns) - min(arrival_ns) FROM request_log' '.[0].all.span_ns'
by_sql 'requests that a throttle counts' "SELECT count(*) FROM request_log WHERE op <> 'flush'" \
    '.[0].all.limits.requests'
# Peaks are of what a filter throttles.
sqlite3 all.db "CREATE VIEW throttled AS SELECT * FROM request_log WHERE op <> 'flush'"
for window in 1ms:1000000 100ms:100000000 1s:1000000000; do
    by_sql "peak in ${window%:*}" "
        SELECT max(n), max(b) FROM (
            SELECT count(*) OVER w AS n, sum(bytes) OVER w AS b FROM throttled
            WINDOW w AS (ORDER BY arrival_ns RANGE BETWEEN ${window#*:} - 1 PRECEDING
                         AND CURRENT ROW))" \
        ".[0].all.windows[\"${window%:*}\"] | \"\\(.peak_requests)|\\(.peak_bytes)\""
    by_sql "dispersion at ${window%:*}" "
        WITH RECURSIVE first(ns, windows) AS (
            SELECT min(arrival_ns), (max(arrival_ns) - min(arrival_ns)) / ${window#*:}
            FROM throttled),
        counted AS (
            SELECT count(*) AS n FROM throttled, first
            WHERE (arrival_ns - ns) / ${window#*:} < windows
            GROUP BY (arrival_ns - ns) / ${window#*:}),
        sums AS (SELECT sum(n) AS s, sum(n * n) AS q FROM counted)
        SELECT printf('%.6f', (q - 1.0 * s * s / windows) / (windows - 1) / (1.0 * s / windows))
        FROM sums, first" \
        ".[0].all.windows[\"${window%:*}\"].dispersion * 1e6 | round |
            tostring | (.[:-6] + \".\" + .[-6:])"
done
by_sql 'mean gap' "SELECT printf('%.0f', 1.0 * (max(arrival_ns) - min(arrival_ns)) /
    (count(*) - 1)) FROM request_log" '.[0].all.gaps.mean_ns | round'
by_sql 'variation of gaps' "
    WITH gaps AS (SELECT arrival_ns - lag(arrival_ns) OVER (ORDER BY arrival_ns) AS gap
                  FROM request_log),
    sums AS (SELECT count(gap) AS n, avg(gap) AS mean FROM gaps)
    SELECT printf('%.0f', 1e6 * sqrt(sum((gap - mean) * (gap - mean)) / (n - 1)) / mean)
    FROM gaps, sums WHERE gap IS NOT NULL" '.[0].all.gaps.variation * 1e6 | round'
by_sql 'commonest sizes' "
    SELECT group_concat(bytes || 'x' || n, ' ') FROM (
        SELECT bytes, count(*) AS n FROM request_log WHERE op <> 'flush'
        GROUP BY bytes ORDER BY n DESC, bytes LIMIT 8)" \
    '.[0].all.sizes.common | map("\(.bytes)x\(.requests)") | join(" ")'
by_sql 'sizes' "
    WITH ranked AS (SELECT bytes, row_number() OVER (ORDER BY bytes) AS rank, count(*) OVER () AS n
                    FROM request_log WHERE op <> 'flush')
    SELECT min(bytes), max(iif(rank = (n + 1) / 2, bytes, 0)),
           max(iif(rank = (n * 9 + 9) / 10, bytes, 0)), max(bytes) FROM ranked" \
    '.[0].all.sizes | "\(.min)|\(.p50)|\(.p90)|\(.max)"'
by_sql 'sequential requests' "
    SELECT sum(ended = offset) FROM (
        SELECT offset, lag(offset + bytes) OVER (PARTITION BY member, op ORDER BY seq) AS ended
        FROM request_log WHERE op IN ('read', 'write'))" '.[0].all.sequential.requests'
by_sql 'working set' "
    WITH RECURSIVE touched(member, block, last) AS (
        SELECT DISTINCT member, offset / 4096, (offset + bytes - 1) / 4096 FROM request_log
        WHERE op IN ('read', 'write') AND bytes > 0
        UNION SELECT member, block + 1, last FROM touched WHERE block < last)
    SELECT count(DISTINCT member || ':' || block) FROM touched" '.[0].all.working_set.blocks'
expect true "$(found '.[0].all.working_set.exact')" 'the working set is exact'

# ---- The limits, by runs ----

# How many requests of the last run waited. Flushes are not throttled.
waited() {
    jq '[.members[].directions | to_entries[] | select(.key != "read+write") | .value |
         .waited + .requests - .dispatched] | add' out
}

# check_limits INFO KEY TRACE...: at each limit no more wait than it says, one below too many.
check_limits() {
    info=$1 key=$2
    shift 2
    set -- --arrival queue --arrivals open $filter "$@"
    for i in 0 1 2; do
        limit=$(jq ".limits[\"$key\"][$i].limit" "$info")
        most=$(jq ".limits | .requests * .[\"$key\"][$i].share | floor" "$info")
        expect true "$(jq ".limits[\"$key\"][$i].confirmed" "$info")" "$key $limit is confirmed"
        expect_code 0 run --json --limits "$key=$limit" "$@"
        expect "$(jq ".limits[\"$key\"][$i].waiting" "$info")" "$(waited)" "wait at $key=$limit"
        [ "$(waited)" -le "$most" ] || fail "$key=$limit: $(waited) wait, not $most"
        expect_code 0 run --json --limits "$key=$((limit - 1))" "$@"
        [ "$(waited)" -gt "$most" ] || fail "$key=$((limit - 1)): only $(waited) wait"
    done
}

for key in iops-total bps-total; do
    jq '.[0].all' info.json >all.json
    check_limits all.json "$key" "$recorded/mixed/vdc.blktrace" "$recorded/mixed/vdd.blktrace" \
        "$recorded/mixed/vde.blktrace" "$recorded/mixed/vdf.blktrace"
    for disk in vdc:254,32 vdf:254,80; do
        jq --arg device "${disk#*:}" '.[0].devices[] | select(.device == $device)' info.json \
            >disk.json
        check_limits disk.json "$key" "$recorded/mixed/${disk%:*}.blktrace"
    done
done

# ---- What is asked for without a word: D, as the driver sent it, and a drive ----

# lowest DEVICE KEY OPTION...: under which nothing of the device waits
lowest() {
    device=$1 key=$2
    shift 2
    "$program" trace info --json --device "$device" "$@" "$recorded/mixed" |
        jq ".[0].devices[0].limits[\"$key\"][2].limit"
}
expect 5393 "$(lowest 254,80 iops-total $filter --arrival queue)" 'vdf at Q'
expect 219 "$(lowest 254,80 iops-total)" 'vdf at D'
expect 219 "$(lowest 254,80 iops-total --arrival issue)" 'vdf at D, asked for'
expect 128 "$(lowest 254,64 iops-total --arrival queue)" 'vde at Q'
expect 309 "$(lowest 254,64 iops-total)" 'vde at D'
# 92 MB/s of reads and writes; its discards would need 15.6 GB/s.
expect 91539085 "$(lowest 254,80 bps-total)" 'bytes/s of vdf as a drive'
expect 91539085 "$(lowest 254,80 bps-total $filter --op read,write)" 'its reads and writes'
expect 15675152974 "$(lowest 254,80 bps-total $filter)" 'bytes/s of vdf as a filter'
expect_code 0 trace info --device 254,80 "$recorded/mixed"
expect "$recorded/mixed: blktrace, arrivals at D (issue), 1 device" "$(head -n 1 out)" \
    'what was taken'
grep -q 'requests and data are of all; .* are not throttled there: flushes, and discards' out ||
    fail 'that a drive does not throttle discards is not said'
expect_code 0 trace info --json "$recorded/mixed"
expect 'drive issue read,write,write-zeroes' "$(jq -r '.[0] |
    "\(.attach) \(.arrival) \(.throttled | join(","))"' out)" 'what was taken, in JSON'
expect_code 0 trace info --json --op flush "$recorded/mixed"
expect 'flush 0' "$(jq -r '.[0].all | "\(.ops | keys | join(",")) \(.limits.requests)"' out)" \
    'only flushes'
expect_code 0 run --json --limits bps-total=100MB "$recorded/mixed/vdf.blktrace"
expect 0 "$(waited)" 'waits of vdf under 100 MB/s'

# p99 of the waits of `files` in the demo.
p99() {
    expect_code 0 run --json "$1"
    jq '.members[] | select(.name == "files") |
        .directions["read+write"].latency.throttle_wait.p99_ns / 1e6 | round' out
}
for arrival in issue queue; do
    sed "s|trace: \([a-z/.]*\)|arrivals: open, trace: {path: $recorded/\1, arrival: $arrival}|" \
        "$recorded/demo.yaml" >$arrival.yaml
done
expect 38 "$(p99 issue.yaml)" 'p99 of files in the demo, at D'
expect 6057 "$(p99 queue.yaml)" 'p99 of files in the demo, at Q'

# ---- For people ----

COLUMNS=80
expect_code 0 trace info --arrival queue $filter "$recorded/mixed"
COLUMNS=1000
for width in 60 80 100; do
    COLUMNS=$width "$program" trace info --arrival queue $filter "$recorded/mixed" >narrow
    [ -z "$(awk "length > $width && / [^ ]/" narrow)" ] || fail "wider than $width columns"
done
for limit in $(found '.[0].all.limits["iops-total", "bps-total"][].limit'); do
    grep -q " $limit\$\| $limit " out || fail "the text does not name the limit $limit"
done

# ---- Plots ----

expect_code 0 trace info --arrival queue $filter "$recorded/mixed" -o drawn
sed -n 's/^drawn/drawn/p' out | sort >found.txt
for plot in trace-gaps trace-latency trace-rates trace-sizes; do
    printf 'drawn/%s.png\ndrawn/%s.svg\n' $plot $plot
done >wanted.txt
diff wanted.txt found.txt || fail 'not the four plots, each as PNG and SVG'
for plot in drawn/*.svg; do
    rsvg-convert "$plot" >rendered.png || fail "$plot is not SVG that can be drawn"
    [ "$(wc -c <rendered.png)" -gt 8000 ] || fail "$plot is nearly blank"
    grep -q '254,80' "$plot" || fail "$plot does not name a device"
done
expect_code 0 trace info --json --arrival queue $filter "$recorded/mixed" -o again
jq -e '.[0].all' out >/dev/null || fail 'with plots, the JSON is no JSON'
for plot in drawn/*.svg; do
    cmp -s "$plot" "again/$(basename "$plot")" || fail "$plot differs when it is drawn again"
done
expect_code 2 trace info --arrival queue --attach filter \
    "$recorded/mixed" "$recorded/throttled-iops" -o drawn

# One request, and no latencies: no plot of those.
printf 'time_ns,op,offset,bytes\n0,read,0,4096\n' >one.csv
expect_code 0 trace info one.csv -o one
expect 6 "$(find one -type f | wc -l)" 'files of one request'
touch file
run trace info one.csv -o file
expect 1 "$code" 'exit code where no plot can be written'

# ---- Standard input, which can be read only once ----

awk 'BEGIN { print "time_ns,op,offset,bytes"
             for (i = 0; i < 100000; i++)
                 printf "%.0f,write,%d,512\n", int(i / 7) * 1000003 + i % 7 * (i % 5), i * 512 }' |
    sort -s -t , -k 1,1n >long.csv
expect_code 0 trace info --json long.csv
jq '.[0] | del(.trace, .files)' out >by-name.json
mkdir temporary
code=0
TMPDIR=$scratch/temporary "$program" trace info --json - <long.csv >out 2>err || code=$?
expect 0 "$code" "exit code from standard input ($(cat err))"
jq '.[0] | del(.trace, .files)' out >by-stdin.json
cmp -s by-name.json by-stdin.json || fail 'standard input gives other numbers'
expect 0 "$(find temporary -type f | wc -l)" 'temporary files that are left'

# ---- What a path stands for ----

expect_code 0 trace info "$recorded/mixed"
expect "files: $(ls -m "$recorded/mixed" | xargs)" "$(sed -n 2p out | xargs)" "files"
expect "$(ls "$recorded/mixed")" "$(found '.[0].files[]' | sed 's|.*/||')" 'its files, as JSON'
expect_code 0 trace info long.csv
expect 0 "$(grep -c files: out)" 'a file is named already'

# Files of CPUs that are named one by one are one recording; of a part it is not known whether that
# is meant.
expect_code 0 trace info --json "$recorded"/mixed/*
expect '["vdc.blktrace","vdd.blktrace","vde.blktrace","vdf.blktrace"]' \
    "$(jq -c '[.[].trace | sub(".*/"; "")]' out)" 'recordings of files'
expect_code 0 trace convert --arrival queue "$recorded"/mixed/vdc.blktrace.* whole.csv
expect_code 0 trace convert --arrival queue "$recorded/mixed/vdc" named.csv
cmp whole.csv named.csv || fail 'files and their name are not the same'
for cpu in 0 1 2; do
    cp whole.csv "part.blktrace.$cpu"
done
expect_code 2 trace info part.blktrace.0 part.blktrace.2
expect_error 'part.blktrace.1 is of the same recording as others of part.blktrace.N, but not named'

# Nothing is in it: that is said of a native CSV, which somebody wrote so, and is an error of any
# recording, by whatever reads it, from a file or a pipe.
head -n 1 long.csv >none.csv
expect_code 0 trace info none.csv
expect 1 "$(grep -c 'notice: none.csv: There is no request in it.' out)" 'the notice of trace info'
expect_code 0 run --limits iops-total=3 none.csv
expect 1 "$(grep -c 'none.csv: There is no request in it.' out)" 'the notice of run'
printf 'fio version 2 iolog\nf add\nf open\nf close\n' >none.iolog
for command in 'trace info' 'run --limits iops-total=3' 'trace fit'; do
    # shellcheck disable=SC2086
    expect_code 3 $command none.iolog
    expect_error 'none.iolog: no request arrives in it: found '
done
expect_code 3 trace convert none.iolog never.csv
expect_error 'none.iolog: no request arrives in it'
expect_code 3 trace info - <"$2/tests/traces/cases/t10-complete-only.txt"
expect_error 'no request arrives in it: found events 4 C, but neither Q (queue) nor D (issue)'

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Two runs of the same requests: what compare says, beside what sqlite3 makes of the same logs.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

ln -s "$recorded/mixed" mixed
sed 's/trace: /arrivals: open, trace: /' "$recorded/demo.yaml" >a.yaml
sed 's/iops-total: 500, iops-total-max: 1000/iops-total: 1000, iops-total-max: 2000/' a.yaml >b.yaml
expect_code 0 run a.yaml --db a.db --log requests
expect_code 0 run b.yaml --db a.db --log requests
expect_code 0 run a.yaml --db a.db

# Twice the limits: faster, and nothing that sqlite3 would see otherwise.
expect_code 0 compare a.db:1 a.db:2 --json
cp out twice.json
jq -e . twice.json >/dev/null || fail 'compare --json does not parse'
pairs="WITH pair AS (SELECT m.name, a.op, a.complete_ns - a.arrival_ns AS a,
        b.complete_ns - b.arrival_ns AS b, a.dispatch_ns - a.arrival_ns AS a_wait,
        b.dispatch_ns - b.arrival_ns AS b_wait,
        (a.arrival_ns - first) / ((last - first) / 10 + 1) AS block
    FROM (SELECT min(arrival_ns) AS first, max(arrival_ns) AS last FROM request WHERE run_id = 1)
    JOIN request AS a JOIN request AS b ON b.run_id = 2 AND b.seq = a.seq
    JOIN member AS m ON m.run_id = 1 AND m.member_id = a.member_id WHERE a.run_id = 1)"
# percentile COLUMN PERCENT WHERE
percentile() {
    ask a.db "$pairs, ranked AS (SELECT $1 AS value, row_number() OVER (ORDER BY $1) AS rank,
        count(*) OVER () AS n FROM pair WHERE $3)
        SELECT value FROM ranked WHERE rank = (n * $2 + 99) / 100"
}
# check_stream JSON WHERE: the numbers of that stream
check_stream() {
    for percent in 50 90 99; do
        for side in a b; do
            expect "$(percentile $side $percent "$2")" \
                "$(jq "$1.p${percent}_ns.$side" twice.json)" "p$percent of $1 in $side"
            expect "$(percentile ${side}_wait $percent "$2")" \
                "$(jq "$1.wait_p${percent}_ns.$side" twice.json)" "wait-p$percent of $1 in $side"
        done
    done
    expect "$(ask a.db "$pairs SELECT count(*), sum(b > a), sum(b < a), sum(a = b), max(a), max(b),
        ifnull(max(b - a) FILTER (WHERE b > a), 'null'),
        ifnull(max(a - b) FILTER (WHERE b < a), 'null') FROM pair WHERE $2")" \
        "$(jq -r "$1 | [.requests, .slower, .faster, .unchanged, .max_ns.a, .max_ns.b,
            .slower_max_ns, .faster_max_ns] | map(tostring) | join(\"|\")" twice.json)" \
        "requests of $1"
    expect "$(ask a.db "$pairs SELECT printf('%.9f %.9f %.3f', 1.0 * sum(a_wait) / sum(a),
        1.0 * sum(b_wait) / sum(b), avg(b)) FROM pair WHERE $2")" \
        "$(jq -r "$1 | [.wait_share.a, .wait_share.b, .mean_ns.b] | @tsv" twice.json |
            awk '{ printf "%.9f %.9f %.3f\n", $1, $2, $3 }')" "shares and mean of $1"
    expect "$(ask a.db "$pairs, block AS (SELECT sum(b) - sum(a) AS change FROM pair WHERE $2
        GROUP BY block) SELECT sum(change > 0), sum(change < 0), sum(change = 0) FROM block")" \
        "$(jq -r "$1 | [.slower_blocks, .faster_blocks, .unchanged_blocks] |
            map(tostring) | join(\"|\")" twice.json)" "blocks of $1"
}
check_stream '.members[0].directions.read' "name = 'postgres' AND op = 'read'"
check_stream '.members[3].directions.write' "name = 'files' AND op LIKE 'write%'"
check_stream '.members[1].directions["read+write"]' \
    "name = 'fio' AND op IN ('read', 'write', 'write-zeroes')"
check_stream '.total.read' "op = 'read'"
check_stream '.total["read+write"]' "op IN ('read', 'write', 'write-zeroes')"
check_stream '.total.flush' "op = 'flush'"
expect "$(ask a.db "SELECT printf('%.6f', 1e9 * sum(op = 'read') / (max(complete_ns)
    FILTER (WHERE op = 'read') - min(arrival_ns) FILTER (WHERE op = 'read')))
    FROM request WHERE run_id = 2")" \
    "$(jq .total.read.requests_per_s.b twice.json | awk '{ printf "%.6f\n", $1 }')" 'requests/s'
expect "$(ask a.db "SELECT printf('%.9f', avg(jain_requests)) FROM group_interval
    WHERE run_id = 2 AND backlogged >= 2")" \
    "$(jq '.groups[0].jain_requests_mean.b' twice.json | awk '{ printf "%.9f\n", $1 }')" 'Jain'
expect true "$(jq '.total["read+write"] | .mean_ns | .change == .b - .a and .change < 0' \
    twice.json)" 'a change for the better'

# The same from the scenarios themselves, and again: to the letter, but for the names of the runs.
expect_code 0 compare a.yaml b.yaml --json
jq -c 'del(.a.run, .b.run, .a.run_id, .b.run_id)' out >scenarios.json
jq -c 'del(.a.run, .b.run, .a.run_id, .b.run_id)' twice.json >runs.json
cmp -s scenarios.json runs.json || fail 'scenarios compare differently from their stored runs'

# Equal runs: nothing has changed, exactly.
expect_code 0 compare a.db:1 a.yaml --json
expect 0 "$(jq '[.. | objects | (.change, .slower, .faster, .slower_blocks, .faster_blocks)
    | select(. != null) | select(. != 0)] | length' out)" 'changes between equal runs'
expect_code 0 compare a.yaml a.db:1 --fail-if 'total.read.p99 > +0%' --fail-if \
    'total.read+write.slower > 0' --fail-if 'gold.group.jain < +0'
grep -q 'unchanged .*100\.0' out || fail 'equal runs are not unchanged'
grep -q '^Total latency' out && fail 'latencies of equal runs are shown as changed'

# The tables: no wider than the terminal, no blanks at the ends.
COLUMNS=80 "$program" compare a.db:1 a.db:2 >out
grep -q '^postgres .*read ' out || fail 'no row of a member'
awk 'length > 80 || /[[:blank:]]$/ { bad = 1; print } END { exit bad }' out ||
    fail 'a line is too long, or ends in blanks'

# It begins with the verdict, and says what the runs differ in, and what was assumed in both.
expect "$(jq -r .verdict.text twice.json)" \
    "$(sed '/^$/,$d' out | sed 's/^ *//' | paste -sd ' ')" 'the verdict'
expect 'faster' "$(jq -r .verdict.outcome twice.json)" 'who is faster'
expect 'A and B differ in
  iops-total of gold: 500 in A, 1000 in B
  iops-total-max of gold: 1000 in A, 2000 in B' "$(sed -n '/^A and B/,/^$/p' out | sed '$d')" \
    'what two runs differ in'
expect 'iops-total gold 500 1000,iops-total-max gold 1000 2000' "$(jq -r '.differences |
    map("\(.what) \(.whose) \(.a) \(.b)") | join(",")' twice.json)" 'the same in JSON'
grep -q '^  attach: drive;' out || fail 'it is not said what was assumed'

# One number is printed in one way, by report and by compare: latencies, and what was achieved.
# words: a number and its unit are one word.
words() {
    sed 's/\([0-9]\) \([mun]*s\)\>/\1\2/g; s/\([0-9]\) \([kMGT]*B\)\>/\1\2/g;
        s/(all members)/(all)/; s/^group /group_/'
}
# section TITLE: the rows of that table.
section() {
    words | sed -n "/^$1/,/^\$/p" | grep '[0-9]' | grep -v '^member'
}
"$program" compare a.db:1 a.db:2 | section 'Total latency' |
    awk 'NF == 7 { m = $1; d = $2; k = $3; a = $4; b = $5 }
        NF == 6 { d = $1; k = $2; a = $3; b = $4 } NF == 5 { k = $1; a = $2; b = $3 }
        NF > 4 { print "1", m, d, k, a; print "2", m, d, k, b }' | sort >found
for n in 1 2; do
    "$program" report a.db:$n | section 'Latency of' |
        awk -v n=$n 'NF == 8 { m = $1; sub(/^[^ ]+/, "") } { d = $1
            print n, m, d, "mean", $2; print n, m, d, "p50", $3; print n, m, d, "p90", $4
            print n, m, d, "p99", $5; print n, m, d, "max", $7 }'
done | sort >truth
expect 0 "$(comm -23 found truth | wc -l)" "numbers that report prints otherwise: $(comm -23 found \
    truth | head -n 3)"
[ "$(wc -l <found)" -gt 100 ] || fail 'no latencies were compared'
for n in 1 2; do
    "$program" report a.db:$n | section 'Reads and writes per second' |
        awk -v n=$n '{ print n, $1, $3, $4, $6, $7 }'
done | sort >truth
"$program" compare a.db:1 a.db:2 >both
section 'Reads and writes completed' <both | sort >requests
section 'Bytes read and written' <both | sort | join requests - |
    awk '{ print "1", $1, $2, $5, $8, $11; print "2", $1, $3, $6, $9, $12 }' | sort >found
expect 0 "$(comm -13 found truth | wc -l)" "rates that compare prints otherwise: $(comm -13 found \
    truth | head -n 3)"
expect 10 "$(wc -l <truth)" 'rates'

# The gate.
run compare a.db:1 a.db:2 --fail-if 'postgres.read+write.p99 < -5%' \
    --fail-if 'total.write.p99 > +5%' --fail-if 'files.write.iops >= 1'
expect 4 "$code" 'exit code of a gate'
expect 2 "$(grep -c "^throttlesim: --fail-if '" err)" 'conditions that hold'
grep -q "'postgres.read+write.p99 < -5%': .* in A, .* in B: a change of -" err ||
    fail 'the gate says no numbers'
grep -q '^Total latency' out || fail 'a gate prints no tables'
expect_code 2 compare a.db:1 a.db:2 --fail-if 'postgrse.read.p99 > +5%'
expect_error "unknown member 'postgrse'; did you mean 'postgres'?"
expect_code 2 compare a.db:1 a.db:2 --fail-if 'glod.group.jain > +5%'
expect_error "unknown group 'glod'; did you mean 'gold'?"
expect_code 2 compare a.db:1 a.db:2 --fail-if 'fio.discard.p99 > +5%'
expect_error "there are no requests of direction 'discard'"
expect_code 2 compare missing.db missing.db --fail-if 'gold.group.difference > 5%'
expect_error "expected +5% or +3 (change), or 10 (in B), found '5%'"
expect_code 2 compare missing.db missing.db --fail-if 'fio.read.slower-blocks > 5%'
expect_error "expected a number of blocks such as 7, without a sign, found '5%'"
expect_code 2 compare missing.db missing.db --fail-if 'fio.read.p9 > +5%'
expect_error "unknown metric 'p9'; did you mean 'p90'?"

# Requests that never leave take for ever.
cat >few.csv <<'END'
time_ns,op,offset,bytes
0,read,0,512
0,read,512,512
0,read,1024,512
END
cat >slow.yaml <<'END'
groups: [{id: g, limits: {iops-total: 1}}]
members: [{id: 'a.b', group: g, trace: few.csv}]
end: 500ms
END
sed 's/iops-total: 1/iops-total: 0/' slow.yaml >free.yaml
run compare free.yaml slow.yaml --fail-if 'a.b.read.p99 > +5%' --fail-if 'a.b.read.p50 > +5%' \
    --fail-if 'a.b.read.waiting > 1'
expect 4 "$code" 'exit code with requests that never leave'
grep -q "waiting > 1': 0 in A, 2 in B" err || fail "not two requests are left waiting: $(cat err)"
grep -q 'p99 .* never ' out || fail 'an endless latency is not shown'
expect_code 0 compare free.yaml slow.yaml --json
expect 'null 0 2' "$(jq -r '.total.read | "\(.p99_ns.b) \(.p99_ns.a) \(.waiting.b)"' out)" \
    'an endless latency in JSON'

# Refused: other requests, no log, a run that is not complete, a database that is none.
sed 's/1024/2048/' few.csv >other.csv
sed 's/few.csv/other.csv/' free.yaml >other.yaml
expect_code 3 compare free.yaml other.yaml
expect_error "differ at request 2: A (free.yaml) has a read of 'a.b', 512 bytes at offset 1024"
expect_error 'A is of few.csv, B of other.csv'
expect_code 3 compare a.db:1 free.yaml
expect_code 3 compare a.db:1 a.db
expect_error 'a.db: this run was stored without its requests'
expect_error '--log requests'
expect_code 3 compare a.db:1 a.db:9
expect_error 'a.db: there is no run 9 in the database; it holds 1 to 3'
cp a.db interrupted.db
sqlite3 interrupted.db "UPDATE run SET status = 'interrupted' WHERE run_id = 1"
expect_code 3 compare interrupted.db:1 interrupted.db:2
expect_error 'this run is interrupted'

# A stored run that cannot be compared is told before a scenario is run that would fail.
printf 'time_ns,op,offset,bytes\n0,read,0,512\n1,read,0,x\n' >broken.csv
echo 'members: [{id: a, trace: broken.csv}]' >broken.yaml
expect_code 3 compare a.db:1 broken.yaml
expect_error 'broken.csv: line 3: '
for stored in a.db:3 interrupted.db:1; do
    expect_code 3 compare "$stored" broken.yaml
    expect_error "$stored: this run "
    expect_code 3 compare broken.yaml "$stored"
    expect_error "$stored: this run "
done
cp a.db torn.db
head -c 65536 /dev/zero | tr '\0' '\377' |
    dd of=torn.db bs=4096 seek=75 conv=notrunc 2>/dev/null
expect_code 3 compare torn.db:1 torn.db:2
expect_error 'torn.db: '
echo 'no database at all, but long enough for one' >none.db
expect_code 3 compare none.db:1 a.db:1
expect_code 3 compare none.db a.db:1
head -c 200000 a.db >cut.db
run compare cut.db:1 a.db:1
case $code in 1 | 3) ;; *) fail "exit code of a damaged database: $code" ;; esac
expect_code 3 compare missing.db:1 a.db:1
expect_code 3 compare missing.yaml a.db:1

# Usage.
expect_code 2 compare
expect_code 2 compare a.db
expect_code 2 compare a.db:x a.db:1
expect_error "behind the colon expected the number of a run"
expect_code 2 compare a.db:0 a.db:1
expect_code 2 compare - -
expect_code 2 compare a.db:1 a.db:2 --fail-if 'p99'

# One plot, the same each time.
expect_code 0 compare a.db:1 a.db:2 -o drawn
expect 'drawn/compare.svg drawn/compare.png' "$(tail -n 2 out | tr '\n' ' ' | sed 's/ $//')" 'paths'
rsvg-convert drawn/compare.svg >rendered.png || fail 'the plot cannot be drawn'
[ "$(wc -c <rendered.png)" -gt 20000 ] || fail 'the plot is nearly blank'
members=$(grep -oE '>(postgres|fio|tar|files)<' drawn/compare.svg | tr -d '<>' | xargs)
expect 'postgres fio tar files' "$members" 'members as in the scenario'
expect_code 0 compare a.db:1 a.db:2 --output again --json
jq -e . out >/dev/null || fail 'paths stand in the JSON'
cmp -s drawn/compare.svg again/compare.svg || fail 'the plot differs when it is drawn again'
expect_code 0 compare a.yaml b.yaml -o again
sed 's/a\.db:1/a.yaml/; s/a\.db:2/b.yaml/' drawn/compare.svg | cmp -s - again/compare.svg ||
    fail 'scenarios are drawn differently from their stored runs'
expect_code 0 compare free.yaml slow.yaml -o drawn

# Two of four requests are so close together that their points fall into one column: the curve goes
# on at 75 %, where besides it there are the grid's line and the axis' tick.
echo 'members: [{id: a, trace: close.csv}]
device: {model: recorded}' >close.yaml
echo 'time_ns,op,offset,bytes,latency_ns
0,read,0,512,1000
0,read,0,512,100000000
0,read,0,512,100600000
0,read,0,512,900000000' >close.csv
expect_code 0 compare close.yaml close.yaml -o close
height=$(grep -B 3 '<text>75<' close/compare.svg |
    sed -n "s/.*gridline.*d='M[0-9.]*,\([0-9.]*\) .*/\1/p")
[ "$(grep -c ",$height " close/compare.svg)" -gt 2 ] || fail 'no curve goes on at 75 %'

# The labels of the time do not touch.
printf 'time_ns,op,offset,bytes\n0,read,0,512\n450000000000,read,0,512\n' >far.csv
echo 'members: [{id: a, trace: far.csv}]' >far.yaml
expect_code 0 compare far.yaml far.yaml -o far
expect 2 "$(grep -c '<text>400<' far/compare.svg)" "labels '400'"
grep -q '<text>150<' far/compare.svg && fail 'there are too many labels'

# Where arrivals answer, the same requests come at other times, and in another order: sqlite3 finds
# them by their places in the recordings.
for max in 1000 1500; do
    sed "s/iops-total-max: 1000/iops-total-max: $max/" "$recorded/demo.yaml" >"answers-$max.yaml"
    expect_code 0 run "answers-$max.yaml" --db answers.db --log requests
done
expect_code 0 compare answers.db:1 answers.db:2 --json
expect "$(ask answers.db "
    WITH latency AS MATERIALIZED (
        SELECT run_id, place, op, complete_ns - arrival_ns AS ns
        FROM request JOIN request_place USING (run_id, seq)),
    other AS MATERIALIZED (SELECT place, ns FROM latency WHERE run_id = 2)
    SELECT sum(b.ns > a.ns), sum(b.ns < a.ns) FROM latency AS a JOIN other AS b USING (place)
    WHERE a.run_id = 1 AND a.op IN ('read', 'write')")" \
    "$(jq -r '.total["read+write"] | "\(.slower)|\(.faster)"' out)" 'requests that answer'

# A signal: the program dies of it, and nothing is left.
awk 'BEGIN {
    print "time_ns,op,offset,bytes"
    for (i = 0; i < 3000000; i++)
        print i ",read,0,512"
}' >long.csv
echo 'members: [{id: a, trace: long.csv}]' >long.yaml
mkdir empty
touch before.txt
find . | sort >before.txt
for pause in 0.1 0.5 1; do
    TMPDIR=$scratch/empty "$program" compare long.yaml long.yaml >signal.out 2>signal.err &
    pid=$!
    sleep "$pause"
    kill -TERM "$pid"
    code=0
    wait "$pid" 2>/dev/null || code=$?
    expect 143 "$code" "exit code of a comparison that got SIGTERM after $pause s"
    [ ! -s signal.out ] || fail 'an interrupted comparison prints results'
    rm -f signal.out signal.err
    find . | sort | diff before.txt - || fail 'an interrupted comparison leaves files'
done

finish

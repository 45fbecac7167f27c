#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Why requests waited: parts that are derived by hand, and sums that are those of the requests.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

# parts DB: member, direction, cause, requests, wait_ns, as explain has them, one on a line.
parts() {
    "$program" explain "$1" --json | jq -r '.members[] | .name as $m | .directions | to_entries[] |
        .key as $d | .value.causes | to_entries[] |
        "\($m) \($d) \(.key) \(.value.requests) \(.value.wait_ns)"'
}

# Ten requests per second, no burst: the bucket holds a tenth of a second's worth, 1 request, and
# who comes when there is more than that in it waits.
#   0 ms: a's first two pass (levels 0 and 1 are not above 1), level 2. Its third waits until the
#         level is 1, for (2 - 1) / 10 s = 100 ms; its fourth is behind that. b's waits, too: a's
#         timer is armed.
# 100 ms: a's third leaves, level 2. The next in turn is b, which waits 100 ms for the limit. a's
#         fourth is first now, and b's timer is armed.
# 200 ms: b's leaves, level 2. a's fourth waits 100 ms for the limit.
# 300 ms: a's fourth leaves.
# So a's third: 100 ms limit. a's fourth: 100 ms queue, 100 ms turn, 100 ms limit.
# b's: 100 ms turn, 100 ms limit.
cat >turns.yaml <<'END'
groups: [{id: gold, limits: {iops-total: 10}}]
members: [{id: a, group: gold}, {id: b, group: gold}]
trace:
  csv: |
    time_ns,op,offset,bytes,member
    0,read,0,512,a
    0,read,512,512,a
    0,read,1024,512,a
    0,read,1536,512,a
    0,read,0,512,b
END
expect_code 0 run turns.yaml --interval 1s --db turns.db
parts turns.db >found.txt
cat >wanted.txt <<'END'
a read iops-total 2 200000000
a read queue 1 100000000
a read turn 1 100000000
b read iops-total 1 100000000
b read turn 1 100000000
END
diff wanted.txt found.txt || fail 'not the parts of turns.yaml'
expect_code 0 explain turns.db
grep -qx 'Requests waited 600 ms, 16.7 % of it behind earlier ones (queue).' out ||
    fail 'the words on the whole'
grep -qF 'waited longest for iops-total (60.0 % of 500 ms)' out || fail 'the words on the first'
grep -q 'read+write' out && fail 'there were no writes'
grep -qx 'a  *read  *2  *400 ms  *50.0  *25.0  *25.0' out || fail 'the shares of a'
grep -qx 'a  *read  *300 ms  *66.7  *33.3' out || fail 'the shares of the first of a'
expect_code 0 explain turns.db --member b
grep -q '^a ' out && fail '--member b shows a'
grep -qx ' *0 s  *200 ms  *50.0  *50.0' out || fail 'the longest interval of b'

# Three per second: the bucket holds 0.3. The second request waits for (1 - 0.3) / 3 s, cut to
# 233,333,333 ns; a loop that sleeps in whole milliseconds wakes at 234 ms, 666,667 ns later.
cat >timer.yaml <<'END'
groups: [{id: gold, limits: {iops-total: 3}}]
members: [{id: a, group: gold}]
trace:
  csv: |
    time_ns,op,offset,bytes
    0,write,0,512
    0,write,512,512
END
expect_code 0 run timer.yaml --timer-granularity 1ms --db timer.db
printf 'a write iops-total 1 233333333\na write timer 1 666667\n' >wanted.txt
parts timer.db >found.txt
diff wanted.txt found.txt || fail 'not the parts of timer.yaml'

# requests FROM COUNT: so many at once.
requests() {
    seq "$2" | sed "s/.*/    $1,read,0,512/"
}

# A burst allowance of 20 x 1 s. 21 requests pass (the last at level 20, which is not above 20),
# the 22nd waits 1 / 10 s: the allowance has run out, and level 21 leaks in 2.1 s. At 11 s the
# bucket has long been empty, and the same happens again; at 12 s it has not, with 12 in it since.
cat >burst.yaml <<'END'
groups: [{id: gold, limits: {iops-total: 10, iops-total-max: 20}}, {id: other}]
members: [{id: a, group: gold}, {id: b, group: other}]
trace:
  csv: |
    time_ns,op,offset,bytes,member
END
for second in 1 11 12; do
    requests ${second}000000000 22 | sed 's/$/,a/'
done >>burst.yaml
expect_code 0 run burst.yaml --db burst.db
"$program" explain burst.db --json | jq -c '.burst_ends[]' >found.txt
cat >wanted.txt <<'END'
{"at_ns":1000000000,"group":"gold","limit":"iops-total","refill_ns":2100000000}
{"at_ns":11000000000,"group":"gold","limit":"iops-total","refill_ns":2100000000}
END
diff wanted.txt found.txt || fail 'not the ends of the burst allowance'
expect_code 0 explain burst.db --member a
grep -qx 'gold  *iops-total  *2  *1 s  *11 s  *2\.1 s' out || fail 'the table of bursts'
grep -qx ' *11 s  gold  *iops-total  *2\.1 s' out || fail 'each time the allowance ran out'
expect_code 0 explain burst.db --member b
grep -qx 'No request of b waited.' out || fail 'nothing of b waited'
grep -q gold out && fail 'the allowance of a group that b is not in'
expect '[]' "$("$program" explain burst.db --member b --json | jq -c .burst_ends)" 'bursts of b'

# Two seconds at 20: the burst part holds a tenth of a second's worth, 2. The fourth request waits
# (3 - 2) / 20 s = 50 ms for it; the bucket itself holds 40.
{
    echo 'groups:'
    echo '  - {id: gold, limits: {iops-total: 10, iops-total-max: 20, iops-total-max-length: 2}}'
    printf 'members: [{id: a, group: gold}]\ntrace:\n  csv: |\n    time_ns,op,offset,bytes\n'
    requests 0 4
} >part.yaml
expect_code 0 run part.yaml --db part.db
expect 'a read iops-total-max 1 50000000' "$(parts part.db)" 'the part of part.yaml'
expect '[]' "$("$program" explain part.db --json | jq -c .burst_ends)" 'bursts of part.yaml'

# All parts are there: what the log says of each request and what the causes add up to is the same.
expect_code 0 run "$recorded/demo.yaml" --db demo.db --log requests --timer-granularity 1ms
for by in 'member_id, direction' member_id run_id; do
    cat >sums.sql <<END
CREATE TEMP VIEW logged AS SELECT *, dispatch_ns - arrival_ns AS ns,
    CASE op WHEN 'write-zeroes' THEN 'write' ELSE op END AS direction FROM request;
CREATE TEMP VIEW of_log AS SELECT $by, sum(ns) FROM logged WHERE ns > 0 GROUP BY $by;
CREATE TEMP VIEW of_causes AS SELECT $by, sum(wait_ns) FROM wait_interval GROUP BY $by;
SELECT * FROM of_log EXCEPT SELECT * FROM of_causes;
SELECT * FROM of_causes EXCEPT SELECT * FROM of_log;
SELECT 'nothing' WHERE (SELECT count(*) FROM of_log) = 0;
END
    expect '' "$(sqlite3 demo.db <sums.sql)" "sums by $by"
done
"$program" explain demo.db --json >demo.json
expect "$(ask demo.db 'SELECT sum(dispatch_ns - arrival_ns) FROM request')" \
    "$(jq '[.members[].directions[].wait_ns] | add' demo.json)" 'all waits'
expect "$(ask demo.db 'SELECT sum(arrival_ns < dispatch_ns) FROM request')" \
    "$(jq '[.members[].directions[].waited] | add' demo.json)" 'all that waited'
expect "$("$program" report demo.db --json | jq -S .run)" "$(jq -S .run demo.json)" 'the run'
"$program" explain demo.db --json --member files >files.json
expect "$(jq -c '.members[] | select(.name == "files")' demo.json)" \
    "$(jq -c '.members[]' files.json)" 'files alone'
expect "$(jq '[.members[].directions[].wait_ns] | add' files.json)" \
    "$(jq '[.intervals[].directions[][].wait_ns] | add' files.json)" 'intervals of files'

# The plot, alone.
expect_code 0 explain demo.db -o drawn --member fio
printf 'drawn/run1-wait-causes-fio.svg\ndrawn/run1-wait-causes-fio.png\n' >wanted.txt
tail -n 2 out | diff wanted.txt - || fail 'not the paths of the plot'
expect 2 "$(find drawn -type f | wc -l)" 'files'
grep -q 'Why requests of fio waited' drawn/run1-wait-causes-fio.svg || fail 'the plot is not of fio'
expect_code 0 explain demo.db --json -o drawn
jq -e . out >/dev/null || fail 'explain --json -o does not parse'
grep -q 'Why requests waited' drawn/run1-wait-causes.svg || fail 'the plot is of fio'
expect 4 "$(find drawn -type f | wc -l)" 'files of all and of fio'

expect_code 0 explain burst.db --member b -o idle
grep -q '>No request waited.<' idle/run1-wait-causes-b.svg || fail 'the plot of b is not of b'

# What is drawn of turns.yaml, as gnuplot is told: the bands are the shares from above, from their
# lower to their upper edge, all of the only interval; without queue in the first panel.
mkdir bin
printf '#!/bin/sh\ncat >"%s/script"\n' "$scratch" >bin/gnuplot
chmod +x bin/gnuplot
PATH=$scratch/bin:$PATH "$program" explain turns.db -o none >out 2>err || true
sed -n '/^\$all/,/^EOD/p; /^\$first/,/^EOD/p; /^\$wait/,/^EOD/p' script | grep -v '^[E$]' >found.txt
cat >wanted.txt <<'END'
0 0 60
300 0 60
0 60 100
300 60 100
0 0 50
300 0 50
0 50 83.3333
300 50 83.3333
0 83.3333 100
300 83.3333 100
0 600
300 600
END
diff -B wanted.txt found.txt || fail 'the bands of turns.yaml'

# A name is shortened to the same in sentences and tables.
sed 's/{id: a,/{id: a-disk-whose-name-is-longer-than-a-column, volume: a,/' turns.yaml >names.yaml
expect_code 0 run names.yaml --db names.db
expect_code 0 explain names.db --member a-disk-whose-name-is-longer-than-a-column
expect 'a-disk-whose-na...-than-a-column' \
    "$(grep -o 'a-disk-whose[^ ]*' out | sort -u)" 'a long name'

# A run can be chosen; nobody waited in this one.
echo 'members: [{id: a}]' >empty.yaml
expect_code 0 run empty.yaml --db turns.db
expect_code 0 explain turns.db
grep -qx 'No request waited.' out || fail 'nobody waited'
expect_code 0 explain turns.db:1
grep -q 'Requests waited 600 ms' out || fail 'explain turns.db:1'

# What was done is a cause, too: of eight requests three pass, the other five go with the member.
{
    echo 'time_ns,op,offset,bytes,member,latency_ns'
    for _ in 1 2 3 4 5 6 7 8; do echo '0,read,0,512,,'; done
} >eight.csv
cat >done.yaml <<'END'
groups: [{id: g, limits: {iops-total: 1, iops-total-max: 2}}]
members: [{id: a, group: g, trace: eight.csv}, {id: b, group: g}]
events:
  - {at: 1ms, qom-set: {group: g, limits: {iops-total: 2}}}
  - {at: 2ms, leave: {member: b}}
  - {at: 3ms, leave: {member: a}}
END
COLUMNS=80
expect_code 0 run done.yaml --db done.db
sed -n '/^What was done/,$p' out >found.txt
cat >wanted.txt <<'END'
What was done
  at 0.001 s: qom-set g: 5 requests wait, iops-total 1 -> 2
  at 0.002 s: leave b: out of g
  at 0.003 s: leave a: 5 of 5 waiting requests let go, out of g, iops-total of g
    is at 250 % and lets nothing pass for 1.5 s
END
diff wanted.txt found.txt || fail 'what run says was done'
expect_code 0 explain done.db
sed -n '/^What was done/,/^$/p' out | grep . >found.txt
diff wanted.txt found.txt || fail 'what explain says was done'
COLUMNS=1000
expect_code 0 explain done.db
grep -q '^5 requests, which had waited 15 ms of this, left because of what was done,' out ||
    fail 'why they left'
grep -q '^What was let go counts all the same: until that has leaked nothing passes' out ||
    fail 'what they leave behind'
# Limits that came up meanwhile are not those of the start.
echo 'members: [{id: a, trace: eight.csv}]
events: [{at: 5ms, block_set_io_throttle: {device: a, bps: 0, bps_rd: 0, bps_wr: 0, iops: 30,
    iops_rd: 0, iops_wr: 0}}]' >later.yaml
expect_code 0 run later.yaml
grep -qx '  a (from 0.005 s on):' out ||
    fail "since when a limit is there: $(grep -A 2 ^Limits out)"
expect_code 0 explain done.db --member b
grep -q 'left because' out && fail 'nothing of b waited'
expect 3 "$(grep -c '^  at ' out)" 'what was done to b, and to the group it was in'
expect_code 0 explain done.db --json
expect '0 0 5' "$(jq -r '.operations[].released' out | xargs)" 'what was let go, as JSON'

# What is not there.
expect_code 3 explain turns.db:7
expect_error 'turns.db: there is no run 7'
expect_code 3 explain turns.db:1 --member A
expect_error "turns.db: run 1 has no member 'A'; it has: a, b"
expect_code 3 explain turns.db:1 --member A -o nowhere
[ ! -e nowhere ] || fail 'a directory for a plot of nobody'
expect_code 3 explain missing.db
expect_code 2 explain
run explain demo.db --json -o demo.db/deeper
expect 1 "$code" 'exit code without a directory for the plot'
expect_error 'demo.db/deeper'

# A file of schema 1, as it is and when a newer throttlesim has stored a run in it. Its plots have
# nothing to say about causes, but are drawn.
make_schema_1 burst.db
expect_code 3 explain burst.db
expect_error 'burst.db: run 1 was stored by an earlier throttlesim'
expect_code 0 plot burst.db -o old
grep -q 'Not known: an earlier version' old/run1-wait-causes.svg || fail 'the plot of an old run'
expect_code 0 run burst.yaml --db burst.db
expect_code 3 explain burst.db:1
expect_error 'run it again'
expect_code 0 explain burst.db

finish

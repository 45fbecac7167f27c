#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is printed: help for every option, JSON that parses, the same tables again by report.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

cat >all.csv <<'END'
time_ns,op,offset,bytes,member
0,read,0,512,a
0,write,4096,4096,"hostile "" name"
0,read,0,512,a
0,read,0,512,a
1,discard,0,1048576,<b>&lt;'
2,flush,0,0,a
3,read,0,512,nobody
END
cat >all.yaml <<'END'
groups: [{id: gold, limits: {iops-total: 10}}]
members:
  - {id: a, group: gold}
  - {id: 'hostile " name', group: gold, attach: drive}
  - {id: "\e[31mred\n\u202e", volume: "<b>&lt;'"}
trace: all.csv
events: [{at: 1s, drained_begin: {member: a}}]
END

# Every option is explained, and has a row of its own.
for command in run report plot explain compare 'trace info' 'trace formats'; do
    # shellcheck disable=SC2086 # a command line
    run $command --help
    expect 0 "$code" "exit code of '$command --help'"
    grep -q "^usage: throttlesim $command" out || fail "$command --help has no usage line"
    grep -q -e '--help' out || fail "$command --help does not mention --help"
done
for option in db limits attach arrival device format layout device-model interval end \
    timer-granularity log json eta help; do
    run run --help
    grep -q -e "^ .*--$option\b" out || fail "run --help does not mention --$option"
done
for option in top json help; do
    run report --help
    grep -q -e "^ .*--$option\b" out || fail "report --help does not mention --$option"
done
for option in output help; do
    run plot --help
    grep -q -e "^ .*--$option\b" out || fail "plot --help does not mention --$option"
done
for option in member json output help; do
    run explain --help
    grep -q -e "^ .*--$option\b" out || fail "explain --help does not mention --$option"
done
for option in json arrival device format layout help; do
    run trace info --help
    grep -q -e "^ .*--$option\b" out || fail "trace info --help does not mention --$option"
done
# What is read for one release more, and shown nowhere.
for command in run report plot explain 'trace info' 'trace convert' 'trace fit'; do
    # shellcheck disable=SC2086 # a command line
    run $command --help
    ! grep -q -e '--run\b' -e '--volume\b' out || fail "$command --help shows an old option"
done
run help
for command in run report plot explain compare trace limits help version; do
    grep -q "^  $command" out || fail "help does not mention $command"
done

# What is printed does not depend on whether it is stored.
expect_code 0 run all.yaml
cp out unstored.txt
expect_code 0 run all.yaml --db stored.db
cmp -s unstored.txt out || fail 'run prints something else without --db'

# Report prints what run printed, byte for byte, for any run of the database.
expect_code 0 run all.yaml --db a.db
cp out first.txt
expect_code 0 run all.yaml --db a.db --end 50ms --log requests
cp out second.txt
cmp -s first.txt second.txt && fail 'two different runs print the same'
expect_code 0 run all.yaml --db a.db --json --interval 10ms
cp out third.json
# As an earlier version wrote DB:N.
expect_code 0 report a.db --run 1
cmp -s first.txt out || fail 'report --run 1 prints something else than run did'
expect_code 0 report --run 2 a.db
cmp -s second.txt out || fail 'report --run 2 prints something else than run did'

# What iops-size makes of large requests: the operations beyond one each are those of the log.
sized='iops-total=300,iops-size=1000'
expect_code 0 run --log requests --attach drive --limits $sized --db sized.db \
    "$recorded/mixed/vdd.blktrace"
expect 1 "$(ask sized.db "SELECT count(*) > 10 AND
    abs(total(extra) - (SELECT total(max(0, bytes / 1000.0 - 1)) FROM request
        WHERE op IN ('read', 'write') AND dispatch_ns NOT NULL)) < 0.001
    FROM counted_interval")" 'operations beyond one for each request'

# How many had about which latency: 0, 1, and from there two levels in each power of two.
expect 1 "$(ask sized.db "WITH RECURSIVE power(n) AS
    (SELECT 1 UNION ALL SELECT n * 2 FROM power WHERE n < 1 << 60),
    level(low) AS (SELECT 0 UNION SELECT n FROM power UNION
        SELECT n / 2 * 3 FROM power WHERE n > 1),
    logged AS (SELECT complete_ns / interval_ns,
        (SELECT max(low) FROM level WHERE low <= complete_ns - arrival_ns), count(*)
        FROM request JOIN run USING (run_id)
        WHERE op IN ('read', 'write') AND complete_ns NOT NULL GROUP BY 1, 2)
    SELECT count(*) > 10 AND NOT EXISTS
        (SELECT * FROM logged EXCEPT SELECT interval, low_ns, requests FROM latency_interval)
        AND count(*) = (SELECT count(*) FROM latency_interval) FROM logged")" 'levels of latencies'

# All members together: of each request what the log says, quantiles within 1/256. Of one member
# they are its own. A database of the first schema has them too.
cat >total.yaml <<END
groups: [{id: g, limits: {iops-total: 300, bps-write: 3MB}}]
members:
  - {id: idle}
  - {id: vdd, group: g, attach: filter, trace: {path: $recorded/mixed/vdd.blktrace, arrival: queue}}
  - {id: vdf, group: g, attach: filter, trace: {path: $recorded/mixed/vdf.blktrace, arrival: queue}}
  - {id: vdc, trace: {path: $recorded/mixed/vdc.blktrace, arrival: queue}}
device: {model: recorded}
END
expect_code 0 run total.yaml --db total.db --log requests
expect 5 "$(grep -c '^(all members) ' out)" 'rows of all members'
make_schema_1 total.db
expect_code 0 report total.db --json
jq -r '.total | to_entries[] | .key as $direction | .value
    | [$direction, .requests, .bytes, .waited, .dispatched, .completed, .queue_max // "null"]
    | join("|")' out | sort >found
ask total.db "WITH log AS (SELECT * FROM request_log UNION ALL SELECT run_id, seq, member,
            'read+write', offset, bytes, arrival_ns, dispatch_ns, complete_ns FROM request_log
        WHERE op IN ('read', 'write'))
    SELECT op, count(*), sum(bytes), sum(dispatch_ns > arrival_ns), count(dispatch_ns),
        count(complete_ns), 'null' FROM log GROUP BY op" | sort >truth
diff truth found || fail 'all members together are not what the log says'
for quantile in 500 900 990 999; do
    for direction in read write read+write; do
        true_ns=$(ask total.db "SELECT complete_ns - arrival_ns FROM request
            WHERE instr('$direction', op) > 0 AND complete_ns NOT NULL ORDER BY 1
            LIMIT 1 OFFSET (SELECT (count(*) * $quantile + 999) / 1000 - 1 FROM request
                WHERE instr('$direction', op) > 0 AND complete_ns NOT NULL)")
        name=p$(echo $quantile | sed 's/0*$//; s/^5$/50/; s/^9$/90/')_ns
        expect true "$(jq ".total[\"$direction\"].latency.total.$name - $true_ns
            | fabs * 256 <= $true_ns" out)" "$name of all members' ${direction}s ($true_ns)"
    done
done
expect true "$(jq '[.members[].directions.discard | values] as $one | ($one | length) == 1 and
    ($one[0] | del(.queue_max)) == (.total.discard | del(.queue_max))' out)" \
    'the total of one member'

# The members that waited longest, first the one that did most.
expect_code 0 report total.db --top 2 --json
expect 'vdf vdd' "$(jq -r '[.members[].name] | join(" ")' out)" 'the two that waited longest'
cp out top.json
expect_code 0 report total.db --json
expect "$(jq -c .total top.json)" "$(jq -c .total out)" 'the total with --top'
expect_code 0 report total.db --top 3
grep -q '^The 3 of 4 members whose requests waited longest' out ||
    fail 'it is not said who is shown'
grep -q '^vdc ' out || fail 'the third is missing'
grep -q '^idle ' out && fail 'more than three members'
expect_code 0 report total.db --top 100
grep -q '^The ' out && fail 'all members are not a choice'
expect_code 2 report total.db --top 2 --all
expect_error '--top and --all: one of the two'
expect_code 2 report total.db --top 0

# A run can be named behind the file's name, which may have colons of its own.
cp a.db odd:7
for named in a.db:1 odd:7:1; do
    expect_code 0 report "$named"
    cmp -s first.txt out || fail "report $named prints another run"
done
expect_code 0 explain a.db --run 2
cp out explained.txt
expect_code 0 explain odd:7:2
cmp -s explained.txt out || fail 'explain odd:7:2 explains another run'
expect_code 0 plot odd:7:2 -o drawn
expect_code 0 report odd:7 --json
cmp -s third.json out || fail 'report odd:7 does not print the newest run'
expect_code 0 report a.db --json
cmp -s third.json out || fail 'report --json prints something else than run --json did'
if LC_ALL=C tr -d '\n' <first.txt | LC_ALL=C grep -q '[[:cntrl:]]'; then
    fail 'a control character in the tables'
fi

# The JSON is the truth of the database.
jq -e . third.json >/dev/null || fail 'run --json does not parse'
expect "$(ask a.db 'SELECT digest FROM run WHERE run_id = 3')" "$(jq -r .run.digest third.json)" \
    'digest in JSON'
expect 6 "$(jq .run.arrived third.json)" 'requests in JSON'
expect 'hostile " name' "$(jq -r '.members[1].name' third.json)" 'name in JSON'
expect '[no-member] 1' "$(jq -r '.notices[] | "[\(.kind)] \(.count)"' third.json)" 'notice in JSON'
expect 'drained_begin a' "$(jq -r '.operations[0].what' third.json)" 'operation in JSON'
expect 1 "$(ask a.db "SELECT count(*) FROM notice WHERE run_id = 3")" 'notices in the database'

# A scenario from standard input, with paths relative to the working directory.
code=0
"$program" run - <all.yaml >out 2>err || code=$?
expect 0 "$code" "exit code of 'run -' ($(cat err))"
sed 's/standard input/all.yaml/' out >stdin.txt
grep -q "$(ask a.db 'SELECT digest FROM run WHERE run_id = 1')" stdin.txt ||
    fail 'the same scenario from standard input has another digest'

# What is stored of a run from the command line runs again, with the same digest.
cut -d, -f1-4 all.csv >plain.csv
expect_code 0 run --limits iops-total=10,iops-total-max=20 --attach drive --db quick.db plain.csv
ask quick.db 'SELECT scenario FROM run' >again.yaml
expect_code 0 run again.yaml --db quick.db
expect 1 "$(ask quick.db 'SELECT count(DISTINCT digest) FROM run')" 'digests of the stored scenario'

# So does a scenario that holds its requests itself, wherever it stands, from standard input too.
mkdir elsewhere
{
    sed '/^trace:/d' all.yaml
    echo 'trace:'
    echo '  csv: |'
    sed 's/^/    /' all.csv
} >elsewhere/whole.yaml
expect_code 0 run elsewhere/whole.yaml --db whole.db
expect_code 0 run - --db whole.db <elsewhere/whole.yaml
ask whole.db 'SELECT scenario FROM run WHERE run_id = 1' >whole-again.yaml
expect "$(cat elsewhere/whole.yaml)" "$(cat whole-again.yaml)" 'the stored scenario'
expect_code 0 run whole-again.yaml --db whole.db
expect 1 "$(ask whole.db 'SELECT count(DISTINCT digest) FROM run')" 'digests of a whole scenario'
expect "$(ask a.db 'SELECT digest FROM run WHERE run_id = 1')" \
    "$(ask whole.db 'SELECT digest FROM run WHERE run_id = 1')" 'digest with the requests inside'
expect 'elsewhere/whole.yaml:8:8 (csv)' \
    "$(ask whole.db 'SELECT trace FROM member WHERE run_id = 1 LIMIT 1')" 'trace of a member'

# --timer-granularity does what the key of the scenario does, before it, and is stored.
{ cat all.yaml && echo 'timer-granularity: 7ms'; } >coarse.yaml
{ cat all.yaml && echo 'timer-granularity: 9ms'; } >coarser.yaml
expect_code 0 run coarse.yaml --db coarse.db
expect_code 0 run all.yaml --timer-granularity 7ms --db coarse.db
expect_code 0 run coarser.yaml --timer-granularity 7ms --db coarse.db
expect 1 "$(ask coarse.db 'SELECT count(DISTINCT digest) FROM run')" 'digests with a granularity'
expect_code 0 run coarse.yaml --timer-granularity 0 --interval 2s --db coarse.db
expect "$(ask a.db 'SELECT digest FROM run WHERE run_id = 1')" \
    "$(ask coarse.db 'SELECT digest FROM run WHERE run_id = 4')" 'digest without the granularity'
expect 2 "$(ask coarse.db 'SELECT count(DISTINCT digest) FROM run')" 'digests with and without it'
ask coarse.db 'SELECT scenario FROM run WHERE run_id = 4' |
    grep -qx '# Run with: --interval 2s --timer-granularity 0' || fail 'the options are not stored'
expect_code 0 run --limits iops-total=10 --timer-granularity 7ms --db limits.db plain.csv
ask limits.db 'SELECT scenario FROM run' >again.yaml
grep -qx 'timer-granularity: 7ms' again.yaml || fail 'the granularity is not stored'
expect_code 0 run again.yaml --db limits.db
expect 1 "$(ask limits.db 'SELECT count(DISTINCT digest) FROM run')" 'digests with it stored'

# The progress line is for a terminal only, unless asked for.
expect_code 0 run all.yaml --eta never
expect_code 0 run all.yaml --eta auto

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Exit codes, messages, and what goes to which stream.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

cat >a.csv <<'END'
time_ns,op,offset,bytes
0,read,0,512
0,read,0,512
5,write,0,4096
END
echo 'members: [{id: a, trace: a.csv}]' >good.yaml
echo 'members: [{id: a, trase: a.csv}]' >bad.yaml
printf 'time_ns,op,offset,bytes\n0,read,0,512\n1,reed,0,512\n' >bad.csv
echo 'members: [{id: a, trace: bad.csv}]' >bad-trace.yaml

# 0: done
expect_code 0 run good.yaml
[ -s out ] || fail "run prints nothing"
expect_code 0 run good.yaml --db a.db
expect_code 0 run --limits iops-total=10 a.csv
expect_code 0 run --db=a.db --log requests --interval 10ms --end 1s --device-model fixed:1ms \
    good.yaml
expect_code 0 report a.db
expect_code 0 trace info a.csv
expect_code 0 limits
expect_code 0 version
expect_code 0 --version
expect_code 0 help
expect_code 0 --help
expect_code 0 -h

# 2: usage. Without a command, all are listed; of a group alone, its own.
"$program" help >help.txt
run
expect 2 "$code" 'exit code without a command'
[ ! -s err ] && diff help.txt out || fail 'without a command, all are listed'
run trace
expect 2 "$code" 'exit code of a group alone'
[ ! -s err ] && grep -q 'usage: throttlesim trace info' out || fail "a group's commands are listed"
for word in info convert formats fit synth inof; do
    expect_code 2 "$word" a.csv
    expect_error "did you mean 'trace $(echo $word | sed s/inof/info/)'?"
done
expect_code 2 trace run a.csv
expect_error "unknown command 'trace run'; did you mean 'run'?"
expect_code 2 rnu good.yaml
expect_error "unknown command 'rnu'; did you mean 'run'?"
expect_code 2 run
expect_error 'a scenario is needed'
expect_code 2 run good.yaml good.yaml
expect_code 2 run --jsn good.yaml
expect_error "unknown option '--jsn'; did you mean '--json'?"
expect_code 2 run --json=yes good.yaml
expect_code 2 run -x good.yaml
expect_error "unknown option '-x'"
expect_code 2 run good.yaml --db
expect_error "option '--db' needs a value"
expect_code 2 run --db b.db --db c.db good.yaml
expect_error '--db is given twice'
expect_code 2 run --json=yes good.yaml
expect_error "option '--json' takes no value"
expect_code 2 run --d x good.yaml
expect_error "can mean several"
expect_code 2 help run report
expect_code 2 limits iops-total
expect_code 2 help rnu
expect_code 0 help run
grep -q -e '--limits' out || fail "'help run' is not the help of run"
expect_code 2 run --log everything good.yaml
expect_error "--log: expected requests, found 'everything'"
expect_code 2 run --log '' good.yaml
expect_code 2 run --interval 0 good.yaml
expect_error "--interval: an interval must be longer than 0"
expect_code 2 run --interval fast good.yaml
duration='expected a time with a unit (ns, us, ms, s, min, h), found'
expect_error "--interval: ${duration%, found} or auto, found 'fast'"
expect_code 2 run --end -1 good.yaml
expect_code 2 run --timer-granularity -1ms good.yaml
expect_error "--timer-granularity: $duration '-1ms'; it cannot be below 0"
expect_code 2 run --timer-granularity 99999999999h good.yaml
expect_error "$duration '99999999999h'; it is too large"
expect_code 2 run --device-model fixed:200 good.yaml
expect_error "found 'fixed:200'; did you mean 'fixed:200us'?"
expect_code 2 run --timer-granularity '' good.yaml
expect_code 2 run --device-model fixed good.yaml
expect_code 2 run --device 254,48 good.yaml
expect_code 2 run --attach filter good.yaml
expect_code 2 run --limits iops-total=10
expect_code 2 run --limits iops-totl=10 a.csv
expect_error "unknown limit 'iops-totl'; did you mean 'iops-total'?"
expect_code 2 run --limits iops-total=10,iops-read=3 a.csv
expect_error '--limits: iops-total (10) cannot be set together with iops-read (3)'
expect_code 2 run --limits iops-total a.csv
expect_code 2 report
expect_code 2 report a.db a.db
expect_code 2 report --run 0 a.db
expect_code 2 report --run x a.db
expect_code 2 report a.db:1 --run 1
expect_error 'the run is given twice'
expect_code 2 explain a.db:
expect_code 2 plot a.db:0
expect_error "behind the colon expected the number of a run, from 1, found '0'"
expect_code 2 plot
expect_code 2 trace inof a.csv
expect_code 2 trace info
expect_code 2 trace info --arrival never a.csv

expect_code 2 run a.csv
expect_error 'a.csv is a trace, not a scenario'

# 3: bad input
expect_code 3 run missing.yaml
expect_error 'missing.yaml: No such file or directory'
expect_code 3 run bad.yaml
expect_error "bad.yaml:1:19: unknown key 'trase' in a member; did you mean 'trace'?"
expect_code 3 run bad-trace.yaml
expect_error 'bad.csv'
expect_code 3 run --limits iops-total=10 missing.csv
expect_code 3 run --limits iops-total=10 good.yaml
expect_code 3 report missing.db
expect_code 3 report good.yaml
expect_code 3 report none.db:1
expect_code 3 report a.db:99
expect_code 3 report --run 99 a.db
expect_error 'there is no run 99'
expect_code 3 plot missing.db
expect_code 3 trace info missing.csv
expect_code 3 trace info good.yaml
[ ! -e missing.db ] || fail 'a missing database was made by reading it'

# An empty one, one cut in half, one overwritten in the middle.
: >empty.db
size=$(wc -c <a.db)
head -c $((size / 2)) a.db >half.db
cp a.db holes.db
tr '\000' '\377' </dev/zero | dd of=holes.db bs=4096 seek=2 count=$((size / 4096 - 2)) \
    iflag=fullblock conv=notrunc 2>/dev/null
for database in empty half holes; do
    expect_code 3 report $database.db
    expect_code 3 plot $database.db
done

# A database that is none is not touched.
cp good.yaml text.db
expect_code 3 run good.yaml --db text.db
cmp -s good.yaml text.db || fail 'a text file given as --db was changed'

# Nothing can be written there.
expect_code 1 run good.yaml --db no/such/directory/a.db

# A time that fits in a number but not on the clock is refused, not lost.
printf 'time_ns,op,offset,bytes\n9223372036854775807,read,0,512\n' >late.csv
expect_code 3 run --limits iops-total=10 late.csv
expect_error 'more than 146 years'

# Blanks after the commas of --limits, and a device number that lacks its quotes.
expect_code 0 run --limits 'iops-total=10, iops-total-max=20' a.csv
printf 'members: [{id: a, trace: {path: a.csv, device: 254,48}}]\n' >unquoted.yaml
expect_code 3 run unquoted.yaml
expect_error 'in quotes'

# The requests in the scenario itself: messages say where in it.
printf 'members: [{id: a}]\ntrace:\n  csv: |\n    time_ns,op,offset,bytes\n    0,reed,0,1\n' \
    >in.yaml
expect_code 3 run in.yaml
expect_error 'throttlesim: in.yaml:3:8 (csv): line 2: column op: found "reed", expected read,'
printf 'members: [{id: a, trace: {path: a.csv, csv: a.csv}}]\n' >both.yaml
expect_code 3 run both.yaml
expect_error "both.yaml:1:45: a trace has a 'path' or a 'csv', not both"

# 1: failed. The tables do not fit on a full disk.
for command in 'run good.yaml' 'run --json good.yaml' 'report a.db' 'trace info a.csv' limits help \
    'run --help' 'trace info --json a.csv' version; do
    code=0
    # shellcheck disable=SC2086 # a command line
    "$program" $command >/dev/full 2>err || code=$?
    expect 1 "$code" "exit code of '$command' on a full disk"
    grep -q 'No space left' err || fail "'$command' on a full disk says: $(cat err)"
done

# No control character of a file reaches the terminal.
printf 'members: [{id: a, "t\\e[31mx": 1}]\n' >control.yaml
expect_code 3 run control.yaml
if LC_ALL=C tr -d '\n' <err | LC_ALL=C grep -q '[[:cntrl:]]'; then
    fail 'a control character in a message'
fi

finish

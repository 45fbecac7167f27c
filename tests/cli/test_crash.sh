#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A run that is ended from outside: what is left in the database, and how the program dies.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

# Two million requests take longer than it takes to send a signal.
awk 'BEGIN {
    print "time_ns,op,offset,bytes"
    for (i = 0; i < 2000000; i++)
        print i ",read,0,512"
}' >long.csv
echo 'members: [{id: a, trace: long.csv}]' >long.yaml
head -n 1000 long.csv >short.csv
echo 'members: [{id: a, trace: short.csv}]' >short.yaml

status_of() {
    ask a.db "SELECT status FROM run WHERE run_id = $1"
}

# Starts the long run as run N and waits until its rows come; leaves its process number in $pid.
start_long_run() {
    "$program" run long.yaml --log requests --db a.db >out 2>err &
    pid=$!
    tries=0
    until [ "$(ask a.db "SELECT count(*) FROM run WHERE run_id = $1" 2>/dev/null)" = 1 ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 1000 ] || break
        sleep 0.01
    done
}

# Bash and dash tell death by a signal as 128 and its number.
expect_death() {
    code=0
    wait "$pid" 2>/dev/null || code=$?
    expect "$1" "$code" "exit code of a run that got $2"
    # What a killed writer left half done is taken back by who may write.
    sqlite3 a.db 'SELECT count(*) FROM run' >/dev/null
    expect "$3" "$(status_of "$4")" "status of a run that got $2"
    expect ok "$(ask a.db 'PRAGMA integrity_check')" "integrity after $2"
}

expect_code 0 run short.yaml --log requests --db a.db
ask a.db 'SELECT * FROM request_log WHERE run_id = 1' >before.txt

start_long_run 2
kill -TERM "$pid"
expect_death 143 SIGTERM interrupted 2
[ "$(ask a.db 'SELECT arrived FROM run WHERE run_id = 2')" -gt 0 ] ||
    fail 'an interrupted run has no requests'
[ "$(ask a.db 'SELECT count(*) FROM request WHERE run_id = 2')" -lt 2000000 ] ||
    fail 'the long run was not interrupted'
expect "$(ask a.db 'SELECT arrived FROM run WHERE run_id = 2')" \
    "$(ask a.db 'SELECT count(*) FROM request WHERE run_id = 2')" 'requests of an interrupted run'

start_long_run 3
kill -KILL "$pid"
expect_death 137 SIGKILL running 3

# A shell ignores SIGINT for what it starts in the background; env sets it back.
env --default-signal=INT "$program" run long.yaml --log requests --db a.db \
    >out 2>err &
pid=$!
until [ "$(ask a.db 'SELECT count(*) FROM run WHERE run_id = 4' 2>/dev/null)" = 1 ]; do
    sleep 0.01
done
kill -INT "$pid"
expect_death 130 SIGINT interrupted 4

# Two signals at once are one wish, as from timeout(1); a later one kills what does not end. The
# program cannot end here: while it waits for more of the trace, another process locks its database.
mkfifo pipe lock
env --default-signal=INT "$program" run --limits '' --log requests --format csv --db c.db - <pipe \
    >out 2>err &
pid=$!
exec 4>pipe
head -n 200000 long.csv >&4 # what is in order is seen in the first 65,536
until [ "$(ask c.db 'SELECT count(*) FROM run' 2>/dev/null)" = 1 ]; do
    sleep 0.01
done
sqlite3 -cmd '.timeout 10000' c.db <lock >locked &
locker=$!
exec 3>lock
echo "BEGIN EXCLUSIVE; SELECT 'locked';" >&3
until [ -s locked ]; do
    sleep 0.01
done
tail -n +200001 long.csv >&4 2>/dev/null &
exec 4>&-
kill -INT "$pid"
sleep 0.1
kill -INT "$pid"
sleep 2.1
kill -0 "$pid" || fail 'the second of two signals kills'
kill -INT "$pid" || fail 'the program does not wait for the lock'
code=0
wait "$pid" 2>/dev/null || code=$?
expect 130 "$code" 'exit code of a program that got another signal later'
exec 3>&-
wait "$locker"

# The earlier run is as it was, and the next one finds a database that works.
ask a.db 'SELECT * FROM request_log WHERE run_id = 1' | cmp -s - before.txt ||
    fail 'an earlier run has changed'
expect complete "$(status_of 1)" 'status of the first run'
expect_code 0 report a.db:3
expect_code 0 report a.db:4
expect_code 0 run short.yaml --log requests --db a.db
expect complete "$(status_of 5)" 'status of a run after the killed ones'

# A file that grows beyond its limit: the run fails, and says so.
code=0
(
    ulimit -f 4096
    trap '' XFSZ
    exec "$program" run long.yaml --log requests --db b.db
) >out 2>err || code=$?
expect 1 "$code" "exit code when the database cannot grow ($(cat err))"
[ ! -s out ] || fail 'a failed run prints results'

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A sweep that is shared out, by --shard and by mpirun: merged, it is what one process makes of it,
# in every table but for when runs were made.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

cat >s.yaml <<END
groups:
  - {id: gold, limits: {iops-total: 300, iops-total-max: 900}}
members:
  - {id: db, group: gold, trace: {path: $recorded/mixed/vdc.blktrace, arrivals: open}}
END
set -- sweep s.yaml --vary gold.iops-total=100:190:x1.01 --keep 3,7-9
points=65

# rows DB: all that it holds, a line a row, without times.
rows() {
    sqlite3 -readonly "$1" 'CREATE TEMP TABLE r AS SELECT * FROM run' \
        "UPDATE r SET started_at = '', finished_at = ''" \
        '.mode quote' 'SELECT * FROM r ORDER BY run_id' >rows.run
    sqlite3 -readonly "$1" .dump | grep -v '^INSERT INTO run ' | sort - rows.run
}
# same DB WHAT
same() {
    rows "$1" >found
    cmp -s wanted found || fail "$2 is another: $(diff wanted found | head -n 3)"
    expect $points "$(ask "$1" 'SELECT count(*) FROM sweep_point')" "points of $2"
    expect 4 "$(ask "$1" 'SELECT count(*) FROM run')" "runs of $2"
}

expect_code 0 "$@" --db one.db
cp out one.out
rows one.db >wanted

# Shards, in whatever order, and one twice.
for shard in 1 2 3; do
    expect_code 0 "$@" --shard $shard/3 --db $shard.db
done
expect_code 0 merge all.db 3.db 1.db 2.db
expect '4 runs put in 65 points put in' "$(xargs <out)" 'what merge says'
same all.db 'what is merged of shards'
expect_code 0 merge all.db 2.db
expect '0 points put in, 22 there already' "$(tail -n 1 out)" 'a shard that is there'
same all.db 'what a shard is merged into twice'
# The sweep of what was merged: nothing is left to be done.
run "$@" --db all.db
cmp -s out one.out || fail 'the table of what was merged is another'
grep -q 'has 65 of these 65 runs' err || fail "what is merged is run again: $(cat err)"

# Another outcome of the same point is refused, and what else there is stays.
cp 3.db other.db
sqlite3 other.db "UPDATE sweep_point SET digest = 'abc' WHERE point = 3"
expect_code 3 merge all.db other.db
expect_error 'other.db: point 3 of a sweep has the digest abc, but'
same all.db 'what was refused'

for wrong in 0/3 4/3 0/0 3 1/3x -1/3 1/-3 +1/3 ' 1/3' 1/ / 1/3/; do
    expect_code 2 "$@" --db wrong.db --shard "$wrong"
    expect_error "expected I/N, such as 1/4, the first of four, found '$wrong'"
done

# ---- mpirun ----

if ! command -v mpirun >/dev/null || [ ! -e "$(dirname "$program")/throttlesim-mpi.so" ]; then
    OMPI_COMM_WORLD_SIZE=4 run "$@" --db mpi.db
    [ "$code" -eq 2 ] || fail 'started by mpirun, but built without MPI'
    finish
    exit
fi
# As root only if one means it; more ranks than processors; and MPI keeps some memory.
OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 ASAN_OPTIONS=detect_leaks=0
export OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM ASAN_OPTIONS
ranks() {
    count=$1
    shift
    mpirun --oversubscribe -n "$count" "$@" >mpi.out 2>&1 </dev/null
}

ranks 4 "$program" "$@" --db mpi.db || fail "four ranks: $(tail -n 3 mpi.out)"
same mpi.db 'what four ranks have made'
[ -z "$(find . -name 'mpi.db.*')" ] || fail 'databases of ranks are left'
grep -q 'iops-total' mpi.out || fail 'four ranks print no table'

# One is killed when it has done a point: mpirun ends the others. A second call does the rest, by
# fewer ranks, or by one process.
cat >killed.sh <<'END'
[ "$OMPI_COMM_WORLD_RANK" = 2 ] || exec "$@"
"$@" &
until [ "$(sqlite3 -readonly killed.db.rank-2 'SELECT count(*) FROM sweep_point' 2>/dev/null ||
    echo 0)" -gt 0 ]; do
    sleep 0.01
done
kill -KILL $!
wait $!
kill -KILL $$
END
for rest in 3 1; do
    # It may be through before it is seen to have begun, on a busy machine.
    for try in 1 2 3 4 5 6 7 8 9 last; do
        rm -f killed.db*
        ranks 4 sh killed.sh "$program" "$@" --db killed.db && fail 'nobody tells that a rank died'
        [ ! -e killed.db.rank-2 ] || [ -e killed.db ] || break
        [ $try != last ] || fail 'what the ranks had done is not there'
    done
    # Nor had another one that was killed come further than to make the file of all.
    : >killed.db
    if [ $rest -gt 1 ]; then
        ranks $rest "$program" "$@" --db killed.db || fail "the rest: $(tail -n 3 mpi.out)"
        grep -q 'has [1-9][0-9]* of these 65 runs' mpi.out || fail 'all is run again'
    else
        run "$@" --db killed.db
        expect 0 "$code" 'the rest, by one process'
    fi
    same killed.db "what was killed and gone on with by $rest"
done

ranks 2 "$program" sweep s.yaml --vary gold.iops-total=300,400 && fail 'ranks without a database'
grep -q 'under mpirun --db FILE is needed' mpi.out || fail "ranks without --db: $(cat mpi.out)"
# Other commands are as ever.
ranks 1 "$program" version || fail 'a command under mpirun'
finish

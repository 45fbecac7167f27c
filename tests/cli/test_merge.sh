#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Databases put into one: nothing is lost, nothing comes twice.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

limits='--limits iops-total=300,iops-total-max=900'
# shellcheck disable=SC2086 # a list of words
store() {
    expect_code 0 run $limits "$recorded/mixed/$1.blktrace" --arrivals open --db "$2" $3
}

# dump DB RUN: all rows of a run, of each table, without its number.
dump() {
    for table in $(sqlite3 -readonly "$1" "SELECT t.name FROM sqlite_schema AS t
            JOIN pragma_table_info(t.name) AS c ON c.name = 'run_id' WHERE t.type = 'table'"); do
        sqlite3 -readonly "$1" "SELECT '$table', $(sqlite3 -readonly "$1" "SELECT
            group_concat('quote(\"' || name || '\")', ', ') FROM pragma_table_info('$table')
            WHERE name <> 'run_id'") FROM \"$table\" WHERE run_id = $2" | sort
    done
}

store vdc a.db '--log requests'
store vdd a.db ''
store vde b.db ''
store vdc b.db ''
cp a.db a.before

expect_code 0 merge all.db a.db b.db
expect '4 runs put in' "$(cat out)" 'what merge says'
cmp -s a.db a.before || fail 'merge changes what it reads'
expect '1|2|3|4' "$(ask all.db "SELECT group_concat(run_id, '|') FROM run")" 'the numbers'
while read -r from at to; do
    dump "$from" "$at" >wanted
    dump all.db "$to" >found
    cmp -s wanted found || fail "run $at of $from is another: $(diff wanted found | head -n 3)"
    [ "$(grep -c '^latency_statistics' found)" -gt 0 ] || fail 'nothing is compared'
done <<'END'
a.db 1 1
a.db 2 2
b.db 1 3
b.db 2 4
END

# Again: nothing more. A run more in one of them: that one.
cp all.db all.before
expect_code 0 merge all.db a.db b.db --json
expect '0 4' "$(jq -r '"\(.runs) \(.runs_known)"' out)" 'what is there already'
sqlite3 all.before .dump >wanted
sqlite3 all.db .dump >found
cmp -s wanted found || fail 'merging again changes something'
store vdd b.db ''
expect_code 0 merge all.db b.db
expect '1 run put in, 2 there already' "$(cat out)" 'a run more'
expect_code 0 report all.db:5

# Runs that are the same twice in one file stay two.
sqlite3 a.db "CREATE TEMP TABLE r AS SELECT * FROM run WHERE run_id = 2; UPDATE r SET run_id = 3;
    INSERT INTO run SELECT * FROM r"
expect_code 0 merge two.db a.db
expect 3 "$(ask two.db 'SELECT count(*) FROM run')" 'runs that say the same'

# An earlier schema, which has no assumptions.
cp b.db old.db
sqlite3 old.db 'DROP TABLE assumption; PRAGMA user_version = 3'
expect_code 0 merge of_old.db old.db
expect '3 runs put in' "$(cat out)" 'runs of an earlier schema'
expect 6 "$(ask of_old.db 'PRAGMA user_version')" 'the schema of what they are merged into'
expect_code 0 report of_old.db:2

# Refused, and nothing done.
expect_code 2 merge
expect_code 2 merge all.db
expect_error 'at least one to be merged'
expect_code 2 merge all.db a.db b.db ./a.db
expect_error "'a.db' and './a.db' are the same file"
expect_code 2 merge a.db a.db
expect_code 3 merge new.db missing.db
expect_error 'missing.db: No such file'
echo 'time_ns,op' >text.db
expect_code 3 merge new.db text.db
expect_error 'text.db: '
sqlite3 other.db 'CREATE TABLE run (run_id)'
expect_code 3 merge other.db a.db
expect_error 'not one of throttlesim'
head -c 20000 b.db >cut.db
expect_code 3 merge new.db a.db cut.db
expect_error 'cut.db'

# Names are taken as they are.
cp a.db "it's :memory:.db"
expect_code 0 merge named.db "it's :memory:.db"
finish

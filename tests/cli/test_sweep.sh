#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Many variants of a scenario: each is the single run, whatever the jobs, interrupted or not.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

ln -s "$recorded/mixed" mixed
cp "$recorded/demo.yaml" a.yaml

# rows DB: all that a sweep stores.
rows() {
    for table in sweep sweep_setting sweep_value sweep_figure sweep_point sweep_result; do
        sqlite3 -readonly "$1" "SELECT '$table', * FROM $table"
    done
}

# ---- Each point is the single run: digest and numbers ----

vary='--vary gold.iops-total=300:700:400 --vary gold.iops-total-max-length=1,5'
# shellcheck disable=SC2086 # options
expect_code 0 sweep a.yaml $vary --db points.db --keep 2-3 --json
cp out points.json
expect 4 "$(jq '.points | length' points.json)" 'points'
for point in 0 1 2 3; do
    total=$(jq -r ".points[$point].settings[\"gold.iops-total\"]" points.json)
    length=$(jq -r ".points[$point].settings[\"gold.iops-total-max-length\"]" points.json)
    sed "s/iops-total: 500/iops-total: $total/; s/max-length: 2/max-length: $length/" a.yaml >b.yaml
    expect_code 0 run b.yaml --json
    for key in digest end_ns arrived dispatched completed; do
        expect "$(jq -r ".run.$key" out)" "$(jq -r ".points[$point].runs[0].$key" points.json)" \
            "$key of point $point"
    done
    expect "$(jq '[.members[].directions["read+write"].latency.total.p99_ns] | max' out)" \
        "$(jq ".points[$point].runs[0].figures[\"worst.read+write.p99\"]" points.json)" \
        "worst p99 of point $point"
done

# Kept ones are runs as any other.
kept=$(ask points.db "SELECT group_concat(point, '|') FROM sweep_point WHERE run_id > 0")
expect '2|3' "$kept" 'points that are kept'
expect_code 0 report points.db:2 --json
expect "$(jq -r '.points[2].runs[0].digest' points.json)" "$(jq -r .run.digest out)" 'kept digest'

# ---- Interrupted, and gone on with ----

# end_beyond COUNT DB: interrupts the sweep `pid` once the file has more points than that.
end_beyond() {
    tries=0
    while [ "$tries" -lt 100 ] &&
        [ "$(sqlite3 "$2" 'SELECT count(*) FROM sweep_point' 2>/dev/null || echo 0)" -le "$1" ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" || true
}

vary='--vary gold.iops-total=80:960:80 --vary fio.attach=drive,filter'
# shellcheck disable=SC2086
expect_code 0 sweep a.yaml $vary --db whole.db --jobs 2 --json
cp out whole.json
# shellcheck disable=SC2086
expect_code 0 sweep a.yaml $vary --db other.db --jobs 1
rows whole.db >whole.txt
rows other.db | diff whole.txt - >diff.txt || fail "one job makes other rows: $(head -n 4 diff.txt)"
# shellcheck disable=SC2086
"$program" sweep a.yaml $vary --db part.db --jobs 1 >out 2>err &
pid=$!
end_beyond 0 part.db
done_before=$(ask part.db 'SELECT count(*) FROM sweep_point')
# shellcheck disable=SC2086
run sweep a.yaml $vary --db part.db --json
expect 0 "$code" 'going on'
if [ "$done_before" -lt 24 ]; then
    grep -q "part.db has $done_before of these 24 runs" err || fail "goes on with: $(cat err)"
fi
rows part.db | diff whole.txt - >diff.txt || fail "going on makes other rows: $(head -n 4 diff.txt)"
cmp -s whole.json out || fail 'going on prints something else'

# Another grid, or another scenario, is another sweep beside it.
run sweep a.yaml --vary gold.iops-total=200,300 --db part.db
expect 0 "$code" 'another grid'
grep -q 'part.db has 1 other sweep of a.yaml' err || fail "another grid: $(cat err)"
expect 2 "$(ask part.db 'SELECT count(*) FROM sweep')" 'sweeps in the file'

# ---- Points that fail ----

run sweep a.yaml --vary gold.iops-total=500 --vary gold.iops-total-max=300,1000 --db failed.db
expect 3 "$code" 'a point fails'
grep -q '1 of 2 runs failed' err || fail "a point fails: $(cat err)"
expect '3|0' "$(ask failed.db "SELECT group_concat(exit_code, '|') FROM sweep_point")" 'exit codes'
sed 's/iops-total-max: 1000/iops-total-max: 300/' a.yaml >b.yaml
run run b.yaml
expect "$(sed 's/.*: iops/iops/' err)" \
    "$(ask failed.db 'SELECT error FROM sweep_point WHERE point = 1' | sed 's/.*: iops/iops/')" \
    'the reason'

# ---- One group, or a limit per disk ----

run sweep a.yaml --per-disk-or-group --json
expect 'group per-disk' "$(jq -r '[.points[].settings.sharing] | join(" ")' out)" 'both'
cp out sharing.json
cat >b.yaml <<END
groups:
$(for disk in c d e f; do
    echo "  - {id: $disk, limits: {iops-total: 125, iops-total-max: 250, iops-total-max-length: 2}}"
done)
members:
  - {id: postgres, group: c, attach: drive, trace: mixed/vdc.blktrace}
  - {id: fio, group: d, attach: drive, trace: mixed/vdd.blktrace}
  - {id: tar, group: e, attach: drive, trace: mixed/vde.blktrace}
  - {id: files, group: f, attach: drive, trace: mixed/vdf.blktrace}
device: {model: recorded}
END
expect_code 0 run b.yaml --json
expect "$(jq -r .run.digest out)" "$(jq -r '.points[1].runs[0].digest' sharing.json)" 'per disk'
run sweep a.yaml --per-disk-or-group
grep -q '^One group or a limit per disk: worst.read+write.p99 ' out || fail 'no verdict'

# ---- Seeds ----

classes='[{law: lognormal, mean: 2ms, shape: 0.5}]'
sed "s/^device.*/device: {model: random, seed: 7, classes: $classes}/" a.yaml >drawn.yaml
run sweep drawn.yaml --vary gold.iops-total=300,600 --seeds 3 --json
expect 0 "$code" "seeds ($(cat err))"
expect '3 3' "$(jq -r '[.points[].runs | length | tostring] | join(" ")' out)" 'runs of each point'
expect 3 "$(jq -r '[.points[0].runs[].digest] | unique | length' out)" 'different seeds'
cp out seeds.json
sed 's/seed: 7/seed: 9/; s/iops-total: 500/iops-total: 600/' drawn.yaml >b.yaml
expect_code 0 run b.yaml --json
expect "$(jq -r .run.digest out)" "$(jq -r '.points[1].runs[2].digest' seeds.json)" 'the third seed'

# ---- What is wrong with the command line ----

expect_code 2 sweep a.yaml
expect_error 'nothing is varied'
expect_code 2 sweep a.yaml --vary gold.iops-totl=1,2
expect_error "did you mean 'iops-total'"
expect_code 2 sweep a.yaml --vary glod.iops-total=1,2
expect_error "there is no group or member 'glod'; did you mean 'gold'"
expect_code 2 sweep a.yaml --vary gold.iops-total=1:2
expect_error "expected a range FIRST:LAST:STEP"
expect_code 2 sweep a.yaml --vary gold.iops-total=5:2:1
expect_error "found '5:2:1'"
expect_code 2 sweep a.yaml --vary gold.iops-total=1,2,1
expect_error "the value '1' is there twice"
expect_code 2 sweep a.yaml --vary engine=thrott
expect_error "unknown engine 'thrott'"
expect_code 2 sweep a.yaml --vary fio.id=a,b
expect_error 'this can only be read from a file'
expect_code 2 sweep a.yaml --vary gold.iops-total=1,2 --figure wrost.read.p99
expect_error "unknown member 'wrost'; did you mean 'worst'"
expect_code 2 sweep a.yaml --vary gold.iops-total=1,2 --keep 1
expect_error '--keep needs --db'
expect_code 2 sweep a.yaml --vary gold.iops-total=1,2 --seeds 3
expect_error 'nothing in a.yaml is drawn'
for keep in 5-3 0-1 3 99999999999999999999; do
    expect_code 2 sweep a.yaml --vary gold.iops-total=500,600 --db keep.db --keep $keep
    expect_error '--keep: expected '
done
expect_code 2 sweep a.yaml --vary gold.iops-total=1,2 --vary groups.gold.iops-total=3,4
expect_error "'groups.gold.iops-total' is varied twice"
expect_code 2 sweep a.yaml --vary gold.iops-total=1,2 --figure '"total".read.p99'
expect_error "unknown member 'total'"
expect_code 2 sweep a.yaml --vary gold.iops-total=1,2 --figure gold.group.jain
expect_error "'jain' is of two runs, or of a group"
expect_code 3 sweep missing.yaml --vary gold.iops-total=1,2
run sweep a.yaml --vary gold.iops-total=500
grep -q '^1 point of a.yaml' out || fail "one point: $(head -n 1 out)"

# Many values are looked at one by one: Ctrl-C ends that as well.
"$program" sweep a.yaml --vary gold.iops-total=1:100000:1 --eta never >out 2>err &
pid=$!
sleep 3
kill -TERM "$pid"
tries=0
while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 50 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
[ "$tries" -lt 50 ] || fail 'it goes on for 5 s'
wait "$pid" || true

# What is told of an interrupted shard is not what the others are to do.
run sweep a.yaml --vary gold.iops-total=200:990:10 --shard 2/40 --db shard.db --jobs 1
"$program" sweep a.yaml --vary gold.iops-total=200:990:10 --shard 1/2 --db shard.db --jobs 1 \
    >out 2>err &
pid=$!
end_beyond 2 shard.db
done=$(sed -n 's/.*interrupted: \([0-9]*\) of 80 runs.*/\1/p' err)
expect "$(ask shard.db 'SELECT count(*) FROM sweep_point')" "$done" 'runs that are done'
finish

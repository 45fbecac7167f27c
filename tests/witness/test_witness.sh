#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# test_witness.sh PROGRAM SOURCE_DIR GENERATOR WITNESS: the program reads block traces as a plain
# second program does: the project's recordings, and what random block layers tell
# (THROTTLESIM_WITNESS_SEEDS of them, the first by THROTTLESIM_WITNESS_SEED).
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

generator=$3
witness=$4
count=${THROTTLESIM_WITNESS_SEEDS:-12}
seed=${THROTTLESIM_WITNESS_SEED:-1}

# same FILE FILE WHAT: the first differences are shown.
same() {
    cmp -s "$1" "$2" && return
    fail "$3"
    diff "$1" "$2" | head -n 4 >&2
}

# What the program makes of a trace, without who sent the requests. converted OUT ARGUMENT...
converted() {
    out=$1
    shift
    run trace convert --to csv "$@" "$out"
    ! head -n 1 "$out" | grep -q ',stream$' || sed -i 's/,[^,]*$//' "$out"
}

# Every request of what the files FILE... tell. agrees WHAT PATH FILE...
agrees() {
    what=$1
    path=$2
    shift 2
    for arrival in queue issue; do
        "$witness" $arrival "$@" >$arrival.witness
        if [ "$(wc -l <$arrival.witness)" -eq 1 ]; then # no request at all is an error
            expect_code 3 trace convert --arrival $arrival --to csv "$path" $arrival.program
            continue
        fi
        converted $arrival.program --arrival $arrival "$path"
        same $arrival.witness $arrival.program "$what, arrival $arrival: < witness, > program"
    done
}

# By device and operation, what `trace info` says of it. counted PATH FILE...
counted() {
    path=$1
    shift
    "$witness" -s auto "$@" >sums
    cut -d ' ' -f 1-4 sums | sort >ops.witness
    run trace info --json "$path"
    jq -r '.[0].devices[] | .device as $device | .ops | to_entries[] | select(.value.requests > 0)
        | "\($device) \(.key) \(.value.requests) \(.value.bytes)"' out | sort >ops.program
    same ops.witness ops.program "requests of $path by operation"
    # Known latencies, in ns: how many, the greatest, and of the mean what a double can hold.
    awk '{ n[$1] += $5; sum[$1] += $6; if ($8 > most[$1] + 0) most[$1] = $8 }
        END { for (device in n) if (n[device] > 0)
            printf "%s %d %d %.3f\n", device, n[device], most[device], sum[device] / n[device] }' \
        sums | sort >latencies.witness
    jq -r '.[0].devices[] | select(.latency.count > 0)
        | "\(.device) \(.latency.count) \(.latency.max_ns) \(.latency.mean_ns)"' out |
        awk '{ printf "%s %d %d %.3f\n", $1, $2, $3, $4 }' | sort >latencies.program
    same latencies.witness latencies.program "latencies of $path"
}

# ---- Recordings ----

for recording in mixed throttled-iops; do
    mkdir $recording
    for file in "$recorded/$recording"/*.zst; do
        zstd -qdc "$file" >$recording/"$(basename "$file" .zst)"
    done
    agrees $recording $recording $recording/*
    counted $recording $recording/*
    rm -r $recording
done
cases=$source_dir/tests/traces/cases
for case in "$cases/t02-dm-striped-split.blktrace.0" "$cases/t02b-raid10-middle-completion.bin" \
    "$cases/t03-live-pipe.bin"; do
    agrees "$case" "$case" "$case"
done
public=$source_dir/../shared/traces/public/blktrace/sample.blktrace.0
[ ! -f "$public" ] || agrees "$public" "$public" "$public"

# ---- Random block layers ----

last=$((seed + count - 1))
while [ "$seed" -le "$last" ] && [ "$failures" -lt 5 ]; do
    mkdir random
    "$generator" "$seed" random
    agrees "seed $seed" random random/*.blktrace.*
    for truth in random/*.csv; do
        [ -f "$truth" ] || continue
        arrival=$(basename "$truth" .csv)
        "$witness" -a "$arrival" random/*.blktrace.* >all.witness
        same "$truth" all.witness "seed $seed, arrival $arrival: < truth, > witness"
    done
    # The disks below the device mapper, by name.
    "$witness" -a queue random/*.blktrace.* | grep -E '^time|"8,0"|"259,0"' >below.witness
    converted below.program --arrival queue --device 8,0 --device 259,0 random
    same below.witness below.program "seed $seed, disks: < witness, > program"
    # One stream, sorted by the program.
    cat random/*.blktrace.* >stream
    "$witness" auto random/*.blktrace.* >auto.witness
    converted auto.program stream
    same auto.witness auto.program "seed $seed as one stream: < witness, > program"
    rm -r random
    seed=$((seed + 1))
done

finish

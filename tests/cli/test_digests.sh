#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The digests of all scenarios, committed in digests.txt. Every build runs this test, so that equal
# digests here are equal digests from every compiler, at every optimisation level, under sanitizers.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

# A workload without chance: five members, all operations, several requests in most instants.
awk 'BEGIN {
    split("read write read write discard write-zeroes flush", ops, " ")
    print "time_ns,op,offset,bytes,member,latency_ns"
    state = 12345
    for (i = 0; i < 20000; i++) {
        state = (state * 69069 + 1) % 4294967296
        pick = int(state / 65536)
        op = ops[pick % 7 + 1]
        bytes = op == "flush" ? 0 : 512 * (1 + pick % 64)
        printf "%d,%s,%d,%d,m%d,%d\n", int(i / 3) * 700000, op, i * 4096, bytes, pick % 5, pick * 10
    }
}' >workload.csv

cat >members.part <<'END'
members:
  - {id: m0, group: g, attach: filter, discard: unmap}
  - {id: m1, group: g, attach: drive}
  - {id: m2, group: h, attach: filter, discard: unmap}
  - {id: m3, group: h, attach: drive}
  - {id: m4, attach: filter, discard: unmap}
trace: workload.csv
END
cat >events.part <<'END'
events:
  - {at: 500ms, qom-set: {group: g, limits: {bps-read: 4MB, bps-write: 4MB,
       bps-write-max: 4MB}}}
  - {at: 700ms, block_set_io_throttle: {device: m2, bps: 0, bps_rd: 0, bps_wr: 0,
       iops: 0, iops_rd: 300, iops_wr: 90, iops_rd_max: 600, iops_rd_max_length: 2,
       iops_size: 4K}}
  - {at: 1s, drained_begin: {member: m0, arrivals: pass}}
  - {at: 1.4s, drained_end: {member: m0}}
  - {at: 1.4s, block_set_io_throttle: {device: m4, bps: 0, bps_rd: 0, bps_wr: 0,
       iops: 70, iops_rd: 0, iops_wr: 0}}
  - {at: 1.5s, join: {member: m3, group: m4}}
  - {at: 2s, leave: {member: m4}}
  - {at: 2.5s, block_set_io_throttle: {device: m3, bps: 0, bps_rd: 0, bps_wr: 0,
       iops: 0, iops_rd: 0, iops_wr: 0}}
  - {at: 3s, join: {member: m1, group: h, limits: {bps-write: 5MB}}}
  - {at: 3.5s, block_set_io_throttle: {device: m3, bps: 0, bps_rd: 0, bps_wr: 0,
       iops: 99, iops_rd: 0, iops_wr: 0, group: m4}}
END
# All laws, in a queue and alone.
cat >devices.part <<'END'
devices:
  - id: d
    model: queue
    servers: 2
    bandwidth: 30MB
    seed: 5
    classes:
      - {member: m0, op: read, size: 4KiB, quantiles: [80us, 100us, 1ms, 7ms]}
      - {op: write, law: lognormal, mean: 2ms, shape: 1.3, serial: 300us}
      - {law: gamma, mean: 1ms, shape: 1/3, serial: 200us}
device: {model: random, classes: [{op: read, law: gamma, mean: 3ms, shape: 2.5},
    {law: lognormal, mean: 1ms, shape: 0.8}]}
END
limits() {
    echo "groups: [{id: g, limits: {$1}}, {id: h, limits: {$2}}]"
}
bursts='iops-total: 333, iops-total-max: 777, iops-total-max-length: 3, iops-size: 8K'
bytes='bps-read: 2.5MiB, bps-write: 1MB, bps-write-max: 1.3MB'

(limits "$bursts" "$bytes" && cat members.part) >limits.yaml
(limits "$bursts" "$bytes" && cat members.part events.part) >events.yaml
(limits "$bytes" "$bursts" && cat members.part events.part &&
    echo 'timer-granularity: 1ms') >steps.yaml
(limits "$bursts" "$bytes" && cat members.part events.part && echo 'device: {model: recorded}' &&
    echo 'timer-granularity: 1ms') >steps-recorded.yaml
# What a device does decides when what answers leaves.
(limits "$bursts" "$bytes" && sed -e 's/id: m[024],/& device: d,/' \
    -e 's/^trace: \(.*\)/trace: {path: \1, arrivals: closed, closed: {depth: 6}}/' members.part &&
    cat events.part devices.part) >devices.yaml
(limits "iops-total: 7" "bps-total: 1K" && cat members.part && echo 'end: 4s') >overload.yaml

digest() {
    expect_code 0 run --json "$2"
    printf '%s %s %s\n' "$1" "$(jq -r .run.digest out)" "$(jq -r .run.dispatched out)"
}
for scenario in limits events steps steps-recorded devices overload; do
    digest "$scenario" "$scenario.yaml"
done >found.txt
# Also as recorded, and with the arrivals at Q, before the guest merges and schedules.
for arrival in issue queue; do
    sed "s|trace: \([a-z/.]*\)|arrivals: open, trace: {path: $recorded/\1, arrival: $arrival}|" \
        "$recorded/demo.yaml" >demo-$arrival.yaml
done
for scenario in "$recorded/demo.yaml" demo-issue.yaml demo-queue.yaml \
    "$recorded/throttled-iops.yaml"; do
    digest "$(basename "$scenario" .yaml)" "$scenario"
done >>found.txt
# However many threads, all that is stored is the same: but when.
for scenario in steps-recorded.yaml devices.yaml demo-queue.yaml "$recorded/demo.yaml"; do
    for jobs in 1 3; do
        rm -f run.db
        expect_code 0 run "$scenario" --jobs "$jobs" --log requests --db run.db
        sqlite3 run.db .dump | grep -v '^INSERT INTO run VALUES' >"jobs-$jobs"
    done
    cmp jobs-1 jobs-3 || fail "$scenario: another number of threads, other results"
done
diff "$source_dir/tests/cli/digests.txt" found.txt || fail 'a digest has changed'

finish

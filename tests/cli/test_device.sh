#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A device is fitted to a recording, written, and taken by a scenario and by --device-model.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

export COLUMNS=80
expect_code 0 device fit "$recorded/mixed" -o host.yaml
mv out fit.txt
for words in '^Classes: fitted to every second request' '^Models: the recording' \
    '^254,32: KS ' '^own queue busy ' '^Not accepted: '; do
    grep -q "$words" fit.txt || fail "nothing says '$words'"
done
[ -z "$(awk 'length > 80' fit.txt)" ] || fail 'lines of more than 80 columns'
expect_code 0 device fit --json "$recorded/mixed" -o again.yaml
cmp host.yaml again.yaml || fail 'another device of the same recording'
expect '44257 0 5 1' "$(jq -r '[.requests, .unknown_latencies, (.models | length),
    ([.models[] | select(.taken)] | length)] | join(" ")' out)" 'what the JSON says'
expect '["alone","others_busy","own_queue_busy","p99_ns"]' \
    "$(jq -c '.models[0].members[0].recorded | keys' out)" 'what is told of a member'

echo "{devices: [{id: host, from: host.yaml}], members: {from: trace, device: host},
    trace: {path: $recorded/mixed, arrivals: open}}" >shared.yaml
expect_code 0 run --json shared.yaml
expect queue "$(jq -r .run.device out)" 'the device of a run'
shared=$(jq -c '[.members[] | .total.p50]' out)
expect_code 0 run --json --limits '' --each-volume --arrivals open --device-model from:host.yaml \
    --db runs.db "$recorded/mixed"
expect "$shared" "$(jq -c '[.members[] | .total.p50]' out)" 'what is shared, and the default'
# The run is stored with all of it.
sqlite3 runs.db 'SELECT scenario FROM run' >stored.yaml
rm host.yaml
expect_code 0 run --json stored.yaml
expect "$shared" "$(jq -c '[.members[] | .total.p50]' out)" 'the stored scenario'

# One of several traces is a member called after its file; laws, servers.
expect_code 0 device fit --model queue --servers 3 --law gamma --bandwidth 2GB --seed 9 \
    "$recorded/mixed/vdc.blktrace" "$recorded/mixed/vdf.blktrace" -o two.yaml
for line in '^model: "queue"' '^servers: 3' '^bandwidth: 2000000000' '^seed: 9' \
    'member: "vdc", op: read, size: 64KiB, law: gamma, mean: .*, shape: .*, serial: ' \
    '^  - {law: gamma, '; do
    grep -q "$line" two.yaml || fail "the device lacks '$line'"
done

# refuse CODE MESSAGE ARGUMENT...
refuse() {
    code=$1 message=$2
    shift 2
    expect_code "$code" device fit "$@"
    # Of several lines, without where to find help.
    expect "throttlesim: $message" \
        "$(tr -s '\n ' ' ' <err | sed "s/ Try '.*//; s/ $//")" "what is said of '$*'"
}
refuse 2 "'device fit' needs a trace"
refuse 2 'standard input can be read once only, and a device is tried on what was recorded: '\
'save it in a file' -
refuse 2 '--servers and --bandwidth are of --model queue' --model random --servers 2 x
refuse 2 "--bandwidth: expected bytes per second, such as 200MB, found 'fast'" --bandwidth fast x
refuse 2 '--servers: at most 1024' --servers 2000 x
cp "$recorded"/mixed/vdd.blktrace.0.zst mine.blktrace.0.zst
refuse 2 'mine.blktrace.0.zst is what was read; write to another file, so that the '\
'recording stays' \
    mine.blktrace.0.zst -o mine.blktrace.0.zst
cmp -s "$recorded"/mixed/vdd.blktrace.0.zst mine.blktrace.0.zst || fail 'the recording has changed'
printf 'time_ns,op,offset,bytes\n0,read,0,512\n' >bare.csv
refuse 3 'a device needs the latencies of 40 requests or more, and the trace has them of 0 of 1' \
    bare.csv

finish

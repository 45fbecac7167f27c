#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The formats of traces: the list of them, naming one, telling it its layout, standard input.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

# Whatever the formats are, all lists have them in the same order, with what each looks like.
expect_code 0 trace formats
cut -d ' ' -f 1 out >names.txt
for name in blktrace csv iolog vscsi biosnoop; do
    grep -qx "$name" names.txt || fail "trace formats does not list $name"
done
expect 0 "$(grep -cvE '^[a-z-]+ +[^ ].{20,}$' out)" 'formats without an explanation'
expect_code 0 trace formats --json
expect "$(cat names.txt)" "$(jq -r '.[].name' out)" 'formats as JSON'
expect true "$(jq 'all(.help | length > 20)' out)" 'formats explained in JSON'
expect_code 2 trace formats a.csv
expect_error "'trace formats' takes nothing more, found 'a.csv'"
expect_code 2 trace format
expect_error "unknown command 'trace format'; did you mean 'trace formats'?"

# A name that does not exist: those that do, and the nearest.
known=$(paste -s -d ',' names.txt | sed 's/,/, /g')
for command in 'trace info' 'run --limits iops-total=5'; do
    # shellcheck disable=SC2086 # a command line
    expect_code 2 $command --format iolgo a.txt
    expect_error "--format: unknown format 'iolgo'; there are $known; did you mean 'iolog'?"
done
expect_code 2 run --format csv a.yaml
expect_error '--format and --layout go with --limits'
expect_code 2 run --layout x a.yaml
expect_error '--format and --layout go with --limits'

# Without its header line, biosnoop's output is known by name only, and its columns by the layout.
layout='TIME(s) COMM PID DISK T SECTOR BYTES QUE(ms) LAT(ms)'
printf '1.000000 x 1 sda W 8 512 0.11 0.47\n1.000001 x 1 sda R 16 512 0.22 0.40\n' >rows.txt
expect_code 3 trace info rows.txt
expect_code 3 trace info --format iolog rows.txt
expect_error 'rows.txt: line 1: this is no iolog of fio'
expect_code 0 trace info --arrival queue --format biosnoop --layout "$layout" --json rows.txt
expect 'biosnoop sda 2 620000' "$(jq -r '.[0] |
    [.format, .devices[0].device, .all.requests, .all.latency.max_ns] | join(" ")' out)" \
    'what is in the rows'
expect_code 3 trace info --format biosnoop --layout "TIME(s)" rows.txt
expect_error 'layout "TIME(s)": expected the header line of biosnoop'

# What more tools print is converted as the rest is, under its name or recognised.
cases=$source_dir/tests/traces/cases
for case in 't08-libbpf-biosnoop-timestamp.txt 5' 't16-iosnoop-ts.txt 8' \
    't24-qemu-trace-log.txt 2'; do
    expect_code 0 trace convert "$cases/${case% *}" --to csv variant.csv
    expect "${case#* }" "$(grep -c ,latency_ns -v variant.csv)" "requests of ${case% *}"
    rm variant.csv
done
printf 'TIME(ms) DISK COMM PID LAT(ms)\n611 sda bash 4179 10\n' >bt.txt
expect_code 3 trace info bt.txt
expect_error "--layout 'T=R BYTES=4096'"
expect_code 0 trace info --format biosnoop --layout 'T=R BYTES=4096' bt.txt

# A run keeps both in the scenario that is stored, which decides the same when it is run again.
expect_code 0 run --limits iops-total=5 --format biosnoop --layout "$layout" --db a.db rows.txt
ask a.db 'SELECT scenario FROM run' >again.yaml
grep -qF "format: \"biosnoop\", layout: \"$layout\"" again.yaml ||
    fail "the stored scenario has no format or layout: $(cat again.yaml)"
expect_code 0 run again.yaml --db a.db
expect 1 "$(ask a.db 'SELECT count(DISTINCT digest) FROM run')" 'digests'

# Standard input, plain and compressed, is what the file is.
printf 'fio version 3 iolog\n1 f add\n5 f read 0 4096\n9 f write 4096 512\n' >a.iolog
expect_code 0 trace info --json a.iolog
jq '.[0] | del(.trace, .files)' out >file.json
gzip -k a.iolog
for input in a.iolog a.iolog.gz; do
    code=0
    # shellcheck disable=SC2002 # a pipe, not a file
    cat $input | "$program" trace info --json - >out 2>err || code=$?
    expect 0 "$code" "exit code of reading $input from a pipe ($(cat err))"
    jq '.[0] | del(.trace, .files)' out | cmp -s - file.json ||
        fail "$input is another trace in a pipe"
done
expect_code 0 run --limits iops-total=5 --json a.iolog
jq -c '.run.digest' out >digest.txt
code=0
"$program" run --limits iops-total=5 --json - <a.iolog >out 2>err || code=$?
expect 0 "$code" "exit code of a run from standard input ($(cat err))"
jq -c '.run.digest' out | cmp -s - digest.txt || fail 'another digest from standard input'
echo 'members: [{id: a, trace: "-"}]' >stdin.yaml
code=0
"$program" run stdin.yaml <a.iolog >out 2>err || code=$?
expect 0 "$code" "exit code with a trace on standard input ($(cat err))"
code=0
"$program" run - <stdin.yaml >out 2>err || code=$?
expect 3 "$code" 'exit code of a scenario and its trace on one standard input'
expect_error 'standard input:1:26: a trace cannot be on standard input, which the scenario was'

finish

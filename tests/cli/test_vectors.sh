#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every run observed on a real QEMU (tests/vectors), as a scenario and a trace through the program:
# each request leaves at the recorded nanosecond, or still waits at the end.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

# The scenario of each run, one line of JSON (which is YAML) each. All members share the trace
# run-LINE.csv.
# shellcheck disable=SC2016 # $run is a variable of jq
scenarios='
def event:
    if .op == "qom-set" then {at: "\(.t)ns", "qom-set": {group, limits}}
    else {at: "\(.t)ns", (.op): .arguments} end;
. as $run | {
    groups, "end": "\(.end)ns", trace: "run-\(input_line_number).csv",
    members: [.members[] | {id, group, attach: $run.attach}],
    events: [.events[] | select(.id == null) | event]
}'
# The requests of each run, after its line and a space; the offset is the id.
# shellcheck disable=SC2016 # $line is a variable of jq
requests='
input_line_number as $line |
    "\($line) time_ns,op,offset,bytes,member",
    (.events[] | select(.id != null) | "\($line) \(.t),\(.op),\(.id),\(.bytes),\(.member)")'
# What must come of it: LINE ID|TIME, with no time for those that still wait.
# shellcheck disable=SC2016 # $line is a variable of jq
departures='
input_line_number as $line |
    ([.dispatch[] | [.[0], "\(.[1])"]] + [.waiting_at_end[] | [., ""]]) | sort_by(.[0])[] |
    "\($line) \(.[0])|\(.[1])"'

# check FILE: all runs of the file
check() {
    mkdir "$1"
    cd "$1"
    # jq counts a line when it has read its end.
    jq -c "$scenarios" <"$source_dir/tests/vectors/$1.jsonl" >lines
    jq -r "$requests" "$source_dir/tests/vectors/$1.jsonl" |
        awk '{ print $2 > ("run-" $1 ".csv") }'
    jq -r "$departures" "$source_dir/tests/vectors/$1.jsonl" |
        awk '{ print $2 > ("run-" $1 ".expected") }'
    line=0
    while read -r scenario; do
        line=$((line + 1))
        printf '%s\n' "$scenario" >"run-$line.yaml"
        expect_code 0 run "run-$line.yaml" --log requests --db runs.db
        ask runs.db "SELECT offset, dispatch_ns FROM request_log WHERE run_id = $line
            ORDER BY offset" >"run-$line.found"
        cmp -s "run-$line.expected" "run-$line.found" ||
            fail "$1.jsonl, line $line: $(diff "run-$line.expected" "run-$line.found" | head -n 2)"
    done <lines
    expect "$(wc -l <"$source_dir/tests/vectors/$1.jsonl")" "$line" "runs of $1"
    cd "$scratch"
}

check edges
check filter
check drive
finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# From a recording to a hundred volumes: fit, synth, info; and what is no recording.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

# ---- fit, synth, info ----

expect_code 0 trace fit --json -o mixed.yaml --arrival queue "$recorded/mixed"
mv out fit.json
[ -z "$(grep '^#' mixed.yaml | awk 'length > 100')" ] || fail 'comments wider than 100 columns'
expect 4 "$(grep -c '^  - id: ' mixed.yaml)" 'volumes of the specification'
expect 5 "$(grep -c '^#   requests/s ' mixed.yaml)" 'comparisons, one a volume and one of all'
grep -q '^# correlation of two volumes' mixed.yaml || fail 'no correlation is named'
grep -q '^#   ! ' mixed.yaml || fail 'no verdict'
! grep -v '^#' mixed.yaml | grep -qi 'nan\|inf' || fail 'no numbers in the specification'

expect_code 0 trace synth mixed.yaml -o made.csv
expect_code 0 trace info --json made.csv
jq '.[0]' out >made.json
expect_code 0 trace info --json --arrival queue "$recorded/mixed"
jq '.[0]' out >recorded.json
for file in recorded made; do
    jq -c '[.devices[].device] | sort' $file.json >$file.names
done
cmp -s recorded.names made.names || fail "other volumes: $(cat made.names)"
# A run varies by its bursts. Requests within a fifth, what they are within a hundredth.
expect true "$(jq -s '(.[0].all.requests / .[1].all.requests) as $r | $r > 0.8 and $r < 1.25' \
    made.json recorded.json)" 'requests of a run'
for disk in 254,32 254,48; do
    for file in made recorded; do
        jq --arg device $disk '.devices[] | select(.device == $device)' $file.json >$file.disk
    done
    expect true "$(jq -s '((.[0].read_share - .[1].read_share) | fabs) < 0.015 and
        ((.[0].sequential.share - .[1].sequential.share) | fabs) < 0.015 and
        ((.[0].working_set.bytes / .[1].working_set.bytes | log2) | fabs) < 0.3 and
        .[0].sizes.p50 == .[1].sizes.p50 and .[0].sizes.p90 == .[1].sizes.p90' \
        made.disk recorded.disk)" "what the requests of $disk are"
done

# The comments tell what `trace synth` makes and `trace info` says of it.
expect "$(jq -r '.all.requests' made.json)" \
    "$(jq .all.made.requests fit.json)" 'requests made'
grep -v '^#' mixed.yaml >plain.yaml
jq -j .spec fit.json | cmp -s - plain.yaml || fail 'the specification in the JSON is another'
jq -r '.volumes[].verdicts[]' fit.json | while read -r verdict; do
    grep -qF "#   ! $verdict" mixed.yaml || fail "the comments do not say: $verdict"
done

# ---- A hundred of them ----

expect_code 0 trace fit --json --device 254,48 --arrival queue "$recorded/mixed"
mv out one.json
expect_code 0 trace fit --volumes 100 --seed 7 --device 254,48 --arrival queue \
    "$recorded/mixed" -o hundred.yaml
expect 1 "$(grep -c '^    count: 100$' hundred.yaml)" 'a hundred volumes'
grep -q '^seed: 7$' hundred.yaml || fail 'the seed is not that which was asked for'
expect_code 0 trace synth hundred.yaml -o hundred.csv
expect_code 0 trace info --json hundred.csv
expect 100 "$(jq '.[0].devices | length' out)" 'volumes that are made'
# The sum of many varies less than one: within 5 % of a hundred times the recorded rate.
expect true "$(jq -s --argjson recorded "$(jq .requests one.json)" \
    '(.[0][0].all.requests / $recorded / 100) as $r | $r > 0.95 and $r < 1.05' out)" \
    'requests of a hundred volumes'
expect_code 0 trace synth --volumes 3 mixed.yaml -o twelve.csv
expect_code 0 trace info --json twelve.csv
expect 12 "$(jq '.[0].devices | length' out)" 'volumes with --devices of synth'

# ---- JSON ----

jq -r .spec one.json >one.yaml
expect_code 0 trace synth one.yaml -o one.csv
expect 1 "$(jq '.volumes | length' one.json)" 'volumes with --device'
expect null "$(jq -c '.correlation["1s"]' one.json)" 'correlation of one volume'
expect "$(jq -c '.volumes[0].distance' one.json)" "$(jq -c .all.distance one.json)" \
    'all of one volume'
expect true "$(jq '.volumes[0].score.score < 0.3 and .all.distance.gaps < 0.12' one.json)" \
    'the score'

# ---- A part of it ----

# fit_part OPTION...: what is fitted to a part is what is fitted to that part as a trace.
fit_part() {
    expect_code 0 trace convert --arrival queue "$@" "$recorded/mixed" part.csv
    expect_code 0 trace fit part.csv -o part.yaml
    expect_code 0 trace fit --arrival queue "$@" "$recorded/mixed" -o cut.yaml
    for file in part cut; do
        grep -v '^#' $file.yaml >$file.spec
    done
    cmp -s part.spec cut.spec || fail "with $* another specification: $(diff part.spec cut.spec)"
}
fit_part --start 20s --duration 2s --op write,flush
fit_part --volume 254,32 --device 254,48 --start 5s --duration 3s
expect_code 0 trace fit --start 5s --duration 200ms --op read,write --device 254,32 \
    --arrival queue "$recorded/mixed"
grep -qx '# Of the recording: from 5 s on for 200 ms; operations read, write; some volumes.' out ||
    fail "the part is not named: $(sed -n 3p out)"
expect_code 0 trace fit --op flush --arrival queue "$recorded/mixed"
grep -qx '# Of the recording: all of its time; operations flush; all volumes.' out ||
    fail "the part is not named: $(sed -n 3p out)"
expect_code 0 trace fit --json --start 5s --duration 3s --device 254,32 --device 254,48 \
    --arrival queue "$recorded/mixed"
expect '["254,32","254,48"]' "$(jq -c '[.volumes[].volume] | sort' out)" 'volumes asked for'
expect_code 3 trace fit --device 254,32 --device 7,7 --arrival queue "$recorded/mixed"
expect_error "no request of device '7,7'"
expect_code 3 trace fit --start 1h --arrival queue "$recorded/mixed"
expect_error 'no request in the part asked for'
expect_code 2 trace fit --op reed --arrival queue "$recorded/mixed"
expect_error "did you mean 'read'"
expect_code 2 trace fit --start x --arrival queue "$recorded/mixed"
expect_error '--start'

# ---- Where it goes ----

head -n 300 made.csv >few.csv
cp few.csv before.csv
expect_code 2 trace fit few.csv -o few.csv
cmp -s few.csv before.csv || fail 'the recording was replaced'
expect_code 2 trace fit --json -o - few.csv
expect_code 0 trace fit -o - few.csv
grep -q '^seed: ' out || fail '-o - is not standard output'
[ ! -e ./- ] || fail 'a file is called -'
ln -s linked.yaml link.yaml
echo old >linked.yaml
expect_code 0 trace fit -o link.yaml few.csv
[ -L link.yaml ] || fail 'a link is replaced'
cmp -s out linked.yaml && fail 'what the link leads to is not written'
# Progress is shown on a machine that takes longer than a second.
run trace fit --eta always few.csv
expect 0 "$code" 'exit code of trace fit --eta always'

# ---- Ctrl-C ----

# interrupted SIGNAL EXIT_CODE SECONDS PRODUCER: at once, and without a file.
mkfifo pipe
echo precious >stopped.yaml
interrupted() {
    "$4" >pipe &
    producer=$!
    "$program" trace fit - -o stopped.yaml <pipe >out 2>err &
    pid=$!
    sleep "$3"
    kill -s "$1" $pid || fail "$4 had ended after $3 s"
    began=$(date +%s%N)
    code=0
    { wait $pid || code=$?; } 2>wait.err
    took_ms=$((($(date +%s%N) - began) / 1000000))
    kill $producer 2>producer.err || :
    { wait $producer || :; } 2>wait.err
    expect "$2" "$code" "exit code after SIG$1 with $4"
    [ "$took_ms" -lt 1000 ] || fail "SIG$1 with $4 took $took_ms ms"
    expect '' "$(cat out)" "output after SIG$1 with $4"
    expect precious "$(cat stopped.yaml)" "the file after SIG$1 with $4"
    expect stopped.yaml "$(find . -name '*stopped*' -printf '%f')" "files after SIG$1 with $4"
}
silent() {
    echo time_ns,op,offset,bytes
    exec sleep 30
}
endless() {
    echo time_ns,op,offset,bytes
    awk 'BEGIN { for (i = 0; ; i++) printf "%.0f,read,0,512\n", i * 1000 }' 2>endless.err
}
# All is read at once; the search takes longer than all these seconds.
searched() {
    cat made.csv
}
interrupted TERM 143 0.5 silent
interrupted HUP 129 0.5 endless
for seconds in 0.4 0.8 1.2; do
    interrupted TERM 143 $seconds searched
done

# ---- Standard input; the same again ----

head -n 3000 made.csv >some.csv
expect_code 0 trace fit some.csv
cp out some.yaml
grep -v 'some.csv' out >by-name.yaml
expect_code 0 trace fit -o again.yaml some.csv
[ ! -s out ] || fail 'with -o, something is printed'
cmp -s some.yaml again.yaml || fail 'standard output and -o differ'
code=0
"$program" trace fit - <some.csv >out 2>err || code=$?
expect 0 "$code" "exit code from standard input ($(cat err))"
grep -v "fit' to -" out | cmp -s - by-name.yaml || fail 'standard input gives something else'

# Both drawn beside each other.
expect_code 0 trace fit -o drawn.yaml --plots drawn/both some.csv
cmp -s some.yaml drawn.yaml || fail 'with plots, another specification'
grep '^drawn/both/fit-' out | sort >found.txt
find drawn -type f | sort | diff - found.txt || fail 'not the paths of all plots'
for plot in rates sizes gaps; do
    grep -q '>recorded<' drawn/both/fit-$plot.svg || fail "fit-$plot does not show the recording"
    grep -q '>made<' drawn/both/fit-$plot.svg || fail "fit-$plot does not show what was made"
done

# ---- What is no recording ----

expect_code 2 trace fit
expect_error 'needs one trace, found 0'
expect_code 2 trace fit a.csv b.csv
expect_error 'needs one trace, found 2'
expect_code 2 trace fit --volumes 1000000 some.csv
expect_error '--volumes'
expect_code 2 trace fit --volumse 3 some.csv
expect_error "did you mean"
expect_code 3 trace fit missing.csv
printf 'time_ns,op,offset,bytes\n' >empty.csv
expect_code 3 trace fit empty.csv
expect_error 'there is no request in it'
printf 'time_ns,op,offset,bytes\n1,read,x,4096\n' >bad.csv
expect_code 3 trace fit bad.csv
expect_code 1 trace fit some.csv -o missing/spec.yaml
expect_error 'missing/spec.yaml: cannot be written'
expect_code 3 trace fit --device nobody some.csv
expect_error nobody
printf 'time_ns,op,offset,bytes,member\n0,read,0,4096,"a\tb"\n9,read,0,4096,"# x: {y"\n' >names.csv
expect_code 0 trace fit names.csv -o names.yaml
expect_code 0 trace synth names.yaml -o names-made.csv
for count in 1 2 3; do
    { echo 'time_ns,op,offset,bytes' && yes '5,write,0,512' | head -n $count; } >few.csv
    expect_code 0 trace fit few.csv -o few.yaml
    expect_code 0 trace synth few.yaml -o few-made.csv
done

finish

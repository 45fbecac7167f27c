#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# `trace convert`: every format and back against what awk makes of the requests, blktrace output by
# blkparse, iologs by fio, cutting and merging by awk, pipes without end, Ctrl-C.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

# convert ARGUMENT...: succeeds; what it says on stderr are notices.
convert() {
    run trace convert "$@"
    expect 0 "$code" "exit code of 'trace convert $*' ($(cat err))"
}

# The same, without who sent the requests, which is in the last column of the files OUT.
requests() {
    convert "$@"
    for out; do true; done
    for file in "${out%\%*}"*; do
        ! head -n 1 "$file" | grep -q ',stream$' || sed -i 's/,[^,]*$//' "$file"
    done
}

# same FOUND EXPECTED WHAT
same() {
    [ -s "$2" ] || fail "$3: nothing is expected"
    cmp -s "$1" "$2" || fail "$3: $(diff "$1" "$2" | head -n 4)"
}

requests --arrival queue "$recorded/mixed" all.csv
expect '' "$(cat err)" 'notices about what a CSV can hold'
expect 51971 "$(wc -l <all.csv)" 'lines of the CSV'

# ---- Every format and back ----

# canonical UNIT OPS LATENCY_UNIT VOLUMES FILE: the requests of a CSV as far as a format holds them:
# times in whole units, only these operations, latencies if their unit is not 0, volumes by number.
# Order is by time only: what arrived at once has no order in some formats. An iolog has no time 0:
# what arrives then does so a microsecond later.
canonical() {
    awk -F, -v unit="${1#+}" -v ops="$2" -v latency_unit="$3" -v has_volumes="$4" \
        -v moved="$(case $1 in +*) echo 1 ;; *) echo 0 ;; esac)" '
        NR > 1 && index("," ops ",", "," $2 ",") > 0 {
            volume = $5
            for (i = 6; i < NF; i++)
                volume = volume "," $i
            if (!(volume in numbers))
                numbers[volume] = count++
            time = unit == 0 ? 0 : int($1 / unit)
            if (moved) # and the origin is the first arrival
                time = time < 1 ? 0 : time - 1
            printf "%.0f %s %s %s %s %s\n", time, $2, $3, $4, has_volumes ? numbers[volume] : 0,
                latency_unit == 0 || $NF == "" ? "-" : int($NF / latency_unit)
        }' "$5" | sort
}

all=read,write,discard,write-zeroes,flush
"$program" trace convert --help | sed -n 's/^Formats that can be written: //p' | tr -d , |
    tr ' ' '\n' >formats.txt
while read -r format; do
    case $format in
    csv | blktrace | blkparse) holds="1 $all 1 1" ;;
    iolog) holds="+1000 $all 0 1" ;;
    msr) holds='100 read,write 100 1' ;;
    alibaba) holds='1000 read,write 0 1' ;;
    tencent) holds='0 read,write 0 1' ;;
    systor | hfplayer) holds='1 read,write 1 1' ;;
    spc | disksim | mqsim) holds='1 read,write 0 1' ;;
    blkreplay) holds='1 read,write 1 0' ;;
    *) fail "what can the format $format hold?" && continue ;;
    esac
    convert --to "$format" --arrival queue "$recorded/mixed" "as.$format"
    mv err notices.txt
    requests --format "$format" "as.$format" back.csv
    # shellcheck disable=SC2086 # four words
    canonical $holds all.csv >expected.txt
    # shellcheck disable=SC2086
    canonical ${holds#+} back.csv >found.txt
    same found.txt expected.txt "$format and back"
    # What is lost is said, and only that.
    is_whole=$([ "$holds" = "1 $all 1 1" ] && echo yes || echo no)
    is_silent=$([ -s notices.txt ] && echo no || echo yes)
    expect "$is_whole" "$is_silent" "no notices of $format"
done <formats.txt
[ "$(wc -l <formats.txt)" -ge 13 ] || fail "formats that can be written: $(xargs <formats.txt)"

# Its ending names the format, and another one compresses.
convert all.csv again.csv.zst
zstd -dc again.csv.zst >again.csv
same again.csv all.csv 'a CSV of a CSV'
convert all.csv last.iolog.gz
gzip -dc last.iolog.gz >last.iolog
same last.iolog as.iolog 'an iolog by its ending'
"$program" trace convert all.csv --to csv - >piped.csv
same piped.csv all.csv 'standard output'
"$program" trace convert - standard.csv <as.blktrace
same standard.csv all.csv 'standard input'

# ---- Other programs read it ----

# Times, operations, sectors: as blkparse prints them.
mkdir blk
convert --arrival queue "$recorded/mixed" blk/vda.blktrace.0
(cd blk && blkparse -q -i vda -f '%T.%9t %a %d %S %n %M,%m\n' >../parsed.txt)
awk '$2 == "Q" && $5 > 0 && $3 !~ /D/ {
    split($1, time, ".")
    printf "%d%s %s %d %d \"%s\"\n", time[1], time[2], $3 ~ /R/ ? "read" : "write", $4 * 512,
        $5 * 512, $6 }' parsed.txt | sed 's/^0*\([0-9]\)/\1/' >found.txt
awk -F, '$2 == "read" || $2 == "write" { print $1, $2, $3, $4, $5 "," $6 }' all.csv >expected.txt
same found.txt expected.txt 'what blkparse finds'
expect "$(awk '$2 == "Q"' parsed.txt | wc -l)" "$(awk '$2 == "C"' parsed.txt | wc -l)" \
    'arrivals and completions, by blkparse'

fio --parse-only --name=replay --ioengine=null --read_iolog=as.iolog >fio.txt 2>&1 ||
    fail "fio does not take the options: $(cat fio.txt)"
# fio's null engine has no discards.
convert --op read,write,flush --arrival queue "$recorded/mixed" replay.iolog
fio --name=replay --ioengine=null --read_iolog=replay.iolog --replay_no_stall=1 \
    --output-format=json --output=fio.json >fio.txt 2>&1 || fail "fio: $(cat fio.txt)"
for op in read write; do
    expect "$(awk -F, -v op=$op '$2 == op { n++; bytes += $4 } END { print n, bytes }' all.csv)" \
        "$(jq -r ".jobs[0].$op | \"\(.total_ios) \(.io_bytes)\"" fio.json)" "what fio did: $op"
done
expect "$(grep -c ',flush,' all.csv)" "$(jq '.jobs[0].sync.total_ios' fio.json)" \
    'what fio did: sync'

# ---- Parts, by awk ----

# part START END SPEED_NUMERATOR SPEED_DENOMINATOR PATTERN
part() {
    awk -F, -v OFS=, -v start="$1" -v end="$2" -v speed="$3" -v by="$4" -v pattern="$5" '
        NR == 1 { print; next }
        $1 >= start && $1 < end && $0 ~ pattern {
            scaled = ($1 - start) * by # below 2^53
            $1 = sprintf("%.0f", (scaled - scaled % speed) / speed)
            print
        }' all.csv >expected.csv
}

part 10000000000 15000000000 1 1 .
requests --start 10s --duration 5s --arrival queue "$recorded/mixed" found.csv
same found.csv expected.csv 'a piece'
part 0 99000000000 3 7 ',write,|,flush,'
requests --duration 99s --speed 3/7 --op flush,write --arrival queue "$recorded/mixed" found.csv
same found.csv expected.csv 'slower, of two operations'
part 20000000000 99000000000 5 2 '"254,(32|80)"'
convert --start 20s --duration 79s --speed 2.5 --device 254,80 --device 254,32 all.csv found.csv
same found.csv expected.csv 'faster, of two volumes'
convert --json --duration 1s --op write,read --device 254,80 --device 254,32 all.csv found.csv
part 0 1000000000 1 1 ',(read|write),.*"254,(32|80)"'
same found.csv expected.csv 'of two volumes and operations'
awk -F, 'NR > 1 && $1 < 1000000000' all.csv >inside.csv
expect "$(($(wc -l <inside.csv) + 1)) $(($(wc -l <inside.csv) - $(wc -l <expected.csv) + 1)) \
$(($(wc -l <expected.csv) - 1)) true" \
    "$(jq -r '[.requests_read, .requests_filtered, .requests_written, .inputs[0].cut_off] |
        join(" ")' out)" 'the summary'

# ---- Merging and splitting ----

requests --split --arrival queue "$recorded/mixed" 'disk %.csv'
expect 'disk 254,32.csv|disk 254,48.csv|disk 254,64.csv|disk 254,80.csv' \
    "$(find . -name 'disk *' | sed 's,^\./,,' | sort | paste -s -d '|')" 'files of the volumes'
for disk in 32 48 64 80; do
    grep -e '^time_ns' -e "\"254,$disk\"" all.csv >expected.csv
    same "disk 254,$disk.csv" expected.csv "the volume 254,$disk"
done
convert 'disk 254,80.csv' 'disk 254,32.csv' 'disk 254,64.csv' 'disk 254,48.csv' merged.csv
sort all.csv >expected.txt
sort merged.csv >found.txt
same found.txt expected.txt 'all volumes merged'
sed 1d merged.csv | sort -s -n -t , -k 1,1 -c || fail 'what is merged is not in order of time'
mixed=$recorded/mixed
convert --arrival queue "$mixed/vdc.blktrace" "$mixed/vdd.blktrace" "$mixed/vde.blktrace" \
    "$mixed/vdf.blktrace" merged.csv
sort merged.csv >found.txt
same found.txt expected.txt 'the recordings of the disks, by their clock'

header=time_ns,op,offset,bytes
mkdir other
printf '%s\n' $header '5,read,0,512' '9,read,512,512' >a.b.csv
printf '%s\n' $header '5,write,0,512' >other/a.csv
printf '%s\n' $header,member '5,read,1024,512,a' '6,write,0,512,x/y' '7,write,0,512,x y' \
    '8,write,512,512,..' '9,write,0,512,-a' >c.csv
convert c.csv a.b.csv other/a.csv --to csv -
sed 1d out >found.txt
printf '%s\n' '5,read,1024,512,a,' '5,read,0,512,a,' '5,write,0,512,a-2,' '6,write,0,512,x/y,' \
    '7,write,0,512,x y,' '8,write,512,512,..,' '9,write,0,512,-a,' '9,read,512,512,a,' >expected.txt
same found.txt expected.txt 'merged in the order of the inputs'
convert --prefix a.b.csv - --to csv - <c.csv
sed 1d out | cut -d , -f 1,5 | paste -s -d ' ' >found.txt
echo '5,a 5,stdin-a 6,stdin-x/y 7,stdin-x y 8,stdin-.. 9,a 9,stdin--a' >expected.txt
same found.txt expected.txt 'names kept apart'
convert --json --split c.csv a.b.csv 'part-%.csv'
jq -r '.outputs[] | "\(.path) \(.volume) \(.requests)"' out >found.txt
printf '%s\n' 'part-a.csv a 3' 'part-x_y.csv x/y 1' 'part-x_y-2.csv x y 1' 'part-_..csv .. 1' \
    'part-_a.csv -a 1' >expected.txt
same found.txt expected.txt 'safe names of files'
for file in part-*.csv; do
    expect "$header,member,latency_ns" "$(head -n 1 "$file")" "the first line of $file"
done
awk -v header=$header 'BEGIN {
    print header ",member"
    for (i = 0; i <= 500; i++) print "0,read,0,512,volume" i
}' >many.csv
mkdir many
expect_code 1 trace convert --split many.csv 'many/%.csv'
expect_error 'more than 500 volumes, too many files to write at the same time; split off some'
expect '' "$(ls many)" 'files left behind'

# ---- Nothing is read behind the piece, nor kept ----

# A producer without end: only who stops reading gets to an end.
endless() {
    awk -v header=$header 'BEGIN {
        print header
        for (i = 0; ; i++) printf "%.0f,read,%.0f,512\n", i * 1000, (i % 1000) * 512
    }'
}
endless | timeout 100 "$program" trace convert --start 20ms --duration 10ms - piece.csv ||
    fail 'a piece of a trace without end'
expect 10001 "$(wc -l <piece.csv)" 'lines of the piece'
convert --duration 90s --device nobody --device 254,32 all.csv a.b.csv piece.csv
expect_error "No request of device 'nobody' came up in what was read."
expect 1 "$(wc -l <err)" 'notices of a volume that does not come up'
{ cat all.csv && echo nonsense; } >broken.csv
convert --duration 90s broken.csv piece.csv
expect_code 3 trace convert broken.csv none.csv
expect_error 'broken.csv: line 51972'
[ ! -e none.csv ] || fail 'a file is left of a trace that is broken'

# peak COUNT: the most memory, in kB, that converting so many requests from a pipe takes.
peak() {
    rm -f pid
    {
        endless | head -n "$1"
        sleep 1
        grep VmHWM "/proc/$(cat pid)/status" >hwm
        # As the last command, a shell may become grep: then nobody holds the pipe open any more.
        true
    } | sh -c 'echo $$ >pid && exec "$0" trace convert --to iolog - peak.iolog' "$program" 2>err
    awk '{ print $2 }' hwm
}
small=$(peak 100000)
large=$(peak 1500000)
[ "$large" -lt $((small + 16000)) ] || fail "memory grows with the trace: $small, then $large kB"

# ---- Ctrl-C ----

# interrupted SIGNAL EXIT_CODE PRODUCER
mkfifo pipe
interrupted() {
    "$program" trace convert - stopped.csv <pipe >out 2>err &
    pid=$!
    "$3" >pipe &
    producer=$!
    sleep 0.5
    kill -s "$1" $pid
    code=0
    { wait $pid || code=$?; } 2>wait.err
    kill $producer 2>producer.err || :
    { wait $producer || :; } 2>wait.err
    expect "$2" "$code" "exit code after SIG$1 with $3"
    expect '' "$(find . -name 'stopped*')" "files left behind after SIG$1"
}
silent() {
    echo $header
    exec sleep 30
}
interrupted TERM 143 endless
interrupted HUP 129 endless
interrupted TERM 143 silent

# ---- Closed standard files ----

# Their numbers are not the output's, which would get what is meant for a terminal.
{ head -n 20000 all.csv && sleep 1.5 && tail -n +20001 all.csv; } |
    "$program" trace convert --eta always - closed.csv 2>&- || fail 'standard error is closed'
same closed.csv all.csv 'the trace with standard error closed'
code=0
"$program" trace convert --to csv all.csv - >&- 2>err || code=$?
expect 1 "$code" 'exit code with standard output closed'
expect_error '-: cannot be written: Bad file descriptor'
code=0
"$program" trace convert - closed.csv <&- 2>err || code=$?
expect 3 "$code" 'exit code with standard input closed'
expect_error '-: cannot be read: Bad file descriptor'

# ---- What cannot be done ----

cp all.csv same.csv
ln -s all.csv link.csv
for command in 'all.csv all.csv' 'a.b.csv ./all.csv all.csv' 'all.csv link.csv' \
    'blk/vda blk/vda.blktrace.0'; do
    # shellcheck disable=SC2086 # a command line
    expect_code 2 trace convert $command
    expect_error 'is one of the inputs; write to another file'
done
same all.csv same.csv 'an input that was to be written'
expect_code 2 trace convert
expect_error 'traces to read and a file to write are needed'
expect_code 2 trace convert all.csv
expect_code 2 trace convert all.csv out.txt
expect_error 'out.txt: this name does not say in which format to write; choose one with --to: csv, '
expect_code 2 trace convert --to cvs all.csv out.txt
expect_error "--to: unknown format 'cvs'; there are csv, "
expect_error "did you mean 'csv'?"
expect_code 2 trace convert --to columns all.csv out.txt
expect_error "--to: format 'columns' can be read, but not written"
expect_code 2 trace convert --to ftrace all.csv out.txt
expect_error "--to: format 'ftrace' can be read, but not written; there are csv, blktrace, "
expect_code 2 trace convert --split all.csv out.csv
expect_error 'out.csv: --split needs one % in the name of the output file'
expect_code 2 trace convert --split all.csv 'dir%/out.csv'
expect_code 2 trace convert --split all.csv '%%.csv'
expect_code 2 trace convert --speed 1e3 all.csv out.csv
expect_error "--speed: expected a factor above 0, such as 2, 1.5 or 1/3, found '1e3'"
expect_code 2 trace convert --op read,wirte all.csv out.csv
expect_error "found 'wirte'; did you mean 'write'?"
expect_code 2 trace convert --op '' all.csv out.csv
expect_code 2 trace convert --start -1 all.csv out.csv
expect_code 2 trace convert --json all.csv --to csv -
expect_error '--json and the trace cannot both be on standard output'
expect_code 2 trace convert - - out.csv
expect_error 'standard input (-) is given twice'
expect_code 3 trace convert --device nobody all.csv out.csv
expect_code 3 trace convert --device 254,32 --device nobody all.csv out.csv
expect_error "no request of device 'nobody' in it"
expect_code 3 trace convert --device nobody all.csv a.b.csv out.csv
expect_error "no request of volume 'nobody' in any of the inputs"
expect_code 3 trace convert nowhere.csv out.csv
expect_code 1 trace convert all.csv nowhere/out.csv
expect_error 'nowhere/out.csv: cannot be written: there is no such directory'
[ ! -e out.csv ] || fail 'a file is left of what cannot be done'
convert --start 1000s all.csv nothing.csv
expect_error 'No request was written'
expect 1 "$(wc -l <nothing.csv)" 'lines of a CSV without requests'

finish

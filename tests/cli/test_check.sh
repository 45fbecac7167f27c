#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# throttlesim check: what is accepted is accepted, and what differs is named. The truth about which
# request differs first comes from the logs of two runs, through SQL.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

# check CODE ARGUMENT...: the results are on standard output whatever they are.
check() {
    wanted=$1
    shift
    run check "$@"
    expect "$wanted" "$code" "exit code of 'check $*' ($(cat out err))"
}

scenario() {
    cat <<END
groups: [{id: g, limits: {$1}}]
members:
  - {id: vdd, group: g, arrivals: open, trace: $recorded/mixed/vdd.blktrace}
  - {id: vde, group: g, attach: drive, arrivals: open, trace: $recorded/mixed/vde.blktrace}
${2-}
END
}

mkdir suite
scenario 'iops-total: 300, iops-total-max: 600' >suite/iops.yaml
scenario 'bps-read: 3MB, iops-write: 20' 'end: 40s' >suite/bytes.yml
cat >suite/one.json <<'END'
{"members": [{"id": "a", "trace": {"csv": "time_ns,op,offset,bytes\n0,read,0,1\n"}}]}
END

# Nothing accepted yet; accepted; as accepted, and then nothing is written.
check 4 suite
expect '3 scenarios, 0 as accepted, 3 not accepted yet' "$(tail -n 1 out)" 'a new suite'
grep -q -- '--accept' out || fail 'it is not said how to accept'
check 0 --accept suite
expect '3 scenarios, 0 as accepted, 3 new' "$(tail -n 1 out)" 'an accepted suite'
expect 6 "$(find suite | grep -c '\.')" 'files in the suite'
touch -d '2001-01-01' suite/*.accepted
check 0 suite
expect '3 scenarios, 3 as accepted' "$(cat out)" 'a suite that holds'
check 0 --accept suite
expect 0 "$(find suite -name '*.accepted' -newermt 2002-01-01 | wc -l)" 'files written for nothing'
"$program" run suite/iops.yaml --json | jq -r .run.digest >digest
grep -qx "digest $(cat digest)" suite/iops.accepted || fail 'the digest is not that of run'

# Another limit: the first request is the one with the earliest time at which two logs disagree.
first_difference() {
    rm -f old.db new.db
    "$program" run "$1" --db old.db --log requests >/dev/null
    "$program" run "$2" --db new.db --log requests >/dev/null
    sqlite3 -readonly old.db "ATTACH 'file:new.db?mode=ro' AS new;
        SELECT o.seq, o.member, o.op, o.bytes, o.arrival_ns, ifnull(n.dispatch_ns, 'null'),
               ifnull(o.dispatch_ns, 'null'), count(*) OVER ()
          FROM main.request_log AS o JOIN new.request_log AS n USING (seq)
         WHERE o.dispatch_ns IS NOT n.dispatch_ns
         ORDER BY min(ifnull(o.dispatch_ns, 1 << 62), ifnull(n.dispatch_ns, 1 << 62)), seq LIMIT 1"
}
compare_with_logs() {
    cp "suite/$1" before.yaml
    sed "$2" before.yaml >"suite/$1"
    check 4 suite --json
    jq -r '.results[] | select(.status == "different") | [(.first_difference
        | .seq, .member, .op, .bytes, .arrival_ns, .leaves_ns // "null", .accepted_ns // "null"),
        .different_requests] | join("|")' out >found
    first_difference before.yaml "suite/$1" >truth
    expect 1 "$(wc -l <truth)" "requests that differ first with $2"
    expect "$(cat truth)" "$(cat found)" "first request decided differently with $2"
    check 4 suite
    grep -q "first decided differently: request $(cut -d '|' -f 1 truth)," out ||
        fail "the request is not named: $(cat out)"
    expect '3 scenarios, 2 as accepted, 1 different' "$(tail -n 1 out)" "summary with $2"
    mv before.yaml "suite/$1"
}
compare_with_logs iops.yaml 's/iops-total: 300/iops-total: 301/'
compare_with_logs iops.yaml 's/600/599/'
compare_with_logs iops.yaml 's/{id: vde, group: g/{id: vde/'
compare_with_logs bytes.yml 's/iops-write: 20/iops-write: 19/'
compare_with_logs bytes.yml 's/end: 40s/end: 40s\ntimer-granularity: 1ms/'
compare_with_logs bytes.yml 's/bps-read: 3MB/bps-read: 2.9MB/'

# Other requests are told from other decisions; accepting names what has changed.
sed 's|vde.blktrace}|vdf.blktrace}|' suite/iops.yaml >new.yaml
cp suite/iops.accepted new.accepted
check 4 new.yaml
grep -q 'the requests themselves are others' out || fail "other requests: $(cat out)"
check 0 --accept new.yaml
expect '1 scenario, 0 as accepted, 1 accepted anew' "$(tail -n 1 out)" 'accepted anew'
check 0 new.yaml

# The same output in the same order with any number of jobs.
for i in 1 2 3 4 5 6 7 8 9; do
    scenario "iops-total: ${i}00" >"suite/more-$i.yaml"
    cp suite/iops.accepted "suite/more-$i.accepted"
done
check 4 suite --jobs 1
mv out out-1
check 4 suite --jobs 4
diff out-1 out || fail 'the output depends on --jobs'
check 4 suite --jobs 4 --json
jq -r '.results[].scenario' out | sort -c || fail 'the results are not in order'
expect 12 "$(jq '.results | length' out)" 'results in JSON'
rm suite/more-*

# Damaged, foreign and orphaned files; the others are checked all the same.
sed -i '0,/^at /s/^at /at x/' suite/iops.accepted
check 3 suite
expect '3 scenarios, 2 as accepted, 1 not checked' "$(tail -n 1 out)" 'a damaged file'
grep -q "suite/iops.accepted:[0-9]*: expected 'at TIME:', 'never:' or 'end', found 'at'" out ||
    fail "a damaged file: $(cat out)"
check 0 --accept suite
check 0 suite
echo 'precious' >suite/iops.accepted
check 3 --accept suite
expect precious "$(cat suite/iops.accepted)" 'a file of something else'
rm suite/iops.accepted
check 0 --accept suite
cp suite/iops.accepted suite/gone.accepted
check 4 suite
grep -q 'suite/gone.accepted: there is no scenario of this name' out || fail "stale: $(cat out)"
expect '3 scenarios, 3 as accepted, 1 accepted without a scenario' "$(tail -n 1 out)" 'stale'
check 4 --accept suite
[ -e suite/gone.accepted ] || fail 'a stale file is removed'
rm suite/gone.accepted
echo 'members: []' >suite/bad.yaml
check 3 suite
grep -q '^suite/bad.yaml: cannot be checked: suite/bad.yaml' out || fail "bad: $(cat out)"
rm suite/bad.yaml

# Lines may end as on other systems, and streams stand in any order: it is the same.
sed 's/vdd.blktrace/vdc.blktrace/' suite/iops.yaml >other.yaml
check 0 --accept other.yaml
cp other.accepted unix.accepted
sed -i 's/$/\r/' other.accepted
check 0 other.yaml
sed '/^stream a/{h;d};/^stream b/{G}' unix.accepted |
    sed 's/^stream a/stream x/; s/^stream b/stream a/; s/^stream x/stream b/
        /^at /s/ a/ x/g; /^at /s/ b/ a/g; /^at /s/ x/ b/g' >other.accepted
cmp -s unix.accepted other.accepted && fail 'the streams have not moved'
check 0 other.yaml

# Operands.
check 0 suite/iops.yaml suite/ suite/bytes.yml
expect '3 scenarios, 3 as accepted' "$(tail -n 1 out)" 'scenarios named twice'
mkdir empty suite/folder.yaml
check 0 suite
rmdir suite/folder.yaml
expect_code 3 check empty
expect_error 'there are no scenarios in this folder'
expect_code 3 check none
expect_error 'none: No such file'
expect_code 2 check
expect_code 2 check -
expect_code 2 check suite/iops.accepted
expect_code 2 check suite --jobs 1000
cp suite/iops.yaml suite/iops.json
expect_code 3 check suite
expect_error 'suite/iops.json and suite/iops.yaml would both'
rm suite/iops.json
cp suite/one.json "$(printf 'odd\377\033.json')"
check 4 --json ./odd*.json
expect true \
    "$(jq '.results[0].scenario == "./odd\ufffd\u001b.json"' out)" 'a path that is not UTF-8'

# A folder that cannot be written to: an error, and what was there stays. Root can write anyhow.
if [ "$(id -u)" -ne 0 ]; then
    scenario 'iops-total: 299' >suite/iops.yaml
    cp suite/iops.accepted before
    chmod a-w suite
    check 1 --accept suite
    chmod u+w suite
    cmp -s before suite/iops.accepted || fail 'a file was changed in a folder without permission'
fi

# Ctrl-C ends it, nothing half-written stays.
mkdir long
for i in 1 2 3 4 5 6 7 8; do
    scenario "iops-total: ${i}0" >long/$i.yaml
done
for wait in 0.01 0.05 0.1 0.2; do
    rm -f long/*.accepted
    (trap - INT && exec timeout -s INT $wait "$program" check --accept --jobs 2 long) >out 2>err ||
        true
    [ -z "$(find long -name '.*' -type f)" ] || fail 'a temporary file is left'
    for file in long/*.accepted; do
        [ ! -e "$file" ] || [ "$(tail -n 1 "$file")" = end ] || fail "$file is cut"
    done
done

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# `throttlesim verify --random`: as many scenarios as THROTTLESIM_VERIFY_RANDOM says agree with
# QEMU, and a seed means the same scenarios however many processes verify them.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

command -v qemu-system-x86_64 >/dev/null || exit 77
count=${THROTTLESIM_VERIFY_RANDOM:-20}

# agrees COUNT OPTION...
agrees() {
    scenarios=$1
    shift
    expect_code 0 verify --random "$scenarios" --json "$@"
    expect "true $scenarios" "$(jq -r '"\(.agree) \(.scenarios)"' out)" "agreement ($(cat out))"
    # No idle talk: of each scenario something waits.
    jq -e '.waited >= .scenarios and .requests > .waited and .seconds > 0' out >/dev/null ||
        fail "random scenarios in which hardly anything waits: $(cat out)"
}

numbers() {
    jq -c 'del(.seconds, .requests_per_second)' out
}

agrees "$count"
expect 'agree operations qemu requests requests_per_second scenarios seconds seed waited' \
    "$(jq -r 'keys | join(" ")' out)" 'keys of --json'
expect 1 "$(jq .seed out)" 'the default seed'

# The number of processes makes no difference, the seed does, by one scenario for each step.
agrees 6 --seed 10 --jobs 1
alone=$(numbers)
# As text, the same.
sentence=$(jq -r '"QEMU \(.qemu) agrees with \(.scenarios) random scenarios: \(.requests) "
    + "requests, of which \(.waited) waited, \(.operations) operations; "' out)
expect_code 0 verify --random 6 --seed 10
expect "$sentence" "$(sed 's/[0-9]* requests checked per second$//' out)" 'the answer as text'
agrees 6 --seed 10 --jobs 3
expect "$alone" "$(numbers)" 'numbers of three jobs'
agrees 6 --seed 10 --jobs 256
expect "$alone" "$(numbers)" 'numbers of more jobs than scenarios'
sum='[inputs | [.requests, .waited, .operations]] | transpose | map(add)'
: >parts
for seed in 10 13; do
    agrees 3 --seed $seed --jobs 2
    cat out >>parts
done
expect "$(echo "$alone" | jq -c '[.requests, .waited, .operations]')" "$(jq -nc "$sum" parts)" \
    'numbers of two halves'
agrees 6 --seed 16
[ "$alone" != "$(numbers)" ] || fail 'another seed gives the same numbers'

# As in QEMU's main loop: the same requests, which wait longer.
agrees 6 --seed 10 --timer-granularity 1ms
expect "$(echo "$alone" | jq .requests)" "$(jq .requests out)" 'requests with a timer granularity'

# Nothing is written unless something fails; the last seed is one, too.
agrees 1 --seed 9223372036854775807
expect 'err out parts' "$(find . -type f | sed 's,^\./,,' | sort | xargs)" 'files'

# ---- A difference ----

# A QEMU without the throttle of filters. Of the scenarios 1 and 2 the second has some that wait.
cat >lax <<'END'
#!/bin/sh
for argument; do
    shift
    set -- "$@" "$(echo "$argument" |
        sed 's/driver=throttle,/driver=raw,/; s/throttle-group=[^,]*,//')"
done
exec qemu-system-x86_64 "$@"
END
chmod +x lax
mkdir 'an odd, folder'

# differs OPTION...: the first of two scenarios does, and is written.
differs() {
    run verify --random 2 --qemu ./lax -o 'an odd, folder' "$@"
    expect 4 "$code" "exit code of a difference ($(cat err))"
    expect 'throttlesim: an odd, folder/verify-2-small.yaml: QEMU and the simulator differ' \
        "$(cat err)" 'the message of a difference'
    expect './verify-2-small.yaml ./verify-2.yaml' "$(cd 'an odd, folder' && echo ./*)" \
        'files of a difference'
}

for granularity in 0 1ms; do
    rm -f 'an odd, folder'/*
    differs --jobs 2 --timer-granularity $granularity
    grep -q '^request 1: .* number 2 of' out ||
        fail "the smallest case has two requests: $(cat out)"
    # What is written is enough to see it again, and it is QEMU's fault.
    for file in verify-2 verify-2-small; do
        run verify "an odd, folder/$file.yaml" --qemu ./lax
        expect 4 "$code" "$file.yaml with a granularity of $granularity ($(cat err))"
        expect_code 0 verify "an odd, folder/$file.yaml" --json
        expect "$(echo $granularity | sed s/ms/000000/)" "$(jq .timer_granularity_ns out)" \
            "$file.yaml: timer granularity"
    done
done
differs --jobs 1 --json
expect '2 an odd, folder/verify-2.yaml false false 2' "$(jq -r '[.failing_seed, .written, .agree,
    .small.agree, .small.requests] | map(tostring) | join(" ")' out)" 'a difference as JSON'
jq -e '.small.difference' out >/dev/null || fail "no difference in: $(cat out)"

# Where nothing can be written is said before anything runs.
: >file
expect_code 1 verify --random 1 --output '' --qemu ./missing
expect_error '--output: : No such file or directory'
expect_code 1 verify --random 1 --output file/ --qemu ./missing
expect_error '--output: file/: Not a directory'
expect_code 1 verify --random 1 --output new/folder --qemu ./missing
[ -d new/folder ] || fail 'the folder was not made'

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What limits let through, in words and numbers. That an engine does so: test_limit_facts.c.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

# expect_line LABEL TEXT: what the output says there, the formula apart.
expect_line() {
    expect "$2" "$(sed -n "s/^  $1  *//p" out | sed 's/   .*//' | head -n 1)" "$1"
}

three='iops-total=300,iops-total-max=900,iops-total-max-length=3'
expect_code 0 limits "$three"
expect_line sustained '300/s'
expect_line allowance '2700 beyond that'
expect_line 'in a burst' '900/s, and 90 at once'
expect_line 'used up' 'after 4.5 s at 900/s'
expect_line 'full again' 'after 9 s with nothing passing'

# Without a length, max is no rate.
expect_code 0 limits iops-total=300,iops-total-max=900
expect_line allowance '900 beyond that'
expect_line 'in a burst' 'any rate: all 900 at once'
expect_line 'used up' 'after 1.5 s at 900/s'
expect_line 'full again' 'after 3 s with nothing passing'

expect_code 0 limits iops-read=300
expect_line 'in a burst' 'any rate: all 30 at once'
expect_line 'full again' 'after 100 ms with nothing passing'
expect_code 0 limits "iops-total=300,iops-total-max=300,iops-total-max-length=3"
expect_line 'used up' 'never: the burst is no faster'
expect_code 0 limits ''
expect 'No limit: everything passes at once.' "$(cat out)" 'no limit'

# Asked for.
expect_code 0 limits "$three" --rate 2000
expect_line asked '2000/s: 900/s passes for 4.35 s, then 300/s'
expect_code 0 limits "$three" --rate 900
expect_line asked '900/s: 900/s passes for 4.5 s, then 300/s'
expect_code 0 limits "$three" --rate 300
expect_line asked '300/s: all of it passes, without end'
expect_code 0 limits bps-total=10MB --rate 1000 --size 20kB
expect_line asked '20 MB/s: 20 MB/s passes for 100 ms, then 10 MB/s (500 requests/s)'
expect_code 0 limits iops-total=300,iops-size=4096 --rate 100 --size 16KiB
expect_line asked '400/s: 400/s passes for 300 ms, then 300/s (75 requests/s)'
expect 1 "$(grep -c 'One of 16384 bytes counts as 4' out)" 'what a request counts as'
expect_code 2 limits bps-total=10MB --rate 1000
expect_error '--rate needs --size too, since bps-total counts bytes'
expect_code 2 limits iops-total=300,iops-size=4096 --rate 1000
expect_error '--rate needs --size too'
expect_code 2 limits --rate 1000
expect_code 2 limits iops-total=300 --size 0

# Several: which one holds what.
expect_code 0 limits bps-total=10MB,iops-read=300
expect 1 "$(grep -c 'bps-total holds reads above 33.3 kB, iops-read smaller ones' out)" 'crossing'
expect_code 0 limits bps-total=100MB,iops-total=3000,iops-size=4096
expect 1 "$(grep -c 'iops-total holds requests of any size, bps-total never' out)" 'no crossing'
expect_code 0 limits bps-read=100MB,iops-write=3000
expect 0 "$(grep -c 'In the long run' out)" 'no request is counted by both'

# As JSON.
expect_code 0 limits "$three,bps-total=100MB" --rate 2000 --size 4096 --json
expect '4500000000 4350000000 9000000000 2700 900 90' "$(jq -r '.limits[] |
    select(.limit == "iops-total") | "\(.used_up.after_ns) \(.asked.used_up_after_ns) " +
    "\(.refill_ns) \(.allowance) \(.burst_rate) \(.at_once)"' out)" 'facts as JSON'
expect 'null null' "$(jq -r '.limits[] | select(.limit == "bps-total") |
    "\(.burst_rate) \(.asked.used_up_after_ns)"' out)" 'what never is, as JSON'
expect_code 0 limits --json
expect 19 "$(jq length out)" 'keys as JSON'

# The engine's errors, in all spellings.
expect_code 2 limits iops-total-max=900
expect_error 'limits: iops-total-max (900) needs iops-total'
expect_code 2 limits iops-total=300,iops-total-max=200
expect_error 'must not be below iops-total (300)'
expect_code 2 limits iops-totl=300
expect_error "did you mean 'iops-total'?"
expect_code 2 limits iops-total=300 iops-read=3
expect_code 2 limits --engine slice iops-total-max=300
expect_error "limits: engine 'slice' has no limit 'iops-total-max'"
expect_code 0 limits throttling.iops-total=300
expect_code 0 limits --engine slice iops-total=300 --rate 400
expect_line asked '400/s: 300/s passes'

# All engines, where none is like that; M is 2^20, which is said.
expect_code 2 limits --engine unknown
expect_error "unknown engine 'unknown'; there are throttle-group, bucket, slice, slice-2011"
expect_code 0 limits bps-total=10M
expect_line sustained '10.5 MB/s (10 MiB/s)'
expect_code 0 limits bps-total=10MB
expect 0 "$(grep -c MiB out)" '10MB is no whole number of MiB'

# Nothing is wider than a terminal.
for words in '' "$three" 'bps-total=123456789,iops-size=4096,iops-total=1234567'; do
    # shellcheck disable=SC2086 # no word, or one
    expect_code 0 limits $words
    expect '' "$(grep -E '.{81}' out)" 'lines of more than 80 columns'
done
expect 0 "$("$program" limits | grep -c 'per second in bursts')" 'what a maximum is not'

# Of several limits each says what it would let through, and the last line what passes.
expect_code 0 limits iops-total=300,bps-total=4MB --rate 1000 --size 4KiB
expect 'Of these, 300 requests/s pass in the long run: iops-total is the lowest.' \
    "$(tail -n 1 out)" 'the lowest of two limits'
COLUMNS=60 run limits iops-total=300,iops-total-max=900,iops-total-max-length=3 --rate 2000
expect 0 "$(awk 'length > 60' out | wc -l)" 'lines wider than the terminal'

finish

# SPDX-License-Identifier: GPL-2.0-or-later
# slice-2011 once more, for drives with one total limit, to tell how late the timer is for whom: for
# requests that have just come, since others have set it (a), or for those that were put back (h).
# Input: a name, the limit in requests/s or 0, in bytes/s or 0, and of each request in order of
# arrival its arrival in ns, write or not, bytes, departure in ns or nothing. Departures are only
# compared.
BEGIN {
    FS = "|"
    END_NS = 120e9
    print "disk     (a) times        s     (h) times        s  differing"
}

$1 != name { finish(); begin() }
{
    while (timer <= $4 + 0)
        fire()
    is_write[count] = $5 + 0; amount[count] = iops ? 1 : $6
    departure[count] = $7 == "" ? -1 : $7 + 0
    ask(count++, $4 + 0, 0)
}
END { finish() }

function begin() {
    name = $1; iops = $2 + 0; limit = $2 + $3
    count = waiting = timer = differing = sent = start[0] = start[1] = 0
    late[0] = late[1] = late_ns[0] = late_ns[1] = 0
}

function ask(i, now, again,    direction, elapsed, wait) {
    direction = is_write[i]
    if (now - start[direction] >= 1e8) {
        start[direction] = now
        sent = 0
    }
    elapsed = (now - start[direction]) / 1e9
    if (sent + amount[i] <= limit * 0.1) {
        sent += amount[i]
        differing += departure[i] != now
        return
    }
    if (iops)
        wait = (sent + 1) / limit - elapsed > 0 ? (sent + 1) / limit - elapsed : 0
    else
        wait = (sent + amount[i] - limit * 0.1) / limit + (0.1 - elapsed)
    timer = now + int(wait * 1e9 + 1)
    fifo[waiting] = i; due[waiting] = timer; asked_again[waiting++] = again
}

function fire(    now, present, i) {
    now = timer
    present = waiting
    for (i = 0; i < present; i++) {
        asked[i] = fifo[i]
        if (now > due[i]) {
            late[asked_again[i]]++
            late_ns[asked_again[i]] += now - due[i]
        }
    }
    waiting = 0
    for (i = 0; i < present; i++)
        ask(asked[i], now, 1)
    timer = now + 1e9
}

function finish(    i) {
    if (name == "")
        return
    while (timer <= END_NS)
        fire()
    for (i = 0; i < waiting; i++)
        differing += departure[fifo[i]] != -1
    printf "%-4s  %12d %8.1f  %12d %8.1f  %9d\n", name, late[0], late_ns[0] / 1e9, late[1],
           late_ns[1] / 1e9, differing
}

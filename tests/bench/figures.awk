# SPDX-License-Identifier: GPL-2.0-or-later
# From what bench_compare measured and the committed table: the table to be read, and the new one to
# be committed (to the file `table`).

# What stands for the figure of A and B; "" if one was not measured.
function figure(kind, a, b) {
    if (!(a in cpu) || !(b in cpu))
        return ""
    if (kind == "speed")
        return cpu[b] / cpu[a]
    if (kind == "points") # of 20 more in a sweep, each
        return (cpu[a] - cpu[b]) / 20 / cpu["plain"]
    if (kind == "memory")
        return memory[a] / memory[b]
    if (kind == "wall")
        return wall[a] / wall[b]
    return cpu[b] > 0 ? cpu[a] / cpu[b] : ""
}

function title(kind, a, b) {
    if (kind == "speed")
        return a (b == "requests" ? ", million requests/s" : ", MB/s")
    if (kind == "points")
        return "a point, " a " / plain"
    return a " / " b (kind == "cpu" ? "" : ", " kind)
}

function verdict(now, committed, goal, is_at_most, limit, note) {
    is_at_most = goal ~ /^<=/
    limit = substr(goal, 3) + 0
    if (is_at_most ? now > limit : now < limit)
        note = "missed"
    else
        note = "met"
    if (committed != "-" && (is_at_most ? now > 1.15 * committed : 1.15 * now < committed))
        note = note ", worse than committed"
    return note
}

FILENAME != ARGV[2] {
    cpu[$1] = $2
    memory[$1] = $3
    wall[$1] = $4
    next
}

FNR == 1 {
    print "CPU seconds, peak memory and seconds of whole processes; " machine
    for (name in memory)
        if (memory[name] > 0)
            printf "  %-16s %8.3f s %8.1f MB %8.3f s\n", name, cpu[name], memory[name],
                wall[name] | "sort"
    close("sort")
    printf "\n%-32s %9s %9s  %s\n", "figure", "now", "committed", "goal"
}

/^# Measured/ {
    print "# Measured on " machine > table
    next
}

/^#/ || NF == 0 {
    print > table
    next
}

{
    now = figure($1, $2, $3)
    name = title($1, $2, $3)
    if (now == "") {
        print > table
        printf "%-32s %9s %9s  %s\n", name, "-", $5, $4
        next
    }
    now = sprintf("%.3g", now) + 0
    printf "%-7s %-14s %-20s %-8s %s\n", $1, $2, $3, $4, now > table
    printf "%-32s %9s %9s  %-7s %s\n", name, now, $5, $4, verdict(now, $5, $4)
}

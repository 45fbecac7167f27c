#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# direction.sh SOURCE_DIR: engine, traces and reports are leaves. Each includes, with quotes, only
# its own headers, by their path from the project's root, and links no other folder's library. sim
# has rooms, each of which includes from itself and from those before it.
set -eu

cd "$1"

# In this order, which docs/design.md explains.
rooms='base parts scenario arrivals replay/devices replay workload/info workload/streams
       workload/synth workload/fit workload/convert workload/device compare points ranks sweep
       tune check validate verify/qemu verify/lockstep verify/report verify/random verify
       cli'

find engine traces reports sim -name '*.[ch]' -exec awk -v rooms="$rooms" '
    function complain(text) {
        print FILENAME ": " text
        bad = 1
    }
    function folder(path) {
        sub(/\/[^\/]*$/, "", path)
        return path
    }
    BEGIN {
        count = split(rooms, names, " ")
        for (i = 1; i <= count; i++)
            rank["sim/" names[i]] = i
    }
    FNR == 1 {
        split(FILENAME, parts, "/")
        leaf = parts[1] == "sim" ? "" : parts[1]
        room = folder(FILENAME)
        if (leaf == "" && FILENAME != "sim/main.c" && !(room in rank))
            complain("in no room of sim")
    }
    /^[ \t]*#[ \t]*include[ \t]*<(engine|traces|reports|sim|tests)\// {
        complain("include with quotes")
    }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        split($0, quoted, "\"")
        from = folder(quoted[2])
        if (leaf != "" && quoted[2] !~ "^" leaf "/[a-z0-9_/]*\\.h$")
            complain("a leaf may not include " quoted[2])
        if (leaf == "" && FILENAME != "sim/main.c" && from ~ /^sim/ &&
            (!(from in rank) || rank[from] > rank[room]))
            complain(room " may not include " quoted[2])
        includes++
    }
    END {
        if (includes < 20)
            complain("hardly any include")
        exit bad
    }' {} + >&2

commands='target_link_libraries|target_include_directories|add_subdirectory'
for leaf in engine traces reports; do
    for other in engine traces reports sim; do
        [ "$other" != "$leaf" ] || continue
        list=$(sed 's/#.*//' "$leaf/CMakeLists.txt" | tr '\n' ' ')
        if echo "$list" | grep -Eq "($commands)[^)]*[ /(]${other}[ /)]"; then
            echo "$leaf/CMakeLists.txt: a leaf may not link $other" >&2
            exit 1
        fi
    done
done

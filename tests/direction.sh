#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# direction.sh SOURCE_DIR: engine, traces and reports are leaves. Each includes, with quotes, only
# its own headers, by their path from the project's root, and links no other folder's library. sim
# has rooms, each of which includes from itself and from those before it.
set -eu

cd "$1"
bad=0

complain() {
    echo "$1" >&2
    bad=1
}

space='[[:space:]]*'
quoted="s/^$space#${space}include$space\"\([^\"]*\)\".*/\1/p"
angled="#${space}include$space<(engine|traces|reports|sim|tests)/"
commands='target_link_libraries|target_include_directories|add_subdirectory'

for leaf in engine traces reports; do
    sources=$(find "$leaf" -name '*.[ch]')
    [ -n "$sources" ] || complain "$leaf: no sources"
    for file in $sources; do
        foreign=$(sed -n "$quoted" "$file" | grep -v "^$leaf/[a-z0-9_/]*\.h\$" || true)
        [ -z "$foreign" ] || complain "$file: a leaf may not include $foreign"
        ! grep -En "$angled" "$file" || complain "$file: include with quotes"
    done
    for other in engine traces reports sim; do
        [ "$other" != "$leaf" ] || continue
        list=$(sed 's/#.*//' "$leaf/CMakeLists.txt" | tr '\n' ' ')
        ! echo "$list" | grep -Eq "($commands)[^)]*[ /(]${other}[ /)]" ||
            complain "$leaf/CMakeLists.txt: a leaf may not link $other"
    done
done

# In this order, which docs/design.md explains.
rooms='base parts scenario arrivals replay/devices replay workload/info workload/synth workload/fit
       workload/convert compare check verify/qemu verify/lockstep verify/random verify cli'
below=
for room in $rooms; do
    below="$below${below:+|}$room"
    for file in sim/"$room"/*.[ch]; do
        upward=$(sed -n "$quoted" "$file" | grep "^sim/" |
            grep -Ev "^sim/($below)/[a-z0-9_]*\\.h\$" || true)
        [ -z "$upward" ] || complain "$file: $room may not include $upward"
    done
done
strangers=$(find sim -name '*.[ch]' ! -path sim/main.c |
    grep -Ev "^sim/($below)/[a-z0-9_]*\.[ch]\$" || true)
[ -z "$strangers" ] || complain "in no room: $strangers"
exit $bad

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# symbols.sh LIBRARY IS_SANITIZED: the engine library is pure. What none of its objects defines must
# be libc's memory, string and assert functions: no clock, no I/O. Only the objects that carry out
# operations may allocate; those that run for each request may not, and test_memory.c shows it at
# run time of all that throttle_group.c calls. A sanitizer adds symbols of its own: skipped (77).
set -eu

library=$1
case $2 in
ON | on | 1 | TRUE) exit 77 ;;
esac

pure="memcpy memmove memset memcmp strcmp strlen __assert_fail"
memory="malloc calloc realloc free"
compiler="__stack_chk_fail _GLOBAL_OFFSET_TABLE_"
allocating="engine_control.c.o drive_engine_control.c.o member_ring.c.o timer_heap.c.o
    throttle_group_control.c.o"

# readelf, since nm shows a compiler's link-time optimisation data instead of the code's symbols.
readelf -sW "$library" |
    awk -v pure="$pure $compiler" -v memory="$memory" -v allocating="$allocating" '
    function fill(set, list,    parts, count, i) {
        count = split(list, parts)
        for (i = 1; i <= count; i++)
            set[parts[i]] = 1
    }
    BEGIN {
        fill(is_pure, pure)
        fill(is_memory, memory)
        fill(may_allocate, allocating)
    }
    /^File: / {
        object = $0
        sub(/.*\(/, "", object)
        sub(/\).*/, "", object)
        objects[object] = 1
        next
    }
    NF == 8 && $7 == "UND" { used[object, $8] = 1; next }
    NF == 8 && $5 != "LOCAL" { defined[$8] = 1 }
    END {
        for (key in used) {
            split(key, part, SUBSEP)
            symbols++
            if ((part[2] in defined) || (part[2] in is_pure))
                continue
            if ((part[2] in is_memory) && (part[1] in may_allocate)) {
                allocations++
                continue
            }
            print part[1] " may not use " part[2]
            bad = 1
        }
        for (object in may_allocate) {
            if (!(object in objects)) {
                print "there is no " object ": correct the list in tests/engine/symbols.sh"
                bad = 1
            }
        }
        if (symbols == 0 || allocations == 0) {
            print "readelf shows no symbols: is this the library?"
            bad = 1
        }
        exit bad
    }'

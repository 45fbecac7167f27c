#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# tidy.sh SOURCE_DIR: what every source file keeps to: a licence line, at most 400 lines of C in a
# file, 60 in a function, 100 columns, no leftover marks, a base name of its own, and of the one
# dialect (docs/design.md) what text shows: sizeof has parentheses around types only, a constant is
# a #define.
set -eu

cd "$1"

list_files() {
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard
    else
        find . -path './build*' -prune -o -path './.git' -prune -o -type f -print | sed 's,^\./,,'
    fi
}

names='(\.(c|h|sh|sql|cmake|awk|py|gp)|CMakeLists\.txt|Makefile|\.clang-format|^\.ci/run)$'
sources=$(list_files | grep -E "$names" | sort -u |
    while read -r file; do [ ! -f "$file" ] || echo "$file"; done)
[ "$(echo "$sources" | wc -l)" -ge 20 ] || {
    echo "tidy.sh finds hardly any source file in $1" >&2
    exit 1
}

bad=0
# shellcheck disable=SC2086 # the project's paths have no spaces
LC_ALL=C awk '
    function complain(line, text) {
        print FILENAME ":" line ": " text
        bad = 1
    }
    function end_of_file() {
        if (file == "")
            return
        if (!has_license) {
            print file ":1: no line \"SPDX-License-Identifier: GPL-2.0-or-later\""
            bad = 1
        }
        if (is_c && lines > 400) {
            print file ":" lines ": more than 400 lines"
            bad = 1
        }
    }
    BEGIN {
        type = "struct|union|enum|unsigned|char|int|long|double|float|bool|void|wide|[a-z0-9_]+_t"
        type = "^(const )?(" type ")( |\\*|$)"
        leftover = "(^|[^A-Za-z_])(TO" "DO|FIX" "ME|XX" "X)([^A-Za-z_]|$)"
    }
    FNR == 1 {
        end_of_file()
        file = FILENAME
        is_c = file ~ /\.[ch]$/
        has_license = 0
        signature = 0
        start = 0
    }
    { lines = FNR }
    FNR <= 3 && /SPDX-License-Identifier: GPL-2\.0-or-later/ { has_license = 1 }
    $0 ~ leftover { complain(FNR, "a leftover mark") }
    {
        columns = $0
        gsub(/[\200-\277]/, "", columns) # the rest of a UTF-8 character
        if (length(columns) > 100)
            complain(FNR, "more than 100 columns")
    }
    # But in a macro, whose operand may be anything.
    is_c && !(in_macro || /^#/) && /[^A-Za-z_]sizeof\(/ {
        rest = $0
        while (match(rest, /sizeof\([^)]*/)) {
            operand = substr(rest, RSTART + 7, RLENGTH - 7)
            if (operand !~ type)
                complain(FNR, "parentheses around an expression: sizeof(" operand ")")
            rest = substr(rest, RSTART + RLENGTH)
        }
    }
    { in_macro = /\\$/ }
    is_c && /enum *\{.*=.*\}/ { complain(FNR, "a constant is a #define") }
    is_c && /^[A-Za-z_].*\(/ { signature = FNR }
    is_c && /^\{/ { start = signature }
    is_c && /^\}/ {
        if (start > 0 && FNR - start + 1 > 60)
            complain(start, "a function of " FNR - start + 1 " lines")
        start = 0
    }
    END {
        end_of_file()
        exit bad
    }
' $sources >&2 || bad=1

twice=$(echo "$sources" | grep '\.[ch]$' | sed 's|.*/||' | sort | uniq -d)
for name in $twice; do
    echo "more than one file is called $name" >&2
    bad=1
done
# Who tries the demo need not build all tests for it.
if make -n demo | grep 'cmake --build' | grep -qv 'target throttlesim'; then
    echo "make demo builds more than the program" >&2
    bad=1
fi
exit $bad

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# dialect.sh SOURCE_DIR BUILD_DIR: a pointer is compared with NULL, not taken for a truth
# (docs/design.md). Skipped (77) where clang-query, of Debian's clang-tools, is missing.
set -eu

command -v clang-query >/dev/null || exit 77
source_dir=$(cd "$1" && pwd)
ours="isExpansionInFileMatching(\"^$source_dir/(engine|traces|reports|sim|tests)/\")"
pointer='expr(hasType(hasCanonicalType(pointerType())))'

queries=$(mktemp)
found=$(mktemp)
trap 'rm -f "$queries" "$found"' EXIT
{
    echo 'set output diag'
    echo "match unaryOperator($ours, hasOperatorName(\"!\"), hasUnaryOperand($pointer))"
    echo "match binaryOperator($ours, hasAnyOperatorName(\"&&\", \"||\")," \
        "hasEitherOperand($pointer))"
    for statement in ifStmt whileStmt doStmt forStmt conditionalOperator; do
        echo "match $statement($ours, hasCondition($pointer))"
    done
    echo "match implicitCastExpr($ours, hasCastKind(\"CK_PointerToBoolean\"))"
} >"$queries"

sed -n 's/^ *"file": "\(.*\)",*$/\1/p' "$2/compile_commands.json" |
    grep -E "^$source_dir/(engine|traces|reports|sim|tests)/" | sort -u |
    xargs clang-query -p "$2" -f "$queries" --extra-arg=-Wno-everything >"$found" 2>&1 || {
    tail -n 20 "$found"
    exit 1
}
# A macro of Jansson's does take a pointer so.
awk '
    /^[0-9]+ match/ { answers++ }
    /"root" binds here$/ { place = $0; next }
    place != "" && !/json_is_/ { print place "\n" $0; bad = 1 }
    { place = "" }
    END {
        if (answers < 8) {
            print "clang-query did not answer all"
            bad = 1
        }
        exit bad
    }
' "$found" >&2

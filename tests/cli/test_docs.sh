#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The commands in the documents work as they stand. In a fenced block "console", each line that
# begins with "$ " is run, in a copy of what the documents speak of; what else stands in a block
# "console exact" is what they print, to the letter. Pictures in the documents that the commands
# draw are what they draw.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"
unset COLUMNS # as most readers see it

mkdir -p bin copy/traces
ln -s "$program" bin/throttlesim
ln -s "$recorded" copy/traces/recorded
ln -s "$source_dir/tests" "$source_dir/docs" copy
PATH=$scratch/bin:$PATH
cd copy

# Runs the commands of the block in file block; $exact says how to look at what they print.
run_block() {
    sed -n 's/^\$ //p' "$scratch/block" >"$scratch/commands"
    [ -s "$scratch/commands" ] || return 0
    : >"$scratch/printed"
    while read -r command; do
        commands=$((commands + 1))
        echo "\$ $command" >>"$scratch/printed"
        sh -ec "$command" </dev/null >>"$scratch/printed" 2>"$scratch/err" ||
            fail "$document: '$command' fails: $(cat "$scratch/err")"
    done <"$scratch/commands"
    [ "$exact" = no ] || diff "$scratch/block" "$scratch/printed" ||
        fail "$document: '$(head -n 1 "$scratch/commands")' prints something else"
}

commands=0
for document in "$source_dir/README.md" "$source_dir"/docs/*.md; do
    in_block=no
    while IFS= read -r text; do
        case $in_block$text in
        no'```console exact') in_block=yes exact=yes && : >"$scratch/block" ;;
        no'```console'*) in_block=yes exact=no && : >"$scratch/block" ;;
        yes'```')
            in_block=no
            run_block
            ;;
        yes*) printf '%s\n' "$text" >>"$scratch/block" ;;
        esac
    done <"$document"
done
[ "$commands" -gt 0 ] || fail 'there is no command in the documents'

# The pictures; another gnuplot may draw them otherwise.
pictures=0
for picture in "$source_dir"/docs/*/*/*.svg; do
    drawn=${picture#"$source_dir/docs/"}
    [ -s "$drawn" ] || fail "nothing draws $drawn"
    pictures=$((pictures + 1))
    [ "$(grep Produced "$picture")" != "$(grep Produced "$drawn")" ] ||
        cmp -s "$picture" "$drawn" || fail "$drawn is not what is drawn now"
done
[ "$pictures" -gt 0 ] || fail 'there is no picture in the documents'

# The manual page tells the options as the program does, and its examples and those of the help
# work, where the recordings have the names that they use.
manual=$source_dir/docs/throttlesim.1
awk -v program="$program" -f "$source_dir/docs/manual.awk" "$manual" | diff "$manual" - ||
    fail 'the manual page does not tell what the help does: make manual'
for command in run report plot explain compare sweep 'trace info' 'trace convert' 'trace fit' \
    'trace formats' 'trace synth' verify check engines limits; do
    # shellcheck disable=SC2086 # 'trace info' is two words
    for option in $("$program" $command --help | grep -oE -e '--[a-z-]+' | sort -u); do
        grep -qE "Fl ${option#-}( |$)" "$manual" ||
            fail "the manual page does not know $option of $command"
    done
done
mkdir "$scratch/examples"
cd "$scratch/examples"
ln -s "$recorded"/mixed/* .
sed 's|mixed/||' "$recorded/demo.yaml" >scenario.yaml
{
    mandoc -T ascii "$manual" | sed 's/.\x08//g' | awk '
        function flush() { if (command != "") print command; command = "" }
        /^ *\$ / { flush(); sub(/^ *\$ /, ""); command = $0; next }
        command != "" && NF > 0 { sub(/\\$/, "", command); command = command $0; next }
        { flush() }
        END { flush() }'
    "$program" help | sed -n 's/^  throttlesim /throttlesim /p'
} >examples.txt
expect 8 "$(wc -l <examples.txt)" 'examples in the manual page and the help'
while IFS= read -r example; do
    sh -ec "$example" </dev/null >out 2>err || fail "'$example' fails: $(cat err)"
done <examples.txt

finish

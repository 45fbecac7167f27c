#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The commands in the documents work as they stand. In a fenced block "console", each line that
# begins with "$ " is run, in a copy of what the documents speak of; what else stands in a block
# "console exact" is what they print, to the letter.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

mkdir -p bin copy/traces
ln -s "$program" bin/throttlesim
ln -s "$recorded" copy/traces/recorded
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

finish

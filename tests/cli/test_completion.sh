#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion: what the program offers, and that bash, zsh and fish, where there are, ask it and
# show that.
# shellcheck source=tests/cli/cli.sh
. "$2/tests/cli/cli.sh"

mkdir bin
ln -s "$program" bin/throttlesim
PATH=$scratch/bin:$PATH
completion=$source_dir/sim/cli/completion
touch file.yaml

# offers WORDS WORD...: these stand on the lines, up to the tab.
offers() {
    offered=$1
    shift
    expect_code 0 complete -- "$@"
    expect "$offered" "$(cut -f 1 out | xargs)" "what is offered for '$*'"
}

offers 'run report' r
offers 'trace' tr
offers 'info convert formats fit synth streams' trace ''
offers 'info' help trace i
offers '--device --device-model' run --dev
offers '--arrival' trace info --ar
offers '' trace info --volum
offers '' report --run
offers '' run file
offers '' run --db ''
offers '' complet
offers '' nonsense --j
offers 'auto always never' run --eta ''
offers 'auto always' run --eta a
offers '--eta=auto --eta=always' run --eta=a
offers 'always' run --eta = al
offers 'auto always never' run --eta =
offers '--json' run --eta=auto --js
offers 'bucket' run --engine b
offers 'read,write read,write-zeroes' trace fit --op read,w
offers 'iolog' trace synth --to iol
offers 'iolog' trace convert --format iol
offers '--output' plot -o dir --o
offers '' plot -o ''

# Every command and every option that its help tells, and no other.
expect_code 0 help
sed -n 's/^  \([a-z]*\( [a-z][a-z]*\)\{0,1\}\) \{2,\}[a-z].*/\1/p' out >commands
[ "$(wc -l <commands)" -ge 19 ] || fail 'the help lists fewer commands than there are'
while read -r command; do
    # shellcheck disable=SC2086 # 'trace info' is two words
    set -- $command
    expect_code 0 complete -- ${2:+"$1"} ''
    grep -q "^${2:-$1}\b" out || fail "$command is not offered"
    expect_code 0 "$@" --help
    sed -n 's/^  \(-., \|    \)\(--[a-z-]*\).*/\2/p' out >told
    expect_code 0 complete -- "$@" --
    cut -f 1 out | diff told - || fail "the options that are offered for $command"
done <commands

# shown SHELL WORDS FOUND
shown() {
    expect "$2" "$(echo "$3" | xargs)" "what $1 shows"
}

if command -v bash >/dev/null; then
    # What readline would do: words, and which of them is completed.
    in_bash() {
        bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _throttlesim
            echo "${COMPREPLY[@]}"' bash "$completion/throttlesim.bash" throttlesim "$@"
    }
    shown bash 'run report' "$(in_bash r)"
    shown bash 'always' "$(in_bash run --eta = al)"
    shown bash '' "$(in_bash run file)"
    shown bash 'complete -o default -F _throttlesim throttlesim' \
        "$(bash -c '. "$1"; complete -p throttlesim' bash "$completion/throttlesim.bash")"
fi

if command -v zsh >/dev/null; then
    # As zsh's completion system calls it; _describe gets NAME:MEANING.
    in_zsh() {
        zsh -fc 'file=$1; shift; words=("$@"); CURRENT=$#
            _describe() { print -l -- ${found%%:*}; }
            _files() { print files; }
            _throttlesim() { eval "$(<$file)"; }; _throttlesim' \
            zsh "$completion/_throttlesim" throttlesim "$@"
    }
    shown zsh 'run report' "$(in_zsh r)"
    shown zsh 'auto always never' "$(in_zsh run --eta '')"
    shown zsh 'files' "$(in_zsh run file)"
fi

if command -v fish >/dev/null; then
    in_fish() {
        HOME=$scratch XDG_CONFIG_HOME=$scratch fish --no-config -c "
            source $completion/throttlesim.fish
            complete -C '$1'" | cut -f 1
    }
    shown fish 'run report' "$(in_fish 'throttlesim r')"
    shown fish '--eta=auto --eta=always' "$(in_fish 'throttlesim run --eta=a')"
    shown fish 'file.yaml' "$(in_fish 'throttlesim run fil')"
fi

# They are put where each shell looks, and the manual page with them.
if [ -e "${program%/*}/cmake_install.cmake" ]; then
    cmake --install "${program%/*}" --prefix "$scratch/installed" >/dev/null
    for file in bin/throttlesim share/man/man1/throttlesim.1 \
        share/bash-completion/completions/throttlesim share/zsh/site-functions/_throttlesim \
        share/fish/vendor_completions.d/throttlesim.fish; do
        [ -s "installed/$file" ] || fail "$file is not installed"
    done
fi

finish

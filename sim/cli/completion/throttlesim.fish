# SPDX-License-Identifier: GPL-2.0-or-later
# Completion for fish: the program says what a word may become, a line each with a tab and what it
# means; files where it says nothing.
function __throttlesim_words
    set -l words (commandline -opc) (commandline -ct)
    $words[1] complete -- $words[2..] 2>/dev/null
end
complete -c throttlesim -f -k -n '__throttlesim_words | string length -q' -a '(__throttlesim_words)'

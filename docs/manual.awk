# SPDX-License-Identifier: GPL-2.0-or-later
# Prints the manual page with the parts that the program knows as it tells them now: the synopsis
# and the lists of options, from 'throttlesim help' and 'throttlesim COMMAND --help'.
#
# usage: awk -v program=build/release/throttlesim -f docs/manual.awk docs/throttlesim.1

# An argument: in capitals a name for something, else to be typed as it is.
function argument(word) {
    if (word ~ /[A-Z]\.\.\.$/)
        sub(/\.\.\.$/, " ...", word)
    sub(/\[:RUN\]$/, " Ns Op : Ns Ar RUN", word)
    return (word ~ /^[^a-z]*$/ || word ~ / Ns / || word ~ /\.yaml/ ? "Ar " : "Cm ") word
}

function print_synopsis(line,    count, words, i) {
    count = split(line, words, " ")
    for (i = 1; i <= count; i++) {
        if (words[i] == "[OPTION...]")
            print ".Op Ar option ..."
        else if (words[i] ~ /^\[/)
            print ".Op Ar " substr(words[i], 2, length(words[i]) - 2)
        else if (words[i] ~ /^-/)
            print ".Fl " substr(words[i], 2)
        else
            print "." argument(words[i])
    }
}

# A sentence a line, or more lines if it is long.
function print_text(text,    count, words, i, line, word) {
    gsub(/--/, "\\-\\-", text)
    count = split(toupper(substr(text, 1, 1)) substr(text, 2) ".", words, " ")
    line = ""
    for (i = 1; i <= count; i++) {
        word = words[i]
        if (line != "" && (length(line " " word) > 78 || line ~ /\.$/)) {
            print line
            line = word ~ /^[.']/ ? "\\&" word : word
        } else {
            line = line == "" ? word : line " " word
        }
    }
    print line
}

function print_option(item, text,    count, words, i, line) {
    if (item == "")
        return
    count = split(item, words, " ")
    line = ".It"
    for (i = 1; i <= count; i++) {
        if (words[i] ~ /,$/ && words[i] ~ /^-/)
            line = line " Fl " substr(words[i], 2, length(words[i]) - 2) " ,"
        else
            line = line " " (words[i] ~ /^-/ ? "Fl " substr(words[i], 2) : argument(words[i]))
    }
    print line
    print_text(text)
}

# The paragraphs of options begin with two blanks; their texts stand from column 36 on.
function print_options(command,    ask, line, item, text, is_long) {
    ask = "COLUMNS=100 " program " " command " --help"
    item = ""
    while ((ask | getline line) > 0) {
        if (line ~ /^  (-.,|   ) --/) {
            print_option(item, text)
            is_long = substr(line, 35, 1) != " " && length(line) > 34 # its text is below
            item = is_long ? line : substr(line, 1, 35)
            text = is_long ? "" : substr(line, 36)
        } else if (line ~ /^                                   [^ ]/) {
            text = text (text == "" ? "" : " ") substr(line, 36)
        } else {
            print_option(item, text)
            item = ""
        }
    }
    print_option(item, text)
    close(ask)
}

function print_usage(command,    ask, line) {
    ask = "COLUMNS=1000 " program " " command " --help"
    while ((ask | getline line) > 0 && line != "") {
        print ".Nm"
        print ".Cm " command
        print_synopsis(substr(line, length("usage: throttlesim " command) + 1))
    }
    close(ask)
}

function print_usages(    ask, line) {
    ask = program " help"
    while ((ask | getline line) > 0) {
        if (match(line, /^  [a-z]+( [a-z]+)?  /) == 0)
            continue
        sub(/^  /, "", line)
        sub(/  .*/, "", line)
        is_command[line] = 1
        print_usage(line)
    }
    close(ask)
}

/^\.S[hs] / {
    section = substr($0, 5)
    is_made = section == "SYNOPSIS"
    print
    if (is_made)
        print_usages()
    is_told[section] = 1
    next
}
/^\.El/ { is_made = 0 }
is_made { next }
{ print }
/^\.Bl / && section in is_command {
    print_options(section)
    is_made = 1
}
END {
    for (command in is_command) {
        if (!(command in is_told)) {
            print "the manual page has no section of " command | "cat >&2"
            exit 1
        }
    }
}

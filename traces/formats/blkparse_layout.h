// SPDX-License-Identifier: GPL-2.0-or-later
// The format string of `blkparse -f`, read backwards: from a line to the values that made it.
#ifndef TRACES_FORMATS_BLKPARSE_LAYOUT_H
#define TRACES_FORMATS_BLKPARSE_LAYOUT_H

#include "traces/events/event_text.h"

#define BLKPARSE_LAYOUT_ITEMS 64

// What a specifier's text looks like.
enum blkparse_kind {
    BLKPARSE_NUMBER,
    BLKPARSE_WORD,   // no blank in it
    BLKPARSE_DEVICE, // MAJOR,MINOR
    BLKPARSE_FREE,   // anything, also nothing: as little as makes the rest fit
};

struct blkparse_item {
    char specifier; // 0: the character `literal`; a literal blank is any number of blanks
    char literal;
    enum blkparse_kind kind;
};

struct blkparse_layout {
    struct blkparse_item items[BLKPARSE_LAYOUT_ITEMS];
    size_t count;
    uint64_t specifiers; // bit 'x' - 'A': %x is there
};

// By specifier: number at 'x' - 'A'.
#define BLKPARSE_VALUES ('z' - 'A' + 1)

struct blkparse_values {
    int64_t numbers[BLKPARSE_VALUES];
    const char *action;
    size_t action_length;
    const char *operation;
    size_t operation_length;
    struct events_cursor name; // %C
    uint32_t device;
    size_t tries;          // ends of free texts tried
    size_t misfit;         // the last item reached that did not fit
    const char *misfit_at; // the place in the line
};

static inline bool blkparse_layout_has(const struct blkparse_layout *layout, char specifier)
{
    return (layout->specifiers >> (specifier - 'A') & 1) != 0;
}

// False: error filled; `path` is the file it is for.
bool blkparse_layout_parse(struct blkparse_layout *layout, const char *text, const char *path,
                           struct trace_error *error);

// False: the line was not printed with this layout.
bool blkparse_layout_match(const struct blkparse_layout *layout, struct events_cursor line,
                           struct blkparse_values *values);

// ---- The lines that blkparse prints around the events, whatever the format of these ----

// What a line is that is not an event; stores that the statistics have begun.
enum events_line blkparse_lines_other(struct events_cursor line, bool *statistics);

// An event after the statistics is another recording's, whose times begin anew: EVENTS_LINE_BAD.
enum events_line blkparse_lines_after_end(const struct events_text *text,
                                          struct trace_error *error);

#endif

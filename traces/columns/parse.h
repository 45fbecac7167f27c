// SPDX-License-Identifier: GPL-2.0-or-later
// From a line to a request, without knowing the file it is in.
#ifndef TRACES_COLUMNS_PARSE_H
#define TRACES_COLUMNS_PARSE_H

#include "traces/columns.h"

// The place of a role that no column has: a field that is always empty.
#define COLUMNS_NOWHERE COLUMNS_MAX

// Letters in either case, and digits, but for some that are taken for each other.
#define COLUMNS_LETTERS 32

// As many columns are taken at once.
#define COLUMNS_TAKEN_MAX 16

// Where the columns of a layout are in a certain file.
struct columns_plan {
    const struct columns_layout *layout;
    size_t place[COLUMNS_ROLE_COUNT];
    const struct columns_column *column[COLUMNS_ROLE_COUNT]; // NULL: there is none
    size_t field_count;                                      // of a line; if more, at least
    bool more;
    enum columns_role taken[COLUMNS_TAKEN_MAX]; // by place
    uint8_t word_of[COLUMNS_LETTERS];           // the first word whose first letter is like that
};

struct columns_line {
    struct columns_field fields[COLUMNS_MAX + 1];
    size_t count; // fields found; limit + 1: more
    // If it was taken at once, its times and sizes, in ns and bytes.
    bool is_taken;
    int64_t numbers[COLUMNS_ROLE_COUNT];
    char *unquoted;
};

// What is wrong with a line. A column: the field is not as expected; none: `text` says it.
struct columns_fault {
    const char *column;
    struct columns_field found;
    const char *expected;
    char text[400];
};

// The columns as they stand in the layout.
void columns_plan_by_place(struct columns_plan *plan, const struct columns_layout *layout);

// The columns as the header names them. False: the fault's text says what is wrong.
bool columns_plan_by_name(struct columns_plan *plan, const struct columns_layout *layout,
                          const struct columns_field *names, size_t count,
                          struct columns_fault *fault);

// Are these the names of all columns, in their order? What follows a '=' in a name is passed over.
bool columns_are_names(const struct columns_layout *layout, const struct columns_field *fields,
                       size_t count);

// Into at most `limit` fields. False: the quotes are wrong.
bool columns_split_line(const struct columns_layout *layout, struct columns_line *line,
                        const char *text, size_t length, size_t limit, struct columns_fault *fault);

// Splits a line that is plain, and reads its numbers on the way, in half of the time. False: it is
// not, or wrong; split it as above. Up to `readable`, behind the line, bytes can be read.
bool columns_take_line(const struct columns_plan *plan, struct columns_line *line, const char *text,
                       size_t length, const char *readable);

struct columns_counts {
    uint64_t negative_latencies; // taken as unknown
    uint64_t zero_bytes;         // requests without bytes that are no flush
    uint64_t prose_lines;        // passed over between the requests
};

// A split line as a request, except its volume.
bool columns_parse_line(const struct columns_plan *plan, const struct columns_line *line,
                        struct trace_request *request, struct columns_counts *counts,
                        struct columns_fault *fault);

#endif

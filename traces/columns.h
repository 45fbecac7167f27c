// SPDX-License-Identifier: GPL-2.0-or-later
// The engine of all formats that have one request per line and its parts in columns.
//
// A format is a constant layout: which column holds what, in which unit, with which words for the
// operations. Lines stream in; what comes out is as input/flow.h says. Errors name file, line and
// column.
#ifndef TRACES_COLUMNS_H
#define TRACES_COLUMNS_H

#include "traces/columns/column_units.h"
#include "traces/format.h"

#define COLUMNS_MAX 128

enum columns_role {
    COLUMNS_UNUSED,
    COLUMNS_TIME,
    COLUMNS_OP,
    COLUMNS_OFFSET,
    COLUMNS_LENGTH,
    COLUMNS_VOLUME,
    COLUMNS_SUBVOLUME, // the volume is VOLUME_SUBVOLUME
    COLUMNS_STREAM,    // who submitted it
    COLUMNS_LATENCY,
    COLUMNS_ROLE_COUNT,
};

struct columns_column {
    const char *name;
    enum columns_role role;
    enum columns_unit unit;
    bool optional;        // need not be in the header
    bool zero_is_unknown; // of a latency
    uint8_t decimals;     // when it is written; any number of them is read
};

struct columns_word {
    const char *text;
    enum trace_op op;
};

enum columns_header {
    COLUMNS_HEADER_NONE,
    COLUMNS_HEADER_MAYBE, // a first line of just the names, whatever their case, is passed over
    COLUMNS_HEADER_LINE,  // the first line is passed over
    COLUMNS_HEADER_PROSE, // everything up to a line of the names is passed over
    COLUMNS_HEADER_NAMES, // the first line says where the columns are; there may be others
    COLUMNS_HEADER_EXACT, // likewise, but there may not
};

struct columns_layout {
    const struct columns_column *columns; // by place, unless a header with names says it
    size_t column_count;
    const struct columns_word *words; // the last one has no text; written is an operation's first
    const char *words_help;           // completes "expected ..."
    const char *header_help;          // the header as a user should write it
    enum columns_header header;
    enum trace_op only_op; // if no column has the operation
    char separator;        // ' ': any number of blanks and tabs
    bool trimmed;          // blanks around fields do not count
    bool quoted;           // fields may be quoted
    bool spread;           // requests within the unit of the time
    bool more;             // lines may have more fields than columns
    bool has_points;       // recognised only if a time has a decimal point
    bool has_sectors;      // recognised only if lengths are whole sectors or times have a point
    bool has_dates;        // times are since 1970; of others there is a notice
    bool has_gaps;         // recognised only if times are 1 us apart or more, on average
    bool exact_words;      // the case of the words matters
    bool letters;          // beside the words the kernel's letters, such as FWFS
    bool spaced;           // when written, with blanks around the separators
    // Made to be read, so what is odd is an error: times that decrease, a flush with bytes, a
    // negative latency. Times are meant as they stand.
    bool native;
};

// Opens a reader of the layout, which must stay until it is closed. NULL: error filled.
void *columns_open(struct trace_context *context, const void *layout, struct trace_error *error);

// Whose `how` is the layout.
extern const struct trace_reader_kind trace_reader_columns;

// Are most of the first lines of this layout?
bool columns_recognise(const void *layout, const uint8_t *head, size_t length);

extern const struct columns_layout alibaba_layout;
extern const struct columns_layout blkreplay_layout;
extern const struct columns_layout csv_layout;
extern const struct columns_layout disksim_layout;
extern const struct columns_layout hfplayer_layout;
extern const struct columns_layout mqsim_layout;
extern const struct columns_layout msr_layout;
extern const struct columns_layout spc_layout;
extern const struct columns_layout systor_layout;
extern const struct columns_layout tencent_layout;

#endif

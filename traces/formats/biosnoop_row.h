// SPDX-License-Identifier: GPL-2.0-or-later
// The columns of biosnoop (bcc's, libbpf's, bpftrace's) and iosnoop: a header line, and one row.
#ifndef TRACES_FORMATS_BIOSNOOP_ROW_H
#define TRACES_FORMATS_BIOSNOOP_ROW_H

#include "traces/columns/split.h"
#include "traces/input/input_text.h"

#define BIOSNOOP_HEADER "TIME(s) COMM PID DISK T SECTOR BYTES [P] [QUE(ms)] LAT(ms)"

// Beyond this a latency is not one: requests that were merged leave such numbers behind.
#define BIOSNOOP_LATENCY_MAX_NS (INT64_C(3600) * 1000000000)

enum biosnoop_column {
    BIOSNOOP_START,
    BIOSNOOP_TIME, // printed when the request is complete
    BIOSNOOP_COMM, // may hold blanks, so a row is read from both ends
    BIOSNOOP_PID,
    BIOSNOOP_DISK,
    BIOSNOOP_MINOR, // then the disk is MAJOR,MINOR
    BIOSNOOP_TYPE,
    BIOSNOOP_SECTOR,
    BIOSNOOP_BYTES,
    BIOSNOOP_PATTERN,
    BIOSNOOP_QUEUED,
    BIOSNOOP_LATENCY,
    BIOSNOOP_COLUMN_COUNT,
};

enum biosnoop_clock { BIOSNOOP_SECONDS, BIOSNOOP_MILLISECONDS, BIOSNOOP_TIME_OF_DAY };

// Which columns there are, in their order.
struct biosnoop_header {
    enum biosnoop_column columns[BIOSNOOP_COLUMN_COUNT];
    const char *names[BIOSNOOP_COLUMN_COUNT];
    size_t count;
    size_t comm; // the place of COMM
    enum biosnoop_clock clock;
    unsigned has; // bit: the column is there
    // What stands in all rows in place of columns that are not there; NULL: nothing is known.
    struct columns_field instead[BIOSNOOP_COLUMN_COUNT];
};

enum biosnoop_kind { BIOSNOOP_REQUEST, BIOSNOOP_PASSTHROUGH, BIOSNOOP_ZERO_BYTES };

struct biosnoop_row {
    struct columns_field disk; // valid until the next row, as is the next
    struct columns_field comm; // of whoever asked for it; may be empty
    int64_t pid;               // 0: not known
    char device[24];           // where it lies if it is made of two columns
    enum biosnoop_kind kind;
    enum trace_op op;
    int64_t offset;
    int64_t bytes;
    int64_t done_ns;
    int64_t latency_ns; // from issue; TRACE_LATENCY_UNKNOWN: what stands there cannot be true
    int64_t queued_ns;  // before it; 0 without the column
};

// Is this line a header? `instead` is kept.
bool biosnoop_header_parse(struct biosnoop_header *header, const char *text, size_t length);

// A header in a user's words: the line, or COLUMN=VALUE for what it lacks, or both. The text must
// stay as long as the header. False: it is nothing of the kind.
bool biosnoop_layout_parse(struct biosnoop_header *header, const char *text);

// Do the rows tell enough? Else error filled.
bool biosnoop_header_check(const struct biosnoop_header *header, const struct trace_lines *lines,
                           struct trace_error *error);

// Does the line start as a row does, with a time (of seconds, with decimals)?
bool biosnoop_row_starts(const struct biosnoop_header *header, const struct trace_lines *lines);

// `last_ns` is the time of the row before, at first 0.
bool biosnoop_row_parse(struct biosnoop_row *row, const struct biosnoop_header *header,
                        int64_t *last_ns, const struct trace_lines *lines,
                        struct trace_error *error);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
// The columns of biosnoop: a header line, and one row.
#ifndef TRACES_FORMATS_BIOSNOOP_ROW_H
#define TRACES_FORMATS_BIOSNOOP_ROW_H

#include "traces/columns/split.h"
#include "traces/input/input_text.h"

#define BIOSNOOP_HEADER "TIME(s) COMM PID DISK T SECTOR BYTES [P] [QUE(ms)] LAT(ms)"

// Beyond this a latency is not one: requests that were merged leave such numbers behind.
#define BIOSNOOP_LATENCY_MAX_NS (INT64_C(3600) * 1000000000)

enum biosnoop_column {
    BIOSNOOP_TIME,
    BIOSNOOP_COMM, // may hold blanks, so a row is read from both ends
    BIOSNOOP_PID,
    BIOSNOOP_DISK,
    BIOSNOOP_TYPE,
    BIOSNOOP_SECTOR,
    BIOSNOOP_BYTES,
    BIOSNOOP_PATTERN,
    BIOSNOOP_QUEUED,
    BIOSNOOP_LATENCY,
    BIOSNOOP_COLUMN_COUNT,
};

// Which columns there are.
struct biosnoop_header {
    bool pattern;
    bool queued;
};

enum biosnoop_kind { BIOSNOOP_REQUEST, BIOSNOOP_PASSTHROUGH, BIOSNOOP_ZERO_BYTES };

struct biosnoop_row {
    struct columns_field disk;
    enum biosnoop_kind kind;
    enum trace_op op;
    int64_t offset;
    int64_t bytes;
    int64_t done_ns;    // printed when the request is complete
    int64_t latency_ns; // from issue; TRACE_LATENCY_UNKNOWN: what stands there cannot be true
    int64_t queued_ns;  // before it; 0 without the column
};

// Is this line a header?
bool biosnoop_header_parse(struct biosnoop_header *header, const char *text, size_t length);

// Does the line start as a row does, with seconds that have decimals?
bool biosnoop_row_starts(const struct trace_lines *lines);

bool biosnoop_row_parse(struct biosnoop_row *row, const struct biosnoop_header *header,
                        const struct trace_lines *lines, struct trace_error *error);

#endif

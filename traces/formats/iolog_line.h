// SPDX-License-Identifier: GPL-2.0-or-later
// One line of fio's iolog.
#ifndef TRACES_FORMATS_IOLOG_LINE_H
#define TRACES_FORMATS_IOLOG_LINE_H

#include "traces/columns/split.h"
#include "traces/input/input_text.h"

#define IOLOG_HEADER "fio version "
#define IOLOG_HEADERS "\"fio version 2 iolog\" or \"fio version 3 iolog\""

enum iolog_field {
    IOLOG_TIME, // not in version 2
    IOLOG_FILE,
    IOLOG_ACTION,
    IOLOG_OFFSET,
    IOLOG_LENGTH,
    IOLOG_FIELD_COUNT,
};

enum iolog_kind { IOLOG_REQUEST, IOLOG_WAIT, IOLOG_ABOUT_FILE };

struct iolog_line {
    struct columns_field fields[IOLOG_FIELD_COUNT]; // as they stand there
    enum iolog_kind kind;
    enum trace_op op;
    int64_t time_ns; // version 3
    int64_t offset;  // of a request, bytes; of a wait, ms
    int64_t bytes;
    bool longer; // there are more fields
};

// The version of a header line, 0 for any other line.
unsigned iolog_header_version(const char *line, size_t length);

// Reads the current line of `lines`, of an iolog of this version.
bool iolog_line_parse(struct iolog_line *line, const struct trace_lines *lines, unsigned version,
                      struct trace_error *error);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
// The columns of the native CSV.
#ifndef TRACES_CSV_HEADER_H
#define TRACES_CSV_HEADER_H

#include "traces/csv_fields.h"

#include <stdbool.h>
#include <stdint.h>

enum csv_column {
    CSV_TIME,
    CSV_OP,
    CSV_OFFSET,
    CSV_BYTES,
    CSV_MEMBER,
    CSV_LATENCY,
    CSV_COLUMN_COUNT,
    CSV_COLUMN_NONE = CSV_COLUMN_COUNT,
    CSV_REQUIRED_COUNT = CSV_MEMBER, // the columns before this one have to be there
};

#define CSV_HEADER "time_ns,op,offset,bytes[,member][,latency_ns]"

extern const char *const csv_column_names[CSV_COLUMN_COUNT];

// Stores which column the n-th field of a line is. False, with what is wrong in words, if a column
// is unknown, missing or there twice.
bool csv_header_parse(const struct csv_field *fields, size_t count, enum csv_column *order,
                      char *wrong, size_t wrong_size);

// Does the first line that is neither blank nor a comment name one of the columns?
bool csv_header_recognise(const uint8_t *head, size_t length);

#endif

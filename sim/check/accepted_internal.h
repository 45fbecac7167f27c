// SPDX-License-Identifier: GPL-2.0-or-later
// Between the two halves of the reader.
#ifndef SIM_CHECK_ACCEPTED_INTERNAL_H
#define SIM_CHECK_ACCEPTED_INTERNAL_H

#include "sim/check/accepted.h"

struct accepted_reader {
    const char *path;
    FILE *file;
    size_t line; // its number
    char *text;
    size_t size;
    const char *at;     // what is left of the line
    bool is_end;        // of the file
    uint64_t announced; // how many decisions there shall be
    uint64_t *last_seq; // by stream
    int64_t last_ns;
    struct accepted *accepted;
    struct sim_error *error;
};

// All return false where something else stands.
bool accepted_take_number(struct accepted_reader *reader, uint64_t *value);
bool accepted_take_text(struct accepted_reader *reader, const char *text);

// False, with the error filled.
bool accepted_complain(struct accepted_reader *reader, const char *expected);

// A line "at TIME: ..." or "never: ...".
bool accepted_read_decisions(struct accepted_reader *reader);

// After the last line: are they all there, each once, as the streams say?
bool accepted_verify_decisions(struct accepted_reader *reader);

#endif

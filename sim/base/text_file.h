// SPDX-License-Identifier: GPL-2.0-or-later
// Files of YAML text that people write: read and written whole, and values in them.
#ifndef SIM_BASE_TEXT_FILE_H
#define SIM_BASE_TEXT_FILE_H

#include "sim/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// The bytes of a file, or of standard input ("-"), with a NUL behind them; the caller frees *text,
// on failure too. Of more than 64 MiB it says that it is `not_this`: "not a scenario".
bool text_file_read(const char *path, const char *not_this, char **text, size_t *length,
                    struct sim_error *error);

// Writes a file of this text: beside its name first, so that the name never stands for half a
// text, and a file that had it stays as it was if that fails. What is no regular file is written to
// as it is.
bool text_file_write(const char *path, const char *text, struct sim_error *error);

// A text as a value in double quotes.
void text_write_quoted(FILE *out, const char *text);

#endif

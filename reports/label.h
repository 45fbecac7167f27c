// SPDX-License-Identifier: GPL-2.0-or-later
// Text from the database made fit to be shown: names may hold anything.
#ifndef REPORTS_LABEL_H
#define REPORTS_LABEL_H

#include <stddef.h>
#include <stdio.h>

#define REPORT_LABEL_MAX 512 // bytes, enough for 127 characters

// Writes text as valid UTF-8: each byte that is not part of any becomes U+FFFD.
void report_write_utf8(FILE *out, const char *text);

// Copies text as valid UTF-8 without control or direction-changing characters (each, and each
// invalid byte, becomes "?"), cut with "..." to at most `characters` (4 to 127). Returns how many
// characters it has.
size_t report_label(char out[REPORT_LABEL_MAX], const char *text, size_t characters);
#endif

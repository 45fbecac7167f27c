// SPDX-License-Identifier: GPL-2.0-or-later
// Text from the database made fit to be shown: names may hold anything. How much room a text takes
// is told in cells: a terminal's places for a letter, of which East Asian signs take two.
#ifndef REPORTS_LABEL_H
#define REPORTS_LABEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define REPORT_LABEL_MAX 512 // bytes, enough for 127 cells
#define REPORT_LABELS_MIN 12 // cells of labels that are distinct

// Writes text as valid UTF-8: each byte that is not part of any becomes U+FFFD.
void report_write_utf8(FILE *out, const char *text);

// Reads what stands at text, not at its end: *cells of it, which are put at out. What moves a
// terminal's cursor, changes its state, or reorders, hides or joins what stands around becomes "?",
// as does each byte that is no UTF-8. Returns how many bytes were read.
size_t report_next(const char *text, char out[5], size_t *cells);

// Of text as it is shown, with those "?".
size_t report_cells(const char *text);

// Copies text as it is shown, shortened in the middle with "..." to at most `cells` (4 to 127).
// Returns how many it takes.
size_t report_label(char out[REPORT_LABEL_MAX], const char *text, size_t cells);

// Labels of at most `cells` (REPORT_LABELS_MIN to 127) for names that stand beside each other:
// those of different names differ, as long as there are fewer than 100,000. Where the middle tells
// names apart it is shown; where nothing else does, "~2" and so on stands behind. False: no memory.
bool report_labels(const char *const *names, size_t count, size_t cells,
                   char (*labels)[REPORT_LABEL_MAX]);
#endif

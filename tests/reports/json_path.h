// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef TESTS_REPORTS_JSON_PATH_H
#define TESTS_REPORTS_JSON_PATH_H

// Fails unless the text is JSON and has this at the path, asked by SQLite's own parser. NULL: it
// has nothing there, or null.
void json_path_assert(const char *json, const char *path, const char *expected);
#endif

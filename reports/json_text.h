// SPDX-License-Identifier: GPL-2.0-or-later
// Names and paths may hold anything; JSON is UTF-8.
#ifndef REPORTS_JSON_TEXT_H
#define REPORTS_JSON_TEXT_H

#include <jansson.h>

// A string, as report_write_utf8 writes it. NULL: out of memory. The caller owns it.
json_t *report_json_text(const char *text);
#endif

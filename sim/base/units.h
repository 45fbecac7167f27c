// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers with units, as people write them. All return false on anything else, and on overflow;
// none accepts leading or trailing space.
#ifndef SIM_BASE_UNITS_H
#define SIM_BASE_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// "42", "-1".
bool units_parse_integer(const char *text, int64_t *value);

// "42" (ns), "200us", "1.5s", "2min", "1h"; ns ms too. Exact: a fraction must come out in whole ns.
bool units_parse_duration(const char *text, int64_t *ns);

// "4096", "4K", "1.5MiB", "10MB". K, M, G, T and KiB, ... are powers of 1024, as in QEMU;
// kB, KB, MB, GB, TB powers of 1000. A fraction must come out in whole bytes.
bool units_parse_size(const char *text, int64_t *bytes);

// "90.1 s", "12 ms": three significant digits, for people.
const char *units_format_duration(int64_t ns, char *text, size_t size);
const char *units_format_size(double bytes, char *text, size_t size);

#endif

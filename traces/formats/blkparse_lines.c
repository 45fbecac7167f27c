// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/formats/blkparse_lines.h"

enum events_line blkparse_lines_other(struct events_cursor line, bool *statistics)
{
    // The line `Input file NAME added` comes first, or last if it went to another stream.
    static const char *const passed[] = {"#", "Input file "};
    static const char *const begins[] = {"CPU", "Total (", "Reads Queued:"};
    events_skip_blanks(&line);
    if (line.at == line.end)
        return EVENTS_LINE_PASSED;
    for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++) {
        if (events_starts_with(&line, passed[i]))
            return EVENTS_LINE_PASSED;
    }
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        *statistics = *statistics || events_starts_with(&line, begins[i]);
    return *statistics ? EVENTS_LINE_PASSED : EVENTS_LINE_ALIEN;
}

enum events_line blkparse_lines_after_end(const struct events_text *text, struct trace_error *error)
{
    struct events_cursor line = events_text_cursor(text);
    return events_text_expected(text, &line,
                                "no event after the statistics: the outputs of several runs of "
                                "blkparse are several traces",
                                error);
}

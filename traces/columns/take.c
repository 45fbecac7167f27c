// SPDX-License-Identifier: GPL-2.0-or-later
// Plain lines, which nearly all are: fields and numbers in one go. A number ends where its digits
// do, so that nothing is looked for, and looked at, twice. What a line means, and what is wrong
// with it, is not known here: of that there is one place, parse.c.
#include "traces/columns/parse.h"
#include "traces/input/input_text.h"

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && *at == ' ')
        at++;
    return at;
}

// NULL: something else is there.
static const char *take_number(enum columns_unit unit, const char *at, const char *readable,
                               int64_t *value)
{
    uint64_t number = 0;
    int decimals = 0;
    const char *stop = columns_unit_has_point(unit)
                           ? trace_text_plain(at, readable, &number, &decimals)
                           : trace_text_digits(at, readable, &number);
    return stop != NULL && stop > at && columns_unit_scale(unit, number, decimals, value) ? stop
                                                                                          : NULL;
}

// Up to the separator, or what makes the line no plain one, as a NUL does.
static const char *take_text(const char *at, const char *end, char separator, bool blanks)
{
    while (at < end && *at != separator && *at != '"' && *at != '\0' &&
           !(blanks && (*at == ' ' || *at == '\t')))
        at++;
    return at;
}

static bool is_number(enum columns_role role)
{
    return role == COLUMNS_TIME || role == COLUMNS_OFFSET || role == COLUMNS_LENGTH ||
           role == COLUMNS_LATENCY;
}

bool columns_take_line(const struct columns_plan *plan, struct columns_line *line, const char *text,
                       size_t length, const char *readable)
{
    const struct columns_layout *layout = plan->layout;
    const char *at = text;
    const char *end = text + length;
    char separator = layout->separator;
    bool blanks = layout->trimmed || separator == ' ';
    size_t count = plan->field_count;
    if (count > COLUMNS_TAKEN_MAX)
        return false;
    for (size_t place = 0; place < count; place++) {
        enum columns_role role = plan->taken[place];
        if (place > 0 && separator != ' ') {
            if (at == end || *at != separator)
                return false;
            at++;
        }
        at = blanks ? skip_blanks(at, end) : at;
        // A latency may be left out.
        bool absent = role == COLUMNS_LATENCY && (at == end || *at == separator);
        const char *stop = is_number(role) && !absent ? take_number(plan->column[role]->unit, at,
                                                                    readable, &line->numbers[role])
                                                      : take_text(at, end, separator, blanks);
        if (stop == NULL || (separator == ' ' && stop == at))
            return false;
        line->fields[place] = (struct columns_field){at, (size_t)(stop - at)};
        at = stop;
        at = blanks ? skip_blanks(at, end) : at;
        // Blanks that separate have been skipped.
        if (separator == ' ' && at == stop && at < end)
            return false;
    }
    line->count = count;
    line->is_taken = true;
    return at == end || (plan->more && !layout->quoted && (separator == ' ' || *at == separator));
}

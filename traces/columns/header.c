// SPDX-License-Identifier: GPL-2.0-or-later
// Where the columns of a file are, and whether it is a file of a layout at all.
#include "traces/columns/naming.h"
#include "traces/columns/parse.h"
#include "traces/input/input_text.h"
#include "traces/nearest_word.h"

#include <stdio.h>
#include <string.h>

#define HEADER_SHOWN_BYTES_MAX 40

static void clear_plan(struct columns_plan *plan, const struct columns_layout *layout)
{
    *plan = (struct columns_plan){.layout = layout, .more = layout->more};
    for (enum columns_role role = 0; role < COLUMNS_ROLE_COUNT; role++)
        plan->place[role] = COLUMNS_NOWHERE;
    size_t count = 0;
    while (layout->words != NULL && layout->words[count].text != NULL)
        count++;
    for (size_t i = count < UINT8_MAX ? count : 0; i > 0; i--)
        plan->word_of[(unsigned char)layout->words[i - 1].text[0] % COLUMNS_LETTERS] =
            (uint8_t)(i - 1);
}

static void place_column(struct columns_plan *plan, const struct columns_column *column,
                         size_t place)
{
    plan->place[column->role] = place;
    plan->column[column->role] = column;
    if (place < COLUMNS_TAKEN_MAX)
        plan->taken[place] = column->role;
}

void columns_plan_by_place(struct columns_plan *plan, const struct columns_layout *layout)
{
    clear_plan(plan, layout);
    plan->field_count = layout->column_count;
    for (size_t i = 0; i < layout->column_count; i++)
        place_column(plan, &layout->columns[i], i);
}

static const struct columns_column *find_name(const struct columns_layout *layout,
                                              const struct columns_field *field)
{
    for (size_t i = 0; i < layout->column_count; i++)
        if (columns_field_is(field, layout->columns[i].name))
            return &layout->columns[i];
    return NULL;
}

static bool fail_unknown(const struct columns_layout *layout, const struct columns_field *field,
                         struct columns_fault *fault)
{
    const char *known[COLUMNS_MAX + 1] = {NULL};
    for (size_t i = 0; i < layout->column_count; i++)
        known[i] = layout->columns[i].name;
    const char *nearest = nearest_word(field->text, field->length, nearest_word_in_array, known);
    int shown =
        field->length < HEADER_SHOWN_BYTES_MAX ? (int)field->length : HEADER_SHOWN_BYTES_MAX;
    fault->column = NULL;
    snprintf(fault->text, sizeof fault->text, "unknown column \"%.*s\"%s%s%s; the header is %s",
             shown, field->text, nearest != NULL ? ", did you mean \"" : "",
             nearest != NULL ? nearest : "", nearest != NULL ? "\"" : "", layout->header_help);
    return false;
}

// Shows what the header has that is near, or the start of the header.
static bool fail_missing(const struct columns_layout *layout, const char *name,
                         const struct columns_field *names, size_t count,
                         struct columns_fault *fault)
{
    char copies[COLUMNS_MAX][HEADER_SHOWN_BYTES_MAX + 1];
    const char *known[COLUMNS_MAX + 1] = {NULL};
    for (size_t i = 0; i < count; i++) {
        int shown = names[i].length < HEADER_SHOWN_BYTES_MAX ? (int)names[i].length
                                                             : HEADER_SHOWN_BYTES_MAX;
        snprintf(copies[i], sizeof copies[i], "%.*s", shown, names[i].text);
        known[i] = copies[i];
    }
    const char *nearest = NULL;
    if (layout->header != COLUMNS_HEADER_EXACT)
        nearest = nearest_word(name, strlen(name), nearest_word_in_array, known);
    fault->column = NULL;
    snprintf(fault->text, sizeof fault->text, "column \"%.80s\" is missing%s%s%s%s%s", name,
             nearest != NULL ? ", did you mean \"" : "", nearest != NULL ? nearest : "",
             nearest != NULL ? "\"" : "", layout->header_help != NULL ? "; the header is " : "",
             layout->header_help != NULL ? layout->header_help : "");
    return false;
}

bool columns_plan_by_name(struct columns_plan *plan, const struct columns_layout *layout,
                          const struct columns_field *names, size_t count,
                          struct columns_fault *fault)
{
    bool exact = layout->header == COLUMNS_HEADER_EXACT;
    fault->column = NULL;
    clear_plan(plan, layout);
    plan->field_count = count;
    for (size_t i = 0; i < count; i++) {
        const struct columns_column *column = find_name(layout, &names[i]);
        if (column == NULL && exact)
            return fail_unknown(layout, &names[i], fault);
        if (column != NULL && plan->column[column->role] != NULL) {
            snprintf(fault->text, sizeof fault->text, "column \"%.80s\" is there twice",
                     column->name);
            return false;
        }
        if (column != NULL)
            place_column(plan, column, i);
    }
    for (size_t i = 0; i < layout->column_count; i++) {
        const struct columns_column *column = &layout->columns[i];
        if (!column->optional && plan->column[column->role] == NULL)
            return fail_missing(layout, column->name, names, count, fault);
    }
    return true;
}

bool columns_are_names(const struct columns_layout *layout, const struct columns_field *fields,
                       size_t count)
{
    if (count < layout->column_count)
        return false;
    for (size_t i = 0; i < layout->column_count; i++) {
        const char *equals = memchr(fields[i].text, '=', fields[i].length);
        size_t length = equals != NULL ? (size_t)(equals - fields[i].text) : fields[i].length;
        struct columns_field name = columns_trim((struct columns_field){fields[i].text, length});
        if (!trace_text_equal(name.text, name.length, layout->columns[i].name))
            return false;
    }
    return true;
}

// ---- Whether the start of a file is of a layout, by reading it as such ----

// Enough to outvote a damaged line.
#define RECOGNISED_LINES_MAX 16
// Enough to see beyond a burst.
#define GAP_LINES_MAX 1024
#define GAP_NS 1000

struct recognised {
    const struct columns_layout *layout;
    struct columns_plan plan;
    struct columns_line line;
    size_t lines;
    size_t good;
    bool points;      // there is a time with a decimal point
    int64_t first_ns; // of the good lines
    int64_t last_ns;
};

static bool recognise_names(struct recognised *seen, const char *text, size_t length)
{
    struct columns_fault fault;
    bool comment = length > 0 && text[0] == '#';
    if (!columns_split_line(seen->layout, &seen->line, text + comment, length - comment,
                            COLUMNS_MAX, &fault) ||
        seen->line.count > COLUMNS_MAX)
        return false;
    if (seen->layout->header == COLUMNS_HEADER_NAMES)
        return columns_plan_by_name(&seen->plan, seen->layout, seen->line.fields, seen->line.count,
                                    &fault);
    return columns_are_names(seen->layout, seen->line.fields, seen->line.count);
}

static void recognise_data(struct recognised *seen, const char *text, size_t length)
{
    struct columns_fault fault;
    struct columns_counts counts = {0};
    struct trace_request request;
    seen->lines++;
    if (!columns_split_line(seen->layout, &seen->line, text, length, seen->plan.field_count,
                            &fault) ||
        !columns_parse_line(&seen->plan, &seen->line, &request, &counts, &fault))
        return;
    const struct columns_field *time = &seen->line.fields[seen->plan.place[COLUMNS_TIME]];
    bool has_point = memchr(time->text, '.', time->length) != NULL;
    if (seen->layout->has_sectors && !has_point && request.bytes % 512 != 0)
        return;
    seen->points = seen->points || has_point;
    seen->first_ns = seen->good == 0 ? request.arrival_ns : seen->first_ns;
    seen->last_ns = request.arrival_ns;
    seen->good++;
}

// False: the header decided.
static bool recognise_line(struct recognised *seen, const char *text, size_t length)
{
    enum columns_header header = seen->layout->header;
    if (header == COLUMNS_HEADER_PROSE || header == COLUMNS_HEADER_NAMES) {
        seen->good = recognise_names(seen, text, length);
        seen->lines = 1;
        return seen->good == 0 && (header == COLUMNS_HEADER_PROSE || text[0] == '#');
    }
    if (seen->lines == 0 && columns_naming_differs(seen->layout, text, length)) {
        seen->good = 0;
        seen->lines = 1;
        return false;
    }
    if (text[0] == '#')
        return true;
    if (header == COLUMNS_HEADER_MAYBE && seen->lines == 0 && recognise_names(seen, text, length))
        seen->good = seen->lines = 1;
    else
        recognise_data(seen, text, length);
    return seen->lines < (seen->layout->has_gaps ? GAP_LINES_MAX : RECOGNISED_LINES_MAX);
}

bool columns_recognise(const void *how, const uint8_t *head, size_t length)
{
    const struct columns_layout *layout = how;
    struct recognised seen = {.layout = layout};
    const char *at = (const char *)head;
    const char *end = at + length;
    bool whole = length < TRACE_HEAD_BYTES;
    columns_plan_by_place(&seen.plan, layout);
    seen.line.fields[COLUMNS_NOWHERE] = (struct columns_field){"", 0};
    if (length >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (newline == NULL && !whole)
            break;
        const char *stop = newline != NULL ? newline : end;
        size_t line_length = (size_t)(stop - at) - (stop > at && stop[-1] == '\r');
        if (line_length > 0 && !recognise_line(&seen, at, line_length))
            break;
        at = stop + (newline != NULL);
    }
    bool has_gaps = seen.last_ns - seen.first_ns >= GAP_NS * ((int64_t)seen.good - 1);
    return seen.good * 2 > seen.lines && (seen.points || !layout->has_points) &&
           (has_gaps || !layout->has_gaps);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/columns/parse.h"

#include "traces/columns/letters.h"
#include "traces/input/input_text.h"

#include <stdio.h>
#include <string.h>

bool columns_split_line(const struct columns_layout *layout, struct columns_line *line,
                        const char *text, size_t length, size_t limit, struct columns_fault *fault)
{
    const char *wrong;
    line->is_taken = false;
    if (layout->separator == ' ') {
        line->count = columns_split_blanks(text, length, line->fields, limit);
    } else if (layout->quoted) {
        line->count = columns_split_quoted(text, length, layout->separator, line->fields, limit,
                                           line->unquoted, &wrong);
        if (line->count == 0) {
            fault->column = NULL;
            snprintf(fault->text, sizeof fault->text, "%s", wrong);
            return false;
        }
    } else {
        line->count = columns_split(text, length, layout->separator, line->fields, limit);
    }
    if (layout->trimmed)
        for (size_t i = 0; i < line->count && i < limit; i++)
            line->fields[i] = columns_trim(line->fields[i]);
    return true;
}

static bool set_fault(const struct columns_plan *plan, const struct columns_line *line,
                      enum columns_role role, const char *expected, struct columns_fault *fault)
{
    fault->column = plan->column[role]->name;
    fault->found = line->fields[plan->place[role]];
    fault->expected = expected;
    return false;
}

static bool parse_number(const struct columns_plan *plan, const struct columns_line *line,
                         enum columns_role role, int64_t *number, struct columns_fault *fault)
{
    enum columns_unit unit = plan->column[role]->unit;
    if (line->is_taken) {
        *number = line->numbers[role];
        return true;
    }
    return columns_unit_parse(unit, &line->fields[plan->place[role]], number) ||
           set_fault(plan, line, role, columns_unit_help[unit], fault);
}

// What a flush is depends on whether it has bytes.
static bool parse_letters(const struct columns_plan *plan, const struct columns_line *line,
                          enum trace_op *op, struct columns_fault *fault)
{
    struct columns_letters letters;
    int64_t bytes;
    if (!columns_letters_parse(&line->fields[plan->place[COLUMNS_OP]], &letters))
        return set_fault(plan, line, COLUMNS_OP, plan->layout->words_help, fault);
    if (!parse_number(plan, line, COLUMNS_LENGTH, &bytes, fault))
        return false;
    *op = letters.flushes && bytes == 0 ? TRACE_FLUSH : letters.op;
    return true;
}

static bool parse_op(const struct columns_plan *plan, const struct columns_line *line,
                     enum trace_op *op, struct columns_fault *fault)
{
    const struct columns_layout *layout = plan->layout;
    const struct columns_field *field = &line->fields[plan->place[COLUMNS_OP]];
    int64_t flags;
    *op = layout->only_op;
    if (plan->column[COLUMNS_OP] == NULL)
        return true;
    if (plan->column[COLUMNS_OP]->unit == COLUMNS_READ_FLAG) {
        if (!columns_unit_parse(COLUMNS_READ_FLAG, field, &flags))
            return set_fault(plan, line, COLUMNS_OP, columns_unit_help[COLUMNS_READ_FLAG], fault);
        *op = (flags & 1) != 0 ? TRACE_READ : TRACE_WRITE;
        return true;
    }
    // Most words differ in their first letter: no branch depends on which it is.
    unsigned first = field->length > 0 ? (unsigned char)field->text[0] : 0;
    const struct columns_word *word = &layout->words[plan->word_of[first % COLUMNS_LETTERS]];
    for (; word->text != NULL; word++) {
        if (layout->exact_words ? columns_field_is(field, word->text)
                                : trace_text_equal(field->text, field->length, word->text)) {
            *op = word->op;
            return true;
        }
    }
    return layout->letters ? parse_letters(plan, line, op, fault)
                           : set_fault(plan, line, COLUMNS_OP, layout->words_help, fault);
}

static bool parse_latency(const struct columns_plan *plan, const struct columns_line *line,
                          int64_t *latency_ns, struct columns_counts *counts,
                          struct columns_fault *fault)
{
    const struct columns_column *column = plan->column[COLUMNS_LATENCY];
    const struct columns_field *field = &line->fields[plan->place[COLUMNS_LATENCY]];
    *latency_ns = TRACE_LATENCY_UNKNOWN;
    if (field->length == 0)
        return true;
    *latency_ns = line->numbers[COLUMNS_LATENCY];
    if (plan->layout->native)
        return line->is_taken || columns_unit_parse(column->unit, field, latency_ns) ||
               set_fault(plan, line, COLUMNS_LATENCY,
                         "a number of at most 9223372036854775807, or nothing if unknown", fault);
    bool negative = field->text[0] == '-';
    struct columns_field digits = {field->text + negative, field->length - negative};
    if (!line->is_taken && !columns_unit_parse(column->unit, &digits, latency_ns))
        return set_fault(plan, line, COLUMNS_LATENCY, columns_unit_help[column->unit], fault);
    counts->negative_latencies += negative;
    if (negative || (column->zero_is_unknown && *latency_ns == 0))
        *latency_ns = TRACE_LATENCY_UNKNOWN;
    return true;
}

static bool parse_range(const struct columns_plan *plan, const struct columns_line *line,
                        struct trace_request *request, struct columns_counts *counts,
                        struct columns_fault *fault)
{
    int64_t offset;
    int64_t bytes;
    if (!parse_number(plan, line, COLUMNS_OFFSET, &offset, fault) ||
        !parse_number(plan, line, COLUMNS_LENGTH, &bytes, fault))
        return false;
    if (bytes > INT64_MAX - offset)
        return set_fault(plan, line, COLUMNS_LENGTH, "offset + bytes below 2^63", fault);
    if (request->op == TRACE_FLUSH && bytes != 0) {
        if (plan->layout->native)
            return set_fault(plan, line, COLUMNS_LENGTH, "0 for a flush", fault);
        bytes = 0;
    }
    counts->zero_bytes += bytes == 0 && request->op != TRACE_FLUSH;
    request->offset = (uint64_t)offset;
    request->bytes = (uint64_t)bytes;
    return true;
}

static bool fail_count(const struct columns_plan *plan, const struct columns_line *line,
                       struct columns_fault *fault)
{
    const struct columns_layout *layout = plan->layout;
    bool by_name = layout->header >= COLUMNS_HEADER_NAMES;
    char names[256] = "";
    for (size_t i = 0, used = 0; !by_name && i < layout->column_count && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                 i > 0 ? (layout->separator == ' ' ? " " : ",") : ": ",
                                 layout->columns[i].name);
    fault->column = NULL;
    snprintf(fault->text, sizeof fault->text, "found %s%zu field%s, expected %s%zu%s%s",
             line->count > plan->field_count ? "at least " : "", line->count,
             line->count == 1 ? "" : "s", plan->more ? "at least " : "", plan->field_count,
             by_name ? " as in the header" : "", names);
    return false;
}

bool columns_parse_line(const struct columns_plan *plan, const struct columns_line *line,
                        struct trace_request *request, struct columns_counts *counts,
                        struct columns_fault *fault)
{
    if (line->count != plan->field_count && !(plan->more && line->count > plan->field_count))
        return fail_count(plan, line, fault);
    if (!parse_number(plan, line, COLUMNS_TIME, &request->arrival_ns, fault) ||
        !parse_op(plan, line, &request->op, fault) ||
        !parse_range(plan, line, request, counts, fault) ||
        !parse_latency(plan, line, &request->latency_ns, counts, fault))
        return false;
    // One that was taken at once has none.
    for (enum columns_role role = COLUMNS_VOLUME; !line->is_taken && role <= COLUMNS_STREAM;
         role++) {
        const struct columns_field *field = &line->fields[plan->place[role]];
        if (field->length > 0 && memchr(field->text, '\0', field->length) != NULL)
            return set_fault(plan, line, role, "a name without a NUL byte", fault);
    }
    return true;
}

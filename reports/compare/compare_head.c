// SPDX-License-Identifier: GPL-2.0-or-later
// What comes before the tables of a comparison: the verdict, what was compared, what the two runs
// differ in, and what was assumed in both.
#include "reports/compare/compare_internal.h"

#include <inttypes.h>
#include <string.h>

#define VALUE_CELLS 60
#define DIFFERENCES_SHOWN 12

static void print_verdict(const struct report_comparison *comparison,
                          const struct report_style *style)
{
    static const enum report_paint paints[] = {
        [COMPARISON_EMPTY] = REPORT_WARNING,      [COMPARISON_SAME] = REPORT_BOLD,
        [COMPARISON_FASTER] = REPORT_GOOD,        [COMPARISON_SLOWER] = REPORT_BAD,
        [COMPARISON_MOSTLY_FASTER] = REPORT_GOOD, [COMPARISON_MOSTLY_SLOWER] = REPORT_BAD,
        [COMPARISON_MIXED] = REPORT_WARNING,
    };
    struct comparison_verdict verdict;
    comparison_judge(comparison, &verdict);
    report_say(style, paints[verdict.outcome], "%s", verdict.text);
}

static void print_sides(const struct report_comparison *comparison,
                        const struct report_style *style)
{
    const struct comparison_side *sides = comparison->sides;
    uint64_t unknown = 0;
    putc('\n', style->out);
    for (int i = 0; i < 2; i++) {
        char shown[REPORT_LABEL_MAX];
        report_label(shown, sides[i].run.shown, VALUE_CELLS);
        bool is_named = strcmp(sides[i].run.shown, sides[i].name) != 0;
        report_say(style, REPORT_PLAIN, "%c  %s%s%s", "AB"[i], shown, is_named ? ": " : "",
                   is_named ? sides[i].name : "");
        report_say(style, REPORT_PLAIN, "   engine %s, device %s, simulated %.3f s, digest %s",
                   sides[i].engine, sides[i].device, (double)sides[i].end_ns / 1e9,
                   sides[i].digest);
    }
    report_say(style, REPORT_PLAIN, "%" PRIu64 " requests, the same in both; in %d blocks of time",
               comparison->count, REPORT_COMPARE_BLOCKS);
    for (size_t d = 0; d < REPORT_DIRECTION_COUNT; d++)
        unknown += comparison->total.traffic[d].unknown;
    if (unknown > 0)
        report_say(style, REPORT_WARNING,
                   "%" PRIu64
                   " of them still at the device at the end of a run: they have no total "
                   "latency",
                   unknown);
    if (sides[0].span_ns != sides[1].span_ns)
        report_say(style, REPORT_WARNING,
                   "One run is of an earlier version: Jain's indices are not of equal spans of "
                   "time");
}

// The same change of the same thing, of others.
static bool is_like(const struct comparison_facts *a, const struct comparison_facts *b)
{
    bool is_alike = strcmp(comparison_fact_of(a)->what, comparison_fact_of(b)->what) == 0;
    for (int side = 0; side < 2; side++)
        is_alike =
            is_alike && strcmp(comparison_fact_value(a, side), comparison_fact_value(b, side)) == 0;
    return is_alike;
}

static void print_difference(const struct comparison_facts *facts, size_t others,
                             const struct report_style *style)
{
    const struct comparison_fact *fact = comparison_fact_of(facts);
    char whose[REPORT_LABEL_MAX], values[2][REPORT_LABEL_MAX], more[48] = "";
    bool is_operation = strcmp(fact->what, "operation") == 0;
    report_label(whose, fact->whose + (is_operation ? strspn(fact->whose, "0") : 0), VALUE_CELLS);
    for (int side = 0; side < 2; side++)
        report_label(values[side], comparison_fact_value(facts, side), VALUE_CELLS);
    if (others > 0)
        snprintf(more, sizeof more, " and %zu other%s", others, others == 1 ? "" : "s");
    report_say(style, REPORT_PLAIN, "  %s%s%s%s: %s in A, %s in B", fact->what,
               fact->whose[0] == '\0' ? ""
               : is_operation         ? " "
                                      : " of ",
               whose, more, values[0], values[1]);
}

static void print_differences(const struct report_comparison *comparison,
                              const struct report_style *style)
{
    size_t shown = 0, left_out = 0;
    for (size_t i = 0, next; i < comparison->fact_count; i = next) {
        const struct comparison_facts *facts = &comparison->facts[i];
        next = i + 1;
        if (!comparison_facts_differ(facts))
            continue;
        while (next < comparison->fact_count && is_like(facts, &comparison->facts[next]))
            next++;
        if (shown == DIFFERENCES_SHOWN) {
            left_out += next - i;
            continue;
        }
        if (shown++ == 0)
            report_title(style, "A and B differ in");
        print_difference(facts, next - i - 1, style);
    }
    if (left_out > 0)
        report_say(style, REPORT_PLAIN, "  and %zu more; --json has all", left_out);
    if (shown == 0)
        report_title(style, "A and B have the same limits, engine, device, members and traces");
}

static void print_assumptions(const struct report_comparison *comparison,
                              const struct report_style *style)
{
    char what[REPORT_LABEL_MAX], value[REPORT_LABEL_MAX];
    bool any = false;
    for (size_t i = 0; i < comparison->fact_count; i++) {
        const struct comparison_facts *facts = &comparison->facts[i];
        const struct comparison_fact *fact = facts->sides[0];
        if (!comparison_is_assumed(facts))
            continue;
        if (!any)
            report_title(style, "Assumed in both");
        any = true;
        report_label(what, fact->what, VALUE_CELLS);
        report_label(value, fact->value, 127);
        report_say(style, REPORT_PLAIN, "  %s: %s", what, value);
    }
}

void comparison_print_head(const struct report_comparison *comparison,
                           const struct report_style *style)
{
    print_verdict(comparison, style);
    print_sides(comparison, style);
    print_differences(comparison, style);
    print_assumptions(comparison, style);
}

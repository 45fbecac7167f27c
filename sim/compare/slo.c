// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/compare/slo.h"

#include "reports/recorder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT "wait"
#define WORST "worst"
#define BOTH "read+write"

static bool is_direction(const char *word)
{
    bool found = strcmp(word, "group") == 0; // in the place of one
    for (size_t i = 0; !found && report_direction_name(i) != NULL; i++)
        found = strcmp(report_direction_name(i), word) == 0;
    return found;
}

// Cuts off the last word, if it is the only one too. NULL: there is none.
static char *cut_word(char *text)
{
    char *dot = strrchr(text, '.');
    char *word = dot == NULL ? text : dot + 1;
    if (*word == '\0')
        return NULL;
    if (dot != NULL)
        *dot = '\0';
    return word;
}

// The last word, which stays.
static const char *last_word(const char *text)
{
    const char *dot = strrchr(text, '.');
    return dot == NULL ? text : dot + 1;
}

// "wait.p99" -> "total.read+write.wait-p99". A new string, or NULL.
static char *complete(char *subject)
{
    char *whole = NULL;
    size_t length;
    char none[1] = "", *rest = strrchr(subject, '.') == NULL ? none : subject;
    char *metric = cut_word(subject);
    bool is_wait = metric != NULL && strcmp(last_word(rest), WAIT) == 0;
    if (is_wait && rest == cut_word(rest))
        rest = none;
    const char *direction = BOTH;
    if (is_direction(last_word(rest))) {
        direction = cut_word(rest);
        if (direction == rest)
            rest = none;
    }
    FILE *out = open_memstream(&whole, &length);
    if (out == NULL)
        return NULL;
    fprintf(out, "%s.%s.%s%s", *rest == '\0' ? REPORT_COMPARE_TOTAL : rest, direction,
            is_wait ? WAIT "-" : "", metric == NULL ? "" : metric);
    if (fclose(out) == 0)
        return whole;
    free(whole);
    return NULL;
}

// parsed: what the name has been taken of, which may be quoted.
static bool finish(struct compare_condition *slo, const char *parsed, struct sim_error *error)
{
    slo->is_worst = slo->name != NULL && strcmp(slo->name, WORST) == 0 && parsed[0] != '"';
    if (slo->direction == NULL || !report_figure_is_known((enum report_metric)slo->metric))
        return sim_fail(
            error, SIM_USAGE,
            "--%s '%s': '%s' is of two runs, or of a group: expected one of p50, p90, p99, max, "
            "mean, the same of the wait (wait-p99), waiting, iops, throughput",
            slo->option, slo->text, slo->metrics->rows[slo->metric].name);
    return true;
}

bool slo_parse(struct compare_condition *slo, const char *text, struct sim_error *error)
{
    const struct compare_condition form = {
        .option = "slo", .example = "db.read.p99 < 20ms", .is_absolute = true, .text = text};
    *slo = form;
    const char *less = strrchr(text, '<'), *more = strrchr(text, '>');
    const char *at = less == NULL || (more != NULL && more > less) ? more : less;
    size_t start = strspn(text, " \t"), length = at == NULL ? strlen(text) : (size_t)(at - text);
    size_t end = length;
    while (end > start && strchr(" \t", text[end - 1]) != NULL)
        end--;
    char *subject = end > start ? strndup(text + start, end - start) : strdup("");
    char *whole = subject == NULL ? NULL : complete(subject), *joined = NULL;
    size_t size;
    FILE *out = whole == NULL ? NULL : open_memstream(&joined, &size);
    if (out != NULL)
        fprintf(out, "%s%s", whole, text + length);
    bool ok = (out != NULL && fclose(out) == 0) || sim_fail_memory(error);
    ok = ok && condition_parse_as(slo, &form, joined, error) && finish(slo, whole, error);
    free(joined);
    free(whole);
    free(subject);
    return ok;
}

bool slo_parse_subject(struct compare_condition *slo, const char *option, const char *text,
                       struct sim_error *error)
{
    *slo = (struct compare_condition){.option = option, .is_absolute = true, .text = text};
    return condition_parse_subject(slo, text, error) && finish(slo, text, error);
}

struct report_figure slo_figure(const struct compare_condition *slo)
{
    return (struct report_figure){.member = slo->is_worst ? NULL : slo->name,
                                  .is_worst = slo->is_worst,
                                  .direction = slo->direction,
                                  .metric = (enum report_metric)slo->metric};
}

bool slo_holds(const struct compare_condition *slo, double value)
{
    char numbers[256];
    const struct report_change change = {NAN, value};
    return condition_holds(slo, &change, 1, numbers, sizeof numbers);
}

double slo_excess(const struct compare_condition *slo, double value)
{
    double wanted = slo->value.number;
    bool is_time = slo->metrics->rows[slo->metric].quantity == REPORT_QUANTITY_TIME;
    double unit = wanted > 0 ? wanted : is_time ? 1e6 : 1;
    if (isnan(value))
        return INFINITY;
    return (slo->greater ? wanted - value : value - wanted) / unit;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/compare/condition.h"

#include "reports/recorder.h"
#include "sim/base/suggest.h"
#include "sim/base/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Digits with at most one point, at least one digit, `length` characters.
static bool parse_number(const char *text, size_t length, double *number)
{
    char copy[64];
    if (length == 0 || length >= sizeof copy || strspn(text, "0123456789.") < length)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    char *end;
    *number = strtod(copy, &end);
    return *end == '\0' && end != copy && strcmp(copy, ".") != 0 && isfinite(*number);
}

static bool parse_quantity(const char *text, enum report_quantity quantity, double *number)
{
    int64_t whole;
    if (quantity != REPORT_QUANTITY_TIME && quantity != REPORT_QUANTITY_BYTES)
        return parse_number(text, strlen(text), number);
    if (!(quantity == REPORT_QUANTITY_TIME ? units_parse_duration(text, &whole)
                                           : units_parse_size(text, &whole)))
        return false;
    *number = (double)whole;
    return whole >= 0;
}

// A value of a metric of this quantity; `change`: the metric has a value in both runs.
static bool parse_value(const char *text, enum report_quantity quantity, bool change,
                        struct compare_value *value)
{
    bool is_signed = *text == '+' || *text == '-', negative = *text == '-';
    text += is_signed;
    size_t length = strlen(text);
    if (is_signed && !change)
        return false;
    if (length > 0 && text[length - 1] == '%') {
        if (!is_signed && quantity != REPORT_QUANTITY_SHARE && quantity != REPORT_QUANTITY_COUNT)
            return false;
        value->measure = is_signed                           ? COMPARE_RELATIVE
                         : quantity == REPORT_QUANTITY_COUNT ? COMPARE_SHARE
                                                             : COMPARE_IN_B;
        if (!parse_number(text, length - 1, &value->number))
            return false;
        value->number /= 100;
    } else {
        value->measure = is_signed ? COMPARE_ABSOLUTE : COMPARE_IN_B;
        if (*text == '+' || *text == '-' || !parse_quantity(text, quantity, &value->number))
            return false;
    }
    if (negative)
        value->number = -value->number;
    return true;
}

// What is accepted, for messages; `of_requests`: not of a group, so that a share of them is too.
static const char *expected_value(enum report_quantity quantity, bool change, bool of_requests)
{
    static const char *const of_both[] = {
        [REPORT_QUANTITY_TIME] = "+5% or +2ms (change), or 20ms (in B)",
        [REPORT_QUANTITY_COUNT] = "+5% or +3 (change), or 10 or 1% (in B)",
        [REPORT_QUANTITY_SHARE] = "+5% or +0.05 (change), or 0.2 or 20% (in B)",
        [REPORT_QUANTITY_RATE] = "-5% or -20 (change), or 300 (in B)",
        [REPORT_QUANTITY_BYTES] = "-5% or -1MB (change), or 10MB (in B)",
    };
    if (change && !of_requests && quantity == REPORT_QUANTITY_COUNT)
        return "+5% or +3 (change), or 10 (in B)";
    if (change)
        return of_both[quantity];
    return quantity == REPORT_QUANTITY_TIME     ? "a time such as 20ms, without a sign"
           : quantity == REPORT_QUANTITY_BLOCKS ? "a number of blocks such as 7, without a sign"
           : quantity == REPORT_QUANTITY_COUNT && of_requests
               ? "10, or 1% of the requests, without a sign"
               : "a number such as 300 or 10MB, without a sign";
}

// ---- Conditions ----

#define GROUP_WORD "group" // in the place of a direction

static const char *direction_at(const void *words, size_t index)
{
    (void)words;
    if (report_direction_name(index) != NULL)
        return report_direction_name(index);
    return index > 0 && report_direction_name(index - 1) != NULL ? GROUP_WORD : NULL;
}

static const struct condition_metrics of_member = {
    report_metrics, REPORT_METRIC_COUNT, REPORT_SLOWER, true, NULL, "in A", "in B"};
static const struct condition_metrics of_group = {report_group_metrics,
                                                  REPORT_GROUP_METRIC_COUNT,
                                                  REPORT_GROUP_METRIC_COUNT,
                                                  false,
                                                  NULL,
                                                  "in A",
                                                  "in B"};

static const char *metric_at(const void *metrics, size_t index)
{
    const struct condition_metrics *all = metrics;
    return index < all->count ? all->rows[index].name : NULL;
}

// Where `word` is in the list; -1, with a usage error that suggests the nearest.
static int find_word(const struct compare_condition *condition, const char *what, const char *word,
                     nearest_word_at *word_at, const void *words, struct sim_error *error)
{
    char hint[128];
    const char *known;
    for (size_t i = 0; (known = word_at(words, i)) != NULL; i++) {
        if (strcmp(known, word) == 0)
            return (int)i;
    }
    sim_fail(error, SIM_USAGE, "--%s '%s': unknown %s '%s'%s", condition->option, condition->text,
             what, word, suggest(word, word_at, words, hint, sizeof hint));
    return -1;
}

// Cuts blanks from both ends, in place.
static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t", text[length - 1]) != NULL)
        text[--length] = '\0';
    return text;
}

// Cuts off what is behind the last dot.
static char *cut_last(char *text)
{
    char *dot = strrchr(text, '.');
    if (dot == NULL)
        return NULL;
    *dot = '\0';
    return dot + 1;
}

// A name in double quotes is a member's even if it is "total".
static bool keep_name(struct compare_condition *condition, char *name, struct sim_error *error)
{
    size_t length = strlen(name);
    if (condition->direction != NULL && strcmp(name, REPORT_COMPARE_TOTAL) == 0)
        return true;
    if (length >= 2 && name[0] == '"' && name[length - 1] == '"') {
        name[length - 1] = '\0';
        name++;
    }
    condition->name = strdup(name);
    return condition->name != NULL || sim_fail_memory(error);
}

static enum report_quantity quantity_of(const struct compare_condition *condition)
{
    return condition->metrics->rows[condition->metric].quantity;
}

// MEMBER.DIRECTION.METRIC, or GROUP.group.METRIC. Names may have dots; the others have none.
static bool parse_subject(struct compare_condition *condition, char *subject,
                          struct sim_error *error)
{
    char *metric = cut_last(subject), *direction = metric != NULL ? cut_last(subject) : NULL;
    if (direction == NULL || *subject == '\0')
        return sim_fail(error, SIM_USAGE,
                        "--%s '%s': expected MEMBER.DIRECTION.METRIC, such as db.read.p99 or "
                        "total.read+write.mean%s",
                        condition->option, condition->text,
                        condition->is_absolute ? "" : ", or GROUP.group.METRIC");
    int place = find_word(condition, "direction", direction, direction_at, NULL, error);
    if (place < 0)
        return false;
    condition->direction = report_direction_name((size_t)place);
    condition->metrics = condition->direction != NULL ? &of_member : &of_group;
    condition->metric =
        find_word(condition, "metric", metric, metric_at, condition->metrics, error);
    return condition->metric >= 0 && keep_name(condition, subject, error);
}

// MEMBER.METRIC, of which both may have dots: the longest metric counts.
static bool parse_plain_subject(struct compare_condition *condition, char *subject,
                                struct sim_error *error)
{
    const char *found = NULL;
    for (size_t i = 0; i < condition->metrics->count; i++) {
        const char *name = condition->metrics->rows[i].name;
        size_t length = strlen(subject), size = strlen(name);
        if (length > size + 1 && subject[length - size - 1] == '.' &&
            strcmp(subject + length - size, name) == 0 && (found == NULL || size > strlen(found))) {
            found = name;
            condition->metric = (int)i;
        }
    }
    char *metric = found == NULL ? cut_last(subject) : NULL;
    if (found != NULL)
        subject[strlen(subject) - strlen(found) - 1] = '\0';
    else if (metric == NULL || *subject == '\0')
        return sim_fail(error, SIM_USAGE, "--%s '%s': expected %s", condition->option,
                        condition->text, condition->metrics->expected);
    else if (find_word(condition, "metric", metric, metric_at, condition->metrics, error) < 0)
        return false;
    return keep_name(condition, subject, error);
}

static bool has_change(const struct compare_condition *condition)
{
    return !condition->is_absolute && condition->metric < condition->metrics->change_count;
}

// The last < or > is the operator: a value has none.
static char *cut_operator(struct compare_condition *condition, char *copy)
{
    char *less = strrchr(copy, '<'), *more = strrchr(copy, '>');
    char *at = less == NULL || (more != NULL && more > less) ? more : less;
    if (at == NULL)
        return NULL;
    condition->greater = *at == '>';
    condition->or_equal = at[1] == '=';
    *at = '\0';
    return at + 1 + condition->or_equal;
}

bool condition_parse_subject(struct compare_condition *condition, const char *text,
                             struct sim_error *error)
{
    char *copy = strdup(text);
    bool ok = copy != NULL ? parse_subject(condition, copy, error) : sim_fail_memory(error);
    free(copy);
    return ok;
}

bool condition_parse_as(struct compare_condition *condition, const struct compare_condition *form,
                        const char *text, struct sim_error *error)
{
    *condition = *form;
    const struct condition_metrics *metrics = form->metrics;
    char *copy = strdup(text);
    if (copy == NULL)
        return sim_fail_memory(error);
    char *value = cut_operator(condition, copy);
    bool ok = value != NULL ||
              sim_fail(error, SIM_USAGE, "--%s '%s': expected >, >=, < or <=, such as '%s'",
                       form->option, form->text, form->example);
    ok =
        ok && (metrics == NULL ? parse_subject : parse_plain_subject)(condition, trim(copy), error);
    if (ok) {
        enum report_quantity quantity = quantity_of(condition);
        value = trim(value);
        char hint[UNITS_HINT_MAX];
        bool is_counted = quantity != REPORT_QUANTITY_TIME && quantity != REPORT_QUANTITY_BYTES;
        // Of a group's numbers there is no share of requests.
        bool of_requests = condition->metrics->of_requests && !form->is_absolute;
        ok = parse_value(value, quantity, has_change(condition), &condition->value) &&
             (of_requests || condition->value.measure != COMPARE_SHARE);
        if (!ok)
            sim_fail(
                error, SIM_USAGE, "--%s '%s': expected %s, found '%s'%s", form->option, form->text,
                expected_value(quantity, has_change(condition), of_requests), value,
                is_counted ? ""
                           : units_meant(quantity == REPORT_QUANTITY_TIME ? UNITS_TIME : UNITS_SIZE,
                                         value, hint, sizeof hint));
    }
    free(copy);
    return ok;
}

bool condition_parse(struct compare_condition *condition, const struct condition_metrics *metrics,
                     const char *text, struct sim_error *error)
{
    const struct compare_condition form = {
        .option = "fail-if",
        .example = metrics == NULL ? "db.read.p99 > +5%" : "db.p99 > +5%",
        .text = text,
        .metrics = metrics,
    };
    return condition_parse_as(condition, &form, text, error);
}

bool compare_condition_parse(struct compare_condition *condition, const char *text,
                             struct sim_error *error)
{
    return condition_parse(condition, NULL, text, error);
}

void compare_condition_free(struct compare_condition *condition)
{
    free(condition->name);
}

static void format_value(double value, enum report_quantity quantity, char *text, size_t size)
{
    static const struct {
        double ns;
        const char *name;
    } units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}};
    size_t i = 0;
    if (isnan(value) || isinf(value)) {
        snprintf(text, size, isnan(value) ? "not known" : value > 0 ? "infinite" : "-infinite");
        return;
    }
    if (quantity == REPORT_QUANTITY_TIME) {
        while (i < 3 && fabs(value) < units[i].ns)
            i++;
        snprintf(text, size, "%.6g %s", value / units[i].ns, units[i].name);
    } else if (quantity == REPORT_QUANTITY_COUNT || quantity == REPORT_QUANTITY_BLOCKS) {
        snprintf(text, size, "%.0f", value);
    } else {
        snprintf(text, size, "%.6g%s", value,
                 quantity == REPORT_QUANTITY_RATE    ? "/s"
                 : quantity == REPORT_QUANTITY_BYTES ? " bytes"
                                                     : "");
    }
}

static void describe(const struct compare_condition *condition, const struct report_change *change,
                     uint64_t requests, char *text, size_t size)
{
    enum report_quantity quantity = quantity_of(condition);
    char a[64], b[64], absolute[64];
    format_value(change->a, quantity, a, sizeof a);
    format_value(change->b, quantity, b, sizeof b);
    format_value(report_change_absolute(change), quantity, absolute, sizeof absolute);
    if (has_change(condition))
        snprintf(text, size, "%s %s, %s %s: a change of %s, %+.4g %%", a, condition->metrics->a, b,
                 condition->metrics->b, absolute, 100 * report_change_relative(change));
    else if (quantity == REPORT_QUANTITY_COUNT && condition->metrics->of_requests)
        snprintf(text, size, "%s of %llu requests, %.4g %%", b, (unsigned long long)requests,
                 100 * change->b / (double)requests);
    else
        snprintf(text, size, "%s", b);
}

static const char *member_at(const void *comparison, size_t index)
{
    return report_comparison_member(comparison, index);
}

static const char *group_at(const void *comparison, size_t index)
{
    return report_comparison_group(comparison, index);
}

bool condition_fail_member(const struct compare_condition *condition,
                           const char *(*name_at)(const void *names, size_t index),
                           const void *names, struct sim_error *error)
{
    return find_word(condition, "member", condition->name, name_at, names, error) >= 0;
}

static bool fail_missing(const struct compare_condition *condition,
                         const struct report_comparison *comparison, struct sim_error *error)
{
    bool group = condition->direction == NULL;
    if (condition->name != NULL && find_word(condition, group ? "group" : "member", condition->name,
                                             group ? group_at : member_at, comparison, error) < 0)
        return false;
    return sim_fail(error, SIM_USAGE, "--%s '%s': there are no requests of direction '%s'",
                    condition->option, condition->text, condition->direction);
}

bool compare_condition_check(const struct compare_condition *condition,
                             const struct report_comparison *comparison, bool *holds, char *numbers,
                             size_t size, struct sim_error *error)
{
    uint64_t requests = 0;
    const struct report_change *change =
        condition->direction != NULL
            ? report_comparison_find(comparison, condition->name, condition->direction,
                                     (enum report_metric)condition->metric, &requests)
            : report_comparison_find_group(comparison, condition->name,
                                           (enum report_group_metric)condition->metric);
    if (change == NULL)
        return fail_missing(condition, comparison, error);
    *holds = condition_holds(condition, change, requests, numbers, size);
    return true;
}

bool condition_holds(const struct compare_condition *condition, const struct report_change *change,
                     uint64_t requests, char *numbers, size_t size)
{
    double measured[] = {
        [COMPARE_RELATIVE] = report_change_relative(change),
        [COMPARE_ABSOLUTE] = report_change_absolute(change),
        [COMPARE_IN_B] = change->b,
        [COMPARE_SHARE] = change->b / (double)requests,
    };
    double found = measured[condition->value.measure], wanted = condition->value.number;
    describe(condition, change, requests, numbers, size);
    return (condition->greater ? found > wanted : found < wanted) ||
           (condition->or_equal && found >= wanted && found <= wanted);
}

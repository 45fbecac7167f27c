// SPDX-License-Identifier: GPL-2.0-or-later
// The comparison as one JSON object; its keys: docs/compare.md.
#include "reports/compare/compare_internal.h"
#include "reports/json_text.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

// Whole numbers as such; what is infinite or not known is null.
static json_t *number(double value)
{
    if (!isfinite(value))
        return json_null();
    return fabs(value) < 9e15 && floor(value) == value ? json_integer((json_int_t)value)
                                                       : json_real(value);
}

static json_t *change_object(const struct report_change *change)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "a", number(change->a), "b", number(change->b),
                     "change", number(report_change_absolute(change)), "change_percent",
                     number(100 * report_change_relative(change)));
}

static json_t *stream_object(const struct comparison_stream *stream)
{
    json_t *object = json_pack("{s:I, s:I}", "requests", (json_int_t)stream->traffic.requests,
                               "without_latency", (json_int_t)stream->traffic.unknown);
    for (int i = 0; i < REPORT_METRIC_COUNT; i++) {
        const struct report_change *change = &stream->changes[i];
        json_object_set_new(object, report_metrics[i].json_key,
                            i < REPORT_SLOWER ? change_object(change) : number(change->b));
    }
    return object;
}

static json_t *directions_object(const struct comparison_member *member)
{
    json_t *object = json_object();
    for (size_t s = 0; s < COMPARISON_STREAMS; s++) {
        if (member->streams[s] != NULL)
            json_object_set_new(object, report_direction_name(s),
                                stream_object(member->streams[s]));
    }
    return object;
}

static json_t *rates_object(const struct report_change *rates)
{
    json_t *object = json_object();
    for (int i = 0; i < COMPARISON_RATES; i++)
        json_object_set_new(object, comparison_rate_keys[i], change_object(&rates[i]));
    return object;
}

static json_t *side_object(const struct comparison_side *side)
{
    return json_pack("{s:o, s:I, s:o, s:o, s:o, s:o, s:I}", "run",
                     report_json_text(side->run.shown), "run_id", (json_int_t)side->run.run_id,
                     "name", report_json_text(side->name), "engine", report_json_text(side->engine),
                     "device", report_json_text(side->device), "digest",
                     report_json_text(side->digest), "end_ns", (json_int_t)side->end_ns);
}

static json_t *members_array(const struct report_comparison *comparison)
{
    json_t *array = json_array();
    for (size_t m = 0; m < comparison->member_count; m++) {
        const struct comparison_member *member = &comparison->members[m];
        json_array_append_new(
            array, json_pack("{s:o, s:o, s:o}", "name", report_json_text(member->name), "rates",
                             rates_object(member->rates), "directions", directions_object(member)));
    }
    return array;
}

static json_t *groups_array(const struct report_comparison *comparison)
{
    json_t *array = json_array();
    for (size_t g = 0; g < comparison->group_count; g++) {
        json_t *object = json_object();
        json_object_set_new(object, "name", report_json_text(comparison->groups[g].name));
        for (int i = 0; i < REPORT_GROUP_METRIC_COUNT; i++)
            json_object_set_new(object, report_group_metrics[i].json_key,
                                change_object(&comparison->groups[g].changes[i]));
        json_object_set_new(object, "rates", rates_object(comparison->groups[g].rates));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *differences_array(const struct report_comparison *comparison)
{
    json_t *array = json_array();
    for (size_t i = 0; i < comparison->fact_count; i++) {
        const struct comparison_facts *facts = &comparison->facts[i];
        const struct comparison_fact *fact = comparison_fact_of(facts);
        json_t *values[2];
        if (!comparison_facts_differ(facts))
            continue;
        for (int side = 0; side < 2; side++)
            values[side] = facts->sides[side] != NULL ? report_json_text(facts->sides[side]->value)
                                                      : json_null();
        json_array_append_new(
            array, json_pack("{s:o, s:o, s:o, s:o}", "what", report_json_text(fact->what), "whose",
                             report_json_text(fact->whose), "a", values[0], "b", values[1]));
    }
    return array;
}

static json_t *assumptions_array(const struct report_comparison *comparison)
{
    json_t *array = json_array();
    for (size_t i = 0; i < comparison->fact_count; i++) {
        const struct comparison_facts *facts = &comparison->facts[i];
        if (comparison_is_assumed(facts))
            json_array_append_new(array, json_pack("{s:o, s:o}", "what",
                                                   report_json_text(facts->sides[0]->what), "text",
                                                   report_json_text(facts->sides[0]->value)));
    }
    return array;
}

static json_t *verdict_object(const struct report_comparison *comparison)
{
    struct comparison_verdict verdict;
    comparison_judge(comparison, &verdict);
    return json_pack("{s:s, s:o}", "outcome", comparison_outcomes[verdict.outcome], "text",
                     report_json_text(verdict.text));
}

bool comparison_print_json(const struct report_comparison *comparison,
                           const struct report_style *style)
{
    json_t *object = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:I, s:i, s:o, s:o, s:o, s:o}", "verdict",
        verdict_object(comparison), "differences", differences_array(comparison), "assumptions",
        assumptions_array(comparison), "a", side_object(&comparison->sides[0]), "b",
        side_object(&comparison->sides[1]), "requests", (json_int_t)comparison->count, "blocks",
        REPORT_COMPARE_BLOCKS, "members", members_array(comparison), "total",
        directions_object(&comparison->total), "rates", rates_object(comparison->total.rates),
        "groups", groups_array(comparison));
    char *text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (text == NULL)
        return false;
    fprintf(style->out, "%s\n", text);
    free(text);
    return true;
}

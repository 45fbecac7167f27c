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
    json_t *object = json_object();
    json_object_set_new(object, "a", number(change->a));
    json_object_set_new(object, "b", number(change->b));
    json_object_set_new(object, "change", number(report_change_absolute(change)));
    json_object_set_new(object, "change_percent", number(100 * report_change_relative(change)));
    return object;
}

static json_t *stream_object(const struct comparison_stream *stream)
{
    json_t *object = json_object();
    json_object_set_new(object, "requests", json_integer((json_int_t)stream->traffic.requests));
    json_object_set_new(object, "without_latency",
                        json_integer((json_int_t)stream->traffic.unknown));
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

static json_t *side_object(const struct comparison_side *side)
{
    json_t *object = json_object();
    json_object_set_new(object, "run", report_json_text(side->run.shown));
    json_object_set_new(object, "run_id", json_integer((json_int_t)side->run.run_id));
    json_object_set_new(object, "name", report_json_text(side->name));
    json_object_set_new(object, "engine", report_json_text(side->engine));
    json_object_set_new(object, "device", report_json_text(side->device));
    json_object_set_new(object, "digest", report_json_text(side->digest));
    json_object_set_new(object, "end_ns", json_integer((json_int_t)side->end_ns));
    return object;
}

static json_t *members_array(const struct report_comparison *comparison)
{
    json_t *array = json_array();
    for (size_t m = 0; m < comparison->member_count; m++) {
        json_t *object = json_object();
        json_object_set_new(object, "name", report_json_text(comparison->members[m].name));
        json_object_set_new(object, "directions", directions_object(&comparison->members[m]));
        json_array_append_new(array, object);
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
        json_array_append_new(array, object);
    }
    return array;
}

bool comparison_print_json(const struct report_comparison *comparison, FILE *out)
{
    json_t *object = json_object();
    json_object_set_new(object, "a", side_object(&comparison->sides[0]));
    json_object_set_new(object, "b", side_object(&comparison->sides[1]));
    json_object_set_new(object, "requests", json_integer((json_int_t)comparison->count));
    json_object_set_new(object, "blocks", json_integer(REPORT_COMPARE_BLOCKS));
    json_object_set_new(object, "members", members_array(comparison));
    json_object_set_new(object, "total", directions_object(&comparison->total));
    json_object_set_new(object, "groups", groups_array(comparison));
    char *text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (text == NULL)
        return false;
    fprintf(out, "%s\n", text);
    free(text);
    return true;
}

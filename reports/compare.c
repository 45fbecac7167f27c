// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/compare/compare_internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct report_metric_row report_metrics[REPORT_METRIC_COUNT] = {
    [REPORT_P50] = {"p50", "p50_ns", REPORT_QUANTITY_TIME},
    [REPORT_P90] = {"p90", "p90_ns", REPORT_QUANTITY_TIME},
    [REPORT_P99] = {"p99", "p99_ns", REPORT_QUANTITY_TIME},
    [REPORT_MAX] = {"max", "max_ns", REPORT_QUANTITY_TIME},
    [REPORT_MEAN] = {"mean", "mean_ns", REPORT_QUANTITY_TIME},
    [REPORT_WAIT_P50] = {"wait-p50", "wait_p50_ns", REPORT_QUANTITY_TIME},
    [REPORT_WAIT_P90] = {"wait-p90", "wait_p90_ns", REPORT_QUANTITY_TIME},
    [REPORT_WAIT_P99] = {"wait-p99", "wait_p99_ns", REPORT_QUANTITY_TIME},
    [REPORT_WAIT_MAX] = {"wait-max", "wait_max_ns", REPORT_QUANTITY_TIME},
    [REPORT_WAIT_MEAN] = {"wait-mean", "wait_mean_ns", REPORT_QUANTITY_TIME},
    [REPORT_WAIT_SHARE] = {"wait-share", "wait_share", REPORT_QUANTITY_SHARE},
    [REPORT_WAITING] = {"waiting", "waiting", REPORT_QUANTITY_COUNT},
    [REPORT_IOPS] = {"iops", "requests_per_s", REPORT_QUANTITY_RATE},
    [REPORT_THROUGHPUT] = {"throughput", "bytes_per_s", REPORT_QUANTITY_BYTES},
    [REPORT_SLOWER] = {"slower", "slower", REPORT_QUANTITY_COUNT},
    [REPORT_SLOWER_MEDIAN] = {"slower-median", "slower_median_ns", REPORT_QUANTITY_TIME},
    [REPORT_SLOWER_MEAN] = {"slower-mean", "slower_mean_ns", REPORT_QUANTITY_TIME},
    [REPORT_SLOWER_MAX] = {"slower-max", "slower_max_ns", REPORT_QUANTITY_TIME},
    [REPORT_SLOWER_BLOCKS] = {"slower-blocks", "slower_blocks", REPORT_QUANTITY_BLOCKS},
    [REPORT_FASTER] = {"faster", "faster", REPORT_QUANTITY_COUNT},
    [REPORT_FASTER_MEDIAN] = {"faster-median", "faster_median_ns", REPORT_QUANTITY_TIME},
    [REPORT_FASTER_MEAN] = {"faster-mean", "faster_mean_ns", REPORT_QUANTITY_TIME},
    [REPORT_FASTER_MAX] = {"faster-max", "faster_max_ns", REPORT_QUANTITY_TIME},
    [REPORT_FASTER_BLOCKS] = {"faster-blocks", "faster_blocks", REPORT_QUANTITY_BLOCKS},
    [REPORT_UNCHANGED] = {"unchanged", "unchanged", REPORT_QUANTITY_COUNT},
    [REPORT_UNCHANGED_BLOCKS] = {"unchanged-blocks", "unchanged_blocks", REPORT_QUANTITY_BLOCKS},
};

const struct report_metric_row report_group_metrics[REPORT_GROUP_METRIC_COUNT] = {
    [REPORT_JAIN] = {"jain", "jain_requests_mean", REPORT_QUANTITY_SHARE},
    [REPORT_JAIN_MIN] = {"jain-min", "jain_requests_min", REPORT_QUANTITY_SHARE},
    [REPORT_JAIN_BYTES] = {"jain-bytes", "jain_bytes_mean", REPORT_QUANTITY_SHARE},
    [REPORT_JAIN_BYTES_MIN] = {"jain-bytes-min", "jain_bytes_min", REPORT_QUANTITY_SHARE},
    [REPORT_DIFFERENCE] = {"difference", "max_service_difference_requests", REPORT_QUANTITY_COUNT},
    [REPORT_DIFFERENCE_BYTES] = {"difference-bytes", "max_service_difference_bytes",
                                 REPORT_QUANTITY_BYTES},
};

double report_change_absolute(const struct report_change *change)
{
    return isinf(change->a) && isinf(change->b) ? 0 : change->b - change->a;
}

double report_change_relative(const struct report_change *change)
{
    double absolute = report_change_absolute(change);
    if (absolute == 0 || isnan(absolute))
        return absolute;
    return isinf(change->a) ? -1 : absolute / change->a; // by 0: infinite
}

bool comparison_memory(struct report_error *error)
{
    snprintf(error->message, sizeof error->message, "comparing two runs: out of memory");
    return false;
}

// How often a pair is looked at, about: when it is read, and in streams of its member and of all.
#define LOOKS 4

bool comparison_stopped(struct report_comparison *comparison, uint64_t more,
                        struct report_error *error)
{
    const struct report_compare_config *config = &comparison->config;
    uint64_t total = LOOKS * comparison->count;
    comparison->looked_at += more;
    if (config->tell != NULL && total > 0)
        config->tell(config->tell_context,
                     comparison->looked_at < total ? comparison->looked_at : total - 1, total);
    if (!*config->stop)
        return false;
    snprintf(error->message, sizeof error->message, "comparing two runs: interrupted");
    return true;
}

struct report_comparison *report_compare(const struct report_compare_config *config,
                                         struct report_error *error)
{
    struct report_comparison *comparison = calloc(1, sizeof *comparison);
    error->is_input = false;
    if (comparison == NULL) {
        comparison_memory(error);
        return NULL;
    }
    comparison->config = *config;
    comparison->total.name = REPORT_COMPARE_TOTAL;
    if (comparison_load_sides(comparison, error) && comparison_load_groups(comparison, error) &&
        comparison_load_facts(comparison, error) && comparison_load_rates(comparison, error) &&
        comparison_load_pairs(comparison, error) && comparison_measure(comparison, error))
        return comparison;
    report_comparison_free(comparison);
    return NULL;
}

static void free_streams(struct comparison_member *member)
{
    for (size_t s = 0; s < COMPARISON_STREAMS; s++)
        free(member->streams[s]);
}

void report_comparison_free(struct report_comparison *comparison)
{
    if (comparison == NULL)
        return;
    for (size_t m = 0; m < comparison->member_count; m++)
        free_streams(&comparison->members[m]);
    free_streams(&comparison->total);
    free(comparison->members);
    for (int side = 0; side < 2; side++) {
        struct comparison_side *from = &comparison->sides[side];
        for (size_t i = 0; i < from->identity_count; i++)
            free(from->identities[i].name);
        free(from->identities);
        comparison_free_facts(from);
    }
    free(comparison->facts);
    for (size_t g = 0; g < comparison->group_count; g++)
        free(comparison->groups[g].name);
    free(comparison->groups);
    report_spill_close(&comparison->pairs);
    report_spill_close(&comparison->order);
    free(comparison);
}

const char *report_comparison_member(const struct report_comparison *comparison, size_t index)
{
    return index < comparison->member_count ? comparison->members[index].name : NULL;
}

const char *report_comparison_group(const struct report_comparison *comparison, size_t index)
{
    return index < comparison->group_count ? comparison->groups[index].name : NULL;
}

const struct report_change *report_comparison_find(const struct report_comparison *comparison,
                                                   const char *member, const char *direction,
                                                   enum report_metric metric, uint64_t *requests)
{
    const struct comparison_member *found = member != NULL ? NULL : &comparison->total;
    const struct comparison_stream *stream = NULL;
    for (size_t m = 0; found == NULL && m < comparison->member_count; m++) {
        if (!strcmp(comparison->members[m].name, member))
            found = &comparison->members[m];
    }
    for (size_t s = 0; found != NULL && s < COMPARISON_STREAMS; s++) {
        if (!strcmp(report_direction_name(s), direction))
            stream = found->streams[s];
    }
    if (stream == NULL)
        return NULL;
    *requests = stream->traffic.requests;
    return &stream->changes[metric];
}

const struct report_change *report_comparison_find_group(const struct report_comparison *comparison,
                                                         const char *group,
                                                         enum report_group_metric metric)
{
    for (size_t g = 0; g < comparison->group_count; g++) {
        if (!strcmp(comparison->groups[g].name, group))
            return &comparison->groups[g].changes[metric];
    }
    return NULL;
}

bool report_comparison_print(const struct report_comparison *comparison,
                             const struct report_style *style, struct report_error *error)
{
    bool good = style->format == REPORT_JSON ? comparison_print_json(comparison, style)
                                             : comparison_print_text(comparison, style);
    if (!good)
        return comparison_memory(error);
    if (fflush(style->out) == 0 && !ferror(style->out))
        return true;
    snprintf(error->message, sizeof error->message, "writing the comparison: %s", strerror(errno));
    return false;
}

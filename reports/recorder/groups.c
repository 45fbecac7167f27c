// SPDX-License-Identifier: GPL-2.0-or-later
// Groups over time: how evenly members were served that were backlogged all of an interval, and how
// full buckets were at its end.
#include "reports/recorder/recorder_internal.h"

struct interval_shares {
    size_t members;
    double sum_requests, squares_requests;
    double sum_bytes, squares_bytes;
};

// What those got that were backlogged from the start of the interval on, and still are.
static struct interval_shares backlogged_shares(const struct report_recorder *recorder,
                                                const struct recorder_group *group, size_t grain)
{
    struct interval_shares shares = {0};
    int64_t start_ns = recorder->grains[grain].start_ns;
    for (size_t i = 0; i < group->backlogged.count; i++) {
        uint32_t number = group->backlogged.items[i];
        const struct recorder_member *member = &recorder->members[number];
        const struct recorder_mark *mark = recorder_mark(recorder, number, grain);
        double requests = 0, bytes = 0;
        if (member->backlogged_since_ns > start_ns)
            continue;
        if (mark->start_ns == start_ns) {
            requests = (double)(member->served.requests - mark->served.requests);
            bytes = (double)(member->served.bytes - mark->served.bytes);
        }
        shares.members++;
        shares.sum_requests += requests;
        shares.squares_requests += requests * requests;
        shares.sum_bytes += bytes;
        shares.squares_bytes += bytes * bytes;
    }
    return shares;
}

static struct report_value jain_or_null(size_t members, double sum, double squares)
{
    return squares > 0.0 ? report_real(report_jain(members, sum, squares)) : report_null();
}

static void add_index(struct recorder_index *index, struct report_value jain)
{
    if (jain.type == REPORT_NULL)
        return;
    if (index->known++ == 0 || jain.real < index->min)
        index->min = jain.real;
    index->sum += jain.real;
}

static void add_row(struct report_recorder *recorder, size_t grain, enum report_row row,
                    const struct report_value *values)
{
    if (recorder->adapts)
        report_rows_hold(recorder->rows, &recorder->grains[grain].held, row, values);
    else
        report_rows_add(recorder->rows, row, values);
}

static void store_buckets(struct report_recorder *recorder, size_t grain, uint32_t group,
                          int64_t end_ns)
{
    struct report_bucket buckets[REPORT_BUCKET_MAX];
    size_t count = recorder->gauge != NULL
                       ? recorder->gauge(recorder->gauge_context, group, end_ns, buckets)
                       : 0;
    const struct recorder_grain *of = &recorder->grains[grain];
    for (size_t i = 0; i < count; i++)
        add_row(recorder, grain, REPORT_ROW_BUCKET_INTERVAL,
                (struct report_value[]){
                    report_integer(of->start_ns / of->interval_ns),
                    report_integer(group),
                    report_string(buckets[i].name),
                    report_real(buckets[i].level),
                    report_real(buckets[i].size),
                    report_real(buckets[i].burst_level),
                    report_real(buckets[i].burst_size),
                });
}

static void close_group(struct report_recorder *recorder, size_t grain, uint32_t number,
                        int64_t end_ns)
{
    struct recorder_group *group = &recorder->groups[number];
    const struct recorder_grain *of = &recorder->grains[grain];
    struct interval_shares shares = backlogged_shares(recorder, group, grain);
    struct report_value requests =
        jain_or_null(shares.members, shares.sum_requests, shares.squares_requests);
    struct report_value bytes =
        jain_or_null(shares.members, shares.sum_bytes, shares.squares_bytes);
    group->active &= ~(UINT32_C(1) << grain);
    if (grain != RECORDER_CONTENTION_GRAIN) {
        recorder->grains[grain].group_rows++;
        add_row(recorder, grain, REPORT_ROW_GROUP_INTERVAL,
                (struct report_value[]){report_integer(of->start_ns / of->interval_ns),
                                        report_integer(number), report_count(shares.members),
                                        requests, bytes});
        store_buckets(recorder, grain, number, end_ns);
    } else if (shares.members >= 2) {
        group->contended++;
        add_index(&group->jain_requests, requests);
        add_index(&group->jain_bytes, bytes);
    }
}

void recorder_close_groups(struct report_recorder *recorder, size_t grain, int64_t end_ns)
{
    struct recorder_list *active = &recorder->grains[grain].active;
    for (size_t i = 0; i < active->count; i++)
        close_group(recorder, grain, active->items[i], end_ns);
    active->count = 0;
}

void recorder_store_contention(struct report_recorder *recorder)
{
    for (size_t i = 0; i < recorder->group_count; i++) {
        const struct recorder_group *group = &recorder->groups[i];
        struct report_value values[7] = {report_count(i), report_integer(RECORDER_CONTENTION_NS),
                                         report_integer(group->contended)};
        const struct recorder_index *indices[] = {&group->jain_requests, &group->jain_bytes};
        for (size_t k = 0; k < 2; k++) {
            bool known = indices[k]->known > 0;
            double mean = known ? indices[k]->sum / (double)indices[k]->known : 0;
            values[3 + 2 * k] = known ? report_real(mean) : report_null();
            values[4 + 2 * k] = known ? report_real(indices[k]->min) : report_null();
        }
        report_rows_add(recorder->rows, REPORT_ROW_GROUP_CONTENTION, values);
    }
}

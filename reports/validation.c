// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/validation.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS 1000000000

const struct report_metric_row validation_figures[VALIDATION_FIGURE_COUNT] = {
    [VALIDATION_REQUESTS] = {"requests", "requests", REPORT_QUANTITY_COUNT},
    [VALIDATION_P50] = {"p50", "p50_ns", REPORT_QUANTITY_TIME},
    [VALIDATION_P90] = {"p90", "p90_ns", REPORT_QUANTITY_TIME},
    [VALIDATION_P99] = {"p99", "p99_ns", REPORT_QUANTITY_TIME},
    [VALIDATION_P999] = {"p99.9", "p99_9_ns", REPORT_QUANTITY_TIME},
    [VALIDATION_MAX] = {"max", "max_ns", REPORT_QUANTITY_TIME},
    [VALIDATION_MEAN] = {"mean", "mean_ns", REPORT_QUANTITY_TIME},
    [VALIDATION_WAIT] = {"wait", "total_wait_ns", REPORT_QUANTITY_TIME},
    [VALIDATION_MEDIAN_ERROR] = {"median-error", "median_error_ns", REPORT_QUANTITY_TIME},
    [VALIDATION_MEAN_ERROR] = {"mean-error", "mean_error_ns", REPORT_QUANTITY_TIME},
    [VALIDATION_KS] = {"ks", "ks", REPORT_QUANTITY_SHARE},
    [VALIDATION_W1] = {"w1", "w1_of_mean", REPORT_QUANTITY_SHARE},
    [VALIDATION_THROUGHPUT] = {"throughput", "throughput_off", REPORT_QUANTITY_SHARE},
    [VALIDATION_OUTSIDE] = {"outside", "outside", REPORT_QUANTITY_BLOCKS},
};

// ---- Of sorted values ----

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

double validation_quantile(const int64_t *sorted, size_t count, unsigned per_mille)
{
    size_t rank = count / 1000 * per_mille + (count % 1000 * per_mille + 999) / 1000;
    return count == 0 ? NAN : (double)sorted[rank > 0 ? rank - 1 : 0];
}

// The next larger value of both; *share: how far the distributions are apart from there on.
static bool walk(const int64_t *a, size_t a_count, const int64_t *b, size_t b_count, size_t at[2],
                 int64_t *value, double *share)
{
    if (at[0] == a_count && at[1] == b_count)
        return false;
    *value = at[1] == b_count || (at[0] < a_count && a[at[0]] < b[at[1]]) ? a[at[0]] : b[at[1]];
    while (at[0] < a_count && a[at[0]] == *value)
        at[0]++;
    while (at[1] < b_count && b[at[1]] == *value)
        at[1]++;
    *share = fabs((double)at[0] / (double)a_count - (double)at[1] / (double)b_count);
    return true;
}

double validation_ks(const int64_t *a, size_t a_count, const int64_t *b, size_t b_count)
{
    size_t at[2] = {0, 0};
    int64_t value;
    double most = 0, share;
    if (a_count == 0 || b_count == 0)
        return NAN;
    while (walk(a, a_count, b, b_count, at, &value, &share))
        most = fmax(most, share);
    return most;
}

double validation_w1(const int64_t *a, size_t a_count, const int64_t *b, size_t b_count)
{
    size_t at[2] = {0, 0};
    int64_t value, last = 0;
    double sum = 0, before = 0, share;
    if (a_count == 0 || b_count == 0)
        return NAN;
    while (walk(a, a_count, b, b_count, at, &value, &share)) {
        sum += before * (double)(value - last);
        before = share;
        last = value;
    }
    return sum;
}

static size_t skip_second(const int64_t *times, size_t count, size_t at, int64_t second)
{
    while (at < count && times[at] / SECOND_NS == second)
        at++;
    return at;
}

double validation_rates(const int64_t *a, size_t a_count, const int64_t *b, size_t b_count)
{
    size_t i = 0, j = 0;
    double sum = 0;
    while (i < a_count || j < b_count) {
        int64_t time = j == b_count || (i < a_count && a[i] < b[j]) ? a[i] : b[j];
        size_t i_next = skip_second(a, a_count, i, time / SECOND_NS);
        size_t j_next = skip_second(b, b_count, j, time / SECOND_NS);
        sum += fabs((double)(i_next - i) - (double)(j_next - j));
        i = i_next;
        j = j_next;
    }
    return sum;
}

// ---- A member ----

bool validation_sort(struct validation_requests *requests)
{
    requests->order = calloc(requests->count + 1, sizeof *requests->order);
    requests->firsts = calloc(requests->member_count + 2, sizeof *requests->firsts);
    if (requests->order == NULL || requests->firsts == NULL)
        return false;
    size_t *ends = requests->firsts + 1; // of each member, moved to become the first of the next
    for (size_t i = 0; i < requests->count; i++) {
        if (requests->items[i].is_counted)
            ends[requests->items[i].member + 1]++;
    }
    for (size_t m = 0; m < requests->member_count; m++)
        ends[m + 1] += ends[m];
    for (size_t i = 0; i < requests->count; i++) {
        if (requests->items[i].is_counted)
            requests->order[ends[requests->items[i].member]++] = i;
    }
    return true;
}

// What is to be sorted of a member.
struct columns {
    int64_t *latencies[2], *ends[2], *errors; // measured and predicted
    size_t counts[2], error_count;
};

static void gather(const struct validation_requests *requests,
                   const struct validation_outcome *outcomes, size_t from, size_t to,
                   struct columns *columns)
{
    for (size_t i = from; i < to; i++) {
        const struct validation_request *request = &requests->items[requests->order[i]];
        const struct validation_outcome *outcome = &outcomes[requests->order[i]];
        int64_t error_ns = outcome->latency_ns - request->measured_ns;
        columns->latencies[0][columns->counts[0]] = request->measured_ns;
        columns->ends[0][columns->counts[0]++] = request->arrival_ns + request->measured_ns;
        if (outcome->latency_ns == VALIDATION_NONE)
            continue;
        columns->latencies[1][columns->counts[1]] = outcome->latency_ns;
        columns->ends[1][columns->counts[1]++] = outcome->arrival_ns + outcome->latency_ns;
        columns->errors[columns->error_count++] = error_ns < 0 ? -error_ns : error_ns;
    }
}

static void sort(int64_t *values, size_t count)
{
    if (count > 1)
        qsort(values, count, sizeof *values, compare);
}

static double sum_of(const int64_t *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i];
    return sum;
}

static void measure_side(const struct columns *columns, int side,
                         double values[VALIDATION_MEDIAN_ERROR])
{
    static const unsigned per_milles[] = {500, 900, 990, 999, 1000};
    const int64_t *latencies = columns->latencies[side];
    size_t count = columns->counts[side];
    values[VALIDATION_REQUESTS] = (double)count;
    for (int i = 0; i < 5; i++)
        values[VALIDATION_P50 + i] = validation_quantile(latencies, count, per_milles[i]);
    values[VALIDATION_WAIT] = sum_of(latencies, count);
    values[VALIDATION_MEAN] = count == 0 ? NAN : values[VALIDATION_WAIT] / (double)count;
}

static void measure_both(const struct columns *columns, double mean_ns,
                         struct report_change values[VALIDATION_FIGURE_COUNT])
{
    const int64_t *a = columns->latencies[0], *b = columns->latencies[1];
    size_t a_count = columns->counts[0], b_count = columns->counts[1];
    double rates = validation_rates(columns->ends[0], a_count, columns->ends[1], b_count);
    values[VALIDATION_MEDIAN_ERROR].b =
        validation_quantile(columns->errors, columns->error_count, 500);
    values[VALIDATION_MEAN_ERROR].b =
        columns->error_count == 0
            ? NAN
            : sum_of(columns->errors, columns->error_count) / (double)columns->error_count;
    values[VALIDATION_KS].b = validation_ks(a, a_count, b, b_count);
    values[VALIDATION_W1].b = mean_ns > 0 ? validation_w1(a, a_count, b, b_count) / mean_ns : NAN;
    values[VALIDATION_THROUGHPUT].b = a_count == 0 ? NAN : rates / (double)a_count;
}

bool validation_measure(const struct validation_requests *requests,
                        const struct validation_outcome *outcomes, size_t member,
                        struct report_change values[VALIDATION_FIGURE_COUNT], uint64_t *to_come)
{
    bool is_total = member == requests->member_count;
    size_t from = is_total ? 0 : requests->firsts[member];
    size_t to = requests->firsts[is_total ? member : member + 1], count = to - from;
    double sides[2][VALIDATION_MEDIAN_ERROR];
    int64_t *room = malloc((5 * count + 1) * sizeof *room);
    if (room == NULL)
        return false;
    struct columns columns = {
        .latencies = {room, room + count},
        .ends = {room + 2 * count, room + 3 * count},
        .errors = room + 4 * count,
    };
    gather(requests, outcomes, from, to, &columns);
    for (int side = 0; side < 2; side++) {
        sort(columns.latencies[side], columns.counts[side]);
        sort(columns.ends[side], columns.counts[side]);
        measure_side(&columns, side, sides[side]);
    }
    sort(columns.errors, columns.error_count);
    for (int i = 0; i < VALIDATION_FIGURE_COUNT; i++)
        values[i] = (struct report_change){NAN, NAN};
    for (int i = 0; i < VALIDATION_MEDIAN_ERROR; i++)
        values[i] = (struct report_change){sides[0][i], sides[1][i]};
    measure_both(&columns, sides[0][VALIDATION_MEAN], values);
    *to_come = columns.counts[0] - columns.counts[1];
    free(room);
    return true;
}

// ---- All ----

static bool is_near(enum validation_figure figure, const struct validation_figure_value *found)
{
    double off = fabs(report_change_absolute(&found->value));
    double near = figure == VALIDATION_REQUESTS                            ? 1
                  : figure == VALIDATION_MEAN || figure == VALIDATION_WAIT ? VALIDATION_NEAR_MEAN_NS
                                                                           : VALIDATION_NEAR_NS;
    bool is_in = found->value.a >= found->low && found->value.a <= found->high;
    return is_in || off <= near || off <= VALIDATION_NEAR * found->value.a;
}

void validation_judge(struct report_validation *validation)
{
    double all = 0;
    for (size_t m = 0; m <= validation->member_count; m++) {
        struct validation_figure_value *figures = validation->members[m].figures;
        bool is_judged = m < validation->member_count &&
                         figures[VALIDATION_REQUESTS].value.a >= VALIDATION_JUDGED;
        double outside = 0;
        for (int i = 0; i < VALIDATION_MEDIAN_ERROR; i++) {
            bool is_one = i == VALIDATION_REQUESTS || i == VALIDATION_P50 || i == VALIDATION_P90 ||
                          i == VALIDATION_P99 || i == VALIDATION_MEAN;
            figures[i].is_near = is_near((enum validation_figure)i, &figures[i]);
            figures[i].is_steep = !figures[i].is_near && i >= VALIDATION_P50 &&
                                  i <= VALIDATION_MAX &&
                                  figures[VALIDATION_W1].value.b <= VALIDATION_NEAR_W1;
            figures[i].is_near = figures[i].is_near || figures[i].is_steep;
            figures[i].is_judged = is_judged && is_one;
            outside += figures[i].is_judged && !figures[i].is_near;
        }
        all += outside;
        figures[VALIDATION_OUTSIDE].value.b = m < validation->member_count ? outside : all;
    }
}

bool validation_holds(const struct report_validation *validation)
{
    return validation->members[validation->member_count].figures[VALIDATION_OUTSIDE].value.b < 1;
}

struct validation_fact *validation_add_fact(struct report_validation *validation, const char *key,
                                            double value, const char *format, ...)
{
    size_t count = validation->fact_count;
    va_list arguments;
    if ((count & (count - 1)) == 0) { // full: it has doubled at each power of two
        struct validation_fact *larger =
            realloc(validation->facts, (count == 0 ? 1 : 2 * count) * sizeof *larger);
        if (larger == NULL)
            return NULL;
        validation->facts = larger;
    }
    struct validation_fact *fact = &validation->facts[validation->fact_count++];
    *fact = (struct validation_fact){.key = key, .value = value, .low = NAN, .high = NAN};
    va_start(arguments, format);
    vsnprintf(fact->text, sizeof fact->text, format, arguments);
    va_end(arguments);
    return fact;
}

const char *validation_member_at(const void *validation, size_t index)
{
    const struct report_validation *from = validation;
    return index <= from->member_count ? from->members[index].name : NULL;
}

const struct validation_member *validation_find(const struct report_validation *validation,
                                                const char *member)
{
    for (size_t i = 0; i <= validation->member_count; i++) {
        if (strcmp(validation->members[i].name, member) == 0)
            return &validation->members[i];
    }
    return NULL;
}

void report_validation_free(struct report_validation *validation)
{
    free(validation->requests.items);
    free(validation->requests.order);
    free(validation->requests.firsts);
    free(validation->outcomes);
    free(validation->members);
    free(validation->facts);
    for (size_t i = 0; i < validation->notice_count; i++) {
        free(validation->notices[i].kind);
        free(validation->notices[i].source);
        free(validation->notices[i].text);
    }
    free(validation->notices);
}

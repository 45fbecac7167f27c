// SPDX-License-Identifier: GPL-2.0-or-later
// Random scenarios, written to files, loaded and run as a whole, beside a slow replay of the model:
// every request leaves and completes at the same nanosecond. And what always adds up.
#include "tests/sim/lab.h"

#include "reports/database_internal.h"
#include "tests/engine/draw.h"
#include "tests/sim/slow_replay.h"
#include "tests/support/test_group.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMBERS_MAX 5
#define REQUESTS_MAX 120
#define ROUNDS 250

// A scenario while it is drawn. Which member is where decides which operations are possible.
struct draft {
    gsl_rng *rng;
    FILE *text;
    unsigned member_count;
    unsigned group_count;
    bool joined[MEMBERS_MAX];
    unsigned drained[MEMBERS_MAX];
    int64_t grid_ns; // times are multiples, so that things often happen in one instant
    struct slow_request requests[MEMBERS_MAX * REQUESTS_MAX];
    size_t request_count;
    bool has_stalls;
    int64_t warm_up_ns;
};

static unsigned below(struct draft *draft, unsigned long limit)
{
    return (unsigned)gsl_rng_uniform_int(draft->rng, limit);
}

static void write_limits(struct draft *draft, bool qmp)
{
    const struct engine_algorithm *algorithm = engine_find("throttle-group");
    struct engine_parameters limits;
    draw_valid_limits(draft->rng, false, &limits);
    for (size_t i = 0; i < algorithm->parameter_count; i++) {
        const struct engine_parameter *row = &algorithm->parameters[i];
        fprintf(draft->text, "%s%s: %" PRId64, i == 0 ? "" : ", ", qmp ? row->qmp_key : row->key,
                limits.value[i]);
    }
}

static int64_t draw_time(struct draft *draft)
{
    int64_t most = 3 * SECOND / draft->grid_ns;
    return (int64_t)gsl_rng_uniform_int(draft->rng, (unsigned long)most) * draft->grid_ns;
}

static int compare_times(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void write_groups(struct draft *draft)
{
    draft->group_count = 1 + below(draft, 3);
    fprintf(draft->text, "qemu: %s\n", below(draft, 2) == 0 ? "7.2" : "10.0.13");
    fputs("groups:\n", draft->text);
    for (unsigned i = 0; i < draft->group_count; i++) {
        fprintf(draft->text, "  - {id: g%u, limits: {", i);
        write_limits(draft, false);
        if (below(draft, 3) == 0)
            fprintf(draft->text, "}, levels: %u/100}\n", 1 + below(draft, 150));
        else
            fputs("}}\n", draft->text);
    }
}

static void write_trace(struct draft *draft, unsigned member)
{
    static const char *const names[] = {"read", "write", "discard", "write-zeroes", "flush"};
    char name[16];
    int64_t times_ns[REQUESTS_MAX];
    size_t count = below(draft, REQUESTS_MAX);
    for (size_t i = 0; i < count; i++)
        times_ns[i] = draw_time(draft);
    qsort(times_ns, count, sizeof times_ns[0], compare_times);
    snprintf(name, sizeof name, "m%u.csv", member);
    FILE *file = fopen(scratch_path(name), "w");
    assert_non_null(file);
    fputs("op,bytes,time_ns,offset\n", file);
    for (size_t i = 0; i < count; i++) {
        unsigned op = below(draft, 10);
        op = op < 5 ? op : op % 2;
        uint64_t bytes = op == 4 ? 0 : draw_bytes(draft->rng, false);
        fprintf(file, "%s,%" PRIu64 ",%" PRId64 ",%u\n", names[op], bytes, times_ns[i],
                below(draft, 1000));
        draft->requests[draft->request_count++] = (struct slow_request){
            .engine = {.member = member, .op = (uint8_t)op, .bytes = bytes},
            .arrival_ns = times_ns[i],
        };
    }
    assert_int_equal(fclose(file), 0);
}

static void write_members(struct draft *draft)
{
    static const char *const filter_words[] = {"filter", "filter, discard: unmap", "drive"};
    draft->member_count = 1 + below(draft, MEMBERS_MAX);
    fputs("members:\n", draft->text);
    for (unsigned i = 0; i < draft->member_count; i++) {
        draft->joined[i] = below(draft, 5) > 0;
        fprintf(draft->text, "  - {id: m%u, trace: m%u.csv, attach: %s", i, i,
                filter_words[below(draft, 3)]);
        if (draft->joined[i])
            fprintf(draft->text, ", group: g%u", below(draft, draft->group_count));
        if (draft->joined[i] && below(draft, 6) == 0) {
            fputs(", limits: {", draft->text);
            write_limits(draft, false);
            putc('}', draft->text);
        }
        fputs("}\n", draft->text);
        write_trace(draft, i);
    }
}

static void write_throttle(struct draft *draft, unsigned member)
{
    fprintf(draft->text, "block_set_io_throttle: {device: m%u, ", member);
    if (below(draft, 4) == 0) {
        fputs("bps: 0, bps_rd: 0, bps_wr: 0, iops: 0, iops_rd: 0, iops_wr: 0", draft->text);
        draft->joined[member] = false;
    } else {
        write_limits(draft, true);
        draft->joined[member] = true;
    }
    if (below(draft, 2) == 0)
        fprintf(draft->text, ", group: %s%u", below(draft, 2) == 0 ? "g" : "named",
                below(draft, draft->group_count));
    putc('}', draft->text);
}

// A command of QEMU that drains. One about a member may join it, or take it out.
static void write_command(struct draft *draft, unsigned member)
{
    static const char *const of_all[] = {"drain_all", "stop", "migrate"};
    static const char *const of_any[] = {"blockdev-snapshot", "blockdev-backup", "blockdev-mirror"};
    static const char *const of_one[] = {"block_resize", "blockdev-add", "blockdev-reopen",
                                         "blockdev-del"};
    unsigned which = below(draft, 4), what = below(draft, 3);
    if (what == 0 && which < 3) {
        fprintf(draft->text, "%s: {}", of_all[which]);
        return;
    }
    fprintf(draft->text, "%s: {", what == 1 && which < 3 ? of_any[which] : of_one[which]);
    bool is_of_one = !(what == 1 && which < 3), joins = is_of_one && (which == 1 || which == 2);
    if (is_of_one || below(draft, 2) == 0)
        fprintf(draft->text, "member: m%u", member);
    if (joins && below(draft, 2) == 0) {
        fprintf(draft->text, ", group: g%u", below(draft, draft->group_count));
        draft->joined[member] = true;
    } else if (is_of_one && which == 3) {
        draft->joined[member] = false;
    }
    putc('}', draft->text);
}

static void write_event(struct draft *draft)
{
    unsigned member = below(draft, draft->member_count);
    unsigned group = below(draft, draft->group_count);
    unsigned what = below(draft, 9);
    if (what == 0) {
        fprintf(draft->text, "join: {member: m%u, group: g%u}", member, group);
        draft->joined[member] = true;
    } else if (what == 1 && draft->joined[member]) {
        fprintf(draft->text, "leave: {member: m%u}", member);
        draft->joined[member] = false;
    } else if (what == 2 && draft->drained[member] > 0) {
        fprintf(draft->text, "drained_end: {member: m%u}", member);
        draft->drained[member]--;
    } else if (what == 3) {
        fprintf(draft->text, "drained_begin: {member: m%u%s}", member,
                below(draft, 2) == 0 ? ", arrivals: pass" : "");
        draft->drained[member]++;
    } else if (what == 4) {
        fprintf(draft->text, "qom-set: {group: g%u, limits: {", group);
        write_limits(draft, false);
        fputs("}}", draft->text);
    } else if (what == 5) {
        write_command(draft, member);
    } else {
        write_throttle(draft, member);
    }
}

static void write_events(struct draft *draft)
{
    int64_t times_ns[12];
    unsigned count = below(draft, 12);
    for (unsigned i = 0; i < count; i++)
        times_ns[i] = draw_time(draft);
    qsort(times_ns, count, sizeof times_ns[0], compare_times);
    fprintf(draft->text, "events:%s\n", count == 0 ? " []" : "");
    for (unsigned i = 0; i < count; i++) {
        fprintf(draft->text, "  - {at: %" PRId64 "ns, ", times_ns[i]);
        write_event(draft);
        fputs("}\n", draft->text);
    }
}

static int compare_requests(const void *left, const void *right)
{
    const struct slow_request *a = left, *b = right;
    if (a->arrival_ns != b->arrival_ns)
        return a->arrival_ns < b->arrival_ns ? -1 : 1;
    if (a->engine.member != b->engine.member)
        return a->engine.member < b->engine.member ? -1 : 1;
    return a->dispatch_ns < b->dispatch_ns ? -1 : a->dispatch_ns > b->dispatch_ns;
}

// By time, member and place in the trace; qsort need not be stable.
static void sort_requests(struct draft *draft)
{
    for (size_t i = 0; i < draft->request_count; i++)
        draft->requests[i].dispatch_ns = (int64_t)i;
    qsort(draft->requests, draft->request_count, sizeof draft->requests[0], compare_requests);
}

static char *draw_scenario(struct draft *draft)
{
    static const int64_t grids_ns[] = {1, 1000003, 50 * MS, 250 * MS};
    static const char *const steps[] = {"0", "1ms", "7us", "300ms"};
    char *text;
    size_t size;
    draft->text = open_memstream(&text, &size);
    assert_non_null(draft->text);
    draft->grid_ns = grids_ns[below(draft, 4)];
    write_groups(draft);
    write_members(draft);
    write_events(draft);
    sort_requests(draft);
    fprintf(draft->text, "timer-granularity: %s\n", steps[below(draft, 2) * below(draft, 4)]);
    if (below(draft, 2) == 0)
        fprintf(draft->text, "device: {model: fixed, latency: %" PRId64 "ns}\n",
                below(draft, 2) == 0 ? 0 : draw_time(draft));
    if ((draft->has_stalls = below(draft, 3) == 0))
        fprintf(draft->text, "loop-stalls: {rate: %u, mean: %" PRId64 "ns, seed: %u}\n",
                1 + below(draft, 40), 1 + grids_ns[below(draft, 4)], below(draft, 1000));
    draft->warm_up_ns = below(draft, 4) == 0 ? draw_time(draft) : 0;
    fprintf(draft->text, "warm-up: %" PRId64 "ns\n", draft->warm_up_ns);
    fprintf(draft->text, "end: %" PRId64 "ns\n", draw_time(draft) * 2);
    assert_int_equal(fclose(draft->text), 0);
    return text;
}

static int64_t time_or_not_yet(sqlite3_stmt *statement, int column)
{
    bool is_null = sqlite3_column_type(statement, column) == SQLITE_NULL;
    return is_null ? SLOW_NOT_YET : sqlite3_column_int64(statement, column);
}

// Those that arrived by the end, and nothing else.
static void compare(const struct lab_run *run, const struct draft *draft)
{
    sqlite3_stmt *log;
    size_t i = 0;
    assert_int_equal(sqlite3_prepare_v2(report_database_handle(run->database),
                                        "SELECT arrival_ns, dispatch_ns, complete_ns FROM "
                                        "request ORDER BY seq",
                                        -1, &log, NULL),
                     SQLITE_OK);
    // In order of arrival; the first ones may not count.
    while (i < draft->request_count && draft->requests[i].arrival_ns < draft->warm_up_ns)
        i++;
    for (; sqlite3_step(log) == SQLITE_ROW; i++) {
        assert_true(i < draft->request_count);
        const struct slow_request *request = &draft->requests[i];
        if (sqlite3_column_int64(log, 0) != request->arrival_ns ||
            time_or_not_yet(log, 1) != request->dispatch_ns ||
            time_or_not_yet(log, 2) != request->complete_ns)
            fail_msg("request %zu: dispatched %" PRId64 ", not %" PRId64 ", in\n%s", i,
                     time_or_not_yet(log, 1), request->dispatch_ns, run->scenario->source);
    }
    sqlite3_finalize(log);
    for (; i < draft->request_count; i++)
        assert_true(draft->has_stalls || draft->requests[i].arrival_ns > run->scenario->end_ns);
}

// Not a sum of directions.
#define SINGLE "direction <> 'read+write'"

static void assert_zero(const struct lab_run *run, const char *sql)
{
    if (lab_real(run, sql) != 0)
        fail_msg("%s\nin\n%s", sql, run->scenario->source);
}

// What is not throttled leaves when it comes.
static void check_at_once(const struct lab_run *run)
{
    static const char *const laws[] = {
        // Flushes, and discards above a drive, never wait, but for the end of a drain.
        "SELECT count(*) FROM request AS r JOIN member AS m USING (member_id)"
        " WHERE (op = 'flush' OR op = 'discard' AND attach = 'drive')"
        "   AND dispatch_ns IS NOT arrival_ns AND NOT EXISTS (SELECT * FROM operation"
        "   WHERE what = 'drained_begin ' || m.name AND at_ns <= r.arrival_ns)",
    };
    for (size_t i = 0; i < sizeof laws / sizeof laws[0]; i++)
        assert_zero(run, laws[i]);
}

static void check_sums(const struct lab_run *run)
{
    static const char *const laws[] = {
        // The run's counts are those of its requests,
        "SELECT arrived - (SELECT count(*) FROM request) FROM run",
        "SELECT dispatched - (SELECT count(dispatch_ns) FROM request) FROM run",
        "SELECT completed - (SELECT count(complete_ns) FROM request) FROM run",
        // and those of its members,
        "SELECT arrived - (SELECT total(requests) FROM member_statistics WHERE " SINGLE ") "
        "FROM run",
        "SELECT dispatched - (SELECT total(dispatched) FROM member_statistics WHERE " SINGLE ") "
        "FROM run",
        // of its intervals,
        "SELECT arrived - (SELECT total(arrived) FROM member_interval WHERE " SINGLE ") FROM run",
        "SELECT dispatched - (SELECT total(dispatched) FROM member_interval WHERE " SINGLE
        ") FROM run",
        "SELECT completed - (SELECT total(completed) FROM member_interval WHERE " SINGLE
        ") FROM run",
        // and of the histograms.
        "SELECT completed - (SELECT total(count) FROM histogram WHERE " SINGLE
        " AND metric = 'total') FROM run",
        // Each wait has its causes.
        "SELECT (SELECT total(wait_ns) FROM wait_interval) - (SELECT total(dispatch_ns - "
        "arrival_ns) FROM request)",
        // Nothing goes back in time, and reads and writes together are both.
        "SELECT count(*) FROM request WHERE dispatch_ns < arrival_ns OR complete_ns < dispatch_ns",
        "SELECT count(*) FROM run, request WHERE max(arrival_ns, coalesce(dispatch_ns, 0), "
        "coalesce(complete_ns, 0)) > end_ns",
        "SELECT total(iif(direction = 'read+write', -bytes, bytes)) FROM member_statistics WHERE "
        "direction NOT IN ('discard', 'flush')",
        "SELECT total(iif(direction = 'read+write', -waited, waited)) FROM member_statistics WHERE "
        "direction NOT IN ('discard', 'flush')",
    };
    for (size_t i = 0; i < sizeof laws / sizeof laws[0]; i++)
        assert_zero(run, laws[i]);
}

static void same_as_the_slow_replay(void **state)
{
    (void)state;
    static struct draft draft;
    size_t waited = 0, never = 0;
    unsigned long seed = draw_seed();
    for (unsigned long round = 0; round < ROUNDS; round++) {
        draft = (struct draft){.rng = gsl_rng_alloc(gsl_rng_mt19937)};
        gsl_rng_set(draft.rng, seed * 1000003 + round);
        char *text = draw_scenario(&draft);
        struct lab_run run = lab_run_complete(text);
        slow_replay(run.scenario, draft.requests, draft.request_count);
        compare(&run, &draft);
        check_sums(&run);
        if (!draft.has_stalls)
            check_at_once(&run);
        for (size_t i = 0; i < draft.request_count; i++) {
            waited += draft.requests[i].dispatch_ns > draft.requests[i].arrival_ns;
            never += draft.requests[i].dispatch_ns == SLOW_NOT_YET;
        }
        lab_run_free(&run);
        free(text);
        gsl_rng_free(draft.rng);
    }
    assert_true(waited > 20 * ROUNDS && never > 5 * ROUNDS);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(same_as_the_slow_replay)};
TEST_GROUP(random, tests, scratch_make, scratch_remove);

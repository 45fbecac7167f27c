// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/sim/lab.h"

#include "reports/database_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scenario *lab_load(const char *name, const char *text, struct sim_error *error)
{
    *error = (struct sim_error){SIM_DONE, ""};
    scratch_text(name, text);
    return scenario_load(scratch_path(name), error);
}

struct lab_run lab_run(const char *text)
{
    static const volatile sig_atomic_t never_stop = 0;
    struct run_options options = {.log_requests = true, .watch = {.stop = &never_stop}};
    struct lab_run run = {0};
    struct report_error report_error;
    run.scenario = lab_load("run.yaml", text, &run.error);
    if (run.scenario == NULL)
        fail_msg("%s", run.error.message);
    run.database = report_database_open(NULL, REPORT_WRITE, &report_error);
    if (run.database == NULL)
        fail_msg("%s", report_error.message);
    run.ok =
        run_scenario(run.scenario, &options, run.database, &run.run_id, &run.status, &run.error);
    return run;
}

struct lab_run lab_run_complete(const char *text)
{
    struct lab_run run = lab_run(text);
    if (!run.ok)
        fail_msg("%s", run.error.message);
    assert_int_equal(run.status, REPORT_COMPLETE);
    return run;
}

void lab_run_free(struct lab_run *run)
{
    report_database_close(run->database);
    scenario_free(run->scenario);
    *run = (struct lab_run){0};
}

static sqlite3_stmt *ask(const struct lab_run *run, const char *sql)
{
    sqlite3 *handle = report_database_handle(run->database);
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(handle));
    return statement;
}

int64_t lab_integer(const struct lab_run *run, const char *sql)
{
    sqlite3_stmt *statement = ask(run, sql);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_equal(sqlite3_column_type(statement, 0), SQLITE_INTEGER);
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

double lab_real(const struct lab_run *run, const char *sql)
{
    sqlite3_stmt *statement = ask(run, sql);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_not_equal(sqlite3_column_type(statement, 0), SQLITE_NULL);
    double value = sqlite3_column_double(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

const char *lab_text(const struct lab_run *run, const char *sql)
{
    static char text[4096];
    sqlite3_stmt *statement = ask(run, sql);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_not_equal(sqlite3_column_type(statement, 0), SQLITE_NULL);
    snprintf(text, sizeof text, "%s", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return text;
}

void lab_expect_rows(const struct lab_run *run, const char *sql, const char *expected)
{
    char *rows;
    size_t size;
    FILE *out = open_memstream(&rows, &size);
    assert_non_null(out);
    sqlite3_stmt *statement = ask(run, sql);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *text = (const char *)sqlite3_column_text(statement, i);
            fprintf(out, "%s%s", i == 0 ? "" : " ", text == NULL ? "-" : text);
        }
        putc('\n', out);
    }
    sqlite3_finalize(statement);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(rows, expected);
    free(rows);
}

void lab_expect_log(const struct lab_run *run, const char *expected)
{
    lab_expect_rows(run,
                    "SELECT seq, member, arrival_ns, dispatch_ns, complete_ns FROM request_log "
                    "ORDER BY seq",
                    expected);
}

void lab_expect_message(const struct sim_error *error, enum sim_exit exit, const char *expected)
{
    char found[sizeof error->message];
    const char *rest = error->message;
    size_t length = strlen(scratch()), used = 0;
    while (*rest != '\0') {
        bool is_directory = strncmp(rest, scratch(), length) == 0;
        used +=
            (size_t)snprintf(found + used, sizeof found - used, is_directory ? "DIR" : "%c", *rest);
        rest += is_directory ? length : 1;
    }
    found[used] = '\0';
    assert_string_equal(found, expected);
    assert_int_equal(error->exit, exit);
}

void lab_refuse_all(const struct lab_refusal *rows)
{
    for (; rows->text != NULL; rows++) {
        char expected[1000];
        struct sim_error error;
        if (lab_load("run.yaml", rows->text, &error) != NULL)
            fail_msg("accepted:\n%s", rows->text);
        snprintf(expected, sizeof expected, "DIR/run.yaml:%s", rows->message);
        lab_expect_message(&error, SIM_BAD_INPUT, expected);
    }
}

static void assert_same_limits(const struct engine_parameters *a, const struct engine_parameters *b)
{
    assert_int_equal(a->given, b->given);
    for (int row = 0; row < ENGINE_PARAMETER_MAX; row++) {
        if (a->given & (1u << row))
            assert_int_equal(a->value[row], b->value[row]);
    }
}

static void assert_same_text(const char *a, const char *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a != NULL)
        assert_string_equal(a, b);
}

static void assert_same_trace(const struct scenario_trace *a, const struct scenario_trace *b)
{
    assert_int_equal(a->path == NULL, b->path == NULL);
    if (a->csv == NULL) // else it is only a name, which says where it stands
        assert_same_text(a->path, b->path);
    assert_same_text(a->csv, b->csv);
    assert_same_text(a->volume_name, b->volume_name);
    assert_int_equal(a->cut.volume_count, b->cut.volume_count);
    for (size_t i = 0; i < a->cut.volume_count; i++)
        assert_string_equal(a->cut.volumes[i], b->cut.volumes[i]);
    assert_int_equal(a->cut.ops, b->cut.ops);
    assert_same_text(a->format, b->format);
    assert_same_text(a->layout, b->layout);
    assert_int_equal(a->arrival, b->arrival);
    assert_int_equal(a->in_flight, b->in_flight);
    assert_int_equal(a->batch_order, b->batch_order);
    assert_int_equal(a->arrivals, b->arrivals);
    assert_int_equal(a->closed.depth, b->closed.depth);
    assert_int_equal(a->closed.think, b->closed.think);
    assert_int_equal(a->stream_count, b->stream_count);
    for (size_t i = 0; i < a->stream_count; i++) {
        assert_string_equal(a->streams[i].name, b->streams[i].name);
        assert_int_equal(a->streams[i].kind, b->streams[i].kind);
        assert_int_equal(a->streams[i].depth, b->streams[i].depth);
        assert_int_equal(a->streams[i].lifetime, b->streams[i].lifetime);
    }
    assert_int_equal(a->cut.speed.numerator, b->cut.speed.numerator);
    assert_int_equal(a->cut.speed.denominator, b->cut.speed.denominator);
    assert_int_equal(a->cut.delay_ns, b->cut.delay_ns);
    assert_int_equal(a->cut.start_ns, b->cut.start_ns);
    assert_int_equal(a->cut.duration_ns, b->cut.duration_ns);
}

static void assert_same_device(const struct scenario_device *a, const struct scenario_device *b)
{
    assert_same_text(a->name, b->name);
    assert_int_equal(a->model, b->model);
    assert_int_equal(a->latency_ns, b->latency_ns);
    assert_int_equal(a->seed, b->seed);
    assert_int_equal(a->servers, b->servers);
    assert_int_equal(a->bandwidth, b->bandwidth);
    assert_int_equal(a->class_count, b->class_count);
    for (size_t i = 0; i < a->class_count; i++) {
        const struct scenario_class *one = &a->classes[i], *other = &b->classes[i];
        assert_same_text(one->member, other->member);
        assert_int_equal(one->op, other->op);
        assert_int_equal(one->size, other->size);
        assert_int_equal(one->law, other->law);
        assert_int_equal(one->mean_ns, other->mean_ns);
        assert_int_equal(one->serial_ns, other->serial_ns);
        assert_int_equal(one->shape.numerator, other->shape.numerator);
        assert_int_equal(one->shape.denominator, other->shape.denominator);
        assert_int_equal(one->quantile_count, other->quantile_count);
        for (size_t j = 0; j < one->quantile_count; j++)
            assert_int_equal(one->quantiles[j], other->quantiles[j]);
    }
}

static void assert_same_members(const struct scenario *a, const struct scenario *b)
{
    assert_int_equal(a->member_count, b->member_count);
    for (size_t i = 0; i < a->member_count; i++) {
        assert_string_equal(a->members[i].name, b->members[i].name);
        assert_same_text(a->members[i].volume, b->members[i].volume);
        assert_int_equal(a->members[i].upper_count, b->members[i].upper_count);
        for (uint32_t stage = 0; stage <= a->members[i].upper_count; stage++)
            assert_int_equal(scenario_stage_group(&a->members[i], stage),
                             scenario_stage_group(&b->members[i], stage));
        assert_int_equal(a->members[i].attach, b->members[i].attach);
        assert_int_equal(a->members[i].discard, b->members[i].discard);
        assert_int_equal(a->members[i].arrivals, b->members[i].arrivals);
        assert_int_equal(a->members[i].device, b->members[i].device);
        assert_same_limits(&a->members[i].limits, &b->members[i].limits);
        assert_same_trace(&a->members[i].trace, &b->members[i].trace);
    }
}

void lab_expect_same(const struct scenario *a, const struct scenario *b)
{
    assert_ptr_equal(a->algorithm, b->algorithm);
    assert_int_equal(a->stalls.rate.numerator, b->stalls.rate.numerator);
    assert_int_equal(a->stalls.rate.denominator, b->stalls.rate.denominator);
    assert_int_equal(a->stalls.mean_ns, b->stalls.mean_ns);
    assert_int_equal(a->stalls.seed, b->stalls.seed);
    assert_int_equal(a->warm_up_ns, b->warm_up_ns);
    assert_int_equal(a->group_count, b->group_count);
    for (size_t i = 0; i < a->group_count; i++) {
        assert_string_equal(a->groups[i].name, b->groups[i].name);
        assert_same_limits(&a->groups[i].limits, &b->groups[i].limits);
        assert_int_equal(a->groups[i].levels.numerator, b->groups[i].levels.numerator);
        assert_int_equal(a->groups[i].levels.denominator, b->groups[i].levels.denominator);
    }
    assert_same_members(a, b);
    assert_int_equal(a->trace_count, b->trace_count);
    for (size_t i = 0; i < a->trace_count; i++)
        assert_same_trace(&a->traces[i], &b->traces[i]);
    assert_int_equal(a->event_count, b->event_count);
    for (size_t i = 0; i < a->event_count; i++) {
        assert_int_equal(a->events[i].at_ns, b->events[i].at_ns);
        assert_int_equal(a->events[i].kind, b->events[i].kind);
        assert_int_equal(a->events[i].member, b->events[i].member);
        assert_same_text(a->events[i].group, b->events[i].group);
        assert_same_limits(&a->events[i].limits, &b->events[i].limits);
    }
    assert_same_device(&a->device, &b->device);
    assert_int_equal(a->device_count, b->device_count);
    for (size_t i = 0; i < a->device_count; i++)
        assert_same_device(&a->devices[i], &b->devices[i]);
    assert_int_equal(a->interval_ns, b->interval_ns);
    assert_int_equal(a->end_ns, b->end_ns);
    assert_int_equal(a->timer_granularity_ns, b->timer_granularity_ns);
}

void lab_expect_failure(const char *scenario, const char *message)
{
    struct lab_run run = lab_run(scenario);
    assert_false(run.ok);
    lab_expect_message(&run.error, SIM_BAD_INPUT, message);
    lab_run_free(&run);
}

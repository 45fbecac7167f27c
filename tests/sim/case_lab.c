// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/sim/case_lab.h"

#include "reports/database_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *case_text(const struct random_case *random_case)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    assert_true(random_case_write(random_case, out));
    assert_int_equal(fclose(out), 0);
    return text;
}

struct scenario *case_load(const struct random_case *random_case)
{
    struct sim_error error;
    char *text = case_text(random_case);
    struct scenario *scenario = scenario_parse("case", text, strlen(text), &error);
    if (scenario == NULL)
        fail_msg("%s in\n%s", error.message, text);
    free(text);
    return scenario;
}

struct slow_request *case_requests(const struct random_case *random_case, size_t *count)
{
    struct slow_request *requests = calloc(random_case->event_count + 1, sizeof *requests);
    assert_non_null(requests);
    *count = 0;
    for (size_t i = 0; i < random_case->event_count; i++) {
        const struct random_event *event = &random_case->events[i];
        if (event->kind != RANDOM_REQUEST)
            continue;
        requests[(*count)++] = (struct slow_request){
            .engine = {.member = event->member, .op = (uint8_t)event->op, .bytes = event->bytes},
            .arrival_ns = event->at_ns,
            .dispatch_ns = SLOW_NOT_YET,
        };
    }
    return requests;
}

void case_run(const struct random_case *random_case, struct slow_request *requests, size_t count)
{
    char *text = case_text(random_case);
    struct lab_run run = lab_run_complete(text);
    sqlite3_stmt *log;
    assert_int_equal(sqlite3_prepare_v2(report_database_handle(run.database),
                                        "SELECT arrival_ns, dispatch_ns FROM request ORDER BY seq",
                                        -1, &log, NULL),
                     SQLITE_OK);
    for (size_t i = 0; sqlite3_step(log) == SQLITE_ROW; i++) {
        assert_true(i < count);
        assert_int_equal(sqlite3_column_int64(log, 0), requests[i].arrival_ns);
        bool has_left = sqlite3_column_type(log, 1) != SQLITE_NULL;
        requests[i].dispatch_ns = has_left ? sqlite3_column_int64(log, 1) : SLOW_NOT_YET;
    }
    sqlite3_finalize(log);
    lab_run_free(&run);
    free(text);
}

void case_replay_slowly(const struct random_case *random_case, struct slow_request *requests,
                        size_t count)
{
    struct scenario *scenario = case_load(random_case);
    slow_replay(scenario, requests, count);
    scenario_free(scenario);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/compare/operand.h"

#include "sim/progress.h"
#include "sim/run.h"
#include "sim/stop.h"
#include "sim/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

// What is no plain file is not looked into: what is read of a pipe is gone.
static bool is_database(const char *path)
{
    struct stat information;
    static const char magic[] = "SQLite format 3"; // and the NUL
    char start[sizeof magic] = "";
    bool plain = stat(path, &information) == 0 && S_ISREG(information.st_mode);
    FILE *file = plain ? fopen(path, "rb") : NULL;
    bool found = file != NULL && fread(start, 1, sizeof start, file) == sizeof start &&
                 memcmp(start, magic, sizeof magic) == 0;
    if (file != NULL)
        fclose(file);
    return found || ends_in(path, ".db") || ends_in(path, ".sqlite");
}

static bool fail_report(const struct report_error *report_error, struct sim_error *error)
{
    return sim_fail(error, report_error->is_input ? SIM_BAD_INPUT : SIM_FAILED, "%s",
                    report_error->message);
}

static bool open_database(struct compare_operand *operand, const char *path, int64_t wanted,
                          struct sim_error *error)
{
    struct report_error report_error;
    operand->database = report_database_open(path, REPORT_READ, &report_error);
    if (operand->database == NULL)
        return fail_report(&report_error, error);
    operand->run_id = report_run_find(operand->database, wanted, &report_error);
    if (operand->run_id == 0)
        return sim_fail(error, report_error.is_input ? SIM_BAD_INPUT : SIM_FAILED, "%s: %s", path,
                        report_error.message);
    return true;
}

// A run's number is what stands behind the last colon, unless the colon belongs to a file's name.
static const char *find_run(const char *text)
{
    const char *colon = strrchr(text, ':');
    return colon == NULL || access(text, F_OK) == 0 ? NULL : colon + 1;
}

bool compare_operand_open(struct compare_operand *operand, const char *text,
                          struct sim_error *error)
{
    const char *number = find_run(text);
    int64_t wanted = 0;
    *operand = (struct compare_operand){.shown = text};
    char *path = strdup(text);
    if (path == NULL)
        return sim_fail_memory(error);
    if (number != NULL)
        path[number - text - 1] = '\0';
    bool ok;
    if (number != NULL && !(units_parse_integer(number, &wanted) && wanted > 0)) {
        ok = sim_fail(error, SIM_USAGE,
                      "%s: behind the colon expected the number of a run, from 1, found '%s'", text,
                      number);
    } else if (number != NULL || is_database(path)) {
        ok = open_database(operand, path, wanted, error);
    } else {
        operand->scenario = scenario_load(path, error);
        ok = operand->scenario != NULL;
    }
    free(path);
    return ok;
}

bool compare_operand_run(struct compare_operand *operand, const char *eta, bool *interrupted,
                         struct sim_error *error)
{
    struct progress progress;
    struct run_options options = {
        .log_requests = true,
        .stop = &stop_signal,
        .progress = progress_show,
        .progress_context = &progress,
    };
    struct report_error report_error;
    enum report_status status;
    if (operand->scenario == NULL)
        return true;
    operand->database = report_database_open(NULL, REPORT_TEMPORARY, &report_error);
    if (operand->database == NULL)
        return fail_report(&report_error, error);
    progress_start(&progress, eta);
    bool ok = run_scenario(operand->scenario, &options, operand->database, &operand->run_id,
                           &status, error);
    progress_end(&progress);
    *interrupted = ok && status == REPORT_INTERRUPTED;
    return ok;
}

void compare_operand_close(struct compare_operand *operand)
{
    report_database_close(operand->database);
    scenario_free(operand->scenario);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/compare/operand.h"

#include "sim/base/progress.h"
#include "sim/base/stop.h"
#include "sim/base/units.h"
#include "sim/replay/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool stored_run_parse(struct stored_run *run, const char *text, struct sim_error *error)
{
    *run = (struct stored_run){.path = strdup(text)};
    if (run->path == NULL)
        return sim_fail_memory(error);
    char *colon = strrchr(run->path, ':');
    if (colon == NULL || access(text, F_OK) == 0)
        return true;
    *colon = '\0';
    return (units_parse_integer(colon + 1, &run->number) && run->number > 0) ||
           sim_fail(error, SIM_USAGE,
                    "%s: behind the colon expected the number of a run, from 1, found '%s'", text,
                    colon + 1);
}

void stored_run_free(struct stored_run *run)
{
    free(run->path);
}

bool stored_run_fail(const struct report_error *report_error, struct sim_error *error)
{
    return sim_fail(error, report_error->is_input ? SIM_BAD_INPUT : SIM_FAILED, "%s",
                    report_error->message);
}

struct report_database *stored_run_open(const struct stored_run *run, int64_t *run_id,
                                        struct sim_error *error)
{
    struct report_error report_error;
    struct report_database *database = report_database_open(run->path, REPORT_READ, &report_error);
    if (database == NULL) {
        stored_run_fail(&report_error, error); // says which file
        return NULL;
    }
    *run_id = report_run_find(database, run->number, &report_error);
    if (*run_id != 0)
        return database;
    sim_fail(error, report_error.is_input ? SIM_BAD_INPUT : SIM_FAILED, "%s: %s", run->path,
             report_error.message);
    report_database_close(database);
    return NULL;
}

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

bool compare_operand_open(struct compare_operand *operand, const char *text,
                          struct sim_error *error)
{
    struct stored_run stored;
    *operand = (struct compare_operand){.shown = text};
    bool ok = stored_run_parse(&stored, text, error);
    if (ok && (stored.number > 0 || is_database(stored.path))) {
        operand->database = stored_run_open(&stored, &operand->run_id, error);
        ok = operand->database != NULL;
    } else if (ok) {
        operand->scenario = scenario_load(stored.path, error);
        ok = operand->scenario != NULL;
    }
    stored_run_free(&stored);
    return ok;
}

bool compare_operand_run(struct compare_operand *operand, const char *eta, bool *interrupted,
                         struct sim_error *error)
{
    struct progress progress;
    struct run_options options = {
        .log_requests = true,
        .watch.stop = &stop_signal,
        .watch.progress = progress_show,
        .watch.progress_context = &progress,
    };
    struct report_error report_error;
    enum report_status status;
    if (operand->scenario == NULL)
        return true;
    operand->database = report_database_open(NULL, REPORT_TEMPORARY, &report_error);
    if (operand->database == NULL)
        return stored_run_fail(&report_error, error);
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

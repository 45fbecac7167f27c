// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/command.h"

#include "engine/engine.h"
#include "sim/base/jobs.h"
#include "sim/base/suggest.h"
#include "sim/base/units.h"
#include "sim/parts/trace_names.h"
#include "sim/scenario/scenario.h"
#include "traces/write.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROWS_MAX 32

// What getopt_long answers for the row with this index, when it has no letter.
#define LONG_ONLY 1000

// The help is at most so wide, and its texts begin there; in a narrower terminal further left.
#define HELP_WIDTH 100
#define HELP_COLUMN 35
#define HELP_COLUMN_NARROW 24

// For suggest(): the options that are shown.
static const char *name_at(const void *words, size_t index)
{
    const struct option_row *row = words;
    for (; row->name != NULL; row++) {
        if (row->help != NULL && index-- == 0)
            break;
    }
    return row->name;
}

static const char *choice_at(const char *choices, size_t index, char text[OPTION_VALUE_MAX])
{
    for (; index > 0 && choices != NULL; index--) {
        choices = strchr(choices, '|');
        choices += choices != NULL;
    }
    if (choices == NULL)
        return NULL;
    snprintf(text, OPTION_VALUE_MAX, "%.*s", (int)strcspn(choices, "|"), choices);
    return text;
}

const char *options_value(const struct option_row *row, size_t index, char text[OPTION_VALUE_MAX])
{
    switch (row->kind) {
    case OPTION_CHOICE:
        return choice_at(row->argument, index, text);
    case OPTION_SETTING:
        if (strcmp(row->argument, "FORMAT") == 0)
            return trace_format_at(index);
        return strchr(row->argument, '|') == NULL ? NULL : choice_at(row->argument, index, text);
    case OPTION_OPS:
        return cut_op_at(NULL, index);
    case OPTION_ENGINE:
        return scenario_algorithm_at(NULL, index);
    case OPTION_FORMAT:
        return trace_format_at(index);
    case OPTION_OUTPUT_FORMAT:
        return trace_writer_format_at(index);
    default:
        return NULL;
    }
}

// ---- Parsing ----

static bool set_choice(const struct option_row *row, const char **value, const char *text,
                       struct sim_error *error)
{
    char known[OPTION_VALUE_MAX];
    for (size_t i = 0; choice_at(row->argument, i, known) != NULL; i++) {
        if (strcmp(known, text) == 0) {
            *value = text;
            return true;
        }
    }
    return sim_fail(error, SIM_USAGE, "--%s: expected %s, found '%s'", row->name, row->argument,
                    text);
}

static bool add_text(const char *name, struct option_list *list, const char *text,
                     struct sim_error *error)
{
    if (list->count == OPTION_LIST_MAX)
        return sim_fail(error, SIM_USAGE, "--%s is given more than %d times", name,
                        OPTION_LIST_MAX);
    list->texts[list->count++] = text;
    return true;
}

// The name is that of the row that is shown, of two for one thing.
static bool add_setting(const struct option_row *row, struct option_settings *settings,
                        const char *text, struct sim_error *error)
{
    if (settings->count == sizeof settings->options / sizeof settings->options[0])
        return sim_fail(error, SIM_USAGE, "--%s is given more than %d times", row->name,
                        OPTION_LIST_MAX);
    const char *name = row->help == NULL ? "device" : row->name;
    settings->options[settings->count++] = (struct scenario_option){name, text};
    return true;
}

static bool set_ops(unsigned *ops, const char *text, struct sim_error *error)
{
    char hint[128], name[32];
    *ops = 0;
    for (const char *start = text; start != NULL; start = strchr(start, ',')) {
        start += *start == ',';
        size_t length = strcspn(start, ",");
        snprintf(name, sizeof name, "%.*s", (int)(length < 31 ? length : 31), start);
        if (!cut_add_op(ops, name))
            return sim_fail(error, SIM_USAGE,
                            "--op: expected some of read, write, discard, write-zeroes and flush, "
                            "separated by commas, found '%s'%s",
                            name, suggest(name, cut_op_at, NULL, hint, sizeof hint));
    }
    return true;
}

static bool set_engine(const struct engine_algorithm **algorithm, const char *text,
                       struct sim_error *error)
{
    char hint[SCENARIO_ENGINE_HINT];
    *algorithm = engine_find(text);
    return *algorithm != NULL || sim_fail(error, SIM_USAGE, "--engine: unknown engine '%.64s'%s",
                                          text, scenario_engine_hint(text, hint));
}

static bool set_value(const struct option_row *row, void *arguments, const char *text,
                      struct sim_error *error)
{
    char message[FORMATS_MESSAGE_MAX], hint[UNITS_HINT_MAX];
    void *value = (char *)arguments + row->offset;
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)value = true;
        return true;
    case OPTION_NUMBER:
        return (units_parse_integer(text, value) && *(int64_t *)value > 0) ||
               sim_fail(error, SIM_USAGE, "--%s: expected a number above 0, found '%s'%s",
                        row->name, text, units_meant(UNITS_COUNT, text, hint, sizeof hint));
    case OPTION_CHOICE:
        return set_choice(row, value, text, error);
    case OPTION_LIST:
        return add_text(row->name, value, text, error);
    case OPTION_SETTING:
    case OPTION_SETTING_LIST:
        return add_setting(row, value, text, error);
    case OPTION_OPS:
        return set_ops(value, text, error);
    case OPTION_ENGINE:
        return set_engine(value, text, error);
    case OPTION_FORMAT:
        if (!formats_check(text, message))
            return sim_fail(error, SIM_USAGE, "--%s: %s", row->name, message);
        break;
    case OPTION_TEXT:
    case OPTION_OUTPUT_FORMAT:
        break;
    }
    *(const char **)value = text;
    return true;
}

static const struct option_row *find_row(int answer, const struct option_row *rows)
{
    if (answer >= LONG_ONLY)
        return &rows[answer - LONG_ONLY];
    while (rows->letter != answer)
        rows++;
    return rows;
}

static size_t count_beginning(const char *start, const struct option_row *rows)
{
    size_t count = 0;
    for (; rows->name != NULL; rows++)
        count += strncmp(rows->name, start, strlen(start)) == 0;
    return count;
}

// getopt's complaint in our words. `word` is what it stopped at.
static bool complain(int answer, const char *word, const struct option_row *rows,
                     struct sim_error *error)
{
    char name[64];
    if (answer == ':')
        return sim_fail(error, SIM_USAGE, "option '%s' needs a value", word);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    const char *bare = name + strspn(name, "-");
    bool is_long = strncmp(word, "--", 2) == 0;
    if (is_long && optopt != 0)
        return sim_fail(error, SIM_USAGE, "option '%s' takes no value", name);
    if (is_long && count_beginning(bare, rows) > 1)
        return sim_fail(error, SIM_USAGE, "option '%s' can mean several; write it out", name);
    const char *nearest = nearest_word(bare, strlen(bare), name_at, rows);
    if (nearest == NULL)
        return sim_fail(error, SIM_USAGE, "unknown option '%s'", name);
    return sim_fail(error, SIM_USAGE, "unknown option '%s'; did you mean '--%s'?", name, nearest);
}

// Two names can be of the same option.
static bool is_given_before(const struct option_row *row, const struct option_row *rows,
                            const bool *seen)
{
    for (size_t i = 0; rows[i].name != NULL; i++) {
        if (seen[i] && rows[i].offset == row->offset &&
            (row->kind != OPTION_SETTING || &rows[i] == row))
            return true;
    }
    return false;
}

bool options_parse(int argc, char **argv, const struct option_row *rows, void *arguments,
                   int *first, struct sim_error *error)
{
    struct option long_options[ROWS_MAX + 1] = {0};
    char letters[2 * ROWS_MAX + 2] = ":";
    bool seen[ROWS_MAX] = {false};
    size_t used = 1;
    for (int i = 0; rows[i].name != NULL; i++) {
        bool has_value = rows[i].kind != OPTION_FLAG;
        long_options[i] = (struct option){
            .name = rows[i].name,
            .has_arg = has_value ? required_argument : no_argument,
            .val = rows[i].letter != 0 ? rows[i].letter : LONG_ONLY + i,
        };
        if (rows[i].letter != 0) {
            letters[used++] = rows[i].letter;
            if (has_value)
                letters[used++] = ':';
        }
    }
    letters[used] = '\0';
    opterr = 0;
    optind = 0; // GNU: start anew
    int answer;
    while ((answer = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
        if (answer == '?' || answer == ':')
            return complain(answer, argv[optind - 1], rows, error);
        const struct option_row *row = find_row(answer, rows);
        if (row->kind != OPTION_LIST && row->kind != OPTION_SETTING_LIST &&
            is_given_before(row, rows, seen))
            return sim_fail(error, SIM_USAGE, "--%s is given twice", row->name);
        seen[row - rows] = true;
        if (!set_value(row, arguments, optarg, error))
            return false;
    }
    *first = optind;
    return true;
}

// ---- Help ----

static void print_row(const struct option_row *row, const struct report_style *style)
{
    char head[128];
    bool is_wide = style->width >= HELP_WIDTH;
    int column = row->letter != 0 ? snprintf(head, sizeof head, "  -%c, ", row->letter)
                                  : snprintf(head, sizeof head, "      ");
    snprintf(head + column, sizeof head - (size_t)column, "--%s %s", row->name,
             row->argument != NULL ? row->argument : "");
    report_item(style->out, is_wide ? HELP_WIDTH : style->width,
                is_wide ? HELP_COLUMN : HELP_COLUMN_NARROW, head, row->help);
}

void options_help(const struct option_row *rows)
{
    const struct report_style style = terminal_style(stdout);
    const char *name;
    char text[512] = "Formats that can be written:";
    bool has_output_format = false;
    for (; rows->name != NULL; rows++) {
        has_output_format = has_output_format || rows->kind == OPTION_OUTPUT_FORMAT;
        if (rows->help != NULL)
            print_row(rows, &style);
    }
    if (!has_output_format)
        return;
    for (size_t i = 0; (name = trace_writer_format_at(i)) != NULL; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s %s", i > 0 ? "," : "", name);
    putchar('\n');
    report_say(&style, REPORT_PLAIN, "%s", text);
}

// ---- Values that commands share ----

bool options_time(const char *name, const char *text, int64_t least_ns, int64_t *ns,
                  struct sim_error *error)
{
    char hint[UNITS_HINT_MAX];
    if (text == NULL || (units_parse_duration(text, ns) && *ns >= least_ns))
        return true;
    return sim_fail(error, SIM_USAGE,
                    "--%s: expected a time of at least %s with a unit, such as 500ms or 2min, "
                    "found '%s'%s",
                    name, least_ns > 0 ? "1 ns" : "0", text,
                    units_meant(UNITS_TIME, text, hint, sizeof hint));
}

bool options_cut(const struct option_cut *options, struct cut *cut, struct sim_error *error)
{
    cut->volumes = options->volumes.texts;
    cut->volume_count = options->volumes.count;
    if (options->ops != 0)
        cut->ops = options->ops;
    return options_time("start", options->start, 0, &cut->start_ns, error) &&
           options_time("duration", options->duration, 0, &cut->duration_ns, error);
}

void options_reading(const struct option_reading *options, struct trace_config *config)
{
    config->format = options->format;
    config->layout = options->layout;
    config->arrival = TRACE_ARRIVAL_AUTO;
    if (options->arrival != NULL)
        scenario_parse_arrival(options->arrival, &config->arrival);
}

bool options_jobs(int64_t given, unsigned *jobs, struct sim_error *error)
{
    int64_t wanted = given > 0 ? given : sysconf(_SC_NPROCESSORS_ONLN);
    if (given > JOBS_MAX)
        return sim_fail(error, SIM_USAGE, "--jobs: expected at most %d", JOBS_MAX);
    *jobs = wanted < 1 ? 1 : wanted > JOBS_MAX ? JOBS_MAX : (unsigned)wanted;
    return true;
}

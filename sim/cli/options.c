// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/options.h"

#include "sim/base/suggest.h"
#include "sim/base/units.h"
#include "sim/parts/cut.h"
#include "sim/parts/trace_names.h"
#include "sim/scenario/scenario.h"

#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 32

// What getopt_long answers for the row with this index, when it has no letter.
#define LONG_ONLY 1000

static const char *row_name(const void *words, size_t index)
{
    return ((const struct option_row *)words)[index].name;
}

static bool is_one_of(const char *text, const char *values)
{
    size_t length = strlen(text);
    for (const char *value = values; value != NULL; value = strchr(value, '|')) {
        value += *value == '|';
        if (strncmp(value, text, length) == 0 && (value[length] == '|' || value[length] == '\0'))
            return true;
    }
    return false;
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

static bool set_value(const struct option_row *row, void *target, const char *text,
                      struct sim_error *error)
{
    void *value = (char *)target + row->offset;
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)value = true;
        break;
    case OPTION_NUMBER:
        if (!units_parse_integer(text, value) || *(int64_t *)value <= 0)
            return sim_fail(error, SIM_USAGE, "--%s: expected a number above 0, found '%s'",
                            row->name, text);
        break;
    case OPTION_CHECKED:
        if (!is_one_of(text, row->values))
            return sim_fail(error, SIM_USAGE, "--%s: expected %s, found '%s'", row->name,
                            row->values, text);
        *(const char **)value = text;
        break;
    case OPTION_TEXT:
        *(const char **)value = text;
        break;
    case OPTION_LIST:
        return add_text(row->name, value, text, error);
    }
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
    const char *nearest = suggest_nearest(bare, row_name, rows);
    if (nearest == NULL)
        return sim_fail(error, SIM_USAGE, "unknown option '%s'", name);
    return sim_fail(error, SIM_USAGE, "unknown option '%s'; did you mean '--%s'?", name, nearest);
}

// Two names can be of the same option.
static bool is_given_before(const struct option_row *row, const struct option_row *rows,
                            const bool *seen)
{
    for (size_t i = 0; rows[i].name != NULL; i++) {
        if (seen[i] && rows[i].offset == row->offset)
            return true;
    }
    return false;
}

bool options_parse(int argc, char **argv, const struct option_row *rows, void *target, int *first,
                   struct sim_error *error)
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
        if (row->kind != OPTION_LIST && is_given_before(row, rows, seen))
            return sim_fail(error, SIM_USAGE, "--%s is given twice", row->name);
        seen[row - rows] = true;
        if (!set_value(row, target, optarg, error))
            return false;
    }
    *first = optind;
    return true;
}

bool options_time(const char *name, const char *text, int64_t least_ns, int64_t *ns,
                  struct sim_error *error)
{
    if (text == NULL || (units_parse_duration(text, ns) && *ns >= least_ns))
        return true;
    return sim_fail(error, SIM_USAGE,
                    "--%s: expected a time of at least %s, such as 500ms or 2min, found '%s'", name,
                    least_ns > 0 ? "1 ns" : "0", text);
}

bool options_engine(const char *text, const struct engine_algorithm **algorithm,
                    struct sim_error *error)
{
    char hint[128];
    if (text == NULL)
        return true;
    *algorithm = engine_find(text);
    return *algorithm != NULL ||
           sim_fail(error, SIM_USAGE, "--engine: unknown engine '%.64s'%s", text,
                    suggest(text, scenario_algorithm_at, NULL, hint, sizeof hint));
}

static bool read_ops(const char *text, unsigned *ops, struct sim_error *error)
{
    char hint[128], name[32];
    if (text == NULL)
        return true;
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

bool options_cut(const struct option_cut *options, struct cut *cut, struct sim_error *error)
{
    cut->volumes = options->volumes.texts;
    cut->volume_count = options->volumes.count;
    return options_time("start", options->start, 0, &cut->start_ns, error) &&
           options_time("duration", options->duration, 0, &cut->duration_ns, error) &&
           read_ops(options->op, &cut->ops, error);
}

bool options_format(const char *text, struct sim_error *error)
{
    char message[FORMATS_MESSAGE_MAX];
    return text == NULL || formats_check(text, message) ||
           sim_fail(error, SIM_USAGE, "--format: %s", message);
}

void options_help(FILE *out, const struct option_row *rows)
{
    for (; rows->name != NULL; rows++) {
        char left[64], letter[5] = "    ";
        if (rows->letter != 0)
            snprintf(letter, sizeof letter, "-%c, ", rows->letter);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, rows->name,
                 rows->argument == NULL ? "" : " ", rows->argument == NULL ? "" : rows->argument);
        fprintf(out, "  %-32s %s\n", left, rows->help);
    }
}

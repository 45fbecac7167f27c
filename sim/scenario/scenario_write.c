// SPDX-License-Identifier: GPL-2.0-or-later
// A scenario as text, and what of it is stored with a run.
#include "sim/scenario/setting.h"

#include <stdlib.h>

bool scenario_write(const struct scenario *scenario, FILE *out)
{
    struct setting_writer writer = {.out = out, .scenario = scenario, .between = "\n"};
    setting_write_rows(&writer, scenario_rows, scenario);
    putc('\n', out);
    return ferror(out) == 0;
}

bool scenario_write_source(struct scenario *scenario, struct sim_error *error)
{
    FILE *out = open_memstream(&scenario->source, &scenario->source_length);
    if (out == NULL)
        return sim_fail_memory(error);
    bool ok = scenario_write(scenario, out);
    return (fclose(out) == 0 && ok) || sim_fail_memory(error);
}

bool scenario_note_options(struct scenario *scenario, const char *options, struct sim_error *error)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL)
        return sim_fail_memory(error);
    fwrite(scenario->source, 1, scenario->source_length, out);
    fprintf(out, "\n# Run with:%s\n", options);
    if (fclose(out) != 0)
        return sim_fail_memory(error);
    free(scenario->source);
    scenario->source = text;
    scenario->source_length = length;
    return true;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/points/figure_text.h"

#include "sim/compare/slo.h"

static const char *name_at(const void *words, size_t index)
{
    const struct scenario *scenario = words;
    return index < scenario->member_count ? scenario->members[index].name : NULL;
}

// What stands without quotes.
static const char *word_at(const void *words, size_t index)
{
    static const char *const others[] = {"total", "worst"};
    return index < 2 ? others[index] : name_at(words, index - 2);
}

bool figure_parse(struct report_figure *figure, char **name, const char *option, const char *text,
                  const struct scenario *scenario, struct sim_error *error)
{
    struct compare_condition found;
    bool ok = slo_parse_subject(&found, option, text, error);
    ok = ok && (found.name == NULL ||
                condition_fail_member(&found, text[0] == '"' ? name_at : word_at, scenario, error));
    *figure = slo_figure(&found);
    *name = found.name;
    return ok;
}

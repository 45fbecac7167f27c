// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/points/figure_text.h"

#include "reports/recorder.h"
#include "sim/base/suggest.h"

#include <stdlib.h>
#include <string.h>

static const char *direction_at(const void *words, size_t index)
{
    (void)words;
    return report_direction_name(index);
}

static const char *metric_at(const void *words, size_t index)
{
    (void)words;
    size_t count = 0;
    for (size_t i = 0; i < REPORT_METRIC_COUNT; i++) {
        if (report_figure_is_known((enum report_metric)i) && count++ == index)
            return report_metrics[i].name;
    }
    return NULL;
}

static const char *member_at(const void *words, size_t index)
{
    static const char *const others[] = {"total", "worst"};
    const struct scenario *scenario = words;
    return index < 2                            ? others[index]
           : index - 2 < scenario->member_count ? scenario->members[index - 2].name
                                                : NULL;
}

// Place of the word; -1 with a usage error.
static int find_word(const char *what, const char *word, nearest_word_at *word_at,
                     const void *words, struct sim_error *error)
{
    char hint[128];
    const char *found;
    for (size_t i = 0; (found = word_at(words, i)) != NULL; i++) {
        if (strcmp(found, word) == 0)
            return (int)i;
    }
    sim_fail(error, SIM_USAGE, "unknown %s '%.64s'%s", what, word,
             suggest(word, word_at, words, hint, sizeof hint));
    return -1;
}

static bool find_metric(const char *word, struct report_figure *figure, struct sim_error *error)
{
    if (find_word("metric", word, metric_at, NULL, error) < 0)
        return false;
    for (size_t i = 0; i < REPORT_METRIC_COUNT; i++) {
        if (strcmp(report_metrics[i].name, word) == 0)
            figure->metric = (enum report_metric)i;
    }
    return true;
}

// Names may have dots; the others have none. The text is cut up.
static bool take_apart(struct report_figure *figure, char *text, const struct scenario *scenario,
                       struct sim_error *error)
{
    char *metric = strrchr(text, '.'), *direction = NULL;
    if (metric != NULL) {
        *metric++ = '\0';
        direction = strrchr(text, '.');
    }
    if (direction == NULL || direction == text)
        return sim_fail(error, SIM_USAGE,
                        "expected MEMBER.DIRECTION.METRIC, such as worst.read+write.p99 or "
                        "db.read.wait-p99");
    *direction++ = '\0';
    int place = find_word("direction", direction, direction_at, NULL, error);
    if (place < 0 || !find_metric(metric, figure, error))
        return false;
    figure->direction = report_direction_name((size_t)place);
    size_t length = strlen(text);
    figure->is_worst = strcmp(text, "worst") == 0;
    if (figure->is_worst || strcmp(text, "total") == 0)
        return true;
    if (length >= 2 && text[0] == '"' && text[length - 1] == '"') {
        text[length - 1] = '\0';
        memmove(text, text + 1, length - 1);
    }
    place = find_word("member", text, member_at, scenario, error);
    figure->member = text;
    return place >= 0;
}

bool figure_parse(struct report_figure *figure, char **name, const char *option, const char *text,
                  const struct scenario *scenario, struct sim_error *error)
{
    struct sim_error found;
    *figure = (struct report_figure){.member = NULL};
    *name = strdup(text);
    if (*name == NULL)
        return sim_fail_memory(error);
    return take_apart(figure, *name, scenario, &found) ||
           sim_fail(error, SIM_USAGE, "%s '%s': %s", option, text, found.message);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/check/check.h"

#include "sim/check/accepted.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const extensions[] = {".yaml", ".yml", ".json", NULL};

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), end_length = strlen(end);
    return length > end_length && strcmp(name + length - end_length, end) == 0;
}

// The name's part before a scenario's extension; all of it if it has none.
static size_t stem_length(const char *name)
{
    for (const char *const *extension = extensions; *extension != NULL; extension++) {
        if (ends_with(name, *extension))
            return strlen(name) - strlen(*extension);
    }
    return strlen(name);
}

static char *join(const char *folder, const char *name, size_t name_length, const char *end)
{
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/')
        length--;
    const char *slash = length == 0 || folder[length - 1] == '/' ? "" : "/";
    size_t size = length + strlen(slash) + name_length + strlen(end) + 1;
    char *path = malloc(size);
    if (path != NULL)
        snprintf(path, size, "%.*s%s%.*s%s", (int)length, folder, slash, (int)name_length, name,
                 end);
    return path;
}

// Takes both. Of two that are the same the first counts; two scenarios of one name cannot both have
// results.
static bool add(struct suite *suite, char *scenario, char *accepted, struct sim_error *error)
{
    struct suite_entry *larger = realloc(suite->entries, (suite->count + 1) * sizeof *larger);
    suite->named_count += scenario != NULL;
    if (larger != NULL)
        suite->entries = larger;
    uint32_t index = larger == NULL || accepted == NULL
                         ? NAMES_NONE
                         : names_add(&suite->places, accepted, (uint32_t)suite->count);
    if (index == suite->count) {
        suite->entries[suite->count++] = (struct suite_entry){scenario, accepted};
        suite->scenario_count += scenario != NULL;
        return true;
    }
    const char *first = index == NAMES_NONE ? NULL : suite->entries[index].scenario;
    bool ok = index != NAMES_NONE || sim_fail_memory(error);
    if (first != NULL && scenario != NULL && strcmp(first, scenario) != 0)
        ok = sim_fail(error, SIM_BAD_INPUT,
                      "%s and %s would both have their accepted results in %s; rename one", first,
                      scenario, accepted);
    free(scenario);
    free(accepted);
    return ok;
}

// ---- Folders ----

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

// By bytes: alphasort would follow the locale.
static int compare_names(const void *left, const void *right)
{
    return strcmp((*(struct dirent *const *)left)->d_name,
                  (*(struct dirent *const *)right)->d_name);
}

// A folder can have any name.
static bool add_scenario(struct suite *suite, const char *folder, const char *name,
                         struct sim_error *error)
{
    struct stat status;
    char *scenario = join(folder, name, strlen(name), "");
    if (scenario == NULL)
        return sim_fail_memory(error);
    if (stat(scenario, &status) == 0 && S_ISDIR(status.st_mode)) {
        free(scenario);
        return true;
    }
    return add(suite, scenario, join(folder, name, stem_length(name), ACCEPTED_SUFFIX), error);
}

// Does the scenario that these accepted results are of stand among the names, which are sorted?
static bool has_scenario(struct dirent *const *names, size_t count, const char *accepted)
{
    size_t length = strlen(accepted) - strlen(ACCEPTED_SUFFIX);
    for (const char *const *extension = extensions; *extension != NULL; extension++) {
        struct dirent wanted, *key = &wanted;
        if (length + strlen(*extension) >= sizeof wanted.d_name)
            continue;
        snprintf(wanted.d_name, sizeof wanted.d_name, "%.*s%s", (int)length, accepted, *extension);
        if (bsearch(&key, names, count, sizeof(struct dirent *), compare_names) != NULL)
            return true;
    }
    return false;
}

static bool add_folder(struct suite *suite, const char *folder, struct sim_error *error)
{
    struct dirent **names;
    size_t before = suite->named_count;
    bool ok = true;
    int count = scandir(folder, &names, is_visible, NULL);
    if (count < 0)
        return sim_fail(error, SIM_BAD_INPUT, "%s: %s", folder, strerror(errno));
    if (count > 0)
        qsort(names, (size_t)count, sizeof(struct dirent *), compare_names);
    for (int i = 0; ok && i < count; i++) {
        const char *name = names[i]->d_name;
        if (stem_length(name) < strlen(name))
            ok = add_scenario(suite, folder, name, error);
        else if (ends_with(name, ACCEPTED_SUFFIX) && !has_scenario(names, (size_t)count, name))
            ok = add(suite, NULL, join(folder, name, strlen(name), ""), error);
    }
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
    return ok && (suite->named_count > before ||
                  sim_fail(error, SIM_BAD_INPUT,
                           "%s: there are no scenarios in this folder (*.yaml, *.yml, "
                           "*.json)",
                           folder));
}

static bool add_operand(struct suite *suite, const char *operand, struct sim_error *error)
{
    struct stat status;
    if (strcmp(operand, "-") == 0)
        return sim_fail(error, SIM_USAGE,
                        "standard input has no place beside it for accepted results; name a file");
    if (stat(operand, &status) != 0)
        return sim_fail(error, SIM_BAD_INPUT, "%s: %s", operand, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return add_folder(suite, operand, error);
    if (ends_with(operand, ACCEPTED_SUFFIX))
        return sim_fail(error, SIM_USAGE,
                        "%s: these are accepted results; name the scenario that they are of",
                        operand);
    return add_scenario(suite, "", operand, error);
}

bool suite_find(struct suite *suite, char *const *operands, size_t count, struct sim_error *error)
{
    *suite = (struct suite){.entries = NULL};
    for (size_t i = 0; i < count; i++) {
        if (!add_operand(suite, operands[i], error))
            return false;
    }
    return true;
}

void suite_free(struct suite *suite)
{
    names_free(&suite->places);
    for (size_t i = 0; i < suite->count; i++) {
        free(suite->entries[i].scenario);
        free(suite->entries[i].accepted);
    }
    free(suite->entries);
    *suite = (struct suite){.entries = NULL};
}

// SPDX-License-Identifier: GPL-2.0-or-later
// What two runs are, who is in them, and whether they can be compared.
#include "reports/compare/compare_internal.h"
#include "reports/query.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool refuse(const struct comparison_side *side, const char *why, struct report_error *error)
{
    error->is_input = true;
    snprintf(error->message, sizeof error->message, "%s: %s", side->run.shown, why);
    return false;
}

static bool load_head(struct comparison_side *side, struct report_error *error)
{
    sqlite3_stmt *rows = report_query_open(
        side->run.database,
        "SELECT name, engine, device, digest, status, end_ns, interval_ns, arrived,"
        "       (SELECT count(*) FROM request WHERE run_id = ?1),"
        "       (SELECT arrival_ns FROM request WHERE run_id = ?1 ORDER BY seq LIMIT 1),"
        "       (SELECT arrival_ns FROM request WHERE run_id = ?1 ORDER BY seq DESC LIMIT 1),"
        "       ifnull((SELECT span_ns FROM group_contention WHERE run_id = ?1), interval_ns),"
        "       EXISTS (SELECT 1 FROM request_place WHERE run_id = ?1)"
        "  FROM run WHERE run_id = ?1",
        side->run.run_id, error);
    char *const texts[] = {side->name, side->engine, side->device, side->digest, side->status};
    int64_t arrived = 0;
    if (report_query_next(rows)) {
        for (int i = 0; i < 5; i++)
            report_label(texts[i], report_query_text(rows, i), 40);
        side->end_ns = sqlite3_column_int64(rows, 5);
        side->interval_ns = sqlite3_column_int64(rows, 6);
        arrived = sqlite3_column_int64(rows, 7);
        side->logged = (uint64_t)sqlite3_column_int64(rows, 8);
        side->first_arrival_ns = sqlite3_column_int64(rows, 9);
        side->last_arrival_ns = sqlite3_column_int64(rows, 10);
        side->span_ns = sqlite3_column_int64(rows, 11);
        side->answers = sqlite3_column_int(rows, 12) != 0;
    }
    if (!report_query_close(rows, error))
        return false;
    if (strcmp(side->status, "complete") != 0) {
        char why[REPORT_LABEL_MAX + 64];
        snprintf(why, sizeof why, "this run is %s; only complete runs can be compared",
                 side->status);
        return refuse(side, why, error);
    }
    if (side->logged == 0 && arrived > 0)
        return refuse(side,
                      "this run was stored without its requests; store it again with them: "
                      "throttlesim run SCENARIO --db FILE --log requests",
                      error);
    if (side->logged != (uint64_t)arrived)
        return refuse(side, "its log does not hold all of its requests; the file is damaged",
                      error);
    if (side->interval_ns <= 0)
        return refuse(side, "its intervals have no length; the file is damaged", error);
    return true;
}

bool report_compare_check(const struct report_compare_side *side, struct report_error *error)
{
    struct comparison_side head = {.run = *side};
    error->is_input = false;
    return load_head(&head, error);
}

static bool load_identities(struct comparison_side *side, struct report_error *error)
{
    sqlite3_stmt *rows = report_query_open(
        side->run.database,
        "SELECT member_id, name, count(*) OVER () FROM member WHERE run_id = ?1 ORDER BY 1",
        side->run.run_id, error);
    bool good = true;
    while (good && report_query_next(rows)) {
        if (side->identities == NULL)
            side->identities =
                calloc((size_t)sqlite3_column_int64(rows, 2), sizeof *side->identities);
        char *name = side->identities != NULL ? strdup(report_query_text(rows, 1)) : NULL;
        good = name != NULL;
        if (good)
            side->identities[side->identity_count++] = (struct comparison_identity){
                sqlite3_column_int64(rows, 0), COMPARISON_NO_MEMBER, name};
    }
    return report_query_close(rows, error) && (good || comparison_memory(error));
}

static int compare_names(const void *a, const void *b)
{
    const struct comparison_identity *const *first = a, *const *second = b;
    return strcmp((*first)->name, (*second)->name);
}

// Members are the same if they have the same name.
static bool match_members(struct report_comparison *comparison, struct report_error *error)
{
    struct comparison_side *a = &comparison->sides[0], *b = &comparison->sides[1];
    struct comparison_identity **by_name = calloc(a->identity_count + 1, sizeof *by_name);
    comparison->members = calloc(a->identity_count + 1, sizeof *comparison->members);
    if (by_name == NULL || comparison->members == NULL ||
        a->identity_count >= COMPARISON_NO_MEMBER) {
        free(by_name);
        return comparison_memory(error);
    }
    comparison->member_count = a->identity_count;
    for (size_t i = 0; i < a->identity_count; i++) {
        a->identities[i].member = (uint32_t)i;
        comparison->members[i].name = a->identities[i].name;
        by_name[i] = &a->identities[i];
    }
    qsort(by_name, a->identity_count, sizeof *by_name, compare_names);
    for (size_t i = 0; i < b->identity_count; i++) {
        struct comparison_identity *wanted = &b->identities[i];
        struct comparison_identity **found =
            bsearch(&wanted, by_name, a->identity_count, sizeof *by_name, compare_names);
        if (found != NULL)
            wanted->member = (*found)->member;
    }
    free(by_name);
    return true;
}

bool comparison_load_sides(struct report_comparison *comparison, struct report_error *error)
{
    for (int i = 0; i < 2; i++) {
        struct comparison_side *side = &comparison->sides[i];
        side->run = comparison->config.sides[i];
        if (!load_head(side, error) || !load_identities(side, error))
            return false;
    }
    return match_members(comparison, error);
}

// The place of the group in this row, made if there is none of its name. In A each row is another
// group; in B they mostly stand where those of A do, or not far behind.
static struct comparison_group *find_group(struct report_comparison *comparison, int side,
                                           const char *name, size_t row)
{
    for (size_t i = 0; side > 0 && i < comparison->group_count; i++) {
        struct comparison_group *group = &comparison->groups[(row + i) % comparison->group_count];
        if (!strcmp(group->name, name))
            return group;
    }
    struct comparison_group *more =
        realloc(comparison->groups, (comparison->group_count + 1) * sizeof *comparison->groups);
    if (more == NULL)
        return NULL;
    comparison->groups = more;
    struct comparison_group *group = &more[comparison->group_count];
    *group = (struct comparison_group){.name = strdup(name)};
    for (size_t i = 0; i < REPORT_GROUP_METRIC_COUNT; i++)
        group->changes[i] = (struct report_change){NAN, NAN};
    for (size_t i = 0; i < COMPARISON_RATES; i++)
        group->rates[i] = (struct report_change){NAN, NAN};
    comparison->group_count += group->name != NULL;
    return group->name != NULL ? group : NULL;
}

bool comparison_load_groups(struct report_comparison *comparison, struct report_error *error)
{
    bool good = true;
    for (int side = 0; side < 2; side++) {
        sqlite3_stmt *rows = report_query_open(
            comparison->sides[side].run.database,
            "SELECT g.name, c.requests_mean, c.requests_min, c.bytes_mean, c.bytes_min,"
            "        CASE WHEN s.group_id IS NOT NULL THEN g.max_service_difference_requests END,"
            "        CASE WHEN s.group_id IS NOT NULL THEN g.max_service_difference_bytes END,"
            "        " COMPARISON_RATE_COLUMNS
            "   FROM throttle_group AS g LEFT JOIN " REPORT_CONTENDED " AS c USING (group_id)"
            "   LEFT JOIN " REPORT_SHARED " AS s USING (group_id)"
            "   LEFT JOIN achieved_rate AS r ON r.run_id = ?1 AND r.scope = 'throttle_group'"
            "                               AND r.id = g.group_id AND r.direction = 'read+write'"
            "  WHERE g.run_id = ?1 ORDER BY g.group_id",
            comparison->sides[side].run.run_id, error);
        for (size_t row = 0; good && report_query_next(rows); row++) {
            struct comparison_group *group =
                find_group(comparison, side, report_query_text(rows, 0), row);
            good = group != NULL;
            for (int i = 0; good && i < REPORT_GROUP_METRIC_COUNT; i++) {
                double value = sqlite3_column_type(rows, i + 1) == SQLITE_NULL
                                   ? NAN
                                   : sqlite3_column_double(rows, i + 1);
                *(side == 0 ? &group->changes[i].a : &group->changes[i].b) = value;
            }
            if (good)
                comparison_take_rates(group->rates, side, rows, REPORT_GROUP_METRIC_COUNT + 1);
        }
        if (!report_query_close(rows, error))
            return false;
    }
    return good || comparison_memory(error);
}

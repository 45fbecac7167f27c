// SPDX-License-Identifier: GPL-2.0-or-later
// What two runs are, from what is stored with them: facts, paired by what they are of. Those that
// are not the same in both are what the runs differ in besides what came of it.
#include "reports/compare/compare_internal.h"
#include "reports/query.h"

#include <stdlib.h>
#include <string.h>

// In the order in which they are told. A limit without effect is none; what is assumed of the
// device and the attachment is told otherwise where it differs.
static const char facts_sql[] =
    "WITH first AS (SELECT group_id, min(at_ns) AS at_ns FROM limit_setting WHERE run_id = ?1"
    "                GROUP BY group_id)"
    " SELECT 1 AS kind, 'engine' AS what, '' AS whose, engine AS value FROM run WHERE run_id = ?1"
    " UNION ALL SELECT 2, 'device', '', device FROM run WHERE run_id = ?1"
    " UNION ALL SELECT 3, key, g.name, value FROM limit_setting JOIN first USING (group_id, at_ns)"
    "             JOIN throttle_group AS g USING (run_id, group_id)"
    "            WHERE run_id = ?1 AND value <> (key LIKE '%-length')"
    " UNION ALL SELECT 4, 'attach', name, attach FROM member WHERE run_id = ?1"
    " UNION ALL SELECT 5, 'group', m.name, coalesce((SELECT group_concat(name, ' over ') FROM"
    "                    (SELECT name FROM stage_name AS s WHERE s.run_id = ?1"
    "                        AND s.member_id = m.member_id ORDER BY stage DESC)), g.name)"
    "             FROM membership JOIN member AS m USING (run_id, member_id)"
    "             JOIN throttle_group AS g USING (run_id, group_id)"
    "            WHERE run_id = ?1 AND at_ns = 0"
    " UNION ALL SELECT 6, 'operation', printf('%04d', seq + 1),"
    "                  printf('%s at %g s: %s', what, at_ns / 1e9, result)"
    "             FROM operation WHERE run_id = ?1"
    " UNION ALL SELECT iif(key IN ('device', 'attach'), 9, 8), key,"
    "                  iif(key = 'left out', value, ''), text FROM assumption WHERE run_id = ?1"
    " UNION ALL SELECT 7, 'trace', name, trace FROM member"
    "            WHERE run_id = ?1 AND trace IS NOT NULL"
    " ORDER BY 1, 2, 3";

static bool load(struct comparison_side *side, struct report_error *error)
{
    sqlite3_stmt *rows = report_query_open(side->run.database, facts_sql, side->run.run_id, error);
    size_t capacity = 0;
    bool good = true;
    while (good && report_query_next(rows)) {
        if (side->fact_count == capacity) {
            capacity = capacity > 0 ? 2 * capacity : 64;
            struct comparison_fact *more = realloc(side->facts, capacity * sizeof *more);
            if (more == NULL) {
                good = false;
                break;
            }
            side->facts = more;
        }
        struct comparison_fact *fact = &side->facts[side->fact_count++];
        *fact = (struct comparison_fact){
            sqlite3_column_int(rows, 0), strdup(report_query_text(rows, 1)),
            strdup(report_query_text(rows, 2)), strdup(report_query_text(rows, 3))};
        good = fact->what != NULL && fact->whose != NULL && fact->value != NULL;
    }
    return report_query_close(rows, error) && (good || comparison_memory(error));
}

// As the query orders them.
static int compare(const struct comparison_fact *a, const struct comparison_fact *b)
{
    int order = a->kind - b->kind;
    order = order != 0 ? order : strcmp(a->what, b->what);
    return order != 0 ? order : strcmp(a->whose, b->whose);
}

bool comparison_load_facts(struct report_comparison *comparison, struct report_error *error)
{
    struct comparison_side *a = &comparison->sides[0], *b = &comparison->sides[1];
    if (!load(a, error) || !load(b, error))
        return false;
    comparison->facts = calloc(a->fact_count + b->fact_count + 1, sizeof *comparison->facts);
    if (comparison->facts == NULL)
        return comparison_memory(error);
    for (size_t i = 0, j = 0; i < a->fact_count || j < b->fact_count;) {
        int order = i == a->fact_count   ? 1
                    : j == b->fact_count ? -1
                                         : compare(&a->facts[i], &b->facts[j]);
        comparison->facts[comparison->fact_count++] = (struct comparison_facts){
            {order <= 0 ? &a->facts[i] : NULL, order >= 0 ? &b->facts[j] : NULL}};
        i += order <= 0;
        j += order >= 0;
    }
    return true;
}

const struct comparison_fact *comparison_fact_of(const struct comparison_facts *facts)
{
    return facts->sides[0] != NULL ? facts->sides[0] : facts->sides[1];
}

const char *comparison_fact_value(const struct comparison_facts *facts, int side)
{
    return facts->sides[side] != NULL ? facts->sides[side]->value : "none";
}

bool comparison_facts_differ(const struct comparison_facts *facts)
{
    return comparison_fact_of(facts)->kind != COMPARISON_TOLD &&
           strcmp(comparison_fact_value(facts, 0), comparison_fact_value(facts, 1)) != 0;
}

bool comparison_is_assumed(const struct comparison_facts *facts)
{
    return facts->sides[0] != NULL && facts->sides[1] != NULL &&
           facts->sides[0]->kind >= COMPARISON_ASSUMPTION &&
           strcmp(facts->sides[0]->value, facts->sides[1]->value) == 0;
}

void comparison_free_facts(struct comparison_side *side)
{
    for (size_t i = 0; i < side->fact_count; i++) {
        free(side->facts[i].what);
        free(side->facts[i].whose);
        free(side->facts[i].value);
    }
    free(side->facts);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/explain.h"

#include "reports/database_internal.h"
#include "reports/explain/explain_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define EXPLAIN_NAMES_ROOM 600 // bytes for the names in an error
#define EXPLAIN_NAME_CHARACTERS 40

#define EXPLAIN_SUMS                                                                               \
    EXPLAIN_SUM("requests")                                                                        \
    " AS requests, " EXPLAIN_SUM("wait_ns") " AS wait_ns, total(wait_ns) AS real_ns"

sqlite3_stmt *explain_query(const struct explain *explain, const char *sql)
{
    const struct tables_context *tables = &explain->tables;
    sqlite3_stmt *rows = report_query_open(tables->database, sql, tables->run_id, tables->error);
    if (rows != NULL && explain->member != NULL && sqlite3_bind_parameter_count(rows) > 1)
        sqlite3_bind_int64(rows, 2, explain->member_id);
    if (rows != NULL && sqlite3_bind_parameter_count(rows) > 2)
        sqlite3_bind_int64(rows, 3, tables->style->top);
    return rows;
}

static bool is_stored(const struct explain *explain)
{
    const struct tables_context *tables = &explain->tables;
    enum explain_stored stored = explain_stored(tables->database, tables->run_id, tables->error);
    if (stored == EXPLAIN_UNKNOWN) {
        snprintf(tables->error->message, sizeof tables->error->message,
                 "run %" PRId64
                 " was stored by an earlier throttlesim, which did not take down why "
                 "requests waited; run it again: its scenario is in the column 'scenario' of the "
                 "table 'run'",
                 tables->run_id);
        tables->error->is_input = true;
    }
    return stored == EXPLAIN_STORED;
}

// Names the members that there are, as far as there is room for them.
static bool fail_no_member(const struct explain *explain)
{
    const struct tables_context *tables = &explain->tables;
    struct report_error *error = tables->error;
    char names[EXPLAIN_NAMES_ROOM + REPORT_LABEL_MAX] = "", label[REPORT_LABEL_MAX];
    sqlite3_stmt *rows =
        explain_query(explain, "SELECT name FROM member WHERE run_id = ?1 ORDER BY member_id");
    size_t used = 0, left_out = 0;
    while (report_query_next(rows)) {
        report_label(label, report_query_text(rows, 0), EXPLAIN_NAME_CHARACTERS);
        if (left_out > 0 || used + strlen(label) + 2 > EXPLAIN_NAMES_ROOM) {
            left_out++;
            continue;
        }
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "",
                                 label);
    }
    if (!report_query_close(rows, error))
        return false;
    report_label(label, explain->member, EXPLAIN_NAME_CHARACTERS);
    int length = snprintf(error->message, sizeof error->message,
                          "run %" PRId64 " has no member '%s'; it has: %s", tables->run_id, label,
                          used > 0 ? names : "none");
    if (left_out > 0)
        snprintf(error->message + length, sizeof error->message - (size_t)length, ", and %zu more",
                 left_out);
    error->is_input = true;
    return false;
}

bool report_explain_member(struct report_database *database, int64_t run_id, const char *member,
                           int64_t *member_id, struct report_error *error)
{
    const struct explain explain = {.tables = {database, run_id, NULL, error, NULL, false},
                                    .member = member};
    sqlite3_stmt *rows = report_query_open(
        database, "SELECT member_id FROM member WHERE run_id = ?1 AND name = ?2", run_id, error);
    bool found = false;
    if (rows != NULL) {
        sqlite3_bind_text(rows, 2, member, -1, SQLITE_STATIC);
        found = report_query_next(rows);
        *member_id = found ? sqlite3_column_int64(rows, 0) : 0;
    }
    return report_query_close(rows, error) && (found || fail_no_member(&explain));
}

static bool add_up(const struct explain *explain)
{
    const struct tables_context *tables = &explain->tables;
    if (!report_database_execute(tables->database, "adding up the waits",
                                 "DROP TABLE IF EXISTS temp.explain_part", tables->error))
        return false;
    sqlite3_stmt *create = explain_query(
        explain, "CREATE TEMP TABLE explain_part AS"
                 " SELECT member_id, direction, cause, " EXPLAIN_SUMS " FROM wait_interval"
                 " WHERE run_id = ?1 AND (?2 IS NULL OR member_id = ?2)"
                 " GROUP BY member_id, direction, cause");
    report_query_next(create);
    return report_query_close(create, tables->error) &&
           report_database_execute(
               tables->database, "adding up the waits",
               "CREATE INDEX temp.explain_by_member ON explain_part (member_id)", tables->error);
}

static bool find_causes(struct explain *explain)
{
    sqlite3_stmt *rows =
        explain_query(explain, "SELECT DISTINCT cause FROM explain_part WHERE ?1 > 0");
    while (report_query_next(rows))
        explain->occurs[explain_cause_find(report_query_text(rows, 0))] = true;
    return report_query_close(rows, explain->tables.error);
}

// What the tables of report_explain come to, in words.

struct sums_of_causes {
    double wait_ns[EXPLAIN_CAUSE_COUNT];
    double whole_ns;
    double first_ns; // without queue
    size_t largest;  // of what the first in the queues waited for
    int64_t waiting; // requests that have not left
};

static bool sum_causes(const struct explain *explain, struct sums_of_causes *sums)
{
    sqlite3_stmt *rows = explain_query(explain, "SELECT cause, total(real_ns) FROM explain_part"
                                                " WHERE ?1 > 0 GROUP BY cause");
    *sums = (struct sums_of_causes){.largest = EXPLAIN_CAUSE_COUNT - 1};
    while (report_query_next(rows)) {
        size_t cause = explain_cause_find(report_query_text(rows, 0));
        double wait_ns = sqlite3_column_double(rows, 1);
        sums->wait_ns[cause] += wait_ns;
        sums->whole_ns += wait_ns;
        if (explain_causes[cause].kind == EXPLAIN_QUEUE)
            continue;
        sums->first_ns += wait_ns;
        if (sums->wait_ns[cause] > sums->wait_ns[sums->largest])
            sums->largest = cause;
    }
    if (!report_query_close(rows, explain->tables.error))
        return false;
    rows = explain_query(explain, "SELECT total(requests - dispatched) FROM member_statistics"
                                  " WHERE run_id = ?1 AND direction <> 'read+write'"
                                  "   AND (?2 IS NULL OR member_id = ?2)");
    if (report_query_next(rows))
        sums->waiting = sqlite3_column_int64(rows, 0);
    return report_query_close(rows, explain->tables.error);
}

static void say_largest(const struct explain *explain, const struct sums_of_causes *sums)
{
    const struct explain_cause *largest = &explain_causes[sums->largest];
    char words[200] = "which this version does not know", time[GRID_NUMBER_MAX];
    if (largest->kind == EXPLAIN_LIMIT)
        snprintf(words, sizeof words,
                 "more was asked for than %s lets through when no burst allowance is left",
                 largest->limit);
    else if (largest->kind == EXPLAIN_BURST)
        snprintf(words, sizeof words,
                 "in bursts, more was asked for than %s lets through in a second", largest->key);
    else if (largest->kind == EXPLAIN_TURN)
        strcpy(words, "the members of a group share its limits, and it was another one's turn");
    else if (largest->kind == EXPLAIN_TIMER)
        strcpy(words, "what they waited for was over, but their timer went off later");
    else if (largest->kind == EXPLAIN_DRAIN)
        strcpy(words, "they came while their disk was drained, and waited above the throttle");
    report_say(explain->tables.style, REPORT_PLAIN,
               "The first in each queue waited longest for %s (%.1f %% of %s): %s.", largest->key,
               100 * sums->wait_ns[sums->largest] / sums->first_ns,
               grid_format(time, sums->first_ns, GRID_TIME), words);
}

// Operations that concerned the member, or any, and did something.
#define EXPLAIN_OPERATIONS                                                                         \
    " FROM operation AS o JOIN operation_effect AS e USING (run_id, seq)"                          \
    " WHERE run_id = ?1 AND e.text <> ''"                                                          \
    "   AND (?2 IS NULL OR e.member_id = ?2"                                                       \
    "        OR e.group_id IN (SELECT group_id FROM group_member"                                  \
    "                           WHERE run_id = ?1 AND member_id = ?2)) ORDER BY seq"

// What left because of an operation, whatever it had waited for.
static bool print_released(const struct explain *explain)
{
    char time[GRID_NUMBER_MAX];
    sqlite3_stmt *rows =
        explain_query(explain, "SELECT sum(released), total(released_wait_ns) FROM operation_effect"
                               " WHERE run_id = ?1 AND (?2 IS NULL OR member_id = ?2)");
    if (report_query_next(rows) && sqlite3_column_int64(rows, 0) > 0)
        report_say(explain->tables.style, REPORT_PLAIN,
                   "%lld requests, which had waited %s of this, left because of what was done, not "
                   "because a limit let them.",
                   (long long)sqlite3_column_int64(rows, 0),
                   grid_format(time, sqlite3_column_double(rows, 1), GRID_TIME));
    return report_query_close(rows, explain->tables.error);
}

// What is let go fills buckets above their size; who waits for them to leak waits for the average.
static bool print_overfilled(const struct explain *explain)
{
    sqlite3_stmt *rows = explain_query(
        explain, "SELECT sum(e.text LIKE '%lets nothing pass for%')" EXPLAIN_OPERATIONS);
    if (report_query_next(rows) && sqlite3_column_int64(rows, 0) > 0)
        report_say(explain->tables.style, REPORT_PLAIN,
                   "What was let go counts all the same: until that has leaked nothing passes, "
                   "which is told as a wait for the limit.");
    return report_query_close(rows, explain->tables.error);
}

static bool print_operations(const struct explain *explain)
{
    return tables_list_operations(
        &explain->tables,
        explain_query(explain, "SELECT o.at_ns, o.what, o.result, e.text" EXPLAIN_OPERATIONS));
}

static bool print_words(const struct explain *explain)
{
    const struct report_style *style = explain->tables.style;
    char whose[REPORT_LABEL_MAX + 8] = "", label[REPORT_LABEL_MAX], time[GRID_NUMBER_MAX];
    char queue[80] = "";
    struct sums_of_causes sums;
    if (!sum_causes(explain, &sums))
        return false;
    if (explain->member != NULL) {
        report_label(label, explain->member, GRID_TEXT_MAX);
        snprintf(whose, sizeof whose, " of %s", label);
    }
    putc('\n', style->out);
    if (sums.whole_ns > sums.first_ns)
        snprintf(queue, sizeof queue, ", %.1f %% of it behind earlier ones (queue)",
                 100 * (sums.whole_ns - sums.first_ns) / sums.whole_ns);
    if (sums.whole_ns > 0)
        report_say(style, REPORT_PLAIN, "Requests%s waited %s%s.", whose,
                   grid_format(time, sums.whole_ns, GRID_TIME), queue);
    else
        report_say(style, REPORT_PLAIN, "No request%s%s waited.", whose,
                   sums.waiting > 0 ? " that has left the throttle" : "");
    if (sums.whole_ns > 0 && sums.first_ns > 0)
        say_largest(explain, &sums);
    if (sums.waiting > 0)
        report_say(style, REPORT_PLAIN,
                   "%" PRId64 " more had not left when the run ended: their wait is not in this.",
                   sums.waiting);
    return print_released(explain) && print_overfilled(explain) && print_operations(explain);
}

// Why requests waited as one JSON object. SQLite makes it piece by piece, so that it never is in
// memory as a whole: there is a piece for each interval.

#define EXPLAIN_CAUSES                                                                             \
    "json_group_object(cause, json_object('requests', requests, 'wait_ns', wait_ns)) AS causes "

#define EXPLAIN_WAIT EXPLAIN_SUM("wait_ns") " AS wait_ns, "

// One row per direction of a member: causes, and all of them together.
#define EXPLAIN_DIRECTIONS                                                                         \
    "(SELECT json_group_object(p.direction, json_object('waited', s.waited, 'wait_ns', p.wait_ns," \
    "                                                   'causes', json(p.causes)))"                \
    "   FROM (SELECT direction, " EXPLAIN_WAIT EXPLAIN_CAUSES                                      \
    "           FROM explain_part WHERE member_id = m.member_id GROUP BY direction) AS p"          \
    "   LEFT JOIN (SELECT direction, waited - (requests - dispatched) AS waited"                   \
    "                FROM member_statistics WHERE run_id = ?1 AND member_id = m.member_id) AS s"   \
    "  USING (direction))"

// Of a member with several throttles, from above; else NULL.
#define EXPLAIN_THROTTLES                                                                          \
    "(SELECT nullif(json_group_array(json_object('name', name, 'stage', stage, 'wait_ns', "        \
    "wait_ns,"                                                                                     \
    "                                            'causes', json(causes))), '[]')"                  \
    "   FROM (SELECT s.name, s.stage, coalesce(" EXPLAIN_SUM(                                      \
        "wait_ns") ", 0) AS wait_ns,"                                                              \
                   "                json_group_object(cause, wait_ns) FILTER (WHERE cause IS NOT " \
                   "NULL) AS causes"                                                               \
                   "           FROM stage_name AS s LEFT JOIN"                                     \
                   "                (SELECT stage, cause, " EXPLAIN_SUM(                           \
                       "wait_ns") " AS wait_ns"                                                    \
                                  "                   FROM wait_interval WHERE run_id = ?1 AND "   \
                                  "member_id = "                                                   \
                                  "m.member_id"                                                    \
                                  "                  GROUP BY stage, cause) USING (stage)"         \
                                  "          WHERE s.run_id = ?1 AND s.member_id = m.member_id"    \
                                  "          GROUP BY s.stage ORDER BY s.stage DESC))"

#define EXPLAIN_MEMBERS                                                                            \
    "SELECT json_object('name', m.name, 'throttles', json(" EXPLAIN_THROTTLES "),"                 \
    "                   'directions', json(" EXPLAIN_DIRECTIONS "))"                               \
    "  FROM member AS m WHERE run_id = ?1 AND (?2 IS NULL OR member_id = ?2) ORDER BY member_id"

#define EXPLAIN_INTERVALS                                                                          \
    "SELECT json_object('interval', interval, 'start_ns', interval * r.interval_ns,"               \
    "                   'directions', json_group_object(direction, json(causes)))"                 \
    "  FROM (SELECT interval, direction, " EXPLAIN_CAUSES                                          \
    "          FROM wait_interval WHERE run_id = ?1 AND member_id = ?2"                            \
    "         GROUP BY interval, direction), run AS r WHERE r.run_id = ?1"                         \
    " GROUP BY interval ORDER BY interval"

#define EXPLAIN_ENDS                                                                               \
    EXPLAIN_ENDED                                                                                  \
    "SELECT json_object('at_ns', at_ns, 'group', group_name, 'limit', key,"                        \
    "                   'refill_ns', refill_ns) FROM ended ORDER BY at_ns, place"

#define EXPLAIN_DONE                                                                               \
    "SELECT json_object('at_ns', o.at_ns, 'what', o.what, 'effect', e.text, 'waiting', e.waiting," \
    "                   'released', e.released, 'released_wait_ns', "                              \
    "e.released_wait_ns)" EXPLAIN_OPERATIONS

// The rows, one piece of JSON each, with something before, between and after.
static bool print_pieces(const struct explain *explain, const char *before, const char *sql,
                         const char *after)
{
    FILE *out = explain->tables.style->out;
    sqlite3_stmt *rows = explain_query(explain, sql);
    bool first = true;
    fputs(before, out);
    for (; report_query_next(rows); first = false) {
        if (!first)
            putc(',', out);
        report_write_utf8(out, report_query_text(rows, 0)); // names may hold anything
    }
    fputs(after, out);
    return report_query_close(rows, explain->tables.error);
}

static bool print_json(const struct explain *explain)
{
    return print_pieces(explain,
                        "{\"run\":", "SELECT " TABLES_JSON_RUN " FROM run WHERE run_id = ?1",
                        ",") &&
           print_pieces(explain, "\"members\":[", EXPLAIN_MEMBERS, "],") &&
           (explain->member == NULL ||
            print_pieces(explain, "\"intervals\":[", EXPLAIN_INTERVALS, "],")) &&
           print_pieces(explain, "\"operations\":[", EXPLAIN_DONE, "],") &&
           print_pieces(explain, "\"burst_ends\":[", EXPLAIN_ENDS, "]}\n");
}

bool report_explain(struct report_database *database, int64_t run_id, const char *member,
                    const struct report_style *style, struct report_error *error)
{
    struct explain explain = {.tables = {database, run_id, style, error, NULL, false},
                              .member = member};
    if (!report_query_run_exists(database, run_id, error) ||
        (member != NULL &&
         !report_explain_member(database, run_id, member, &explain.member_id, error)) ||
        !is_stored(&explain) || !add_up(&explain) || !find_causes(&explain))
        return false;
    bool good = style->format == REPORT_JSON
                    ? print_json(&explain)
                    : tables_print_head(&explain.tables) && print_words(&explain) &&
                          explain_print_tables(&explain);
    if (good && (fflush(style->out) != 0 || ferror(style->out))) {
        snprintf(error->message, sizeof error->message,
                 "writing why requests of run %" PRId64 " waited: %s", run_id, strerror(errno));
        return false;
    }
    return good;
}

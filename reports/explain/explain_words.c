// SPDX-License-Identifier: GPL-2.0-or-later
// What the tables of report_explain come to, in words.
#include "reports/explain/explain_internal.h"

#include <inttypes.h>
#include <string.h>

struct explain_sums {
    double wait_ns[EXPLAIN_CAUSE_COUNT];
    double whole_ns;
    double first_ns; // without queue
    size_t largest;  // of what the first in the queues waited for
    int64_t waiting; // requests that have not left
};

static bool explain_sum(const struct explain *explain, struct explain_sums *sums)
{
    sqlite3_stmt *rows = explain_query(explain, "SELECT cause, total(real_ns) FROM explain_part"
                                                " WHERE ?1 > 0 GROUP BY cause");

    *sums = (struct explain_sums){.largest = EXPLAIN_CAUSE_COUNT - 1};
    while (rows != NULL && report_query_next(rows)) {
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
    if (rows != NULL && report_query_next(rows))
        sums->waiting = sqlite3_column_int64(rows, 0);
    return report_query_close(rows, explain->tables.error);
}

static void explain_say_time(FILE *out, double ns)
{
    if (ns >= 1e9)
        fprintf(out, "%.*f s", ns >= 1e12 ? 0 : 2, ns / 1e9);
    else if (ns >= 1e6)
        fprintf(out, "%.2f ms", ns / 1e6);
    else
        fprintf(out, "%.3f us", ns / 1e3);
}

static void explain_say_largest(const struct explain *explain, const struct explain_sums *sums)
{
    const struct explain_cause *largest = &explain_causes[sums->largest];
    FILE *out = explain->tables.out;

    fprintf(out, "The first in each queue waited longest for %s (%.1f %% of ", largest->key,
            100 * sums->wait_ns[sums->largest] / sums->first_ns);
    explain_say_time(out, sums->first_ns);
    switch (largest->kind) {
    case EXPLAIN_LIMIT:
        fprintf(out,
                "):\nmore was asked for than %s lets through when no burst allowance is left.\n",
                largest->limit);
        break;
    case EXPLAIN_BURST:
        fprintf(out, "):\nin bursts, more was asked for at once than %s lets through.\n",
                largest->key);
        break;
    case EXPLAIN_TURN:
        fputs("):\nthe members of a group share its limits, and it was another one's turn.\n", out);
        break;
    case EXPLAIN_TIMER:
        fputs("):\nwhat they waited for was over, but their timer went off later.\n", out);
        break;
    default:
        fputs("),\nof which this version does not know what it is.\n", out);
        break;
    }
}

static void explain_say_nothing(const struct explain *explain, const char *whose, bool waiting)
{
    fprintf(explain->tables.out, "\nNo request%s%s waited.\n", whose,
            waiting ? " that has left the throttle" : "");
}

bool explain_print_words(const struct explain *explain)
{
    FILE *out = explain->tables.out;
    char whose[REPORT_LABEL_MAX + 8] = "", label[REPORT_LABEL_MAX];
    struct explain_sums sums;

    if (!explain_sum(explain, &sums))
        return false;
    if (explain->member != NULL) {
        report_label(label, explain->member, TABLES_NAME_CHARACTERS);
        snprintf(whose, sizeof whose, " of %s", label);
    }
    if (sums.whole_ns > 0) {
        double queue_ns = sums.whole_ns - sums.first_ns;

        fprintf(out, "\nRequests%s waited ", whose);
        explain_say_time(out, sums.whole_ns);
        if (queue_ns > 0)
            fprintf(out, ", %.1f %% of it behind earlier ones (queue)",
                    100 * queue_ns / sums.whole_ns);
        fputs(".\n", out);
        if (sums.first_ns > 0)
            explain_say_largest(explain, &sums);
    } else {
        explain_say_nothing(explain, whose, sums.waiting > 0);
    }
    if (sums.waiting > 0)
        fprintf(out,
                "%" PRId64 " more had not left when the run ended: their wait is not in this.\n",
                sums.waiting);
    return true;
}

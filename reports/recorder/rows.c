// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/query.h"
#include "reports/recorder/recorder_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_WORDS 131072 // 1 MiB
#define ROWS_VALUES_MAX 15
// Rows that one statement inserts: opening a table and finding the place in it costs more than to
// put a row there, and is done once for all of them.
#define ROWS_TOGETHER 16

struct statement_row {
    size_t values;
    const char *sql;
};

static const struct statement_row statements[REPORT_ROW_COUNT] = {
    [REPORT_ROW_MEMBER] = {4, "INSERT INTO member VALUES (?, ?, ?, ?, ?)"},
    [REPORT_ROW_GROUP] = {2,
                          "INSERT INTO throttle_group (run_id, group_id, name) VALUES (?, ?, ?)"},
    [REPORT_ROW_MEMBERSHIP] = {3, "INSERT INTO membership VALUES (?, ?, ?, ?)"},
    [REPORT_ROW_STAGE_MEMBERSHIP] = {4, "INSERT INTO stage_membership VALUES (?, ?, ?, ?, ?)"},
    [REPORT_ROW_LIMIT] = {4, "INSERT INTO limit_setting VALUES (?, ?, ?, ?, ?)"},
    [REPORT_ROW_LIMIT_EFFECT] = {10, "INSERT INTO limit_effect VALUES "
                                     "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
    [REPORT_ROW_OPERATION_EFFECT] = {7, "INSERT INTO operation_effect VALUES "
                                        "(?, ?, ?, ?, ?, ?, ?, ?)"},
    [REPORT_ROW_OPERATION] = {4, "INSERT INTO operation VALUES (?, ?, ?, ?, ?)"},
    [REPORT_ROW_NOTICE] = {5, "INSERT INTO notice VALUES (?, ?, ?, ?, ?, ?)"},
    [REPORT_ROW_INTERVAL_LENGTH] = {1, "UPDATE run SET interval_ns = ?2 WHERE run_id = ?1"},
    [REPORT_ROW_REQUEST] = {8, "INSERT INTO request VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"},
    [REPORT_ROW_REQUEST_PLACE] = {2, "INSERT INTO request_place VALUES (?, ?, ?)"},
    [REPORT_ROW_REQUEST_STAGE] = {3, "INSERT INTO request_stage VALUES (?, ?, ?, ?)"},
    [REPORT_ROW_MEMBER_SERIES] = {5, "INSERT INTO member_series VALUES (?, ?, ?, ?, ?, ?)"},
    [REPORT_ROW_GROUP_INTERVAL] = {5, "INSERT INTO group_interval VALUES (?, ?, ?, ?, ?, ?)"},
    [REPORT_ROW_BUCKET_INTERVAL] = {7, "INSERT INTO bucket_interval VALUES "
                                       "(?, ?, ?, ?, ?, ?, ?, ?)"},
    [REPORT_ROW_WAIT_SERIES] = {6, "INSERT INTO wait_series VALUES (?, ?, ?, ?, ?, ?, ?)"},
    [REPORT_ROW_STAGE_WAIT_SERIES] = {7, "INSERT INTO stage_wait_series VALUES "
                                         "(?, ?, ?, ?, ?, ?, ?, ?)"},
    [REPORT_ROW_COUNTED_SERIES] = {5, "INSERT INTO counted_series VALUES (?, ?, ?, ?, ?, ?)"},
    [REPORT_ROW_LATENCY_INTERVAL] = {3, "INSERT INTO latency_interval VALUES (?, ?, ?, ?)"},
    [REPORT_ROW_BURST_END] = {4, "INSERT INTO burst_end VALUES (?, ?, ?, ?, ?)"},
    [REPORT_ROW_GROUP_CONTENTION] = {7, "INSERT INTO group_contention VALUES "
                                        "(?, ?, ?, ?, ?, ?, ?, ?)"},
    [REPORT_ROW_ASSUMPTION] = {4, "INSERT INTO assumption VALUES (?, ?, ?, ?, ?)"},
    [REPORT_ROW_ACHIEVED] = {12, "INSERT INTO achieved VALUES "
                                 "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
    [REPORT_ROW_MEMBER_STATISTICS] = {9, "INSERT INTO member_statistics VALUES "
                                         "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
    [REPORT_ROW_LATENCY_STATISTICS] = {10, "INSERT INTO latency_statistics VALUES "
                                           "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
    [REPORT_ROW_HISTOGRAM] = {6, "INSERT INTO latency_histogram VALUES (?, ?, ?, ?, ?, ?, ?)"},
    [REPORT_ROW_GROUP_DIFFERENCE] = {3, "UPDATE throttle_group "
                                        "SET max_service_difference_requests = ?3, "
                                        "max_service_difference_bytes = ?4 "
                                        "WHERE run_id = ?1 AND group_id = ?2"},
    [REPORT_ROW_OUTCOME] = {7, "UPDATE run SET status = ?2, error = ?3, digest = ?4, end_ns = ?5, "
                               "arrived = ?6, dispatched = ?7, completed = ?8, "
                               "finished_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now') "
                               "WHERE run_id = ?1"},
};

struct report_rows {
    struct report_database *database;
    int64_t run_id;
    bool failed;
    struct report_error error;
    sqlite3_stmt *single[REPORT_ROW_COUNT];   // statements, prepared on first use
    sqlite3_stmt *together[REPORT_ROW_COUNT]; // for ROWS_TOGETHER rows
    size_t used;                              // words
    // A row is: a head, a word per value, then the texts, each filled up to whole words. The head
    // is the row's kind (8 bits), its length in words (24) and its values' types (2 each). A text's
    // word is its length in bytes.
    uint64_t words[ROWS_WORDS];
};

struct report_rows *report_rows_open(struct report_database *database, int64_t run_id,
                                     struct report_error *error)
{
    struct report_rows *rows = malloc(sizeof *rows);
    if (rows == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for the rows of a run");
        return NULL;
    }
    rows->database = database;
    rows->run_id = run_id;
    rows->failed = false;
    rows->used = 0;
    for (size_t i = 0; i < REPORT_ROW_COUNT; i++)
        rows->single[i] = rows->together[i] = NULL;
    return rows;
}

void report_rows_close(struct report_rows *rows)
{
    if (rows == NULL)
        return;
    for (size_t i = 0; i < REPORT_ROW_COUNT; i++) {
        sqlite3_finalize(rows->single[i]);
        sqlite3_finalize(rows->together[i]);
    }
    free(rows);
}

void report_rows_fail(struct report_rows *rows, const char *message)
{
    if (!rows->failed)
        snprintf(rows->error.message, sizeof rows->error.message, "%s", message);
    rows->failed = true;
}

const struct report_error *report_rows_error(const struct report_rows *rows)
{
    return rows->failed ? &rows->error : NULL;
}

static size_t text_words(size_t length)
{
    return length / sizeof(uint64_t) + 1;
}

// How many words a row takes; the lengths of its texts.
static size_t measure(enum report_row row, const struct report_value *values,
                      size_t lengths[ROWS_VALUES_MAX])
{
    size_t count = statements[row].values, needed = 1 + count;
    assert(count <= ROWS_VALUES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (values[i].type != REPORT_STRING)
            continue;
        lengths[i] = strlen(values[i].string);
        needed += text_words(lengths[i]);
    }
    return needed;
}

static void pack(uint64_t *head, size_t needed, enum report_row row,
                 const struct report_value *values, const size_t lengths[ROWS_VALUES_MAX])
{
    size_t count = statements[row].values;
    uint64_t *word = head + 1, *text = word + count;
    *head = (uint64_t)row | (uint64_t)needed << 8;
    for (size_t i = 0; i < count; i++, word++) {
        *head |= (uint64_t)values[i].type << (32 + 2 * i);
        if (values[i].type == REPORT_STRING) {
            *word = lengths[i];
            memcpy(text, values[i].string, lengths[i]);
            text += text_words(lengths[i]);
        } else {
            memcpy(word, &values[i].integer, sizeof *word);
        }
    }
}

// Room for so many words; NULL: the rows have failed.
static uint64_t *take(struct report_rows *rows, size_t needed)
{
    if (rows->failed)
        return NULL;
    if (needed > ROWS_WORDS) {
        report_rows_fail(rows, "a text of more than 1 MiB cannot be stored with a run");
        return NULL;
    }
    if (needed > ROWS_WORDS - rows->used && !report_rows_flush(rows))
        return NULL;
    rows->used += needed;
    return rows->words + rows->used - needed;
}

void report_rows_add(struct report_rows *rows, enum report_row row,
                     const struct report_value *values)
{
    size_t lengths[ROWS_VALUES_MAX] = {0};
    size_t needed = measure(row, values, lengths);
    uint64_t *head = take(rows, needed);
    if (head != NULL)
        pack(head, needed, row, values, lengths);
}

void report_rows_hold(struct report_rows *rows, struct report_held *held, enum report_row row,
                      const struct report_value *values)
{
    size_t lengths[ROWS_VALUES_MAX] = {0};
    size_t needed = measure(row, values, lengths);
    if (needed > held->capacity - held->used) {
        size_t capacity = 2 * held->capacity + needed;
        uint64_t *words = realloc(held->words, capacity * sizeof *words);
        if (words == NULL) {
            report_rows_fail(rows, "out of memory for the rows of a run");
            return;
        }
        held->words = words;
        held->capacity = capacity;
    }
    pack(held->words + held->used, needed, row, values, lengths);
    held->used += needed;
}

void report_rows_add_held(struct report_rows *rows, const struct report_held *held)
{
    size_t length;
    for (size_t at = 0; at < held->used; at += length) {
        length = (uint32_t)held->words[at] >> 8;
        uint64_t *head = take(rows, length);
        if (head == NULL)
            return;
        memcpy(head, held->words + at, length * sizeof *head);
    }
}

static int bind_value(sqlite3_stmt *statement, int at, enum report_type type, uint64_t word,
                      const uint64_t *text)
{
    int64_t integer;
    double real;
    switch (type) {
    case REPORT_INTEGER:
        memcpy(&integer, &word, sizeof integer);
        return sqlite3_bind_int64(statement, at, integer);
    case REPORT_REAL:
        memcpy(&real, &word, sizeof real);
        return sqlite3_bind_double(statement, at, real);
    case REPORT_STRING:
        return sqlite3_bind_text(statement, at, (const char *)text, (int)word, SQLITE_STATIC);
    case REPORT_NULL:
        break;
    }
    return sqlite3_bind_null(statement, at);
}

// The statement of one row, with the values of `count` - 1 more rows.
static sqlite3_stmt *prepare(struct report_rows *rows, enum report_row row, size_t count)
{
    char sql[ROWS_TOGETHER * (ROWS_VALUES_MAX * 3 + 8) + 512];
    sqlite3_stmt *statement;
    int length = snprintf(sql, sizeof sql, "%s", statements[row].sql);
    for (size_t i = 1; i < count; i++) {
        length += snprintf(sql + length, sizeof sql - (size_t)length, ", (?1");
        for (size_t v = 0; v < statements[row].values; v++)
            length += snprintf(sql + length, sizeof sql - (size_t)length, ", ?");
        length += snprintf(sql + length, sizeof sql - (size_t)length, ")");
    }
    if (sqlite3_prepare_v3(report_database_handle(rows->database), sql, -1,
                           SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
        return NULL;
    sqlite3_bind_int64(statement, 1, rows->run_id);
    return statement;
}

// Binds a row's values from parameter `at` on.
static bool bind_row(sqlite3_stmt *statement, int at, const uint64_t *head, size_t count)
{
    const uint64_t *word = head + 1, *text = word + count;
    for (size_t i = 0; i < count; i++, word++) {
        enum report_type type = (enum report_type)(*head >> (32 + 2 * i) & 3);
        if (bind_value(statement, at + (int)i, type, *word, text) != SQLITE_OK)
            return false;
        if (type == REPORT_STRING)
            text += text_words((size_t)*word);
    }
    return true;
}

static bool write_rows(struct report_rows *rows, enum report_row row, const uint64_t *const heads[],
                       size_t count)
{
    sqlite3_stmt **statement = count > 1 ? &rows->together[row] : &rows->single[row];
    size_t values = statements[row].values;
    if (*statement == NULL)
        *statement = prepare(rows, row, count);
    for (size_t i = 0; *statement != NULL && i < count; i++) {
        if (!bind_row(*statement, (int)(2 + i * values), heads[i], values))
            return false;
    }
    bool done = *statement != NULL && sqlite3_step(*statement) == SQLITE_DONE;
    return sqlite3_reset(*statement) == SQLITE_OK && done;
}

// Writes all rows of one kind, in order.
static bool write_kind(struct report_rows *rows, enum report_row row)
{
    size_t together = row < REPORT_ROW_GROUP_DIFFERENCE ? ROWS_TOGETHER : 1; // updates: one each
    const uint64_t *heads[ROWS_TOGETHER], *end = rows->words + rows->used;
    size_t count = 0;
    for (const uint64_t *head = rows->words; head < end; head += (uint32_t)*head >> 8) {
        if ((*head & 0xff) != row)
            continue;
        heads[count++] = head;
        if (count < together)
            continue;
        if (!write_rows(rows, row, heads, count))
            return false;
        count = 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (!write_rows(rows, row, heads + i, 1))
            return false;
    }
    return true;
}

// Somebody else may have deleted the run. Asked once a transaction: SQLite's own check of foreign
// keys asks for every row.
static bool run_still_exists(struct report_rows *rows)
{
    struct report_error missing;
    if (report_query_run_exists(rows->database, rows->run_id, &missing))
        return true;
    snprintf(rows->error.message, sizeof rows->error.message,
             "the run was deleted from the database while it was recorded: %.200s",
             missing.message);
    return false;
}

bool report_rows_flush(struct report_rows *rows)
{
    static const char doing[] = "storing rows of a run";
    sqlite3 *handle = report_database_handle(rows->database);
    if (rows->failed || rows->used == 0)
        return !rows->failed;
    rows->failed =
        !report_database_execute(rows->database, doing, "BEGIN IMMEDIATE", &rows->error) ||
        !run_still_exists(rows);
    for (size_t row = 0; !rows->failed && row < REPORT_ROW_COUNT; row++) {
        if (!write_kind(rows, (enum report_row)row))
            rows->failed = !report_database_fail(rows->database, doing, &rows->error);
    }
    if (!rows->failed)
        rows->failed = !report_database_execute(rows->database, doing, "COMMIT", &rows->error);
    // A failed statement may or may not have ended the transaction.
    if (rows->failed && !sqlite3_get_autocommit(handle))
        sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL);
    rows->used = 0;
    return !rows->failed;
}

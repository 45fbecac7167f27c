// SPDX-License-Identifier: GPL-2.0-or-later
// Both logs are read side by side, in order of arrival, or, where arrivals answer, of the
// recordings; the first request that is not the same in both ends the comparison.
#include "reports/compare/compare_internal.h"
#include "reports/fairness.h"
#include "reports/query.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LOG_COLUMNS                                                                                \
    "SELECT seq, member_id, op, offset, bytes, arrival_ns, dispatch_ns, complete_ns FROM request"
#define BETWEEN_LOOKS 4096 // at whether it is to stop

// What a request is; what became of it.
struct log_request {
    bool present;
    int64_t seq;
    const struct comparison_identity *identity;
    const char *op; // valid until the next row
    int64_t offset, bytes, arrival_ns;
    bool dispatched, completed;
    int64_t dispatch_ns, complete_ns;
};

struct log_reader {
    const struct comparison_side *side;
    sqlite3_stmt *rows;
    struct log_request request;
};

static int compare_ids(const void *a, const void *b)
{
    const struct comparison_identity *first = a, *second = b;
    return (first->member_id > second->member_id) - (first->member_id < second->member_id);
}

const struct comparison_identity *comparison_find_identity(const struct comparison_side *side,
                                                           int64_t id)
{
    const struct comparison_identity key = {.member_id = id};
    if (id >= 0 && (uint64_t)id < side->identity_count && side->identities[id].member_id == id)
        return &side->identities[id];
    return bsearch(&key, side->identities, side->identity_count, sizeof key, compare_ids);
}

// How the log spells the operations.
static bool parse_direction(const char *op, uint8_t *direction)
{
    static const struct {
        const char *op;
        uint8_t direction; // enum report_direction
    } ops[] = {
        {"read", REPORT_DIRECTION_READ},          {"write", REPORT_DIRECTION_WRITE},
        {"write-zeroes", REPORT_DIRECTION_WRITE}, {"discard", REPORT_DIRECTION_DISCARD},
        {"flush", REPORT_DIRECTION_FLUSH},
    };
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (!strcmp(op, ops[i].op)) {
            *direction = ops[i].direction;
            return true;
        }
    }
    return false;
}

static bool is_sound(const struct log_request *request, const struct comparison_side *side)
{
    uint8_t unused;
    return request->identity != NULL && parse_direction(request->op, &unused) &&
           request->bytes >= 0 && request->arrival_ns >= 0 &&
           request->arrival_ns >= side->first_arrival_ns &&
           request->arrival_ns <= side->last_arrival_ns &&
           (request->dispatched || !request->completed) &&
           (!request->dispatched || request->dispatch_ns >= request->arrival_ns) &&
           (!request->completed || request->complete_ns >= request->dispatch_ns);
}

static bool next_request(struct log_reader *reader, struct report_error *error)
{
    struct log_request *request = &reader->request;
    sqlite3_stmt *rows = reader->rows;
    request->present = report_query_next(rows);
    if (!request->present)
        return true;
    *request = (struct log_request){
        .present = true,
        .seq = sqlite3_column_int64(rows, 0),
        .identity = comparison_find_identity(reader->side, sqlite3_column_int64(rows, 1)),
        .op = report_query_text(rows, 2),
        .offset = sqlite3_column_int64(rows, 3),
        .bytes = sqlite3_column_int64(rows, 4),
        .arrival_ns = sqlite3_column_int64(rows, 5),
        .dispatched = sqlite3_column_type(rows, 6) != SQLITE_NULL,
        .completed = sqlite3_column_type(rows, 7) != SQLITE_NULL,
        .dispatch_ns = sqlite3_column_int64(rows, 6),
        .complete_ns = sqlite3_column_int64(rows, 7),
    };
    if (is_sound(request, reader->side))
        return true;
    error->is_input = true;
    snprintf(error->message, sizeof error->message,
             "%s: request %" PRId64 " cannot be as it is stored; the file is damaged",
             reader->side->run.shown, request->seq);
    return false;
}

static void describe(const struct log_request *request, char *text, size_t size)
{
    char name[REPORT_LABEL_MAX];
    if (!request->present) {
        snprintf(text, size, "has no more requests");
        return;
    }
    report_label(name, request->identity->name, 40);
    snprintf(text, size,
             "has a %.16s of '%.160s', %" PRId64 " bytes at offset %" PRId64
             ", arriving at %" PRId64 " ns",
             request->op, name, request->bytes, request->offset, request->arrival_ns);
}

// "; A is of a.csv, B of b.csv", if that is so.
static bool describe_traces(const struct log_reader readers[2], char *text, size_t size,
                            struct report_error *error)
{
    char traces[2][REPORT_LABEL_MAX] = {"", ""};
    text[0] = '\0';
    for (int i = 0; i < 2; i++) {
        const struct report_compare_side *run = &readers[i].side->run;
        sqlite3_stmt *rows = report_query_open(
            run->database,
            "SELECT group_concat(trace, ', ') FROM"
            " (SELECT DISTINCT trace FROM member WHERE run_id = ?1 ORDER BY trace)",
            run->run_id, error);
        if (report_query_next(rows))
            report_label(traces[i], report_query_text(rows, 0), 50);
        if (!report_query_close(rows, error))
            return false;
    }
    if (strcmp(traces[0], traces[1]) != 0)
        snprintf(text, size, "; A is of %.90s, B of %.90s", traces[0], traces[1]);
    return true;
}

static bool fail_different(const struct log_reader readers[2], uint64_t number,
                           struct report_error *error)
{
    char texts[2][REPORT_LABEL_MAX], traces[2 * REPORT_LABEL_MAX];
    for (int i = 0; i < 2; i++)
        describe(&readers[i].request, texts[i], sizeof texts[i]);
    if (!describe_traces(readers, traces, sizeof traces, error))
        return false;
    error->is_input = true;
    snprintf(error->message, sizeof error->message,
             "the arrivals differ at request %" PRIu64 ": A (%.90s) %.260s; B (%.90s) "
             "%.260s; "
             "only runs of the same requests can be compared%.200s",
             number, readers[0].side->run.shown, texts[0], readers[1].side->run.shown, texts[1],
             traces);
    return false;
}

static bool are_equal(const struct log_request *a, const struct log_request *b, bool at_one_time)
{
    return a->present && b->present && a->identity->member == b->identity->member &&
           (a->arrival_ns == b->arrival_ns || !at_one_time) && a->offset == b->offset &&
           a->bytes == b->bytes && !strcmp(a->op, b->op);
}

static void count_traffic(struct comparison_traffic *traffic, const struct log_reader readers[2])
{
    if (traffic->requests++ == 0 || readers[0].request.arrival_ns < traffic->first_arrival_ns)
        traffic->first_arrival_ns = readers[0].request.arrival_ns;
    for (int i = 0; i < 2; i++) {
        const struct log_request *request = &readers[i].request;
        traffic->waiting[i] += !request->dispatched;
        if (!request->completed)
            continue;
        traffic->completed[i]++;
        traffic->completed_bytes[i] =
            report_add_saturated(traffic->completed_bytes[i], request->bytes);
        if (request->complete_ns > traffic->last_completion_ns[i])
            traffic->last_completion_ns[i] = request->complete_ns;
    }
}

static void take_pair(struct report_comparison *comparison, const struct log_reader readers[2],
                      struct comparison_pair *pair)
{
    const struct comparison_side *side = readers[0].side;
    int64_t width_ns = (side->last_arrival_ns - side->first_arrival_ns) / REPORT_COMPARE_BLOCKS + 1;
    *pair = (struct comparison_pair){
        .member = readers[0].request.identity->member,
        .block = (uint8_t)((readers[0].request.arrival_ns - side->first_arrival_ns) / width_ns),
    };
    parse_direction(readers[0].request.op, &pair->direction);
    for (int i = 0; i < 2; i++) {
        const struct log_request *request = &readers[i].request;
        pair->wait_ns[i] =
            request->dispatched ? request->dispatch_ns - request->arrival_ns : COMPARISON_NEVER;
        pair->total_ns[i] = !request->dispatched ? COMPARISON_NEVER
                            : request->completed ? request->complete_ns - request->arrival_ns
                                                 : COMPARISON_UNKNOWN;
    }
    struct comparison_member *member = &comparison->members[pair->member];
    struct comparison_traffic *traffic = &member->traffic[pair->direction];
    if (pair->total_ns[0] == COMPARISON_UNKNOWN || pair->total_ns[1] == COMPARISON_UNKNOWN) {
        pair->total_ns[0] = pair->total_ns[1] = COMPARISON_UNKNOWN;
        traffic->unknown++;
    }
    member->count++;
    count_traffic(traffic, readers);
}

static bool read_pairs(struct report_comparison *comparison, struct log_reader readers[2],
                       struct report_error *error)
{
    struct comparison_pair *pairs = comparison->pairs.bytes;
    bool at_one_time = !readers[0].side->answers && !readers[1].side->answers;
    for (uint64_t i = 0; i <= comparison->count; i++) {
        if (!next_request(&readers[0], error) || !next_request(&readers[1], error))
            return false;
        if (!readers[0].request.present && !readers[1].request.present)
            return true;
        if (!are_equal(&readers[0].request, &readers[1].request, at_one_time) ||
            i == comparison->count)
            return fail_different(readers, i, error);
        take_pair(comparison, readers, &pairs[i]);
        if (i % BETWEEN_LOOKS == 0 && comparison_stopped(comparison, BETWEEN_LOOKS, error))
            return false;
    }
    return true;
}

// Where each member's pairs are; the order within a member is that of arrival.
static bool sort_pairs(struct report_comparison *comparison, struct report_error *error)
{
    const struct comparison_pair *pairs = comparison->pairs.bytes;
    uint64_t *order, first = 0;
    if (!report_spill_open(&comparison->order, comparison->count, sizeof *order, error))
        return false;
    order = comparison->order.bytes;
    for (size_t m = 0; m < comparison->member_count; m++) {
        struct comparison_member *member = &comparison->members[m];
        member->first = first;
        first += member->count;
        member->count = 0;
    }
    for (uint64_t i = 0; i < comparison->count; i++) {
        struct comparison_member *member = &comparison->members[pairs[i].member];
        order[member->first + member->count++] = i;
    }
    return true;
}

bool comparison_load_pairs(struct report_comparison *comparison, struct report_error *error)
{
    struct log_reader readers[2] = {{.side = &comparison->sides[0]},
                                    {.side = &comparison->sides[1]}};
    bool good;
    comparison->count = comparison->sides[0].logged;
    good = report_spill_open(&comparison->pairs, comparison->count, sizeof(struct comparison_pair),
                             error);
    for (int i = 0; good && i < 2; i++) {
        readers[i].rows = report_query_open(
            readers[i].side->run.database,
            readers[i].side->answers ? LOG_COLUMNS " JOIN request_place USING (run_id, seq)"
                                                   " WHERE run_id = ?1 ORDER BY place"
                                     : LOG_COLUMNS " WHERE run_id = ?1 ORDER BY seq",
            readers[i].side->run.run_id, error);
        good = readers[i].rows != NULL;
    }
    good = good && read_pairs(comparison, readers, error);
    for (int i = 0; i < 2; i++) { // a failure to read looks like the end: what it says goes first
        if (readers[i].rows != NULL && !report_query_close(readers[i].rows, error))
            good = false;
    }
    return good && sort_pairs(comparison, error);
}

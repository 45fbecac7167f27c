// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/check/deviation.h"

#include "engine/engine.h"
#include "reports/label.h"
#include "sim/base/units.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_SHOWN 12
#define NAME_CHARACTERS 64

// ---- Looking a request up ----

bool deviation_open(struct deviation *deviation, const struct accepted *accepted)
{
    *deviation = (struct deviation){.accepted = accepted, .by_seq = accepted_by_seq(accepted)};
    return deviation->by_seq != NULL;
}

void deviation_close(struct deviation *deviation)
{
    free(deviation->by_seq);
    *deviation = (struct deviation){.accepted = NULL};
}

// The first place from which on no sequence number is smaller.
static size_t lower_bound(const struct deviation *deviation, uint64_t seq)
{
    size_t low = 0, high = deviation->accepted->decision_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (deviation->by_seq[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Those that leave at once come mostly in the order of their numbers: the last place is near.
static size_t find_place(struct deviation *deviation, uint64_t seq, bool at_once)
{
    size_t count = deviation->accepted->decision_count, place = deviation->cursor;
    if (!at_once)
        return lower_bound(deviation, seq);
    for (int step = 0; step < 8 && place < count && deviation->by_seq[place].seq < seq; step++)
        place++;
    if ((place < count && deviation->by_seq[place].seq < seq) ||
        (place > 0 && deviation->by_seq[place - 1].seq >= seq))
        place = lower_bound(deviation, seq);
    deviation->cursor = place;
    return place;
}

static int64_t accepted_time(struct deviation *deviation, const struct report_request *request,
                             bool at_once)
{
    size_t place = find_place(deviation, request->seq, at_once);
    if (place == deviation->accepted->decision_count ||
        deviation->by_seq[place].seq != request->seq)
        return request->arrival_ns;
    return deviation->by_seq[place].dispatch_ns;
}

// ---- Comparing ----

static int64_t parting_ns(const struct deviation_request *request)
{
    return request->leaves_ns < request->accepted_ns ? request->leaves_ns : request->accepted_ns;
}

static bool is_before(const struct deviation_request *left, const struct deviation_request *right)
{
    int64_t left_ns = parting_ns(left), right_ns = parting_ns(right);
    return left_ns < right_ns || (left_ns == right_ns && left->seq < right->seq);
}

static void note_order(struct deviation *deviation, const struct deviation_request *request)
{
    const struct accepted *accepted = deviation->accepted;
    size_t place = deviation->left++;
    if (deviation->in_other_order || place >= accepted->decision_count ||
        accepted->decisions[place].seq == request->seq)
        return;
    deviation->in_other_order = true;
    deviation->first_in_order = *request;
    deviation->accepted_seq = accepted->decisions[place].seq;
}

void deviation_note(struct deviation *deviation, const struct report_request *request)
{
    bool is_left = request->dispatch_ns != REPORT_NOT_YET;
    bool at_once = request->dispatch_ns == request->arrival_ns;
    struct deviation_request now = {
        .seq = request->seq,
        .member = request->member,
        .op = request->op,
        .bytes = request->bytes,
        .arrival_ns = request->arrival_ns,
        .leaves_ns = is_left ? request->dispatch_ns : ACCEPTED_NEVER,
        .accepted_ns = accepted_time(deviation, request, at_once),
    };
    if (is_left && !at_once)
        note_order(deviation, &now);
    if (now.leaves_ns == now.accepted_ns)
        return;
    if (deviation->different == 0 || is_before(&now, &deviation->first))
        deviation->first = now;
    deviation->different++;
}

// ---- Requests, for people ----

static void print_time(const char *what, int64_t time_ns, FILE *out)
{
    if (time_ns == ACCEPTED_NEVER)
        fprintf(out, "    %-12s never, it still waits at the end\n", what);
    else
        fprintf(out, "    %-12s at %" PRId64 " ns\n", what, time_ns);
}

static void print_request(const struct deviation_request *request, const struct scenario *scenario,
                          FILE *out)
{
    char label[REPORT_LABEL_MAX];
    report_label(label, scenario->members[request->member].name, NAME_CHARACTERS);
    fprintf(out, "request %" PRIu64 ", %s of %" PRIu64 " bytes by '%s'\n", request->seq,
            request->op, request->bytes, label);
    print_time("arrives", request->arrival_ns, out);
}

static void print_distance(const struct deviation_request *request, FILE *out)
{
    char text[32];
    if (request->leaves_ns == ACCEPTED_NEVER || request->accepted_ns == ACCEPTED_NEVER)
        return;
    bool later = request->leaves_ns > request->accepted_ns;
    int64_t distance_ns = later ? request->leaves_ns - request->accepted_ns
                                : request->accepted_ns - request->leaves_ns;
    fprintf(out, "    %s %s\n", units_format_duration(distance_ns, text, sizeof text),
            later ? "later" : "earlier");
}

static void print_decisions(const struct deviation *deviation, const struct accepted *found,
                            const struct scenario *scenario, FILE *out)
{
    if (deviation->different > 0) {
        fputs("  first decided differently: ", out);
        print_request(&deviation->first, scenario, out);
        print_time("leaves", deviation->first.leaves_ns, out);
        print_time("accepted", deviation->first.accepted_ns, out);
        print_distance(&deviation->first, out);
        if (deviation->different > 1)
            fprintf(out, "  %" PRIu64 " more leave at another time, of %" PRIu64 " requests\n",
                    deviation->different - 1, found->requests);
    } else if (deviation->in_other_order) {
        fputs("  all leave at the accepted times, but not in the accepted order: ", out);
        print_request(&deviation->first_in_order, scenario, out);
        print_time("leaves", deviation->first_in_order.leaves_ns, out);
        fprintf(out, "    before request %" PRIu64 ", which was accepted in its place\n",
                deviation->accepted_seq);
    } else if (deviation->accepted->digest != found->digest) {
        fputs("  all leave at the accepted times, but the digest differs: within an instant,\n"
              "    requests that waited and those that did not leave in another order\n",
              out);
    }
}

// ---- Numbers ----

// The same stream of the other one, or NULL. place: its own, near which the other mostly is.
static const struct accepted_stream *find_stream(const struct accepted *accepted,
                                                 const struct accepted_stream *stream, size_t place)
{
    for (size_t i = 0; i < accepted->stream_count; i++) {
        const struct accepted_stream *other =
            &accepted->streams[(place + i) % accepted->stream_count];
        if (other->direction == stream->direction && strcmp(other->member, stream->member) == 0)
            return other;
    }
    return NULL;
}

// Where numbers that differ are told.
struct numbers_told {
    int kinds;    // how many of enum accepted_number can be compared
    size_t count; // that differ
    FILE *out;    // the first of them; or NULL
    json_t *json; // all of them; or NULL
};

// A stream that is NULL has no requests.
static void compare_streams(struct numbers_told *told, const struct accepted_stream *ours,
                            const struct accepted_stream *theirs)
{
    static const struct accepted_stream none = {.member = NULL};
    const struct accepted_stream *named = ours == NULL ? theirs : ours;
    const char *direction = report_direction_name(named->direction);
    char label[REPORT_LABEL_MAX];
    report_label(label, named->member, NAME_CHARACTERS);
    for (int i = 0; i < told->kinds; i++) {
        const char *name = accepted_number_name((enum accepted_number)i);
        uint64_t found = (ours == NULL ? &none : ours)->numbers[i];
        uint64_t accepted = (theirs == NULL ? &none : theirs)->numbers[i];
        if (found == accepted)
            continue;
        told->count++;
        if (told->json != NULL)
            json_array_append_new(told->json,
                                  json_pack("{ss ss ss sI sI}", "member", named->member,
                                            "direction", direction, "number", name, "found",
                                            (json_int_t)found, "accepted", (json_int_t)accepted));
        if (told->out != NULL && told->count <= NUMBERS_SHOWN)
            fprintf(told->out, "  %s %s %s: %" PRIu64 ", accepted %" PRIu64 "\n", label, direction,
                    name, found, accepted);
    }
}

// How many differ. They are told where out and json say; either can be NULL.
static size_t compare_numbers(const struct accepted *found, const struct accepted *accepted,
                              FILE *out, json_t *json)
{
    struct numbers_told told = {
        .kinds = found->is_cut ? ACCEPTED_P50 : ACCEPTED_NUMBER_COUNT,
        .out = out,
        .json = json,
    };
    for (size_t i = 0; i < found->stream_count; i++)
        compare_streams(&told, &found->streams[i], find_stream(accepted, &found->streams[i], i));
    for (size_t i = 0; i < accepted->stream_count; i++) {
        if (find_stream(found, &accepted->streams[i], i) == NULL)
            compare_streams(&told, NULL, &accepted->streams[i]);
    }
    return told.count;
}

// ---- The whole ----

static bool other_requests(const struct accepted *found, const struct accepted *accepted)
{
    return found->requests != accepted->requests || found->requests_hash != accepted->requests_hash;
}

bool deviation_is_none(const struct deviation *deviation, const struct accepted *found)
{
    const struct accepted *accepted = deviation->accepted;
    return deviation->different == 0 && !deviation->in_other_order && !found->is_cut &&
           strcmp(accepted->engine, found->engine) == 0 && accepted->digest == found->digest &&
           !other_requests(found, accepted) && accepted->decision_count == found->decision_count &&
           accepted->stream_count == found->stream_count &&
           compare_numbers(found, accepted, NULL, NULL) == 0;
}

void deviation_print(const struct deviation *deviation, const struct accepted *found,
                     const struct scenario *scenario, FILE *out)
{
    const struct accepted *accepted = deviation->accepted;
    if (strcmp(found->engine, accepted->engine) != 0)
        fprintf(out, "  engine '%s', accepted '%s'\n", found->engine, accepted->engine);
    if (other_requests(found, accepted))
        fprintf(out,
                "  the requests themselves are others: %" PRIu64 " arrived, accepted %" PRIu64
                "; %s\n",
                found->requests, accepted->requests,
                strstr(found->assumed, "feedback none") == NULL
                    ? "arrivals answer, so that one decision changes those after it, or a trace, "
                      "or what is taken of it, has changed"
                    : "a trace, or what is taken of it, has changed");
    else
        print_decisions(deviation, found, scenario, out);
    size_t differing = compare_numbers(found, accepted, out, NULL);
    if (differing > NUMBERS_SHOWN)
        fprintf(out, "  %zu more numbers differ\n", differing - NUMBERS_SHOWN);
}

static json_t *json_time(int64_t time_ns)
{
    return time_ns == ACCEPTED_NEVER ? json_null() : json_integer(time_ns);
}

static json_t *json_request(const struct deviation_request *request,
                            const struct scenario *scenario)
{
    return json_pack("{sI ss ss sI sI so so}", "seq", (json_int_t)request->seq, "member",
                     scenario->members[request->member].name, "op", request->op, "bytes",
                     (json_int_t)request->bytes, "arrival_ns", (json_int_t)request->arrival_ns,
                     "leaves_ns", json_time(request->leaves_ns), "accepted_ns",
                     json_time(request->accepted_ns));
}

static json_t *json_side(const struct accepted *accepted)
{
    char digest[17];
    snprintf(digest, sizeof digest, "%016" PRIx64, accepted->digest);
    return json_pack("{ss ss sI}", "engine", accepted->engine, "digest", digest, "requests",
                     (json_int_t)accepted->requests);
}

void deviation_json(const struct deviation *deviation, const struct accepted *found,
                    const struct scenario *scenario, json_t *object)
{
    const struct accepted *accepted = deviation->accepted;
    json_t *numbers = json_array();
    bool others = other_requests(found, accepted);
    compare_numbers(found, accepted, NULL, numbers);
    json_object_set_new(object, "found", json_side(found));
    json_object_set_new(object, "accepted", json_side(accepted));
    json_object_set_new(object, "other_requests", json_boolean(others));
    if (!others) {
        json_object_set_new(object, "different_requests",
                            json_integer((json_int_t)deviation->different));
        if (deviation->different > 0)
            json_object_set_new(object, "first_difference",
                                json_request(&deviation->first, scenario));
        else if (deviation->in_other_order)
            json_object_set_new(object, "first_in_other_order",
                                json_request(&deviation->first_in_order, scenario));
    }
    json_object_set_new(object, "numbers", numbers);
}

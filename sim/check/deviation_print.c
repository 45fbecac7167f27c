// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/check/deviation.h"

#include "engine/engine.h"
#include "reports/label.h"
#include "sim/base/units.h"

#include <inttypes.h>
#include <string.h>

#define NUMBERS_SHOWN 12
#define NAME_CHARACTERS 64

// ---- Requests ----

static void print_time(const char *what, int64_t time_ns, FILE *out)
{
    if (time_ns == ACCEPTED_NEVER)
        fprintf(out, "    %-12s never, it still waits at the end\n", what);
    else
        fprintf(out, "    %-12s at %" PRId64 " ns\n", what, time_ns);
}

static const char *member_name(const struct scenario *scenario, uint32_t member,
                               char label[REPORT_LABEL_MAX])
{
    report_label(label, scenario->members[member].name, NAME_CHARACTERS);
    return label;
}

static void print_request(const struct deviation_request *request, const struct scenario *scenario,
                          FILE *out)
{
    char label[REPORT_LABEL_MAX];
    fprintf(out, "request %" PRIu64 ", %s of %" PRIu64 " bytes by '%s'\n", request->seq,
            request->op, request->bytes, member_name(scenario, request->member, label));
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

// Calls `each` with every pair of streams; either can be NULL.
typedef void pair_function(void *context, const struct accepted_stream *ours,
                           const struct accepted_stream *theirs);

static void walk_pairs(const struct accepted *found, const struct accepted *accepted,
                       pair_function *each, void *context)
{
    for (size_t i = 0; i < found->stream_count; i++)
        each(context, &found->streams[i], deviation_stream(accepted, &found->streams[i], i));
    for (size_t i = 0; i < accepted->stream_count; i++) {
        if (deviation_stream(found, &accepted->streams[i], i) == NULL)
            each(context, NULL, &accepted->streams[i]);
    }
}

struct numbers_walk {
    const struct accepted *found;
    FILE *out;
    json_t *json;
    size_t shown;
};

static uint64_t number_of(const struct accepted_stream *stream, int number)
{
    return stream == NULL ? 0 : stream->numbers[number];
}

static void print_numbers(void *context, const struct accepted_stream *ours,
                          const struct accepted_stream *theirs)
{
    struct numbers_walk *walk = context;
    const struct accepted_stream *named = ours == NULL ? theirs : ours;
    char label[REPORT_LABEL_MAX];
    report_label(label, named->member, NAME_CHARACTERS);
    for (int i = 0; i < ACCEPTED_NUMBER_COUNT; i++) {
        enum accepted_number number = (enum accepted_number)i;
        if (!deviation_number_differs(walk->found, ours, theirs, number) ||
            walk->shown++ >= NUMBERS_SHOWN)
            continue;
        fprintf(walk->out, "  %s %s %s: %" PRIu64 ", accepted %" PRIu64 "\n", label,
                report_direction_name(named->direction), accepted_number_name(number),
                number_of(ours, i), number_of(theirs, i));
    }
}

static void add_numbers(void *context, const struct accepted_stream *ours,
                        const struct accepted_stream *theirs)
{
    struct numbers_walk *walk = context;
    const struct accepted_stream *named = ours == NULL ? theirs : ours;
    for (int i = 0; i < ACCEPTED_NUMBER_COUNT; i++) {
        enum accepted_number number = (enum accepted_number)i;
        if (deviation_number_differs(walk->found, ours, theirs, number))
            json_array_append_new(walk->json,
                                  json_pack("{ss ss ss sI sI}", "member", named->member,
                                            "direction", report_direction_name(named->direction),
                                            "number", accepted_number_name(number), "found",
                                            (json_int_t)number_of(ours, i), "accepted",
                                            (json_int_t)number_of(theirs, i)));
    }
}

// ---- The whole ----

static bool other_requests(const struct accepted *found, const struct accepted *accepted)
{
    return found->requests != accepted->requests || found->requests_hash != accepted->requests_hash;
}

void deviation_print(const struct deviation *deviation, const struct accepted *found,
                     const struct scenario *scenario, FILE *out)
{
    const struct accepted *accepted = deviation->accepted;
    struct numbers_walk walk = {.found = found, .out = out};
    if (strcmp(found->engine, accepted->engine) != 0)
        fprintf(out, "  engine '%s', accepted '%s'\n", found->engine, accepted->engine);
    if (other_requests(found, accepted))
        fprintf(out,
                "  the requests themselves are others: %" PRIu64 " arrived, accepted %" PRIu64
                "; a trace, or what is taken of it, has changed\n",
                found->requests, accepted->requests);
    else
        print_decisions(deviation, found, scenario, out);
    walk_pairs(found, accepted, print_numbers, &walk);
    if (walk.shown > NUMBERS_SHOWN)
        fprintf(out, "  %zu more numbers differ\n", walk.shown - NUMBERS_SHOWN);
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
    struct numbers_walk walk = {.found = found, .json = json_array()};
    bool others = other_requests(found, accepted);
    walk_pairs(found, accepted, add_numbers, &walk);
    json_object_set_new(object, "found", json_side(found));
    json_object_set_new(object, "accepted", json_side(accepted));
    json_object_set_new(object, "other_requests", json_boolean(others));
    if (!others) {
        bool in_order = deviation->different == 0 && deviation->in_other_order;
        json_object_set_new(object, "different_requests",
                            json_integer((json_int_t)deviation->different));
        if (deviation->different > 0)
            json_object_set_new(object, "first_difference",
                                json_request(&deviation->first, scenario));
        if (in_order)
            json_object_set_new(object, "first_in_other_order",
                                json_request(&deviation->first_in_order, scenario));
    }
    json_object_set_new(object, "numbers", walk.json);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/verify/lockstep/difference.h"

#include "reports/label.h"
#include "sim/replay/recording.h"
#include "sim/verify/lockstep/disks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- How things stand ----

static bool copy_name(char **copy, const char *name)
{
    *copy = strdup(name);
    return *copy != NULL;
}

// The armed timer of a direction is one member's.
static int64_t find_deadline(const struct control *control, uint32_t node,
                             enum disk_direction direction)
{
    int64_t deadline_ns = ENGINE_NEVER;
    for (uint32_t i = 0; i < control->throttle_count; i++) {
        struct engine_member_gauge gauge;
        if (engine_member_gauge(control->engine, i, &gauge) && gauge.node == node &&
            gauge.timer_pending[direction] && gauge.deadline_ns[direction] < deadline_ns)
            deadline_ns = gauge.deadline_ns[direction];
    }
    return deadline_ns;
}

bool difference_look(struct difference *difference, const struct control *control, int64_t now_ns)
{
    struct engine_member_gauge member;
    const struct scenario *scenario = control->scenario;
    difference->operation_count = 0;
    while (difference->operation_count < scenario->event_count &&
           scenario->events[difference->operation_count].at_ns <= now_ns)
        difference->operation_count++;
    engine_member_gauge(control->engine, difference->member, &member);
    memcpy(difference->waiting, member.waiting, sizeof difference->waiting);
    if (member.node == ENGINE_NONE)
        return true;
    engine_node_gauge(control->engine, member.node, now_ns, &difference->node);
    bool ok = copy_name(&difference->group, control->node_names[member.node]);
    for (int i = 0; ok && i < DISK_DIRECTION_COUNT; i++) {
        uint32_t token = difference->node.token[i];
        difference->deadline_ns[i] = find_deadline(control, member.node, (enum disk_direction)i);
        if (token != ENGINE_NONE)
            ok = copy_name(&difference->token[i],
                           scenario->members[control_member(control, token)].name);
    }
    return ok;
}

void difference_free(struct difference *difference)
{
    free(difference->group);
    for (int i = 0; i < DISK_DIRECTION_COUNT; i++)
        free(difference->token[i]);
    *difference = (struct difference){0};
}

// ---- Which request ----

struct search {
    struct difference *difference;
    uint64_t arrived; // of the member and direction
    uint64_t left;
};

static bool is_wanted(const struct search *search, const struct sim_request *request)
{
    return request->engine.member == search->difference->member &&
           disks_direction(request->engine.op, sim_request_is(request, REQUEST_THROTTLED)) ==
               search->difference->direction;
}

static void note_arrival(void *context, const struct sim_request *request)
{
    struct search *search = context;
    struct difference *difference = search->difference;
    if (!is_wanted(search, request) || ++search->arrived != difference->number)
        return;
    struct report_request report = recording_request(request, REPORT_NOT_YET);
    difference->has_request = true;
    difference->seq = report.seq;
    difference->op = report.op;
    difference->bytes = report.bytes;
    difference->arrival_ns = report.arrival_ns;
}

static void note_departure(void *context, const struct sim_request *request)
{
    struct search *search = context;
    if (is_wanted(search, request) && ++search->left == search->difference->number)
        search->difference->our_ns = request->engine.dispatch_ns;
}

bool difference_find_request(struct difference *difference, const struct scenario *scenario,
                             struct sim_error *error)
{
    static const struct replay_observer observer = {
        .arrival = note_arrival,
        .dispatch = note_departure,
    };
    static const volatile sig_atomic_t never;
    struct replay replay;
    struct search search = {.difference = difference};
    difference->our_ns = ENGINE_NEVER;
    bool ok = replay_open(&replay, scenario, NULL, error) &&
              replay_start(&replay, &observer, &search) &&
              replay_all(&replay, &(struct progress_watch){.stop = &never}) == REPLAY_FINISHED;
    replay_close(&replay);
    return ok;
}

// ---- In words ----

#define OPERATIONS_SHOWN 5
#define NAME_CHARACTERS 100

static const char *const directions[DISK_DIRECTION_COUNT] = {"read", "write"};

static void print_time(FILE *out, int64_t time_ns)
{
    if (time_ns == ENGINE_NEVER)
        fputs("never", out);
    else
        fprintf(out, "%" PRId64 " ns", time_ns);
}

// Names may hold what a terminal obeys.
static void print_name(FILE *out, const char *before, const char *name, const char *after)
{
    char label[REPORT_LABEL_MAX];
    report_label(label, name, NAME_CHARACTERS);
    fprintf(out, "%s'%s'%s", before, label, after);
}

// "at 5 ns, 3 ns later", or what is known of it.
static void print_qemu_time(const struct difference *difference, FILE *out)
{
    int64_t ours_ns = difference->our_ns, theirs_ns = difference->qemu_ns;
    if (theirs_ns != ENGINE_NEVER && difference->qemu_after_ns < theirs_ns - 1) {
        fprintf(out, "after %" PRId64 " ns, by %" PRId64 " ns", difference->qemu_after_ns,
                theirs_ns);
        return;
    }
    print_time(out, theirs_ns);
    if (ours_ns != ENGINE_NEVER && theirs_ns > ours_ns && theirs_ns != ENGINE_NEVER)
        fprintf(out, ", %" PRId64 " ns later", theirs_ns - ours_ns);
    if (theirs_ns < ours_ns && ours_ns != ENGINE_NEVER)
        fprintf(out, ", %" PRId64 " ns earlier", ours_ns - theirs_ns);
}

static void print_request(const struct difference *difference, const struct scenario *scenario,
                          FILE *out)
{
    const char *member = scenario->members[difference->member].name;
    const char *direction = directions[difference->direction];
    if (!difference->has_request) {
        print_name(out, "", member, "");
        fprintf(out,
                ": %" PRIu64 " %ss have left QEMU's throttle at %" PRId64 " ns, but only %" PRIu64
                " have arrived\n",
                difference->qemu_left, direction, difference->found_ns, difference->number - 1);
        return;
    }
    fprintf(out, "request %" PRIu64 ": %s of %" PRIu64 " bytes, the %s number %" PRIu64,
            difference->seq, difference->op, difference->bytes, direction, difference->number);
    print_name(out, " of ", member, "\n");
    fprintf(out, "  arrives                 at %" PRId64 " ns\n", difference->arrival_ns);
    fputs("  leaves in the simulator at ", out);
    print_time(out, difference->our_ns);
    fputs("\n  leaves in QEMU          at ", out);
    print_qemu_time(difference, out);
    putc('\n', out);
}

static void print_bucket(const struct engine_bucket_gauge *bucket, FILE *out)
{
    fprintf(out, "  %-11s level %.17g, waits above %.17g", bucket->key, bucket->level,
            bucket->size);
    if (bucket->burst_size > 0)
        fprintf(out, "; burst level %.17g, waits above %.17g", bucket->burst_level,
                bucket->burst_size);
    putc('\n', out);
}

static void print_group(const struct difference *difference, const struct scenario *scenario,
                        FILE *out)
{
    const char *member = scenario->members[difference->member].name;
    if (difference->group == NULL) {
        print_name(out, "", member, "");
        fprintf(out, " is in no group at %" PRId64 " ns\n", difference->found_ns);
        return;
    }
    print_name(out, "group ", difference->group, " in the simulator");
    fprintf(out, " at %" PRId64 " ns, %" PRIu32 " members\n", difference->found_ns,
            difference->node.members);
    for (size_t i = 0; i < difference->node.bucket_count; i++)
        print_bucket(&difference->node.bucket[i], out);
    for (int i = 0; i < DISK_DIRECTION_COUNT; i++) {
        fprintf(out, "  %-11s %" PRIu64 " waiting, %" PRIu64, directions[i],
                difference->node.waiting[i], difference->waiting[i]);
        print_name(out, " of them of ", member, "; turn of ");
        if (difference->token[i] == NULL)
            fputs("nobody", out);
        else
            print_name(out, "", difference->token[i], "");
        if (difference->deadline_ns[i] != ENGINE_NEVER)
            fprintf(out, "; timer armed for %" PRId64 " ns", difference->deadline_ns[i]);
        putc('\n', out);
    }
}

// The last of them; what they were is in the scenario at the line named.
static void print_operations(const struct difference *difference, const struct scenario *scenario,
                             FILE *out)
{
    size_t count = difference->operation_count;
    size_t first = count > OPERATIONS_SHOWN ? count - OPERATIONS_SHOWN : 0;
    if (count == 0)
        fputs("no operation before\n", out);
    else
        fprintf(out, "operations before (the last %zu of %zu)\n", count - first, count);
    for (size_t i = first; i < count; i++) {
        const struct scenario_event *event = &scenario->events[i];
        fprintf(out, "  at %" PRId64 " ns: %s", event->at_ns, scenario_event_name(event->kind));
        if (event->member != SCENARIO_NONE)
            print_name(out, " of ", scenario->members[event->member].name, "");
        if (event->group != NULL)
            print_name(out, ", group ", event->group, "");
        fprintf(out, " (line %zu)\n", event->place.line);
    }
}

static void print_sleep(const struct difference *difference, FILE *out)
{
    fprintf(out, "at %" PRId64 " ns the main loop goes to sleep\n", difference->found_ns);
    fputs("  it should wake at ", out);
    print_time(out, difference->our_ns);
    fputs("\n  QEMU's wakes at   ", out);
    print_time(out, difference->qemu_ns);
    putc('\n', out);
}

static void print_latency(const struct difference *difference, const struct scenario *scenario,
                          FILE *out)
{
    fprintf(out, "by %" PRId64 " ns %" PRIu64 " %ss", difference->found_ns, difference->our_left,
            directions[difference->direction]);
    print_name(out, " of ", scenario->members[difference->member].name, " have left\n");
    fprintf(out, "  in the simulator they took %" PRId64 " ns together\n", difference->our_ns);
    fprintf(out, "  in QEMU they took          %" PRId64 " ns\n", difference->qemu_ns);
}

void difference_print(const struct difference *difference, const struct scenario *scenario,
                      FILE *out)
{
    if (difference->kind == DIFFERENCE_SLEEP) {
        print_sleep(difference, out);
    } else if (difference->kind == DIFFERENCE_LATENCY) {
        print_latency(difference, scenario, out);
    } else {
        print_request(difference, scenario, out);
        print_group(difference, scenario, out);
    }
    print_operations(difference, scenario, out);
}

// ---- JSON ----

static json_t *json_time(int64_t time_ns)
{
    return time_ns == ENGINE_NEVER ? json_null() : json_integer(time_ns);
}

static json_t *json_name(const char *name)
{
    return name == NULL ? json_null() : json_string(name);
}

static json_t *json_buckets(const struct engine_node_gauge *node)
{
    json_t *buckets = json_array();
    for (size_t i = 0; i < node->bucket_count; i++) {
        const struct engine_bucket_gauge *bucket = &node->bucket[i];
        json_array_append_new(buckets,
                              json_pack("{ss sf sf sf sf}", "key", bucket->key, "level",
                                        bucket->level, "size", bucket->size, "burst_level",
                                        bucket->burst_level, "burst_size", bucket->burst_size));
    }
    return buckets;
}

static json_t *json_group(const struct difference *difference)
{
    json_t *group =
        json_pack("{so sI so}", "name", json_name(difference->group), "members",
                  (json_int_t)difference->node.members, "buckets", json_buckets(&difference->node));
    for (int i = 0; i < DISK_DIRECTION_COUNT; i++)
        json_object_set_new(group, directions[i],
                            json_pack("{sI sI so so}", "waiting",
                                      (json_int_t)difference->node.waiting[i], "waiting_of_member",
                                      (json_int_t)difference->waiting[i], "token",
                                      json_name(difference->token[i]), "deadline_ns",
                                      json_time(difference->deadline_ns[i])));
    return group;
}

static json_t *json_operations(const struct difference *difference, const struct scenario *scenario)
{
    json_t *operations = json_array();
    for (size_t i = 0; i < difference->operation_count; i++) {
        const struct scenario_event *event = &scenario->events[i];
        const char *member =
            event->member == SCENARIO_NONE ? NULL : scenario->members[event->member].name;
        json_array_append_new(operations,
                              json_pack("{sI ss so so sI}", "at_ns", (json_int_t)event->at_ns,
                                        "what", scenario_event_name(event->kind), "member",
                                        json_name(member), "group", json_name(event->group), "line",
                                        (json_int_t)event->place.line));
    }
    return operations;
}

json_t *difference_json(const struct difference *difference, const struct scenario *scenario)
{
    static const char *const kinds[] = {
        [DIFFERENCE_DEPARTURE] = "departure",
        [DIFFERENCE_LATENCY] = "latency",
        [DIFFERENCE_SLEEP] = "sleep",
    };
    json_t *object = json_pack(
        "{ss sI so so so}", "kind", kinds[difference->kind], "found_ns",
        (json_int_t)difference->found_ns, "simulator_ns", json_time(difference->our_ns), "qemu_ns",
        json_time(difference->qemu_ns), "operations", json_operations(difference, scenario));
    if (difference->kind == DIFFERENCE_SLEEP)
        return object;
    json_object_set_new(object, "member", json_string(scenario->members[difference->member].name));
    json_object_set_new(object, "direction", json_string(directions[difference->direction]));
    if (difference->kind == DIFFERENCE_LATENCY)
        return object;
    json_object_set_new(object, "qemu_after_ns", json_integer(difference->qemu_after_ns));
    json_object_set_new(object, "number", json_integer((json_int_t)difference->number));
    if (difference->has_request)
        json_object_set_new(object, "request",
                            json_pack("{sI ss sI sI}", "seq", (json_int_t)difference->seq, "op",
                                      difference->op, "bytes", (json_int_t)difference->bytes,
                                      "arrival_ns", (json_int_t)difference->arrival_ns));
    json_object_set_new(object, "group", json_group(difference));
    return object;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// What members, groups and all together achieved, over the run and while busy, of reads and writes.
//
// Busy at time t is who has a request with arrival <= t < completion. A request counts as completed
// while busy if its completion ends busy time, its own or others': there is a request with arrival
// < completion time <= that one's completion. What passes in no time while nothing else is under
// way does not, since no time belongs to it.
#include "reports/recorder/recorder_internal.h"

static void enter(struct recorder_achieved *achieved, uint64_t count, int64_t now_ns)
{
    // A span that ends now goes on.
    if (achieved->under_way == 0 && achieved->until_ns != now_ns) {
        achieved->busy_ns += achieved->until_ns - achieved->since_ns;
        achieved->since_ns = now_ns;
    }
    achieved->under_way += count;
}

static void leave(struct recorder_achieved *achieved, uint64_t count, int64_t now_ns)
{
    achieved->under_way -= count;
    if (achieved->under_way == 0)
        achieved->until_ns = now_ns;
}

static void arrive(struct recorder_achieved *achieved, const struct report_request *request)
{
    report_service_count(&achieved->arrived[request->direction], request->bytes);
    enter(achieved, 1, request->arrival_ns);
}

static void complete(struct recorder_achieved *achieved, const struct report_request *request)
{
    report_service_count(&achieved->completed[request->direction], request->bytes);
    if (achieved->since_ns < request->complete_ns)
        report_service_count(&achieved->busy_completed[request->direction], request->bytes);
    leave(achieved, 1, request->complete_ns);
}

// The group that the n-th of a member's throttles is in, 0 being the topmost; REPORT_NONE if one
// above it is in the same: its requests are that group's once.
static uint32_t group_of(const struct report_recorder *recorder,
                         const struct recorder_member *member, uint32_t n)
{
    uint32_t group = n == 0 ? member->group : recorder->members[member->lower[0] + n - 1].group;
    for (uint32_t i = 0; i < n && group != REPORT_NONE; i++) {
        if (group_of(recorder, member, i) == group)
            return REPORT_NONE;
    }
    return group;
}

static uint32_t throttles_of(const struct recorder_member *member)
{
    return 1 + member->lower[1] - member->lower[0];
}

void recorder_achieve_arrival(struct report_recorder *recorder,
                              const struct report_request *request)
{
    struct recorder_member *member = &recorder->members[request->member];
    if (recorder->first_arrival_ns == REPORT_NOT_YET)
        recorder->first_arrival_ns = request->arrival_ns;
    recorder->last_arrival_ns = request->arrival_ns;
    if (!recorder_is_read_write(request->direction))
        return;
    arrive(&member->achieved, request);
    for (uint32_t n = 0; n < throttles_of(member); n++) {
        uint32_t group = group_of(recorder, member, n);
        if (group != REPORT_NONE)
            arrive(&recorder->groups[group].achieved, request);
    }
    arrive(&recorder->achieved, request);
}

void recorder_achieve_completion(struct report_recorder *recorder,
                                 const struct report_request *request)
{
    struct recorder_member *member = &recorder->members[request->member];
    recorder->last_completion_ns = request->complete_ns;
    if (!recorder_is_read_write(request->direction))
        return;
    complete(&member->achieved, request);
    for (uint32_t n = 0; n < throttles_of(member); n++) {
        uint32_t group = group_of(recorder, member, n);
        if (group != REPORT_NONE)
            complete(&recorder->groups[group].achieved, request);
    }
    complete(&recorder->achieved, request);
}

// Is one of the member's throttles but this one in the group?
static bool is_there(const struct report_recorder *recorder, uint32_t group, uint32_t but)
{
    const struct recorder_member *member = &recorder->members[recorder->members[but].owner];
    bool is = recorder->members[but].owner != but && member->group == group;
    for (uint32_t i = member->lower[0]; i < member->lower[1]; i++)
        is |= i != but && recorder->members[i].group == group;
    return is;
}

void recorder_achieve_move(struct report_recorder *recorder, uint32_t number, uint32_t group)
{
    const struct recorder_member *moved = &recorder->members[number];
    uint64_t count = recorder->members[moved->owner].achieved.under_way;
    if (count == 0)
        return;
    if (moved->group != REPORT_NONE && !is_there(recorder, moved->group, number))
        leave(&recorder->groups[moved->group].achieved, count, recorder->now_ns);
    if (group < recorder->group_count && !is_there(recorder, group, number))
        enter(&recorder->groups[group].achieved, count, recorder->now_ns);
}

// What one row is of.
struct achieved_row {
    const char *scope;
    uint32_t id;
    int64_t end_ns, run_ns; // of the run: its end, and how long anything was under way in it
};

static void store_row(struct report_recorder *recorder, const struct achieved_row *row,
                      const struct recorder_achieved *achieved, uint32_t stream)
{
    struct report_service arrived = {0, 0}, completed = {0, 0}, busy = {0, 0};
    int64_t until_ns = achieved->under_way > 0 ? row->end_ns : achieved->until_ns;
    for (uint32_t d = REPORT_DIRECTION_READ; d <= REPORT_DIRECTION_WRITE; d++) {
        if (stream != RECORDER_READ_WRITE && stream != d)
            continue;
        report_service_add(&arrived, &achieved->arrived[d]);
        report_service_add(&completed, &achieved->completed[d]);
        report_service_add(&busy, &achieved->busy_completed[d]);
    }
    if (arrived.requests == 0 && completed.requests == 0)
        return;
    report_rows_add(recorder->rows, REPORT_ROW_ACHIEVED,
                    (struct report_value[]){
                        report_string(row->scope),
                        report_integer(row->id),
                        report_string(recorder_stream_names[stream]),
                        report_integer(arrived.requests),
                        report_integer(arrived.bytes),
                        report_integer(completed.requests),
                        report_integer(completed.bytes),
                        report_integer(busy.requests),
                        report_integer(busy.bytes),
                        report_integer(recorder->last_arrival_ns - recorder->first_arrival_ns),
                        report_integer(row->run_ns),
                        report_integer(achieved->busy_ns + (until_ns - achieved->since_ns)),
                    });
}

static void store(struct report_recorder *recorder, const struct achieved_row *row,
                  const struct recorder_achieved *achieved)
{
    store_row(recorder, row, achieved, REPORT_DIRECTION_READ);
    store_row(recorder, row, achieved, REPORT_DIRECTION_WRITE);
    store_row(recorder, row, achieved, RECORDER_READ_WRITE);
}

void recorder_store_achieved(struct report_recorder *recorder, int64_t end_ns, bool all_completed)
{
    int64_t until_ns = all_completed ? recorder->last_completion_ns : end_ns;
    struct achieved_row row = {"member", 0, end_ns, until_ns - recorder->first_arrival_ns};
    for (row.id = 0; row.id < recorder->member_count; row.id++)
        store(recorder, &row, &recorder->members[row.id].achieved);
    row.scope = "throttle_group";
    for (row.id = 0; row.id < recorder->group_count; row.id++)
        store(recorder, &row, &recorder->groups[row.id].achieved);
    row.scope = "all";
    row.id = 0;
    store(recorder, &row, &recorder->achieved);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/check/deviation.h"

#include <stdlib.h>
#include <string.h>

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

static uint64_t seq_at(const struct deviation *deviation, size_t place)
{
    return deviation->accepted->decisions[deviation->by_seq[place]].seq;
}

// The first place from which on no sequence number is smaller.
static size_t lower_bound(const struct deviation *deviation, uint64_t seq)
{
    size_t low = 0, high = deviation->accepted->decision_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (seq_at(deviation, middle) < seq)
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
    for (int step = 0; step < 8 && place < count && seq_at(deviation, place) < seq; step++)
        place++;
    if ((place < count && seq_at(deviation, place) < seq) ||
        (place > 0 && seq_at(deviation, place - 1) >= seq))
        place = lower_bound(deviation, seq);
    deviation->cursor = place;
    return place;
}

static int64_t accepted_time(struct deviation *deviation, const struct report_request *request,
                             bool at_once)
{
    const struct accepted *accepted = deviation->accepted;
    size_t place = find_place(deviation, request->seq, at_once);
    if (place == accepted->decision_count || seq_at(deviation, place) != request->seq)
        return request->arrival_ns;
    return accepted->decisions[deviation->by_seq[place]].dispatch_ns;
}

// ---- Comparing ----

static struct deviation_request describe(const struct report_request *request, int64_t leaves_ns,
                                         int64_t accepted_ns)
{
    return (struct deviation_request){
        .seq = request->seq,
        .member = request->member,
        .op = request->op,
        .bytes = request->bytes,
        .arrival_ns = request->arrival_ns,
        .leaves_ns = leaves_ns,
        .accepted_ns = accepted_ns,
    };
}

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
    struct deviation_request now =
        describe(request, is_left ? request->dispatch_ns : ACCEPTED_NEVER,
                 accepted_time(deviation, request, at_once));
    if (is_left && !at_once)
        note_order(deviation, &now);
    if (now.leaves_ns == now.accepted_ns)
        return;
    if (deviation->different == 0 || is_before(&now, &deviation->first))
        deviation->first = now;
    deviation->different++;
}

// ---- The results ----

const struct accepted_stream *deviation_stream(const struct accepted *accepted,
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

bool deviation_number_differs(const struct accepted *found, const struct accepted_stream *ours,
                              const struct accepted_stream *theirs, enum accepted_number number)
{
    static const struct accepted_stream none = {.member = NULL};
    ours = ours == NULL ? &none : ours;
    theirs = theirs == NULL ? &none : theirs;
    return (number < ACCEPTED_P50 || !found->is_cut) &&
           ours->numbers[number] != theirs->numbers[number];
}

bool deviation_is_none(const struct deviation *deviation, const struct accepted *found)
{
    const struct accepted *accepted = deviation->accepted;
    if (deviation->different > 0 || deviation->in_other_order || found->is_cut ||
        strcmp(accepted->engine, found->engine) != 0 || accepted->digest != found->digest ||
        accepted->requests != found->requests || accepted->requests_hash != found->requests_hash ||
        accepted->decision_count != found->decision_count ||
        accepted->stream_count != found->stream_count)
        return false;
    for (size_t i = 0; i < found->stream_count; i++) {
        const struct accepted_stream *ours = &found->streams[i];
        const struct accepted_stream *theirs = deviation_stream(accepted, ours, i);
        if (theirs == NULL || memcmp(ours->numbers, theirs->numbers, sizeof ours->numbers) != 0)
            return false;
    }
    return true;
}

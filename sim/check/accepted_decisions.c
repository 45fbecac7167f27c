// SPDX-License-Identifier: GPL-2.0-or-later
// Reads the decisions. Each is checked here: whoever uses them need not.
#include "sim/check/accepted_internal.h"

#include <inttypes.h>
#include <stdlib.h>

struct line {
    bool is_never;
    bool is_first;  // its time is the line's
    int64_t gap_ns; // below 0: not known yet
};

// ---- One token ----

static bool take_label(struct accepted_reader *reader, uint32_t *stream)
{
    size_t number = 0;
    for (; *reader->at >= 'a' && *reader->at <= 'z'; reader->at++) {
        number = number * 26 + (size_t)(*reader->at - 'a') + 1;
        if (number > reader->accepted->stream_count)
            return false;
    }
    *stream = (uint32_t)number - 1;
    return number > 0;
}

// How far the stream's next sequence number is from its last one.
static bool take_seq(struct accepted_reader *reader, uint32_t stream, bool *is_back,
                     uint64_t *distance)
{
    uint64_t last = reader->last_seq[stream];
    *is_back = accepted_take_text(reader, "-");
    return accepted_take_number(reader, distance) &&
           *distance <= (*is_back ? last : UINT64_MAX - last);
}

static bool take_gap(struct accepted_reader *reader, struct line *line)
{
    uint64_t gap;
    if (line->is_never || line->is_first)
        return true;
    if (accepted_take_text(reader, ":")) {
        if (!accepted_take_number(reader, &gap) || gap > INT64_MAX)
            return false;
        line->gap_ns = (int64_t)gap;
    } else if (line->gap_ns < 0) {
        return false;
    } else if (accepted_take_text(reader, ">")) {
        if (line->gap_ns == INT64_MAX)
            return false;
        line->gap_ns++;
    } else if (accepted_take_text(reader, "<")) {
        return --line->gap_ns >= 0;
    }
    return true;
}

static bool add(struct accepted_reader *reader, struct line *line, uint32_t stream, bool is_back,
                uint64_t distance)
{
    struct accepted *accepted = reader->accepted;
    uint64_t seq = reader->last_seq[stream] + (is_back ? -distance : distance);
    int64_t gap_ns = line->is_never || line->is_first ? 0 : line->gap_ns;
    if (accepted->decision_count == reader->announced)
        return accepted_complain(reader, "no more decisions than announced");
    if ((is_back ? distance > reader->last_seq[stream] : seq < distance) ||
        seq >= accepted->requests)
        return accepted_complain(reader, "the number of a request before this");
    if (gap_ns > ACCEPTED_NEVER - 1 - reader->last_ns)
        return accepted_complain(reader, "an earlier time before this");
    reader->last_ns += gap_ns;
    reader->last_seq[stream] = seq;
    accepted->decisions[accepted->decision_count++] = (struct accepted_decision){
        .seq = seq,
        .dispatch_ns = line->is_never ? ACCEPTED_NEVER : reader->last_ns,
        .stream = stream,
    };
    return true;
}

static bool read_token(struct accepted_reader *reader, struct line *line)
{
    uint32_t stream;
    bool is_back;
    uint64_t distance, count = 1;
    if (!accepted_take_text(reader, " ") || !take_label(reader, &stream))
        return accepted_complain(reader, "a stream's letter");
    if (!take_seq(reader, stream, &is_back, &distance))
        return accepted_complain(reader, "how many requests further");
    if (!take_gap(reader, line))
        return accepted_complain(reader, "':' and ns since the one before");
    if (accepted_take_text(reader, "*") && (!accepted_take_number(reader, &count) || count == 0))
        return accepted_complain(reader, "how often");
    if (count > 1 && line->is_first)
        return accepted_complain(reader, "one decision first");
    for (uint64_t i = 0; i < count; i++) {
        if (!add(reader, line, stream, is_back, distance))
            return false;
    }
    line->is_first = false;
    return true;
}

// ---- Lines ----

bool accepted_read_decisions(struct accepted_reader *reader)
{
    const struct accepted *accepted = reader->accepted;
    const char *start = reader->at;
    struct line line = {.is_first = true, .gap_ns = -1};
    uint64_t time;
    bool after_never =
        accepted->decision_count > 0 &&
        accepted->decisions[accepted->decision_count - 1].dispatch_ns == ACCEPTED_NEVER;
    if (accepted_take_text(reader, "never:")) {
        line.is_never = true;
        line.is_first = false;
    } else {
        if (after_never || !accepted_take_text(reader, "at ") ||
            !accepted_take_number(reader, &time) || !accepted_take_text(reader, ":")) {
            reader->at = start;
            return accepted_complain(reader, after_never ? "'never:' or 'end'"
                                                         : "'at TIME:', 'never:' or 'end'");
        }
        if (time >= ACCEPTED_NEVER || (int64_t)time < reader->last_ns)
            return accepted_complain(reader, "a time that is not before the last one");
        reader->last_ns = (int64_t)time;
    }
    do {
        if (!read_token(reader, &line))
            return false;
    } while (*reader->at != '\0');
    return true;
}

// Each stream's waiting requests, by its own number and by the list.
static bool are_counted(struct accepted_reader *reader)
{
    const struct accepted *accepted = reader->accepted;
    uint64_t *left = reader->last_seq; // is of no more use
    for (size_t i = 0; i < accepted->stream_count; i++)
        left[i] = accepted->streams[i].numbers[ACCEPTED_WAITED];
    for (size_t i = 0; i < accepted->decision_count; i++) {
        if (left[accepted->decisions[i].stream]-- == 0)
            return false;
    }
    for (size_t i = 0; i < accepted->stream_count; i++) {
        if (left[i] != 0)
            return false;
    }
    return true;
}

bool accepted_verify_decisions(struct accepted_reader *reader)
{
    const struct accepted *accepted = reader->accepted;
    bool distinct = true;
    if (accepted->decision_count != reader->announced)
        return accepted_complain(reader, "as many decisions as announced");
    struct accepted_decision *by_seq = accepted_by_seq(accepted);
    if (by_seq == NULL)
        return sim_fail_memory(reader->error);
    for (size_t i = 1; i < accepted->decision_count; i++)
        distinct = distinct && by_seq[i].seq != by_seq[i - 1].seq;
    free(by_seq);
    if (!distinct)
        return accepted_complain(reader, "each request once");
    return are_counted(reader) ||
           accepted_complain(reader, "as many decisions of each stream as have waited");
}

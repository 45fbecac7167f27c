// SPDX-License-Identifier: GPL-2.0-or-later
// What is told of senders when all has been taken.
#include "sim/arrivals/senders.h"

#include <inttypes.h>
#include <stdio.h>

static void tell(const struct senders *senders, const struct stream *stream, const char *kind,
                 uint64_t count, const char *text, sources_notice *notice, void *context)
{
    notice(context, &(struct trace_notice){
                        .kind = kind,
                        .source = sources_config(senders->sources, stream->recording)->path,
                        .count = count,
                        .text = text,
                    });
}

// Of each recording: how many requests are not seen to end.
static void tell_guessed(const struct senders *senders, sources_notice *notice, void *context)
{
    for (uint32_t i = 0; senders->answers && i < sources_count(senders->sources); i++) {
        const struct stream *last = NULL;
        uint64_t guessed = 0;
        char text[300];
        for (uint32_t j = 0; j < senders->streams.count; j++) {
            if (senders->streams.items[j].recording != i)
                continue;
            last = &senders->streams.items[j];
            guessed += dependent_guessed(senders->dependent, j);
        }
        if (guessed == 0)
            continue;
        snprintf(text, sizeof text,
                 "The completions of %" PRIu64 " requests are not recorded: they are taken to last "
                 "as long as the median of the other requests of their operation and size.",
                 guessed);
        tell(senders, last, "latency-guessed", guessed, text, notice, context);
    }
}

void senders_notices(const struct senders *senders, sources_notice *notice, void *context)
{
    char text[400];
    if (senders->kept == NULL)
        sources_notices(senders->sources, notice, context);
    for (size_t i = 0; i < senders->notice_count; i++)
        notice(context, &senders->notices[i]);
    tell_guessed(senders, notice, context);
    if (senders->unknown_count > 0) {
        snprintf(text, sizeof text,
                 "Something is said of %" PRIu64 " streams that are not in the traces, '%.64s' the "
                 "first; 'throttlesim trace streams' tells their names.",
                 senders->unknown_count, senders->unknown);
        notice(context, &(struct trace_notice){"no-stream", senders->scenario->name,
                                               senders->unknown_count, text});
    }
    for (uint32_t i = 0; senders->answers && i < senders->streams.count; i++) {
        const struct stream *stream = &senders->streams.items[i];
        uint64_t dropped = dependent_dropped(senders->dependent, i);
        if (stream->origin == STREAM_OF_DEVICE && stream->kind != SCENARIO_STREAM_OPEN) {
            snprintf(text, sizeof text,
                     "Nothing tells which threads sent the requests of %.100s: that they all come "
                     "of one is a guess, and so is what a limit does to them.",
                     stream->name);
            tell(senders, stream, "thread-unknown", stream->requests, text, notice, context);
        }
        if (dropped > 0) {
            snprintf(text, sizeof text, "%" PRIu64 " requests of %.100s %s; they were left out.",
                     dropped, stream->name,
                     stream->lifetime_ns < INT64_MAX
                         ? "would have come after the end of its recorded lifetime"
                         : "are called by some that would have come after the end of a lifetime");
            tell(senders, stream, "after-lifetime", dropped, text, notice, context);
        }
    }
}

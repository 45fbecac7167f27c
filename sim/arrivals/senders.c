// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/arrivals/senders.h"

#include <stdlib.h>
#include <string.h>

#define STEPS_PER_LOOK 4096 // between two looks at the stop flag and the progress

// ---- How each trace's requests come ----

static enum scenario_arrivals asked_of(const struct senders *senders, uint32_t source,
                                       uint32_t member)
{
    enum scenario_arrivals asked = senders->scenario->members[member].arrivals;
    return asked == SCENARIO_ARRIVALS_AUTO ? sources_config(senders->sources, source)->arrivals
                                           : asked;
}

static bool is_stream(const struct scenario_trace *trace)
{
    return trace->csv == NULL && trace_path_is_stream(trace->path);
}

// How a trace's requests come where nobody asks for anything. To find out looks at its file.
static enum scenario_arrivals usual_of(const struct senders *senders, uint32_t source)
{
    const struct scenario_trace *trace = sources_config(senders->sources, source);
    bool is_dependent = sources_tell_streams(senders->sources, source) && !is_stream(trace);
    return is_dependent ? SCENARIO_ARRIVALS_DEPENDENT : SCENARIO_ARRIVALS_OPEN;
}

static enum scenario_arrivals arrivals_of(const struct senders *senders, uint32_t source,
                                          uint32_t member)
{
    enum scenario_arrivals asked = asked_of(senders, source, member);
    return asked == SCENARIO_ARRIVALS_AUTO ? senders->usual[source] : asked;
}

// Of all members that have requests of this trace the most answering.
static bool may_answer(const struct senders *senders, uint32_t source)
{
    for (size_t i = 0; i < senders->scenario->member_count; i++) {
        bool is_its = sources_may_have(senders->sources, source, (uint32_t)i);
        if (is_its && arrivals_of(senders, source, (uint32_t)i) != SCENARIO_ARRIVALS_OPEN)
            return true;
    }
    return false;
}

// Without the name of the thread.
static struct stream_key key_of(const struct senders *senders, const struct arrival *arrival,
                                uint32_t thread)
{
    static const enum stream_origin origins[] = {
        [SCENARIO_ARRIVALS_OPEN] = STREAM_OPEN,
        [SCENARIO_ARRIVALS_CLOSED] = STREAM_CLOSED,
        [SCENARIO_ARRIVALS_DEPENDENT] = STREAM_OF_THREAD,
    };
    return (struct stream_key){
        .origin = origins[arrivals_of(senders, arrival->source, arrival->member)],
        .recording = arrival->source,
        .thread = thread,
        .device = arrival->member,
        .device_name = senders->scenario->members[arrival->member].name,
    };
}

// Completes an arrival of a trace.
static bool find_stream(void *context, struct arrival *arrival, struct sim_error *error)
{
    struct senders *senders = context;
    struct stream_key key = key_of(senders, arrival, arrival->request.stream);
    if (streams_find_again(&senders->streams, &key, &arrival->who))
        return true;
    key.name = sources_stream_name(senders->sources, arrival);
    return streams_find(&senders->streams, &key, &arrival->who) || sim_fail_memory(error);
}

// The same while a thread may read on. Few are not among those found last.
static bool find_stream_beside(struct senders *senders, struct arrival *arrival,
                               struct sim_error *error)
{
    struct stream_key key = key_of(senders, arrival, arrival->request.stream);
    if (streams_find_again(&senders->streams, &key, &arrival->who))
        return true;
    ahead_lock(senders->ahead);
    bool found = find_stream(senders, arrival, error);
    ahead_unlock(senders->ahead);
    return found;
}

static bool find_other(void *context, const struct arrival *arrival, size_t index, uint32_t *stream)
{
    const struct senders *senders = context;
    size_t count;
    if (arrival->request.also == 0)
        return false;
    ahead_lock(senders->ahead);
    const uint32_t *also = sources_also(senders->sources, arrival, &count);
    if (index < count) {
        struct stream_key key = key_of(senders, arrival, also[index]);
        *stream = streams_known(&senders->streams, &key);
    }
    ahead_unlock(senders->ahead);
    return index < count;
}

// ---- Reading ----

static double share_of_sources(const void *senders)
{
    return sources_share(((const struct senders *)senders)->sources);
}

// What comes from a pipe is taken as it comes.
static bool are_files(const struct senders *senders)
{
    bool found = false;
    for (uint32_t i = 0; i < sources_count(senders->sources); i++)
        found = found || is_stream(sources_config(senders->sources, i));
    return !found;
}

// Reads the sources ahead, or completes their arrivals at least, if that is needed.
static bool open_ahead(struct senders *senders, bool has_thread, bool completes, int64_t until_ns,
                       struct sim_error *error)
{
    const struct ahead_config config = {
        .from = sources_arrivals(senders->sources),
        .has_thread = has_thread && are_files(senders),
        .until_ns = until_ns,
        .complete = completes ? find_stream : NULL,
        .share = share_of_sources,
        .context = senders,
    };
    if (!config.has_thread && !completes)
        return true;
    senders->ahead = ahead_open(&config, error);
    return senders->ahead != NULL;
}

// ---- The first reading ----

static bool look(const struct senders *senders, const struct progress_watch *watch, uint64_t count,
                 struct sim_error *error)
{
    if (watch == NULL || count % STEPS_PER_LOOK != 0)
        return true;
    if (*watch->stop)
        return sim_fail(error, SIM_FAILED, "stopped while the traces were read the first time");
    struct progress_state state = {senders_share(senders) * SENDERS_LEARN_SHARE, count};
    if (watch->progress != NULL)
        watch->progress(watch->progress_context, &state);
    return true;
}

static bool learn_one(struct senders *senders, struct arrival *next, struct sim_error *error)
{
    const struct trace_request *request = &next->request;
    bool is_known = request->latency_ns != TRACE_LATENCY_UNKNOWN;
    if (!find_stream_beside(senders, next, error))
        return false;
    return (streams_learn(&senders->streams, &next->who, next->time_ns, request->latency_ns) &&
            (!is_known || services_learn(&senders->services, next->member, request))) ||
           sim_fail_memory(error);
}

// To the end: learns if any may answer, else up to the end of the scenario.
static bool read_all(struct senders *senders, bool learns, bool keeps,
                     const struct progress_watch *watch, struct sim_error *error)
{
    struct arrivals *arrivals = senders_arrivals(senders);
    int64_t end_ns = learns ? INT64_MAX : senders->scenario->end_ns;
    for (uint64_t count = 1; arrivals->next != NULL && arrivals->next->time_ns <= end_ns; count++) {
        struct arrival next = *arrivals->next;
        if (learns && !learn_one(senders, &next, error))
            return false;
        if (keeps && !tape_add(&senders->tape, &next, error))
            return false;
        if (!arrivals->advance(arrivals, error) || !look(senders, watch, count, error))
            return false;
    }
    if (!learns)
        return true;
    services_conclude(&senders->services);
    return streams_conclude(&senders->streams) || sim_fail_memory(error);
}

// What the user says of the streams of one trace. False: out of memory.
static bool apply_told(struct senders *senders, uint32_t source)
{
    const struct scenario_trace *trace = sources_config(senders->sources, source);
    bool *found = calloc(trace->stream_count + 1, sizeof *found);
    struct names told = {0};
    bool ok = found != NULL;
    for (size_t i = 0; ok && i < trace->stream_count; i++)
        ok = names_add(&told, trace->streams[i].name, (uint32_t)i) != NAMES_NONE;
    for (uint32_t i = 0; ok && i < senders->streams.count; i++) {
        struct stream *stream = &senders->streams.items[i];
        uint32_t number = stream->recording == source && stream->origin < STREAM_OPEN
                              ? names_find(&told, stream->name)
                              : NAMES_NONE;
        if (number == NAMES_NONE)
            continue;
        streams_tell(stream, &trace->streams[number]);
        found[number] = true;
    }
    for (size_t i = 0; ok && i < trace->stream_count; i++) {
        if (found[i])
            continue;
        senders->unknown = senders->unknown == NULL ? trace->streams[i].name : senders->unknown;
        senders->unknown_count++;
    }
    names_free(&told);
    free(found);
    return ok;
}

static bool apply(struct senders *senders, struct sim_error *error)
{
    for (uint32_t i = 0; i < sources_count(senders->sources); i++)
        if (sources_config(senders->sources, i)->stream_count > 0 && !apply_told(senders, i))
            return sim_fail_memory(error);
    for (uint32_t i = 0; i < senders->streams.count; i++) {
        struct stream *stream = &senders->streams.items[i];
        const struct scenario_trace *trace = sources_config(senders->sources, stream->recording);
        if (stream->origin < STREAM_OPEN && stream->origin != STREAM_MADE)
            stream->start_after_ns = trace->start_after_ns;
        if (stream->origin == STREAM_CLOSED) {
            stream->think = trace->closed.think;
            stream->depth = trace->closed.depth > 0 ? trace->closed.depth : stream->depth;
        }
        // Nobody has asked for a guess.
        if (stream->origin == STREAM_OF_DEVICE &&
            asked_of(senders, stream->recording, stream->device) == SCENARIO_ARRIVALS_AUTO)
            stream->kind = SCENARIO_STREAM_OPEN;
        senders->answers = senders->answers || stream->kind != SCENARIO_STREAM_OPEN;
    }
    return true;
}

static bool check_twice(const struct senders *senders, uint32_t source, struct sim_error *error)
{
    const struct scenario_trace *trace = sources_config(senders->sources, source);
    return !is_stream(trace) ||
           sim_fail(error, SIM_BAD_INPUT,
                    "%s: arrivals that answer need the trace twice, and %s can be read once only: "
                    "save it in a file, or take it with arrivals: open",
                    senders->scenario->name,
                    strcmp(trace->path, "-") == 0 ? "standard input" : trace->path);
}

// Opens the traces. *answer: the arrivals of some may.
static bool open_sources(struct senders *senders, const struct scenario *scenario, bool *answer,
                         struct sim_error *error)
{
    *senders = (struct senders){.scenario = scenario};
    senders->sources = sources_open(scenario, error);
    if (senders->sources == NULL)
        return false;
    uint32_t count = (uint32_t)sources_count(senders->sources);
    senders->usual = calloc(count + 1, sizeof *senders->usual);
    if (senders->usual == NULL)
        return sim_fail_memory(error);
    *answer = false;
    for (uint32_t i = 0; i < count; i++) {
        senders->usual[i] = usual_of(senders, i);
        bool may = may_answer(senders, i);
        if (may && !check_twice(senders, i, error))
            return false;
        *answer = *answer || may;
    }
    if (*answer && !services_open(&senders->services, scenario->member_count))
        return sim_fail_memory(error);
    return true;
}

static bool open_dependent(struct senders *senders, struct arrivals *recorded,
                           struct sim_error *error)
{
    senders->dependent = dependent_open(&(struct dependent_config){
        .recorded = recorded,
        .streams = &senders->streams,
        .services = &senders->services,
        .other = find_other,
        .context = senders,
    });
    return senders->dependent != NULL || sim_fail_memory(error);
}

bool senders_open(struct senders *senders, const struct scenario *scenario, bool has_thread,
                  const struct progress_watch *watch, struct sim_error *error)
{
    bool answers;
    if (!open_sources(senders, scenario, &answers, error))
        return false;
    if (answers) {
        if (!open_ahead(senders, has_thread, false, INT64_MAX, error) ||
            !read_all(senders, true, false, watch, error) || !apply(senders, error))
            return false;
        ahead_close(senders->ahead);
        senders->ahead = NULL;
        sources_close(senders->sources);
        senders->sources = sources_open(scenario, error);
        if (senders->sources == NULL)
            return false;
    }
    return open_ahead(senders, has_thread, senders->answers, scenario->end_ns, error) &&
           (!senders->answers || open_dependent(senders, ahead_arrivals(senders->ahead), error));
}

void senders_stop(const struct senders *senders)
{
    if (senders->ahead != NULL)
        ahead_stop(senders->ahead);
}

// A sources_notice: what is told of traces does not stay.
static void keep_notice(void *context, const struct trace_notice *notice)
{
    struct senders *senders = context;
    struct trace_notice *notices =
        realloc(senders->notices, (senders->notice_count + 1) * sizeof *notices);
    if (notices == NULL)
        return;
    senders->notices = notices;
    notices[senders->notice_count] = *notice;
    notices[senders->notice_count].text = strdup(notice->text);
    senders->notice_count += notices[senders->notice_count].text != NULL;
}

bool senders_keep(struct senders *senders, const struct scenario *scenario,
                  const struct progress_watch *watch, struct sim_error *error)
{
    bool answers;
    if (!open_sources(senders, scenario, &answers, error) ||
        !read_all(senders, answers, true, watch, error) || (answers && !apply(senders, error)))
        return false;
    sources_notices(senders->sources, keep_notice, senders);
    return true;
}

bool senders_play(struct senders *senders, const struct scenario *scenario,
                  const struct senders *kept, struct sim_error *error)
{
    *senders = *kept;
    senders->scenario = scenario;
    senders->kept = kept;
    tape_start(&senders->reader, &kept->tape);
    return !senders->answers || open_dependent(senders, &senders->reader.arrivals, error);
}

void senders_close(struct senders *senders)
{
    dependent_close(senders->dependent);
    ahead_close(senders->ahead);
    if (senders->kept != NULL)
        return;
    streams_free(&senders->streams);
    services_close(&senders->services);
    sources_close(senders->sources);
    free(senders->usual);
    tape_free(&senders->tape);
    for (size_t i = 0; i < senders->notice_count; i++)
        free((char *)(uintptr_t)senders->notices[i].text);
    free(senders->notices);
}

struct arrivals *senders_arrivals(struct senders *senders)
{
    if (senders->dependent != NULL)
        return dependent_arrivals(senders->dependent);
    if (senders->ahead != NULL)
        return ahead_arrivals(senders->ahead);
    return senders->kept != NULL ? &senders->reader.arrivals : sources_arrivals(senders->sources);
}

double senders_share(const struct senders *senders)
{
    if (senders->ahead != NULL)
        return ahead_share(senders->ahead);
    return senders->kept != NULL ? progress_share(senders->reader.next, senders->kept->tape.count)
                                 : sources_share(senders->sources);
}

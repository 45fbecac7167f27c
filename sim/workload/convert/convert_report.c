// SPDX-License-Identifier: GPL-2.0-or-later
// What a conversion did.
#include "sim/workload/convert/convert.h"

#include <inttypes.h>
#include <stdio.h>

static void tell_shared(const struct convert *convert, cut_notice *notice, void *context)
{
    char text[200];
    snprintf(text, sizeof text,
             "%" PRIu64 " flushes of the device ended those of several threads; written is who "
             "asked last, and in a replay of what is written the others do not wait for them.",
             convert->shared);
    if (convert->shared > 0 && convert_keeps_streams(convert))
        notice(context, &(struct trace_notice){"shared-flushes", convert->streams[0].path,
                                               convert->shared, text});
}

void convert_notices(const struct convert *convert, cut_notice *notice, void *context)
{
    for (size_t i = 0; i < convert->merge.count; i++) {
        const struct trace *trace = convert->streams[i].trace;
        size_t count = trace_notice_count(trace);
        for (size_t k = 0; k < count; k++)
            notice(context, trace_notice(trace, k));
        const struct trace_notice streams = {
            .kind = "streams-dropped",
            .source = convert->streams[i].path,
            .count = convert->streams[i].requests_read,
            .text =
                "Who sent the requests is told there, and is not written: other inputs may have "
                "threads of the same names; convert each alone to keep it.",
        };
        if (trace_tells_streams(trace) && !convert_keeps_streams(convert))
            notice(context, &streams);
    }
    tell_shared(convert, notice, context);
    cut_notice_missed(convert->streams, convert->merge.count, notice, context);
    for (size_t i = 0; i < convert->output_count; i++) {
        const struct trace_writer *writer = convert->outputs[i].writer;
        for (size_t k = 0; k < trace_writer_notice_count(writer); k++)
            notice(context, trace_writer_notice(writer, k));
    }
    const struct trace_notice nothing = {
        .kind = "nothing-written",
        .source = convert->config->output,
        .count = 1,
        .text = "No request was written: there is none in the piece that was cut out, of the "
                "volumes and operations that were chosen.",
    };
    if (convert->written == 0)
        notice(context, &nothing);
}

// Takes both. NULL if one of them is, and on failure: json_pack then fails, too.
static json_t *append(json_t *array, json_t *item)
{
    if (json_array_append_new(array, item) == 0)
        return array;
    json_decref(array);
    return NULL;
}

static json_t *inputs_json(const struct convert *convert)
{
    json_t *array = json_array();
    for (size_t i = 0; i < convert->merge.count; i++) {
        const struct cut_stream *stream = &convert->streams[i];
        array = append(array, json_pack("{s:s, s:s, s:I, s:b}", "path", stream->path, "format",
                                        trace_format(stream->trace), "requests",
                                        (json_int_t)stream->requests_read, "cut_off",
                                        (int)stream->is_cut_off));
    }
    return array;
}

static json_t *outputs_json(const struct convert *convert)
{
    json_t *array = json_array();
    for (size_t i = 0; i < convert->output_count; i++) {
        const struct convert_output *output = &convert->outputs[i];
        array = append(array, json_pack("{s:s, s:s?, s:I}", "path", output->path, "volume",
                                        output->volume, "requests", (json_int_t)output->requests));
    }
    return array;
}

static void add_notice(void *context, const struct trace_notice *notice)
{
    json_t **array = context;
    *array = append(*array, json_pack("{s:s, s:s, s:I, s:s}", "kind", notice->kind, "source",
                                      notice->source, "count", (json_int_t)notice->count, "text",
                                      notice->text));
}

json_t *convert_json(const struct convert *convert)
{
    uint64_t filtered = 0;
    json_t *notices = json_array();
    convert_notices(convert, add_notice, &notices);
    for (size_t i = 0; i < convert->merge.count; i++)
        filtered += convert->streams[i].filtered;
    // json_pack takes the references, and fails if one of them is NULL.
    return json_pack("{s:I, s:I, s:I, s:o, s:o, s:o}", "requests_read",
                     (json_int_t)convert->requests_read, "requests_filtered", (json_int_t)filtered,
                     "requests_written", (json_int_t)convert->written, "inputs",
                     inputs_json(convert), "outputs", outputs_json(convert), "notices", notices);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// fio's iolog, versions 2 and 3, which `write_iolog` makes and `read_iolog` replays. What the
// fields mean is what fio's code does with them (docs/traces.md); its manual differs.
#include "traces/columns/split.h"
#include "traces/input/flow.h"
#include "traces/input/input_text.h"

#include <stdio.h>
#include <string.h>

#define IOLOG_NS_PER_MS 1000000
#define IOLOG_HEADER "fio version "
#define IOLOG_HEADERS "\"fio version 2 iolog\" or \"fio version 3 iolog\""

enum iolog_field {
    IOLOG_TIME, // not in version 2
    IOLOG_FILE,
    IOLOG_ACTION,
    IOLOG_OFFSET,
    IOLOG_LENGTH,
    IOLOG_FIELD_COUNT,
};

enum iolog_kind { IOLOG_REQUEST, IOLOG_WAIT, IOLOG_ABOUT_FILE };

struct iolog_line {
    struct columns_field fields[IOLOG_FIELD_COUNT]; // as they stand there
    enum iolog_kind kind;
    enum trace_op op;
    int64_t time_ns; // version 3
    int64_t offset;  // of a request, bytes; of a wait, ms
    int64_t bytes;
    bool longer; // there are more fields
};

#define IOLOG_NAME_BYTES_MAX 256 // as fio reads them
#define IOLOG_LINE_BYTES_MAX 4096
#define IOLOG_NS_PER_US 1000

static const char *const field_names[IOLOG_FIELD_COUNT] = {"timestamp", "file", "action", "offset",
                                                           "length"};

static const struct iolog_action {
    const char *name;
    enum iolog_kind kind;
    enum trace_op op;
} actions[] = {
    {"read", IOLOG_REQUEST, TRACE_READ},
    {"write", IOLOG_REQUEST, TRACE_WRITE},
    {"trim", IOLOG_REQUEST, TRACE_DISCARD},
    {"sync", IOLOG_REQUEST, TRACE_FLUSH},
    {"datasync", IOLOG_REQUEST, TRACE_FLUSH},
    {"wait", IOLOG_WAIT, 0},
    {"add", IOLOG_ABOUT_FILE, 0},
    {"open", IOLOG_ABOUT_FILE, 0},
    {"close", IOLOG_ABOUT_FILE, 0},
};

// The version of a header line, 0 for any other line.
static unsigned header_version(const char *line, size_t length)
{
    size_t prefix = strlen(IOLOG_HEADER);
    bool header = length > prefix && memcmp(line, IOLOG_HEADER, prefix) == 0 &&
                  line[prefix] >= '1' && line[prefix] <= '9';
    return header ? (unsigned)(line[prefix] - '0') : 0;
}

static bool fail_line(const struct trace_lines *lines, const char *text, struct trace_error *error)
{
    trace_error_set(error, "%s: line %llu: %s", lines->input->path,
                    (unsigned long long)lines->number, text);
    return false;
}

static bool fail_field(const struct iolog_line *line, const struct trace_lines *lines,
                       enum iolog_field field, const char *expected, struct trace_error *error)
{
    const struct columns_field *found = &line->fields[field];
    return trace_lines_fail(lines, field_names[field], found->text, found->length, expected, error);
}

static const struct iolog_action *find_action(const struct columns_field *field)
{
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (columns_field_is(field, actions[i].name))
            return &actions[i];
    return NULL;
}

static bool take_number(const struct iolog_line *line, const struct trace_lines *lines,
                        enum iolog_field field, int64_t max, int64_t *number,
                        struct trace_error *error)
{
    const struct columns_field *text = &line->fields[field];
    char expected[80];
    if (trace_text_number(text->text, text->length, number) && *number <= max)
        return true;
    snprintf(expected, sizeof expected, "a number of at most %lld, without a sign", (long long)max);
    return fail_field(line, lines, field, expected, error);
}

// The offset and the length, of which a wait needs only the first.
static bool take_numbers(struct iolog_line *line, const struct trace_lines *lines,
                         struct trace_error *error)
{
    if (line->kind == IOLOG_WAIT)
        return take_number(line, lines, IOLOG_OFFSET, INT64_MAX / IOLOG_NS_PER_MS, &line->offset,
                           error);
    return take_number(line, lines, IOLOG_OFFSET, INT64_MAX, &line->offset, error) &&
           take_number(line, lines, IOLOG_LENGTH, INT64_MAX - line->offset, &line->bytes, error);
}

// Cuts the line into its fields; stores how many of those that mean something there are, counted
// from the first of version 3.
static bool split(struct iolog_line *line, const struct trace_lines *lines, unsigned version,
                  size_t *count, struct trace_error *error)
{
    size_t first = version == 3 ? IOLOG_TIME : IOLOG_FILE;
    size_t limit = IOLOG_FIELD_COUNT - first;
    if (lines->length > IOLOG_LINE_BYTES_MAX)
        return fail_line(lines, "longer than 4096 bytes, which fio cannot read", error);
    *count = first + columns_split_blanks(lines->text, lines->length, &line->fields[first], limit);
    if (*count <= IOLOG_ACTION)
        return fail_line(lines,
                         version == 3 ? "expected TIMESTAMP FILE ACTION [OFFSET LENGTH]"
                                      : "expected FILE ACTION [OFFSET LENGTH]",
                         error);
    const struct columns_field *file = &line->fields[IOLOG_FILE];
    if (file->length > IOLOG_NAME_BYTES_MAX || memchr(file->text, '\0', file->length) != NULL)
        return fail_field(line, lines, IOLOG_FILE, "a name of at most 256 bytes without a NUL",
                          error);
    return true;
}

// Reads the current line of `lines`, of an iolog of this version.
static bool parse_line(struct iolog_line *line, const struct trace_lines *lines, unsigned version,
                       struct trace_error *error)
{
    size_t count;
    if (!split(line, lines, version, &count, error))
        return false;
    const struct iolog_action *action = find_action(&line->fields[IOLOG_ACTION]);
    if (action == NULL)
        return fail_field(line, lines, IOLOG_ACTION,
                          "read, write, trim, sync, datasync, wait, add, open or close; the "
                          "name of a file cannot hold blanks",
                          error);
    line->kind = action->kind;
    line->op = action->op;
    if (version == 3) {
        if (!take_number(line, lines, IOLOG_TIME, INT64_MAX / IOLOG_NS_PER_US, &line->time_ns,
                         error))
            return false;
        line->time_ns *= IOLOG_NS_PER_US;
    }
    bool about_file = line->kind == IOLOG_ABOUT_FILE;
    line->longer = count > (about_file ? IOLOG_OFFSET : IOLOG_FIELD_COUNT);
    if (!about_file && count <= IOLOG_LENGTH)
        return fail_line(lines, "the action needs an OFFSET and a LENGTH", error);
    return about_file || take_numbers(line, lines, error);
}

// ---- The reader ----

struct iolog_reader {
    struct trace_flow flow;
    struct trace_lines lines;
    unsigned version;
    struct iolog_line line;
    int64_t now_ns;      // version 2: the last wait
    int64_t earliest_ns; // of all lines
    uint64_t waits;      // in version 3, where fio ignores them
    uint64_t zero_bytes;
    uint64_t longer; // lines with more fields
};

static bool recognise(const void *how, const uint8_t *head, size_t length)
{
    (void)how;
    return header_version((const char *)head, length) != 0;
}

static bool read_header(struct iolog_reader *reader, struct trace_error *error)
{
    enum trace_result result = trace_lines_next(&reader->lines, error);
    if (result == TRACE_ERROR)
        return false;
    if (result == TRACE_REQUEST)
        reader->version = header_version(reader->lines.text, reader->lines.length);
    trace_lines_count(&reader->lines, TRACE_LINE_ABOUT);
    if (reader->version == 2 || reader->version == 3)
        return true;
    trace_error_set(error, "%s: line 1: %s; expected " IOLOG_HEADERS, reader->flow.input.path,
                    reader->version == 0 ? "this is no iolog of fio"
                                         : "an iolog of unknown version");
    return false;
}

// A time that has passed is not waited for.
static void wait_for(struct iolog_reader *reader)
{
    int64_t until_ns = reader->line.offset * IOLOG_NS_PER_MS;
    if (reader->version == 3)
        reader->waits++;
    else if (until_ns > reader->now_ns)
        reader->now_ns = until_ns;
}

static enum trace_result take_request(struct iolog_reader *reader, struct trace_request *request,
                                      struct trace_error *error)
{
    const struct iolog_line *line = &reader->line;
    const struct columns_field *file = &line->fields[IOLOG_FILE];
    bool flush = line->op == TRACE_FLUSH; // fio writes the place of the request before it
    *request = (struct trace_request){
        .arrival_ns = reader->version == 3 ? line->time_ns : reader->now_ns,
        .latency_ns = TRACE_LATENCY_UNKNOWN,
        .offset = flush ? 0 : (uint64_t)line->offset,
        .bytes = flush ? 0 : (uint64_t)line->bytes,
        .op = line->op,
        .volume =
            trace_volumes_intern(&reader->flow.context->volumes, file->text, file->length, error),
    };
    return request->volume == TRACE_VOLUME_NONE ? TRACE_ERROR : TRACE_REQUEST;
}

// Takes a line into account; true: it is a request.
static bool take_line(struct iolog_reader *reader)
{
    const struct iolog_line *line = &reader->line;
    int64_t time_ns = reader->version == 3 ? line->time_ns : reader->now_ns;
    reader->earliest_ns = time_ns < reader->earliest_ns ? time_ns : reader->earliest_ns;
    reader->longer += line->longer;
    if (line->kind == IOLOG_WAIT)
        wait_for(reader);
    bool empty = line->op != TRACE_FLUSH && line->bytes == 0;
    enum trace_line became = line->kind != IOLOG_REQUEST ? TRACE_LINE_OTHER_EVENT
                             : empty                     ? TRACE_LINE_EMPTY
                                                         : TRACE_LINE_TAKEN;
    trace_lines_count(&reader->lines, became);
    reader->zero_bytes += became == TRACE_LINE_EMPTY;
    return became == TRACE_LINE_TAKEN;
}

// Within the line.
static bool has_header(const struct trace_lines *lines)
{
    size_t prefix = strlen(IOLOG_HEADER);
    for (size_t at = 1; at + prefix < lines->length; at++)
        if (memcmp(lines->text + at, IOLOG_HEADER, prefix) == 0)
            return true;
    return false;
}

// Jobs of one run write pieces of some KiB in turn, which nothing tells apart.
static enum trace_result fail_other(const struct trace_lines *lines, bool within,
                                    struct trace_error *error)
{
    trace_error_set(error, "%s: line %llu: another iolog starts %s: %s", lines->input->path,
                    (unsigned long long)lines->number, within ? "within this line" : "here",
                    within ? "several jobs of fio wrote into this file at the same time, in "
                             "pieces that cannot be told apart; record again with a write_iolog "
                             "of its own for each job (and numjobs=1)"
                           : "fio appends those of further jobs and runs to the same file; split "
                             "it at these lines and read the parts one by one");
    return TRACE_ERROR;
}

static enum trace_result next_request(void *opaque, struct trace_request *request,
                                      struct trace_error *error)
{
    struct iolog_reader *reader = opaque;
    const struct trace_lines *lines = &reader->lines;
    for (;;) {
        enum trace_result result = trace_lines_next(&reader->lines, error);
        if (result != TRACE_REQUEST)
            return result;
        if (header_version(lines->text, lines->length) != 0)
            return fail_other(lines, false, error);
        if (lines->length == 0) {
            trace_lines_count(&reader->lines, TRACE_LINE_ABOUT);
            continue;
        }
        reader->lines.cut_bytes = trace_lines_cut(lines);
        if (lines->cut_bytes > 0) {
            trace_lines_count(&reader->lines, TRACE_LINE_CUT);
            return TRACE_END;
        }
        if (!parse_line(&reader->line, lines, reader->version, error))
            return has_header(lines) ? fail_other(lines, true, error) : TRACE_ERROR;
        if (take_line(reader))
            return take_request(reader, request, error);
    }
}

static bool start(void *opaque, struct trace_error *error)
{
    struct iolog_reader *reader = opaque;
    reader->lines.input = &reader->flow.input;
    reader->lines.keeps_cut = true; // it may be the header
    reader->flow.lines = &reader->lines;
    reader->earliest_ns = INT64_MAX;
    return read_header(reader, error);
}

// Lines that are no requests count too: adding and opening files takes time.
static void begun(void *opaque)
{
    struct iolog_reader *reader = opaque;
    struct trace_context *context = reader->flow.context;
    if (reader->earliest_ns < context->origin_ns)
        context->origin_ns = reader->earliest_ns;
}

static void report(void *opaque)
{
    struct iolog_reader *reader = opaque;
    struct trace_notices *notices = &reader->flow.context->notices;
    const char *path = reader->flow.input.path;
    trace_flow_report_late(&reader->flow);
    trace_flow_report_displaced(&reader->flow);
    trace_notices_count(notices, "wait-ignored", path, reader->waits,
                        "waits are ignored, as fio does where lines have timestamps.");
    trace_notices_count(notices, "zero-bytes", path, reader->zero_bytes,
                        "requests without bytes that are no flush are skipped.");
    trace_notices_count(notices, "more-fields", path, reader->longer,
                        "lines have more fields than their action has; fio ignores them, and "
                        "so do we.");
    trace_lines_report(&reader->lines, notices);
}

static const struct trace_flow_source source = {
    .what = "an iolog",
    .bytes = sizeof(struct iolog_reader),
    .start = start,
    .next = next_request,
    .begun = begun,
    .report = report,
};

const struct trace_format trace_format_iolog = {
    .name = "iolog",
    .known_by = "an iolog of fio (starts with " IOLOG_HEADERS ")",
    .wanted = "lines of read, write, trim or sync, as fio's write_iolog has them once the job does "
              "I/O",
    .recognise = recognise,
    .kind = &trace_reader_flow,
    .how = &source,
};

// SPDX-License-Identifier: GPL-2.0-or-later
// Decisions are written in the order of leaving, each as what changed since the one before. A
// throttled group lets requests go at even distances, so most of them take three to five bytes.
#include "sim/base/text_file.h"
#include "sim/check/accepted.h"

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define LINE_NS INT64_C(1000000000) // a new line for each second: later lines stay as they were
#define LINE_TOKENS 32

// ---- Decisions ----

// "a1>", "a1:500", or "a1*7" for the same one seven times.
struct token {
    uint32_t stream;
    int64_t step; // of the sequence number, since the last of this stream
    char gap[24]; // what is written of the time since the decision before
};

struct decisions_writer {
    FILE *out;
    uint64_t *last_seq; // by stream
    int64_t last_ns;
    int64_t gap_ns; // below 0: none in this line yet
    int64_t line_ns;
    size_t line_tokens; // 0: no line is open
    struct token token;
    size_t repeated; // 0: no token waits to be written
};

static void write_token(struct decisions_writer *writer)
{
    char label[ACCEPTED_LABEL_SIZE];
    if (writer->repeated == 0)
        return;
    fprintf(writer->out, " %s%" PRId64 "%s", accepted_label(writer->token.stream, label),
            writer->token.step, writer->token.gap);
    if (writer->repeated > 1)
        fprintf(writer->out, "*%zu", writer->repeated);
    writer->repeated = 0;
    writer->line_tokens++;
}

static void end_line(struct decisions_writer *writer)
{
    write_token(writer);
    if (writer->line_tokens > 0)
        putc('\n', writer->out);
    writer->line_tokens = 0;
}

static void describe_gap(struct decisions_writer *writer, int64_t now_ns, struct token *token)
{
    int64_t gap_ns = now_ns - writer->last_ns;
    token->gap[0] = '\0';
    if (writer->gap_ns < 0 || gap_ns > writer->gap_ns + 1 || gap_ns < writer->gap_ns - 1)
        snprintf(token->gap, sizeof token->gap, ":%" PRId64, gap_ns);
    else if (gap_ns != writer->gap_ns)
        snprintf(token->gap, sizeof token->gap, gap_ns > writer->gap_ns ? ">" : "<");
    writer->gap_ns = gap_ns;
}

static void add_token(struct decisions_writer *writer, const struct token *token)
{
    const struct token *before = &writer->token;
    if (writer->repeated > 0 && token->gap[0] == '\0' && before->gap[0] == '\0' &&
        token->stream == before->stream && token->step == before->step) {
        writer->repeated++;
        return;
    }
    write_token(writer);
    writer->token = *token;
    writer->repeated = 1;
}

static void add_decision(struct decisions_writer *writer, const struct accepted_decision *decision)
{
    struct token token = {.stream = decision->stream};
    int64_t now_ns = decision->dispatch_ns;
    bool is_open = writer->line_tokens > 0 || writer->repeated > 0;
    token.step = (int64_t)(decision->seq - writer->last_seq[decision->stream]);
    writer->last_seq[decision->stream] = decision->seq;
    if (now_ns == ACCEPTED_NEVER) {
        if (!is_open || writer->line_ns != ACCEPTED_NEVER || writer->line_tokens >= LINE_TOKENS) {
            end_line(writer);
            fputs("never:", writer->out);
            writer->line_ns = ACCEPTED_NEVER;
        }
    } else if (!is_open || now_ns / LINE_NS != writer->line_ns / LINE_NS ||
               writer->line_tokens >= LINE_TOKENS) {
        end_line(writer);
        fprintf(writer->out, "at %" PRId64 ":", now_ns);
        writer->line_ns = now_ns;
        writer->gap_ns = -1;
    } else {
        describe_gap(writer, now_ns, &token);
    }
    writer->last_ns = now_ns;
    add_token(writer, &token);
}

static bool print_decisions(const struct accepted *accepted, FILE *out)
{
    struct decisions_writer writer = {.out = out};
    writer.last_seq = calloc(accepted->stream_count + 1, sizeof *writer.last_seq);
    if (writer.last_seq == NULL)
        return false;
    for (size_t i = 0; i < accepted->decision_count; i++)
        add_decision(&writer, &accepted->decisions[i]);
    end_line(&writer);
    free(writer.last_seq);
    return true;
}

// ---- The whole ----

static void print_stream(const struct accepted_stream *stream, size_t index, FILE *out)
{
    char label[ACCEPTED_LABEL_SIZE];
    json_t *member = json_string(stream->member);
    fprintf(out, "stream %s %s", accepted_label(index, label),
            report_direction_name(stream->direction));
    for (int i = 0; i < ACCEPTED_NUMBER_COUNT; i++)
        fprintf(out, " %" PRIu64, stream->numbers[i]);
    putc(' ', out);
    json_dumpf(member, out, JSON_ENCODE_ANY);
    putc('\n', out);
    json_decref(member);
}

// A name fit for a comment.
static void print_name(const char *name, FILE *out)
{
    for (; *name != '\0'; name++)
        putc(iscntrl((unsigned char)*name) ? '?' : *name, out);
}

bool accepted_print(const struct accepted *accepted, const char *scenario, FILE *out)
{
    fputs("throttlesim-accepted 1\n"
          "# What this scenario's requests did when it was accepted. Compare them, or after an\n"
          "# intended change accept them anew (the lines: docs/check.md):\n"
          "#     throttlesim check ",
          out);
    print_name(scenario, out);
    fputs("\n#     throttlesim check --accept ", out);
    print_name(scenario, out);
    fprintf(out, "\nengine %s\ndigest %016" PRIx64 "\n", accepted->engine, accepted->digest);
    fprintf(out, "requests %" PRIu64 " %016" PRIx64 "\n", accepted->requests,
            accepted->requests_hash);
    fprintf(out, "decisions %zu\n# stream direction", accepted->decision_count);
    for (int i = 0; i < ACCEPTED_NUMBER_COUNT; i++)
        fprintf(out, " %s", accepted_number_name((enum accepted_number)i));
    fputs(" member\n", out);
    for (size_t i = 0; i < accepted->stream_count; i++)
        print_stream(&accepted->streams[i], i, out);
    bool ok = print_decisions(accepted, out);
    if (ok)
        fputs("end\n", out);
    return ok;
}

bool accepted_write(const char *path, const char *scenario, const struct accepted *accepted,
                    struct sim_error *error)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    bool ok = out != NULL && accepted_print(accepted, scenario, out);
    if (out != NULL)
        ok = fclose(out) == 0 && ok;
    ok = ok ? text_file_write(path, text, error) : sim_fail_memory(error);
    free(text);
    return ok;
}

void accepted_free(struct accepted *accepted)
{
    for (size_t i = 0; i < accepted->stream_count; i++)
        free(accepted->streams[i].member);
    free(accepted->streams);
    free(accepted->decisions);
    *accepted = (struct accepted){.engine = ""};
}

const char *accepted_number_name(enum accepted_number number)
{
    static const char *const names[ACCEPTED_NUMBER_COUNT] = {
        [ACCEPTED_ARRIVED] = "arrived",     [ACCEPTED_DISPATCHED] = "dispatched",
        [ACCEPTED_COMPLETED] = "completed", [ACCEPTED_WAITED] = "waited",
        [ACCEPTED_P50] = "p50_ns",          [ACCEPTED_P90] = "p90_ns",
        [ACCEPTED_P99] = "p99_ns",          [ACCEPTED_MAX] = "max_ns",
    };
    return names[number];
}

const char *accepted_label(size_t stream, char label[ACCEPTED_LABEL_SIZE])
{
    char *first = label + ACCEPTED_LABEL_SIZE - 1;
    *first = '\0';
    for (size_t rest = stream + 1; rest > 0 && first > label; rest = (rest - 1) / 26)
        *--first = (char)('a' + (rest - 1) % 26);
    return first;
}

int accepted_compare_seq(const void *left, const void *right)
{
    const struct accepted_decision *a = left, *b = right;
    return (a->seq > b->seq) - (a->seq < b->seq);
}

struct accepted_decision *accepted_by_seq(const struct accepted *accepted)
{
    size_t count = accepted->decision_count;
    struct accepted_decision *sorted = calloc(count + 1, sizeof *sorted);
    if (sorted == NULL || count == 0)
        return sorted;
    memcpy(sorted, accepted->decisions, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, accepted_compare_seq);
    return sorted;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// Tracepoints as text. What perf, trace-cmd and ftrace would have printed is derived from what
// blkparse prints of the recordings, and reads as the recordings themselves do.
#include "tests/support/test_group.h"
#include "tests/traces/damage.h"
#include "tests/traces/recordings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// What differs between the tools, and the kernels they ran on.
struct style {
    bool ends_in_pid;   // COMM-PID [CPU] FLAGS, else COMM PID [CPU]
    bool nanoseconds;   // else microseconds
    bool bytes;         // old kernels print 0
    bool priority;      // new kernels print CLASS,HINT,LEVEL
    const char *before; // the event's name
};

struct event_line {
    char device[16];
    char time[32];
    char name[32];
    char action[4];
    char operation[8];
    unsigned cpu;
    unsigned pid;
    unsigned bytes;
    uint64_t sector;
    uint64_t split_at;
};

static const char event_layout[] = "%M,%m;%T.%9t;%p;%c;%a;%d;%S;%N;%U;%C\\n";

static bool parse_line(const char *line, struct event_line *event)
{
    *event = (struct event_line){0};
    return sscanf(line, "%15[^;];%31[^;];%u;%u;%3[^;];%7[^;];%" SCNu64 ";%u;%" SCNu64 ";%31[^\n]",
                  event->device, event->time, &event->pid, &event->cpu, event->action,
                  event->operation, &event->sector, &event->bytes, &event->split_at,
                  event->name) == 10;
}

static void print_prefix(FILE *file, const struct event_line *event, const struct style *style)
{
    int digits = (int)(strchr(event->time, '.') - event->time) + (style->nanoseconds ? 10 : 7);
    if (style->ends_in_pid)
        fprintf(file, "%16s-%-7u [%03u] d..1. %.*s: %s", event->name, event->pid, event->cpu,
                digits, event->time, style->before);
    else
        fprintf(file, "%s %5u [%03u] %.*s: %s", event->name, event->pid, event->cpu, digits,
                event->time, style->before);
}

// A request that blkparse shows; the device's own flush has letters and a sector of its own here.
static void print_request(FILE *file, const struct event_line *event, const struct style *style,
                          const char *name)
{
    bool issue = event->action[0] == 'D';
    bool flush = strcmp(event->operation, "FN") == 0;
    char bytes[16] = "";
    uint64_t sector = flush && !issue ? UINT64_MAX : event->sector;
    if (issue)
        snprintf(bytes, sizeof bytes, " %u", style->bytes ? event->bytes : 0);
    fprintf(file, "%s: %s %s%s () %" PRIu64 " + %u%s [%s]\n", name, event->device,
            flush ? "FF" : event->operation, bytes, sector, event->bytes / 512,
            style->priority ? " none,0,0" : "", issue ? event->name : "0");
}

static void print_event(FILE *file, const struct event_line *event, const struct style *style)
{
    if (strchr("QDCXAG", event->action[0]) == NULL || event->action[1] != '\0')
        return;
    print_prefix(file, event, style);
    switch (event->action[0]) {
    case 'Q':
        fprintf(file, "block_bio_queue: %s %s %" PRIu64 " + %u [%s]\n", event->device,
                event->operation, event->sector, event->bytes / 512, event->name);
        break;
    case 'D':
        print_request(file, event, style, "block_rq_issue");
        break;
    case 'C':
        print_request(file, event, style, "block_rq_complete");
        break;
    case 'X':
        fprintf(file, "block_split: %s %s %" PRIu64 " / %" PRIu64 " [%s]\n", event->device,
                event->operation, event->sector, event->split_at, event->name);
        break;
    case 'A':
        fprintf(file, "block_bio_remap: %s %s %" PRIu64 " + %u <- (8,1) 0\n", event->device,
                event->operation, event->sector, event->bytes / 512);
        break;
    default:
        fprintf(file, "sched_switch: prev_comm=%s [120] ==> next\n", event->name);
        break;
    }
}

static void derive(const char *recording, const struct style *style)
{
    char arguments[200];
    char line[512];
    scratch_clear();
    recording_unpack(recording, "x");
    snprintf(arguments, sizeof arguments, "-q -i x -f '%s'", event_layout);
    blkparse_run(arguments, "x.txt");
    FILE *from = fopen(scratch_path("x.txt"), "r");
    FILE *to = fopen(scratch_path("events.txt"), "w");
    assert_non_null(from);
    assert_non_null(to);
    fputs("# tracer: nop\n#\ncpus=2\nCPU 1 is empty\n", to);
    while (fgets(line, sizeof line, from) != NULL) {
        struct event_line event;
        if (parse_line(line, &event))
            print_event(to, &event, style);
    }
    fclose(from);
    assert_int_equal(fclose(to), 0);
}

static void test_recordings(void **state)
{
    (void)state;
    recordings_needed();
    static const struct style styles[] = {
        {.ends_in_pid = true, .nanoseconds = true, .bytes = true, .priority = true, .before = ""},
        {.nanoseconds = true, .bytes = true, .before = "block:"},
        {.nanoseconds = true, .priority = true, .before = "         1 block:"},
        {.ends_in_pid = true, .bytes = true, .before = "      "},
    };
    for (size_t i = 0; i < RECORDING_COUNT; i++) {
        const struct style *style = &styles[i % 4];
        struct comparison comparison = {.step_ns = style->nanoseconds ? 1 : 1000};
        derive(recordings[i], style);
        for (int kind = 0; kind < 2; kind++) {
            enum trace_arrival arrival = (enum trace_arrival)kind;
            struct reading binary = read_trace(recording_path(recordings[i]), arrival, NULL);
            struct reading text = read_trace(scratch_path("events.txt"), arrival, NULL);
            assert_non_null(text.trace);
            assert_string_equal(trace_format(text.trace), "ftrace");
            assert_int_equal(trace_notice_count(text.trace), 0);
            compare_readings(&binary, &text, &comparison);
        }
    }
}

static void test_damaged(void **state)
{
    (void)state;
    recordings_needed();
    static const struct style style = {.ends_in_pid = true, .priority = true, .before = ""};
    struct bytes good = {0};
    derive("mixed/vdf", &style);
    scratch_read("events.txt", &good);
    assert_true(good.length > 40000);
    good.length = 40000;
    damage_and_read(&good, "ftrace", 400);
    bytes_free(&good);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_recordings),
    cmocka_unit_test(test_damaged),
};
TEST_GROUP(ftrace, tests, NULL, NULL);

// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/events/order.h"

#include "traces/grow.h"
#include "traces/input/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A file up to this size is looked at as a whole.
#define WHOLE_BYTES (UINT64_C(256) << 10)
#define SAMPLE_BYTES (4 << 10)
#define SAMPLE_EVERY_BYTES (UINT64_C(8) << 20)
#define SAMPLES_MIN 16
#define SAMPLES_MAX 256
#define PART_RECORDS (UINT64_C(1) << 16) // are looked at if no more than a part is wanted

static const struct trace_events_wanted everything = {.actions = UINT32_MAX};

// ---- Is it in order? ----

struct check {
    const struct trace_context *context;
    const struct trace_event_source *source;
    const void *how;
    bool any;
    bool broken;
    int64_t last_ns; // the latest
    uint32_t last_cpu;
    uint32_t last_device;
};

static void check_record(struct check *check, const struct blktrace_record *record, bool is_first)
{
    int64_t time_ns = (int64_t)record->time_ns;
    bool same = record->cpu == check->last_cpu && record->device == check->last_device &&
                record->cpu != BLKTRACE_CPU_UNKNOWN;
    if (check->any && time_ns < check->last_ns) {
        check->broken = check->broken || is_first || !same;
        return;
    }
    check->any = true;
    check->last_ns = time_ns;
    check->last_cpu = record->cpu;
    check->last_device = record->device;
}

// Looks at so many records of a file. What cannot be read is left to who reads it for good.
static void check_file(struct check *check, struct trace_file *file, uint64_t records,
                       bool is_sample)
{
    struct trace_files files = {.items = file, .count = 1};
    struct trace_context context = *check->context;
    const struct blktrace_record *record;
    struct trace_error unused;
    context.files = &files;
    context.is_unsorted = true;
    context.threads = NULL;
    void *opened = check->source->open(&context, check->how, &unused);
    for (uint64_t i = 0; opened != NULL && i < records && !check->broken; i++) {
        if (check->source->next(opened, &everything, &record, &unused) != TRACE_REQUEST)
            break;
        check_record(check, record, is_sample && i == 0);
    }
    if (opened != NULL)
        check->source->close(opened);
}

// Some bytes of the file at the place, as a file of their own.
static void check_sample(struct check *check, const struct trace_file *file, FILE *stream,
                         uint64_t place)
{
    char bytes[SAMPLE_BYTES];
    const char *at = bytes;
    size_t length = SAMPLE_BYTES;
    if (file->text != NULL)
        at = file->text + place;
    else if (fseeko(stream, (off_t)place, SEEK_SET) == 0)
        length = fread(bytes, 1, sizeof bytes, stream);
    else
        return;
    size_t skipped = place > 0 ? check->source->align((const uint8_t *)at, length) : 0;
    struct trace_file sample = *file;
    sample.text = at + skipped;
    sample.bytes = length - skipped;
    if (length > skipped)
        check_file(check, &sample, UINT64_MAX, place > 0);
}

static void check_samples(struct check *check, const struct trace_file *file)
{
    uint64_t count = file->bytes / SAMPLE_EVERY_BYTES;
    FILE *stream = file->text == NULL ? fopen(file->path, "rb") : NULL;
    if (stream == NULL && file->text == NULL)
        return;
    count = count < SAMPLES_MIN ? SAMPLES_MIN : count > SAMPLES_MAX ? SAMPLES_MAX : count;
    for (uint64_t i = 0; i < count && !check->broken; i++)
        check_sample(check, file, stream, (file->bytes - SAMPLE_BYTES) / (count - 1) * i);
    if (stream != NULL)
        fclose(stream);
}

// By its content.
static bool is_compressed(const struct trace_file *file)
{
    struct trace_input input;
    struct trace_error unused;
    if (!trace_input_open(&input, file, &unused))
        return true;
    bool compressed = trace_input_suffix(&input)[0] != '\0';
    trace_input_close(&input);
    return compressed;
}

bool events_order_is_broken(const struct trace_context *context,
                            const struct trace_event_source *source, const void *how)
{
    bool broken = false;
    uint64_t records = context->is_part ? PART_RECORDS : UINT64_MAX;
    for (size_t i = 0; i < context->files->count && !broken; i++) {
        struct check check = {.context = context, .source = source, .how = how};
        struct trace_file *file = &context->files->items[i];
        if (file->opened != NULL) {
            broken = true;
            continue;
        }
        // The kernel's own files are in order; to look into a compressed one takes time.
        if (file->compressed && file->cpu != TRACE_CPU_NONE)
            continue;
        bool compressed = file->bytes > 0 && is_compressed(file);
        if (compressed || file->bytes <= WHOLE_BYTES)
            check_file(&check, file, records, false);
        else
            check_samples(&check, file);
        broken = check.broken;
    }
    return broken;
}

// ---- Sorting ----

// More than any machine has.
#define CLOCKS_MAX 65536

// NULL: out of memory, or of what memory there should be.
static struct events_clock *find_clock(struct events_clocks *clocks,
                                       const struct blktrace_record *record)
{
    struct trace_map_slot *slot = trace_map_slot(&clocks->index, record->device, record->cpu);
    if (slot == NULL || (slot->value == TRACE_MAP_NONE && clocks->count == CLOCKS_MAX))
        return NULL;
    if (slot->value != TRACE_MAP_NONE)
        return &clocks->items[slot->value];
    struct events_clock *items =
        trace_grown(clocks->items, clocks->count, &clocks->capacity, sizeof *items);
    if (items == NULL)
        return NULL;
    clocks->items = items;
    trace_map_fill(&clocks->index, slot, record->device, record->cpu, clocks->count);
    clocks->items[clocks->count] = (struct events_clock){.last_ns = INT64_MIN};
    return &clocks->items[clocks->count++];
}

enum trace_result events_order_fail(const char *place, const struct blktrace_record *record,
                                    int64_t back_ns, struct trace_error *error)
{
    char cpu[32] = "";
    if (record->cpu != BLKTRACE_CPU_UNKNOWN)
        snprintf(cpu, sizeof cpu, " on CPU %u", record->cpu);
    trace_error_set(error,
                    "%s: found a time %lld.%09lld s before that of the record before it%s: another "
                    "recording starts here, whose times are its own; split the file there and "
                    "read the parts one by one",
                    place, (long long)(back_ns / 1000000000), (long long)(back_ns % 1000000000),
                    cpu);
    return TRACE_ERROR;
}

// Holds the time of its device and CPU.
static enum trace_result hold(struct events_clocks *clocks, struct blktrace_record *record,
                              const struct trace_event_source *source, const void *opened,
                              struct trace_error *error)
{
    struct events_clock *clock = find_clock(clocks, record);
    int64_t time_ns = (int64_t)record->time_ns;
    if (clock == NULL) {
        trace_error_set(error,
                        "out of memory, or more than %d pairs of device and CPU: this is "
                        "not a recording",
                        CLOCKS_MAX);
        return TRACE_ERROR;
    }
    if (clock->last_ns > time_ns) {
        int64_t back_ns = (int64_t)((uint64_t)clock->last_ns - (uint64_t)time_ns);
        bool starts_over = record->sequence > 0 && record->sequence <= clock->sequence;
        if (back_ns < 0 || events_order_is_other(back_ns, starts_over)) {
            char place[600];
            source->place(opened, place, sizeof place);
            return events_order_fail(place, record, back_ns < 0 ? INT64_MAX : back_ns, error);
        }
        if (record->cpu != BLKTRACE_CPU_UNKNOWN) {
            clocks->held++;
            clocks->held_max_ns = back_ns > clocks->held_max_ns ? back_ns : clocks->held_max_ns;
            record->time_ns = (uint64_t)clock->last_ns;
        }
        return TRACE_REQUEST;
    }
    clock->last_ns = time_ns;
    clock->sequence = record->sequence;
    return TRACE_REQUEST;
}

bool events_order_sort(struct events_order *order, const struct trace_event_source *source,
                       void *opened, struct trace_error *error)
{
    const struct blktrace_record *found;
    enum trace_result result;
    order->sorter.item_bytes = sizeof *found;
    while ((result = source->next(opened, &everything, &found, error)) == TRACE_REQUEST) {
        struct blktrace_record record = *found;
        if (hold(&order->clocks, &record, source, opened, error) == TRACE_ERROR ||
            !trace_sorter_add(&order->sorter, &record, error))
            return false;
    }
    return result == TRACE_END && trace_sorter_rewind(&order->sorter, error);
}

// The next of the records that were sorted, as a source gives them.
enum trace_result events_order_next_sorted(void *sorter, const struct trace_events_wanted *wanted,
                                           const struct blktrace_record **record,
                                           struct trace_error *error)
{
    enum trace_result result;
    do {
        const void *item;
        result = trace_sorter_next(sorter, &item, error);
        *record = item;
    } while (result == TRACE_REQUEST && !trace_events_want(wanted, *record));
    return result;
}

// ---- Through a window ----

struct window_entry {
    struct blktrace_record record;
    uint64_t sequence;
};

static bool is_before(const void *left, const void *right)
{
    const struct window_entry *a = left;
    const struct window_entry *b = right;
    return a->record.time_ns != b->record.time_ns
               ? (int64_t)a->record.time_ns < (int64_t)b->record.time_ns
               : a->sequence < b->sequence;
}

static const struct trace_heap_kind by_time = {sizeof(struct window_entry), is_before};

static bool is_filled(const struct events_order *order)
{
    const struct window_entry *first = order->window.entries;
    return order->ended || order->window.count == EVENTS_WINDOW_RECORDS ||
           (order->window.count > 0 &&
            (uint64_t)order->newest_ns - first->record.time_ns > EVENTS_WINDOW_NS);
}

static bool fill_window(struct events_order *order, struct trace_error *error)
{
    const struct blktrace_record *found;
    while (!is_filled(order)) {
        enum trace_result result = order->source->next(order->opened, &everything, &found, error);
        order->ended = result == TRACE_END;
        if (result != TRACE_REQUEST)
            return order->ended;
        struct window_entry entry = {*found, order->pushed++};
        if (hold(&order->clocks, &entry.record, order->source, order->opened, error) == TRACE_ERROR)
            return false;
        int64_t time_ns = (int64_t)entry.record.time_ns;
        order->displaced += entry.sequence > 0 && time_ns < order->newest_ns;
        order->newest_ns =
            entry.sequence == 0 || time_ns > order->newest_ns ? time_ns : order->newest_ns;
        if (!trace_heap_push(&order->window, &by_time, &entry)) {
            trace_error_no_memory(error);
            return false;
        }
    }
    return true;
}

bool events_order_window(struct events_order *order, const struct trace_event_source *source,
                         void *opened, int64_t *origin_ns, struct trace_error *error)
{
    order->source = source;
    order->opened = opened;
    if (!fill_window(order, error))
        return false;
    const struct window_entry *first = order->window.entries;
    *origin_ns = order->window.count > 0 ? (int64_t)first->record.time_ns : 0;
    order->last_ns = *origin_ns;
    return true;
}

enum trace_result events_order_next(void *opaque, const struct trace_events_wanted *wanted,
                                    const struct blktrace_record **record,
                                    struct trace_error *error)
{
    struct events_order *order = opaque;
    do {
        if (!fill_window(order, error))
            return TRACE_ERROR;
        if (order->window.count == 0)
            return TRACE_END;
        const struct window_entry *first = order->window.entries;
        order->current = first->record;
        trace_heap_pop(&order->window, &by_time);
        if ((int64_t)order->current.time_ns < order->last_ns) {
            uint64_t back_ns = (uint64_t)order->last_ns - order->current.time_ns;
            order->clocks.held++;
            if (back_ns > (uint64_t)order->clocks.held_max_ns)
                order->clocks.held_max_ns = back_ns > INT64_MAX ? INT64_MAX : (int64_t)back_ns;
            order->current.time_ns = (uint64_t)order->last_ns;
        }
        order->last_ns = (int64_t)order->current.time_ns;
        *record = &order->current;
    } while (!trace_events_want(wanted, *record));
    return TRACE_REQUEST;
}

void events_order_free(struct events_order *order)
{
    trace_heap_free(&order->window);
    trace_sorter_free(&order->sorter);
    trace_map_free(&order->clocks.index);
    free(order->clocks.items);
    *order = (struct events_order){0};
}

void events_order_report(const struct events_order *order, const char *source,
                         struct trace_notices *notices)
{
    const struct events_clocks *clocks = &order->clocks;
    trace_notices_count(notices, "out-of-order", source, order->sorter.displaced + order->displaced,
                        "records stand behind a later one, as in what comes live from several "
                        "CPUs; they were put into order of time.");
    trace_notices_set(notices, "time-backwards", source, clocks->held,
                      "%llu records are earlier than the one before them on their CPU, by up to "
                      "%lld ns; they are taken to be at the same time.",
                      (unsigned long long)clocks->held, (long long)clocks->held_max_ns);
}

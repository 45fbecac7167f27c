// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/sorter.h"

#include "traces/input/temporary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Items in order, in the file, and how far they have been read.
struct trace_sorter_run {
    uint64_t start; // bytes
    uint64_t items;
    int64_t last_ns;
    uint64_t taken;    // items, into the buffer
    size_t buffer_at;  // the next in the buffer
    size_t buffer_end; // equal: the buffer is empty
};

#define BUFFER_ITEMS_MIN 16
#define RUN_ITEMS_FIRST 64

static int64_t time_of(const uint8_t *item)
{
    int64_t time_ns;
    memcpy(&time_ns, item, sizeof time_ns);
    return time_ns;
}

static size_t run_items(const struct trace_sorter *sorter)
{
    return TRACE_SORTER_RUN_BYTES / sorter->item_bytes;
}

void trace_sorter_free(struct trace_sorter *sorter)
{
    if (sorter->run_count > 0)
        close(sorter->file);
    free(sorter->items);
    free(sorter->other);
    free(sorter->runs);
    trace_heap_free(&sorter->heap);
    *sorter = (struct trace_sorter){.item_bytes = sorter->item_bytes};
}

// ---- A run in memory ----

// Merges the neighbours from..middle..end of `items` into `other`.
static void merge_two(struct trace_sorter *sorter, size_t from, size_t middle, size_t end)
{
    size_t size = sorter->item_bytes;
    const uint8_t *left = sorter->items + from * size;
    const uint8_t *left_end = sorter->items + middle * size;
    const uint8_t *right = left_end;
    const uint8_t *right_end = sorter->items + end * size;
    uint8_t *to = sorter->other + from * size;
    while (left < left_end && right < right_end) {
        bool takes_right = time_of(right) < time_of(left);
        memcpy(to, takes_right ? right : left, size);
        right += takes_right ? size : 0;
        left += takes_right ? 0 : size;
        to += size;
    }
    memcpy(to, left, (size_t)(left_end - left));
    memcpy(to + (left_end - left), right, (size_t)(right_end - right));
}

static bool is_sorted(const struct trace_sorter *sorter)
{
    size_t size = sorter->item_bytes;
    for (size_t i = 1; i < sorter->count; i++)
        if (time_of(sorter->items + i * size) < time_of(sorter->items + (i - 1) * size))
            return false;
    return true;
}

static void sort_run(struct trace_sorter *sorter)
{
    if (is_sorted(sorter))
        return;
    for (size_t width = 1; width < sorter->count; width *= 2) {
        for (size_t from = 0; from < sorter->count; from += 2 * width) {
            size_t middle = from + width < sorter->count ? from + width : sorter->count;
            size_t end = middle + width < sorter->count ? middle + width : sorter->count;
            merge_two(sorter, from, middle, end);
        }
        uint8_t *sorted = sorter->other;
        sorter->other = sorter->items;
        sorter->items = sorted;
    }
}

// ---- Runs on disk ----

static bool fail_file(const char *doing, struct trace_error *error)
{
    trace_error_set(error,
                    "%s a temporary file in %.200s (TMPDIR), to sort what is not in order of time: "
                    "%s; it takes about as much as the recording",
                    doing, trace_temporary_folder(), strerror(errno));
    return false;
}

static bool make_file(struct trace_sorter *sorter, struct trace_error *error)
{
    sorter->file = trace_temporary_make();
    return sorter->file >= 0 || fail_file("making", error);
}

static bool transfer(struct trace_sorter *sorter, uint8_t *bytes, size_t length, uint64_t place,
                     bool writes, struct trace_error *error)
{
    while (length > 0) {
        ssize_t done = writes ? pwrite(sorter->file, bytes, length, (off_t)place)
                              : pread(sorter->file, bytes, length, (off_t)place);
        if (done < 0 && errno == EINTR)
            continue;
        if (done == 0)
            errno = EIO;
        if (done <= 0)
            return fail_file(writes ? "writing" : "reading", error);
        bytes += done;
        length -= (size_t)done;
        place += (uint64_t)done;
    }
    return true;
}

// The run in memory becomes one on disk; the last one, if it goes on where that ended.
static bool write_run(struct trace_sorter *sorter, struct trace_error *error)
{
    if (sorter->run_count == sorter->run_capacity) {
        size_t capacity = sorter->run_capacity == 0 ? 16 : 2 * sorter->run_capacity;
        struct trace_sorter_run *runs = realloc(sorter->runs, capacity * sizeof *runs);
        if (runs == NULL) {
            trace_error_no_memory(error);
            return false;
        }
        sorter->runs = runs;
        sorter->run_capacity = capacity;
    }
    if (sorter->run_count == 0 && !make_file(sorter, error))
        return false;
    sort_run(sorter);
    size_t bytes = sorter->count * sorter->item_bytes;
    struct trace_sorter_run *last = &sorter->runs[sorter->run_count - (sorter->run_count > 0)];
    bool goes_on = sorter->run_count > 0 && last->last_ns <= time_of(sorter->items);
    if (!goes_on) {
        last = &sorter->runs[sorter->run_count++];
        *last = (struct trace_sorter_run){.start = sorter->file_size};
    }
    if (!transfer(sorter, sorter->items, bytes, sorter->file_size, true, error))
        return false;
    last->items += sorter->count;
    last->last_ns = time_of(sorter->items + bytes - sorter->item_bytes);
    sorter->file_size += bytes;
    sorter->count = 0;
    return true;
}

// Most recordings that are tried are small.
static bool grow(struct trace_sorter *sorter, struct trace_error *error)
{
    size_t most = run_items(sorter);
    size_t capacity = sorter->capacity == 0 ? RUN_ITEMS_FIRST : 2 * sorter->capacity;
    capacity = capacity < most ? capacity : most;
    uint8_t *items = realloc(sorter->items, capacity * sorter->item_bytes);
    if (items != NULL)
        sorter->items = items;
    uint8_t *other = realloc(sorter->other, capacity * sorter->item_bytes);
    if (other != NULL)
        sorter->other = other;
    if (items == NULL || other == NULL) {
        trace_error_no_memory(error);
        return false;
    }
    sorter->capacity = capacity;
    return true;
}

bool trace_sorter_add(struct trace_sorter *sorter, const void *item, struct trace_error *error)
{
    if (sorter->items == NULL)
        sorter->last_ns = INT64_MIN;
    if (sorter->count == sorter->capacity) {
        bool is_run = sorter->count == run_items(sorter);
        if (!(is_run ? write_run(sorter, error) : grow(sorter, error)))
            return false;
    }
    memcpy(sorter->items + sorter->count++ * sorter->item_bytes, item, sorter->item_bytes);
    int64_t time_ns = time_of(item);
    sorter->displaced += time_ns < sorter->last_ns;
    sorter->last_ns = time_ns > sorter->last_ns ? time_ns : sorter->last_ns;
    return true;
}

// ---- Reading ----

static uint8_t *buffer_of(const struct trace_sorter *sorter, const struct trace_sorter_run *run)
{
    return sorter->other + (size_t)(run - sorter->runs) * sorter->buffer_items * sorter->item_bytes;
}

static const uint8_t *first_of(const struct trace_sorter *sorter,
                               const struct trace_sorter_run *run)
{
    return buffer_of(sorter, run) + run->buffer_at * sorter->item_bytes;
}

// Makes the run's next item be there. False with an empty buffer: there is none, or an error.
static bool fill(struct trace_sorter *sorter, struct trace_sorter_run *run,
                 struct trace_error *error)
{
    uint64_t left = run->items - run->taken;
    size_t count = left < sorter->buffer_items ? (size_t)left : sorter->buffer_items;
    uint64_t place = run->start + run->taken * sorter->item_bytes;
    run->buffer_at = 0;
    run->buffer_end = 0;
    if (!transfer(sorter, buffer_of(sorter, run), count * sorter->item_bytes, place, false, error))
        return false;
    run->buffer_end = count;
    run->taken += count;
    return true;
}

struct run_entry {
    int64_t time_ns; // of its next item
    struct trace_sorter_run *run;
};

static bool is_before(const void *left, const void *right)
{
    const struct run_entry *a = left;
    const struct run_entry *b = right;
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->run < b->run;
}

static const struct trace_heap_kind by_time = {sizeof(struct run_entry), is_before};

// The runs and their buffers, from the start.
static bool start_runs(struct trace_sorter *sorter, struct trace_error *error)
{
    sorter->buffer_items = run_items(sorter) / sorter->run_count;
    if (sorter->buffer_items < BUFFER_ITEMS_MIN) {
        sorter->buffer_items = BUFFER_ITEMS_MIN;
        uint8_t *larger =
            realloc(sorter->other, sorter->run_count * sorter->buffer_items * sorter->item_bytes);
        if (larger == NULL) {
            trace_error_no_memory(error);
            return false;
        }
        sorter->other = larger;
    }
    sorter->heap.count = 0;
    for (size_t i = 0; i < sorter->run_count; i++) {
        struct trace_sorter_run *run = &sorter->runs[i];
        run->taken = 0;
        if (!fill(sorter, run, error))
            return false;
        struct run_entry entry = {time_of(first_of(sorter, run)), run};
        if (!trace_heap_push(&sorter->heap, &by_time, &entry)) {
            trace_error_no_memory(error);
            return false;
        }
    }
    return true;
}

bool trace_sorter_rewind(struct trace_sorter *sorter, struct trace_error *error)
{
    sorter->next = 0;
    sorter->current = NULL;
    if (sorter->run_count == 0) {
        sort_run(sorter);
        return true;
    }
    return (sorter->count == 0 || write_run(sorter, error)) && start_runs(sorter, error);
}

// Past the item that was given out last, which was still in its buffer.
static bool leave_current(struct trace_sorter *sorter, struct trace_error *error)
{
    struct trace_sorter_run *run = sorter->current;
    run->buffer_at++;
    if (run->buffer_at == run->buffer_end) {
        if (run->taken == run->items) {
            trace_heap_pop(&sorter->heap, &by_time);
            return true;
        }
        if (!fill(sorter, run, error))
            return false;
    }
    struct run_entry entry = {time_of(first_of(sorter, run)), run};
    trace_heap_replace(&sorter->heap, &by_time, &entry);
    return true;
}

enum trace_result trace_sorter_next(struct trace_sorter *sorter, const void **item,
                                    struct trace_error *error)
{
    if (sorter->run_count == 0) {
        if (sorter->next == sorter->count)
            return TRACE_END;
        *item = sorter->items + sorter->next++ * sorter->item_bytes;
        return TRACE_REQUEST;
    }
    if (sorter->current != NULL && !leave_current(sorter, error))
        return TRACE_ERROR;
    const struct run_entry *first = sorter->heap.entries;
    sorter->current = sorter->heap.count > 0 ? first->run : NULL;
    if (sorter->current == NULL)
        return TRACE_END;
    sorter->next++;
    *item = first_of(sorter, sorter->current);
    return TRACE_REQUEST;
}

double trace_sorter_share(const struct trace_sorter *sorter)
{
    uint64_t items = sorter->file_size / sorter->item_bytes + sorter->count;
    return items == 0 ? 1 : (double)sorter->next / (double)items;
}

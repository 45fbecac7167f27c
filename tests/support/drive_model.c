// SPDX-License-Identifier: GPL-2.0-or-later
// What the engines without groups have in common: arrivals, timers in order, why requests wait.
#include "tests/support/drive_model_state.h"
#include "tests/support/model_wait.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct drive_model *drive_model_create(const struct engine_algorithm *algorithm,
                                       const struct engine_callbacks *callbacks)
{
    static const struct drive_rules *const all[] = {&drive_rules_slice_2011, &drive_rules_slice,
                                                    &drive_rules_bucket};
    struct drive_model *model = calloc(1, sizeof *model);
    assert(model != NULL);
    model->algorithm = algorithm;
    model->callbacks = *callbacks;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(all[i]->name, algorithm->name) == 0)
            model->rules = all[i];
    }
    assert(model->rules != NULL);
    return model;
}

void drive_model_destroy(struct drive_model *model)
{
    while (model->drives != NULL) {
        struct drive *drive = model->drives;
        model->drives = drive->next;
        for (int f = 0; f < DIRECTION_COUNT; f++) {
            while (drive->fifo[f] != NULL)
                model_wait_forget(drive_take_first(&drive->fifo[f]));
        }
        free(drive);
    }
    free(model);
}

static struct drive *find_drive(const struct drive_model *model, uint32_t id)
{
    struct drive *drive = model->drives;
    while (drive->id != id)
        drive = drive->next;
    return drive;
}

enum direction drive_direction(const struct drive *drive, const struct engine_request *request)
{
    switch (request->op) {
    case ENGINE_READ:
        return DIRECTION_READ;
    case ENGINE_WRITE:
    case ENGINE_WRITE_ZEROES:
        return DIRECTION_WRITE;
    case ENGINE_DISCARD:
        return drive->attach == ENGINE_FILTER ? DIRECTION_WRITE : ENGINE_NOT_THROTTLED;
    default:
        return ENGINE_NOT_THROTTLED;
    }
}

void drive_to_device(struct drive *drive, int64_t now_ns, struct engine_request *request)
{
    struct drive_model *model = drive->model;
    model->waiting--;
    model_wait_end(request, now_ns, &model->callbacks);
}

struct drive_entry *drive_append(struct drive_entry **fifo, struct engine_request *request)
{
    while (*fifo != NULL)
        fifo = &(*fifo)->next;
    *fifo = calloc(1, sizeof **fifo);
    assert(*fifo != NULL);
    (*fifo)->request = request;
    return *fifo;
}

struct engine_request *drive_take_first(struct drive_entry **fifo)
{
    struct drive_entry *entry = *fifo;
    struct engine_request *request = entry->request;
    *fifo = entry->next;
    free(entry);
    return request;
}

int64_t drive_later(int64_t now_ns, int64_t wait_ns)
{
    return wait_ns > 0 && now_ns > INT64_MAX - wait_ns ? INT64_MAX : now_ns + wait_ns;
}

int64_t drive_truncate(double wait)
{
    return wait >= 9223372036854775808.0 ? INT64_MAX : (int64_t)wait;
}

void drive_arm(struct drive *drive, enum direction timer, int64_t deadline_ns, int cause)
{
    drive->timer[timer] = (struct drive_timer){
        .pending = true,
        .deadline_ns = deadline_ns,
        .cause = cause,
        .armed = drive->model->armings++,
    };
}

// It has waited for this, but from the deadline on for the timer.
static void waits_for(struct engine_request *request, int cause, int64_t deadline_ns,
                      int64_t from_ns, int64_t to_ns)
{
    int64_t middle_ns = deadline_ns;
    if (middle_ns < from_ns)
        middle_ns = from_ns;
    if (middle_ns > to_ns)
        middle_ns = to_ns;
    model_wait_add(request, cause, middle_ns - from_ns);
    model_wait_add(request, CAUSE_TIMER, to_ns - middle_ns);
}

// To be called before anything happens at now_ns: whatever kept the requests that wait has kept
// them since the last happening.
static void time_passes(struct drive_model *model, int64_t now_ns)
{
    const struct drive_rules *rules = model->rules;
    assert(now_ns >= model->last_ns);
    for (struct drive *drive = model->drives; drive != NULL; drive = drive->next) {
        for (int f = 0; f < DIRECTION_COUNT; f++) {
            for (struct drive_entry *entry = drive->fifo[f]; entry != NULL; entry = entry->next) {
                struct engine_request *request = entry->request;
                const struct drive_timer *timer = &drive->timer[f];
                assert(timer->pending);
                if (rules->all_wait_for_limits)
                    waits_for(request, entry->cause, entry->until_ns, model->last_ns, now_ns);
                else if (entry == drive->fifo[f])
                    waits_for(request, timer->cause, timer->deadline_ns, model->last_ns, now_ns);
                else
                    model_wait_add(request, CAUSE_QUEUE, now_ns - model->last_ns);
            }
        }
    }
    model->last_ns = now_ns;
}

uint32_t drive_model_add(struct drive_model *model, int64_t now_ns, enum engine_attach attach,
                         const struct engine_parameters *limits)
{
    time_passes(model, now_ns);
    struct drive *drive = calloc(1, sizeof *drive);
    assert(drive != NULL);
    drive->id = model->drive_count++;
    drive->attach = attach;
    drive->model = model;
    drive->limits = model_limits_initial();
    model_limits_merge(&drive->limits, model->algorithm, limits);
    drive->next = model->drives;
    model->drives = drive;
    model->rules->begins(drive, now_ns);
    return drive->id;
}

enum engine_status drive_model_set(struct drive_model *model, int64_t now_ns, uint32_t id,
                                   const struct engine_parameters *given, bool keeps_others)
{
    time_passes(model, now_ns);
    struct drive *drive = find_drive(model, id);
    struct model_limits limits = keeps_others ? drive->limits : model_limits_initial();
    model_limits_merge(&limits, model->algorithm, given);
    if (!model->rules->is_valid(&limits))
        return ENGINE_INVALID;
    model->rules->limits_change(drive, now_ns, &limits);
    return ENGINE_OK;
}

void drive_model_fill(struct drive_model *model, int64_t now_ns, uint32_t id, double share)
{
    time_passes(model, now_ns);
    model_buckets_fill(&find_drive(model, id)->buckets, share, now_ns);
}

void drive_model_submit(struct drive_model *model, int64_t now_ns, struct engine_request *request)
{
    time_passes(model, now_ns);
    struct drive *drive = find_drive(model, request->member);
    request->arrival_ns = now_ns;
    model_wait_begin(request);
    model->waiting++;
    if (drive_direction(drive, request) == ENGINE_NOT_THROTTLED ||
        !model_limits_have_average(&drive->limits))
        drive_to_device(drive, now_ns, request);
    else
        model->rules->arrives(drive, now_ns, request);
}

void drive_model_complete(struct drive_model *model, int64_t now_ns,
                          const struct engine_request *request)
{
    time_passes(model, now_ns);
    struct drive *drive = find_drive(model, request->member);
    if (drive_direction(drive, request) != ENGINE_NOT_THROTTLED)
        model->rules->completes(drive, request);
}

// The timer that fires first, by deadline and then by arming; NULL if none is pending.
static struct drive_timer *first_timer(const struct drive_model *model, struct drive **of,
                                       enum direction *direction)
{
    struct drive_timer *first = NULL;
    for (struct drive *drive = model->drives; drive != NULL; drive = drive->next) {
        for (int f = 0; f < DIRECTION_COUNT; f++) {
            struct drive_timer *timer = &drive->timer[f];
            if (!timer->pending)
                continue;
            if (first == NULL || timer->deadline_ns < first->deadline_ns ||
                (timer->deadline_ns == first->deadline_ns && timer->armed < first->armed)) {
                first = timer;
                *of = drive;
                *direction = (enum direction)f;
            }
        }
    }
    return first;
}

int64_t drive_model_next_deadline(const struct drive_model *model)
{
    struct drive *drive;
    enum direction direction;
    const struct drive_timer *timer = first_timer(model, &drive, &direction);
    return timer == NULL ? ENGINE_NEVER : timer->deadline_ns;
}

void drive_model_fire(struct drive_model *model, int64_t now_ns)
{
    time_passes(model, now_ns);
    for (;;) {
        struct drive *drive;
        enum direction direction;
        struct drive_timer *timer = first_timer(model, &drive, &direction);
        if (timer == NULL || timer->deadline_ns > now_ns || timer->deadline_ns == INT64_MAX)
            return;
        timer->pending = false;
        model->rules->timer_fires(drive, now_ns, direction);
    }
}

uint64_t drive_model_waiting(const struct drive_model *model)
{
    return model->waiting;
}

void drive_model_look(const struct drive_model *model, uint32_t id, int64_t now_ns,
                      struct drive_model_view *view)
{
    const struct drive *drive = find_drive(model, id);
    *view = (struct drive_model_view){.has_limits = model_limits_have_average(&drive->limits)};
    for (int f = 0; f < DIRECTION_COUNT; f++) {
        for (const struct drive_entry *entry = drive->fifo[f]; entry != NULL; entry = entry->next)
            view->waiting[drive_direction(drive, entry->request)]++;
        const struct drive_timer *timer = &drive->timer[model->rules->has_two_fifos ? f : 0];
        view->deadline_ns[f] = timer->pending ? timer->deadline_ns : ENGINE_NEVER;
    }
    struct model_limits limits = drive->limits;
    if (model->rules->show != NULL)
        model->rules->show(&limits);
    model_limits_list(&limits, model->algorithm, &view->limits);
    struct model_buckets buckets = drive->buckets;
    model_buckets_leak(&buckets, now_ns);
    view->bucket_count = model_buckets_list(&buckets, view->bucket);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/progress.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define QUIET_S 1.0 // shorter runs show nothing
#define STEP_S 0.2  // between two drawings
#define BAR_WIDTH 30
#define LATE_S 2.0 // of the time that the speed is of: that, or a part of all
#define LATE_SHARE 0.25

static double elapsed_s(const struct progress *progress)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - progress->started.tv_sec) +
           (double)(now.tv_nsec - progress->started.tv_nsec) / 1e9;
}

void progress_start(struct progress *progress, const char *eta)
{
    *progress = (struct progress){0};
    progress->enabled =
        strcmp(eta, "always") == 0 || (strcmp(eta, "auto") == 0 && isatty(STDERR_FILENO));
    clock_gettime(CLOCK_MONOTONIC, &progress->started);
}

void progress_tell_part(void *context, const struct progress_state *state)
{
    const struct progress_part *part = context;
    if (part->tell == NULL)
        return;
    struct progress_state whole = *state;
    if (state->share >= 0)
        whole.share = part->from + (part->to - part->from) * (state->share > 1 ? 1 : state->share);
    part->tell(part->context, &whole);
}

static void draw_share(double share)
{
    char bar[BAR_WIDTH + 1];
    memset(bar, ' ', BAR_WIDTH);
    memset(bar, '=', (size_t)(share * BAR_WIDTH));
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "[%s] %3.0f %%", bar, share * 100);
}

// Parts of the work take longer than others, so that its beginning says little of its end.
static void follow_speed(struct progress *progress, double now_s, double share)
{
    double step_s = now_s - progress->last_s;
    double late_s = fmax(LATE_S, LATE_SHARE * now_s);
    double weight = progress->shown ? fmin(step_s / late_s, 1) : 1;
    progress->speed += weight * ((share - progress->last_share) / step_s - progress->speed);
    progress->last_share = share;
}

static void draw(const struct progress *progress, double now_s, const struct progress_state *state)
{
    double share = state->share > 1 ? 1 : state->share;
    double rate = (double)state->requests / (now_s - progress->counts_s);
    double left_s = (1 - share) / progress->speed;
    bool is_fast = rate >= 1e5;
    fputc('\r', stderr);
    if (share >= 0)
        draw_share(share);
    else // of a pipe nobody knows how long it is
        fprintf(stderr, "%" PRIu64 " requests", state->requests);
    if (state->requests > 0)
        fprintf(stderr, "  %.3g %srequests/s", is_fast ? rate / 1e6 : rate,
                is_fast ? "million " : "");
    if (share > 0.01 && left_s > 0)
        fprintf(stderr, "  %.0f %s left", left_s < 120 ? left_s : left_s / 60,
                left_s < 120 ? "s" : "min");
    fputs("\033[K", stderr);
    fflush(stderr);
}

void progress_show(void *context, const struct progress_state *state)
{
    struct progress *progress = context;
    if (!progress->enabled)
        return;
    double now_s = elapsed_s(progress);
    if (state->requests < progress->requests) // of the next part
        progress->counts_s = progress->last_s;
    progress->requests = state->requests;
    if (now_s < QUIET_S || now_s - progress->last_s < STEP_S)
        return;
    follow_speed(progress, now_s, state->share);
    draw(progress, now_s, state);
    progress->last_s = now_s;
    progress->shown = true;
}

void progress_show_part(void *context, uint64_t done, uint64_t total)
{
    progress_show(context, &(struct progress_state){.share = progress_share(done, total)});
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}

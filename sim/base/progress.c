// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define QUIET_S 1.0 // shorter runs show nothing
#define STEP_S 0.2  // between two drawings
#define BAR_WIDTH 30

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

static void draw(double now_s, const struct progress_state *state)
{
    double share = state->total == 0 ? 0 : (double)state->consumed / (double)state->total;
    share = share > 1 ? 1 : share;
    char bar[BAR_WIDTH + 1];
    memset(bar, ' ', BAR_WIDTH);
    memset(bar, '=', (size_t)(share * BAR_WIDTH));
    bar[BAR_WIDTH] = '\0';
    double rate = (double)state->requests / now_s;
    bool is_fast = rate >= 1e5;
    fprintf(stderr, "\r[%s] %3.0f %%", bar, share * 100);
    if (state->requests > 0)
        fprintf(stderr, "  %.3g %srequests/s", is_fast ? rate / 1e6 : rate,
                is_fast ? "million " : "");
    if (share >= 1 && state->waiting > 0) // what is left is not in the files: it cannot be foretold
        fprintf(stderr, "  all read, %" PRIu64 " waiting", state->waiting);
    else if (share > 0.01 && share < 1)
        fprintf(stderr, "  %.0f s left", now_s / share - now_s);
    fputs("\033[K", stderr);
    fflush(stderr);
}

void progress_show(void *context, const struct progress_state *state)
{
    struct progress *progress = context;
    if (!progress->enabled)
        return;
    double now_s = elapsed_s(progress);
    if (now_s < QUIET_S || now_s - progress->last_s < STEP_S)
        return;
    draw(now_s, state);
    progress->last_s = now_s;
    progress->shown = true;
}

void progress_show_part(void *context, uint64_t done, uint64_t total)
{
    progress_show(context, &(struct progress_state){.consumed = done, .total = total});
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// The operations on a run - limits changed, members that joined, left, were drained - as marks on
// all that is drawn over time.
#include "reports/plot/figures.h"

#include <inttypes.h>
#include <stdio.h>

#define EVENTS_NEAR 0.025 // of the axis: marks so near have one label
#define EVENTS_TAG 10     // the first label's; those below are the panels' own
#define EVENTS_STYLE " lc rgb '#7A7A7A' lw 1 dt (1,3)"

void plot_events_marks(const struct plot_script *script, bool labelled)
{
    const struct plot_run *run = script->run;
    fputs("unset arrow\n", script->out);
    for (size_t i = 0; i < run->event_count; i++)
        fprintf(
            script->out,
            "set arrow from first %.9g, graph 0 to first %.9g, graph 1 nohead front" EVENTS_STYLE
            "\n",
            run->events[i].at_ns / script->time.scale, run->events[i].at_ns / script->time.scale);
    for (size_t i = 0, end; labelled && i < run->event_count; i = end) {
        end = i + 1;
        while (end < run->event_count &&
               run->events[end].at_ns - run->events[end - 1].at_ns < EVENTS_NEAR * run->end_ns)
            end++;
        fprintf(script->out, end == i + 1 ? "set label %zu '%zu'" : "set label %zu '%zu-%zu'",
                EVENTS_TAG + i, i + 1, end);
        fprintf(script->out,
                " at first %.9g, graph 1 center offset 0,0.35 tc rgb '#505050' font ',9'\n",
                (run->events[i].at_ns + run->events[end - 1].at_ns) / 2 / script->time.scale);
    }
}

void plot_events_legend(const struct plot_script *script)
{
    const struct plot_run *run = script->run;
    size_t used = *script->legend_lines;
    if (run->event_count == 0 || used + 2 > PLOT_LEGEND_LINES)
        return;
    fputs(", keyentry with lines" EVENTS_STYLE, script->out);
    plot_script_name(script, "events:");
    for (size_t i = 0; i < run->event_count; i++) {
        char when[PLOT_NUMBER_MAX], number[PLOT_NUMBER_MAX + 32];
        if (*script->legend_lines + 3 > PLOT_LEGEND_LINES) { // of two lines, and the remark
            plot_script_remark(script, "(%" PRId64 " more)", run->operation_count - (int64_t)i);
            return;
        }
        plot_number_duration(when, run->events[i].at_ns);
        snprintf(number, sizeof number, "%zu: %s", i + 1, when);
        fputs(PLOT_NO_LINE, script->out);
        plot_script_title(script, (const char *const[]){number, run->events[i].what}, 2);
    }
}

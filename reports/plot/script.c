// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/plot/script.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#define SCRIPT_LEFT 0.1 // screen positions of the plots' edges
#define SCRIPT_RIGHT 0.73
#define SCRIPT_TOP 0.91
#define SCRIPT_BOTTOM 0.115
#define SCRIPT_BETWEEN 0.05 // two panels
#define SCRIPT_COLUMN_BETWEEN 0.11
#define SCRIPT_TITLE_LEFT 0.018
#define SCRIPT_LEGEND_BOTTOM 0.01
#define SCRIPT_LEGEND_CHARACTERS 28 // fit on a line of the legend

// Okabe and Ito's colours, told apart also by the colour-blind; yellow and black are left out.
static const char *const colours[] = {"#0072B2", "#D55E00", "#009E73",
                                      "#CC79A7", "#E69F00", "#56B4E9"};
static const char *const light_colours[] = {"#A6CEE3", "#F2BF99", "#99D8C7",
                                            "#EBC9DC", "#F5D999", "#BBE1F6"};
static const char *const group_colours[PLOT_GROUPS_MAX] = {"#000000", "#8B1A1A", "#1A1A8B",
                                                           "#1A5E1A"};

#define COLOUR_COUNT (sizeof colours / sizeof colours[0])

static struct plot_unit time_unit(double end_ns)
{
    static const struct {
        double up_to_ns;
        struct plot_unit unit;
    } units[] = {
        {2e6, {1e3, "us"}},          {2e9, {1e6, "ms"}},           {600e9, {1e9, "s"}},
        {3 * 3600e9, {60e9, "min"}}, {4 * 86400e9, {3600e9, "h"}}, {INFINITY, {86400e9, "d"}},
    };
    size_t i = 0;
    while (end_ns > units[i].up_to_ns)
        i++;
    return units[i].unit;
}

void plot_script_quote(const struct plot_script *script, const char *text)
{
    char label[REPORT_LABEL_MAX];
    // In single quotes nothing but a single quote has a meaning, and labels hold no newline.
    // Doubling it does not work at a string's ends, so it becomes a typographic apostrophe.
    report_label(label, text, 127);
    fputc('\'', script->out);
    for (const char *c = label; *c; c++) {
        if (*c == '\'')
            fputs("\u2019", script->out);
        else
            fputc(*c, script->out);
    }
    fputc('\'', script->out);
}

void plot_script_begin(struct plot_script *script, const char *title)
{
    const struct plot_run *run = script->run;
    char text[3 * REPORT_LABEL_MAX];
    bool whole = !strcmp(run->status, "complete");
    snprintf(text, sizeof text, "%s - %s, run %" PRId64 "%s%s%s", title, run->name, run->run_id,
             whole ? "" : " (", whole ? "" : run->status, whole ? "" : ")");
    plot_script_begin_titled(script, text);
}

void plot_script_begin_titled(struct plot_script *script, const char *title)
{
    script->time = time_unit(script->run->end_ns);
    script->left = SCRIPT_LEFT;
    script->right = SCRIPT_RIGHT;
    *script->legend_lines = 0;
    fputs("set encoding utf8\nset title ", script->out);
    plot_script_quote(script, title);
    fprintf(script->out,
            " offset 0,-0.3\n"
            "set key at screen %g,%g left top Left reverse samplen 2 spacing 1 noautotitle\n"
            "set lmargin at screen %g\nset rmargin at screen %g\n"
            "set tmargin at screen %g\nset bmargin at screen %g\n"
            "set multiplot\nunset border\nunset tics\nset xrange [0:1]\nset yrange [0:1]\n"
            "plot NaN",
            SCRIPT_RIGHT + 0.01, SCRIPT_TOP + 0.015, SCRIPT_LEFT, SCRIPT_RIGHT, SCRIPT_TOP,
            SCRIPT_LEGEND_BOTTOM);
}

void plot_script_end_legend(const struct plot_script *script)
{
    fputs("\nunset key\nunset title\n"
          "set grid lc rgb '#E4E4E4' lt 1 lw 1\nset border 3 lc rgb '#606060'\n"
          "set xtics nomirror out\nset ytics nomirror out\nset format y '%.8g'\n",
          script->out);
}

void plot_script_name(const struct plot_script *script, const char *name)
{
    fputs(" title ", script->out);
    plot_script_quote(script, name);
    ++*script->legend_lines;
}

void plot_script_remark(const struct plot_script *script, const char *format, ...)
{
    char text[2 * REPORT_LABEL_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fputs(PLOT_NO_LINE, script->out);
    plot_script_name(script, text);
}

void plot_script_more_groups(const struct plot_script *script)
{
    int64_t more = script->run->group_count - (int64_t)script->run->drawn_groups;
    if (more > 0)
        plot_script_remark(script, "(%" PRId64 " more groups)", more);
}

void plot_script_title(const struct plot_script *script, const char *const parts[], size_t count)
{
    char line[2 * REPORT_LABEL_MAX] = "", part[REPORT_LABEL_MAX];
    size_t used = 0, lines = 0;
    for (size_t i = 0; i <= count; i++) {
        size_t length = i < count ? report_label(part, parts[i], SCRIPT_LEGEND_CHARACTERS) : 0;
        if (i == count || used + 1 + length > SCRIPT_LEGEND_CHARACTERS) {
            if (lines++ == 0)
                plot_script_name(script, line);
            else
                plot_script_remark(script, "%s", line);
            used = 0;
            *line = '\0';
        }
        if (length > 0) {
            const char *space = used > 0 ? " " : lines > 0 ? "  " : "";
            snprintf(line + strlen(line), sizeof line - strlen(line), "%s%s", space, part);
            used += strlen(space) + length;
        }
    }
}

void plot_script_place(size_t panel, size_t panels, double *top, double *bottom)
{
    double height = (SCRIPT_TOP - SCRIPT_BOTTOM + SCRIPT_BETWEEN) / (double)panels;
    *top = SCRIPT_TOP - (double)panel * height;
    *bottom = *top - height + SCRIPT_BETWEEN;
}

// title_left: where that of the vertical axis is.
static void put_panel(const struct plot_script *script, size_t panel, size_t panels,
                      double title_left, const char *title)
{
    double top, bottom;
    plot_script_place(panel, panels, &top, &bottom);
    fprintf(script->out,
            "unset label\nset lmargin at screen %g\nset rmargin at screen %g\n"
            "set tmargin at screen %g\nset bmargin at screen %g\nset label 2 ",
            script->left, script->right, top, bottom);
    plot_script_quote(script, title);
    fprintf(script->out, " at screen %g, graph 0.5 center rotate\n", title_left);
}

void plot_script_panel(const struct plot_script *script, size_t panel, size_t panels,
                       const char *title)
{
    put_panel(script, panel, panels, SCRIPT_TITLE_LEFT, title);
}

void plot_script_time_axis(const struct plot_script *script, bool labelled)
{
    const struct plot_run *run = script->run;
    char width[PLOT_NUMBER_MAX];
    fprintf(script->out, "set xrange [0:%.10g]\n", run->end_ns / script->time.scale);
    if (!labelled) {
        fputs("set format x ''\n", script->out);
        return;
    }
    plot_number_duration(width, (double)run->bin_intervals * (double)run->interval_ns);
    fprintf(script->out, "set xlabel 'time [%s], in steps of %s'\nset format x '%%.10g'\n",
            script->time.name, width);
}

void plot_script_time_panel(const struct plot_script *script, size_t panel, size_t panels,
                            const char *title)
{
    plot_script_panel(script, panel, panels, title);
    plot_script_time_axis(script, panel + 1 == panels);
    plot_events_marks(script, panel == 0);
}

void plot_script_time_cell(const struct plot_script *script, size_t row, size_t rows, size_t column,
                           const char *title)
{
    double width = (SCRIPT_RIGHT - SCRIPT_LEFT - SCRIPT_COLUMN_BETWEEN) / 2;
    double left = SCRIPT_LEFT + (double)column * (width + SCRIPT_COLUMN_BETWEEN);
    put_panel(script, row, rows, left - SCRIPT_LEFT + SCRIPT_TITLE_LEFT, title);
    fprintf(script->out, "set lmargin at screen %g\nset rmargin at screen %g\n", left,
            left + width);
    plot_script_time_axis(script, row + 1 == rows);
    fprintf(script->out, "set xtics %.10g\n", plot_script_time_step(script));
    plot_events_marks(script, row == 0);
}

// These plots are narrow: five labels or six, 1, 2 or 5 times a power of ten apart.
double plot_script_time_step(const struct plot_script *script)
{
    double least = script->run->end_ns / script->time.scale / 5;
    double step = pow(10, floor(log10(least)));
    if (step < least)
        step *= least <= 2 * step ? 2 : least <= 5 * step ? 5 : 10;
    return step;
}

void plot_script_panel_name(const struct plot_script *script, const char *name)
{
    fputs("set label 3 ", script->out);
    plot_script_quote(script, name);
    fputs(" at graph 0.01, graph 0.99 offset 0,-0.6 front tc rgb '#303030'\n", script->out);
}

void plot_script_latency(const struct plot_script *script, double ns)
{
    FILE *out = script->out;
    static const struct plot_unit units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}};
    size_t i = 0;
    while (i < 3 && ns < units[i].scale * 0.999)
        i++;
    if (ns > 5e12) // a longer label would push the axis' title out of the picture
        fprintf(out, "'1e%.0f s'", log10(ns / 1e9));
    else
        fprintf(out, "'%.10g %s'", ns / units[i].scale, units[i].name);
}

void plot_extent_join(struct plot_extent *extent, const struct plot_extent *other)
{
    if (other->low_ns > 0 && (extent->low_ns <= 0 || other->low_ns < extent->low_ns))
        extent->low_ns = other->low_ns;
    extent->high_ns = fmax(extent->high_ns, other->high_ns);
    extent->zeros += other->zeros;
    extent->requests = fmax(extent->requests, other->requests);
}

double plot_script_latency_axis(const struct plot_script *script, const char *axis,
                                struct plot_extent *extent)
{
    bool any = extent->high_ns > 0, zeros = extent->zeros > 0;
    double low_ns = any ? extent->low_ns : 1e6, high_ns = any ? extent->high_ns : 1e6;
    int first = low_ns > 1 ? (int)floor(log10(low_ns)) : 0;
    int last = high_ns > 1 ? (int)ceil(log10(high_ns)) : 0;
    FILE *out = script->out;
    if (last <= first)
        last = first + 1;
    double zero_ns = pow(10, first - 1);
    double bottom_ns = zeros ? zero_ns : pow(10, first);
    extent->right_ns = pow(10, ceil(log10(fmax(high_ns, 10 * bottom_ns))));
    fprintf(out, "set logscale %s\nset %srange [%.10g:%.10g]\nset m%stics 10\nset %stics (", axis,
            axis, 0.995 * bottom_ns, 1.005 * pow(10, last), axis, axis); // keeps tics at the ends
    if (zeros)
        fprintf(out, "'0' %.10g, ", zero_ns);
    for (int power = first; power <= last; power++) {
        plot_script_latency(script, pow(10, power));
        fprintf(out, " %.10g, ", pow(10, power));
    }
    // Of the fictional decade below, no minor tics.
    for (int power = first; power < last; power++) {
        for (int digit = 2; digit < 10; digit++)
            fprintf(out, "'' %.10g 1%s", digit * pow(10, power),
                    power == last - 1 && digit == 9 ? ")\n" : ", ");
    }
    return bottom_ns;
}

const char *plot_script_colour(size_t line)
{
    return line < PLOT_NAMED_MAX ? colours[line % COLOUR_COUNT] : "#BEBEBE";
}

const char *plot_script_light_colour(size_t line)
{
    return light_colours[line % COLOUR_COUNT];
}

const char *plot_script_group_colour(size_t group)
{
    return group_colours[group % PLOT_GROUPS_MAX];
}

void plot_script_line_style(const struct plot_script *script, size_t line, double width)
{
    bool named = line < script->run->named_count;
    fprintf(script->out, " lc rgb '%s' lw %g", named ? plot_script_colour(line) : "#BEBEBE",
            named ? width : 0.6);
    if (named && line >= COLOUR_COUNT)
        fputs(" dt (8,4)", script->out);
}

void plot_script_stairs_rows(const struct plot_script *script, plot_value *value,
                             const void *context)
{
    const struct plot_run *run = script->run;
    double last = NAN;
    for (size_t bin = 0; bin <= run->bin_count; bin++) {
        double now = bin < run->bin_count ? value(context, bin) : NAN;
        double at = plot_run_bin_ns(run, bin) / script->time.scale;
        if (isnan(now) && !isnan(last))
            fprintf(script->data, "%.9g %.6g\n\n", at, last);
        else if (!isnan(now) && (isnan(last) || now < last || now > last))
            fprintf(script->data, "%.9g %.6g\n", at, now);
        last = now;
    }
}

void plot_script_stairs(const struct plot_script *script, const char *name, size_t number,
                        plot_value *value, const void *context)
{
    fprintf(script->data, "$%s%zu << EOD\n", name, number);
    plot_script_stairs_rows(script, value, context);
    fputs("EOD\n", script->data);
}

void plot_script_message(const struct plot_script *script, const char *text)
{
    fputs("set label 1 ", script->out);
    plot_script_quote(script, text);
    fputs(" at graph 0.5,0.5 center front tc rgb '#404040'\n", script->out);
}

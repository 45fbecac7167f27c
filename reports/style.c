// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/style.h"

#include "reports/label.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static int at_least(int width)
{
    return width < REPORT_WIDTH_MIN ? REPORT_WIDTH_MIN : width;
}

int report_width(const struct report_style *style)
{
    return at_least(style->width);
}

const char *report_paint(const struct report_style *style, enum report_paint paint)
{
    static const char *const codes[] = {
        [REPORT_PLAIN] = "\033[0m", [REPORT_BOLD] = "\033[1m",     [REPORT_GOOD] = "\033[32m",
        [REPORT_BAD] = "\033[31m",  [REPORT_WARNING] = "\033[33m",
    };
    return style->colour ? codes[paint] : "";
}

// Where the line that begins at text is to end, if it has so much room.
static const char *find_break(const char *text, const char *end, int room)
{
    const char *best = NULL, *at = text + strspn(text, " ");
    char shown[5];
    size_t cells;
    for (int used = (int)(at - text); at < end; used += (int)cells) {
        if (*at == ' ' && at[-1] != ' ' && (used <= room || best == NULL))
            best = at;
        if (used > room && best != NULL)
            return best;
        at += report_next(at, shown, &cells);
        if (at >= end && used + (int)cells > room && best != NULL)
            return best;
    }
    return end;
}

static void write_shown(FILE *out, const char *text, const char *end)
{
    char shown[5];
    size_t cells;
    while (text < end) {
        text += report_next(text, shown, &cells);
        fputs(shown, out);
    }
}

// Text behind `used` cells of a line; further lines begin after `indent` blanks.
static void fold_line(FILE *out, int width, int used, int indent, const char *text, const char *end)
{
    while (end > text && end[-1] == ' ')
        end--;
    for (;;) {
        const char *stop = find_break(text, end, width - used);
        write_shown(out, text, stop);
        text = stop + strspn(stop, " ");
        if (text >= end)
            break;
        fprintf(out, "\n%*s", indent, "");
        used = indent;
    }
}

void report_fold(FILE *out, int width, const char *text)
{
    while (*text) {
        const char *end = text + strcspn(text, "\n");
        fold_line(out, at_least(width), 0, (int)strspn(text, " ") + 2, text, end);
        putc('\n', out);
        text = end + (*end == '\n');
    }
}

void report_item(FILE *out, int width, int column, const char *head, const char *text)
{
    int used = (int)report_cells(head);
    bool is_beside = used < column || column == 0;
    fprintf(out, is_beside ? "%s%*s" : "%s\n%*s", head, is_beside ? column - used : column, "");
    for (bool more = true; more; text++) {
        const char *end = text + strcspn(text, "\n");
        fold_line(out, at_least(width), column, column, text, end);
        text = end;
        more = *end != '\0';
        putc('\n', out);
        if (more && end[1] != '\n')
            fprintf(out, "%*s", column, "");
    }
}

void report_say(const struct report_style *style, enum report_paint paint, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    va_start(arguments, format);
    if (stream != NULL)
        vfprintf(stream, format, arguments);
    va_end(arguments);
    if (stream == NULL || fclose(stream) != 0) {
        free(text);
        return;
    }
    if (paint != REPORT_PLAIN)
        fputs(report_paint(style, paint), style->out);
    fold_line(style->out, report_width(style), 0, (int)strspn(text, " ") + 2, text, text + length);
    if (paint != REPORT_PLAIN)
        fputs(report_paint(style, REPORT_PLAIN), style->out);
    putc('\n', style->out);
    free(text);
}

void report_title(const struct report_style *style, const char *title)
{
    putc('\n', style->out);
    report_say(style, REPORT_BOLD, "%s", title);
}

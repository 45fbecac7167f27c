// SPDX-License-Identifier: GPL-2.0-or-later
// What is known of where the output goes.
#include "sim/cli/command.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_MAX 10000 // wider is a mistake

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && *value != '\0';
}

static int find_width(FILE *out)
{
    struct winsize size = {.ws_col = 0};
    if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    long columns = is_set("COLUMNS") ? strtol(getenv("COLUMNS"), NULL, 10) : 0;
    return columns > 0 && columns <= WIDTH_MAX ? (int)columns : REPORT_WIDTH;
}

static bool has_colour(FILE *out)
{
    const char *kind = getenv("TERM");
    return isatty(fileno(out)) && !is_set("NO_COLOR") && kind != NULL && strcmp(kind, "dumb") != 0;
}

struct report_style terminal_style(FILE *out)
{
    return (struct report_style){
        .out = out, .format = REPORT_TEXT, .width = find_width(out), .colour = has_colour(out)};
}

struct report_style command_style(const struct command_call *call)
{
    struct report_style style = terminal_style(stdout);
    style.format = call->json ? REPORT_JSON : REPORT_TEXT;
    style.is_brief = call->top == 0 && !call->json && !call->all;
    style.top = style.is_brief ? REPORT_TOP : call->top;
    return style;
}

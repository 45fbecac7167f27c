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

int terminal_width(FILE *out)
{
    struct winsize size = {.ws_col = 0};
    if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    long columns = is_set("COLUMNS") ? strtol(getenv("COLUMNS"), NULL, 10) : 0;
    return columns > 0 && columns <= WIDTH_MAX ? (int)columns : REPORT_WIDTH;
}

bool terminal_has_colour(FILE *out)
{
    const char *kind = getenv("TERM");
    return isatty(fileno(out)) && !is_set("NO_COLOR") && kind != NULL && strcmp(kind, "dumb") != 0;
}

struct report_style command_style(const struct command_call *call)
{
    bool shows_all = call->json || call->all;
    return (struct report_style){
        .out = stdout,
        .format = call->json ? REPORT_JSON : REPORT_TEXT,
        .width = terminal_width(stdout),
        .colour = terminal_has_colour(stdout),
        .top = call->top > 0 ? call->top
               : shows_all   ? 0
                             : REPORT_TOP,
        .is_brief = call->top == 0 && !shows_all,
    };
}

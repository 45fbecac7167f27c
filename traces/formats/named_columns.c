// SPDX-License-Identifier: GPL-2.0-or-later
// Any file with one request per line, its columns named by the user; never recognised by itself.
#include "traces/columns/layout.h"
#include "traces/input/flow.h"

#include <stdlib.h>

static void *open_reader(struct trace_context *context, const void *how, struct trace_error *error)
{
    (void)how;
    const char *path = context->files->items[0].path;
    if (context->layout == NULL) {
        trace_error_set(error,
                        "%s: format columns needs a layout that says what is where, such as "
                        "time=1:s,op=3,offset=4:sectors,bytes=5",
                        path);
        return NULL;
    }
    struct columns_user_layout *user = columns_layout_parse(path, context->layout, error);
    struct trace_flow *flow = user != NULL ? columns_open(context, &user->layout, error) : NULL;
    if (flow == NULL)
        free(user);
    else
        flow->owned = user;
    return flow;
}

static const struct trace_reader_kind kind = {
    .open = open_reader,
    .read = trace_flow_read,
    .report = trace_flow_report,
    .consumed = trace_flow_consumed,
    .close = trace_flow_close,
};

const struct trace_format trace_format_columns = {
    .name = "columns",
    .known_by = "any CSV file, if a layout names its columns",
    .kind = &kind,
};

// SPDX-License-Identifier: GPL-2.0-or-later
// Any file with one request per line, its columns named by the user; never recognised by itself.
#include "traces/columns/layout.h"

#include <stdlib.h>

static bool recognise(const uint8_t *head, size_t length)
{
    (void)head;
    (void)length;
    return false;
}

static void *open_reader(struct trace_context *context, struct trace_error *error)
{
    const char *path = context->files->items[0].path;
    if (context->layout == NULL) {
        trace_error_set(error,
                        "%s: format columns needs a layout that says what is where, such as "
                        "time=1:s,op=3,offset=4:sectors,bytes=5",
                        path);
        return NULL;
    }
    struct columns_user_layout *user = columns_layout_parse(path, context->layout, error);
    void *reader = user != NULL ? columns_open(context, &user->layout, error) : NULL;
    if (reader == NULL)
        free(user);
    else
        columns_own(reader, user);
    return reader;
}

const struct trace_format trace_format_columns = {
    .name = "columns",
    .known_by = "any CSV file, if a layout names its columns",
    .recognise = recognise,
    .open = open_reader,
    .read = columns_read,
    .report = columns_report,
    .consumed = columns_consumed,
    .close = columns_close,
};

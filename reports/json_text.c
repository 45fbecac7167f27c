// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/json_text.h"

#include "reports/label.h"

#include <stdio.h>
#include <stdlib.h>

json_t *report_json_text(const char *text)
{
    char *safe = NULL;
    size_t length;
    FILE *out = open_memstream(&safe, &length);
    json_t *json = NULL;
    if (out == NULL)
        return NULL;
    report_write_utf8(out, text);
    if (fclose(out) == 0)
        json = json_string(safe);
    free(safe);
    return json;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/check/accepted.h"

#include <stdlib.h>
#include <string.h>

void accepted_free(struct accepted *accepted)
{
    for (size_t i = 0; i < accepted->stream_count; i++)
        free(accepted->streams[i].member);
    free(accepted->streams);
    free(accepted->decisions);
    *accepted = (struct accepted){.engine = ""};
}

const char *accepted_number_name(enum accepted_number number)
{
    static const char *const names[ACCEPTED_NUMBER_COUNT] = {
        [ACCEPTED_ARRIVED] = "arrived",     [ACCEPTED_DISPATCHED] = "dispatched",
        [ACCEPTED_COMPLETED] = "completed", [ACCEPTED_WAITED] = "waited",
        [ACCEPTED_P50] = "p50_ns",          [ACCEPTED_P90] = "p90_ns",
        [ACCEPTED_P99] = "p99_ns",          [ACCEPTED_MAX] = "max_ns",
    };
    return names[number];
}

const char *accepted_label(size_t stream, char label[ACCEPTED_LABEL_SIZE])
{
    char *first = label + ACCEPTED_LABEL_SIZE - 1;
    *first = '\0';
    for (size_t rest = stream + 1; rest > 0 && first > label; rest = (rest - 1) / 26)
        *--first = (char)('a' + (rest - 1) % 26);
    return first;
}

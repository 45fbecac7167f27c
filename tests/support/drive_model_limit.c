// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/drive_model_state.h"

bool drive_limits_valid(const struct model_limits *limits)
{
    for (int kind = 0; kind < MODEL_KINDS; kind++) {
        for (int share = 0; share < MODEL_SHARES; share++) {
            int64_t average = limits->average[kind][share];
            if (average < 0 || average > INT64_C(1000000000000000))
                return false;
        }
    }
    return true;
}

double drive_limit(const struct drive *drive, enum model_kind kind, enum direction direction,
                   int *cause, bool *is_total)
{
    enum model_share share = direction == DIRECTION_READ ? MODEL_READ : MODEL_WRITE;
    *is_total = drive->limits.average[kind][MODEL_TOTAL] != 0;
    if (*is_total)
        share = MODEL_TOTAL;
    *cause = (MODEL_SHARES * (int)kind + (int)share);
    return (double)drive->limits.average[kind][share];
}

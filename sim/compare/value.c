// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/compare/condition.h"

#include "sim/base/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Digits with at most one point, at least one digit, `length` characters.
static bool parse_number(const char *text, size_t length, double *number)
{
    char copy[64];
    if (length == 0 || length >= sizeof copy || strspn(text, "0123456789.") < length)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    char *end;
    *number = strtod(copy, &end);
    return *end == '\0' && end != copy && strcmp(copy, ".") != 0 && isfinite(*number);
}

static bool parse_quantity(const char *text, enum report_quantity quantity, double *number)
{
    int64_t whole;
    switch (quantity) {
    case REPORT_QUANTITY_TIME:
        if (!units_parse_duration(text, &whole))
            return false;
        break;
    case REPORT_QUANTITY_BYTES:
        if (!units_parse_size(text, &whole))
            return false;
        break;
    default:
        return parse_number(text, strlen(text), number);
    }
    *number = (double)whole;
    return whole >= 0;
}

bool compare_value_parse(const char *text, enum report_quantity quantity, bool change,
                         struct compare_value *value)
{
    bool is_signed = *text == '+' || *text == '-', negative = *text == '-';
    text += is_signed;
    size_t length = strlen(text);
    if (is_signed && !change)
        return false;
    if (length > 0 && text[length - 1] == '%') {
        if (!is_signed && quantity != REPORT_QUANTITY_SHARE && quantity != REPORT_QUANTITY_COUNT)
            return false;
        value->measure = is_signed                           ? COMPARE_RELATIVE
                         : quantity == REPORT_QUANTITY_COUNT ? COMPARE_SHARE
                                                             : COMPARE_IN_B;
        if (!parse_number(text, length - 1, &value->number))
            return false;
        value->number /= 100;
    } else {
        value->measure = is_signed ? COMPARE_ABSOLUTE : COMPARE_IN_B;
        if (*text == '+' || *text == '-' || !parse_quantity(text, quantity, &value->number))
            return false;
    }
    if (negative)
        value->number = -value->number;
    return true;
}

const char *compare_value_expected(enum report_quantity quantity, bool change, bool of_requests)
{
    static const char *const of_both[] = {
        [REPORT_QUANTITY_TIME] = "+5% or +2ms (change), or 20ms (in B)",
        [REPORT_QUANTITY_COUNT] = "+5% or +3 (change), or 10 or 1% (in B)",
        [REPORT_QUANTITY_SHARE] = "+5% or +0.05 (change), or 0.2 or 20% (in B)",
        [REPORT_QUANTITY_RATE] = "-5% or -20 (change), or 300 (in B)",
        [REPORT_QUANTITY_BYTES] = "-5% or -1MB (change), or 10MB (in B)",
    };
    if (!of_requests && quantity == REPORT_QUANTITY_COUNT)
        return "+5% or +3 (change), or 10 (in B)";
    if (change)
        return of_both[quantity];
    return quantity == REPORT_QUANTITY_TIME ? "a time such as 20ms, without a sign"
                                            : "10, or 1% of the requests, without a sign";
}

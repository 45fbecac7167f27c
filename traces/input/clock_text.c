// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/input/clock_text.h"

#define NS_PER_S INT64_C(1000000000)
#define DAY_S INT64_C(86400)
#define DAY_NS (DAY_S * NS_PER_S)

// Exactly so many digits.
static bool take_digits(const char **at, const char *end, int count, int64_t *number)
{
    *number = 0;
    for (int i = 0; i < count; i++) {
        if (*at == end || (unsigned char)(**at - '0') > 9)
            return false;
        *number = 10 * *number + (*(*at)++ - '0');
    }
    return true;
}

static bool take(const char **at, const char *end, char wanted)
{
    if (*at == end || **at != wanted)
        return false;
    (*at)++;
    return true;
}

// Since 1970. Years begin in March here, so that the day of a leap year is their last.
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t years = year - (month <= 2);
    int64_t months = (month + 9) % 12;
    return 365 * years + years / 4 - years / 100 + years / 400 + (153 * months + 2) / 5 + day - 1 -
           719468;
}

static bool take_date(const char **at, const char *end, int64_t *days)
{
    const char *from = *at;
    int64_t year, month, day;
    if (!take_digits(&from, end, 4, &year) || !take(&from, end, '-') ||
        !take_digits(&from, end, 2, &month) || !take(&from, end, '-') ||
        !take_digits(&from, end, 2, &day) || (!take(&from, end, 'T') && !take(&from, end, ' ')) ||
        year < 1970 || year > 2200 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    *days = days_of(year, month, day);
    *at = from;
    return true;
}

bool trace_clock_take(const char **at, const char *end, int64_t *time_ns)
{
    const char *from = *at;
    int64_t days = 0, hour, minute, second, digit;
    take_date(&from, end, &days);
    if (!take_digits(&from, end, 2, &hour) || !take(&from, end, ':') ||
        !take_digits(&from, end, 2, &minute) || !take(&from, end, ':') ||
        !take_digits(&from, end, 2, &second) || hour > 23 || minute > 59 || second > 60)
        return false;
    *time_ns = (days * DAY_S + hour * 3600 + minute * 60 + second) * NS_PER_S;
    if (take(&from, end, '.'))
        for (int64_t unit_ns = NS_PER_S / 10; take_digits(&from, end, 1, &digit); unit_ns /= 10)
            *time_ns += digit * unit_ns;
    *at = from;
    return true;
}

int64_t trace_clock_continue(int64_t *last_ns, int64_t time_ns)
{
    if (time_ns<DAY_NS && * last_ns> time_ns)
        time_ns += (*last_ns - time_ns + DAY_NS / 2) / DAY_NS * DAY_NS;
    *last_ns = time_ns;
    return time_ns;
}

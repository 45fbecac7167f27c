// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/error.h"

#include <stdarg.h>
#include <stdio.h>

int sim_fail(struct sim_error *error, enum sim_exit exit, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error->exit = exit;
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return 0;
}

int sim_fail_memory(struct sim_error *error)
{
    return sim_fail(error, SIM_FAILED, "out of memory");
}

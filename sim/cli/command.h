// SPDX-License-Identifier: GPL-2.0-or-later
// The subcommands. Each takes its own argv (argv[0] is the subcommand's name) and returns an exit
// code; on anything but SIM_DONE the error is filled, and main prints it.
#ifndef SIM_CLI_COMMAND_H
#define SIM_CLI_COMMAND_H

#include "sim/base/error.h"
#include "traces/trace.h"

#include <jansson.h>
#include <stdbool.h>

typedef enum sim_exit command_function(int argc, char **argv, struct sim_error *error);

command_function command_run;
command_function command_report;
command_function command_plot;
command_function command_explain;
command_function command_compare;
command_function command_trace;
command_function command_convert; // trace convert
command_function command_fit;     // trace fit
command_function command_synth;   // trace synth
command_function command_verify;
command_function command_check;
command_function command_engines;
command_function command_limits;

// Standard output could not be written (disk full, closed pipe)? Then SIM_FAILED.
enum sim_exit command_flush(struct sim_error *error);

// Prints the value, and takes it over. False with the error filled: it is NULL, or there is no
// memory to print it. To be followed by command_flush.
bool command_print_json(json_t *value, struct sim_error *error);

// A line on standard error; a convert_notice, whose context is not used.
void command_tell_notice(void *context, const struct trace_notice *notice);

#endif

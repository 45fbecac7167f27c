// SPDX-License-Identifier: GPL-2.0-or-later
// The files that a conversion writes: one, or one for each volume.
#ifndef SIM_WORKLOAD_CONVERT_OUTPUTS_H
#define SIM_WORKLOAD_CONVERT_OUTPUTS_H

#include "sim/base/error.h"
#include "sim/base/names.h"
#include "traces/write.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Of each volume, while it is open: a file, and its buffer in memory.
#define CONVERT_OUTPUTS_MAX 500

struct convert_output {
    struct trace_writer *writer;
    char *path;
    char *volume; // that it is of; NULL: of all
    uint64_t requests;
};

struct convert_outputs {
    const char *path;   // with a % for the volume, if they are several
    const char *format; // NULL: as the path ends
    bool is_split;
    // Whether a path may be written; false with the error filled.
    bool (*allow)(void *context, const char *path, struct sim_error *error);
    void *context;
    struct convert_output *items;
    size_t count;
    struct names volumes; // to items
    struct names paths;
};

// With path, format, is_split and allow set, the rest zero: do path and format make sense?
bool outputs_check(const struct convert_outputs *outputs, struct sim_error *error);

// Then opens the file, if it is one. outputs_close in any case.
bool outputs_open(struct convert_outputs *outputs, struct sim_error *error);

// The item for a volume, which is opened if need be; the one file is for all. NAMES_NONE with the
// error filled.
uint32_t outputs_find(struct convert_outputs *outputs, const char *volume, struct sim_error *error);

bool outputs_put(struct convert_outputs *outputs, uint32_t item,
                 const struct trace_request *request, const char *volume, struct sim_error *error);

// Gives the files their names: each is whole then. False with the error filled: those behind the
// one that could not be finished are not there.
bool outputs_finish(struct convert_outputs *outputs, struct sim_error *error);

// What is not finished leaves no file.
void outputs_close(struct convert_outputs *outputs);

// How a volume is called in the name of a file.
void outputs_safe_name(const char *volume, char *text, size_t size);

#endif

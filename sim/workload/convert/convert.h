// SPDX-License-Identifier: GPL-2.0-or-later
// Traces into other formats: read once, merged, cut and filtered, written. Memory does not grow
// with their length.
#ifndef SIM_WORKLOAD_CONVERT_CONVERT_H
#define SIM_WORKLOAD_CONVERT_CONVERT_H

#include "sim/base/error.h"
#include "sim/base/names.h"
#include "sim/base/progress.h"
#include "sim/parts/cut.h"
#include "traces/write.h"

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A file that a conversion writes: one, or one for each volume.
struct convert_output {
    struct trace_writer *writer;
    char *path;
    const char *volume; // that it is of; NULL: of all
    uint64_t requests;
};

struct convert_config {
    char *const *inputs; // paths, "-" at most once
    size_t input_count;
    struct trace_config reading; // of all inputs; its path and volume are not used
    struct cut cut;
    const char *output; // with a % for the volume if is_split; "-": standard output
    const char *format; // of the output, by name; NULL: as its name ends
    bool is_split;      // a file for each volume
    bool is_prefixed;   // volumes of different inputs are different, named INPUT-VOLUME
    const volatile sig_atomic_t *stop; // becomes non-zero: it ends with an error
    progress_tell *progress;           // may be NULL
    void *progress_context;
};

// A volume of an input, as it is written.
struct convert_volume {
    char *name;
    uint32_t output;
};

struct convert_input {
    char *name; // the file's, up to the first dot; no two are the same
    struct convert_volume *volumes;
    size_t volume_count;
    char **senders; // by stream: as it was called when it first sent what is written; NULL: nothing
    size_t sender_count;
};

struct convert {
    const struct convert_config *config;
    struct cut cut;
    struct convert_input *inputs;
    struct cut_stream *streams; // theirs, of which merge.count are open
    struct merge merge;
    struct convert_output *outputs;
    size_t output_count;
    struct names volumes; // to outputs, if there is one for each
    struct names paths;
    uint64_t requests_read;
    uint64_t written;
    uint64_t shared; // of them, flushes that ended those of other threads, too
};

// Does it all. False with the error filled: then no file was written, or if finishing failed, not
// all. The config must stay; convert_close is needed in any case.
bool convert_run(struct convert *convert, const struct convert_config *config,
                 struct sim_error *error);
void convert_close(struct convert *convert); // what is not finished leaves no file

// Does it write who sent the requests, where the format can?
bool convert_keeps_streams(const struct convert *convert);

// How a volume is called in the name of a file.
void convert_safe_name(const char *volume, char *text, size_t size);

// What was odd in the inputs, and what the outputs could not hold.
void convert_notices(const struct convert *convert, cut_notice *notice, void *context);

// What was done, as docs/trace-convert.md says; a new reference. NULL: out of memory, or a name
// that is not UTF-8.
json_t *convert_json(const struct convert *convert);

#endif

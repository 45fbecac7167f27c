// SPDX-License-Identifier: GPL-2.0-or-later
// A scenario: which disks, in which groups, replaying what, and what is done to them meanwhile.
//
// It comes from a YAML or JSON file (scenario_load), from such a text in memory (scenario_parse) or
// from the command line (scenario_quick). The format is documented in docs/scenario.md. A scenario
// owns all its strings.
#ifndef SIM_SCENARIO_SCENARIO_H
#define SIM_SCENARIO_SCENARIO_H

#include "engine/engine.h"
#include "sim/base/error.h"
#include "sim/base/names.h"
#include "sim/base/progress.h"
#include "sim/parts/cut.h"
#include "sim/scenario/scenario_event.h"
#include "traces/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SCENARIO_NO_LIMIT INT64_MAX  // of an end: never
#define SCENARIO_STREAM_NAME_MAX 200 // bytes: YAML has no longer keys than 1024 characters
#define SCENARIO_DEPTH_MAX 1000000   // outstanding: more than any device takes
#define SCENARIO_COUNT_MAX 10000     // of a member that is repeated
#define SCENARIO_STAGES_MAX 8        // throttles of a member

// How the requests of a trace come.
enum scenario_arrivals {
    SCENARIO_ARRIVALS_AUTO,      // dependent if it tells threads and completions, else open
    SCENARIO_ARRIVALS_OPEN,      // as recorded, however long others wait
    SCENARIO_ARRIVALS_CLOSED,    // of a member never more than so many outstanding
    SCENARIO_ARRIVALS_DEPENDENT, // when what their threads waited for has completed
};

// What was in flight when a recording began.
enum scenario_in_flight {
    SCENARIO_IN_FLIGHT_ARRIVE, // at its start, in the order of their completions
    SCENARIO_IN_FLIGHT_IGNORE,
};

enum scenario_think {
    SCENARIO_THINK_ABSOLUTE, // not before its recorded time
    SCENARIO_THINK_KEEP,     // not before the recorded distance from the one before
};

struct scenario_closed {
    uint32_t depth; // 0: the most that the recording shows
    enum scenario_think think;
};

// How a thread goes about its requests. Source: docs/model.md.
enum scenario_stream_kind {
    SCENARIO_STREAM_INFERRED,
    SCENARIO_STREAM_OPEN,  // as recorded
    SCENARIO_STREAM_SYNC,  // waits for all that it has submitted, thinks, goes on
    SCENARIO_STREAM_ASYNC, // keeps its clock, never more than so many outstanding
    SCENARIO_STREAM_PACED, // sync, but by a clock: what it missed it catches up
    SCENARIO_STREAM_KIND_COUNT,
};

enum scenario_lifetime {
    SCENARIO_LIFETIME_ENDLESS,
    SCENARIO_LIFETIME_RECORDED, // after its recorded lifetime it sends no more
};

// The user's word about the streams of a name.
struct scenario_stream {
    char *name;
    enum scenario_stream_kind kind;
    uint32_t depth; // 0: the most that the recording shows
    enum scenario_lifetime lifetime;
};

// A recording, or a part of it.
struct scenario_trace {
    char *path;   // NULL: no trace. As found from the working directory; of a csv, only its name
    char *csv;    // not a file but this text; NULL: a file
    char *format; // by name; NULL: recognised by content
    char *layout; // of formats that need to be told; NULL: none
    enum trace_arrival arrival;
    enum scenario_in_flight in_flight;
    enum trace_batch_order batch_order;
    enum scenario_arrivals arrivals;
    struct scenario_closed closed;
    int64_t start_after_ns; // of arrivals that are dependent: a thread starts when what was
                            // complete at most so long before is; 0: at its recorded time
    struct scenario_stream *streams;
    size_t stream_count;
    struct cut cut;
    char **devices;    // the cut's volumes
    char *volume_name; // of requests of which the trace says none; NULL: they have none
    struct sim_place place;
};

struct scenario_group {
    char *name;
    struct engine_parameters limits;
    struct fraction levels; // at the start: how full its buckets are; {0}: empty
    struct sim_place place;
};

// What a filter's node does with discards.
enum scenario_discard {
    SCENARIO_DISCARD_IGNORE, // they are done before they come to it
    SCENARIO_DISCARD_UNMAP,  // they come
};

struct scenario_member {
    char *name;
    uint32_t group;       // index, or SCENARIO_NONE: not throttled; of several, nearest to the disk
    uint32_t upper_count; // throttles above that one,
    uint32_t upper[SCENARIO_STAGES_MAX - 1]; // and their groups, upwards
    enum engine_attach attach;               // of the topmost, FILTER or DRIVE; below are filters
    unsigned discard;                        // enum scenario_discard, of filters
    enum scenario_arrivals arrivals;         // AUTO: as its trace has them
    uint32_t device;                         // index, or SCENARIO_NONE: the scenario's own
    struct engine_parameters limits;         // if any is given: overwrite the group's on joining
    struct scenario_trace trace;
    char *volume;   // which volume of the common traces is this member's; NULL: the one of its name
    uint32_t count; // as it is read: so many members, of which the scenario then has each; 0: one
    int64_t stagger_ns; // how much later each replays its trace than the one before it
    struct sim_place place;
};

// The group of one of its throttles, of which there are upper_count + 1, upwards.
uint32_t scenario_stage_group(const struct scenario_member *member, uint32_t stage);

enum scenario_device_model {
    SCENARIO_DEVICE_AUTO,     // recorded where arrivals answer, else null
    SCENARIO_DEVICE_NULL,     // completes at once
    SCENARIO_DEVICE_FIXED,    // after a fixed latency
    SCENARIO_DEVICE_RECORDED, // after the latency that the recording shows
    SCENARIO_DEVICE_RANDOM,   // after a time drawn for it alone
    SCENARIO_DEVICE_QUEUE,    // the same, but a part of it is served by few
    SCENARIO_DEVICE_COUNT,
};

enum scenario_law {
    SCENARIO_LAW_EMPIRICAL,
    SCENARIO_LAW_LOGNORMAL,
    SCENARIO_LAW_GAMMA,
};

// Sizes that devices tell apart.
enum scenario_size {
    SCENARIO_SIZE_ANY,
    SCENARIO_SIZE_SMALL,  // up to 4 KiB
    SCENARIO_SIZE_MEDIUM, // up to 64 KiB
    SCENARIO_SIZE_LARGE,
    SCENARIO_SIZE_COUNT,
};

#define SCENARIO_SMALL_BYTES 4096
#define SCENARIO_MEDIUM_BYTES 65536
#define SCENARIO_QUANTILES_MAX 1024
#define SCENARIO_SERVERS_MAX 1024

// How long some requests take.
struct scenario_class {
    char *member;      // whose; NULL: of any
    unsigned op;       // 0: any; 1 + enum engine_op
    unsigned size;     // enum scenario_size
    unsigned law;      // enum scenario_law
    int64_t mean_ns;   // of a law with a shape; INT64_MAX: not given
    int64_t serial_ns; // of a queue; INT64_MAX: the 10th percentile of the quantiles
    struct fraction shape;
    int64_t *quantiles; // empirical: at equal distances from the least to the greatest
    size_t quantile_count;
};

// Models without classes have only what is said of them. All zero is the default.
struct scenario_device {
    enum scenario_device_model model;
    int64_t latency_ns;             // of SCENARIO_DEVICE_FIXED
    char *name;                     // NULL: that of all members that name none
    int64_t seed;                   // of random and queue
    struct scenario_class *classes; // the first that a request is of counts; the last is of all
    size_t class_count;
    uint32_t servers;  // of queue
    int64_t bandwidth; // of queue: of each server, bytes a second; 0: without bound
    struct sim_place place;
};

// Spans of time in which the event loop does nothing: exponential, and so are those between them.
struct scenario_stalls {
    struct fraction rate; // so many a second of the time between them; {0}: none
    int64_t mean_ns;
    int64_t seed;
};

// A value and where it belongs, as scenario_set has it.
struct scenario_value {
    const char *address;
    const char *text;
};

// How a scenario is to be read.
struct scenario_settings {
    const struct scenario_value *values; // go before what it says; "engine" cannot be among them
    size_t value_count;
    const struct engine_algorithm *algorithm; // whatever it says; NULL: what it says
    bool lenient;            // what the engine cannot do is left out with a notice, not an error
    progress_tell *progress; // of traces that are read to know their volumes; NULL: nobody listens
    void *progress_context;
};

struct scenario {
    char *name;   // the file, or how it was asked for
    char *source; // its text, with a NUL behind it; what is stored with the run
    size_t source_length;
    bool is_standard_input; // where the text came from
    const struct engine_algorithm *algorithm;
    bool is_algorithm_set; // by the settings: the file's is ignored
    int64_t qemu;          // whose commands the events are: SCENARIO_QEMU
    bool lenient;
    progress_tell *progress; // the settings', while it is read
    void *progress_context;
    char **notices; // what was left out
    size_t notice_count;
    struct scenario_group *groups;
    size_t group_count;
    struct scenario_member *members; // in order of joining
    size_t member_count;
    struct names group_names; // to indices
    struct names member_names;
    struct scenario_trace *traces; // for several members
    size_t trace_count;
    bool each_volume;              // the members are whatever volumes are in them
    bool has_read_volumes;         // they were read to know their volumes
    struct scenario_event *events; // in order of time, then as listed
    size_t event_count;
    struct scenario_device device;
    struct scenario_device *devices; // those that have names
    size_t device_count;
    int64_t interval_ns;          // 0: as suits the length of the run
    int64_t end_ns;               // nothing later happens
    int64_t timer_granularity_ns; // 0: timers fire at their deadline
    struct scenario_stalls stalls;
    int64_t warm_up_ns; // requests that arrive before are in no statistics
};

// As if nothing were given; without names, groups, members, a path.
struct scenario scenario_default(void);
struct scenario_member scenario_member_default(void);
struct scenario_trace scenario_trace_default(void);

// NULL with the error filled. path "-" is standard input.
struct scenario *scenario_load(const char *path, struct sim_error *error);
struct scenario *scenario_load_as(const char *path, const struct scenario_settings *settings,
                                  struct sim_error *error);

// The same from a text in memory, of which a copy is made. Paths in it are relative to the working
// directory; messages call it by the name.
struct scenario *scenario_parse(const char *name, const char *text, size_t length,
                                struct sim_error *error);

// The same with settings, and paths that are relative to the directory.
struct scenario *scenario_parse_as(const char *name, const char *directory, const char *text,
                                   size_t length, const struct scenario_settings *settings,
                                   struct sim_error *error);

// A value as the command line gives it: by the name of an option that sets a key (setting.h).
struct scenario_option {
    const char *name; // "interval"
    const char *text; // "500ms"
};

// A scenario in short: each trace a member, named after its file, or each volume in them one; all
// in one group.
struct scenario_quick {
    struct scenario_settings settings;
    const char *limits;                    // "KEY=VALUE,...", of the group
    bool each_volume;                      // is a member, not each trace
    const struct scenario_option *options; // of the whole, each member and each trace
    size_t option_count;
    char *const *traces;
    size_t trace_count;
};

struct scenario *scenario_quick(const struct scenario_quick *quick, struct sim_error *error);

// Adds the limits of "KEY=VALUE,..." to these; together they must be valid for the scenario's
// engine. Of the scenario only `algorithm` and `lenient` need be set. where: begins the error.
bool scenario_read_limits(struct scenario *scenario, const char *where, const char *text,
                          struct engine_parameters *limits, struct sim_error *error);

// Does this option set a key of the whole scenario?
bool scenario_has_option(const char *name);

// What those of the options say that set a key of the whole; others are passed over.
bool scenario_set_options(struct scenario *scenario, const struct scenario_option *options,
                          size_t count, struct sim_error *error);

// Sets one value, as text, by its address:
//
//     interval, end, timer-granularity, device   a key of the whole; a device as --device-model
//     device.latency, trace.speed, loop-stalls.rate   a key within one; `trace`: of all common
//     traces devices.ssd.servers                        a key of a device that has a name
//     gold.iops-total                            a limit of a group
//     db.attach, db.trace.start                  a key of a member
//     groups.NAME.KEY, members.NAME.KEY          the same, where a group and a member have one name
//
// A list becomes one of this value. Ids, paths, texts of requests and the engine cannot be set. A
// value is checked by itself; scenario_check, once all are set, says whether they go together.
// False with the error filled (SIM_USAGE); what was there then stays.
bool scenario_set(struct scenario *scenario, const char *address, const char *text,
                  struct sim_error *error);

// Carries out all operations on an engine without requests: each must be accepted, which does not
// depend on the requests. What the engine cannot do at all may be left out, if the scenario was
// read leniently. Every scenario that is loaded or made has been checked.
bool scenario_check(struct scenario *scenario, struct sim_error *error);

// Gives each of N members that share a group one of its own, with the N-th part of the group's
// rates and maxima (rounded down, at least 1) and the other limits as they are. False with the
// error filled: an event is about a group.
bool scenario_share_out(struct scenario *scenario, struct sim_error *error);

// Writes any scenario as YAML. Read again from the working directory, by scenario_parse, it is the
// same but for its notices, its places in files and the names of texts of requests. What is as if
// it were not given is not written. False: the stream could not be written.
bool scenario_write(const struct scenario *scenario, FILE *out);

// All that decides which requests come of its traces, and for whom, and when at the earliest: the
// traces, and of members their traces, volumes and arrivals. Two scenarios with the same inputs
// have the same recorded arrivals. NULL: out of memory; else to be freed.
char *scenario_inputs(const struct scenario *scenario);

// Gives a scenario from the command line the source that a file would have had, settings included.
// One that it has is replaced.
bool scenario_write_source(struct scenario *scenario, struct sim_error *error);

// Settings that the command line changed in a scenario from a file: told in a comment at its end.
bool scenario_note_options(struct scenario *scenario, const char *options, struct sim_error *error);

void scenario_free(struct scenario *scenario); // NULL is allowed

// Opens a trace of the scenario. On failure nothing is left to close.
bool scenario_open_trace(const struct scenario *scenario, const struct scenario_trace *config,
                         struct cut_stream *stream, struct sim_error *error);

// What a volume of it is called: "" if it has no name.
const char *scenario_volume_name(const struct scenario_trace *config, const struct trace *trace,
                                 uint32_t volume);

// The part of a device that a file of one has.
bool scenario_write_device(const struct scenario_device *device, FILE *out);

void scenario_device_free(struct scenario_device *device); // what it holds

// Which size a request is of: SCENARIO_SIZE_SMALL and so on.
enum scenario_size scenario_size_of(uint64_t bytes);

// "any", "read", "4KiB": as a class has them.
const char *scenario_class_op_name(unsigned op);
const char *scenario_size_name(enum scenario_size size);

// "auto", "null", "fixed:200us", "recorded" or "from:FILE", as on the command line. What was there,
// which may be all zero, is freed.
bool scenario_parse_device(const char *text, struct scenario_device *device);

const char *scenario_device_name(enum scenario_device_model model);

// "auto", "queue" or "issue"; "filter" or "drive".
bool scenario_parse_arrival(const char *text, enum trace_arrival *arrival);
bool scenario_parse_attach(const char *text, enum engine_attach *attach);
const char *scenario_attach_name(enum engine_attach attach);
// As an engine has it: of the topmost throttle; of those below, which are filters. And whether
// discards do not come to all of them.
enum engine_attach scenario_engine_attach(const struct scenario_member *member);
enum engine_attach scenario_filter_attach(const struct scenario_member *member);
bool scenario_ignores_discards(const struct scenario_member *member);
const char *scenario_stream_kind_name(enum scenario_stream_kind kind);

// What is called after a file: "recorded/vdc.blktrace.0.zst" -> "vdc", a new string. NULL: out of
// memory.
char *scenario_base_name(const char *path);

// For suggest(): the names of the engines.
const char *scenario_algorithm_at(const void *words, size_t index);

#define SCENARIO_ENGINE_HINT 256

// Of an unknown engine: the one that is probably meant, else all there are.
const char *scenario_engine_hint(const char *text, char hint[SCENARIO_ENGINE_HINT]);

#endif

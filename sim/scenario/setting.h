// SPDX-License-Identifier: GPL-2.0-or-later
// A scenario's keys as rows, from which come how a key is read from a file, written out again, set
// (scenario_set), given on the command line, and told in docs/scenario.md. A new key of one value
// is one row and its field.
#ifndef SIM_SCENARIO_SETTING_H
#define SIM_SCENARIO_SETTING_H

#include "sim/base/yaml_reader.h"
#include "sim/scenario/scenario.h"

#include <stdio.h>

// A text that is to become a value.
struct setting_input {
    const struct scenario *scenario; // whose names are meant; NULL: none, it is a row's fallback
    const char *text;
    char message[640]; // what is wrong with it: goes after a place and a colon
};

struct setting_writer {
    FILE *out;
    const struct scenario *scenario;
    const char *between; // two keys: ", ", or a new line and a margin
};

// Writes a value behind its key, with the space between them.
typedef void setting_write(struct setting_writer *writer, const void *value);

// What a value is.
struct setting_kind {
    const char *type;                // in docs/scenario.md
    const char *expected;            // completes "expected ..."
    const char *const *words;        // an enumeration's value, counted as they are; NULL ends them
    const struct setting *rows;      // a mapping
    const struct setting_list *list; // of mappings; then the value is the scenario
    const char *many;                // one text, or a list of such, called this
    size_t at, size;                 // these of its bytes tell it from one that is not given
    yaml_read *read;                 // NULL: it is one text, or a list
    // False with a message, or without: then `expected` says it. Of many, it is one more.
    bool (*parse)(struct setting_input *input, void *value);
    bool is_time;                           // what was meant by a text that is none can be said
    void (*clear)(void *value);             // of many: there is none
    bool (*is_left_out)(const void *value); // when written; NULL: if it is as if not given
    setting_write *write;
};

struct setting_list {
    const char *what;          // "groups"
    size_t items, count, size; // in the scenario; of an item
    yaml_read *read;           // an item into it, which is zeroed
    setting_write *write;      // NULL: by the rows of the kind
};

#define SETTING_LIST(what, items, count, read, write)                                              \
    {                                                                                              \
        what, offsetof(struct scenario, items), offsetof(struct scenario, count),                  \
            sizeof *((struct scenario *)0)->items, read, write                                     \
    }

struct setting {
    const char *key;
    const struct setting_kind *kind;
    size_t offset;
    bool required;
    const char *fallback; // what is not given is as if it were this; NULL: zero
    const char *option;   // of the command line, without the dashes; NULL: none
};

// The rows of keys that options of the command line set too, from which `run` makes those options:
// X(key, kind, field, fallback, option, how often it is given, argument, help). Those of groups,
// members and traces go with --limits only.
#define SCENARIO_OPTIONS(X)                                                                        \
    X("device", device_kind, device, NULL, "device-model", OPTION_SETTING, "MODEL",                \
      "how long requests take at the device: null, no time; fixed:LATENCY, such as fixed:200us; "  \
      "recorded, as long as they took when they were recorded; from:FILE, as 'throttlesim device " \
      "fit' wrote it. Goes before what the scenario says; the default, auto, is recorded where "   \
      "arrivals answer, else null"),                                                               \
        X("interval", interval_kind, interval_ns, "auto", "interval", OPTION_SETTING, "TIME",      \
          "length of the intervals for results over time, such as 500ms. Goes before what the "    \
          "scenario says; the default is auto: 1ms, and longer as the run gets longer, so that "   \
          "there are at most 1000"),                                                               \
        X("end", setting_duration, end_ns, "", "end", OPTION_SETTING, "TIME",                      \
          "stop the virtual clock here. Goes before what the scenario says; the default is to "    \
          "stop "                                                                                  \
          "when nothing is left to happen"),                                                       \
        X("warm-up", setting_duration, warm_up_ns, "0", "warm-up", OPTION_SETTING, "TIME",         \
          "requests that arrive before this time are simulated, and in none of the numbers. Goes " \
          "before what the scenario says; the default is 0"),                                      \
        X("timer-granularity", setting_duration, timer_granularity_ns, "0", "timer-granularity",   \
          OPTION_SETTING, "TIME",                                                                  \
          "how the event loop sleeps: 0, its timers fire at their deadlines; 1ms, it sleeps in "   \
          "whole "                                                                                 \
          "milliseconds, rounded up, as QEMU's main loop does. Goes before what the scenario "     \
          "says; "                                                                                 \
          "the default is 0")

#define SCENARIO_GROUP_OPTIONS(X)                                                                  \
    X("levels", levels_kind, levels, NULL, "levels", OPTION_SETTING, "SHARE|full",                 \
      "only with --limits: how full the group's buckets are at the start, of what they hold "      \
      "before requests wait: 0.5, full, or more than that, such as 1.2. The default is 0: the "    \
      "whole burst allowance is there")

#define SCENARIO_MEMBER_OPTIONS(X)                                                                 \
    X("attach", attach_kind, attach, "drive", "attach", OPTION_SETTING, "drive|filter",            \
      "only with --limits: where the throttle sits; the default is drive, as for the limits of "   \
      "-drive, block_set_io_throttle, libvirt and what is built on it. A filter (-object "         \
      "throttle-group with a blockdev of the driver throttle) can throttle discards, a drive "     \
      "does not"),                                                                                 \
        X("discard", discard_kind, discard, "ignore", "discard", OPTION_SETTING, "ignore|unmap",   \
          "only with --limits: what a filter does with discards, as QEMU's option of that name: "  \
          "unmap, it throttles them as writes of their length; the default, ignore, is that they " \
          "never come to it")

#define SCENARIO_TRACE_OPTIONS(X)                                                                  \
    X("arrival", arrival_kind, arrival, "auto", "arrival", OPTION_SETTING, "auto|queue|issue",     \
      "only with --limits: which event of a block trace is a request's arrival at the throttle, "  \
      "D (issue), what the driver sends, or Q (queue), before the guest merges and schedules. "    \
      "The default, auto, is D of each device that has D events, Q of others"),                    \
        X("arrivals", scenario_arrivals_kind, arrivals, "auto", "arrivals", OPTION_SETTING,        \
          "auto|open|closed|dependent",                                                            \
          "only with --limits: how requests come: open, as recorded, however long others wait; "   \
          "dependent, when what their threads waited for has completed; closed, never more "       \
          "outstanding than recorded. The default, auto, is dependent where a trace tells "        \
          "threads and completions, else open"),                                                   \
        X("start-after", setting_duration, start_after_ns, "0", "start-after", OPTION_SETTING,     \
          "TIME",                                                                                  \
          "only with --limits: where arrivals are dependent, a thread starts later if what its "   \
          "device completed last before, at most this long before, does: right for the programs "  \
          "of a script, wrong for what a clock starts. The default, 0, is as recorded"),           \
        X("streams", scenario_streams, path, NULL, "streams", OPTION_SETTING, "FILE",              \
          "only with --limits: what is known of the threads of the traces, as 'throttlesim "       \
          "trace streams -o FILE' writes it"),                                                     \
        X("in-flight", in_flight_kind, in_flight, "arrive", "in-flight", OPTION_SETTING,           \
          "arrive|ignore",                                                                         \
          "only with --limits: requests of a block trace that were in flight when the recording "  \
          "began: arrive, at its start, which is the default, or ignore"),                         \
        X("batch-order", batch_order_kind, batch_order, "auto", "batch-order", OPTION_SETTING,     \
          "auto|queue|issue",                                                                      \
          "only with --limits: in what order requests come that a guest's kernel handed over "     \
          "together, of block traces with arrivals at issue: queue (Q), as it does, issue (D), "   \
          "as "                                                                                    \
          "it logs them, or auto, the default, which the completions fit better"),                 \
        X("device", devices_kind, path, NULL, "device", OPTION_SETTING_LIST, "NAME",               \
          "only with --limits: take only the requests of this device, such as 254,48, from each "  \
          "trace. Needed for a trace that holds several. May be given several times, with "        \
          "--each-volume"),                                                                        \
        X("format", format_kind, format, NULL, "format", OPTION_SETTING, "FORMAT",                 \
          "only with --limits: read the traces as this format, whatever they look like; "          \
          "'throttlesim "                                                                          \
          "trace formats' lists them"),                                                            \
        X("layout", setting_text, layout, NULL, "layout", OPTION_SETTING, "TEXT",                  \
          "only with --limits: what some formats need to be told, such as the columns of a CSV "   \
          "file")

extern const struct setting_kind setting_text;        // char *
extern const struct setting_kind setting_id;          // the same, only read
extern const struct setting_kind setting_duration;    // int64_t, ns; fallback "": INT64_MAX
setting_write setting_write_text, setting_write_time; // time: int64_t

// The rows of a mapping end with key NULL. They are read in their order.
extern const struct setting scenario_rows[], scenario_device_rows[], scenario_class_rows[],
    scenario_device_file_rows[], scenario_group_rows[], scenario_member_rows[],
    scenario_volume_member_rows[], scenario_trace_rows[], scenario_stream_rows[],
    scenario_closed_rows[], scenario_stalls_rows[];

const char *setting_key_at(const void *rows, size_t index); // for suggest()
const struct setting *setting_find(const struct setting *rows, const char *key);

// What the rows say of what is not given.
void setting_set_defaults(const struct setting *rows, void *target);

// An enumeration's value by its word.
bool setting_parse_word(const char *const *words, const char *text, void *value);

// False with the input's message.
bool setting_parse(struct setting_input *input, const struct setting *row, void *target);

// What those of the options say that are of the rows. The error is about the command line.
bool setting_apply(const struct scenario *scenario, const struct setting *rows,
                   const struct scenario_option *options, size_t count, void *target,
                   struct sim_error *error);

// The value of one key; a mapping, which `what` names: "a member".
bool setting_read_value(struct yaml_reader *reader, yaml_node_t *node, const struct setting *row,
                        void *target);
bool setting_read(struct yaml_reader *reader, yaml_node_t *node, const char *what,
                  const struct setting *rows, void *target);

// One more item at the end of a list of the reader's scenario, zeroed. NULL with the error filled.
void *setting_append(struct yaml_reader *reader, const struct setting_list *list);
bool setting_read_list(struct yaml_reader *reader, yaml_node_t *node,
                       const struct setting_list *list);
// One item, or a list of some.
bool setting_read_some(struct yaml_reader *reader, yaml_node_t *node, const char *many,
                       yaml_read *each, void *target);

bool setting_is_given(const struct setting *row, const void *source);

// All that is given, without braces.
void setting_write_rows(struct setting_writer *writer, const struct setting *rows,
                        const void *source);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
// Broken scenarios, and exactly what is said about each: where, what was found, what was expected.
#include "tests/sim/lab.h"
#include "tests/support/test_group.h"

#include <stdio.h>
#include <string.h>

// What a mapping, a list and a value may be.
static const struct lab_refusal keys_and_kinds_rows[] = {
    {"grops: []\n"
     "members: [{id: a}]\n",
     "1:1: unknown key 'grops' in the scenario; did you mean 'groups'?"},
    {"members: [{id: a, iid: b}]\n", "1:19: unknown key 'iid' in a member; did you mean 'id'?"},
    {"x-iops: 1\n"
     "members: []\n",
     "1:1: unknown key 'x-iops' in the scenario"},
    {"members: [{id: [a]}]\n", "1:16: expected a text, found a list"},
    {"members: {id: a}\n", "1:10: expected a list of members, found a mapping (key: value)"},
    {"members: 7\n", "1:10: expected a list of members, found a single value"},
    {"members: []\n", " there are no members"},
    {"groups: []\n", "1:1: the scenario needs the key 'members'"},
    {"7\n", "1:1: expected the scenario as a mapping (key: value), found a single value"},
    {"[1]\n", "1:1: expected the scenario as a mapping (key: value), found a list"},
    {"members: [{id: a}]\n"
     "members: [{id: b}]\n",
     "2:1: key 'members' is given twice in the scenario"},
    {"members: [{id: a, id: b}]\n", "1:19: key 'id' is given twice in a member"},
    {"members: [{id: }]\n", "1:16: expected a text, found nothing"},
    {"members: [{}]\n", "1:11: a member needs the key 'id'"},
    {"? [a]\n"
     ": b\n",
     "1:3: expected a key, found a list"},
    {"members: [{id: a}]\n"
     "<<: {end: 1ns}\n",
     "2:1: unknown key '<<' in the scenario"},
    {"members: [{id: \"\\0a\"}]\n", "1:16: expected a text, found text with a NUL in it"},
    {NULL, NULL},
};

static void keys_and_kinds(void **state)
{
    (void)state;
    lab_refuse_all(keys_and_kinds_rows);
}

// Names that are taken, unknown, or mean something else.
static const struct lab_refusal names_rows[] = {
    {"members: [{id: a},\n"
     " {id: a}]\n",
     "2:2: there is a member 'a' already, in line 1"},
    {"groups: [{id: g}, {id: g}]\n"
     "members: [{id: a}]\n",
     "1:19: there is a group 'g' already, in line 1"},
    {"groups: [{id: none}]\n"
     "members: [{id: a}]\n",
     "1:10: a group cannot be called 'none', which means no group"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a, group: glod}]\n",
     "2:26: there is no group 'glod'; did you mean 'gold'?"},
    {"groups: [{limits: {}}]\n"
     "members: [{id: a}]\n",
     "1:10: a group needs the key 'id'"},
    {"members: [{id: a}]\n"
     "engine: trottle-group\n",
     "2:9: unknown engine 'trottle-group'; did you mean 'throttle-group'?"},
    {NULL, NULL},
};

static void names(void **state)
{
    (void)state;
    lab_refuse_all(names_rows);
}

// Traces, the device and the settings of the whole run.
static const struct lab_refusal traces_and_settings_rows[] = {
    {"members: [{id: a, attach: side}]\n", "1:27: expected filter or drive, found 'side'"},
    {"members: [{id: a, trace: [x]}]\n",
     "1:26: expected a trace as a mapping (key: value), found a list"},
    {"members: [{id: a, trace: {start: 1s}}]\n",
     "1:26: a trace needs the key 'path', or 'csv' with the requests themselves"},
    {"members: [{id: a, trace: {path: x, csv: y}}]\n",
     "1:41: a trace has a 'path' or a 'csv', not both"},
    {"members: [{id: a}]\n"
     "trace: {csv: y, path: x}\n",
     "2:14: a trace has a 'path' or a 'csv', not both"},
    {"members: [{id: a, trace: {csv: ''}}]\n", "1:32: expected a text, found nothing"},
    {"members: [{id: a, trace: {csv: [x]}}]\n", "1:32: expected a text, found a list"},
    {"members: [{id: a, trace: {csv: \"time_ns\\0\"}}]\n",
     "1:32: expected a text, found text with a NUL in it"},
    {"members: [{id: a, trace: {path: x, strat: 1s}}]\n",
     "1:36: unknown key 'strat' in a trace; did you mean 'start'?"},
    {"members: [{id: a, trace: {path: x, speed: fast}}]\n",
     "1:43: expected a factor above 0, such as 2, 1.5 or 1/3, found 'fast'"},
    {"members: [{id: a, trace: {path: x, speed: 0}}]\n",
     "1:43: expected a factor above 0, such as 2, 1.5 or 1/3, found '0'"},
    {"members: [{id: a, trace: {path: x, speed: -2}}]\n",
     "1:43: expected a factor above 0, such as 2, 1.5 or 1/3, found '-2'"},
    {"members: [{id: a, trace: {path: x, speed: 1e3}}]\n",
     "1:43: expected a factor above 0, such as 2, 1.5 or 1/3, found '1e3'"},
    {"members: [{id: a, trace: {path: x, ops: []}}]\n",
     "1:41: expected at least one of operations, found an empty list"},
    {"members: [{id: a, trace: {path: x, ops: [read, wirte]}}]\n",
     "1:48: expected read, write, discard, write-zeroes or flush, found 'wirte'; did you mean "
     "'write'?"},
    {"members: [{id: a, trace: {path: x, device: []}}]\n",
     "1:44: expected at least one of devices, found an empty list"},
    {"members: [{id: a, trace: {path: x, device: [[y]]}}]\n",
     "1:45: expected a text, found a list"},
    {"members: [{id: a}]\ntrace: []\n",
     "2:8: expected at least one of traces, found an empty list"},
    {"members: [{id: a}]\ntrace: [x, {csv: y, path: x}]\n",
     "2:18: a trace has a 'path' or a 'csv', not both"},
    {"members: {from: trace}\n",
     "1:10: members: {from: trace} needs the scenario's own 'trace', whose volumes they are"},
    {"members: {from: file}\n",
     "1:17: expected trace, which makes each volume in the scenario's 'trace' a member, found "
     "'file'"},
    {"members: {group: none}\n", "1:10: expected a list of members, found a mapping (key: value)"},
    {"members: {from: trace, id: x}\n", "1:24: unknown key 'id' in members"},
    {"members: {from: trace, group: gold}\ngroups: [{id: glod}]\n",
     "1:31: there is no group 'gold'; did you mean 'glod'?"},
    {"members: {from: trace}\ntrace: '-'\n",
     "2:8: members: {from: trace} reads the trace before the run, to know its volumes; standard "
     "input (-) can be read once only: save it in a file"},
    {"members: {from: trace}\ntrace: {csv: \"time_ns,op,offset,bytes\\n\"}\n",
     " there are no members: no request in the trace"},
    {"members: [{id: a, trace: {path: x, arrival: now}}]\n",
     "1:45: expected auto, queue or issue, found 'now'"},
    {"members: [{id: a, trace: {path: x, format: [csv]}}]\n",
     "1:44: expected the name of a format, found a list"},
    {"members: [{id: a, trace: {path: x, layout: {a: b}}}]\n",
     "1:44: expected a text, found a mapping (key: value)"},
    {"members: [{id: a, trace: {path: x, start: soon}}]\n",
     "1:43: expected a time with a unit (ns, us, ms, s, min, h), found "
     "'soon'"},
    {"members: [{id: a, trace: {path: x, duration: -1}}]\n",
     "1:46: expected a time with a unit (ns, us, ms, s, min, h), found "
     "'-1'; it cannot be below 0"},
    {"members: [{id: a}]\n"
     "device: recorded\n",
     "2:9: expected device as a mapping (key: value), found a single value"},
    {"members: [{id: a}]\n"
     "device: {model: fixd, latency: 3ns}\n",
     "2:17: expected auto, null, fixed, recorded, random or queue, found 'fixd'; did "
     "you mean 'fixed'?"},
    {"members: [{id: a}]\n"
     "device: {model: fixed}\n",
     "2:9: model fixed needs a latency, such as latency: 200us"},
    {"members: [{id: a}]\n"
     "device: {latency: 3ns}\n",
     "2:9: device needs the key 'model'"},
    {"members: [{id: a}]\n"
     "device: {model: recorded, latency: 3ns}\n",
     "2:36: only model fixed has a latency"},
    {"members: [{id: a}]\n"
     "interval: 0\n",
     "2:11: an interval must be longer than 0"},
    {"members: [{id: a}]\n"
     "interval: 1.5ns\n",
     "2:11: expected a time with a unit (ns, us, ms, s, min, h) or auto, found '1.5ns'"},
    {"members: [{id: a}]\n"
     "end: 60\n",
     "2:6: expected a time with a unit (ns, us, ms, s, min, h), found '60'; did you mean '60s' or "
     "'60ms'?"},
    {"members: [{id: a}]\n"
     "end: never\n",
     "2:6: expected a time with a unit (ns, us, ms, s, min, h), found "
     "'never'"},
    {"members: [{id: a}]\n"
     "end: 9223372036854775808ns\n",
     "2:6: expected a time with a unit (ns, us, ms, s, min, h), found "
     "'9223372036854775808ns'; it is too large"},
    {"members: [{id: a}]\n"
     "timer-granularity: 1 ms\n",
     "2:20: expected a time with a unit (ns, us, ms, s, min, h), found "
     "'1 ms'; did you mean '1ms'?"},
    {NULL, NULL},
};

static void traces_and_settings(void **state)
{
    (void)state;
    lab_refuse_all(traces_and_settings_rows);
}

// What the parser says, with its place.
static const struct lab_refusal not_yaml_rows[] = {
    {"", " empty; a scenario has groups, members and traces"},
    {"# nothing\n", " empty; a scenario has groups, members and traces"},
    {"members: [\n",
     "2:1: not valid YAML: did not find expected node content, while parsing a flow "
     "node"},
    {"members: [{id: a}\n"
     "	groups: b\n",
     "2:2: not valid YAML: did not find expected ',' or ']', while parsing a flow "
     "sequence"},
    {"members: [*nope]\n", "1:11: not valid YAML: found undefined alias"},
    {"members: &a [*a]\n", "1:10: expected a member as a mapping (key: value), found a list"},
    {"&a {members: *a}\n", "1:1: expected a list of members, found a mapping (key: value)"},
    {"&a {*a : 1}\n", "1:1: expected a key, found a mapping (key: value)"},
    {"members: [{id: a}]\n"
     "---\n"
     "members: [{id: b}]\n",
     "2:1: a second document; a scenario is one, without '---' in it"},
    {"members: [{id: a}]\n"
     "---\n"
     "members: [{id: b\n",
     "2:1: a second document; a scenario is one, without '---' in it"},
    {"\001", " byte 0: not YAML or JSON text: control characters are not allowed"},
    {"members: [{id: a\177}]\n",
     " byte 16: not YAML or JSON text: control characters are not allowed"},
    {"\200abc", " byte 0: not YAML or JSON text: invalid leading UTF-8 octet"},
    {NULL, NULL},
};

// All formats that there are, and the nearest.
static void unknown_format(void **state)
{
    (void)state;
    static const char text[] = "members: [{id: a, trace: {path: x, format: ioolog}}]\n";
    struct sim_error error;
    char expected[1000];
    int used = snprintf(expected, sizeof expected, "%s:1:44: unknown format 'ioolog'; there are ",
                        scratch_path("run.yaml"));
    for (size_t i = 0; trace_format_at(i) != NULL; i++)
        used += snprintf(expected + used, sizeof expected - (size_t)used, "%s%s", i > 0 ? ", " : "",
                         trace_format_at(i));
    snprintf(expected + used, sizeof expected - (size_t)used, "; did you mean 'iolog'?");
    assert_null(lab_load("run.yaml", text, &error));
    assert_int_equal(error.exit, SIM_BAD_INPUT);
    assert_string_equal(error.message, expected);
    assert_true(strlen(expected) > 100);
}

static void not_yaml(void **state)
{
    (void)state;
    lab_refuse_all(not_yaml_rows);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(keys_and_kinds),
    cmocka_unit_test(names),
    cmocka_unit_test(traces_and_settings),
    cmocka_unit_test(unknown_format),
    cmocka_unit_test(not_yaml),
};
TEST_GROUP(scenario_errors, tests, scratch_make, scratch_remove);

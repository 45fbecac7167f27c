// SPDX-License-Identifier: GPL-2.0-or-later
// Devices in scenarios: what is said of them, set, and refused.
#include "tests/sim/lab.h"
#include "tests/support/test_group.h"

#include <stdio.h>

static struct scenario *load(const char *text)
{
    struct sim_error error;
    struct scenario *scenario = lab_load("run.yaml", text, &error);
    if (scenario == NULL)
        fail_msg("%s", error.message);
    return scenario;
}

#define KEYS "SELECT value, text FROM assumption WHERE key = 'device' ORDER BY seq"

static void devices_are_told(void **state)
{
    (void)state;
    scratch_text("one.csv", HEADER "0,read,0,512,a,5\n");
    struct lab_run run = lab_run_complete(
        "members: [{id: a, device: s}, {id: b, device: s}, {id: c, device: r}, {id: d}]\n"
        "trace: one.csv\n"
        "devices: [{id: s, model: queue, servers: 2, bandwidth: 100MB, seed: 3,\n"
        "           classes: [{quantiles: [1ms]}]},\n"
        "          {id: r, model: random, classes: [{quantiles: [1ms]}]},\n"
        "          {id: unused, model: \"null\"}]\n"
        "device: {model: fixed, latency: 1ms}\n");
    lab_expect_rows(&run, KEYS,
                    "queue s, of 2 members: queue, 2 servers of 100 MB/s, seed 3; a part of each "
                    "request waits for those before it\n"
                    "random r, of 1 member: random, seed 0; each request takes a time drawn for "
                    "it, alone or not\n"
                    "fixed 1 member: fixed; each request takes 1 ms, alone or not\n");
    assert_string_equal(lab_text(&run, "SELECT device FROM run"),
                        "queue, random, fixed 1000000 ns");
    lab_run_free(&run);
}

#define THREADS                                                                                    \
    "trace: {csv: \"time_ns,op,offset,bytes,latency_ns,stream\\n0,read,0,512,9,t\\n"               \
    "50,read,0,512,9,t\\n\", arrivals: %s}\n"

// Recorded, if arrivals answer; else it only would be added.
static void what_is_not_given_follows_the_arrivals(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"open", "null"}, {"dependent", "recorded"}, {"closed", "recorded"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char trace[400], text[500];
        snprintf(trace, sizeof trace, THREADS, rows[i][0]);
        snprintf(text, sizeof text, "members: [{id: a}]\n%s%s", trace,
                 i == 1 ? "device: {model: auto}\n" : "");
        struct lab_run run = lab_run_complete(text);
        assert_string_equal(lab_text(&run, "SELECT device FROM run"), rows[i][1]);
        lab_run_free(&run);
    }
}

static const struct lab_refusal refusals[] = {
    {"members: [{id: a, device: sdd}]\ndevices: [{id: ssd, model: \"null\"}]\n",
     "1:27: there is no device 'sdd'; did you mean 'ssd'?"},
    {"members: [{id: a}]\ndevices: [{model: \"null\"}]\n", "2:11: a device needs the key 'id'"},
    {"members: [{id: a}]\ndevices: [{id: default, model: \"null\"}]\n",
     "2:11: a device cannot be called 'default', which is that of the scenario's own key 'device'"},
    {"members: [{id: a}]\ndevices: [{id: x, model: \"null\"}, {id: x, model: recorded}]\n",
     "2:35: there is a device 'x' already, in line 2"},
    {"members: [{id: a}]\ndevice: {model: queue}\n",
     "2:9: models random and queue need classes, as 'throttlesim device fit' writes them"},
    {"members: [{id: a}]\ndevice: {model: recorded, classes: [{quantiles: [1ms]}]}\n",
     "2:36: only models random and queue have classes"},
    {"members: [{id: a}]\ndevice: {model: recorded, seed: 3}\n",
     "2:33: only models random and queue have a seed"},
    {"members: [{id: a}]\ndevice: {model: random, servers: 2, classes: [{quantiles: [1ms]}]}\n",
     "2:34: only model queue has servers"},
    {"members: [{id: a}]\ndevice: {model: random, bandwidth: 2, classes: [{quantiles: [1ms]}]}\n",
     "2:36: only model queue has a bandwidth"},
    {"members: [{id: a}]\ndevice: {model: queue, servers: 0, classes: [{quantiles: [1ms]}]}\n",
     "2:33: expected a number of servers, 1 to 1024, found '0'"},
    {"members: [{id: a}]\ndevice: {model: queue, bandwidth: 0, classes: [{quantiles: [1ms]}]}\n",
     "2:35: expected bytes per second, such as 500MB, found '0'"},
    {"members: [{id: a}]\ndevice: {model: random, classes: [{op: read, quantiles: [1ms]}]}\n",
     "2:34: the last class must be one of all requests, without member, op and size: it is of "
     "those that no other is of"},
    {"members: [{id: a}]\ndevice: {model: random, classes: [{op: raed, quantiles: [1ms]}]}\n",
     "2:40: expected any, read, write, discard, write-zeroes or flush, found 'raed'; did you mean "
     "'read'?"},
    {"members: [{id: a}]\ndevice: {model: random, classes: [{}]}\n",
     "2:35: an empirical class needs quantiles, such as quantiles: [80us, 100us, 2ms]"},
    {"members: [{id: a}]\ndevice: {model: random, classes: [{quantiles: []}]}\n",
     "2:35: an empirical class needs quantiles, such as quantiles: [80us, 100us, 2ms]"},
    {"members: [{id: a}]\ndevice: {model: random, classes: [{quantiles: [2ms, 1ms]}]}\n",
     "2:53: quantiles go upwards: this is below the one before it"},
    {"members: [{id: a}]\ndevice: {model: random, classes: [{quantiles: [1ms], shape: 2}]}\n",
     "2:35: an empirical class has quantiles, and no mean and shape"},
    {"members: [{id: a}]\ndevice: {model: random, classes: [{law: gamma, quantiles: [1ms]}]}\n",
     "2:35: only an empirical class has quantiles"},
    {"members: [{id: a}]\ndevice: {model: random, classes: [{law: gamma, mean: 1ms}]}\n",
     "2:35: a class of this law needs a mean and a shape, such as mean: 200us, shape: 1.5"},
    {"members: [{id: a}]\n"
     "device: {model: random, classes: [{law: lognormal, mean: 1ms, shape: 5}]}\n",
     "2:35: the shape of lognormal is from 0.02 to 4"},
    {"members: [{id: a}]\n"
     "device: {model: queue, classes: [{law: gamma, mean: 1ms, shape: 2}]}\n",
     "2:34: a class of this law of model queue needs its serial part, such as serial: 50us"},
    {"members: [{id: a}]\ndevice: {model: random, classes: [{quantiles: [1ms], serial: 1us}]}\n",
     "2:35: only classes of model queue have a serial part"},
    {"members: [{id: a}]\ndevice: {from: bad.yaml, model: queue}\n",
     "2:26: unknown key 'model' in device"},
    {NULL, NULL},
};

static void what_is_no_device_is_refused(void **state)
{
    (void)state;
    lab_refuse_all(refusals);
}

// A file has what a device has, and its own name in messages.
static void files_of_devices(void **state)
{
    (void)state;
    struct sim_error error;
    scratch_text("bad.yaml", "model: queue\nclasses: [{quantiles: [x]}]\n");
    assert_null(lab_load("run.yaml", "members: [{id: a}]\ndevice: {from: bad.yaml}\n", &error));
    lab_expect_message(&error, SIM_BAD_INPUT,
                       "DIR/bad.yaml:2:24: expected a time with a unit (ns, us, ms, s, min, h), "
                       "found 'x'");
    scratch_text("good.yaml", "model: queue\nservers: 2\nclasses:\n  - {quantiles: [1ms, 2ms]}\n");
    struct scenario *from =
        load("members: [{id: a, device: x}]\n"
             "devices: [{id: x, from: good.yaml}]\ndevice: {from: good.yaml}\n");
#define GOOD "model: queue, servers: 2, classes: [{quantiles: [1ms, 2ms]}]"
    struct scenario *inside = load("members: [{id: a, device: x}]\n"
                                   "devices: [{id: x, " GOOD "}]\ndevice: {" GOOD "}\n");
    lab_expect_same(from, inside);
    scenario_free(from);
    scenario_free(inside);
}

// Set by their addresses; what is refused leaves all as it was.
static void devices_are_set(void **state)
{
    (void)state;
    struct sim_error error;
#define SET                                                                                        \
    "members: [{id: db, device: %s}]\ndevices: [{id: ssd, model: queue, servers: %s, "             \
    "classes: [{quantiles: [1ms]}]}]\n"
    static const char *const rows[][3] = {
        {"device", "queue",
         "device: expected auto, null, fixed:LATENCY (fixed:200us), recorded or from:FILE, found "
         "'queue'"},
        {"device.servers", "2", "device.servers: only model queue has servers"},
        {"device.model", "random",
         "device.model: models random and queue need classes, as 'throttlesim device fit' writes "
         "them"},
        {"device.classes", "x", "device.classes: this can only be read from a file"},
        {"devices.sdd.servers", "2",
         "devices.sdd.servers: there is no device 'sdd'; did you mean "
         "'ssd'?"},
        {"devices.ssd.servers", "0",
         "devices.ssd.servers: expected a number of servers, 1 to 1024, found '0'"},
        {"devices.ssd.model", "random", "devices.ssd.model: only model queue has servers"},
        {"devices", "x", "devices: this can only be read from a file"},
        {"db.device", "sdd", "db.device: there is no device 'sdd'; did you mean 'ssd'?"},
    };
    char text[300];
    snprintf(text, sizeof text, SET, "default", "3");
    struct scenario *scenario = load(text), *before = load(text);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_false(scenario_set(scenario, rows[i][0], rows[i][1], &error));
        assert_string_equal(error.message, rows[i][2]);
        lab_expect_same(scenario, before);
    }
    assert_true(scenario_set(scenario, "devices.ssd.servers", "8", &error));
    assert_true(scenario_set(scenario, "db.device", "ssd", &error));
    snprintf(text, sizeof text, SET, "ssd", "8");
    struct scenario *wanted = load(text);
    lab_expect_same(scenario, wanted);
    scenario_free(wanted);
    scenario_free(scenario);
    scenario_free(before);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(devices_are_told),
    cmocka_unit_test(what_is_not_given_follows_the_arrivals),
    cmocka_unit_test(what_is_no_device_is_refused),
    cmocka_unit_test(files_of_devices),
    cmocka_unit_test(devices_are_set),
};
TEST_GROUP(device_scenarios, tests, scratch_make, scratch_remove);

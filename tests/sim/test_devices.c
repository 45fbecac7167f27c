// SPDX-License-Identifier: GPL-2.0-or-later
// What devices promise: their laws, and a queue beside a slow and obvious one.
#include "sim/replay/devices/device.h"
#include "sim/replay/devices/draws.h"
#include "sim/workload/fit/law.h"
#include "tests/sim/lab.h"
#include "tests/support/test_group.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct scenario *load(const char *text)
{
    struct sim_error error;
    struct scenario *scenario = lab_load("run.yaml", text, &error);
    if (scenario == NULL)
        fail_msg("%s", error.message);
    return scenario;
}

// ---- Draws ----

#define DRAWS 20000
#define KS_BOUND (1.63 / 141.4) // of so many draws, one seed in a hundred is beyond

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void draw_all(const char *device, int64_t *values)
{
    char text[400];
    struct draws draws;
    snprintf(text, sizeof text, "members: [{id: a}]\ndevice: %s\n", device);
    struct scenario *scenario = load(text);
    assert_true(draws_open(&draws, &scenario->device, scenario));
    for (uint64_t i = 0; i < DRAWS; i++) {
        struct sim_request request = {.engine = {.bytes = 4096}};
        values[i] = draws_take(&draws, &request, i).takes_ns;
    }
    draws_close(&draws);
    scenario_free(scenario);
    qsort(values, DRAWS, sizeof *values, compare);
}

static void draws_are_of_their_law(void **state)
{
    (void)state;
    static int64_t values[DRAWS];
    static const struct {
        const char *device;
        struct synth_draw draw;
    } rows[] = {
        {"{model: random, classes: [{law: lognormal, mean: 2ms, shape: 1.2}]}",
         {SYNTH_LOGNORMAL, 2e6, 1.2}},
        {"{model: random, seed: 5, classes: [{law: gamma, mean: 2ms, shape: 1/2}]}",
         {SYNTH_GAMMA, 2e6, 0.5}},
        {"{model: random, seed: 6, classes: [{law: gamma, mean: 1s, shape: 7}]}",
         {SYNTH_GAMMA, 1e9, 7}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double distance = 0;
        draw_all(rows[i].device, values);
        for (size_t j = 0; j < DRAWS; j++)
            distance = fmax(distance, fabs(fit_law_share(&rows[i].draw, (double)values[j]) -
                                           ((double)j + 0.5) / DRAWS));
        assert_true(distance < KS_BOUND);
    }
}

// Between two quantiles the draws lie evenly; a value that comes twice has its share.
static void quantiles_are_reproduced(void **state)
{
    (void)state;
    static int64_t values[DRAWS];
    draw_all("{model: random, seed: 3, classes: [{quantiles: [100us, 200us, 200us, 1ms, 9ms]}]}",
             values);
    static const struct {
        int64_t value;
        double share; // of what is at most that
    } rows[] = {{99999, 0},      {100000, 0},     {150000, 0.125},  {199999, 0.25}, {200000, 0.5},
                {600000, 0.625}, {1000000, 0.75}, {5000000, 0.875}, {9000000, 1.0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t count = 0;
        while (count < DRAWS && values[count] <= rows[i].value)
            count++;
        assert_true(fabs((double)count / DRAWS - rows[i].share) < KS_BOUND);
    }
    assert_true(values[0] >= 100000 && values[DRAWS - 1] <= 9000000);
    draw_all("{model: random, classes: [{quantiles: [7ms]}]}", values);
    assert_true(values[0] == 7000000 && values[DRAWS - 1] == 7000000);
}

#define CLASSES                                                                                    \
    "[{member: a, op: write, size: 64KiB, quantiles: [1ms]}, {op: write, quantiles: [2ms]},"       \
    " {size: 4KiB, quantiles: [3ms]}, {op: flush, quantiles: [4ms]}, {quantiles: [5ms]}]"

// The first class that a request is of; a member is its id, or its volume.
static void classes_are_found(void **state)
{
    (void)state;
    static const struct {
        uint32_t member;
        enum engine_op op;
        uint64_t bytes;
        int64_t takes_ns;
    } rows[] = {
        {0, ENGINE_WRITE, 4097, 1 * MS},   {0, ENGINE_WRITE, 65536, 1 * MS},
        {0, ENGINE_WRITE, 4096, 2 * MS},   {0, ENGINE_WRITE, 65537, 2 * MS},
        {1, ENGINE_WRITE, 8192, 1 * MS},   {2, ENGINE_WRITE, 8192, 2 * MS},
        {0, ENGINE_READ, 4096, 3 * MS},    {0, ENGINE_FLUSH, 0, 3 * MS},
        {2, ENGINE_DISCARD, 8192, 5 * MS},
    };
    struct scenario *scenario = load("members: [{id: a}, {id: b, volume: a}, {id: c}]\n"
                                     "device: {model: random, classes: " CLASSES "}\n");
    struct draws draws;
    assert_true(draws_open(&draws, &scenario->device, scenario));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim_request request = {.engine = {.bytes = rows[i].bytes,
                                                 .member = rows[i].member,
                                                 .op = (uint8_t)rows[i].op}};
        assert_int_equal(draws_take(&draws, &request, 0).takes_ns, rows[i].takes_ns);
    }
    draws_close(&draws);
    scenario_free(scenario);
}

// ---- The queue, slowly ----

#define REQUESTS 400

struct slow_request {
    int64_t begins_ns;
    int64_t serial_ns;
    int64_t takes_ns;
    int64_t started_ns; // -1: not yet
};

// Server by server: whenever one is free, the first that waits takes it.
static void serve(struct slow_request *requests, size_t servers)
{
    int64_t busy_until_ns[8] = {0};
    int64_t now_ns = 0;
    for (size_t left = REQUESTS; left > 0;) {
        int64_t next_ns = INT64_MAX;
        for (size_t server = 0; server < servers; server++) {
            if (busy_until_ns[server] > now_ns) {
                next_ns = busy_until_ns[server] < next_ns ? busy_until_ns[server] : next_ns;
                continue;
            }
            size_t i = REQUESTS - left;
            if (left > 0 && requests[i].begins_ns <= now_ns) {
                requests[i].started_ns = now_ns;
                busy_until_ns[server] = now_ns + requests[i].serial_ns;
                left--;
                server--; // it may have been for no time
                continue;
            }
        }
        if (left > 0 && requests[REQUESTS - left].begins_ns > now_ns &&
            requests[REQUESTS - left].begins_ns < next_ns)
            next_ns = requests[REQUESTS - left].begins_ns;
        now_ns = next_ns;
    }
}

static size_t serial_at(const struct slow_request *requests, int64_t now_ns)
{
    size_t count = 0;
    for (size_t i = 0; i < REQUESTS; i++)
        count += requests[i].started_ns <= now_ns &&
                 now_ns < requests[i].started_ns + requests[i].serial_ns;
    return count;
}

static void try_queue(uint32_t servers, uint64_t seed)
{
    char text[400];
    static struct slow_request slow[REQUESTS];
    int64_t done_ns[REQUESTS], now_ns = 0;
    uint64_t random_state = seed;
    struct devices devices;
    struct draws draws;
    snprintf(text, sizeof text,
             "members: [{id: a}, {id: b}]\n"
             "device: {model: queue, servers: %u, bandwidth: 1GB, seed: 9, classes: [\n"
             "  {op: read, quantiles: [50us, 80us, 100us, 3ms]},\n"
             "  {law: gamma, mean: 300us, shape: 0.7, serial: 90us}]}\n",
             servers);
    struct scenario *scenario = load(text);
    assert_true(devices_open(&devices, scenario, false));
    assert_true(draws_open(&draws, &scenario->device, scenario));
    for (size_t i = 0; i < REQUESTS; i++) {
        struct sim_request request = {
            .seq_low = (uint32_t)i,
            .engine = {.bytes = 1000 * random_below(&random_state, 100),
                       .op = (uint8_t)random_below(&random_state, 2),
                       .member = i % 2},
        };
        now_ns +=
            random_below(&random_state, 3) == 0 ? (int64_t)random_below(&random_state, 200000) : 0;
        struct draw draw = draws_take(&draws, &request, i / 2);
        int64_t serial_ns = draw.takes_ns < draw.serial_ns ? draw.takes_ns : draw.serial_ns;
        serial_ns += (int64_t)request.engine.bytes; // a ns a byte
        slow[i] = (struct slow_request){now_ns, serial_ns, draw.takes_ns, -1};
        struct device *device = devices.of_member[i % 2];
        done_ns[i] = device->model->done_ns(device, now_ns, &request, i / 2);
    }
    serve(slow, servers);
    for (size_t i = 0; i < REQUESTS; i++) {
        int64_t takes_ns =
            slow[i].takes_ns > slow[i].serial_ns ? slow[i].takes_ns : slow[i].serial_ns;
        assert_int_equal(done_ns[i], slow[i].started_ns + takes_ns);
        assert_true(serial_at(slow, slow[i].started_ns) <= servers);
    }
    draws_close(&draws);
    devices_close(&devices);
    scenario_free(scenario);
}

static void a_queue_serves_so_many_at_once(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++)
        try_queue(1 + (uint32_t)(seed % 4), seed);
}

// ---- In runs ----

// 100 requests of a at once, one of b just behind.
#define BURST                                                                                      \
    "trace: burst.csv\n"                                                                           \
    "members: [{id: a, device: ssd}, {id: b, device: %s}]\n"                                       \
    "devices:\n"                                                                                   \
    "  - {id: ssd, model: queue, servers: 2, bandwidth: 100MB, classes: [{quantiles: [50us]}]}\n"  \
    "  - {id: other, model: queue, servers: 2, classes: [{quantiles: [50us]}]}\n"

static void write_burst(void)
{
    char text[8000] = HEADER;
    for (int i = 0; i < 100; i++)
        strcat(text, "0,write,0,65536,a,\n");
    scratch_text("burst.csv", strcat(text, "1,read,0,0,b,\n"));
}

static void a_burst_slows_those_of_its_device(void **state)
{
    (void)state;
    static const char *const devices[] = {"ssd", "other", "default"};
    int64_t took_ns[3];
    write_burst();
    for (int i = 0; i < 3; i++) {
        char text[600];
        snprintf(text, sizeof text, BURST, devices[i]);
        struct lab_run run = lab_run_complete(text);
        took_ns[i] = lab_integer(&run, "SELECT complete_ns - arrival_ns FROM request_log "
                                       "WHERE member = 'b'");
        // Two servers of 100 MB/s each.
        int64_t all_ns = lab_integer(&run, "SELECT max(complete_ns) FROM request_log "
                                           "WHERE member = 'a'");
        assert_true(all_ns >= 100 * INT64_C(65536) * 1000000000 / 200000000);
        lab_run_free(&run);
    }
    assert_int_equal(took_ns[0], 50 * (50000 + 655360) + 50000 - 1);
    assert_int_equal(took_ns[1], 50000);
    assert_int_equal(took_ns[2], 0);
}

static void digest_of(const char *text, char digest[32])
{
    struct lab_run run = lab_run_complete(text);
    snprintf(digest, 32, "%s",
             lab_text(&run, "SELECT group_concat(complete_ns - dispatch_ns) "
                            "FROM (SELECT * FROM request_log "
                            "WHERE member = 'a' ORDER BY arrival_ns LIMIT 3)"));
    lab_run_free(&run);
}

// The same request has the same luck whatever limits there are and who else is there.
static void luck_stays(void **state)
{
    (void)state;
    char free_run[32], throttled[32], alone[32], other_seed[32];
#define RANDOM(seed) "device: {model: random, seed: " seed ", classes: [{quantiles: [1us, 9us]}]}\n"
    scratch_text("both.csv", HEADER "0,read,0,512,a,\n0,read,0,512,b,\n5,read,0,512,a,\n"
                                    "6,read,0,512,b,\n7,read,0,512,a,\n");
    digest_of("members: [{id: a}, {id: b}]\ntrace: both.csv\n" RANDOM("1"), free_run);
    digest_of("members: [{id: a, limits: {iops-total: 5}}, {id: b}]\ntrace: both.csv\n" RANDOM("1"),
              throttled);
    digest_of("members: [{id: b}, {id: x, volume: zz}, {id: a}]\ntrace: both.csv\n" RANDOM("1"),
              alone);
    digest_of("members: [{id: a}, {id: b}]\ntrace: both.csv\n" RANDOM("2"), other_seed);
    assert_string_equal(free_run, throttled);
    assert_string_equal(free_run, alone);
    assert_string_not_equal(free_run, other_seed);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(draws_are_of_their_law),
    cmocka_unit_test(quantiles_are_reproduced),
    cmocka_unit_test(classes_are_found),
    cmocka_unit_test(a_queue_serves_so_many_at_once),
    cmocka_unit_test(a_burst_slows_those_of_its_device),
    cmocka_unit_test(luck_stays),
};
TEST_GROUP(devices, tests, scratch_make, scratch_remove);

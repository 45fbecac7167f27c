// SPDX-License-Identifier: GPL-2.0-or-later
// Conversions of random traces with random options, against a slow model that keeps all requests;
// and the names of volumes and files.
#include "tests/sim/lab.h"

#include "sim/workload/convert/convert.h"
#include "tests/support/test_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUTS_MAX 3
#define ROWS_MAX 40
#define NAMES 4

static const char *const volume_names[NAMES] = {"a", "254,16", "b/c", "b c"};
static const char *const file_names[INPUTS_MAX] = {"one.csv", "two.x.csv", "one.y.csv"};
static const char *const input_names[INPUTS_MAX] = {"one", "two", "one-2"};

struct row {
    int64_t time_ns;
    int64_t latency_ns;
    enum trace_op op;
    uint64_t offset;
    uint64_t bytes;
    char name[40];
};

struct world {
    struct row rows[INPUTS_MAX][ROWS_MAX];
    size_t counts[INPUTS_MAX];
    bool is_named[INPUTS_MAX];
    char paths[INPUTS_MAX][300];
    char *inputs[INPUTS_MAX];
    const char *volumes[NAMES];
    char output[300];
    struct convert_config config;
    struct row expected[INPUTS_MAX * ROWS_MAX];
    size_t expected_count;
};

static const volatile sig_atomic_t never;

// ---- Drawing ----

static void draw_input(struct world *world, size_t index, uint64_t *random)
{
    char text[ROWS_MAX * 80 + 100];
    int64_t time_ns = 0;
    bool is_named = world->is_named[index] = random_below(random, 3) > 0;
    size_t used = (size_t)snprintf(text, sizeof text, "time_ns,op,offset,bytes,latency_ns%s\n",
                                   is_named ? ",member" : "");
    world->counts[index] = 1 + random_below(random, ROWS_MAX - 1);
    for (size_t i = 0; i < world->counts[index]; i++) {
        struct row *row = &world->rows[index][i];
        time_ns += (int64_t)random_below(random, 5);
        *row = (struct row){
            .time_ns = time_ns,
            .latency_ns = (int64_t)random_below(random, 9) - 1,
            .op = (enum trace_op)random_below(random, TRACE_OP_COUNT),
        };
        if (row->op != TRACE_FLUSH) {
            row->offset = 512 * random_below(random, 100);
            row->bytes = 512 * (1 + random_below(random, 9));
        }
        if (is_named)
            snprintf(row->name, sizeof row->name, "%s", volume_names[random_below(random, 4)]);
        char latency[24] = "";
        if (row->latency_ns >= 0)
            snprintf(latency, sizeof latency, "%lld", (long long)row->latency_ns);
        used += (size_t)snprintf(text + used, sizeof text - used, "%lld,%s,%llu,%llu,%s",
                                 (long long)row->time_ns, trace_op_name(row->op),
                                 (unsigned long long)row->offset, (unsigned long long)row->bytes,
                                 latency);
        used += (size_t)snprintf(text + used, sizeof text - used, is_named ? ",\"%s\"\n" : "%s\n",
                                 row->name);
    }
    scratch_text(file_names[index], text);
    snprintf(world->paths[index], sizeof world->paths[index], "%s",
             scratch_path(file_names[index]));
    world->inputs[index] = world->paths[index];
}

static bool is_in_inputs(const struct world *world, const char *name)
{
    for (size_t k = 0; k < world->config.input_count; k++) {
        for (size_t i = 0; i < world->counts[k]; i++) {
            if (strcmp(world->rows[k][i].name, name) == 0)
                return true;
        }
    }
    return false;
}

static void draw(struct world *world, uint64_t *random)
{
    struct convert_config *config = &world->config;
    *world = (struct world){0};
    config->inputs = world->inputs;
    config->input_count = 1 + random_below(random, INPUTS_MAX);
    config->stop = &never;
    config->cut = cut_of_all();
    config->is_split = random_below(random, 2) == 0;
    config->is_prefixed = random_below(random, 3) == 0;
    for (size_t i = 0; i < config->input_count; i++)
        draw_input(world, i, random);
    struct cut *cut = &config->cut;
    if (random_below(random, 2) == 0)
        cut->ops = 1 + (unsigned)random_below(random, CUT_ALL_OPS);
    if (random_below(random, 2) == 0)
        cut->start_ns = (int64_t)random_below(random, 40);
    if (random_below(random, 2) == 0)
        cut->duration_ns = (int64_t)random_below(random, 80);
    if (random_below(random, 2) == 0)
        cut->speed = (struct fraction){2, 3};
    for (size_t i = 0; i < NAMES; i++) {
        if (random_below(random, 4) == 0 && is_in_inputs(world, volume_names[i]))
            world->volumes[cut->volume_count++] = volume_names[i];
    }
    cut->volumes = world->volumes;
    snprintf(world->output, sizeof world->output, "%s",
             scratch_path(config->is_split ? "out-%.csv" : "out.csv"));
    config->output = world->output;
}

// ---- The model ----

static bool model_takes(const struct world *world, const struct row *row)
{
    const struct cut *cut = &world->config.cut;
    bool is_wanted = cut->volume_count == 0;
    for (size_t i = 0; i < cut->volume_count; i++)
        is_wanted = is_wanted || strcmp(cut->volumes[i], row->name) == 0;
    return is_wanted && (cut->ops & 1u << row->op) != 0 && row->time_ns >= cut->start_ns &&
           (cut->duration_ns == CUT_FOR_EVER || row->time_ns < cut->start_ns + cut->duration_ns);
}

static void model_name(const struct world *world, size_t input, struct row *row)
{
    const struct convert_config *config = &world->config;
    char name[40];
    snprintf(name, sizeof name, "%s", row->name);
    if (name[0] != '\0' && config->is_prefixed)
        snprintf(row->name, sizeof row->name, "%s-%.30s", input_names[input], name);
    if (name[0] == '\0' && (config->input_count > 1 || config->is_split || config->is_prefixed))
        snprintf(row->name, sizeof row->name, "%s", input_names[input]);
}

static void model(struct world *world)
{
    const struct cut *cut = &world->config.cut;
    for (size_t k = 0; k < world->config.input_count; k++) {
        for (size_t i = 0; i < world->counts[k]; i++) {
            struct row row = world->rows[k][i];
            if (!model_takes(world, &row))
                continue;
            row.time_ns =
                (row.time_ns - cut->start_ns) * cut->speed.denominator / cut->speed.numerator;
            model_name(world, k, &row);
            size_t at = world->expected_count++;
            for (; at > 0 && world->expected[at - 1].time_ns > row.time_ns; at--)
                world->expected[at] = world->expected[at - 1];
            world->expected[at] = row;
        }
    }
}

// ---- Comparing ----

// The file holds the expected rows of the volume (NULL: all), in order. Returns how many.
static size_t compare_file(const struct world *world, const char *path, const char *volume)
{
    struct trace_config config = {.path = path, .format = "csv", .may_be_empty = true};
    struct trace_error error;
    struct trace_request request;
    size_t count = 0;
    struct trace *trace = trace_open(&config, &error);
    if (trace == NULL)
        fail_msg("%s", error.message);
    for (size_t i = 0; i < world->expected_count; i++) {
        const struct row *row = &world->expected[i];
        if (volume != NULL && strcmp(row->name, volume) != 0)
            continue;
        assert_int_equal(trace_read(trace, &request, &error), TRACE_REQUEST);
        assert_int_equal(request.arrival_ns, row->time_ns);
        assert_int_equal(request.latency_ns, row->latency_ns);
        assert_int_equal(request.op, row->op);
        assert_int_equal(request.offset, row->offset);
        assert_int_equal(request.bytes, row->bytes);
        assert_string_equal(trace_volume_name(trace, request.volume), row->name);
        count++;
    }
    assert_int_equal(trace_read(trace, &request, &error), TRACE_END);
    trace_close(trace);
    return count;
}

static void random_conversions(void **state)
{
    (void)state;
    static struct world world;
    uint64_t random = 8;
    size_t compared = 0, splits = 0;
    for (int round = 0; round < 1500; round++) {
        struct convert convert;
        struct sim_error error;
        draw(&world, &random);
        model(&world);
        if (!convert_run(&convert, &world.config, &error))
            fail_msg("round %d: %s", round, error.message);
        size_t count = 0;
        for (size_t i = 0; i < convert.output_count; i++) {
            const struct convert_output *item = &convert.outputs[i];
            size_t requests = compare_file(&world, item->path, item->volume);
            assert_int_equal(item->requests, requests);
            assert_true(requests > 0 || !world.config.is_split);
            count += requests;
        }
        assert_int_equal(count, world.expected_count);
        assert_int_equal(convert.written, world.expected_count);
        splits += world.config.is_split ? convert.output_count : 0;
        compared += count;
        convert_close(&convert);
    }
    assert_true(compared > 5000 && splits > 300);
}

// ---- Names ----

static void safe_names(void **state)
{
    (void)state;
    static const struct {
        const char *volume, *name;
    } rows[] = {
        {"vdc", "vdc"},         {"254,48", "254,48"},     {"a/b", "a_b"},
        {"..", "_."},           {".hidden", "_hidden"},   {"-rf", "_rf"},
        {"a b\nc", "a_b_c"},    {"caf\xc3\xa9", "caf__"}, {"$(x)%*?'\"", "__x______"},
        {"x+y=z@w", "x+y=z@w"}, {"a:b\\c", "a_b_c"},      {"0123456789abc", "0123456789abc"},
    };
    char text[20];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        convert_safe_name(rows[i].volume, text, sizeof text);
        assert_string_equal(text, rows[i].name);
    }
    convert_safe_name("abcdefghijklmnopqrstuvwxyz", text, sizeof text);
    assert_string_equal(text, "abcdefghijklmnopqrs");
}

// All that a reader gives a writer can take: the greatest offset, and one that ends beyond.
static void greatest_offset(void **state)
{
    (void)state;
    struct convert convert;
    struct sim_error error;
    char input[300], output[300];
    snprintf(input, sizeof input, "%s", scratch_path("far.csv"));
    snprintf(output, sizeof output, "%s", scratch_path("far-out.csv"));
    char *inputs[] = {input};
    struct convert_config config = {
        .inputs = inputs,
        .input_count = 1,
        .output = output,
        .cut = cut_of_all(),
        .stop = &never,
    };
    scratch_text("far.csv", "time_ns,op,offset,bytes\n0,read,9223372036854775295,512\n");
    if (!convert_run(&convert, &config, &error))
        fail_msg("%s", error.message);
    convert_close(&convert);
    scratch_text("far.csv", "time_ns,op,offset,bytes\n0,read,9223372036854775296,512\n");
    assert_false(convert_run(&convert, &config, &error));
    assert_int_equal(error.exit, SIM_BAD_INPUT);
    convert_close(&convert);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(random_conversions),
    cmocka_unit_test(safe_names),
    cmocka_unit_test(greatest_offset),
};
TEST_GROUP(convert, tests, scratch_make, scratch_remove);

// SPDX-License-Identifier: GPL-2.0-or-later
// Real recordings: the specification is valid, its rates are the recording's, and the distances are
// not greater than what was measured when this was written, and a little.
#include "tests/sim/fit_lab.h"

#include "sim/workload/synth/synth_spec.h"
#include "tests/support/test_group.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct fit_lab_case recorded[] = {
    {TEST_TRACES_DIR "/recorded/mixed/vdc.blktrace", 0.07, 0.01, 0.19},
    {TEST_TRACES_DIR "/recorded/mixed/vdd.blktrace", 0.12, 0.01, 0.21},
    {TEST_TRACES_DIR "/recorded/mixed/vde.blktrace", 0.17, 0.03, 0.26},
    {TEST_TRACES_DIR "/recorded/mixed/vdf.blktrace", 0.29, 0.02, 0.09},
};

static void the_projects(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++)
        fit_lab_check(&recorded[i]);
}

// What a flush or a uniform place does not have is not written, so read as a default.
static void expect_kind(const struct synth_kind *a, const struct synth_kind *b)
{
    assert_int_equal(a->op, b->op);
    assert_true(a->weight == b->weight);
    if (a->op == TRACE_FLUSH)
        return;
    assert_int_equal(a->size_count, b->size_count);
    assert_memory_equal(a->sizes, b->sizes, a->size_count * sizeof *a->sizes);
    assert_int_equal(a->place, b->place);
    assert_true(a->place == SYNTH_UNIFORM || a->zipf_exponent == b->zipf_exponent);
    assert_true(a->sequential == b->sequential);
    assert_true(a->first == b->first && a->span == b->span && a->align == b->align);
}

static void expect_draw(const struct synth_draw *a, const struct synth_draw *b)
{
    assert_int_equal(a->law, b->law);
    assert_true(a->mean == b->mean && a->shape == b->shape);
}

static void expect_arrivals(const struct synth_arrivals *a, const struct synth_arrivals *b)
{
    assert_int_equal(a->process, b->process);
    assert_int_equal(a->state_count, b->state_count);
    for (uint32_t i = 0; i < a->state_count; i++)
        assert_true(a->states[i].rate_per_s == b->states[i].rate_per_s &&
                    a->states[i].mean_ns == b->states[i].mean_ns);
    if (a->process != SYNTH_MMPP)
        expect_draw(&a->gap_ns, &b->gap_ns);
    if (a->process == SYNTH_ON_OFF) {
        expect_draw(&a->on_ns, &b->on_ns);
        expect_draw(&a->off_ns, &b->off_ns);
    }
    assert_true(fmax(1, a->batch_mean) == fmax(1, b->batch_mean));
    if (b->batch_mean > 1)
        expect_draw(&a->batch_gap_ns, &b->batch_gap_ns);
}

// What is printed is read as exactly this specification.
static void printed(void **state)
{
    (void)state;
    struct fit fit = fit_lab_path(TEST_TRACES_DIR "/recorded/mixed");
    struct synth_spec read;
    struct sim_error error;
    char *text = NULL, *again = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fit_print(&fit, out);
    assert_true(synth_spec_write(&fit.spec, out));
    fclose(out);
    if (!synth_spec_parse(&read, "fit.yaml", text, size, &error))
        fail_msg("%s", error.message);
    assert_int_equal(read.seed, fit.spec.seed);
    assert_int_equal(read.duration_ns, fit.spec.duration_ns);
    assert_int_equal(read.volume_count, 4);
    for (size_t i = 0; i < read.volume_count; i++) {
        const struct synth_volume *a = &read.volumes[i], *b = &fit.spec.volumes[i];
        assert_string_equal(a->name, b->name);
        assert_int_equal(a->kind_count, b->kind_count);
        expect_draw(&a->latency_ns, &b->latency_ns);
        expect_arrivals(&a->arrivals, &b->arrivals);
        for (uint32_t j = 0; j < a->kind_count; j++)
            expect_kind(&a->kinds[j], &b->kinds[j]);
    }
    // And written as the same text.
    out = open_memstream(&again, &size);
    assert_true(synth_spec_write(&read, out));
    fclose(out);
    assert_string_equal(strstr(text, "\nseed: ") + 1, again);
    synth_spec_free(&read);
    fit_free(&fit);
    free(text);
    free(again);
}

// The same input, the same specification, however often.
static void again(void **state)
{
    (void)state;
    struct fit first = fit_lab_path(recorded[0].path), second = fit_lab_path(recorded[0].path);
    const struct synth_volume *a = first.spec.volumes, *b = second.spec.volumes;
    for (uint32_t i = 0; i < a->kind_count; i++)
        expect_kind(&a->kinds[i], &b->kinds[i]);
    expect_arrivals(&a->arrivals, &b->arrivals);
    fit_free(&first);
    fit_free(&second);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_projects),
    cmocka_unit_test(printed),
    cmocka_unit_test(again),
};
TEST_GROUP(fit_recordings, tests, NULL, NULL);

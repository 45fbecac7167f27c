// SPDX-License-Identifier: GPL-2.0-or-later
// Recordings of which little or nothing can be said: an error, or a specification in which every
// number is one.
#include "tests/sim/fit_lab.h"
#include "tests/support/test_group.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// The specification is one that the generator takes and that makes requests.
static void expect_usable(const struct fit *fit)
{
    struct trace_error error;
    struct trace_request request;
    struct synth *synth = synth_open(&fit->spec, &error);
    if (synth == NULL)
        fail_msg("%s", error.message);
    int requests = 0;
    while (requests < 1000 && synth_read(synth, &request, &error) == TRACE_REQUEST)
        requests++;
    synth_close(synth);
    assert_true(requests > 0);
}

static void fit_and_expect(const char *text)
{
    struct fit fit = fit_lab_fit(text, strlen(text), NULL);
    expect_usable(&fit);
    fit_free(&fit);
}

static void nothing(void **state)
{
    (void)state;
    fit_lab_fail(HEADER, "there is no request in it");
}

static void hardly_anything(void **state)
{
    (void)state;
    fit_and_expect(HEADER "5,read,0,4096,a,7\n");
    fit_and_expect(HEADER "5,flush,0,0,a,\n");
    fit_and_expect(HEADER "5,read,0,4096,a,7\n5,write,4096,512,a,0\n");
    fit_and_expect(HEADER "5,read,0,4096,a,7\n1000000005,write,4096,512,a,0\n");
    fit_and_expect(HEADER "0,read,0,1,a,\n1,read,1,1,b,\n");
    // A gap of 40 days is more than a specification can have.
    fit_lab_fail(HEADER "0,read,0,4096,a,7\n3456000000000000,read,4096,4096,a,7\n",
                 "no specification can describe it");
    fit_lab_fail(HEADER "0,read,0,4096,a,7\n4611686018427387903,read,4096,4096,a,7\n",
                 "no specification can describe it");
    fit_lab_fail(HEADER "0,read,0,4096,a,7\n4611686018427387904,read,4096,4096,a,7\n",
                 "after more than 146 years");
}

static void all_at_once(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fputs(HEADER, out);
    for (int i = 0; i < 5000; i++)
        fprintf(out, "77,write,%d,512,a,\n", i * 512);
    fclose(out);
    struct fit fit = fit_lab_fit(text, size, NULL);
    expect_usable(&fit);
    assert_int_equal(fit.spec.volumes[0].arrivals.process, SYNTH_RENEWAL);
    fit_free(&fit);
    free(text);
}

// Two clumps at the ends of what times can be, and places at the end of the space.
static void at_the_ends(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fputs(HEADER, out);
    for (int i = 0; i < 20000; i++)
        fprintf(out, "%" PRId64 ",write,%" PRId64 ",4096,a,%" PRId64 "\n",
                i < 10000 ? (int64_t)i : INT64_C(4000000000000000000) + i,
                i % 2 == 0 ? INT64_C(0) : INT64_C(9223372036854767616),
                i % 2 == 0 ? INT64_C(0) : INT64_C(1000000000000000));
    fclose(out);
    struct fit fit = fit_lab_fit(text, size, NULL);
    expect_usable(&fit);
    fit_free(&fit);
    free(text);
}

static void too_many_volumes(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fputs(HEADER, out);
    for (int i = 0; i < 60000; i++)
        fprintf(out, "%d,read,0,4096,volume%d,\n", i, i);
    fclose(out);
    fit_lab_fail(text, "more than 4096 volumes");
    free(text);
}

static void many_volumes(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fputs(HEADER, out);
    for (int i = 0; i < 12 * 300; i++)
        fprintf(out, "%d,read,%d,4096,volume%d,\n", i * 1000 + i % 7, i % 100 * 4096, i % 300);
    fclose(out);
    struct fit fit = fit_lab_fit(text, size, NULL);
    assert_int_equal(fit.spec.volume_count, 300);
    expect_usable(&fit);
    fit_free(&fit);
    free(text);
}

// Zero bytes, more sizes than a specification has, and a flush.
static void odd_requests(void **state)
{
    (void)state;
    uint64_t random = 5, bytes = 0;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fputs(HEADER, out);
    for (int i = 0; i < 20000; i++) {
        uint64_t length = 1 + random_below(&random, 1000000);
        bytes += length;
        fprintf(out, "%d,write,%d,%" PRIu64 ",a,\n", i * 1000, i % 1000 * 512, length);
    }
    fputs("20000000,flush,0,0,a,\n", out);
    fclose(out);
    struct fit fit = fit_lab_fit(text, size, NULL);
    const struct synth_kind *writes = &fit.spec.volumes[0].kinds[0];
    expect_usable(&fit);
    assert_in_range(writes->size_count, 193, SYNTH_SIZES_MAX);
    double sum = 0, weights = 0;
    for (uint32_t i = 0; i < writes->size_count; i++) {
        sum += writes->sizes[i].weight * (double)writes->sizes[i].bytes;
        weights += writes->sizes[i].weight;
    }
    fit_lab_near(weights, 20000, 1e-9, "all writes have a size");
    fit_lab_near(sum, (double)bytes, 0.01, "the mean size stays");
    fit_free(&fit);
    free(text);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(nothing),      cmocka_unit_test(hardly_anything),
    cmocka_unit_test(all_at_once),  cmocka_unit_test(at_the_ends),
    cmocka_unit_test(many_volumes), cmocka_unit_test(too_many_volumes),
    cmocka_unit_test(odd_requests),
};
TEST_GROUP(fit_hostile, tests, NULL, NULL);

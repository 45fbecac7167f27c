// SPDX-License-Identifier: GPL-2.0-or-later
// What came of a comparison, for people and as JSON.
#include "sim/verify/verify.h"

#include "reports/label.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME_CHARACTERS 127 // of a file's name

json_t *verify_json_path(const char *path)
{
    char *text = NULL;
    size_t length;
    FILE *memory = open_memstream(&text, &length);
    if (memory == NULL)
        return NULL;
    report_write_utf8(memory, path);
    json_t *json = fclose(memory) == 0 ? json_string(text) : NULL;
    free(text);
    return json;
}

json_t *verify_json(const struct lockstep_result *result, const struct scenario *scenario)
{
    char digest[17];
    snprintf(digest, sizeof digest, "%016" PRIx64, result->digest);
    json_t *object =
        json_pack("{sb so ss sI sI sI sI ss sI}", "agree", result->agree, "scenario",
                  verify_json_path(scenario->name), "qemu", result->qemu_version, "requests",
                  (json_int_t)result->requests, "waited", (json_int_t)result->waited, "operations",
                  (json_int_t)result->operations, "timer_granularity_ns",
                  (json_int_t)scenario->timer_granularity_ns, "digest", digest, "end_ns",
                  (json_int_t)result->end_ns);
    if (!result->agree)
        json_object_set_new(object, "difference", difference_json(&result->difference, scenario));
    return object;
}

void verify_print(const struct lockstep_result *result, const struct scenario *scenario, FILE *out)
{
    if (!result->agree) {
        difference_print(&result->difference, scenario, out);
        return;
    }
    char label[REPORT_LABEL_MAX];
    report_label(label, scenario->name, NAME_CHARACTERS);
    fprintf(out,
            "%s: QEMU %s agrees: %" PRIu64 " requests, of which %" PRIu64 " waited, %" PRIu64
            " operations, digest %016" PRIx64 "\n",
            label, result->qemu_version, result->requests, result->waited, result->operations,
            result->digest);
}

json_t *verify_random_json(const struct verify_random_result *result,
                           const struct verify_random_config *config)
{
    return json_pack("{sb ss sI sI sI sI sI sf sf}", "agree", result->agree, "qemu",
                     result->qemu_version, "seed", (json_int_t)config->seed, "scenarios",
                     (json_int_t)result->scenarios, "requests", (json_int_t)result->requests,
                     "waited", (json_int_t)result->waited, "operations",
                     (json_int_t)result->operations, "seconds", result->seconds,
                     "requests_per_second", (double)result->requests / result->seconds);
}

void verify_random_print(const struct verify_random_result *result, FILE *out)
{
    fprintf(out,
            "QEMU %s agrees with %" PRIu64 " random scenarios: %" PRIu64
            " requests, of which %" PRIu64 " waited, %" PRIu64
            " operations; %.0f requests checked per second\n",
            result->qemu_version, result->scenarios, result->requests, result->waited,
            result->operations, (double)result->requests / result->seconds);
}

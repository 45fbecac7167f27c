// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/arrivals/services.h"

#include "reports/histogram.h"

#include <stdlib.h>

#define CLASSES (TRACE_OP_COUNT * SCENARIO_SIZE_COUNT)

// The first class, of no size, is of all requests.
struct services_of_member {
    struct report_histogram *classes[CLASSES]; // NULL: none of it, or concluded
    int64_t medians_ns[CLASSES];
};

_Static_assert(SCENARIO_SIZE_ANY == 0, "no request is of the first class");

bool services_open(struct services *services, size_t member_count)
{
    services->count = member_count;
    services->members = calloc(member_count + 1, sizeof *services->members);
    return services->members != NULL;
}

static void release(struct services_of_member *member)
{
    for (size_t i = 0; i < CLASSES; i++) {
        if (member->classes[i] != NULL)
            report_histogram_release(member->classes[i]);
        free(member->classes[i]);
        member->classes[i] = NULL;
    }
}

void services_close(struct services *services)
{
    for (size_t i = 0; services->members != NULL && i < services->count; i++)
        release(&services->members[i]);
    free(services->members);
    *services = (struct services){.members = NULL};
}

static size_t class_of(const struct trace_request *request)
{
    return (size_t)request->op * SCENARIO_SIZE_COUNT + scenario_size_of(request->bytes);
}

bool services_learn(struct services *services, uint32_t member, const struct trace_request *request)
{
    struct report_histogram **class = &services->members[member].classes[class_of(request)];
    if (*class == NULL)
        *class = calloc(1, sizeof **class);
    return *class != NULL && report_histogram_record(*class, request->latency_ns);
}

void services_conclude(struct services *services)
{
    for (size_t i = 0; i < services->count; i++) {
        struct services_of_member *member = &services->members[i];
        struct report_histogram all = {0};
        bool known = true;
        for (size_t j = 0; j < CLASSES; j++) {
            const struct report_histogram *class = member->classes[j];
            member->medians_ns[j] =
                class == NULL ? TRACE_LATENCY_UNKNOWN : report_histogram_quantile(class, 500);
            known = known && (class == NULL || report_histogram_merge(&all, class));
        }
        if (known && all.count > 0)
            member->medians_ns[0] = report_histogram_quantile(&all, 500);
        report_histogram_release(&all);
        release(member);
    }
}

int64_t services_find(const struct services *services, uint32_t member,
                      const struct trace_request *request)
{
    const int64_t *medians_ns = services->members[member].medians_ns;
    int64_t median_ns = medians_ns[class_of(request)];
    return median_ns != TRACE_LATENCY_UNKNOWN ? median_ns : medians_ns[0];
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/limits.h"

#define VALUE_MAX INT64_C(1000000000000000) // 10^15: larger values are refused
#define LENGTH_MAX INT64_C(4294967295)

#define AVG(kind, dir, qmp, unit, what)                                                            \
    {                                                                                              \
        kind "-" dir, qmp, unit, 0, VALUE_MAX, what " per second on average"                       \
    }
#define MAX(kind, dir, qmp, unit, what)                                                            \
    {                                                                                              \
        kind "-" dir "-max", qmp "_max", unit, 0, VALUE_MAX, what " in a burst, at once"           \
    }
#define LENGTH(kind, dir, qmp)                                                                     \
    {                                                                                              \
        kind "-" dir "-max-length", qmp "_max_length", ENGINE_SECONDS, 1, LENGTH_MAX,              \
            "above 1: -max per second, not at once"                                                \
    }

const struct engine_parameter limit_rows[LIMIT_COUNT] = {
    AVG("bps", "total", "bps", ENGINE_BYTES_PER_SECOND, "bytes"),
    AVG("bps", "read", "bps_rd", ENGINE_BYTES_PER_SECOND, "bytes read"),
    AVG("bps", "write", "bps_wr", ENGINE_BYTES_PER_SECOND, "bytes written"),
    AVG("iops", "total", "iops", ENGINE_OPS_PER_SECOND, "requests"),
    AVG("iops", "read", "iops_rd", ENGINE_OPS_PER_SECOND, "reads"),
    AVG("iops", "write", "iops_wr", ENGINE_OPS_PER_SECOND, "writes"),
    MAX("bps", "total", "bps", ENGINE_BYTES_PER_SECOND, "bytes"),
    MAX("bps", "read", "bps_rd", ENGINE_BYTES_PER_SECOND, "bytes read"),
    MAX("bps", "write", "bps_wr", ENGINE_BYTES_PER_SECOND, "bytes written"),
    MAX("iops", "total", "iops", ENGINE_OPS_PER_SECOND, "requests"),
    MAX("iops", "read", "iops_rd", ENGINE_OPS_PER_SECOND, "reads"),
    MAX("iops", "write", "iops_wr", ENGINE_OPS_PER_SECOND, "writes"),
    {"iops-size", "iops_size", ENGINE_BYTES, 0, INT64_MAX, "a request counts as one per this size"},
    LENGTH("bps", "total", "bps"),
    LENGTH("bps", "read", "bps_rd"),
    LENGTH("bps", "write", "bps_wr"),
    LENGTH("iops", "total", "iops"),
    LENGTH("iops", "read", "iops_rd"),
    LENGTH("iops", "write", "iops_wr"),
};

const struct engine_direction limit_directions[DIRECTION_COUNT] = {
    [DIRECTION_READ] = {"read"},
    [DIRECTION_WRITE] = {"write"},
};

// Source: the table of section 3 of the specification, docs/model.md.
const uint8_t limit_direction_of[ENGINE_ATTACH_COUNT][ENGINE_OP_COUNT] = {
    [ENGINE_FILTER] =
        {
            [ENGINE_READ] = DIRECTION_READ,
            [ENGINE_WRITE] = DIRECTION_WRITE,
            [ENGINE_DISCARD] = DIRECTION_WRITE,
            [ENGINE_WRITE_ZEROES] = DIRECTION_WRITE,
            [ENGINE_FLUSH] = ENGINE_NOT_THROTTLED,
        },
    [ENGINE_DRIVE] =
        {
            [ENGINE_READ] = DIRECTION_READ,
            [ENGINE_WRITE] = DIRECTION_WRITE,
            [ENGINE_DISCARD] = ENGINE_NOT_THROTTLED,
            [ENGINE_WRITE_ZEROES] = DIRECTION_WRITE,
            [ENGINE_FLUSH] = ENGINE_NOT_THROTTLED,
        },
    [ENGINE_FILTER_IGNORES] =
        {
            [ENGINE_READ] = DIRECTION_READ,
            [ENGINE_WRITE] = DIRECTION_WRITE,
            [ENGINE_WRITE_ZEROES] = DIRECTION_WRITE,
            [ENGINE_FLUSH] = ENGINE_NOT_THROTTLED,
            [ENGINE_DISCARD] = ENGINE_NOT_THROTTLED,
        },
};

#define BUCKET(index, name) [index] = {name, LIMIT_AVG + (index)}

const struct engine_bucket limit_buckets[BUCKET_COUNT] = {
    BUCKET(BUCKET_BPS_TOTAL, "bps-total"), BUCKET(BUCKET_BPS_READ, "bps-read"),
    BUCKET(BUCKET_BPS_WRITE, "bps-write"), BUCKET(BUCKET_IOPS_TOTAL, "iops-total"),
    BUCKET(BUCKET_IOPS_READ, "iops-read"), BUCKET(BUCKET_IOPS_WRITE, "iops-write"),
};

#define LIMIT_CAUSES(index, name)                                                                  \
    [index] = {name, "the average to allow more", index, false},                                   \
    [CAUSE_BURST + (index)] = {name "-max", "the burst rate to allow more", index, true}

const struct engine_cause limit_causes[CAUSE_COUNT] = {
    LIMIT_CAUSES(BUCKET_BPS_TOTAL, "bps-total"),
    LIMIT_CAUSES(BUCKET_BPS_READ, "bps-read"),
    LIMIT_CAUSES(BUCKET_BPS_WRITE, "bps-write"),
    LIMIT_CAUSES(BUCKET_IOPS_TOTAL, "iops-total"),
    LIMIT_CAUSES(BUCKET_IOPS_READ, "iops-read"),
    LIMIT_CAUSES(BUCKET_IOPS_WRITE, "iops-write"),
    [CAUSE_TURN] = {"turn", "its member's turn: others of the group are served", -1, false},
    [CAUSE_QUEUE] = {"queue", "requests of its member that came before it", -1, false},
    [CAUSE_TIMER] = {"timer", "the event loop, which wakes after the time that was set", -1, false},
    [CAUSE_DRAIN] = {"drain", "the end of its member's drain, above the throttle", -1, false},
};

static enum engine_status refuse(struct engine_fault *fault, const char *rule, int row, int other)
{
    *fault = (struct engine_fault){.rule = rule, .parameter = row, .other = other};
    return ENGINE_INVALID;
}

// Total together with read or write of the same kind contradicts itself, for averages and maxima.
static enum engine_status check_total(const int64_t *value, struct engine_fault *fault)
{
    static const int totals[] = {LIMIT_AVG + BUCKET_BPS_TOTAL, LIMIT_AVG + BUCKET_IOPS_TOTAL,
                                 LIMIT_MAX + BUCKET_BPS_TOTAL, LIMIT_MAX + BUCKET_IOPS_TOTAL};
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++) {
        int total = totals[i];
        if (value[total] == 0)
            continue;
        for (int row = total + 1; row <= total + 2; row++) {
            if (value[row] != 0)
                return refuse(fault, "cannot be set together with", total, row);
        }
    }
    return ENGINE_OK;
}

static enum engine_status check_burst(const struct limit_rules *rules, const int64_t *value,
                                      int bucket, struct engine_fault *fault)
{
    int avg = LIMIT_AVG + bucket, max = LIMIT_MAX + bucket, length = LIMIT_MAX_LENGTH + bucket;
    if (value[length] == 0)
        return refuse(fault, "must be at least 1 second", length, -1);
    if (value[length] > 1 && value[max] == 0)
        return refuse(fault, "is above 1 and so needs", length, max);
    // Divided, not multiplied: the product can exceed 64 bits.
    if (value[max] != 0 && value[length] > VALUE_MAX / value[max])
        return refuse(fault, "times the burst rate exceeds 10^15, with", length, max);
    if (value[max] != 0 && value[avg] == 0)
        return refuse(fault, "needs", max, avg);
    if (rules->max_is_rate && value[max] != 0 && value[max] < value[avg])
        return refuse(fault, "must not be below", max, avg);
    return ENGINE_OK;
}

static enum engine_status check_whole(const struct engine_algorithm *algorithm,
                                      const struct engine_parameters *limits,
                                      struct engine_fault *fault)
{
    const struct limit_rules *rules = algorithm->own;
    const int64_t *value = limits->value;
    for (int row = 0; row < LIMIT_COUNT; row++) {
        if (value[row] < 0)
            return refuse(fault, "must not be negative", row, -1);
        if (value[row] > limit_rows[row].max)
            return refuse(fault,
                          row < LIMIT_MAX_LENGTH ? "must not exceed 10^15"
                                                 : "must not exceed 4294967295 seconds",
                          row, -1);
    }
    enum engine_status status = ENGINE_OK;
    if (rules->total_excludes_rest)
        status = check_total(value, fault);
    if (status != ENGINE_OK)
        return status;
    if (value[LIMIT_IOPS_SIZE] != 0 && value[LIMIT_AVG + BUCKET_IOPS_TOTAL] == 0 &&
        value[LIMIT_AVG + BUCKET_IOPS_READ] == 0 && value[LIMIT_AVG + BUCKET_IOPS_WRITE] == 0)
        return refuse(fault, "needs an iops limit, such as", LIMIT_IOPS_SIZE,
                      LIMIT_AVG + BUCKET_IOPS_TOTAL);
    for (int bucket = 0; bucket < BUCKET_COUNT; bucket++) {
        status = check_burst(rules, value, bucket, fault);
        if (status != ENGINE_OK)
            return status;
    }
    return ENGINE_OK;
}

enum engine_status limits_whole(const struct engine_algorithm *algorithm,
                                const struct engine_parameters *given,
                                struct engine_parameters *limits, struct engine_fault *fault)
{
    for (int row = 0; row < LIMIT_COUNT; row++)
        limits->value[row] = limit_rows[row].initial;
    return limits_merge(algorithm, given, limits, fault);
}

enum engine_status limits_merge(const struct engine_algorithm *algorithm,
                                const struct engine_parameters *given,
                                struct engine_parameters *limits, struct engine_fault *fault)
{
    for (size_t row = 0; row < algorithm->parameter_count; row++) {
        if ((given->given >> row & 1) != 0)
            limits->value[row] = given->value[row];
    }
    return check_whole(algorithm, limits, fault);
}

enum engine_status limits_check(const struct engine_algorithm *algorithm,
                                const struct engine_parameters *given, struct engine_fault *fault)
{
    struct engine_parameters limits;
    return limits_whole(algorithm, given, &limits, fault);
}

bool limits_are_off(const struct engine_parameters *limits)
{
    for (int bucket = 0; bucket < BUCKET_COUNT; bucket++) {
        if (limits->value[LIMIT_AVG + bucket] != 0)
            return false;
    }
    return true;
}

void limits_apply(const struct engine_parameters *limits, struct leaky_buckets *buckets)
{
    for (int i = 0; i < BUCKET_COUNT; i++) {
        struct leaky_bucket *bucket = &buckets->bucket[i];
        bucket->avg = (uint64_t)limits->value[LIMIT_AVG + i];
        bucket->max = (uint64_t)limits->value[LIMIT_MAX + i];
        bucket->burst_length = (uint64_t)limits->value[LIMIT_MAX_LENGTH + i];
    }
    buckets->op_size = (uint64_t)limits->value[LIMIT_IOPS_SIZE];
    leaky_buckets_set_up(buckets);
}

void limits_of(const struct leaky_buckets *buckets, struct engine_parameters *limits)
{
    for (int i = 0; i < BUCKET_COUNT; i++) {
        const struct leaky_bucket *bucket = &buckets->bucket[i];
        limits->value[LIMIT_AVG + i] = (int64_t)bucket->avg;
        limits->value[LIMIT_MAX + i] = (int64_t)bucket->max;
        limits->value[LIMIT_MAX_LENGTH + i] = (int64_t)bucket->burst_length;
    }
    limits->value[LIMIT_IOPS_SIZE] = (int64_t)buckets->op_size;
}

size_t limits_facts(const struct engine_parameters *limits, struct engine_limit_facts *facts)
{
    struct leaky_buckets buckets;
    size_t count = 0;
    limits_apply(limits, &buckets);
    for (int i = 0; i < BUCKET_COUNT; i++) {
        const struct leaky_bucket *bucket = &buckets.bucket[i];
        if (bucket->avg == 0)
            continue;
        facts[count++] = (struct engine_limit_facts){
            .bucket = i,
            .rate = bucket->avg_rate,
            .allowance = bucket->size,
            .burst_rate = bucket->has_burst_part ? bucket->max_rate : 0,
            .at_once = bucket->has_burst_part ? bucket->burst_size : bucket->size,
            .refill_s = bucket->size / bucket->avg_rate,
        };
    }
    return count;
}

void limits_gauge(const struct leaky_buckets *buckets, int64_t now_ns,
                  struct engine_node_gauge *gauge)
{
    struct leaky_buckets copy = *buckets;
    leaky_buckets_leak(&copy, now_ns);
    for (int i = 0; i < BUCKET_COUNT; i++) {
        const struct leaky_bucket *bucket = &copy.bucket[i];
        if (bucket->avg == 0)
            continue;
        gauge->bucket[gauge->bucket_count++] = (struct engine_bucket_gauge){
            .key = limit_rows[LIMIT_AVG + i].key,
            .level = bucket->level,
            .size = bucket->size,
            .burst_level = bucket->has_burst_part ? bucket->burst_level : 0,
            .burst_size = bucket->has_burst_part ? bucket->burst_size : 0,
        };
    }
}

void limits_account(struct engine *engine, struct leaky_buckets *buckets, enum direction direction,
                    const struct engine_request *request, int64_t now_ns)
{
    double operations = leaky_buckets_account(buckets, direction, request->bytes);
    if (operations <= 1.0 || engine->callbacks.counted == NULL)
        return;
    engine->dispatching = true;
    engine->callbacks.counted(engine->callbacks.context, now_ns, request, operations);
    engine->dispatching = false;
}

void limits_tell_ran_out(struct engine *engine, struct leaky_buckets *buckets,
                         enum direction direction, uint32_t node, int64_t now_ns)
{
    if (engine->callbacks.ran_out == NULL)
        return;
    uint32_t run_out = leaky_buckets_run_out(buckets, direction);
    engine->dispatching = true;
    for (int i = 0; run_out >> i != 0; i++) {
        if ((run_out >> i & 1) != 0)
            engine->callbacks.ran_out(engine->callbacks.context, now_ns, node, i,
                                      leaky_buckets_refill_ns(buckets, i));
    }
    engine->dispatching = false;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// throttlesim limits: the keys there are, or what given limits let through
#include "sim/cli/command.h"

#include "sim/base/units.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LIMITS_TEXT 32
#define KEYS_COLUMN 42 // from where on a meaning stands

struct limits_arguments {
    struct command_call call;
    const struct engine_algorithm *algorithm;
    int64_t rate; // requests per second, 0: not given
    const char *size;
};

static const struct option_row rows[] = {
    {"engine", 0, OPTION_ENGINE, "NAME", offsetof(struct limits_arguments, algorithm),
     "those of this engine; the default is throttle-group"},
    {"rate", 0, OPTION_NUMBER, "N", offsetof(struct limits_arguments, rate),
     "the guest asks for so many requests per second: how long that passes, and what does then"},
    {"size", 0, OPTION_TEXT, "BYTES", offsetof(struct limits_arguments, size),
     "of each request, such as 64KiB: needed with --rate where a limit counts bytes"},
    OPTION_JSON("it as JSON"),
    OPTIONS_END,
};

// ---- The keys ----

static void print_key(const char *key, const char *qmp_key, const char *meaning)
{
    char head[80];
    snprintf(head, sizeof head, "%-22s %s", key, qmp_key);
    report_item(stdout, terminal_style(stdout).width, KEYS_COLUMN, head, meaning);
}

static bool list_keys(const struct engine_algorithm *algorithm, bool json, struct sim_error *error)
{
    static const char *const units[] = {
        [ENGINE_BYTES_PER_SECOND] = "bytes per second",
        [ENGINE_OPS_PER_SECOND] = "requests per second",
        [ENGINE_SECONDS] = "seconds",
        [ENGINE_BYTES] = "bytes",
    };
    json_t *list = json_array();
    if (!json)
        print_key("limit", "QMP", "meaning");
    for (size_t i = 0; i < algorithm->parameter_count; i++) {
        const struct engine_parameter *row = &algorithm->parameters[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "key", row->key, "qmp_key",
                                              row->qmp_key, "unit", units[row->unit], "meaning",
                                              row->help));
        if (!json)
            print_key(row->key, row->qmp_key, row->help);
    }
    if (json)
        return command_print_json(list, error);
    json_decref(list);
    if (engine_parameter_find(algorithm, "iops-total-max") < 0)
        return true;
    const int width = terminal_style(stdout).width;
    report_fold(stdout, width,
                "\nA limit is a bucket that leaks the average; 0 is none. What it holds may pass\n"
                "beyond the average, then requests wait:\n"
                "\n"
                "  without -max              average / 10, at once\n"
                "  -max                      max, at once: an amount, not a rate");
    if (engine_parameter_find(algorithm, "iops-total-max-length") >= 0)
        report_fold(
            stdout, width,
            "  -max and -max-length > 1  max x length, at max per second (max / 10 at once)");
    report_fold(stdout, width,
                "\nThat is used up after amount / (rate - average) seconds, and full again after\n"
                "amount / average seconds in which nothing passes. For limits of your own:\n"
                "\n"
                "  throttlesim limits iops-total=300,iops-total-max=900 --rate 2000");
    return true;
}

// ---- What limits let through ----

struct limit {
    const struct engine_limit_facts *facts;
    const char *key;
    bool counts_bytes;
    double example; // a rate at which people expect the burst to pass
    double asked;   // by --rate, as the limit counts; 0: not asked
    double each;    // what a request counts
};

static const char *amount(const struct limit *limit, double value, char text[LIMITS_TEXT])
{
    if (limit->counts_bytes)
        return units_format_size(value, text, LIMITS_TEXT);
    snprintf(text, LIMITS_TEXT, value < 1e15 && value == floor(value) ? "%.0f" : "%.4g", value);
    return text;
}

static const char *time_text(double time_s, char text[LIMITS_TEXT])
{
    if (time_s < 1e9)
        return units_format_duration((int64_t)(time_s * 1e9), text, LIMITS_TEXT);
    snprintf(text, LIMITS_TEXT, "%.3g s", time_s);
    return text;
}

static void print_fact(const char *label, const char *text, const char *formula)
{
    char line[200];
    snprintf(line, sizeof line, "  %-11s%-38s %s", label, text, formula);
    report_fold(stdout, terminal_style(stdout).width, line);
}

static void print_asked(const struct limit *limit)
{
    const struct engine_limit_facts *facts = limit->facts;
    char text[160], rate[LIMITS_TEXT], then[2 * LIMITS_TEXT], time[LIMITS_TEXT], line[240];
    double cap = facts->burst_rate != 0 && facts->burst_rate < limit->asked ? facts->burst_rate
                                                                            : limit->asked;
    double lasts_s = engine_limit_lasts_s(facts, limit->asked);
    amount(limit, facts->rate, rate);
    snprintf(then, sizeof then, limit->each != 1 ? "%s/s (%.4g requests/s)" : "%s/s", rate,
             facts->rate / limit->each);
    amount(limit, cap, rate);
    if (limit->asked <= facts->rate)
        snprintf(text, sizeof text, "all of it passes, without end");
    else if (lasts_s == INFINITY)
        snprintf(text, sizeof text, "%s/s passes, without end", rate);
    else if (lasts_s == 0)
        snprintf(text, sizeof text, "%s passes", then);
    else
        snprintf(text, sizeof text, "%s/s passes for %s, then %s", rate, time_text(lasts_s, time),
                 then);
    amount(limit, limit->asked, rate);
    snprintf(line, sizeof line, "  asked      %s/s: %s", rate, text);
    report_fold(stdout, terminal_style(stdout).width, line);
}

static void print_limit(const struct limit *limit)
{
    const struct engine_limit_facts *facts = limit->facts;
    char text[160], a[LIMITS_TEXT], b[LIMITS_TEXT];
    bool is_capped = facts->burst_rate != 0;
    printf("%s\n", limit->key);
    bool is_binary = limit->counts_bytes && units_format_binary(facts->rate, b, sizeof b);
    snprintf(text, sizeof text, is_binary ? "%s/s (%s/s)" : "%s/s", amount(limit, facts->rate, a),
             b);
    print_fact("sustained", text, "average");
    if (facts->allowance == 0) {
        print_fact("in a burst", "this engine counts in slices of time",
                   "docs/model.md, section 11");
    } else {
        bool has_max = is_capped || facts->allowance >= facts->rate;
        snprintf(text, sizeof text, "%s beyond that", amount(limit, facts->allowance, a));
        print_fact("allowance", text,
                   is_capped ? "max x length"
                   : has_max ? "max"
                             : "average / 10 (no max)");
        if (is_capped)
            snprintf(text, sizeof text, "%s/s, and %s at once", amount(limit, facts->burst_rate, a),
                     amount(limit, facts->at_once, b));
        else
            snprintf(text, sizeof text, "any rate: all %s at once",
                     amount(limit, facts->at_once, a));
        print_fact("in a burst", text, is_capped ? "max, and max / 10" : "no length above 1");
        double lasts_s = engine_limit_lasts_s(facts, limit->example);
        if (lasts_s == INFINITY)
            snprintf(text, sizeof text, "never: the burst is no faster");
        else
            snprintf(text, sizeof text, "after %s at %s/s", time_text(lasts_s, a),
                     amount(limit, limit->example, b));
        print_fact("used up", text, "allowance / (rate - average)");
        snprintf(text, sizeof text, "after %s with nothing passing", time_text(facts->refill_s, a));
        print_fact("full again", text, "allowance / average");
    }
    if (limit->asked != 0)
        print_asked(limit);
}

static json_t *json_time(double time_s)
{
    double time_ns = time_s * 1e9;
    return time_ns < 9e18 ? json_integer((json_int_t)time_ns) : json_null();
}

static json_t *json_rate(double value)
{
    return value == 0 ? json_null() : json_real(value);
}

static json_t *limit_json(const struct limit *limit)
{
    const struct engine_limit_facts *facts = limit->facts;
    bool has_allowance = facts->allowance != 0;
    json_t *object =
        json_pack("{s:s, s:s, s:f, s:o, s:o, s:o, s:o}", "limit", limit->key, "unit",
                  limit->counts_bytes ? "bytes" : "requests", "rate", facts->rate, "allowance",
                  json_rate(facts->allowance), "burst_rate", json_rate(facts->burst_rate),
                  "at_once", json_rate(facts->at_once), "refill_ns",
                  has_allowance ? json_time(facts->refill_s) : json_null());
    if (has_allowance)
        json_object_set_new(object, "used_up",
                            json_pack("{s:f, s:o}", "at_rate", limit->example, "after_ns",
                                      json_time(engine_limit_lasts_s(facts, limit->example))));
    if (limit->asked != 0)
        json_object_set_new(object, "asked",
                            json_pack("{s:f, s:o}", "rate", limit->asked, "used_up_after_ns",
                                      json_time(engine_limit_lasts_s(facts, limit->asked))));
    return object;
}

// ---- Several limits ----

struct limit_set {
    struct limit limits[ENGINE_BUCKET_MAX];
    size_t count;
    double op_size; // bytes, 0: each request is one
    double rate;    // requests per second, 0: not given
    double size;    // of each request, 0: not given
};

// Is there a request that both count?
static bool meet(const struct limit *a, const struct limit *b)
{
    const char *of_a = strchr(a->key, '-'), *of_b = strchr(b->key, '-');
    return strcmp(of_a, of_b) == 0 || strcmp(of_a, "-total") == 0 || strcmp(of_b, "-total") == 0;
}

// Of what size on requests are held by bytes and not by their number, in the long run. INFINITY:
// never, since large ones count as several.
static double crossing(const struct limit_set *set, const struct limit *bytes,
                       const struct limit *requests)
{
    double size = bytes->facts->rate / requests->facts->rate;
    return set->op_size != 0 && size >= set->op_size ? INFINITY : size;
}

static const char *in_common(const struct limit *a, const struct limit *b)
{
    if (strstr(a->key, "-read") != NULL || strstr(b->key, "-read") != NULL)
        return "reads";
    return strstr(a->key, "-write") != NULL || strstr(b->key, "-write") != NULL ? "writes"
                                                                                : "requests";
}

static void print_crossings(const struct limit_set *set)
{
    char text[LIMITS_TEXT];
    for (size_t i = 0; i < set->count; i++) {
        for (size_t k = 0; k < set->count; k++) {
            const struct limit *bytes = &set->limits[i], *requests = &set->limits[k];
            if (!bytes->counts_bytes || requests->counts_bytes || !meet(bytes, requests))
                continue;
            double size = crossing(set, bytes, requests);
            const char *what = in_common(bytes, requests);
            if (size == INFINITY)
                printf("\nIn the long run %s holds %s of any size, %s never.\n", requests->key,
                       what, bytes->key);
            else
                printf("\nIn the long run %s holds %s above %s, %s smaller ones.\n", bytes->key,
                       what, units_format_size(size, text, sizeof text), requests->key);
        }
    }
}

// Of several limits on all requests, which one holds those that are asked for.
static void print_lowest(const struct limit_set *set)
{
    const struct limit *lowest = NULL;
    size_t total = 0;
    for (size_t i = 0; i < set->count; i++) {
        const struct limit *limit = &set->limits[i];
        bool is_total = strstr(limit->key, "-total") != NULL;
        total += is_total;
        if (is_total && (lowest == NULL ||
                         limit->facts->rate / limit->each < lowest->facts->rate / lowest->each))
            lowest = limit;
    }
    if (total > 1 && set->rate != 0)
        printf("Of these, %.4g requests/s pass in the long run: %s is the lowest.\n",
               fmin(set->rate, lowest->facts->rate / lowest->each), lowest->key);
}

static void print_op_size(const struct limit_set *set)
{
    if (set->op_size == 0)
        return;
    printf("\niops-size: a request of more than %.0f bytes counts as its size / %.0f.\n",
           set->op_size, set->op_size);
    if (set->size > set->op_size)
        printf("One of %.0f bytes counts as %.4g.\n", set->size, set->size / set->op_size);
}

// What a request of the given size counts as.
static double units_of(const struct limit_set *set, bool counts_bytes)
{
    if (counts_bytes)
        return set->size;
    return set->op_size != 0 && set->size > set->op_size ? set->size / set->op_size : 1;
}

// ---- The command ----

static bool fill_set(const struct limits_arguments *arguments,
                     const struct engine_algorithm *algorithm,
                     const struct engine_limit_facts *facts, struct limit_set *set,
                     struct sim_error *error)
{
    int64_t size = 0;
    char hint[UNITS_HINT_MAX];
    if (arguments->size != NULL && (!units_parse_size(arguments->size, &size) || size <= 0))
        return sim_fail(
            error, SIM_USAGE, "--size: expected bytes, such as 4096 or 64KiB, found '%s'%s",
            arguments->size, units_meant(UNITS_SIZE, arguments->size, hint, sizeof hint));
    set->rate = (double)arguments->rate;
    set->size = (double)size;
    for (size_t i = 0; i < set->count; i++) {
        const struct engine_bucket *bucket = &algorithm->buckets[facts[i].bucket];
        struct limit *limit = &set->limits[i];
        *limit = (struct limit){.facts = &facts[i], .key = bucket->key};
        limit->counts_bytes =
            algorithm->parameters[bucket->parameter].unit == ENGINE_BYTES_PER_SECOND;
        limit->example = facts[i].burst_rate != 0             ? facts[i].burst_rate
                         : facts[i].allowance > facts[i].rate ? facts[i].allowance
                                                              : 2 * facts[i].rate;
        if (set->rate != 0 && size == 0 && (limit->counts_bytes || set->op_size != 0))
            return sim_fail(error, SIM_USAGE, "--rate needs --size too, since %s counts bytes",
                            limit->counts_bytes ? limit->key : "iops-size");
        limit->each = units_of(set, limit->counts_bytes);
        limit->asked = set->rate * limit->each;
    }
    return true;
}

static bool explain(const struct limits_arguments *arguments,
                    const struct engine_algorithm *algorithm,
                    const struct engine_parameters *limits, struct sim_error *error)
{
    struct engine_limit_facts facts[ENGINE_BUCKET_MAX];
    struct limit_set set = {.count = engine_limit_facts(algorithm, limits, facts)};
    int op_size = engine_parameter_find(algorithm, "iops-size");
    if (op_size >= 0 && (limits->given >> op_size & 1) != 0)
        set.op_size = (double)limits->value[op_size];
    if (!fill_set(arguments, algorithm, facts, &set, error))
        return false;
    if (arguments->call.json) {
        json_t *list = json_array();
        for (size_t i = 0; i < set.count; i++)
            json_array_append_new(list, limit_json(&set.limits[i]));
        return command_print_json(json_pack("{s:s, s:o, s:o}", "engine", algorithm->name,
                                            "iops_size", json_rate(set.op_size), "limits", list),
                                  error);
    }
    if (set.count == 0)
        puts("No limit: everything passes at once.");
    for (size_t i = 0; i < set.count; i++) {
        if (i > 0)
            putchar('\n');
        print_limit(&set.limits[i]);
    }
    print_op_size(&set);
    print_crossings(&set);
    print_lowest(&set);
    return true;
}

static bool run(void *opaque, struct sim_error *error)
{
    const struct limits_arguments *arguments = opaque;
    const struct command_call *call = &arguments->call;
    struct engine_parameters limits = {.given = 0};
    struct scenario scenario = {.algorithm = arguments->algorithm};
    size_t count;
    if (scenario.algorithm == NULL)
        scenario.algorithm = engine_algorithms(&count)[0];
    if (call->operand_count > 1)
        return sim_fail(error, SIM_USAGE,
                        "limits are one list, KEY=VALUE,KEY=VALUE; found '%s' too",
                        call->operands[1]);
    if (call->operand_count == 1)
        return scenario_read_limits(&scenario, "limits", call->operands[0], &limits, error) &&
               explain(arguments, scenario.algorithm, &limits, error);
    if (arguments->rate != 0 || arguments->size != NULL)
        return sim_fail(error, SIM_USAGE,
                        "--rate and --size go with limits, such as iops-total=300");
    return list_keys(scenario.algorithm, call->json, error);
}

const struct command command_limits[] = {
    {NULL, "limits", "what limits let through, or which can be set", "[KEY=VALUE,...]",
     "Says what these limits let through: in the long run, at once, in a burst, how long that "
     "lasts and when it is there again. Without limits, lists the keys, as scenarios and QEMU "
     "spell them.",
     rows, sizeof(struct limits_arguments), run},
};

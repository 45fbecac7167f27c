// SPDX-License-Identifier: GPL-2.0-or-later
// Which limits are valid: 1500 decisions of a real QEMU (tests/vectors/limits-validation.json), and
// every rule on both sides of its edge, naming the key that is to blame.
#include "tests/engine/subject.h"
#include "tests/support/json.h"
#include "tests/support/test_group.h"

#include <stdlib.h>
#include <string.h>

static void ignore(void *context, struct engine_request *request, const int64_t *wait_ns)
{
    (void)wait_ns;
    (void)context;
    (void)request;
}

static struct engine_parameters limits_of(struct json *json, json_value *limits)
{
    struct engine_parameters parameters = {.given = 0};
    for (size_t i = 0; i < json_count(limits); i++) {
        subject_give(&parameters, json_key_at(json, limits, i),
                     json_integer(json_value_at(json, limits, i)));
    }
    return parameters;
}

static struct engine_parameters merged(const struct engine_parameters *current,
                                       const struct engine_parameters *set)
{
    struct engine_parameters result = *current;
    for (int row = 0; row < ENGINE_PARAMETER_MAX; row++) {
        if ((set->given & (UINT32_C(1) << row)) != 0)
            result.value[row] = set->value[row];
    }
    result.given |= set->given;
    return result;
}

// A group that has `current` is set to `set`: the same decision, and a refusal changes nothing.
static enum engine_status set_on_node(const struct engine_parameters *current,
                                      const struct engine_parameters *set)
{
    struct subject subject =
        subject_create(SUBJECT_ENGINE, &(struct engine_callbacks){.dispatch = ignore});
    struct engine_operation operation = {
        .kind = ENGINE_NODE_CREATE,
        .parent = ENGINE_NONE,
        .parameters = *current,
    };
    assert_int_equal(subject_control(&subject, 0, &operation), ENGINE_OK);
    struct engine_parameters before;
    assert_true(subject_parameters_of(&subject, operation.node, &before));
    operation.kind = ENGINE_NODE_SET;
    operation.parameters = *set;
    enum engine_status status = subject_control(&subject, 0, &operation);
    struct engine_parameters after;
    assert_true(subject_parameters_of(&subject, operation.node, &after));
    struct engine_parameters expected = status == ENGINE_OK ? merged(&before, set) : before;
    for (size_t row = 0; row < subject_algorithm()->parameter_count; row++)
        assert_int_equal(after.value[row], expected.value[row]);
    subject_destroy(&subject);
    return status;
}

static void recorded_decisions(void **state)
{
    (void)state;
    size_t size;
    char *text = json_read_file(TEST_SOURCE_DIR "/vectors/limits-validation.json", &size);
    struct json json;
    assert_true(json_parse(&json, text, size));
    json_value *cases = json_root(&json);
    assert_int_equal(json_count(cases), 1500);
    for (size_t i = 0; i < json_count(cases); i++) {
        json_value *one = json_at(&json, cases, i);
        struct engine_parameters current = limits_of(&json, json_get(&json, one, "current"));
        struct engine_parameters set = limits_of(&json, json_get(&json, one, "set"));
        struct engine_parameters both = merged(&current, &set);
        enum engine_status expected =
            json_boolean(json_get(&json, one, "accepted")) ? ENGINE_OK : ENGINE_INVALID;
        struct engine_fault fault;
        if (engine_check(subject_algorithm(), &both, &fault) != expected)
            fail_msg("engine_check differs from QEMU on case %zu", i);
        if (set_on_node(&current, &set) != expected)
            fail_msg("ENGINE_NODE_SET differs from QEMU on case %zu", i);
        if (model_check(subject_algorithm(), &both) != (expected == ENGINE_OK))
            fail_msg("the model differs from QEMU on case %zu", i);
    }
    json_free(&json);
    free(text);
}

// One rule: `key` alone is to blame. Keys are written with KIND and DIR where the rule holds for
// both kinds and all three shares of a kind.
struct rule {
    struct {
        const char *key;
        int64_t value;
    } set[4];
    const char *blamed; // NULL: accepted
    const char *beside; // another key to blame, or NULL
};

#define MOST INT64_C(1000000000000000) // 10^15
#define LONGEST INT64_C(4294967295)    // 2^32 - 1

// Where a rule joins two keys, either may be the one that is named first.
static const struct rule bucket_rules[] = {
    // an average
    {{{"KIND-DIR", 0}}, NULL, NULL},
    {{{"KIND-DIR", 1}}, NULL, NULL},
    {{{"KIND-DIR", MOST}}, NULL, NULL},
    {{{"KIND-DIR", MOST + 1}}, "KIND-DIR", NULL},
    {{{"KIND-DIR", INT64_MAX}}, "KIND-DIR", NULL},
    {{{"KIND-DIR", -1}}, "KIND-DIR", NULL},
    {{{"KIND-DIR", INT64_MIN}}, "KIND-DIR", NULL},
    // a max
    {{{"KIND-DIR", MOST}, {"KIND-DIR-max", MOST}}, NULL, NULL},
    {{{"KIND-DIR", 1}, {"KIND-DIR-max", MOST + 1}}, "KIND-DIR-max", NULL},
    {{{"KIND-DIR", 1}, {"KIND-DIR-max", -1}}, "KIND-DIR-max", NULL},
    {{{"KIND-DIR-max", 1}}, "KIND-DIR-max", "KIND-DIR"},
    {{{"KIND-DIR", 100}, {"KIND-DIR-max", 100}}, NULL, NULL},
    {{{"KIND-DIR", 100}, {"KIND-DIR-max", 99}}, "KIND-DIR-max", "KIND-DIR"},
    // a length
    {{{"KIND-DIR-max-length", 1}}, NULL, NULL},
    {{{"KIND-DIR-max-length", 0}}, "KIND-DIR-max-length", NULL},
    {{{"KIND-DIR-max-length", -1}}, "KIND-DIR-max-length", NULL},
    {{{"KIND-DIR-max-length", 2}}, "KIND-DIR-max-length", "KIND-DIR-max"},
    {{{"KIND-DIR", 1}, {"KIND-DIR-max-length", 2}}, "KIND-DIR-max-length", "KIND-DIR-max"},
    {{{"KIND-DIR", 1}, {"KIND-DIR-max", 1}, {"KIND-DIR-max-length", LONGEST}}, NULL, NULL},
    {{{"KIND-DIR", 1}, {"KIND-DIR-max", 1}, {"KIND-DIR-max-length", LONGEST + 1}},
     "KIND-DIR-max-length",
     NULL},
    // max * length: 3 * 333333333333333 < 10^15 < 3 * 333333333333334, and 2^33 * 2^31 is 0 mod
    // 2^64
    {{{"KIND-DIR", 1}, {"KIND-DIR-max", 333333333333333}, {"KIND-DIR-max-length", 3}}, NULL, NULL},
    {{{"KIND-DIR", 1}, {"KIND-DIR-max", 333333333333334}, {"KIND-DIR-max-length", 3}},
     "KIND-DIR-max-length",
     "KIND-DIR-max"},
    {{{"KIND-DIR", 1}, {"KIND-DIR-max", MOST / 2}, {"KIND-DIR-max-length", 2}}, NULL, NULL},
    {{{"KIND-DIR", 1}, {"KIND-DIR-max", INT64_C(8589934592)}, {"KIND-DIR-max-length", 1u << 31}},
     "KIND-DIR-max-length",
     "KIND-DIR-max"},
    {{{"KIND-DIR", 1}, {"KIND-DIR-max", MOST}, {"KIND-DIR-max-length", LONGEST}},
     "KIND-DIR-max-length",
     "KIND-DIR-max"},
};

// Here KIND stands for a kind and DIR for read or write.
static const struct rule total_rules[] = {
    {{{"KIND-total", 1}, {"KIND-DIR", 1}}, "KIND-total", "KIND-DIR"},
    {{{"KIND-total", MOST}, {"KIND-DIR", MOST}}, "KIND-total", "KIND-DIR"},
    {{{"KIND-total", 1}, {"KIND-DIR", 0}}, NULL, NULL},
    {{{"KIND-read", 1}, {"KIND-write", 1}}, NULL, NULL},
    {{{"KIND-read", 1}, {"KIND-read-max", 1}, {"KIND-write", 1}, {"KIND-write-max", 1}},
     NULL,
     NULL},
};

static const struct rule other_rules[] = {
    // total of one kind beside read or write of the other
    {{{"bps-total", 1}, {"iops-read", 1}}, NULL, NULL},
    {{{"iops-total", 1}, {"bps-write", 1}}, NULL, NULL},
    // iops-size
    {{{"iops-size", 0}}, NULL, NULL},
    {{{"iops-size", 1}}, "iops-size", "iops-total"},
    {{{"iops-size", 1}, {"bps-total", 1}}, "iops-size", "iops-total"},
    {{{"iops-size", -1}, {"iops-total", 1}}, "iops-size", NULL},
    {{{"iops-size", 1}, {"iops-total", 1}}, NULL, NULL},
    {{{"iops-size", 1}, {"iops-read", 1}}, NULL, NULL},
    {{{"iops-size", 1}, {"iops-write", 1}}, NULL, NULL},
    {{{"iops-size", MOST}, {"iops-total", 1}}, NULL, NULL},
};

static void replace(char *key, const char *from, const char *to)
{
    char result[64];
    char *at = strstr(key, from);
    if (at == NULL)
        return;
    size_t before = (size_t)(at - key);
    size_t inserted = strlen(to);
    const char *rest = at + strlen(from);
    assert_true(before + inserted + strlen(rest) < sizeof result);
    memcpy(result, key, before);
    memcpy(result + before, to, inserted);
    memcpy(result + before + inserted, rest, strlen(rest) + 1);
    strcpy(key, result);
}

static int row_of(const char *pattern, const char *kind, const char *dir)
{
    char key[64];
    assert_true(strlen(pattern) < sizeof key);
    strcpy(key, pattern);
    replace(key, "KIND", kind);
    replace(key, "DIR", dir);
    int row = engine_parameter_find(subject_algorithm(), key);
    assert_true(row >= 0);
    return row;
}

static void check_rule(const struct rule *rule, size_t number, const char *kind, const char *dir)
{
    struct engine_parameters parameters = {.given = 0};
    for (size_t i = 0; i < 4 && rule->set[i].key != NULL; i++) {
        int row = row_of(rule->set[i].key, kind, dir);
        parameters.value[row] = rule->set[i].value;
        parameters.given |= UINT32_C(1) << row;
    }
    struct engine_fault fault = {.parameter = -2, .other = -2};
    enum engine_status status = engine_check(subject_algorithm(), &parameters, &fault);
    enum engine_status expected = rule->blamed == NULL ? ENGINE_OK : ENGINE_INVALID;
    if (status != expected ||
        model_check(subject_algorithm(), &parameters) != (status == ENGINE_OK))
        fail_msg("rule %zu with %s and %s: wrong decision", number, kind, dir);
    if (rule->blamed == NULL)
        return;
    int blamed = row_of(rule->blamed, kind, dir);
    int beside = rule->beside == NULL ? -1 : row_of(rule->beside, kind, dir);
    assert_true(fault.rule != NULL && fault.rule[0] != '\0');
    bool named = fault.parameter == blamed && (fault.other == beside || fault.other == -1);
    bool other_way = beside >= 0 && fault.parameter == beside && fault.other == blamed;
    if (!named && !other_way) {
        fail_msg("rule %zu with %s and %s: blames %d and %d, not %d and %d (\"%s\")", number, kind,
                 dir, fault.parameter, fault.other, blamed, beside, fault.rule);
    }
}

static const char *const kinds[] = {"bps", "iops"};
static const char *const shares[] = {"read", "write", "total"};

static void rules_of_a_bucket(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bucket_rules / sizeof bucket_rules[0]; i++) {
        for (int kind = 0; kind < 2; kind++) {
            for (int share = 0; share < 3; share++)
                check_rule(&bucket_rules[i], i, kinds[kind], shares[share]);
        }
    }
}

static void rules_of_a_total(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof total_rules / sizeof total_rules[0]; i++) {
        for (int kind = 0; kind < 2; kind++) {
            for (int share = 0; share < 2; share++)
                check_rule(&total_rules[i], i, kinds[kind], shares[share]);
        }
    }
}

static void other_rules_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof other_rules / sizeof other_rules[0]; i++)
        check_rule(&other_rules[i], i, "", "");
}

// A total max beside a read max cannot be alone: a max needs its average, and the averages exclude
// each other. So only the decision is asked.
static void a_total_max_excludes_others(void **state)
{
    (void)state;
    struct engine_parameters parameters = {.given = 0};
    subject_give(&parameters, "iops-total", 1);
    subject_give(&parameters, "iops-total-max", 1);
    struct engine_fault fault;
    assert_int_equal(engine_check(subject_algorithm(), &parameters, &fault), ENGINE_OK);
    subject_give(&parameters, "iops-read-max", 1);
    assert_int_equal(engine_check(subject_algorithm(), &parameters, &fault), ENGINE_INVALID);
}

// Each row has both spellings, a range that its own rule agrees with, and words.
static void rows_are_complete(void **state)
{
    (void)state;
    const struct engine_algorithm *algorithm = subject_algorithm();
    assert_int_equal(algorithm->parameter_count, 19);
    for (size_t row = 0; row < algorithm->parameter_count; row++) {
        const struct engine_parameter *parameter = &algorithm->parameters[row];
        assert_int_equal(engine_parameter_find(algorithm, parameter->key), row);
        assert_int_equal(engine_parameter_find(algorithm, parameter->qmp_key), row);
        assert_true(strlen(parameter->help) > 0);
        bool is_length = strstr(parameter->key, "-length") != NULL;
        assert_int_equal(parameter->initial, is_length ? 1 : 0);
        assert_true(parameter->max >= parameter->initial);
        if (is_length)
            assert_int_equal(parameter->max, LONGEST);
        else if (strcmp(parameter->key, "iops-size") != 0)
            assert_int_equal(parameter->max, MOST);
    }
    assert_int_equal(engine_parameter_find(algorithm, "iops"), row_of("iops-total", "", ""));
    assert_int_equal(engine_parameter_find(algorithm, "bps_wr_max_length"),
                     row_of("bps-write-max-length", "", ""));
    assert_int_equal(engine_parameter_find(algorithm, "iops-totals"), -1);
    assert_int_equal(engine_parameter_find(algorithm, ""), -1);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(recorded_decisions), cmocka_unit_test(rules_of_a_bucket),
    cmocka_unit_test(rules_of_a_total),   cmocka_unit_test(other_rules_hold),
    cmocka_unit_test(rows_are_complete),  cmocka_unit_test(a_total_max_excludes_others),
};
TEST_GROUP(validation, tests, NULL, NULL);

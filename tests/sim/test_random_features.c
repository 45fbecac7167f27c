// SPDX-License-Identifier: GPL-2.0-or-later
// Random cases: every one loads and keeps to what random_case.h says, and together they hold all
// that they should.
#include "tests/sim/case_lab.h"
#include "tests/support/test_group.h"

#include <stdio.h>

#define SEEDS 600
#define RATE_MAX INT64_C(1000000000000000)
#define LENGTH_MAX INT64_C(4294967295)

// ---- What is to be seen, and how often at least ----

#define FEATURES(X)                                                                                \
    X(ONE_GROUP, 50)                                                                               \
    X(TWO_GROUPS, 50)                                                                              \
    X(THREE_GROUPS, 50)                                                                            \
    X(GROUP_WITHOUT_LIMITS, 20)                                                                    \
    X(ONE_MEMBER, 20)                                                                              \
    X(FORTY_MEMBERS, 1)                                                                            \
    X(MEMBER_IN_NO_GROUP, 20)                                                                      \
    X(GROUP_OF_FILTERS_AND_DRIVES, 100)                                                            \
    X(BPS_AND_IOPS, 50)                                                                            \
    X(READ_AND_WRITE_LIMITS, 50)                                                                   \
    X(MAX_WITHOUT_LENGTH, 50)                                                                      \
    X(MAX_WITH_LENGTH, 50)                                                                         \
    X(LARGEST_RATE, 5)                                                                             \
    X(LONGEST_LENGTH, 5)                                                                           \
    X(RATE_OF_ONE, 20)                                                                             \
    X(SIZE_LIMIT, 50)                                                                              \
    X(KEY_THAT_SAYS_NOTHING, 50)                                                                   \
    X(EMPTY_READ, 20)                                                                              \
    X(BYTES_1, 20)                                                                                 \
    X(BYTES_511, 20)                                                                               \
    X(BYTES_512, 20)                                                                               \
    X(BYTES_513, 20)                                                                               \
    X(BYTES_4096, 20)                                                                              \
    X(BYTES_2_MIB, 20)                                                                             \
    X(ODD_BYTES, 100)                                                                              \
    X(LARGEST_ZEROES, 5)                                                                           \
    X(TEN_AT_ONCE, 100)                                                                            \
    X(GAP_1_NS, 100)                                                                               \
    X(GAP_10_MS, 20)                                                                               \
    X(GAP_100_MS, 20)                                                                              \
    X(GAP_OF_AN_IOPS_LIMIT, 100)                                                                   \
    X(GAP_ABOVE_1_S, 100)                                                                          \
    X(GAP_ABOVE_1_MIN, 100)                                                                        \
    X(GAP_ABOVE_1_H, 20)                                                                           \
    X(NO_OPERATION, 50)                                                                            \
    X(QOM_SET_ALL, 50)                                                                             \
    X(QOM_SET_SOME, 50)                                                                            \
    X(QOM_SET_ONE, 50)                                                                             \
    X(QOM_SET_NONE, 5)                                                                             \
    X(QOM_SET_UNLIMITED, 5)                                                                        \
    X(THROTTLE_WITHOUT_GROUP, 50)                                                                  \
    X(THROTTLE_INTO_DECLARED, 50)                                                                  \
    X(THROTTLE_INTO_NAMED, 50)                                                                     \
    X(THROTTLE_INTO_OWN, 20)                                                                       \
    X(THROTTLE_INTO_ANOTHERS, 10)                                                                  \
    X(THROTTLE_OFF, 50)                                                                            \
    X(DISCARD_OF_A_FILTER, 50)                                                                     \
    X(DISCARD_IGNORED, 50)                                                                         \
    X(DISCARD_OF_A_DRIVE, 50)                                                                      \
    X(TWO_THROTTLES, 50)                                                                           \
    X(ONE_GROUP_TWICE, 20)                                                                         \
    X(DRIVE_ABOVE_FILTER, 20)                                                                      \
    X(DRAIN_OF_ALL, 50)                                                                            \
    X(SNAPSHOT, 20)                                                                                \
    X(RESIZE_OF_A_FILTER, 20)                                                                      \
    X(RESIZE_OF_A_DRIVE, 20)                                                                       \
    X(FILTER_MOVED, 20)                                                                            \
    X(FILTER_GOES, 20)                                                                             \
    X(FILTER_COMES, 5)                                                                             \
    X(OPERATION_WITH_REQUEST, 100)                                                                 \
    X(OPERATION_1_NS_BEFORE_REQUEST, 20)                                                           \
    X(OPERATIONS_TOGETHER, 50)                                                                     \
    X(NO_END, 100)                                                                                 \
    X(END_AT_LAST, 50)                                                                             \
    X(END_BEFORE_LAST, 50)                                                                         \
    X(END_AFTER_LAST, 50)

enum feature {
#define FEATURE_VALUE(name, least) name,
    FEATURES(FEATURE_VALUE)
#undef FEATURE_VALUE
        FEATURE_COUNT
};

struct feature_row {
    const char *name;
    unsigned least;
};

static const struct feature_row feature_rows[] = {
#define FEATURE_ROW(name, least) {#name, least},
    FEATURES(FEATURE_ROW)
#undef FEATURE_ROW
};

static unsigned seen[FEATURE_COUNT];

static void see(enum feature feature, bool condition)
{
    seen[feature] += condition;
}

static int64_t value(const struct engine_parameters *limits, const char *key)
{
    int row = engine_parameter_find(engine_find("throttle-group"), key);
    assert_true(row >= 0);
    return limits->given >> row & 1 ? limits->value[row] : 0;
}

static bool is_off(const struct engine_parameters *limits)
{
    static const char *const averages[] = {"bps-total",  "bps-read",  "bps-write",
                                           "iops-total", "iops-read", "iops-write"};
    for (size_t i = 0; i < 6; i++) {
        if (value(limits, averages[i]) != 0)
            return false;
    }
    return true;
}

static int count_given(const struct engine_parameters *limits)
{
    int count = 0;
    for (int row = 0; row < ENGINE_PARAMETER_MAX; row++)
        count += (limits->given & (UINT32_C(1) << row)) != 0;
    return count;
}

static void look_at_limits(const struct engine_parameters *limits)
{
    static const char *const keys[] = {"bps-total",  "bps-read",  "bps-write",
                                       "iops-total", "iops-read", "iops-write"};
    const struct engine_algorithm *algorithm = engine_find("throttle-group");
    bool has_bps = false, has_iops = false;
    for (size_t i = 0; i < 6; i++) {
        char max_key[32], length_key[32];
        snprintf(max_key, sizeof max_key, "%s-max", keys[i]);
        snprintf(length_key, sizeof length_key, "%s-max-length", keys[i]);
        int64_t average = value(limits, keys[i]), length = value(limits, length_key);
        see(LARGEST_RATE, average == RATE_MAX);
        see(RATE_OF_ONE, average == 1);
        see(LONGEST_LENGTH, length == LENGTH_MAX);
        see(MAX_WITHOUT_LENGTH, value(limits, max_key) > 0 && length <= 1);
        see(MAX_WITH_LENGTH, length > 1);
        has_bps |= i < 3 && average > 0;
        has_iops |= i >= 3 && average > 0;
    }
    for (size_t row = 0; row < algorithm->parameter_count; row++)
        see(KEY_THAT_SAYS_NOTHING,
            (limits->given >> row & 1) && limits->value[row] == algorithm->parameters[row].initial);
    see(BPS_AND_IOPS, has_bps && has_iops);
    see(READ_AND_WRITE_LIMITS, value(limits, "bps-read") > 0 && value(limits, "bps-write") > 0);
    see(SIZE_LIMIT, value(limits, "iops-size") > 0);
}

static void look_at_groups_and_members(const struct random_case *random_case)
{
    bool has[RANDOM_CASE_GROUPS_MAX][ENGINE_ATTACH_COUNT] = {{false}};
    assert_in_range(random_case->group_count, 1, RANDOM_CASE_GROUPS_MAX);
    assert_in_range(random_case->member_count, 1, RANDOM_CASE_MEMBERS_MAX);
    see((enum feature)(ONE_GROUP + random_case->group_count - 1), true);
    see(ONE_MEMBER, random_case->member_count == 1);
    see(FORTY_MEMBERS, random_case->member_count == RANDOM_CASE_MEMBERS_MAX);
    for (uint32_t i = 0; i < random_case->group_count; i++) {
        look_at_limits(&random_case->groups[i]);
        see(GROUP_WITHOUT_LIMITS, random_case->groups[i].given == 0);
    }
    for (uint32_t i = 0; i < random_case->member_count; i++) {
        const struct random_member *member = &random_case->members[i];
        bool has_two = member->upper.kind != RANDOM_GROUP_NONE;
        see(TWO_THROTTLES, has_two);
        see(ONE_GROUP_TWICE, has_two && member->upper.index == member->group.index);
        see(DRIVE_ABOVE_FILTER, has_two && member->attach == ENGINE_DRIVE);
        see(MEMBER_IN_NO_GROUP, member->group.kind == RANDOM_GROUP_NONE);
        if (member->group.kind == RANDOM_GROUP_DECLARED)
            has[member->group.index][member->attach] = true;
    }
    for (uint32_t i = 0; i < random_case->group_count; i++)
        see(GROUP_OF_FILTERS_AND_DRIVES, has[i][ENGINE_FILTER] && has[i][ENGINE_DRIVE]);
}

static void look_at_gap(const struct random_case *random_case, int64_t gap_ns)
{
    see(GAP_1_NS, gap_ns == 1);
    see(GAP_10_MS, gap_ns == 10 * MS);
    see(GAP_100_MS, gap_ns == 100 * MS);
    see(GAP_ABOVE_1_S, gap_ns > SECOND);
    see(GAP_ABOVE_1_MIN, gap_ns > 60 * SECOND);
    see(GAP_ABOVE_1_H, gap_ns > 3600 * SECOND);
    for (uint32_t i = 0; i < random_case->group_count; i++) {
        int64_t iops = value(&random_case->groups[i], "iops-total");
        see(GAP_OF_AN_IOPS_LIMIT, iops > 0 && iops < SECOND && gap_ns == SECOND / iops);
    }
}

static void look_at_requests(const struct random_case *random_case)
{
    static const uint64_t sizes[] = {1, 511, 512, 513, 4096, 2097152};
    int64_t last_ns = -1;
    unsigned count = 0, together = 0;
    for (size_t i = 0; i < random_case->event_count; i++) {
        const struct random_event *event = &random_case->events[i];
        if (event->kind != RANDOM_REQUEST)
            continue;
        const struct random_member *member = &random_case->members[event->member];
        bool is_discard = event->op == ENGINE_DISCARD, is_drive = member->attach == ENGINE_DRIVE;
        bool is_zeroes = event->op == ENGINE_WRITE_ZEROES || is_discard;
        see(DISCARD_OF_A_FILTER, is_discard && member->unmaps);
        see(DISCARD_IGNORED, is_discard && !is_drive && !member->unmaps);
        see(DISCARD_OF_A_DRIVE, is_discard && is_drive);
        assert_true(is_zeroes || event->op == ENGINE_READ || event->op == ENGINE_WRITE);
        assert_true(event->bytes <= (is_zeroes ? UINT64_C(2147483136) : UINT64_C(4194304)));
        assert_true(event->bytes > 0 || !is_zeroes);
        for (size_t size = 0; size < sizeof sizes / sizeof sizes[0]; size++)
            see((enum feature)(BYTES_1 + size), event->bytes == sizes[size]);
        see(ODD_BYTES, event->bytes % 2 == 1);
        see(EMPTY_READ, event->op == ENGINE_READ && event->bytes == 0);
        see(LARGEST_ZEROES, event->bytes == UINT64_C(2147483136));
        if (count > 0)
            look_at_gap(random_case, event->at_ns - last_ns);
        together = event->at_ns == last_ns ? together + 1 : 1;
        see(TEN_AT_ONCE, together == 10);
        last_ns = event->at_ns;
        count++;
    }
    assert_in_range(count, 30, 250);
}

static void look_at_throttle(const struct random_event *event)
{
    bool is_own = event->group.index == event->member;
    bool is_member = event->group.kind == RANDOM_GROUP_MEMBER;
    see(THROTTLE_OFF, is_off(&event->limits));
    see(THROTTLE_WITHOUT_GROUP, event->group.kind == RANDOM_GROUP_NONE);
    see(THROTTLE_INTO_DECLARED, event->group.kind == RANDOM_GROUP_DECLARED);
    see(THROTTLE_INTO_NAMED, event->group.kind == RANDOM_GROUP_NAMED);
    see(THROTTLE_INTO_OWN, is_member && is_own);
    see(THROTTLE_INTO_ANOTHERS, is_member && !is_own);
}

static void look_at_command(const struct random_case *random_case, const struct random_event *event)
{
    enum engine_attach attach = random_case->members[event->member].attach;
    see(DRAIN_OF_ALL, event->command == SCENARIO_DRAIN_ALL || event->command == SCENARIO_STOP);
    see(SNAPSHOT, event->command == SCENARIO_BLOCKDEV_SNAPSHOT);
    see(RESIZE_OF_A_FILTER, event->command == SCENARIO_BLOCK_RESIZE && attach == ENGINE_FILTER);
    see(RESIZE_OF_A_DRIVE, event->command == SCENARIO_BLOCK_RESIZE && attach == ENGINE_DRIVE);
    see(FILTER_MOVED, event->command == SCENARIO_BLOCKDEV_REOPEN);
    see(FILTER_GOES, event->command == SCENARIO_BLOCKDEV_DEL);
    see(FILTER_COMES, event->command == SCENARIO_BLOCKDEV_ADD);
}

static void look_at_operations(const struct random_case *random_case)
{
    unsigned count = 0;
    for (size_t i = 0; i < random_case->event_count; i++) {
        const struct random_event *event = &random_case->events[i], *next = event + 1;
        if (event->kind == RANDOM_REQUEST)
            continue;
        int given = count_given(&event->limits);
        count++;
        look_at_limits(&event->limits);
        if (event->kind == RANDOM_QOM_SET) {
            see(QOM_SET_ALL, given == 19);
            see(QOM_SET_SOME, given > 1 && given < 19);
            see(QOM_SET_ONE, given == 1);
            see(QOM_SET_NONE, given == 0);
            see(QOM_SET_UNLIMITED, given == 19 && is_off(&event->limits));
        } else if (event->kind == RANDOM_COMMAND) {
            look_at_command(random_case, event);
        } else {
            assert_int_equal(random_case->members[event->member].attach, ENGINE_DRIVE);
            look_at_throttle(event);
        }
        if (i + 1 == random_case->event_count)
            continue;
        bool is_request = next->kind == RANDOM_REQUEST;
        see(OPERATION_WITH_REQUEST, is_request && next->at_ns == event->at_ns);
        see(OPERATION_1_NS_BEFORE_REQUEST, is_request && next->at_ns == event->at_ns + 1);
        see(OPERATIONS_TOGETHER, !is_request && next->at_ns == event->at_ns);
    }
    see(NO_OPERATION, count == 0);
}

static void look_at_end(const struct random_case *random_case)
{
    int64_t last_ns = random_case->events[random_case->event_count - 1].at_ns;
    bool has_end = random_case->end_ns != RANDOM_CASE_NO_END;
    see(NO_END, !has_end);
    see(END_AT_LAST, random_case->end_ns == last_ns);
    see(END_BEFORE_LAST, random_case->end_ns < last_ns);
    see(END_AFTER_LAST, has_end && random_case->end_ns > last_ns);
}

static void every_case_loads_and_all_is_seen(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct random_case *random_case = random_case_new(seed);
        assert_non_null(random_case);
        assert_true(random_case_is_valid(random_case));
        look_at_groups_and_members(random_case);
        look_at_requests(random_case);
        look_at_operations(random_case);
        look_at_end(random_case);
        struct scenario *scenario = case_load(random_case);
        assert_int_equal(scenario->member_count, random_case->member_count);
        assert_int_equal(scenario->group_count, random_case->group_count);
        scenario_free(scenario);
        random_case_free(random_case);
    }
    for (int i = 0; i < FEATURE_COUNT; i++) {
        if (seen[i] < feature_rows[i].least)
            fail_msg("%s: seen %u times", feature_rows[i].name, seen[i]);
    }
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(every_case_loads_and_all_is_seen)};
TEST_GROUP(random_features, tests, scratch_make, scratch_remove);

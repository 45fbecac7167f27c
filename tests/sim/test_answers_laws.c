// SPDX-License-Identifier: GPL-2.0-or-later
// Arrivals that answer: laws that compare replays with others.
#include "tests/sim/answers_lab.h"
#include "tests/support/test_group.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RECORDINGS 60
#define OPEN "path: t.csv, arrivals: open"
#define DEPENDENT "path: t.csv, arrivals: dependent"
#define RECORDED "{model: recorded}"

static bool waits(const struct answers *answers)
{
    for (size_t i = 0; i < answers->count; i++)
        if (answers->items[i].dispatch_ns != answers->items[i].arrival_ns)
            return true;
    return false;
}

// Where limits let all of a recording go at once, whoever answers does not come at other times.
static void nothing_waits(void **state)
{
    (void)state;
    static const char *const limits[] = {"iops-total: 50", "iops-total: 3000", "bps-total: 5000000",
                                         "iops-total: 100, iops-total-max: 4000",
                                         "iops-read: 700, bps-write: 90000000"};
    size_t like_open = 0;
    for (uint64_t seed = 1; seed <= RECORDINGS; seed++) {
        answers_write_random(seed, "t.csv", answers_names, 0);
        for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
            struct answers open = answers_replay(OPEN, RECORDED, ", group: g", limits[i]);
            if (!waits(&open)) {
                struct answers same = answers_replay(DEPENDENT, RECORDED, ", group: g", limits[i]);
                assert_true(open.digest == same.digest);
                for (size_t j = 0; j < open.count; j++)
                    assert_int_equal(open.items[j].arrival_ns, same.items[j].arrival_ns);
                answers_free(&same);
                like_open++;
            }
            answers_free(&open);
        }
    }
    assert_true(like_open > RECORDINGS / 4);
    assert_true(like_open < RECORDINGS * 4);
}

// A thread that is alone, and waits for all it has sent, is never over earlier because a limit is
// stricter.
static void stricter_is_later(void **state)
{
    (void)state;
    static const char *const alone[ANSWERS_NAMES] = {"a", "a", "a", "a", "a", "a", "a"};
    static const char *const limits[][5] = {
        {"iops-total: 100000", "iops-total: 900", "iops-total: 120", "iops-total: 30",
         "iops-total: 7"},
        {"bps-total: 9000000", "bps-total: 800000", "bps-total: 300000", "bps-total: 100000",
         "bps-total: 20000"},
        {"iops-total: 80, iops-total-max: 5000", "iops-total: 80, iops-total-max: 700",
         "iops-total: 80, iops-total-max: 200", "iops-total: 80", "iops-total: 80, iops-size: 512"},
    };
    for (uint64_t seed = 1; seed <= RECORDINGS; seed++) {
        int64_t before_ns = 0;
        answers_write_random(seed, "t.csv", alone, 0);
        for (size_t i = 0; i < 5; i++) {
            int64_t last_ns = 0;
            struct answers answers = answers_replay(DEPENDENT ", streams: {a: {kind: sync}}",
                                                    RECORDED, ", group: g", limits[seed % 3][i]);
            for (size_t j = 0; j < answers.count; j++)
                if (answers.items[j].complete_ns > last_ns)
                    last_ns = answers.items[j].complete_ns;
            assert_true(last_ns >= before_ns);
            before_ns = last_ns;
            answers_free(&answers);
        }
    }
}

// ---- Who shares nothing ----

// The requests of these disks alone.
static void write_of(const char *from, const char *to, const char *disks)
{
    char line[300];
    FILE *in = fopen(scratch_path(from), "r");
    assert_non_null(in);
    FILE *out = fopen(scratch_path(to), "w");
    assert_non_null(out);
    while (fgets(line, sizeof line, in) != NULL) {
        const char *disk = strstr(line, ",vd");
        if (disk == NULL || strchr(disks, disk[3]) != NULL)
            fputs(line, out);
    }
    fclose(in);
    fclose(out);
}

static struct answers replay_in_two_groups(const char *trace)
{
    char text[500];
    snprintf(text, sizeof text,
             "trace: {path: %s, arrivals: dependent}\ndevice: " RECORDED "\n"
             "groups: [{id: g, limits: {iops-total: 60}}, {id: h, limits: {iops-total: 25}}]\n"
             "members: [{id: vdc, group: g}, {id: vdd, group: g}, {id: vde, group: h}]\n",
             trace);
    return answers_of(text);
}

// Threads of another disk in another group come and go: nobody is any faster for it.
static void who_shares_nothing_does_not_matter(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= RECORDINGS; seed++) {
        char line[300];
        uint64_t random = seed;
        answers_write_random(seed, "t.csv", answers_names, 0);
        FILE *in = fopen(scratch_path("t.csv"), "r"), *out = fopen(scratch_path("u.csv"), "w");
        assert_non_null(in);
        assert_non_null(out);
        while (fgets(line, sizeof line, in) != NULL) {
            fputs(line, out);
            if (strchr("0123456789", line[0]) != NULL && random_below(&random, 2) == 0)
                fprintf(out, "%.*s,read,0,4096,vde,%d,lone\n", (int)strcspn(line, ","), line,
                        (int)random_below(&random, 9000000));
        }
        fclose(in);
        fclose(out);
        write_of("u.csv", "v.csv", "e");
        struct answers without = replay_in_two_groups("t.csv");
        struct answers both = replay_in_two_groups("u.csv");
        struct answers alone = replay_in_two_groups("v.csv");
        size_t next = 0, next_alone = 0;
        for (size_t i = 0; i < both.count; i++) {
            const struct answer *is = &both.items[i];
            const struct answer *was =
                is->member == 2 ? &alone.items[next_alone++] : &without.items[next++];
            assert_int_equal(is->member, was->member);
            assert_int_equal(is->offset, was->offset);
            assert_int_equal(is->arrival_ns, was->arrival_ns);
            assert_int_equal(is->complete_ns, was->complete_ns);
        }
        assert_int_equal(next, without.count);
        assert_int_equal(next_alone, alone.count);
        answers_free(&without);
        answers_free(&both);
        answers_free(&alone);
    }
}

// ---- Memory ----

// As much as is held back, not as the recording is long.
static void holds_what_is_held_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        FILE *out = fopen(scratch_path("t.csv"), "w");
        assert_non_null(out);
        fputs(STREAM_HEADER, out);
        for (int64_t j = 0; j < (i == 0 ? 2000 : 40000); j++)
            fprintf(out, "%" PRId64 ",write,0,4096,vd%c,%d,t%d\n", j * MS, "cd"[j % 2],
                    (int)(j % 7) * 400000, (int)(j % 5));
        fclose(out);
        struct answers answers =
            answers_replay(DEPENDENT, RECORDED, ", group: g", "iops-total: 1100");
        assert_in_range(answers.held_max, 1, 100);
        answers_free(&answers);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(nothing_waits),
    cmocka_unit_test(stricter_is_later),
    cmocka_unit_test(who_shares_nothing_does_not_matter),
    cmocka_unit_test(holds_what_is_held_back),
};
TEST_GROUP(answers_laws, tests, scratch_make, scratch_remove);

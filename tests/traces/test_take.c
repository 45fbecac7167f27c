// SPDX-License-Identifier: GPL-2.0-or-later
// A line that is taken at once is the request, or the fault, that it is when it is split first; and
// lines as programs write them are taken.
#include "tests/traces/trace_files.h"

#include "tests/support/test_group.h"
#include "traces/columns/parse.h"

#include <string.h>

#define ROUNDS 20000

static const struct columns_layout *const layouts[] = {
    &alibaba_layout, &blkreplay_layout, &csv_layout,    &disksim_layout, &hfplayer_layout,
    &mqsim_layout,   &msr_layout,       &systor_layout, &spc_layout,     &tencent_layout,
};
#define LAYOUT_COUNT (sizeof layouts / sizeof layouts[0])

static const char *const numbers[] = {
    "0",
    "7",
    "4096",
    "12345678",
    "123456789",
    "128166372003061629",
    "9223372036854775807",
    "0.5",
    "12.",
    ".25",
    "1.000000001",
    "99999999.5",
    "1234567890123.123456",
    "00000000000000000001",
    "1e3",
    "-1",
    "",
    "0x1",
    "1.2.3",
    "9223372036854775808",
    "18446744073709551616",
    "1\t",
    "1 2",
    ".",
    "\"5\"",
};
static const char *const words[] = {
    "R",     "W",  "r", "Read",    "write", "0", "1", "read",
    "flush", "RA", "",  "discard", "Reads", "3", "x",
};
static const char *const names[] = {
    "v1", "0", "", "254,32", "a b", "\"a\"", "a\"", "long_volume_name", "a\tb", "#"};

static const char *draw(const char *const *of, size_t count, size_t plain, uint64_t *random)
{
    return of[random_below(random, random_below(random, 8) > 0 ? plain : count)];
}

#define DRAW(of, plain, random) draw(of, sizeof(of) / sizeof(of)[0], plain, random)

// Rarely right as a whole, but each piece often.
static size_t make_line(const struct columns_layout *layout, char *line, uint64_t *random)
{
    size_t length = 0;
    size_t count = layout->column_count + (random_below(random, 20) == 0);
    count -= random_below(random, 20) == 0;
    for (size_t i = 0; i < count; i++) {
        enum columns_role role =
            i < layout->column_count ? layout->columns[i].role : COLUMNS_UNUSED;
        const char *text = role == COLUMNS_OP ? DRAW(words, 7, random)
                           : role < COLUMNS_VOLUME && role != COLUMNS_UNUSED
                               ? DRAW(numbers, 6, random)
                           : role == COLUMNS_LATENCY ? DRAW(numbers, 10, random)
                                                     : DRAW(names, 2, random);
        if (i > 0)
            line[length++] = layout->separator;
        for (uint64_t blanks = random_below(random, 12); blanks > 9; blanks--)
            line[length++] = ' ';
        memcpy(line + length, text, strlen(text));
        length += strlen(text);
        if (random_below(random, 200) == 0)
            line[length++] = '\0';
    }
    return length;
}

static void expect_same(const struct columns_plan *plan, struct columns_line *taken,
                        struct columns_line *split, const char *text, size_t length)
{
    struct columns_fault fault = {0}, other = {0};
    struct columns_counts counts = {0}, other_counts = {0};
    struct trace_request request = {0}, other_request = {0};
    assert_true(columns_split_line(plan->layout, split, text, length, plan->field_count, &fault));
    bool good = columns_parse_line(plan, taken, &request, &counts, &fault);
    if (good != columns_parse_line(plan, split, &other_request, &other_counts, &other))
        fail_msg("%.*s: %s", (int)length, text, other.expected);
    assert_memory_equal(&request, &other_request, good ? sizeof request : 0);
    assert_memory_equal(&counts, &other_counts, good ? sizeof counts : 0);
    if (!good) {
        assert_ptr_equal(fault.column, other.column);
        assert_ptr_equal(fault.expected, other.expected);
        assert_ptr_equal(fault.found.text, other.found.text);
    }
    for (size_t i = 0; i < plan->field_count; i++) {
        assert_int_equal(taken->fields[i].length, split->fields[i].length);
        assert_memory_equal(taken->fields[i].text, split->fields[i].text, split->fields[i].length);
    }
}

static void test_taken_as_split(void **state)
{
    static char unquoted[400];
    static struct columns_line taken, split;
    struct columns_plan plan;
    uint64_t random = 1;
    (void)state;
    split.unquoted = unquoted;
    taken.fields[COLUMNS_NOWHERE] = split.fields[COLUMNS_NOWHERE] = (struct columns_field){"", 0};
    for (size_t i = 0; i < LAYOUT_COUNT; i++) {
        size_t count = 0;
        columns_plan_by_place(&plan, layouts[i]);
        for (size_t round = 0; round < ROUNDS; round++) {
            char text[400];
            size_t length = make_line(layouts[i], text, &random);
            memcpy(text + length, "\n123456", 8);
            // As the last of a file, and with more behind it.
            const char *readable = text + length + (round % 2 > 0 ? 8 : 0);
            if (!columns_take_line(&plan, &taken, text, length, readable))
                continue;
            expect_same(&plan, &taken, &split, text, length);
            count++;
        }
        assert_true(count > ROUNDS / 20);
    }
}

static void test_usual_lines_are_taken(void **state)
{
    static const struct {
        const struct columns_layout *layout;
        const char *text;
    } usual[] = {
        {&alibaba_layout, "3,R,4096,8192,1577808000000123"},
        {&blkreplay_layout, "0.000005000 ; 335098960 ; 8 ; R ; 0.000000000 ; 0.000566490"},
        {&csv_layout, "246500,read,82230763520,512,v1,6876100,fio[7]"},
        {&csv_layout, "246500,flush,0,0,,,"},
        {&disksim_layout, "50038.623000 0 429951984 16 1"},
        {&hfplayer_layout, "5.000,0,0,335098960,8,566.490"},
        {&mqsim_layout, "5000 0  335098960 8 1"},
        {&msr_layout, "128166372003064094,usr,1,Read,82230763520,512,68761"},
        {&spc_layout, "0, 335098960, 4096, r, 0.000005000, 7"},
        {&systor_layout, "0.000005000,,R,0,171570667520,4096"},
        {&tencent_layout, "1538323199,335098960,8,0,1283"},
    };
    static struct columns_line line;
    struct columns_plan plan;
    (void)state;
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        size_t length = strlen(usual[i].text);
        columns_plan_by_place(&plan, usual[i].layout);
        if (!columns_take_line(&plan, &line, usual[i].text, length, usual[i].text + length))
            fail_msg("%s", usual[i].text);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_taken_as_split),
    cmocka_unit_test(test_usual_lines_are_taken),
};
TEST_GROUP(take, tests, NULL, NULL);

// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/sim/lab.h"

#include "sim/base/suggest.h"
#include "tests/support/test_group.h"

#include <stdio.h>
#include <string.h>

static const char *const words[] = {"iops-total", "iops-read", "bps-total", "members",
                                    "group",      "drive",     NULL};

struct row {
    const char *wrong;
    const char *hint;
};

static void a_near_word(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"iops-totl", "; did you mean 'iops-total'?"},
        {"iosp-total", "; did you mean 'iops-total'?"}, // two neighbours swapped
        {"iops_total", "; did you mean 'iops-total'?"},
        {"iops-raed", "; did you mean 'iops-read'?"},
        {"member", "; did you mean 'members'?"},
        {"Members", "; did you mean 'members'?"},
        {"gruop", "; did you mean 'group'?"},
        {"drvie", "; did you mean 'drive'?"},
        {"drive", "; did you mean 'drive'?"},
        {"", ""},
        {"zzzzzz", ""},
        {"latency", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[128];
        suggest(rows[i].wrong, nearest_word_in_array, words, text, sizeof text);
        assert_string_equal(text, rows[i].hint);
    }
}

static void long_words_get_no_hint(void **state)
{
    (void)state;
    char long_word[200], text[128];
    memset(long_word, 'a', sizeof long_word - 1);
    long_word[sizeof long_word - 1] = '\0';
    const char *const list[] = {long_word, NULL};
    assert_string_equal(suggest(long_word, nearest_word_in_array, list, text, sizeof text), "");
    assert_string_equal(suggest("aaa", nearest_word_in_array, list, text, sizeof text), "");
    long_word[63] = '\0';
    suggest(long_word, nearest_word_in_array, list, text, sizeof text);
    assert_int_equal(strlen(text), strlen("; did you mean ''?") + 63);
}

// A short buffer cuts the text and nothing else.
static void short_buffer(void **state)
{
    (void)state;
    char text[8] = "xxxxxxx";
    assert_string_equal(suggest("gruop", nearest_word_in_array, words, text, sizeof text),
                        "; did y");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_near_word),
    cmocka_unit_test(long_words_get_no_hint),
    cmocka_unit_test(short_buffer),
};
TEST_GROUP(suggest, tests, NULL, NULL);

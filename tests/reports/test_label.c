// SPDX-License-Identifier: GPL-2.0-or-later
// Names as they are shown: how wide they are, and that different ones stay different.
#define _XOPEN_SOURCE 700 // wcwidth
#include "reports/label.h"
#include "tests/support/test_group.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define MANY 10000
#define LONG_NAME 65536

// What the C library says of a terminal is never more than we count.
static void test_cells_are_enough(void **state)
{
    (void)state;
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        test_cannot_run("the locale C.UTF-8");
    for (wchar_t code = 1; code <= 0x10ffff; code++) {
        char text[8] = "";
        mbstate_t shift = {0};
        if (wcrtomb(text, code, &shift) == (size_t)-1)
            continue;
        int width = wcwidth(code);
        size_t cells = report_cells(text);
        if (cells > 2 || (int)cells < width)
            fail_msg("U+%04X takes %d cells, not %zu", (unsigned)code, width, cells);
    }
    setlocale(LC_CTYPE, "C");
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

// They fit, they are text, those of different names differ, and those of equal names do not.
static void assert_distinct(const char *const *names, size_t count, size_t cells)
{
    char(*labels)[REPORT_LABEL_MAX] = calloc(count, sizeof *labels);
    const char **sorted = calloc(count, sizeof *sorted);
    size_t different = 0, shown = 0;
    assert_true(labels != NULL && sorted != NULL);
    assert_true(report_labels(names, count, cells, labels));
    for (size_t i = 0; i < count; i++) {
        if (report_cells(labels[i]) > cells)
            fail_msg("'%s' takes more than %zu cells", labels[i], cells);
        for (const char *c = labels[i]; *c != '\0'; c++)
            assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
        if (i > 0 && strcmp(names[i], names[i - 1]) == 0)
            assert_string_equal(labels[i], labels[i - 1]);
    }
    memcpy(sorted, names, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_texts);
    for (size_t i = 0; i < count; i++)
        different += i == 0 || strcmp(sorted[i], sorted[i - 1]) != 0;
    for (size_t i = 0; i < count; i++)
        sorted[i] = labels[i];
    qsort(sorted, count, sizeof *sorted, compare_texts);
    for (size_t i = 0; i < count; i++)
        shown += i == 0 || strcmp(sorted[i], sorted[i - 1]) != 0;
    assert_int_equal(shown, different);
    free(sorted);
    free(labels);
}

// Names of `length` bytes, which differ where `change` says.
static void check_many(size_t count, size_t length, void (*change)(char *name, size_t i))
{
    char *text = malloc(count * (length + 1));
    const char **names = calloc(count, sizeof *names);
    assert_true(text != NULL && names != NULL);
    for (size_t i = 0; i < count; i++) {
        char *name = text + i * (length + 1);
        memset(name, 'n', length);
        name[length] = '\0';
        change(name, i);
        names[i] = name;
    }
    for (size_t cells = REPORT_LABELS_MIN; cells <= 32; cells += 10)
        assert_distinct(names, count, cells);
    free(names);
    free(text);
}

// A sign of two bytes at the same place in all.
static void change_one(char *name, size_t i)
{
    name[50] = (char)(0xc4 + i / 64);
    name[51] = (char)(0x80 + i % 64);
}

static void change_place(char *name, size_t i)
{
    name[1 + i % 399] = 'x';
    name[0] = (char)('a' + i / 399);
}

static void change_number(char *name, size_t i)
{
    char number[16];
    snprintf(number, sizeof number, "%05zu", i);
    memcpy(name + 20, number, 5);
}

// What is shown as "?" all the same.
static void change_control(char *name, size_t i)
{
    name[0] = (char)(1 + i % 31);
    name[1] = (char)(1 + i / 31);
}

static void change_last(char *name, size_t i)
{
    name[LONG_NAME - 2] = (char)('a' + i);
}

static void test_many_names(void **state)
{
    (void)state;
    check_many(1000, 100, change_one);
    check_many(MANY, 400, change_place);
    check_many(MANY, 40, change_number);
    check_many(900, 3, change_control);
    check_many(20, LONG_NAME, change_last);
}

// Labels that other names have already.
static void test_names_like_labels(void **state)
{
    static const char *const names[] = {"a\x01",
                                        "a\x02",
                                        "a?",
                                        "a?~2",
                                        "a?~3",
                                        "a?~3",
                                        "",
                                        "\xff",
                                        "\xfe",
                                        "?",
                                        "?~2",
                                        "vm-0...-disk",
                                        "vm-0001-of-a-disk",
                                        "vm-0002-of-disk",
                                        "vm-0~2",
                                        "vm-0...x",
                                        "vm-0002-disk",
                                        "vm-0003-disk"};
    (void)state;
    for (size_t cells = REPORT_LABELS_MIN; cells < 20; cells++)
        assert_distinct(names, sizeof names / sizeof names[0], cells);
}

static void test_shown_part(void **state)
{
    static const char *const names[] = {"instance-00000001-disk-0-of-the-shop",
                                        "instance-00000002-disk-0-of-the-shop", "db"};
    char labels[3][REPORT_LABEL_MAX];
    (void)state;
    assert_true(report_labels(names, 3, 16, labels));
    assert_string_equal(labels[0], "inst...1-disk...");
    assert_string_equal(labels[1], "inst...2-disk...");
    assert_string_equal(labels[2], "db");
    assert_true(report_labels(names, 1, 16, labels));
    assert_string_equal(labels[0], "instanc...e-shop");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_cells_are_enough),
    cmocka_unit_test(test_many_names),
    cmocka_unit_test(test_names_like_labels),
    cmocka_unit_test(test_shown_part),
};
TEST_GROUP(label, tests, NULL, NULL);

// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/label.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 8 // "~99999"

struct range {
    uint32_t first, last;
};

// Length in bytes of the well-formed UTF-8 sequence at text (Unicode table 3-7), or 0.
static size_t sequence_length(const unsigned char *text, uint32_t *code)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = text[0] < 0x80             ? 1
                    : (text[0] & 0xe0) == 0xc0 ? 2
                    : (text[0] & 0xf0) == 0xe0 ? 3
                    : (text[0] & 0xf8) == 0xf0 ? 4
                                               : 0;
    if (length == 0)
        return 0;
    *code = length == 1 ? text[0] : text[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (text[i] & 0x3f);
    }
    bool surrogate = *code >= 0xd800 && *code <= 0xdfff;
    return *code < smallest[length] || *code > 0x10ffff || surrogate ? 0 : length;
}

static bool is_in(uint32_t code, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    }
    return false;
}

// What moves a terminal's cursor, changes its state, or reorders, hides or joins what stands
// around.
static bool is_unsafe(uint32_t code)
{
    static const struct range unsafe[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x300, 0x36f},
        {0x61c, 0x61c},   {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
        {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xfff9, 0xffff}, {0xe0000, 0xe0fff},
    };
    return is_in(code, unsafe, sizeof unsafe / sizeof unsafe[0]);
}

// Takes two cells, or might: a line that turns out shorter does no harm.
static bool is_wide(uint32_t code)
{
    static const struct range wide[] = {
        {0x1100, 0x115f},   {0x231a, 0x232a},   {0x23e9, 0x23f3},   {0x25fd, 0x25fe},
        {0x2614, 0x27bf},   {0x2b1b, 0x2b55},   {0x2e80, 0xa4cf},   {0xa960, 0xa97f},
        {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe10, 0xfe6f},   {0xff00, 0xff60},
        {0xffe0, 0xffe6},   {0x16fe0, 0x1b2ff}, {0x1d300, 0x1d37f}, {0x1f000, 0x1faff},
        {0x20000, 0x3ffff},
    };
    return is_in(code, wide, sizeof wide / sizeof wide[0]);
}

void report_write_utf8(FILE *out, const char *text)
{
    const unsigned char *from = (const unsigned char *)text;
    while (*from) {
        uint32_t code;
        size_t length = sequence_length(from, &code);
        if (length)
            fwrite(from, 1, length, out);
        else
            fputs("\xef\xbf\xbd", out);
        from += length ? length : 1;
    }
}

size_t report_next(const char *text, char out[5], size_t *cells)
{
    uint32_t code = 0;
    size_t length = sequence_length((const unsigned char *)text, &code);
    bool shown = length > 0 && !is_unsafe(code);
    memcpy(out, shown ? text : "?", shown ? length : 1);
    out[shown ? length : 1] = '\0';
    *cells = shown && is_wide(code) ? 2 : 1;
    return length > 0 ? length : 1;
}

size_t report_cells(const char *text)
{
    char shown[5];
    size_t count = 0, cells;
    for (; *text; count += cells)
        text += report_next(text, shown, &cells);
    return count;
}

// Appends what of text lies between these cells.
static void add_piece(char *out, const char *text, size_t from, size_t to)
{
    char shown[5];
    size_t cells;
    out += strlen(out);
    for (size_t at = 0; *text && at < to; at += cells) {
        text += report_next(text, shown, &cells);
        if (at >= from && at + cells <= to)
            out = stpcpy(out, shown);
    }
}

size_t report_label(char out[REPORT_LABEL_MAX], const char *text, size_t cells)
{
    size_t length = report_cells(text);
    assert(cells >= 4 && cells < REPORT_LABEL_MAX / 4);
    *out = '\0';
    if (length <= cells) {
        add_piece(out, text, 0, length);
        return length;
    }
    size_t after = (cells - 3) / 2;
    add_piece(out, text, 0, cells - 3 - after);
    strcat(out, "...");
    add_piece(out, text, length - after, length);
    return report_cells(out);
}

// ---- Distinct labels ----

struct entry {
    const char *name;
    char *label;
};

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = strcmp(a->label, b->label);
    return order != 0 ? order : strcmp(a->name, b->name);
}

// One past the last of the entries with the label of this one. They are sorted.
static size_t end_of(const struct entry *entries, size_t first, size_t count)
{
    size_t end = first + 1;
    while (end < count && strcmp(entries[end].label, entries[first].label) == 0)
        end++;
    return end;
}

// How much the names of sorted entries have in common, in whole characters.
static size_t common_cells(const char *first, const char *last)
{
    char shown[5];
    size_t count = 0, cells;
    while (*first) {
        size_t length = report_next(first, shown, &cells);
        if (strncmp(first, last, length) != 0)
            break;
        first += length;
        last += length;
        count += cells;
    }
    return count;
}

// Shows the names from where they differ on.
static void show_difference(struct entry *entries, size_t count, size_t cells)
{
    size_t before = cells / 4;
    size_t common = common_cells(entries[0].name, entries[count - 1].name);
    for (size_t i = 0; i < count && common > before; i++) {
        size_t length = report_cells(entries[i].name), rest = cells - before - 3;
        bool is_last = length - common <= rest;
        entries[i].label[0] = '\0';
        add_piece(entries[i].label, entries[i].name, 0, before);
        strcat(entries[i].label, "...");
        add_piece(entries[i].label, entries[i].name, common, common + rest - (is_last ? 0 : 3));
        strcat(entries[i].label, is_last ? "" : "...");
    }
}

// Numbers labels that still are the same. True if there were any.
static bool number(struct entry *entries, size_t count, size_t cells, size_t *last)
{
    bool found = false;
    char suffix[NUMBER_MAX + 16];
    qsort(entries, count, sizeof *entries, compare_entries);
    for (size_t first = 0, end; first < count; first = end) {
        end = end_of(entries, first, count);
        for (size_t i = first + 1; i < end; i++) {
            if (strcmp(entries[i].name, entries[first].name) == 0)
                continue;
            found = true;
            if (strcmp(entries[i].name, entries[i - 1].name) == 0) {
                strcpy(entries[i].label, entries[i - 1].label);
                continue;
            }
            int length = snprintf(suffix, sizeof suffix, "~%zu", ++*last);
            report_label(entries[i].label, entries[i].name, cells - (size_t)length);
            strcat(entries[i].label, suffix);
        }
    }
    return found;
}

bool report_labels(const char *const *names, size_t count, size_t cells,
                   char (*labels)[REPORT_LABEL_MAX])
{
    struct entry *entries = calloc(count + 1, sizeof *entries);
    size_t last = 1;
    assert(cells >= REPORT_LABELS_MIN);
    if (entries == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        entries[i] = (struct entry){names[i], labels[i]};
        report_label(labels[i], names[i], cells);
    }
    qsort(entries, count, sizeof *entries, compare_entries);
    for (size_t first = 0, end; first < count; first = end) {
        end = end_of(entries, first, count);
        if (strcmp(entries[first].name, entries[end - 1].name) != 0)
            show_difference(&entries[first], end - first, cells);
    }
    while (number(entries, count, cells, &last))
        continue;
    free(entries);
    return true;
}

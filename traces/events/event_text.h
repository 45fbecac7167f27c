// SPDX-License-Identifier: GPL-2.0-or-later
// Lines of text as a source of records of block events: what blkparse, perf, trace-cmd and ftrace
// print. A syntax turns one line into one record; the file, the order of time, lines that are no
// events and a last line that is cut short are dealt with here.
#ifndef TRACES_EVENTS_EVENT_TEXT_H
#define TRACES_EVENTS_EVENT_TEXT_H

#include "traces/events.h"
#include "traces/input/input_text.h"

#include <string.h>

enum events_line {
    EVENTS_LINE_RECORD,
    EVENTS_LINE_ABOUT,     // blank, a comment, statistics
    EVENTS_LINE_EVENT,     // an event that tells nothing of requests
    EVENTS_LINE_OPERATION, // an event of an unknown operation
    EVENTS_LINE_ALIEN,     // is no event, nor anything else that is known
    EVENTS_LINE_BAD,       // an event that cannot be read: error filled
};

struct events_text;

struct events_syntax {
    const char *what; // the format in messages, such as "text of blkparse"
    const char *line; // its lines in messages
    size_t bytes;     // of the state of a source, of which struct events_text comes first
    // Both may be NULL. What has been started is stopped, if it was started or not.
    bool (*start)(struct events_text *text, const struct trace_context *context,
                  struct trace_error *error);
    void (*stop)(struct events_text *text);
    // Fills the record from the current line. Of records that are not wanted, only time, device
    // and action must be right.
    enum events_line (*parse)(struct events_text *text, const struct trace_events_wanted *wanted,
                              struct trace_error *error);
    void (*report)(const struct events_text *text, struct trace_notices *notices); // may be NULL
};

struct events_text {
    const struct events_syntax *syntax;
    const struct trace_file *file;
    struct trace_input input;
    struct trace_lines lines;
    struct blktrace_record record;
    struct trace_threads *threads; // NULL: nobody wants to know
    bool held;                     // the record was read when opened, and has not been asked for
    uint64_t records;
    int64_t origin_ns;
    bool is_unsorted; // as in struct trace_context
    int64_t last_ns;
    uint32_t last_device; // of the record before; with the following
    uint32_t last_cpu;
    uint32_t last_sequence;
    uint64_t backwards;
    int64_t backwards_max_ns;
    uint64_t wrapped; // times before the origin, as blkparse prints them
    uint64_t aliens;
    uint64_t alien_first; // number of the first such line
    char alien_text[64];  // its start
    char alien_wrong[64]; // what the syntax says of it, such as " (...)"; may be empty
    uint64_t cut_line;    // number of the last line, if it has no end
    bool cut_lost;        // it could not be read
    uint64_t unknown_operations;
    uint64_t flushes_nowhere; // without a sector
};

// Whose `how` is the syntax.
extern const struct trace_reader_kind trace_reader_event_text;

// Does the syntax read some line of a file's start as an event?
bool events_text_recognise(const void *syntax, const uint8_t *head, size_t length);

// A place in a line.
struct events_cursor {
    const char *at;
    const char *end;
};

static inline struct events_cursor events_text_cursor(const struct events_text *text)
{
    return (struct events_cursor){text->lines.text, text->lines.text + text->lines.length};
}

static inline void events_skip_blanks(struct events_cursor *cursor)
{
    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t'))
        cursor->at++;
}

// Takes the character if it is the next.
static inline bool events_take(struct events_cursor *cursor, char wanted)
{
    if (cursor->at == cursor->end || *cursor->at != wanted)
        return false;
    cursor->at++;
    return true;
}

static inline bool events_is_digit(char character)
{
    return (unsigned char)(character - '0') <= 9;
}

static inline bool events_starts_with(const struct events_cursor *cursor, const char *start)
{
    size_t length = strlen(start);
    return (size_t)(cursor->end - cursor->at) >= length && memcmp(cursor->at, start, length) == 0;
}

// Takes what is up to the next blank; its length, which may be 0.
static inline size_t events_take_word(struct events_cursor *cursor, const char **word)
{
    *word = cursor->at;
    cursor->at = trace_text_blank(cursor->at, cursor->end);
    return (size_t)(cursor->at - *word);
}

// The following take digits, after blanks. False: there is nothing of the kind, or it is above the
// limit; the cursor stands where it begins.
bool events_take_number(struct events_cursor *cursor, int64_t limit, int64_t *number);
bool events_take_device(struct events_cursor *cursor, uint32_t *device); // "MAJOR,MINOR"
// "SECONDS.FRACTION"
bool events_take_time(struct events_cursor *cursor, uint64_t *time_ns);
// In sectors; 2^64 - 1, which the kernel gives to its own flushes, becomes 0.
bool events_take_sector(struct events_cursor *cursor, uint64_t *offset);
bool events_take_sectors(struct events_cursor *cursor, uint32_t *bytes);

// Takes from where a remap comes, `<- (MAJOR,MINOR) SECTOR`, if that is what follows.
void events_take_remap(struct events_cursor *cursor, struct blktrace_record *record);

// blkparse prints a time before its first record's, as live recordings have, as 2^64 ns less a bit,
// with seconds cut to 32 bits. A time less than an hour below that is undone, and counted.
void events_text_unwrap(struct events_text *text);

// The letters that tell an operation, such as "FWFSM" or "R", as category bits. False: the
// operation is unknown; it is counted.
bool events_text_operation(struct events_text *text, const char *letters, size_t length);

// Takes a queued record's thread by its number and, if it is wanted, its name, at the record's
// time. What stands where no name is known, (null) or <...>, is none.
void events_text_thread(struct events_text *text, int64_t pid, const char *name, size_t length);

// "FILE: line N: column C: found "...", expected ..."; always EVENTS_LINE_BAD.
enum events_line events_text_expected(const struct events_text *text,
                                      const struct events_cursor *cursor, const char *expected,
                                      struct trace_error *error);

// The number of an action by its letter, as blkparse shows it, or 0.
unsigned events_action(const char *letters, size_t length);

#endif

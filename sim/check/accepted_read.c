// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/check/accepted_internal.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SIZE_MAX_BYTES ((off_t)64 << 20)
#define STREAMS_MAX 1000000
#define MAGIC "throttlesim-accepted"

// ---- Lines and words ----

bool accepted_complain(struct accepted_reader *reader, const char *expected)
{
    size_t shown = strcspn(reader->at, " ");
    return sim_fail(reader->error, SIM_BAD_INPUT,
                    "%s:%zu: expected %s, found '%.*s'; 'throttlesim check --accept' writes the "
                    "file anew",
                    reader->path, reader->line, expected, shown > 40 ? 40 : (int)shown, reader->at);
}

// The next line that is not empty and no comment; "" at the end of the file.
static bool next_line(struct accepted_reader *reader)
{
    static char end[] = "";
    ssize_t length;
    do {
        length = getline(&reader->text, &reader->size, reader->file);
        reader->line++;
        if (length > 0 && reader->text[length - 1] == '\n')
            reader->text[--length] = '\0';
        if (length > 0 && reader->text[length - 1] == '\r') // version control may have put it there
            reader->text[--length] = '\0';
    } while (length == 0 || (length > 0 && reader->text[0] == '#'));
    reader->at = length < 0 ? end : reader->text;
    reader->is_end = length < 0;
    if (length < 0 && ferror(reader->file))
        return sim_fail(reader->error, SIM_BAD_INPUT, "%s: %s", reader->path, strerror(errno));
    if (length > 0 && strlen(reader->text) != (size_t)length)
        return accepted_complain(reader, "text without NUL");
    return true;
}

bool accepted_take_number(struct accepted_reader *reader, uint64_t *value)
{
    const char *at = reader->at;
    uint64_t number = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (number > (UINT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    bool any = at > reader->at;
    reader->at = at;
    *value = number;
    return any;
}

bool accepted_take_text(struct accepted_reader *reader, const char *text)
{
    size_t length = strlen(text);
    if (strncmp(reader->at, text, length) != 0)
        return false;
    reader->at += length;
    return true;
}

// Exactly sixteen digits.
static bool take_hash(struct accepted_reader *reader, uint64_t *hash)
{
    *hash = 0;
    for (int i = 0; i < 16; i++, reader->at++) {
        const char *digits = "0123456789abcdef";
        const char *found = *reader->at == '\0' ? NULL : strchr(digits, *reader->at);
        if (found == NULL)
            return false;
        *hash = *hash << 4 | (uint64_t)(found - digits);
    }
    return true;
}

// ---- What comes before the decisions ----

static bool read_engine(struct accepted_reader *reader)
{
    struct accepted *accepted = reader->accepted;
    if (!next_line(reader))
        return false;
    if (!accepted_take_text(reader, "engine "))
        return accepted_complain(reader, "'engine NAME'");
    size_t length = strlen(reader->at);
    if (length == 0 || length >= sizeof accepted->engine)
        return accepted_complain(reader, "an engine's name");
    memcpy(accepted->engine, reader->at, length + 1);
    return true;
}

// A line "WORD NUMBER HASH", of which NULL stands for what is not there.
static bool read_line(struct accepted_reader *reader, const char *word, uint64_t *number,
                      uint64_t *hash, const char *expected)
{
    if (!next_line(reader))
        return false;
    return (accepted_take_text(reader, word) &&
            (number == NULL ||
             (accepted_take_text(reader, " ") && accepted_take_number(reader, number))) &&
            (hash == NULL || (accepted_take_text(reader, " ") && take_hash(reader, hash))) &&
            *reader->at == '\0') ||
           accepted_complain(reader, expected);
}

static bool read_head(struct accepted_reader *reader)
{
    static const char *const decisions = "'decisions NUMBER', at most 1048576";
    struct accepted *accepted = reader->accepted;
    return read_engine(reader) &&
           read_line(reader, "digest", NULL, &accepted->digest, "'digest HASH'") &&
           read_line(reader, "requests", &accepted->requests, &accepted->requests_hash,
                     "'requests NUMBER HASH'") &&
           read_line(reader, "decisions", &reader->announced, NULL, decisions) &&
           (reader->announced <= ACCEPTED_DECISIONS_MAX || accepted_complain(reader, decisions));
}

static bool take_direction(struct accepted_reader *reader, enum report_direction *direction)
{
    for (int i = 0; i < REPORT_DIRECTION_COUNT; i++) {
        *direction = (enum report_direction)i;
        if (accepted_take_text(reader, report_direction_name(*direction)))
            return true;
    }
    return false;
}

static bool take_member(struct accepted_reader *reader, char **member)
{
    json_t *name = json_loads(reader->at, JSON_DECODE_ANY, NULL);
    *member = json_is_string(name) ? strdup(json_string_value(name)) : NULL;
    json_decref(name);
    return *member != NULL;
}

// The line "stream LABEL DIRECTION NUMBER... "MEMBER"", of which the first word is taken.
static bool read_stream(struct accepted_reader *reader)
{
    struct accepted *accepted = reader->accepted;
    struct accepted_stream *stream = &accepted->streams[accepted->stream_count];
    char label[ACCEPTED_LABEL_SIZE];
    *stream = (struct accepted_stream){.member = NULL};
    if (!accepted_take_text(reader, accepted_label(accepted->stream_count, label)))
        return accepted_complain(reader, "the next stream's letter");
    if (!accepted_take_text(reader, " ") || !take_direction(reader, &stream->direction))
        return accepted_complain(reader, "read, write, discard or flush");
    for (int i = 0; i < ACCEPTED_NUMBER_COUNT; i++) {
        if (!accepted_take_text(reader, " ") || !accepted_take_number(reader, &stream->numbers[i]))
            return accepted_complain(reader, "a number");
    }
    if (!accepted_take_text(reader, " ") || !take_member(reader, &stream->member))
        return accepted_complain(reader, "a member's name as in JSON");
    accepted->stream_count++;
    return true;
}

static bool read_streams(struct accepted_reader *reader)
{
    struct accepted *accepted = reader->accepted;
    size_t room = 0;
    for (;;) {
        if (!next_line(reader))
            return false;
        if (!accepted_take_text(reader, "stream "))
            return true;
        if (accepted->stream_count == STREAMS_MAX)
            return accepted_complain(reader, "at most 1000000 streams");
        if (accepted->stream_count == room) {
            room = room == 0 ? 16 : room * 2;
            void *larger = realloc(accepted->streams, room * sizeof *accepted->streams);
            if (larger == NULL)
                return sim_fail_memory(reader->error);
            accepted->streams = larger;
        }
        if (!read_stream(reader))
            return false;
    }
}

// ---- The whole ----

static bool read_all(struct accepted_reader *reader)
{
    struct accepted *accepted = reader->accepted;
    if (!read_head(reader) || !read_streams(reader))
        return false;
    accepted->decisions = calloc(reader->announced + 1, sizeof *accepted->decisions);
    reader->last_seq = calloc(accepted->stream_count + 1, sizeof *reader->last_seq);
    if (accepted->decisions == NULL || reader->last_seq == NULL)
        return sim_fail_memory(reader->error);
    while (strcmp(reader->at, "end") != 0) {
        if (!accepted_read_decisions(reader) || !next_line(reader))
            return false;
    }
    if (!accepted_verify_decisions(reader) || !next_line(reader))
        return false;
    return reader->is_end || accepted_complain(reader, "nothing behind the end");
}

static bool open_file(struct accepted_reader *reader, enum accepted_found *found)
{
    struct stat status;
    *found = ACCEPTED_FOREIGN;
    if (stat(reader->path, &status) != 0) {
        *found = errno == ENOENT ? ACCEPTED_MISSING : ACCEPTED_FOREIGN;
        return sim_fail(reader->error, SIM_BAD_INPUT, "%s: %s", reader->path, strerror(errno));
    }
    if (!S_ISREG(status.st_mode))
        return sim_fail(reader->error, SIM_BAD_INPUT, "%s: not a regular file", reader->path);
    if (status.st_size > SIZE_MAX_BYTES)
        return sim_fail(reader->error, SIM_BAD_INPUT, "%s: larger than 64 MiB", reader->path);
    reader->file = fopen(reader->path, "re");
    return reader->file != NULL ||
           sim_fail(reader->error, SIM_BAD_INPUT, "%s: %s", reader->path, strerror(errno));
}

// What does not begin like this is not ours to replace.
static bool read_first_line(struct accepted_reader *reader)
{
    uint64_t version;
    char magic[sizeof MAGIC];
    if (fread(magic, 1, sizeof magic, reader->file) != sizeof magic ||
        memcmp(magic, MAGIC " ", sizeof magic) != 0)
        return sim_fail(reader->error, SIM_BAD_INPUT,
                        "%s:1: expected '" MAGIC " 1': this is no file of accepted results; move "
                        "it away",
                        reader->path);
    if (!next_line(reader))
        return false;
    const char *found = reader->at;
    if (accepted_take_number(reader, &version) && *reader->at == '\0' && version == 1)
        return true;
    return sim_fail(reader->error, SIM_BAD_INPUT,
                    "%s:1: expected '" MAGIC " 1', found version '%.20s': a newer throttlesim has "
                    "written it",
                    reader->path, found);
}

enum accepted_found accepted_read(const char *path, struct accepted *accepted,
                                  struct sim_error *error)
{
    struct accepted_reader reader = {.path = path, .accepted = accepted, .error = error};
    enum accepted_found found;
    *accepted = (struct accepted){.engine = ""};
    if (!open_file(&reader, &found))
        return found;
    if (read_first_line(&reader))
        found = read_all(&reader) ? ACCEPTED_READ : ACCEPTED_BROKEN;
    fclose(reader.file);
    free(reader.text);
    free(reader.last_seq);
    if (found != ACCEPTED_READ)
        accepted_free(accepted);
    return found;
}

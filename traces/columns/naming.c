// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/columns/naming.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

// A line of names has so many of the four that are needed; prose has not.
#define NAMED_MIN 3

// What headers call a column, the likeliest first, in small letters and without what is no letter
// or digit; and the unit of those of which none is named ("": to be guessed).
static const struct calling {
    enum columns_role role;
    const char *unit;
    const char *names;
} callings[] = {
    {COLUMNS_TIME, "",
     " timestamp time ts arrival arrivaltime starttime submittime issuetime requesttime iotime "
     "start submit issue clock datetime dateandtime date t "},
    {COLUMNS_OP, NULL,
     " op opcode operation optype iotype reqtype requesttype rwbs rw readwrite direction dir type "
     "cmd command rwflag io action "},
    {COLUMNS_OFFSET, "bytes",
     " offset byteoffset offsetbytes diskoffset address addr pos position off "},
    {COLUMNS_OFFSET, "sectors",
     " lba lbn lsn startlba startinglba sector startsector sectornumber blkno blockno blocknumber "
     "blocknum block blockid "},
    {COLUMNS_LENGTH, "bytes",
     " bytes size length len iosize reqsize requestsize iolength transfersize xfersize nbytes "
     "datasize bytecount "},
    {COLUMNS_LENGTH, "sectors",
     " sectors nsectors nsector sectorcount numsectors blocks nblocks nblks nblk blkcount "
     "blockcount numblocks bcount "},
    {COLUMNS_VOLUME, NULL,
     " volume volumeid vol device deviceid dev devno devname disk diskid diskname diskno "
     "disknumber "
     "lun lunid asu member vm vmid drive target "},
    {COLUMNS_LATENCY, "",
     " latency lat responsetime response duration rt servicetime svctime completiontime d2c q2c "},
};

static const struct {
    const char *unit;
    bool is_time;
    const char *names;
} units[] = {
    {"ns", true, " ns nsec nsecs nanosecond nanoseconds "},
    {"us", true, " us usec usecs microsecond microseconds "},
    {"ms", true, " ms msec msecs millisecond milliseconds "},
    {"s", true, " s sec secs second seconds "},
    {"filetime", true, " filetime "},
    {"bytes", false, " bytes byte b "},
    {"sectors", false, " sectors sector sect blocks blk "},
    {"KiB", false, " kib kb k "},
    {"MiB", false, " mib mb "},
    {"pages", false, " pages page "},
};

bool columns_word_is_among(const char *words, const char *word)
{
    char blanked[COLUMNS_WORD_BYTES + 3];
    snprintf(blanked, sizeof blanked, " %s ", word);
    return word[0] != '\0' && strstr(words, blanked) != NULL;
}

static const char *find_unit(const char *word, bool is_time)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (units[i].is_time == is_time && columns_word_is_among(units[i].names, word))
            return units[i].unit;
    return NULL;
}

// "responsetime" and "us" of "Response_Time (us)". The unit is as it stands, "": there is none.
static void take_apart(const struct columns_field *field, char word[COLUMNS_WORD_BYTES],
                       char unit[COLUMNS_WORD_BYTES])
{
    size_t used = 0, last = 0;
    bool within = false;
    for (size_t i = 0; i < field->length && used < COLUMNS_WORD_BYTES - 1; i++) {
        unsigned char byte = (unsigned char)field->text[i];
        if (isalnum(byte) && !within)
            last = used;
        within = isalnum(byte) != 0;
        if (within)
            word[used++] = (char)tolower(byte);
    }
    word[used] = '\0';
    snprintf(unit, COLUMNS_WORD_BYTES, "%s", last > 0 ? word + last : "");
    if (find_unit(unit, true) != NULL || find_unit(unit, false) != NULL)
        word[last - (last > 2 && strncmp(word + last - 2, "in", 2) == 0 ? 2 : 0)] = '\0';
    else
        unit[0] = '\0';
}

// Where a role's column is, by the likeliest of its names.
static void find_place(struct columns_naming *naming, const struct calling *calling)
{
    bool is_time = calling->unit != NULL && calling->unit[0] == '\0';
    const char *best = NULL;
    for (size_t i = 0; i < naming->count; i++) {
        char word[COLUMNS_WORD_BYTES], unit[COLUMNS_WORD_BYTES], blanked[COLUMNS_WORD_BYTES + 3];
        take_apart(&naming->names[i], word, unit);
        snprintf(blanked, sizeof blanked, " %s ", word);
        const char *found = word[0] != '\0' ? strstr(calling->names, blanked) : NULL;
        const char *known = find_unit(unit, is_time);
        if (found == NULL || (best != NULL && found >= best) || (unit[0] != '\0' && known == NULL))
            continue;
        best = found;
        naming->place[calling->role] = i;
        naming->unit[calling->role] = known != NULL ? known : calling->unit;
        naming->says_unit[calling->role] = known != NULL;
    }
}

size_t columns_naming_split(const struct columns_naming *naming, const char *line, size_t length,
                            struct columns_field fields[COLUMNS_MAX])
{
    size_t count = naming->separator == ' '
                       ? columns_split_blanks(line, length, fields, COLUMNS_MAX)
                       : columns_split(line, length, naming->separator, fields, COLUMNS_MAX);
    for (size_t i = 0; i < count && i < COLUMNS_MAX; i++) {
        fields[i] = columns_trim(fields[i]);
        if (fields[i].length >= 2 && fields[i].text[0] == '"') {
            fields[i].text++;
            fields[i].length -= 2;
        }
    }
    return count;
}

bool columns_naming_find(struct columns_naming *naming, const char *line, size_t length)
{
    naming->count = columns_naming_split(naming, line, length, naming->names);
    for (size_t i = 0; i < COLUMNS_ROLE_COUNT; i++)
        naming->place[i] = COLUMNS_MAX;
    if (naming->count < 4 || naming->count > COLUMNS_MAX)
        return false;
    for (size_t i = 0; i < sizeof callings / sizeof callings[0]; i++)
        if (naming->place[callings[i].role] == COLUMNS_MAX)
            find_place(naming, &callings[i]);
    return naming->place[COLUMNS_TIME] < COLUMNS_MAX && naming->place[COLUMNS_OP] < COLUMNS_MAX &&
           naming->place[COLUMNS_OFFSET] < COLUMNS_MAX &&
           naming->place[COLUMNS_LENGTH] < COLUMNS_MAX;
}

bool columns_naming_differs(const struct columns_layout *layout, const char *line, size_t length)
{
    struct columns_naming naming = {.separator = layout->separator};
    bool is_comment = length > 0 && line[0] == '#';
    bool differs = false;
    size_t named = 0;
    columns_naming_find(&naming, line + is_comment, length - is_comment);
    for (size_t i = 0; i < layout->column_count; i++) {
        const struct columns_column *column = &layout->columns[i];
        const char *unit =
            column->unit == COLUMNS_WHOLE_SECONDS ? "s" : columns_unit_names[column->unit];
        bool is_needed = column->role >= COLUMNS_TIME && column->role <= COLUMNS_LENGTH;
        size_t place = naming.place[column->role];
        if (!is_needed || place == COLUMNS_MAX)
            continue;
        named++;
        differs = differs || place != i ||
                  (naming.says_unit[column->role] && unit != NULL &&
                   strcmp(unit, naming.unit[column->role]) != 0);
    }
    return differs && named >= NAMED_MIN;
}

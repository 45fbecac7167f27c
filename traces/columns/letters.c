// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/columns/letters.h"

// F before the operation is a flush before it, behind it FUA; N has no letter of its own. Z is a
// zone append as ZA, writes zeroes as WZ, and else manages zones.
bool columns_letters_parse(const struct columns_field *field, struct columns_letters *letters)
{
    const char *text = field->text;
    bool writes = false, reads = false, discards = false, zeroes = false;
    *letters = (struct columns_letters){0};
    for (size_t i = 0; i < field->length; i++) {
        bool appends = text[i] == 'Z' && i + 1 < field->length && text[i + 1] == 'A';
        zeroes = zeroes || (text[i] == 'Z' && i > 0 && text[i - 1] == 'W');
        if (text[i] == '\0' || strchr("RWDEFNASMBUZ", text[i]) == NULL ||
            (text[i] == 'Z' && !appends && !zeroes))
            return false;
        writes = writes || text[i] == 'W' || appends;
        reads = reads || text[i] == 'R';
        discards = discards || text[i] == 'D';
        letters->flushes = letters->flushes || text[i] == 'F';
    }
    letters->is_named = writes || reads || discards;
    letters->op = discards           ? TRACE_DISCARD
                  : zeroes           ? TRACE_WRITE_ZEROES
                  : reads && !writes ? TRACE_READ
                                     : TRACE_WRITE;
    return field->length > 0;
}

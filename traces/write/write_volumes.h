// SPDX-License-Identifier: GPL-2.0-or-later
// What the volumes are called in a written file. A name that the format cannot hold is replaced by
// one that it can, different for each volume, in the order in which they come; so two volumes never
// become one but in a format that does not name them.
#ifndef TRACES_WRITE_WRITE_VOLUMES_H
#define TRACES_WRITE_WRITE_VOLUMES_H

#include "traces/notices.h"
#include "traces/volumes.h"

enum write_naming {
    WRITE_NAMES_NONE,      // the file is of one volume, without a name
    WRITE_NAMES_QUOTED,    // anything but a line end; held as a quoted field if need be
    WRITE_NAMES_WORD,      // without blanks, of at most 256 bytes, as fio has it
    WRITE_NAMES_HOST_DISK, // HOST_NUMBER, held as "HOST,NUMBER"
    WRITE_NAMES_NUMBER,    // a number below 2^31
    WRITE_NAMES_DEVICE,    // MAJOR,MINOR
};

// The longest text of a volume in a file.
#define WRITE_NAME_BYTES_MAX (33 * 1024)

struct write_volume {
    char *text; // as it stands in the file
    size_t length;
    size_t sub;      // where the second part starts, of names in two columns; else 0
    uint32_t device; // of WRITE_NAMES_DEVICE: as in a binary record
    uint32_t events; // of it so far, for formats that number them
};

// All zero but path and naming is an empty set.
struct write_volumes {
    const char *path; // for messages, not owned
    enum write_naming naming;
    struct trace_volumes known; // by their real names
    struct trace_volumes held;  // by the names in the file
    struct write_volume *items; // by the numbers of `known`
    size_t capacity;
    uint32_t last;     // number of the volume last asked for
    uint32_t next;     // the number or minor to be tried for the next volume without one
    uint64_t replaced; // names that are not held as they are
    char list[400];    // which became what, as far as there is room
    bool list_full;
};

// The number of a volume, new if it has not been seen. TRACE_VOLUME_NONE: error filled.
uint32_t write_volumes_find(struct write_volumes *volumes, const char *name,
                            struct trace_error *error);

// The notices `volume-renumbered` and `volume-renamed`.
void write_volumes_report(const struct write_volumes *volumes, struct trace_notices *notices);

void write_volumes_free(struct write_volumes *volumes);

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
// The peer of `run --log requests`: a bare loop of inserts into the table `request`, of the same
// number of rows, in one transaction.
//
// usage: bench_insert DATABASE ROWS < SCHEMA
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char schema[1 << 16];

static void must(sqlite3 *database, int status)
{
    if (status != SQLITE_OK && status != SQLITE_DONE) {
        fprintf(stderr, "%s\n", sqlite3_errmsg(database));
        exit(1);
    }
}

int main(int argc, char **argv)
{
    sqlite3 *database;
    sqlite3_stmt *insert;
    if (argc != 3 || fread(schema, 1, sizeof schema - 1, stdin) == 0) {
        fprintf(stderr, "usage: %s DATABASE ROWS < SCHEMA\n", argv[0]);
        return 2;
    }
    unlink(argv[1]);
    must(NULL, sqlite3_open(argv[1], &database));
    must(database, sqlite3_exec(database, schema, NULL, NULL, NULL));
    must(database, sqlite3_exec(database, "PRAGMA synchronous = OFF; BEGIN", NULL, NULL, NULL));
    must(database, sqlite3_prepare_v2(database, "INSERT INTO request VALUES (?,?,?,?,?,?,?,?,?)",
                                      -1, &insert, NULL));
    sqlite3_int64 rows = strtoll(argv[2], NULL, 10);
    sqlite3_bind_int64(insert, 1, 1);
    sqlite3_bind_int64(insert, 3, 0);
    sqlite3_bind_text(insert, 4, "read", -1, SQLITE_STATIC);
    for (sqlite3_int64 row = 0; row < rows; row++) {
        sqlite3_int64 arrival_ns = row * 3600000;
        sqlite3_bind_int64(insert, 2, row);
        sqlite3_bind_int64(insert, 5, row * 7919 % (1 << 27) * 4096);
        sqlite3_bind_int64(insert, 6, 4096 << row % 6);
        sqlite3_bind_int64(insert, 7, arrival_ns);
        sqlite3_bind_int64(insert, 8, arrival_ns);
        sqlite3_bind_int64(insert, 9, arrival_ns + 500000);
        must(database, sqlite3_step(insert));
        sqlite3_reset(insert);
    }
    must(database, sqlite3_finalize(insert));
    must(database, sqlite3_exec(database, "COMMIT", NULL, NULL, NULL));
    must(database, sqlite3_close(database));
    return 0;
}

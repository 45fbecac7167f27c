// SPDX-License-Identifier: GPL-2.0-or-later
// Opening and creating the result database.
#include "reports/database_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 10000

struct report_database {
    sqlite3 *handle;
    char *path;        // as SQLite gets it; NULL: in memory
    const char *shown; // as the user wrote it
    bool temporary;
};

sqlite3 *report_database_handle(struct report_database *database)
{
    return database->handle;
}

bool report_database_fail(const struct report_database *database, const char *doing,
                          struct report_error *error)
{
    const char *path = database->shown;
    int system_error = sqlite3_system_errno(database->handle);
    switch (sqlite3_errcode(database->handle)) {
    case SQLITE_CORRUPT:
        error->is_input = true;
        snprintf(error->message, sizeof error->message,
                 "%s: %s: the file is damaged; 'sqlite3 FILE .recover' may save what is left", path,
                 doing);
        break;
    case SQLITE_NOTADB:
        error->is_input = true;
        snprintf(error->message, sizeof error->message,
                 "%s: %s: this is not an SQLite database; name another file", path, doing);
        break;
    case SQLITE_BUSY:
        snprintf(error->message, sizeof error->message,
                 "%s: %s: another process has kept the database locked for %d s; try again when "
                 "it is done",
                 path, doing, BUSY_TIMEOUT_MS / 1000);
        break;
    case SQLITE_FULL:
        snprintf(error->message, sizeof error->message,
                 "%s: %s: the disk is full; make room and run again", path, doing);
        break;
    default:
        snprintf(error->message, sizeof error->message, "%s: %s: %s%s%s", path, doing,
                 sqlite3_errmsg(database->handle), system_error ? ": " : "",
                 system_error ? strerror(system_error) : "");
    }
    return false;
}

bool report_database_execute(struct report_database *database, const char *doing, const char *sql,
                             struct report_error *error)
{
    return sqlite3_exec(database->handle, sql, NULL, NULL, NULL) == SQLITE_OK ||
           report_database_fail(database, doing, error);
}

struct database_identity {
    int64_t application;
    int64_t version;
    int64_t objects; // tables, indexes, views
};

// One statement, hence one state of the file: another process may just be creating the tables.
static bool read_identity(struct report_database *database, struct database_identity *identity,
                          struct report_error *error)
{
    sqlite3_stmt *statement = NULL;
    bool done = sqlite3_prepare_v2(database->handle,
                                   "SELECT (SELECT count(*) FROM sqlite_schema), "
                                   "(SELECT application_id FROM pragma_application_id), "
                                   "(SELECT user_version FROM pragma_user_version)",
                                   -1, &statement, NULL) == SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_ROW;
    if (done)
        *identity = (struct database_identity){
            .objects = sqlite3_column_int64(statement, 0),
            .application = sqlite3_column_int64(statement, 1),
            .version = sqlite3_column_int64(statement, 2),
        };
    if (sqlite3_finalize(statement) == SQLITE_OK && done)
        return true;
    return report_database_fail(database, "opening the result database", error);
}

static bool check_identity(struct report_database *database,
                           const struct database_identity *identity, struct report_error *error)
{
    const char *path = database->shown;
    if (identity->application != REPORT_APPLICATION_ID)
        snprintf(error->message, sizeof error->message,
                 "%s: an SQLite database, but not one of throttlesim's (application_id 0x%llx, "
                 "expected 0x%x); it is left alone, name another file",
                 path, (unsigned long long)identity->application, REPORT_APPLICATION_ID);
    else if (identity->version > REPORT_SCHEMA_VERSION)
        snprintf(error->message, sizeof error->message,
                 "%s: written by a newer throttlesim (schema %lld, this one knows up to %d); use "
                 "that one, or name another file",
                 path, (long long)identity->version, REPORT_SCHEMA_VERSION);
    else if (identity->version < 1)
        snprintf(error->message, sizeof error->message,
                 "%s: the schema's number is %lld, expected 1 to %d; the file is damaged", path,
                 (long long)identity->version, REPORT_SCHEMA_VERSION);
    else
        return true;
    error->is_input = true;
    return false;
}

static bool is_blank(const struct database_identity *identity)
{
    return identity->application == 0 && identity->version == 0 && identity->objects == 0;
}

static bool is_table(struct report_database *database, const char *name)
{
    return sqlite3_table_column_metadata(database->handle, "main", name, NULL, NULL, NULL, NULL,
                                         NULL, NULL) == SQLITE_OK;
}

// What are views since schema 5 were tables: they keep their rows under another name.
static const char *const renamed[] = {"member_interval", "wait_interval", "counted_interval",
                                      "histogram"};

static bool rename_tables(struct report_database *database, struct report_error *error)
{
    bool good = true;
    for (size_t i = 0; good && i < sizeof renamed / sizeof renamed[0]; i++) {
        char sql[96];
        snprintf(sql, sizeof sql, "ALTER TABLE %s RENAME TO %s_row", renamed[i], renamed[i]);
        good = !is_table(database, renamed[i]) ||
               report_database_execute(database, "renaming tables", sql, error);
    }
    return good;
}

static bool create_tables(struct report_database *database, struct report_error *error)
{
    char identity[96];
    snprintf(identity, sizeof identity, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             REPORT_APPLICATION_ID, REPORT_SCHEMA_VERSION);
    // A view that has got a column since.
    static const char changed[] = "DROP VIEW IF EXISTS wait_interval";
    return rename_tables(database, error) &&
           report_database_execute(database, "creating the tables", changed, error) &&
           report_database_execute(database, "creating the tables", report_schema, error) &&
           report_database_execute(database, "creating the tables", identity, error);
}

// Another process may be doing the same: look again when the lock is held.
static bool bring_up_to_date(struct report_database *database, struct report_error *error)
{
    struct database_identity identity;
    if (!report_database_execute(database, "creating the tables", "BEGIN IMMEDIATE", error))
        return false;
    if (read_identity(database, &identity, error) &&
        (is_blank(&identity) || check_identity(database, &identity, error)) &&
        (identity.version == REPORT_SCHEMA_VERSION || create_tables(database, error)) &&
        report_database_execute(database, "creating the tables", "COMMIT", error))
        return true;
    if (!sqlite3_get_autocommit(database->handle))
        sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

// A connection, and each temporary table of a query, would begin with room for 20 pages, of which
// most use one: a third of the page faults of a short run. To count what it allocates takes a mutex
// each time, and a seventh of the instructions of such a run.
static void set_up_sqlite(void)
{
    sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static bool open_handle(struct report_database *database, int flags, struct report_error *error)
{
    const char *path = database->path != NULL ? database->path
                       : database->temporary  ? ""
                                              : ":memory:";
    static pthread_once_t is_set_up = PTHREAD_ONCE_INIT;
    pthread_once(&is_set_up, set_up_sqlite);
    // One thread at a time uses a handle, so SQLite need not guard it.
    if (sqlite3_open_v2(path, &database->handle, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        report_database_fail(database, "opening the result database", error);
        return false;
    }
    sqlite3_busy_timeout(database->handle, BUSY_TIMEOUT_MS);
    return true;
}

// A writer that was killed may have left a journal, which only a writer can take back. True if
// that has been done and the file is open for reading again.
static bool roll_back_journal(struct report_database *database, struct report_error *error)
{
    struct database_identity identity;
    if (sqlite3_extended_errcode(database->handle) != SQLITE_READONLY_ROLLBACK)
        return false;
    sqlite3_close(database->handle);
    database->handle = NULL;
    if (!open_handle(database, SQLITE_OPEN_READWRITE, error) ||
        !read_identity(database, &identity, error)) {
        snprintf(error->message, sizeof error->message,
                 "%s: the last writer was killed in the middle of writing; the file must be opened "
                 "once by somebody who may write to it and to its directory",
                 database->shown);
        return false;
    }
    sqlite3_close(database->handle);
    database->handle = NULL;
    return open_handle(database, SQLITE_OPEN_READONLY, error);
}

// A file of an earlier schema is not changed by reading it: what it lacks is there as empty
// temporary tables, so that whoever reads need not know when a table came up. What is a view now
// reads what was a table.
static bool add_missing_tables(struct report_database *database, struct report_error *error)
{
    static const char doing[] = "reading an earlier schema";
    sqlite3 *present = NULL;
    sqlite3_stmt *rows = NULL;
    bool good =
        sqlite3_open(":memory:", &present) == SQLITE_OK &&
        sqlite3_exec(present, report_schema, NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(present,
                           "SELECT name, substr(sql, 1 + length('CREATE ')), type = 'view', "
                           "iif(name LIKE '%\\_row' ESCAPE '\\', "
                           "substr(name, 1, length(name) - 4), '') FROM "
                           "sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid",
                           -1, &rows, NULL) == SQLITE_OK;
    if (!good)
        snprintf(error->message, sizeof error->message, "out of memory %s", doing);
    while (good && sqlite3_step(rows) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(rows, 0);
        const char *before = (const char *)sqlite3_column_text(rows, 3);
        bool is_view = sqlite3_column_int(rows, 2);
        char *sql =
            is_table(database, before)
                ? sqlite3_mprintf("CREATE TEMP VIEW %s AS SELECT * FROM main.%s", name, before)
                : sqlite3_mprintf("CREATE TEMP %s", sqlite3_column_text(rows, 1));
        if (is_view || !is_table(database, name))
            good = report_database_execute(database, doing, sql, error);
        sqlite3_free(sql);
    }
    sqlite3_finalize(rows);
    sqlite3_close(present);
    return good;
}

static bool open_for_reading(struct report_database *database, struct report_error *error)
{
    struct database_identity identity;
    if (!open_handle(database, SQLITE_OPEN_READONLY, error))
        return false;
    if (!read_identity(database, &identity, error) &&
        !(roll_back_journal(database, error) && read_identity(database, &identity, error)))
        return false;
    if (is_blank(&identity)) {
        error->is_input = true;
        snprintf(error->message, sizeof error->message,
                 "%s: empty, holds no runs; store one with: throttlesim run ... --db %s",
                 database->shown, database->shown);
        return false;
    }
    return check_identity(database, &identity, error) &&
           (identity.version == REPORT_SCHEMA_VERSION || add_missing_tables(database, error));
}

static bool open_for_writing(struct report_database *database, struct report_error *error)
{
    struct database_identity identity;
    if (!open_handle(database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, error) ||
        !read_identity(database, &identity, error))
        return false;
    if (!is_blank(&identity) && !check_identity(database, &identity, error))
        return false;
    if (identity.version < REPORT_SCHEMA_VERSION && !bring_up_to_date(database, error))
        return false;
    return report_database_execute(database, "opening the result database",
                                   "PRAGMA journal_mode = DELETE", error);
}

// What SQLite would only call "unable to open" or a "disk I/O error". False with the error filled.
static bool check_directory(const char *path, bool exists, struct report_error *error)
{
    const char *slash = strrchr(path, '/');
    int length = slash == NULL ? 1 : slash == path ? 1 : (int)(slash - path);
    char *directory = strndup(slash == NULL ? "." : path, (size_t)length);
    struct stat found;
    bool good = directory != NULL;
    if (directory == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory opening the database");
    } else if (stat(directory, &found) != 0) {
        good = false;
        snprintf(error->message, sizeof error->message, "%s: the directory '%s': %s%s", path,
                 directory, strerror(errno), errno == ENOENT ? "; make it first" : "");
    } else if (!S_ISDIR(found.st_mode)) {
        good = false;
        snprintf(error->message, sizeof error->message, "%s: '%s' is a file, not a directory", path,
                 directory);
    } else if (faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) != 0) {
        good = false;
        snprintf(error->message, sizeof error->message, "%s: no file can be made in '%s'%s: %s",
                 path, directory, exists ? ", and a journal must be beside the database" : "",
                 strerror(errno));
    }
    free(directory);
    return good;
}

static bool check_path(const char *path, enum report_mode mode, struct report_error *error)
{
    struct stat found;
    bool exists = stat(path, &found) == 0;
    if (*path == '\0') {
        snprintf(error->message, sizeof error->message, "the name of the database is empty");
        return false;
    }
    if (!exists && (mode == REPORT_READ || errno != ENOENT)) {
        int why = errno;
        if (mode != REPORT_READ && why == ENOTDIR)
            return check_directory(path, false, error);
        error->is_input = mode == REPORT_READ;
        snprintf(error->message, sizeof error->message, "%s: %s", path, strerror(why));
        return false;
    }
    if (exists && !S_ISREG(found.st_mode)) {
        error->is_input = mode == REPORT_READ;
        snprintf(error->message, sizeof error->message, "%s: this is %s; name a file%s", path,
                 S_ISDIR(found.st_mode) ? "a directory" : "no file but a device or a pipe",
                 S_ISDIR(found.st_mode) ? " in it" : "");
        return false;
    }
    int wanted = mode == REPORT_READ ? R_OK : R_OK | W_OK;
    if (exists && faccessat(AT_FDCWD, path, wanted, AT_EACCESS) != 0) {
        snprintf(error->message, sizeof error->message,
                 "%s: it cannot be %s: %s; name another file", path,
                 mode == REPORT_READ ? "read" : "written", strerror(errno));
        return false;
    }
    return mode == REPORT_READ || check_directory(path, exists, error);
}

struct report_database *report_database_open(const char *path, enum report_mode mode,
                                             struct report_error *error)
{
    struct report_database *database = calloc(1, sizeof *database);
    // SQLite takes some names as something else (":memory:", "", "file:..."), but none with a "./".
    const char *prefix = path != NULL && path[0] != '/' ? "./" : "";
    size_t size = path != NULL ? strlen(prefix) + strlen(path) + 1 : 1;
    char *full = malloc(size);
    error->is_input = false;
    if (database == NULL || full == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory opening the database");
        free(database);
        free(full);
        return NULL;
    }
    if (path != NULL) {
        snprintf(full, size, "%s%s", prefix, path);
        database->path = full;
        database->shown = full + strlen(prefix);
    } else {
        free(full);
        database->temporary = mode == REPORT_TEMPORARY;
        database->shown = database->temporary ? "temporary database" : "database in memory";
    }
    if ((path == NULL || check_path(path, mode, error)) &&
        (mode == REPORT_READ ? open_for_reading(database, error)
                             : open_for_writing(database, error)))
        return database;
    report_database_close(database);
    return NULL;
}

void report_database_close(struct report_database *database)
{
    if (database == NULL)
        return;
    sqlite3_close(database->handle);
    free(database->path);
    free(database);
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/reports/stored_run_lab.h"

#include "reports/database_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define RUN_COLUMNS                                                                                \
    "INSERT INTO run (run_id, status, error, name, scenario, version, sqlite, engine, device,"     \
    " interval_ns, started_at, end_ns, digest, arrived, dispatched, completed) VALUES "

// Of the run below, what its limits and operations did.
static const char small_effects[] =
    "INSERT INTO limit_effect VALUES"
    " (1, 0, 0, 'iops-total', 'operations', 10, 60, 20, 2, 6000000000, 6000000000),"
    " (1, 0, 0, 'bps-total', 'bytes', 1234567, 123456.7, NULL, 123456.7, NULL, 100000000),"
    " (1, 0, 0, 'iops-read', 'operations', 0, NULL, NULL, NULL, NULL, NULL),"
    " (1, 5000000000, 0, 'iops-total', 'operations', 5, 60, 20, 2, 4000000000, 12000000000);"
    "INSERT INTO operation_effect VALUES (1, 0, NULL, 0, 7, 0, 0, '7 requests wait, iops-total 10 "
    "-> 5'),"
    " (1, 1, NULL, 0, 9, 0, 0, ''), (3, 0, 0, 0, 1, 1, 5, char(27) || 'c' || char(10) || 'x');";

static const char small_run[] = RUN_COLUMNS
    "(1, 'complete', NULL, 'small.yaml', 'text', '0.1.0', '3.40.1', 'throttle-groups',"
    " 'recorded', 1000000000, '2026-01-01T00:00:00Z', 10500000000, '00c0ffee00c0ffee',"
    " 130, 125, 124);"
    "INSERT INTO member VALUES (1, 0, 'db', 'drive', 'db.blktrace'),"
    "                          (1, 1, 'web', 'filter', NULL);"
    "INSERT INTO throttle_group VALUES (1, 0, 'gold', 7, 28672),(1, 1, 'unused', NULL, NULL);"
    "INSERT INTO membership VALUES (1, 0, 0, 0),(1, 0, 1, 0),(1, 6000000000, 1, NULL);"
    "INSERT INTO limit_setting VALUES (1, 0, 0, 'iops-total', 10),(1, 0, 0, 'iops-total-max', 20),"
    " (1, 0, 0, 'iops-total-max-length', 3),(1, 0, 0, 'bps-total', 0),"
    " (1, 0, 0, 'bps-total-max-length', 1),(1, 5000000000, 0, 'iops-total', 5);"
    "INSERT INTO operation VALUES (1, 0, 5000000000, 'qom-set gold', 'done'),"
    " (1, 1, 5500000000, 'qom-set gold', 'iops-total-max is below iops-total');"
    "INSERT INTO notice VALUES (1, 0, 'cpu-missing', 'db.blktrace.1', 1, 'CPU 1 has no file.');"
    "INSERT INTO member_statistics VALUES"
    " (1, 0, 'read', 60, 245760, 30, 60, 60, 1.5, 9),(1, 0, 'write', 40, 1310720, 10, 35, 34, "
    "0.25, 4),"
    " (1, 0, 'read+write', 100, 1556480, 40, 95, 94, 1.75, 12),(1, 1, 'read', 30, 122880, 0, 30, "
    "30, 0, "
    "0),"
    " (1, 1, 'read+write', 30, 122880, 0, 30, 30, 0, 0);"
    "INSERT INTO latency_statistics VALUES"
    " (1, 0, 'read', 'throttle_wait', 60, 5e7, 100000, 0, 900000000, 950000000, 1000000000),"
    " (1, 0, 'read+write', 'throttle_wait', 95, 5e7, 0, 0, 1154000000, 1200000000, 1250000000),"
    " (1, 0, 'read+write', 'service', 94, 3e5, 250000, 0, 800000, 850000, 900000),"
    " (1, 0, 'read+write', 'total', 94, 51234567.8, 300000, 450600000, 1154000000, 1200000000, "
    "1250500000),"
    " (1, 0, 'read+write', 'recorded', 94, 5e7, 310000, 449000000, 1155600000, 1200000000, "
    "1300000000),"
    " (1, 1, 'read', 'total', 30, 2e5, 200000, 210000, 220000, 230000, 230000),"
    " (1, 1, 'read+write', 'total', 30, 2e5, 200000, 210000, 220000, 230000, 230000);"
    "INSERT INTO histogram_row VALUES (1, 0, 'read+write', 'total', 0, 0, 40),"
    " (1, 0, 'read+write', 'total', 300000, 301000, 40),(1, 0, 'read+write', 'total', 1150000000, "
    "1160000000, "
    "14),"
    " (1, 1, 'read+write', 'total', 200000, 230000, 30);"
    "INSERT INTO member_interval_row VALUES"
    " (1, 0, 0, 'read', 40, 163840, 20, 81920, 20, 81920, 20, 25, 3e5, 300000, 900000, 900000),"
    " (1, 0, 0, 'write', 40, 1310720, 15, 491520, 15, 491520, 25, 25, 3e5, 0, 1000000, 1000000),"
    " (1, 0, 1, 'read', 30, 122880, 30, 122880, 30, 122880, 0, 0, 2e5, 200000, 220000, 230000),"
    " (1, 7, 0, 'read', 20, 81920, 40, 163840, 40, 163840, 0, 20, 3e5, 300000, 900000, 900000),"
    " (1, 0, 0, 'read+write', 80, 1474560, 35, 573440, 35, 573440, 45, 48, 3e5, 200000, 950000,"
    "  1000000),"
    " (1, 0, 1, 'read+write', 30, 122880, 30, 122880, 30, 122880, 0, 0, 2e5, 200000, 220000,"
    "  230000),"
    " (1, 7, 0, 'read+write', 20, 81920, 40, 163840, 40, 163840, 25, 45, 3e5, 300000, 900000,"
    "  900000),"
    " (1, 2, 0, 'flush', 5, 0, 5, 0, 5, 0, 0, 0, 0, 0, 0, 0),"
    " (1, 2, 0, 'discard', 5, 4e9, 5, 4e9, 5, 4e9, 0, 0, 0, 0, 0, 0),"
    " (1, 2, 1, 'discard', 3, 3e6, 3, 3e6, 3, 3e6, 0, 0, 0, 0, 0, 0),"
    " (1, 8, 1, 'read', 1, 4096, 1, 4096, 1, 4096, 0, 0, 0, 0, 0, 0),"
    " (1, 8, 1, 'read+write', 1, 4096, 1, 4096, 1, 4096, 0, 0, 0, 0, 0, 0);"
    "INSERT INTO group_interval VALUES (1, 0, 0, 2, 0.9, 0.8),(1, 1, 0, 2, 1.0, 1.0),"
    " (1, 7, 0, 1, 1.0, 1.0);"
    "INSERT INTO bucket_interval VALUES (1, 0, 0, 'iops-total', 60, 60, 2, 2),"
    " (1, 7, 0, 'iops-total', 30, 60, 0, 2);"
    "INSERT INTO wait_interval_row VALUES"
    " (1, 0, 0, 'read', 'iops-total', 10, 1000000000),(1, 0, 0, 'read', 'queue', 9, 5000000000),"
    " (1, 0, 0, 'write', 'bps-total-max', 2, 500000000),(1, 0, 0, 'write', 'turn', 2, 250000000),"
    " (1, 7, 0, 'read', 'iops-total', 15, 2000000000),(1, 7, 0, 'read', 'queue', 14, 6000000000),"
    " (1, 7, 0, 'write', 'bps-total', 3, 250000000),(1, 7, 0, 'read', 'timer', 1, 1000),"
    " (1, 2, 1, 'discard', 'turn', 1, 999000);"
    "INSERT INTO burst_end VALUES (1, 500000000, 0, 'iops-total', 6100000000),"
    " (1, 7500000000, 0, 'iops-total', 12200000000),(1, 600000000, 0, 'bps-total', 1000000);";

static const char small_more[] =
    "INSERT INTO assumption VALUES (1, 0, 'attach', 'drive', 'drive; discards are not throttled'),"
    " (1, 1, 'left out', 'end', 'what comes after a sentence that is too long for one line');"
    "INSERT INTO achieved VALUES"
    " (1, 'member', 0, 'read', 60, 245760, 60, 245760, 59, 241664, 8000000000, 10000000000, 4e9),"
    " (1, 'member', 0, 'read+write', 100, 1556480, 94, 1310720, 93, 1306624, 8000000000,"
    "  10000000000, 4e9), (1, 'member', 1, 'read+write', 30, 122880, 30, 122880, 0, 0, 8000000000,"
    "  10000000000, 0), (1, 'throttle_group', 0, 'read+write', 120, 1638400, 114, 1392640, 100,"
    "  1351680, 8000000000, 10000000000, 5e9), (1, 'all', 0, 'read+write', 130, 1679360, 124,"
    "  1433600, 100, 1351680, 8000000000, 10000000000, 5e9);";

static const char empty_run[] =
    RUN_COLUMNS "(2, 'interrupted', NULL, 'empty.yaml', '', '0.1.0', '3.40.1', 'throttle-groups',"
                " 'null', 1000000000, '2026-01-01T00:00:00Z', 0, NULL, 0, 0, 0);"
                "INSERT INTO member VALUES (2, 0, 'idle', 'filter', NULL);"
                "INSERT INTO throttle_group VALUES (2, 0, 'g', NULL, NULL);";

// The characters come as numbers, so that this file itself is harmless to show. 27: escape,
// 0x9b: the same in one character, 0x202e: writes what follows from right to left.
static const char hostile_run[] = RUN_COLUMNS
    "(3, 'failed', 'disk' || char(10) || char(27) || '[2J', char(27) || ']0;x' || char(7)"
    " || '`touch pwned-title`', '', '0.1.0', '3.40.1', 'throttle-groups', 'null', 1000000000,"
    " '2026-01-01T00:00:00Z', 3000000000, 'x', 5, 5, 5);"
    "INSERT INTO member VALUES (3, 0, '\"; system(\"touch pwned-double\") #', 'filter', NULL),"
    " (3, 1, '''; system(''touch pwned-single'') #', 'filter', NULL),"
    " (3, 2, '`touch pwned-back` @pwned \\', 'filter', NULL),"
    " (3, 3, char(10) || 'EOD' || char(10) || 'system \"touch pwned-line\"' || char(10), 'filter',"
    " NULL), (3, 4, '<&>' || char(0x9b, 0x202e) || CAST(x'ff' AS TEXT) || "
    "replace(hex(zeroblob(200)),"
    " '0', 'y'), 'filter', NULL);"
    "INSERT INTO throttle_group VALUES (3, 0, ''';!touch pwned-group', 1, 1),"
    " (3, 1, '%s%n{/Symbol a}', 1, 1);"
    "INSERT INTO membership SELECT 3, 0, member_id, 0 FROM member WHERE run_id = 3;"
    "INSERT INTO limit_setting VALUES (3, 0, 0, 'iops-total', 10), (3, 0, 0, 'x'';y' || char(27), "
    "1);"
    "INSERT INTO member_statistics SELECT 3, member_id, direction, 1, 1, 1, 1, 1, 1, 1 FROM member,"
    " (SELECT 'read' AS direction UNION SELECT 'read+write') WHERE run_id = 3;"
    "INSERT INTO member_interval_row SELECT 3, 1, member_id, 'read+write', 1, 1, 1, 1, 1, 1, 1, 1, "
    "1, "
    "1, 1, 1"
    " FROM member WHERE run_id = 3;"
    "INSERT INTO histogram_row SELECT 3, member_id, 'read+write', 'total', 1, 1, 1 FROM member "
    "WHERE "
    "run_id = "
    "3;"
    "INSERT INTO bucket_interval VALUES (3, 1, 0, ''';system(\"touch pwned-bucket\")', 1, 1, 1, 1);"
    "INSERT INTO group_interval VALUES (3, 1, 0, 2, 1, 1);"
    "INSERT INTO notice VALUES (3, 0, 'kind' || char(13), char(27) || '[31m', 1, char(8));"
    "INSERT INTO operation VALUES (3, 0, 1, char(27) || 'c', 'done');"
    "INSERT INTO wait_interval_row SELECT 3, 1, member_id, char(27) || '[1m', char(10) || 'x', 1, 1"
    " FROM member WHERE run_id = 3;"
    "INSERT INTO wait_interval_row VALUES (3, -5, 0, 'read', 'queue', 1, -1),"
    " (3, 9000000000000000000, 0, 'read', 'queue', 1, 'text'), (3, 1, 77, 'read', 'turn', -1, 7);"
    "INSERT INTO burst_end SELECT 3, 1, group_id, char(10) || key, 1 FROM throttle_group,"
    " (SELECT 'k' || char(27) AS key) WHERE run_id = 3;";

static const char many_run[] = RUN_COLUMNS
    "(4, 'running', NULL, 'many.yaml', '', '0.1.0', '3.40.1', 'throttle-groups', 'null',"
    " 1000000000, '2026-01-01T00:00:00Z', NULL, NULL, NULL, NULL, NULL);"
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 39)"
    " INSERT INTO member SELECT 4, i, 'disk' || i, 'filter', NULL FROM n;"
    "INSERT INTO throttle_group VALUES (4, 0, 'gold', 1, 1);"
    "INSERT INTO membership SELECT 4, 0, member_id, 0 FROM member WHERE run_id = 4;"
    "INSERT INTO member_statistics SELECT 4, member_id, 'read+write', member_id, 1, 1, 1, 1, 1, 1"
    " FROM member WHERE run_id = 4;"
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 7 FROM n WHERE i < 4993)"
    " INSERT INTO member_interval_row SELECT 4, i, member_id, 'read+write', 2, 8192, 2, 8192, 2, "
    "8192,"
    " i % 5, i % 5, 1e6, 1000000 + i, 2000000 + i, 3000000 + i FROM n, member WHERE run_id = 4;"
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 7 FROM n WHERE i < 4993)"
    " INSERT INTO wait_interval_row SELECT 4, i, member_id, 'write', cause, 1, i * 1000 FROM n, "
    "member,"
    " (SELECT 'bps-write' AS cause UNION SELECT 'queue' UNION SELECT 'turn' UNION SELECT 'timer'"
    "  UNION SELECT 'bps-write-max' UNION SELECT 'iops-total' UNION SELECT 'iops-total-max')"
    " WHERE run_id = 4 AND member_id > 36;"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 23)"
    " INSERT INTO burst_end SELECT 4, i * 1000000000, 0, 'bps-write', i FROM n;";

static const char long_run[] = RUN_COLUMNS
    "(5, 'complete', NULL, 'long.yaml', '', '0.1.0', '3.40.1', 'throttle-groups', 'null',"
    " 1000000000, '2026-01-01T00:00:00Z', 60000000000000000, 'x', 2, 2, 2);"
    "INSERT INTO member VALUES (5, 0, 'disk', 'filter', NULL);"
    "INSERT INTO throttle_group VALUES (5, 0, 'gold', 0, 0);"
    "INSERT INTO membership VALUES (5, 0, 0, 0);"
    "INSERT INTO limit_setting VALUES (5, 0, 0, 'iops-total', 123456),"
    " (5, 0, 0, 'iops-total-max', 1000000), (5, 0, 0, 'bps-total', 10000000),"
    " (5, 0, 0, 'bps-total-max', 10485760);"
    "INSERT INTO member_interval_row VALUES"
    " (5, 0, 0, 'read+write', 43200, 43200000, 43200, 43200000, 43200, 43200000, 0, 1, 1e6,"
    "  1000000, 1000000, 1000000),"
    " (5, 59990000, 0, 'read+write', 1, 4096, 1, 4096, 1, 4096, 0, 1, 1e6, 1000000, 1000000,"
    "  1000000);"
    "INSERT INTO bucket_interval VALUES (5, 0, 0, 'iops-total', 134000, 100, 0, 0);"
    "INSERT INTO wait_interval_row VALUES (5, 0, 0, 'write', 'queue', 1, 9223372036854775807),"
    " (5, 1, 0, 'write', 'queue', 1, 9223372036854775807),"
    " (5, 0, 0, 'write', 'turn', 1, 9223372036854775806), (5, 1, 0, 'write', 'turn', 1, 1);";

struct report_database *stored_run_open(void)
{
    struct report_error error = {.message = ""};
    struct report_database *database = report_database_open(NULL, REPORT_WRITE, &error);
    static const char *const runs[] = {small_run,   small_effects, small_more, empty_run,
                                       hostile_run, many_run,      long_run};
    if (database == NULL)
        fail_msg("%s", error.message);
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        if (!report_database_execute(database, "making a run for a test", runs[i], &error))
            fail_msg("%s", error.message);
    }
    return database;
}

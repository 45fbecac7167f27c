-- SPDX-License-Identifier: GPL-2.0-or-later
-- The result database. Documented in docs/database.md. All times and latencies are integer
-- nanoseconds of the virtual clock; interval N covers [N * interval_ns, (N + 1) * interval_ns).
--
-- Creates what is missing, so that it also brings a file with an older schema up to date.

CREATE TABLE IF NOT EXISTS run (
    run_id      INTEGER PRIMARY KEY,
    status      TEXT NOT NULL CHECK (status IN ('running', 'complete', 'failed', 'interrupted')),
    error       TEXT,
    name        TEXT NOT NULL,
    scenario    TEXT NOT NULL,
    version     TEXT NOT NULL,
    sqlite      TEXT NOT NULL,
    engine      TEXT NOT NULL,
    device      TEXT NOT NULL,
    interval_ns INTEGER NOT NULL,
    started_at  TEXT NOT NULL,
    finished_at TEXT,
    digest      TEXT,
    end_ns      INTEGER,
    arrived     INTEGER,
    dispatched  INTEGER,
    completed   INTEGER
);

CREATE TABLE IF NOT EXISTS member (
    run_id    INTEGER NOT NULL REFERENCES run,
    member_id INTEGER NOT NULL,
    name      TEXT NOT NULL,
    attach    TEXT NOT NULL,
    trace     TEXT,
    PRIMARY KEY (run_id, member_id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS throttle_group (
    run_id   INTEGER NOT NULL REFERENCES run,
    group_id INTEGER NOT NULL,
    name     TEXT NOT NULL,
    max_service_difference_requests INTEGER,
    max_service_difference_bytes    INTEGER,
    PRIMARY KEY (run_id, group_id)
) WITHOUT ROWID;

-- Which group a member was in from when on; group_id NULL: in none.
CREATE TABLE IF NOT EXISTS membership (
    run_id    INTEGER NOT NULL REFERENCES run,
    at_ns     INTEGER NOT NULL,
    member_id INTEGER NOT NULL,
    group_id  INTEGER
);

-- Which group each throttle of a member was in from when on, of members that have several. stage: 0
-- is nearest to the disk; the topmost is in `membership` as well.
CREATE TABLE IF NOT EXISTS stage_membership (
    run_id    INTEGER NOT NULL REFERENCES run,
    at_ns     INTEGER NOT NULL,
    member_id INTEGER NOT NULL,
    stage     INTEGER NOT NULL,
    group_id  INTEGER
);

-- Which groups members were in, with all of their throttles.
CREATE VIEW IF NOT EXISTS group_member AS
SELECT run_id, at_ns, member_id, group_id FROM membership
UNION
SELECT run_id, at_ns, member_id, group_id FROM stage_membership;

-- What a throttle is called: after the group that it was in first.
CREATE VIEW IF NOT EXISTS stage_name AS
SELECT s.run_id, s.member_id, s.stage, coalesce(g.name, 'none') AS name, min(s.at_ns) AS at_ns
FROM stage_membership AS s LEFT JOIN throttle_group AS g USING (run_id, group_id)
GROUP BY s.run_id, s.member_id, s.stage;

-- Which value a limit had from when on.
CREATE TABLE IF NOT EXISTS limit_setting (
    run_id   INTEGER NOT NULL REFERENCES run,
    at_ns    INTEGER NOT NULL,
    group_id INTEGER NOT NULL,
    key      TEXT NOT NULL,
    value    INTEGER NOT NULL
);

-- What a limit lets through from when on: its rate, and the allowance beyond that, in bytes or
-- operations. rate 0: it is gone. burst_rate NULL: as fast as it is asked for. An algorithm that
-- counts in slices has no allowance: NULL.
CREATE TABLE IF NOT EXISTS limit_effect (
    run_id     INTEGER NOT NULL REFERENCES run,
    at_ns      INTEGER NOT NULL,
    group_id   INTEGER NOT NULL,
    key        TEXT NOT NULL,
    unit       TEXT NOT NULL CHECK (unit IN ('bytes', 'operations')),
    rate       REAL NOT NULL,
    allowance  REAL,
    burst_rate REAL,
    at_once    REAL,
    burst_ns   INTEGER,
    refill_ns  INTEGER
);

CREATE TABLE IF NOT EXISTS operation (
    run_id INTEGER NOT NULL REFERENCES run,
    seq    INTEGER NOT NULL,
    at_ns  INTEGER NOT NULL,
    what   TEXT NOT NULL,
    result TEXT NOT NULL,
    PRIMARY KEY (run_id, seq)
) WITHOUT ROWID;

-- What the operations that were done changed, and which requests they let go.
CREATE TABLE IF NOT EXISTS operation_effect (
    run_id           INTEGER NOT NULL REFERENCES run,
    seq              INTEGER NOT NULL,
    member_id        INTEGER,
    group_id         INTEGER,
    waiting          INTEGER NOT NULL,
    released         INTEGER NOT NULL,
    released_wait_ns INTEGER NOT NULL,
    text             TEXT NOT NULL,
    PRIMARY KEY (run_id, seq)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS notice (
    run_id INTEGER NOT NULL REFERENCES run,
    seq    INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    source TEXT NOT NULL,
    count  INTEGER NOT NULL,
    text   TEXT NOT NULL,
    PRIMARY KEY (run_id, seq)
) WITHOUT ROWID;

-- direction: read, write (write zeroes too), discard, flush, or read+write: both together.
CREATE TABLE IF NOT EXISTS member_statistics (
    run_id     INTEGER NOT NULL REFERENCES run,
    member_id  INTEGER NOT NULL,
    direction  TEXT NOT NULL,
    requests   INTEGER NOT NULL,
    bytes      INTEGER NOT NULL,
    waited     INTEGER NOT NULL,
    dispatched INTEGER NOT NULL,
    completed  INTEGER NOT NULL,
    queue_mean REAL NOT NULL,
    queue_max  INTEGER NOT NULL,
    PRIMARY KEY (run_id, member_id, direction)
) WITHOUT ROWID;

-- metric: throttle_wait, service, total, recorded (the recording's own total).
CREATE TABLE IF NOT EXISTS latency_statistics (
    run_id    INTEGER NOT NULL REFERENCES run,
    member_id INTEGER NOT NULL,
    direction TEXT NOT NULL,
    metric    TEXT NOT NULL,
    count     INTEGER NOT NULL,
    mean_ns   REAL NOT NULL,
    p50_ns    INTEGER NOT NULL,
    p90_ns    INTEGER NOT NULL,
    p99_ns    INTEGER NOT NULL,
    p999_ns   INTEGER NOT NULL,
    max_ns    INTEGER NOT NULL,
    PRIMARY KEY (run_id, member_id, direction, metric)
) WITHOUT ROWID;

-- How many latencies lay in which bucket: {"bucket": count, ...}, in one or more rows. Bucket B of
-- fold F reaches over the buckets B * 2^F to (B + 1) * 2^F - 1 of reports/histogram.h. Those of
-- read+write are not stored. member_id -1: all members together, if any other is folded.
CREATE TABLE IF NOT EXISTS latency_histogram (
    run_id    INTEGER NOT NULL REFERENCES run,
    member_id INTEGER NOT NULL,
    direction TEXT NOT NULL,
    metric    TEXT NOT NULL,
    first     INTEGER NOT NULL,
    fold      INTEGER NOT NULL,
    buckets   TEXT NOT NULL,
    PRIMARY KEY (run_id, member_id, direction, metric, first)
) WITHOUT ROWID;

-- Rows of runs of schemas 1 to 4.
CREATE TABLE IF NOT EXISTS histogram_row (
    run_id    INTEGER NOT NULL REFERENCES run,
    member_id INTEGER NOT NULL,
    direction TEXT NOT NULL,
    metric    TEXT NOT NULL,
    low_ns    INTEGER NOT NULL,
    high_ns   INTEGER NOT NULL,
    count     INTEGER NOT NULL,
    PRIMARY KEY (run_id, member_id, direction, metric, low_ns)
) WITHOUT ROWID;

-- Each bucket's first and width as a power of two.
CREATE VIEW IF NOT EXISTS latency_bucket AS
SELECT run_id, member_id, direction, metric,
       (b.key << h.fold) - max(0, (b.key << h.fold) / 128 - 1) * 128
           << max(0, (b.key << h.fold) / 128 - 1) AS low_ns,
       h.fold + max(0, (b.key << h.fold) / 128 - 1) AS width, b.value AS count
FROM latency_histogram AS h, json_each(h.buckets) AS b;

-- count latencies lay in [low_ns, high_ns].
CREATE VIEW IF NOT EXISTS histogram AS
SELECT run_id, member_id, direction, metric, low_ns, high_ns, count FROM histogram_row
UNION ALL
SELECT run_id, member_id, direction, metric, low_ns, low_ns | ~(-1 << width), count
FROM latency_bucket WHERE member_id >= 0
UNION ALL
SELECT run_id, member_id, 'read+write', metric, low_ns, low_ns | ~(-1 << width), sum(count)
FROM latency_bucket WHERE member_id >= 0 AND direction IN ('read', 'write')
GROUP BY run_id, member_id, metric, low_ns, width;

-- Since schema 5 rows over time are kept as cells, many in a row; those of earlier runs are in the
-- tables named _row. The views have both.
--
-- An interval in which nothing of a member and direction happened has no row.
-- waiting: at the interval's end; latencies: total, of those completed in it.
CREATE TABLE IF NOT EXISTS member_interval_row (
    run_id           INTEGER NOT NULL REFERENCES run,
    interval         INTEGER NOT NULL,
    member_id        INTEGER NOT NULL,
    direction        TEXT NOT NULL,
    arrived          INTEGER NOT NULL,
    arrived_bytes    INTEGER NOT NULL,
    dispatched       INTEGER NOT NULL,
    dispatched_bytes INTEGER NOT NULL,
    completed        INTEGER NOT NULL,
    completed_bytes  INTEGER NOT NULL,
    waiting          INTEGER NOT NULL,
    waiting_max      INTEGER NOT NULL,
    latency_mean_ns  REAL,
    latency_p50_ns   INTEGER,
    latency_p99_ns   INTEGER,
    latency_max_ns   INTEGER,
    PRIMARY KEY (run_id, interval, member_id, direction)
) WITHOUT ROWID;

-- cells: [[interval, arrived, arrived_bytes, dispatched, dispatched_bytes, completed,
-- completed_bytes, waiting, waiting_max, and of those that completed the sum of latencies, p50,
-- p99, the largest], ...]. Each stands for so many intervals, from that on.
CREATE TABLE IF NOT EXISTS member_series (
    run_id    INTEGER NOT NULL REFERENCES run,
    member_id INTEGER NOT NULL,
    direction TEXT NOT NULL,
    first     INTEGER NOT NULL,
    intervals INTEGER NOT NULL,
    cells     TEXT NOT NULL,
    PRIMARY KEY (run_id, member_id, direction, first)
) WITHOUT ROWID;

CREATE VIEW IF NOT EXISTS member_interval AS
SELECT *, 1 AS intervals FROM member_interval_row
UNION ALL
SELECT s.run_id, json_extract(c.value, '$[0]'), s.member_id, s.direction,
       json_extract(c.value, '$[1]'), json_extract(c.value, '$[2]'),
       json_extract(c.value, '$[3]'), json_extract(c.value, '$[4]'),
       json_extract(c.value, '$[5]'), json_extract(c.value, '$[6]'),
       json_extract(c.value, '$[7]'), json_extract(c.value, '$[8]'),
       CAST(json_extract(c.value, '$[9]') AS REAL) / json_extract(c.value, '$[5]'),
       json_extract(c.value, '$[10]'), json_extract(c.value, '$[11]'),
       json_extract(c.value, '$[12]'),
       s.intervals
FROM member_series AS s, json_each(s.cells) AS c;

-- backlogged: members that had a throttled request waiting at every moment of the interval; Jain's
-- index is over what throttled requests these had dispatched, NULL if there were none.
CREATE TABLE IF NOT EXISTS group_interval (
    run_id        INTEGER NOT NULL REFERENCES run,
    interval      INTEGER NOT NULL,
    group_id      INTEGER NOT NULL,
    backlogged    INTEGER NOT NULL,
    jain_requests REAL,
    jain_bytes    REAL,
    PRIMARY KEY (run_id, interval, group_id)
) WITHOUT ROWID;

-- Jain's indices over spans of span_ns in which at least two members were backlogged, whatever the
-- run's interval.
CREATE TABLE IF NOT EXISTS group_contention (
    run_id             INTEGER NOT NULL REFERENCES run,
    group_id           INTEGER NOT NULL,
    span_ns            INTEGER NOT NULL,
    contended          INTEGER NOT NULL,
    jain_requests_mean REAL,
    jain_requests_min  REAL,
    jain_bytes_mean    REAL,
    jain_bytes_min     REAL,
    PRIMARY KEY (run_id, group_id)
) WITHOUT ROWID;

-- At the interval's end.
CREATE TABLE IF NOT EXISTS bucket_interval (
    run_id      INTEGER NOT NULL REFERENCES run,
    interval    INTEGER NOT NULL,
    group_id    INTEGER NOT NULL,
    bucket      TEXT NOT NULL,
    level       REAL NOT NULL,
    size        REAL NOT NULL,
    burst_level REAL NOT NULL,
    burst_size  REAL NOT NULL,
    PRIMARY KEY (run_id, interval, group_id, bucket)
) WITHOUT ROWID;

-- Why the requests waited that were dispatched in the interval. Those of read+write are not stored.
CREATE TABLE IF NOT EXISTS wait_interval_row (
    run_id    INTEGER NOT NULL REFERENCES run,
    interval  INTEGER NOT NULL,
    member_id INTEGER NOT NULL,
    direction TEXT NOT NULL,
    cause     TEXT NOT NULL,
    requests  INTEGER NOT NULL,
    wait_ns   INTEGER NOT NULL,
    PRIMARY KEY (run_id, interval, member_id, direction, cause)
) WITHOUT ROWID;

-- cells: [[interval, requests, wait_ns], ...]
CREATE TABLE IF NOT EXISTS wait_series (
    run_id    INTEGER NOT NULL REFERENCES run,
    member_id INTEGER NOT NULL,
    direction TEXT NOT NULL,
    cause     TEXT NOT NULL,
    first     INTEGER NOT NULL,
    intervals INTEGER NOT NULL,
    cells     TEXT NOT NULL,
    PRIMARY KEY (run_id, member_id, direction, cause, first)
) WITHOUT ROWID;

-- The same of members with several throttles, for each of these: 0 is nearest to the disk.
CREATE TABLE IF NOT EXISTS stage_wait_series (
    run_id    INTEGER NOT NULL REFERENCES run,
    member_id INTEGER NOT NULL,
    stage     INTEGER NOT NULL,
    direction TEXT NOT NULL,
    cause     TEXT NOT NULL,
    first     INTEGER NOT NULL,
    intervals INTEGER NOT NULL,
    cells     TEXT NOT NULL,
    PRIMARY KEY (run_id, member_id, stage, direction, cause, first)
) WITHOUT ROWID;

-- stage NULL: a member with one throttle. Until schema 5 there was no such column.
CREATE VIEW IF NOT EXISTS wait_interval AS
SELECT *, 1 AS intervals, NULL AS stage FROM wait_interval_row
UNION ALL
SELECT s.run_id, json_extract(c.value, '$[0]'), s.member_id, s.direction, s.cause,
       json_extract(c.value, '$[1]'), json_extract(c.value, '$[2]'),
       s.intervals, NULL
FROM wait_series AS s, json_each(s.cells) AS c
UNION ALL
SELECT s.run_id, json_extract(c.value, '$[0]'), s.member_id, s.direction, s.cause,
       json_extract(c.value, '$[1]'), json_extract(c.value, '$[2]'),
       s.intervals, s.stage
FROM stage_wait_series AS s, json_each(s.cells) AS c;

-- As how many operations the requests that were dispatched in the interval counted beyond one each,
-- because of iops-size. Only where there are any; those of read+write are not stored.
CREATE TABLE IF NOT EXISTS counted_interval_row (
    run_id    INTEGER NOT NULL REFERENCES run,
    interval  INTEGER NOT NULL,
    member_id INTEGER NOT NULL,
    direction TEXT NOT NULL,
    extra     REAL NOT NULL,
    PRIMARY KEY (run_id, interval, member_id, direction)
) WITHOUT ROWID;

-- cells: [[interval, millionths of extra], ...]
CREATE TABLE IF NOT EXISTS counted_series (
    run_id    INTEGER NOT NULL REFERENCES run,
    member_id INTEGER NOT NULL,
    direction TEXT NOT NULL,
    first     INTEGER NOT NULL,
    intervals INTEGER NOT NULL,
    cells     TEXT NOT NULL,
    PRIMARY KEY (run_id, member_id, direction, first)
) WITHOUT ROWID;

CREATE VIEW IF NOT EXISTS counted_interval AS
SELECT *, 1 AS intervals FROM counted_interval_row
UNION ALL
SELECT s.run_id, json_extract(c.value, '$[0]'), s.member_id, s.direction,
       json_extract(c.value, '$[1]') / 1e6,
       s.intervals
FROM counted_series AS s, json_each(s.cells) AS c;

-- How many reads and writes of all members completed in the interval with a total latency from
-- low_ns on: 0, 2^n or 3 * 2^(n-1), up to the next of these.
CREATE TABLE IF NOT EXISTS latency_interval (
    run_id   INTEGER NOT NULL REFERENCES run,
    interval INTEGER NOT NULL,
    low_ns   INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    PRIMARY KEY (run_id, interval, low_ns)
) WITHOUT ROWID;

-- A burst allowance ran out, and how long it takes to be whole again if nothing more leaves.
CREATE TABLE IF NOT EXISTS burst_end (
    run_id    INTEGER NOT NULL REFERENCES run,
    at_ns     INTEGER NOT NULL,
    group_id  INTEGER NOT NULL,
    key       TEXT NOT NULL,
    refill_ns INTEGER NOT NULL
);

-- Of reads and writes: what was asked for and what was got, of a member, a group, or all (id 0).
-- busy: a read or write of it in the throttle or at the device.
CREATE TABLE IF NOT EXISTS achieved (
    run_id          INTEGER NOT NULL REFERENCES run,
    scope           TEXT NOT NULL CHECK (scope IN ('member', 'throttle_group', 'all')),
    id              INTEGER NOT NULL,
    direction       TEXT NOT NULL,
    arrived         INTEGER NOT NULL,
    arrived_bytes   INTEGER NOT NULL,
    completed       INTEGER NOT NULL,
    completed_bytes INTEGER NOT NULL,
    busy_completed  INTEGER NOT NULL,
    busy_bytes      INTEGER NOT NULL,
    arrival_ns      INTEGER NOT NULL,
    run_ns          INTEGER NOT NULL,
    busy_ns         INTEGER NOT NULL,
    PRIMARY KEY (run_id, scope, id, direction)
) WITHOUT ROWID;

CREATE VIEW IF NOT EXISTS achieved_rate AS
SELECT run_id, scope, id, direction,
       1e9 * arrived / nullif(arrival_ns, 0) AS demanded_requests_per_s,
       1e9 * arrived_bytes / nullif(arrival_ns, 0) AS demanded_bytes_per_s,
       1e9 * completed / nullif(run_ns, 0) AS requests_per_s,
       1e9 * completed_bytes / nullif(run_ns, 0) AS bytes_per_s,
       1e9 * busy_completed / nullif(busy_ns, 0) AS busy_requests_per_s,
       1e9 * busy_bytes / nullif(busy_ns, 0) AS busy_bytes_per_s,
       1.0 * busy_ns / nullif(run_ns, 0) AS busy_share
FROM achieved;

-- What the run takes for granted where it could be otherwise, in the order in which it is shown.
CREATE TABLE IF NOT EXISTS assumption (
    run_id INTEGER NOT NULL REFERENCES run,
    seq    INTEGER NOT NULL,
    key    TEXT NOT NULL,
    value  TEXT NOT NULL,
    text   TEXT NOT NULL,
    PRIMARY KEY (run_id, seq)
) WITHOUT ROWID;

-- Only with --log requests.
CREATE TABLE IF NOT EXISTS request (
    run_id      INTEGER NOT NULL REFERENCES run,
    seq         INTEGER NOT NULL,
    member_id   INTEGER NOT NULL,
    op          TEXT NOT NULL,
    offset      INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,
    arrival_ns  INTEGER NOT NULL,
    dispatch_ns INTEGER,
    complete_ns INTEGER,
    PRIMARY KEY (run_id, seq)
) WITHOUT ROWID;

-- Only with --log requests, of members with several throttles: when it left each that counts it.
CREATE TABLE IF NOT EXISTS request_stage (
    run_id  INTEGER NOT NULL REFERENCES run,
    seq     INTEGER NOT NULL,
    stage   INTEGER NOT NULL,
    left_ns INTEGER NOT NULL,
    PRIMARY KEY (run_id, seq, stage)
) WITHOUT ROWID;

-- Only of runs whose arrivals answer: which request of the recordings each is, in their order.
CREATE TABLE IF NOT EXISTS request_place (
    run_id INTEGER NOT NULL REFERENCES run,
    seq    INTEGER NOT NULL,
    place  INTEGER NOT NULL,
    PRIMARY KEY (run_id, seq)
) WITHOUT ROWID;

CREATE VIEW IF NOT EXISTS request_log AS
SELECT r.run_id, r.seq, m.name AS member, r.op, r.offset, r.bytes,
       r.arrival_ns, r.dispatch_ns, r.complete_ns
FROM request AS r JOIN member AS m USING (run_id, member_id);

-- Many variants of one scenario, its points: each a combination of values. What makes two sweeps
-- one, so that it goes on where it was interrupted, is in `identity`: scenario, settings, seeds,
-- figures, and the requests in the traces.
CREATE TABLE IF NOT EXISTS sweep (
    sweep_id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL,
    name     TEXT NOT NULL,
    scenario TEXT NOT NULL,
    version  TEXT NOT NULL,
    requests INTEGER NOT NULL,
    points   INTEGER NOT NULL,
    seeds    INTEGER NOT NULL
);

-- Point P (from 1) has the value at position (P - 1) / stride % count.
CREATE TABLE IF NOT EXISTS sweep_setting (
    sweep_id INTEGER NOT NULL REFERENCES sweep,
    setting  INTEGER NOT NULL,
    key      TEXT NOT NULL,
    count    INTEGER NOT NULL,
    stride   INTEGER NOT NULL,
    PRIMARY KEY (sweep_id, setting)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS sweep_value (
    sweep_id INTEGER NOT NULL REFERENCES sweep,
    setting  INTEGER NOT NULL,
    position INTEGER NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (sweep_id, setting, position)
) WITHOUT ROWID;

-- What is stored of each point: worst.read+write.p99, as a condition of compare names it. Times are
-- in ns, bytes and requests per second.
CREATE TABLE IF NOT EXISTS sweep_figure (
    sweep_id INTEGER NOT NULL REFERENCES sweep,
    figure   INTEGER NOT NULL,
    name     TEXT NOT NULL,
    PRIMARY KEY (sweep_id, figure)
) WITHOUT ROWID;

-- One run of a point: with which of the seeds, from 0. exit_code: 0, or what 'throttlesim run'
-- would have ended with, and the error.
CREATE TABLE IF NOT EXISTS sweep_point (
    sweep_id   INTEGER NOT NULL REFERENCES sweep,
    point      INTEGER NOT NULL,
    seed       INTEGER NOT NULL,
    exit_code  INTEGER NOT NULL,
    error      TEXT,
    digest     TEXT,
    end_ns     INTEGER,
    arrived    INTEGER,
    dispatched INTEGER,
    completed  INTEGER,
    run_id     INTEGER,
    PRIMARY KEY (sweep_id, point, seed)
) WITHOUT ROWID;

-- value NULL: there are no such requests; infinite: some never end. member: where it is worst.
CREATE TABLE IF NOT EXISTS sweep_result (
    sweep_id INTEGER NOT NULL REFERENCES sweep,
    point    INTEGER NOT NULL,
    seed     INTEGER NOT NULL,
    figure   INTEGER NOT NULL,
    value    REAL,
    member   TEXT,
    PRIMARY KEY (sweep_id, point, seed, figure)
) WITHOUT ROWID;

CREATE VIEW IF NOT EXISTS sweep_point_value AS
SELECT p.sweep_id, p.point, p.seed, s.setting, s.key, v.value
FROM sweep_point AS p JOIN sweep_setting AS s USING (sweep_id)
     JOIN sweep_value AS v ON v.sweep_id = s.sweep_id AND v.setting = s.setting
                          AND v.position = (p.point - 1) / s.stride % s.count;

CREATE VIEW IF NOT EXISTS sweep_point_figure AS
SELECT r.sweep_id, r.point, r.seed, f.name, r.value, r.member
FROM sweep_result AS r JOIN sweep_figure AS f USING (sweep_id, figure);

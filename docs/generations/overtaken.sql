-- SPDX-License-Identifier: GPL-2.0-or-later
-- Requests that a later one of the same disk and direction has overtaken: how many, how many of
-- them have not left at all, and how long the others waited.
WITH moved AS (
    SELECT run_id, member, op, seq, dispatch_ns - arrival_ns AS wait_ns,
           ifnull(dispatch_ns, 9223372036854775807) AS left_ns
    FROM request_log WHERE op IN ('read', 'write')),
followed AS (
    SELECT *, min(left_ns) OVER (PARTITION BY run_id, member, op ORDER BY seq
                                 ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS next_ns
    FROM moved)
SELECT run_id, engine, member, count(*) AS overtaken, count(*) - count(wait_ns) AS waiting,
       round(avg(wait_ns) / 1e6, 1) AS mean_ms, round(max(wait_ns) / 1e6, 1) AS max_ms
FROM followed JOIN run USING (run_id) WHERE next_ns < left_ns GROUP BY run_id, member;

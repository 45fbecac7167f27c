-- SPDX-License-Identifier: GPL-2.0-or-later
-- What the requests that left had waited for in each run, in seconds, added up over all disks.
SELECT run_id, engine, round(sum(wait_ns) / 1e9, 1) AS wait_s,
       round(total(wait_ns) FILTER (WHERE cause LIKE '%ps-total') / 1e9, 1) AS "limit",
       round(total(wait_ns) FILTER (WHERE cause = 'timer') / 1e9, 1) AS timer,
       round(total(wait_ns) FILTER (WHERE cause = 'turn') / 1e9, 1) AS turn,
       round(total(wait_ns) FILTER (WHERE cause = 'queue') / 1e9, 1) AS queue
FROM wait_interval JOIN run USING (run_id) GROUP BY run_id;

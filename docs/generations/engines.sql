-- SPDX-License-Identifier: GPL-2.0-or-later
-- Reads and writes of each disk in each run: how many waited and left, how many still wait at the
-- end, exact percentiles of the wait in ms, what percentage has left when the last request of all
-- arrives, and how much left within 0.1 s and within 1 s at most: requests where requests are
-- limited, MB where bytes are.
CREATE TEMP TABLE moved AS
SELECT run_id, member, seq, arrival_ns, dispatch_ns, dispatch_ns - arrival_ns AS wait_ns,
       iif(member IN ('vdc', 'vdd'), 1, bytes / 1e6) AS amount
FROM request_log WHERE op IN ('read', 'write');

CREATE TEMP TABLE peak AS
SELECT run_id, member, max(tenth) AS tenth, max(second) AS second
FROM (SELECT run_id, member, sum(amount) OVER (recent RANGE 99999999 PRECEDING) AS tenth,
             sum(amount) OVER (recent RANGE 999999999 PRECEDING) AS second
      FROM moved WHERE dispatch_ns IS NOT NULL
      WINDOW recent AS (PARTITION BY run_id, member ORDER BY dispatch_ns))
GROUP BY run_id, member;

CREATE TEMP TABLE ranked AS
SELECT *, row_number() OVER (PARTITION BY run_id, member ORDER BY wait_ns IS NULL, wait_ns) AS place
FROM moved JOIN (SELECT run_id, member, count(*) AS n FROM moved GROUP BY run_id, member)
     USING (run_id, member);

CREATE TEMP VIEW row AS
SELECT run_id, member, count(*) FILTER (WHERE wait_ns > 0) AS waited,
       sum(wait_ns IS NULL) AS waiting,
       max(wait_ns) FILTER (WHERE place = (n + 1) / 2) / 1e6 AS p50,
       max(wait_ns) FILTER (WHERE place = (n * 99 + 99) / 100) / 1e6 AS p99,
       max(wait_ns) FILTER (WHERE place = n) / 1e6 AS max,
       100.0 * total(dispatch_ns <= (SELECT max(arrival_ns) FROM moved)) / n AS by_then
FROM ranked GROUP BY run_id, member;

SELECT printf('%-4s %-14s %6s %7s %9s %9s %9s %6s %6s %6s', 'disk', 'engine', 'waited', 'waiting',
              'p50', 'p99', 'max', 'left', '0.1 s', '1 s');
SELECT printf('%-4s %-14s %6d %7d %9s %9s %9s %6.1f %6.0f %6.0f', member,
              iif(run_id = 5, 'shared', engine), waited, waiting,
              iif(p50 IS NULL, 'never', printf('%.1f', p50)),
              iif(p99 IS NULL, 'never', printf('%.1f', p99)),
              iif(max IS NULL, 'never', printf('%.1f', max)), by_then, tenth, second)
FROM row JOIN peak USING (run_id, member) JOIN run USING (run_id) ORDER BY member, run_id;

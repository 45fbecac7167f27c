-- SPDX-License-Identifier: GPL-2.0-or-later
-- How long each request of tests/suite/remarks-*.yaml waits, in ms, with each of the four engines.
CREATE TEMP VIEW wait AS
SELECT engine, seq, member, op, bytes, arrival_ns / 1e6 AS at_ms,
       iif(dispatch_ns IS NULL, 'never', printf('%.3f', (dispatch_ns - arrival_ns) / 1e6)) AS ms
FROM request_log JOIN run USING (run_id);

SELECT printf('%-5s %7s  %-5s %7s  %10s %10s %10s %14s', 'case', 'at [ms]', '', 'bytes',
              'slice-2011', 'slice', 'bucket', 'throttle-group');
SELECT printf('%-5s %7.0f  %-5s %7d  %10s %10s %10s %14s', member, at_ms, op, bytes,
              max(ms) FILTER (WHERE engine = 'slice-2011'), max(ms) FILTER (WHERE engine = 'slice'),
              max(ms) FILTER (WHERE engine = 'bucket'),
              max(ms) FILTER (WHERE engine = 'throttle-group'))
FROM wait GROUP BY seq ORDER BY member, seq;

// SPDX-License-Identifier: GPL-2.0-or-later
// Limits and events that cannot be, and exactly what is said about each.
#include "tests/sim/lab.h"
#include "tests/support/test_group.h"

// Section 4 of the model, and values that are no numbers.
static const struct lab_refusal limits_rows[] = {
    {"groups: [{id: gold, limits: {iops-totl: 3}}]\n"
     "members: [{id: a}]\n",
     "1:30: unknown limit 'iops-totl'; did you mean 'iops-total'?"},
    {"groups: [{id: gold, limits: {zzzzzzzz: 3}}]\n"
     "members: [{id: a}]\n",
     "1:30: unknown limit 'zzzzzzzz'"},
    {"groups: [{id: gold, limits: {iops-total: fast}}]\n"
     "members: [{id: a}]\n",
     "1:42: iops-total: expected requests per second, such as 300, found 'fast'"},
    {"groups: [{id: gold, limits: {iops-total: 3K}}]\n"
     "members: [{id: a}]\n",
     "1:42: iops-total: expected requests per second, such as 300, found '3K'; "
     "did you mean '3000'?"},
    {"groups: [{id: gold, limits: {bps-total: 3.5}}]\n"
     "members: [{id: a}]\n",
     "1:41: bps-total: expected bytes per second, such as 1048576 or 10MB, found "
     "'3.5'"},
    {"groups: [{id: gold, limits: {bps-total: 10 MB}}]\n"
     "members: [{id: a}]\n",
     "1:41: bps-total: expected bytes per second, such as 1048576 or 10MB, found "
     "'10 MB'; did you mean '10MB'?"},
    {"groups: [{id: gold, limits: {iops-total: }}]\n"
     "members: [{id: a}]\n",
     "1:42: iops-total: expected requests per second, such as 300, found ''"},
    {"groups: [{id: gold, limits: {iops-total: [3]}}]\n"
     "members: [{id: a}]\n",
     "1:42: expected the value of a limit, found a list"},
    {"groups: [{id: gold, limits: {iops-total: -3}}]\n"
     "members: [{id: a}]\n",
     "1:42: iops-total (-3) must not be negative"},
    {"groups: [{id: gold, limits: {bps-read: -9223372036854775808}}]\n"
     "members: [{id: a}]\n",
     "1:40: bps-read (-9223372036854775808) must not be negative"},
    {"groups: [{id: gold, limits: {iops-total: 99999999999999999999}}]\n"
     "members: [{id: a}]\n",
     "1:42: iops-total: expected requests per second, such as 300, found "
     "'99999999999999999999'; it is too large"},
    {"groups: [{id: gold, limits: {iops-total: 1000000000000001}}]\n"
     "members: [{id: a}]\n",
     "1:42: iops-total (1000000000000001) must not exceed 10^15"},
    {"groups: [{id: gold, limits: {bps-total: 1024T}}]\n"
     "members: [{id: a}]\n",
     "1:41: bps-total (1125899906842624) must not exceed 10^15"},
    {"groups: [{id: gold, limits: {iops-total: 3, x-iops-total: 4}}]\n"
     "members: [{id: a}]\n",
     "1:45: 'x-iops-total' is given twice"},
    {"groups: [{id: gold, limits: {iops-total: 3, iops-total: 4}}]\n"
     "members: [{id: a}]\n",
     "1:57: 'iops-total' is given twice"},
    {"groups: [{id: gold, limits: {iops-total: 3, iops-read: 4}}]\n"
     "members: [{id: a}]\n",
     "1:42: iops-total (3) cannot be set together with iops-read (4)"},
    {"groups: [{id: gold, limits: {bps-write: 3, bps-total: 4}}]\n"
     "members: [{id: a}]\n",
     "1:55: bps-total (4) cannot be set together with bps-write (3)"},
    {"groups: [{id: gold, limits: {iops-read: 9, iops-read-max: 9, iops-total-max: 4}}]\n"
     "members: [{id: a}]\n",
     "1:78: iops-total-max (4) cannot be set together with iops-read-max (9)"},
    {"groups: [{id: gold, limits: {iops-size: 3}}]\n"
     "members: [{id: a}]\n",
     "1:41: iops-size (3) needs an iops limit, such as iops-total"},
    {"groups: [{id: gold, limits: {iops-total: 3, iops-size: -1}}]\n"
     "members: [{id: a}]\n",
     "1:56: iops-size (-1) must not be negative"},
    {"groups: [{id: gold, limits: {iops-total: 3, iops-total-max-length: 0}}]\n"
     "members: [{id: a}]\n",
     "1:68: iops-total-max-length (0) must be at least 1 second"},
    {"groups: [{id: gold, limits: {iops-total: 3, iops-total-max-length: 2}}]\n"
     "members: [{id: a}]\n",
     "1:68: iops-total-max-length (2) is above 1 and so needs iops-total-max"},
    {"groups: [{id: gold, limits: {iops-total-max: 3}}]\n"
     "members: [{id: a}]\n",
     "1:46: iops-total-max (3) needs iops-total"},
    {"groups: [{id: gold, limits: {iops-total: 4, iops-total-max: 3}}]\n"
     "members: [{id: a}]\n",
     "1:61: iops-total-max (3) must not be below iops-total (4)"},
    {"groups: [{id: gold, limits: {iops-total: 4, iops-total-max: 300000000, "
     "iops-total-max-length: 4294967295}}]\n"
     "members: [{id: a}]\n",
     "1:95: iops-total-max-length (4294967295) times the burst rate exceeds 10^15, "
     "with iops-total-max (300000000)"},
    {"groups: [{id: gold, limits: {iops-total: 4, iops-total-max: 5, iops-total-max-length: "
     "4294967296}}]\n"
     "members: [{id: a}]\n",
     "1:87: iops-total-max-length (4294967296) must not exceed 4294967295 seconds"},
    {"groups: [{id: gold, limits: {iops-total: 1, [a]: 2}}]\n"
     "members: [{id: a}]\n",
     "1:45: expected the name of a limit, found a list"},
    {"groups: [{id: gold, limits: 3}]\n"
     "members: [{id: a}]\n",
     "1:29: expected limits as a mapping, such as {iops-total: 300}"},
    {"groups: [{id: g}]\n"
     "members: [{id: a, group: g, limits: {iops-total: 3, iops-read: 4}}]\n",
     "2:11: limits of member 'a': iops-total (3) cannot be set together with "
     "iops-read (4)"},
    {NULL, NULL},
};

static void limits(void **state)
{
    (void)state;
    lab_refuse_all(limits_rows);
}

#define KEYS                                                                                       \
    "qom-set, block_set_io_throttle, drained_begin, drained_end, leave, join, drain_all, stop, "   \
    "migrate, blockdev-snapshot, blockdev-backup, blockdev-mirror, block_resize, blockdev-add, "   \
    "blockdev-reopen, blockdev-del"

// Events: their form, and whether they can be done at their time.
static const struct lab_refusal events_rows[] = {
    {"members: [{id: a}]\n"
     "events: {at: 1s}\n",
     "2:9: expected a list of events, found a mapping (key: value)"},
    {"members: [{id: a}]\n"
     "events: [{at: 1s}]\n",
     "2:10: an event does one thing: expected one of " KEYS " beside 'at', found 0"},
    {"members: [{id: a}]\n"
     "events: [{drained_begin: {member: a}}]\n",
     "2:10: an event needs the key 'at'"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, drained_begin: {member: a}, drained_end: {member: a}}\n",
     "4:5: an event does one thing: expected one of " KEYS " beside 'at', found 2"},
    {"members: [{id: a}]\n"
     "events: [{at: 1s, blockdev-add: {group: gold}}]\n",
     "2:33: 'group' needs a 'member', which joins it"},
    {"members: [{id: a}]\n"
     "events: [{at: 1s, block_resize: {}}]\n",
     "2:33: the event needs the key 'member'"},
    {"qemu: 2.9\n"
     "members: [{id: a}]\n",
     "1:7: the rules of QEMU 2.9 are others; 3.1 is the earliest"},
    {"qemu: 7.\n"
     "members: [{id: a}]\n",
     "1:7: expected a version of QEMU, such as 7.2, found '7.'"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events: [{at: 1s, blockdev-reopen: {member: a, group: silver}}]\n",
     "3:10: blockdev-reopen a silver: there is no group 'silver' then"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, drained_begins: {member: a}}\n",
     "4:14: unknown key 'drained_begins' in an event; did you mean 'drained_begin'?"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, drained_begin: a}\n",
     "4:29: expected the event as a mapping (key: value), found a single value"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, drained_begin: {member: alpha}}\n",
     "4:38: there is no member 'alpha'"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, drained_begin: {}}\n",
     "4:29: the event needs the key 'member'"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, drained_end: {member: a}}\n",
     "4:5: drained_end a: the member is not drained"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, leave: {member: a}}\n",
     "4:5: leave a: the member is in no group"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, join: {member: a}}\n",
     "4:20: join needs the key 'group'"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, join: {member: a, group: slow}}\n",
     "4:5: join a slow: there is no group 'slow' then"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, join: {member: a, group: gold, limits: {iops-total-max: 7}}}\n",
     "4:5: join a gold: iops-total-max (7) needs iops-total"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, qom-set: {group: glod, limits: {iops-total: 1}}}\n",
     "4:5: qom-set glod: there is no group 'glod' then; did you mean 'gold'?"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, qom-set: {group: gold}}\n",
     "4:23: qom-set needs the key 'limits'"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, qom-set: {group: gold, limit: {iops-total: 1}}}\n",
     "4:37: unknown key 'limit' in qom-set; did you mean 'limits'?"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, qom-set: {group: gold, limits: {x-iops-total: 1}}}\n",
     "4:46: 'x-iops-total' can be set only while the group is made; use 'iops-total'"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, qom-set: {group: gold, limits: {iops-total-max: 1}}}\n",
     "4:5: qom-set gold: iops-total-max (1) needs iops-total"},
    {"groups: [{id: gold, limits: {iops-total: 9}}]\n"
     "members: [{id: a}]\n"
     "events: [{at: 1ns, qom-set: {group: gold, limits: {iops-read: 1}}}]\n",
     "3:10: qom-set gold: iops-total cannot be set together with iops-read (1)"},
    {NULL, NULL},
};

static void events(void **state)
{
    (void)state;
    lab_refuse_all(events_rows);
}

// QEMU's command takes all limits at once.
static const struct lab_refusal block_set_io_throttle_rows[] = {
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, block_set_io_throttle: {device: a, bps: 0, bps_rd: 0, bps_wr: 0, iops: 1, "
     "iops_rd: 0}}\n",
     "4:37: block_set_io_throttle needs iops_wr (it sets all limits; 0: no limit)"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, block_set_io_throttle: {bps: 0, bps_rd: 0, bps_wr: 0, iops: 1, iops_rd: 0, "
     "iops_wr: 0}}\n",
     "4:37: block_set_io_throttle needs the key 'device'"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, block_set_io_throttle: {device: b, bps: 0, bps_rd: 0, bps_wr: 0, iops: 1, "
     "iops_rd: 0, iops_wr: 0}}\n",
     "4:46: there is no member 'b'; did you mean 'a'?"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, block_set_io_throttle: {device: a, id: a, bps: 0, bps_rd: 0, bps_wr: 0, iops: "
     "1, iops_rd: 0, iops_wr: 0}}\n",
     "4:53: block_set_io_throttle takes 'device' or 'id', not both"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, block_set_io_throttle: {device: a, device: a, bps: 0, bps_rd: 0, bps_wr: 0, "
     "iops: 1, iops_rd: 0, iops_wr: 0}}\n",
     "4:49: key 'device' is given twice"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, block_set_io_throttle: {device: a, bps: 0, bps_rd: 0, bps_wr: 0, iops: 1, "
     "iops_rd: 1, iops_wr: 0}}\n",
     "4:85: iops (1) cannot be set together with iops_rd (1)"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, block_set_io_throttle: {device: a, iops_max: 0, iops_max_length: 2, bps: 0, "
     "bps_rd: 0, bps_wr: 0, iops: 1, iops_rd: 0, iops_wr: 0}}\n",
     "4:79: iops_max_length (2) is above 1 and so needs iops_max (0)"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, block_set_io_throttle: {device: a, iops-total-max: 0, bps: 0, bps_rd: 0, "
     "bps_wr: 0, iops: 1, iops_rd: 0, iops_wr: 0}}\n",
     "4:65: unknown limit 'iops-total-max'; here it is called 'iops_max'"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, block_set_io_throttle: {device: a, iops_mx: 0, bps: 0, bps_rd: 0, bps_wr: 0, "
     "iops: 1, iops_rd: 0, iops_wr: 0}}\n",
     "4:49: unknown limit 'iops_mx'; did you mean 'iops_max'?"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, block_set_io_throttle: {device: a, bps_max: fast, bps: 0, bps_rd: 0, bps_wr: 0, "
     "iops: 1, iops_rd: 0, iops_wr: 0}}\n",
     "4:58: bps_max: expected bytes per second, such as 1048576 or 10MB, found "
     "'fast'"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, block_set_io_throttle: {device: [a], bps: 0, bps_rd: 0, bps_wr: 0, iops: 1, "
     "iops_rd: 0, iops_wr: 0}}\n",
     "4:46: expected the id of a member, found a list"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, block_set_io_throttle: {device: a, group: {}, bps: 0, bps_rd: 0, bps_wr: 0, "
     "iops: 1, iops_rd: 0, iops_wr: 0}}\n",
     "4:56: expected a text, found a mapping (key: value)"},
    {"groups: [{id: gold}]\n"
     "members: [{id: a}]\n"
     "events:\n"
     "  - {at: 1s, block_set_io_throttle: [a]}\n",
     "4:37: expected limits as a mapping, such as {iops-total: 300}"},
    {"members: [{id: a}, {id: b}]\n"
     "events:\n"
     "  - {at: 1ns, block_set_io_throttle: {device: a, bps: 0, bps_rd: 0, bps_wr: 0, iops: 1, "
     "iops_rd: 0, iops_wr: 0}}\n"
     "  - {at: 2ns, join: {member: b, group: a}}\n"
     "  - {at: 3ns, leave: {member: a}}\n"
     "  - {at: 4ns, leave: {member: b}}\n"
     "  - {at: 5ns, join: {member: b, group: a}}\n",
     "7:5: join b a: there is no group 'a' then"},
    {NULL, NULL},
};

static void block_set_io_throttle(void **state)
{
    (void)state;
    lab_refuse_all(block_set_io_throttle_rows);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(limits),
    cmocka_unit_test(events),
    cmocka_unit_test(block_set_io_throttle),
};
TEST_GROUP(event_errors, tests, scratch_make, scratch_remove);

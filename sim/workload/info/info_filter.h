// SPDX-License-Identifier: GPL-2.0-or-later
// Which requests of a recording do answers depend on, once it is known that they are not below
// some limits, their floors?
//
// Work that waits (V / N, info_limits.h) never grows with the limit. So between two times at which
// it is 0 under the floor it is 0 at both under every higher limit, whatever came before; and if no
// request waits between them under the floor, none does under a higher limit. Such stretches are
// left out: what is left waits as it did, and starts from 0 where it did. A floor is taken to be
// one in a thousand lower, and the work to be at 0 a microsecond later, than they are: far more
// than an engine rounds.
#ifndef SIM_WORKLOAD_INFO_INFO_FILTER_H
#define SIM_WORKLOAD_INFO_INFO_FILTER_H

#include "sim/workload/info/info_spool.h"

// Reads the spool and adds to `busy`, which is all zero, the records that are not spared by all.
// floors: of volumes, the last of all of them, if there are several. False with the error filled;
// info_spool_close in any case.
bool info_filter(struct info_spool *spool, size_t volume_count, int64_t (*floors)[INFO_LIMIT_COUNT],
                 struct info_spool *busy, struct sim_error *error);

#endif

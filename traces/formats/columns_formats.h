// SPDX-License-Identifier: GPL-2.0-or-later
// The layouts of the formats with one request per line: read by columns.h, written by
// write/columns.c.
#ifndef TRACES_FORMATS_COLUMNS_FORMATS_H
#define TRACES_FORMATS_COLUMNS_FORMATS_H

#include "traces/columns.h"

extern const struct columns_layout alibaba_layout;
extern const struct columns_layout blkreplay_layout;
extern const struct columns_layout csv_layout;
extern const struct columns_layout disksim_layout;
extern const struct columns_layout hfplayer_layout;
extern const struct columns_layout mqsim_layout;
extern const struct columns_layout msr_layout;
extern const struct columns_layout spc_layout;
extern const struct columns_layout systor_layout;
extern const struct columns_layout tencent_layout;

#endif

// SPDX-License-Identifier: GPL-2.0-or-later
// How requests that come in the order of the file get into order of arrival: through a window, or
// all sorted.
#ifndef TRACES_INPUT_FLOW_ORDER_H
#define TRACES_INPUT_FLOW_ORDER_H

#include "traces/input/flow.h"

// Fills the window, and sorts all if there is more disorder than it could mend; another recording
// in the same file is an error then.
bool flow_order_start(struct trace_flow *flow, struct trace_error *error);

// The next in order of arrival. What could not be read is an error when all before it is let out.
enum trace_result flow_order_next(struct trace_flow *flow, struct trace_request *request,
                                  struct trace_error *error);

#endif

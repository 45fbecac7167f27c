# SPDX-License-Identifier: GPL-2.0-or-later
# The wrong engines, each with one rule of the specification (docs/model.md) broken:
#
#     mutant(NAME FILE CAUGHT_BY TEXT REPLACEMENT [TEXT REPLACEMENT]...)
#
# TEXT stands exactly once in engine/FILE; if it does not, configuring fails, so that no mutant can
# quietly become the right engine when the engine changes. CAUGHT_BY:
#
#     vectors   a run of tests/vectors/ differs
#     verify    they do not show it, but `throttlesim verify --random` does
#     end       `throttlesim verify end.yaml` does, which is about the end of a run
#     both
#     stacks    tests/engine/test_throttle_stacks.c fails
#     leak      tests/engine/test_leak.c fails: an engine's clock never goes back, and while it
#               stands nothing leaks, so that no run of requests can show it
#
# What nobody can see proves nothing and has no place here: the product of burst rate and length as
# a double (it is at most 10^15), asking the arriving request's own member while nobody is drained
# (when it matters, a timer is armed), newcomers at the ring's tail (it then runs as in
# ring-backwards).

# ---- Buckets: sizes, leaking, waits ----

mutant(burst-bucket-dropped leaky_bucket.c both
    [[bucket->has_burst_part = bucket->burst_length > 1;]]
    [[bucket->has_burst_part = false;]])
mutant(burst-bucket-always leaky_bucket.c vectors
    [[bucket->has_burst_part = bucket->burst_length > 1;]]
    [[bucket->has_burst_part = bucket->max > 0;]])
mutant(burst-size-of-average leaky_bucket.c vectors
    [[bucket->burst_size = bucket->max_rate / 10.0;]]
    [[bucket->burst_size = bucket->avg_rate / 10.0;]])
mutant(size-without-length leaky_bucket.c vectors
    [[(double)(bucket->max * bucket->burst_length)]]
    [[(double)bucket->max]])
mutant(size-of-a-second leaky_bucket.c vectors
    [[bucket->size = bucket->avg_rate / 10.0;]]
    [[bucket->size = bucket->avg_rate;]])
mutant(burst-leaks-at-average leaky_bucket.c vectors
    [[leaked(bucket->burst_level, bucket->max_rate, delta_ns)]]
    [[leaked(bucket->burst_level, bucket->avg_rate, delta_ns)]])
mutant(leak-below-empty leaky_bucket.c vectors
    [[return rest > 0 ? rest : 0;]]
    [[return rest;]])
mutant(leak-divides-first leaky_bucket.c vectors
    [[double rest = level - product / 1e9;]]
    [[double rest = level - rate * ((double)delta_ns / 1e9);]])
mutant(leak-before-checking-delta leaky_bucket.c leak
    [[buckets->previous_leak_ns = now_ns;
    if (delta_ns <= 0)
        return;]]
    [[buckets->previous_leak_ns = now_ns;]])
mutant(leak-forgets-when leaky_bucket.c vectors
    [[buckets->previous_leak_ns = now_ns;
    if (delta_ns <= 0)]]
    [[if (delta_ns <= 0)]])
mutant(leak-in-32-bits leaky_bucket.c vectors
    [[double product = rate * (double)delta_ns;]]
    [[double product = rate * (double)(uint32_t)delta_ns;]])
mutant(burst-leaks-with-level-only leaky_bucket.c vectors
    [[if (bucket->has_burst_part)
            bucket->burst_level = leaked(]]
    [[if (bucket->has_burst_part && bucket->level > 0)
            bucket->burst_level = leaked(]])
mutant(leak-empties-early leaky_bucket.c verify
    [[if (product > level * 1.1e9)]]
    [[if (product > level * 0.999e9)]])
mutant(wait-rounded leaky_bucket.c vectors
    [[(int64_t)wait : ENGINE_NEVER]]
    [[(int64_t)(wait + 0.5) : ENGINE_NEVER]])
mutant(wait-divides-first leaky_bucket.c vectors
    [[double wait = extra * 1e9 / rate;]]
    [[double wait = extra / rate * 1e9;]])
mutant(wait-by-reciprocal leaky_bucket.c vectors
    [[double wait = extra * 1e9 / rate;]]
    [[double wait = extra * (1e9 / rate);]])
mutant(wait-of-zero-looks-at-burst leaky_bucket.c vectors
    [[if (extra > 0)
        return leak_time_ns(extra, bucket->avg_rate);]]
    [[if (extra > 0 && leak_time_ns(extra, bucket->avg_rate) > 0)
        return leak_time_ns(extra, bucket->avg_rate);]])
mutant(wait-when-just-full leaky_bucket.c vectors
    [[if (extra > 0)
        return leak_time_ns(extra, bucket->avg_rate);]]
    [[if (extra >= 0)
        return leak_time_ns(extra, bucket->avg_rate);]])
mutant(wait-for-burst-first leaky_bucket.c vectors
    [[if (extra > 0)
        return leak_time_ns(extra, bucket->avg_rate);]]
    [[if (extra > 0 && !(bucket->has_burst_part && bucket->burst_level > bucket->burst_size))
        return leak_time_ns(extra, bucket->avg_rate);]])
mutant(burst-waits-at-average leaky_bucket.c vectors
    [[return leak_time_ns(extra, bucket->max_rate);]]
    [[return leak_time_ns(extra, bucket->avg_rate);]])
mutant(waits-beyond-the-end leaky_bucket.c end
    [[(int64_t)wait :]]
    [[(int64_t)wait + 300000 :]])
mutant(shortest-wait leaky_bucket.c vectors
    [[if (wait_ns > longest_ns)]]
    [[if (i == 0 || wait_ns < longest_ns)]])
mutant(last-wait leaky_bucket.c vectors
    [[if (wait_ns > longest_ns)]]
    [[if (wait_ns > 0)]])

# ---- Accounting ----

mutant(iops-size-ignored leaky_bucket.c vectors
    [[if (buckets->op_size != 0 && bytes > buckets->op_size)]]
    [[if (false)]])
mutant(iops-size-rounds-up leaky_bucket.c vectors
    [[(double)bytes / (double)buckets->op_size;]]
    [[(double)((bytes + buckets->op_size - 1) / buckets->op_size);]])
mutant(iops-size-splits-small leaky_bucket.c vectors
    [[if (buckets->op_size != 0 && bytes > buckets->op_size)]]
    [[if (buckets->op_size != 0)]])
mutant(iops-size-of-reads leaky_bucket.c vectors
    [[if (buckets->op_size != 0 && bytes > buckets->op_size)]]
    [[if (buckets->op_size != 0 && bytes > buckets->op_size &&
        direction == DIRECTION_READ)]])
mutant(burst-not-accounted leaky_bucket.c vectors
    [[bucket->burst_level += amount;]]
    [[bucket->burst_level += 0;]])
mutant(burst-counts-requests leaky_bucket.c vectors
    [[bucket->burst_level += amount;]]
    [[bucket->burst_level += units;]])
mutant(total-is-reads leaky_bucket.c vectors
    [[return index == BUCKET_BPS_TOTAL || index == BUCKET_IOPS_TOTAL ||]]
    [[return (direction == DIRECTION_READ &&
            (index == BUCKET_BPS_TOTAL || index == BUCKET_IOPS_TOTAL)) ||]])
mutant(read-write-swapped leaky_bucket.c vectors
    [[[DIRECTION_READ] = {BUCKET_BPS_READ, BUCKET_IOPS_READ},
        [DIRECTION_WRITE] = {BUCKET_BPS_WRITE, BUCKET_IOPS_WRITE},]]
    [[[DIRECTION_READ] = {BUCKET_BPS_WRITE, BUCKET_IOPS_WRITE},
        [DIRECTION_WRITE] = {BUCKET_BPS_READ, BUCKET_IOPS_READ},]])
mutant(drive-writes-as-reads limits.c vectors
    [[[ENGINE_WRITE] = DIRECTION_WRITE,
            [ENGINE_DISCARD] = ENGINE_NOT_THROTTLED,]]
    [[[ENGINE_WRITE] = DIRECTION_READ,
            [ENGINE_DISCARD] = ENGINE_NOT_THROTTLED,]])
# The vectors hold reads and writes only.
mutant(drive-write-zeroes-pass limits.c verify
    [[[ENGINE_DISCARD] = ENGINE_NOT_THROTTLED,
            [ENGINE_WRITE_ZEROES] = DIRECTION_WRITE,]]
    [[[ENGINE_DISCARD] = ENGINE_NOT_THROTTLED,
            [ENGINE_WRITE_ZEROES] = ENGINE_NOT_THROTTLED,]])
mutant(drive-write-zeroes-as-reads limits.c verify
    [[[ENGINE_DISCARD] = ENGINE_NOT_THROTTLED,
            [ENGINE_WRITE_ZEROES] = DIRECTION_WRITE,]]
    [[[ENGINE_DISCARD] = ENGINE_NOT_THROTTLED,
            [ENGINE_WRITE_ZEROES] = DIRECTION_READ,]])
mutant(accounting-leaks throttle_group.c vectors
    [[limits_account(&groups->base, buckets, flow->direction, request, now_ns);]]
    [[leaky_buckets_leak(&flow->member->group->buckets, now_ns);
    limits_account(&groups->base, buckets, flow->direction, request, now_ns);]])
mutant(accounts-after-scheduling throttle_group.c vectors
    [[limits_account(&groups->base, buckets, flow->direction, request, now_ns);
    if (member->below]]
    [[if (member->below]]
    [[throttle_group_schedule_next(groups, flow, now_ns, true);
}

// A request comes]]
    [[throttle_group_schedule_next(groups, flow, now_ns, true);
    limits_account(&groups->base, buckets, flow->direction, request, now_ns);
}

// A request comes]])
mutant(accounts-on-arrival throttle_group.c vectors
    [[limits_account(&groups->base, buckets, flow->direction, request, now_ns);
    if (member->below]]
    [[if (member->below]]
    [[if (must_wait(groups, next_token(flow), now_ns) || flow->pending > 0) {]]
    [[bool waits = must_wait(groups, next_token(flow), now_ns) || flow->pending > 0;
        leaky_buckets_account(&member->group->buckets, direction, request->bytes);
        if (waits) {]])

# ---- Several throttles of a disk ----

mutant(lower-waits-from-arrival throttle_group.c stacks
    [[groups->wait_ns[CAUSE_DRAIN] = 0;]]
    [[;]])
mutant(drains-topmost-only throttle_group_control.c stacks
    [[for (; member != NULL; member = member->below) {
        if (member->limits_disabled++ == 0 && member->group != NULL)
            throttle_group_kick(groups, member, now_ns);]]
    [[for (; member != NULL; member = member->below) {
        if (member->limits_disabled++ == 0 && member->group != NULL && !member->is_below)
            throttle_group_kick(groups, member, now_ns);]])

# ---- Whose turn it is ----

mutant(ring-backwards member_ring.c both
    [[uint32_t slot = bitmap_below(bitmap, ring->levels, node->slot);
    if (slot == NO_SLOT)
        slot = bitmap_highest(bitmap, ring->levels);]]
    [[uint32_t slot = node->slot;
    do
        slot = (slot + 1) % ring->top;
    while (!bitmap_has(bitmap, slot));]])
mutant(ring-from-the-head member_ring.c vectors
    [[uint32_t slot = bitmap_below(bitmap, ring->levels, node->slot);]]
    [[uint32_t slot = NO_SLOT;]])
mutant(token-kept-when-waiting throttle_group.c vectors
    [[group->token[flow->direction] = flow->member;
    group->timer_armed[flow->direction] = true;
    return true;]]
    [[group->timer_armed[flow->direction] = true;
    return true;]])
mutant(token-kept-when-own-preferred throttle_group.c vectors
    [[group->token[flow->direction] = flow->member;
        return;]]
    [[return;]])
mutant(token-kept-when-passing-on throttle_group.c vectors
    [[group->timer_armed[flow->direction] = true;
    group->token[flow->direction] = next->member;]]
    [[group->timer_armed[flow->direction] = true;]])
mutant(turn-after-itself throttle_group.c vectors
    [[const struct ring_node *token = &group->token[flow->direction]->ring;]]
    [[const struct ring_node *token = &flow->member->ring;]])
mutant(turn-of-its-own throttle_group.c vectors
    [[struct flow *next = next_token(flow);]]
    [[struct flow *next = flow->pending > 0 ? flow : next_token(flow);]])
mutant(prefers-others throttle_group.c vectors
    [[if (prefer_own && wake(groups, flow, now_ns)) {]]
    [[if (prefer_own && next == flow && wake(groups, flow, now_ns)) {]])
mutant(wakes-the-next throttle_group.c vectors
    [[if (prefer_own && wake(groups, flow, now_ns)) {
        group->token[flow->direction] = flow->member;]]
    [[if (prefer_own && wake(groups, next, now_ns)) {
        group->token[flow->direction] = next->member;]])
mutant(newest-goes-first fifo.h vectors
    [[request->next = NULL;
    if (queue->head == NULL)
        queue->head = request;
    else
        queue->tail->next = request;
    queue->tail = request;]]
    [[request->next = queue->head;
    queue->head = request;]])

# ---- Timers ----

mutant(armed-late throttle_group.c both
    [[ENGINE_NEVER : now_ns + wait_ns]]
    [[ENGINE_NEVER : now_ns + wait_ns + 1]])
mutant(armed-late-when-passing-on throttle_group.c vectors
    [[arm(groups, next, now_ns, now_ns, CAUSE_TURN);]]
    [[arm(groups, next, now_ns, now_ns + 1, CAUSE_TURN);]])
mutant(one-timer-for-both-directions throttle_group.c vectors
    [[if (group->timer_armed[flow->direction])]]
    [[if (group->timer_armed[0] || group->timer_armed[1])]])
mutant(leak-while-armed throttle_group.c vectors
    [[if (group->timer_armed[flow->direction])
        return true;
    leaky_buckets_leak(&group->buckets, now_ns);]]
    [[leaky_buckets_leak(&group->buckets, now_ns);
    if (group->timer_armed[flow->direction])
        return true;]])
mutant(equal-deadlines-by-heap timer_heap.c vectors
    [[return order < other->order;]]
    [[return false;]])
mutant(equal-deadlines-last-first timer_heap.c vectors
    [[return order < other->order;]]
    [[return order > other->order;]])
mutant(timer-early timer_heap.h vectors
    [[INT64_MAX : heap->slots[0].deadline_ns;]]
    [[INT64_MAX : heap->slots[0].deadline_ns - 1;]])
mutant(timer-heap-unsifted timer_heap.c vectors
    [[if (is_first(heap, child, least))]]
    [[if (false)]])
mutant(timer-asks-again throttle_group.c vectors
    [[if (!wake(groups, flow, now_ns))
        throttle_group_schedule_next(]]
    [[throttle_group_schedule_next(]])
mutant(timer-wakes-two throttle_group.c vectors
    [[if (!wake(groups, flow, now_ns))
        throttle_group_schedule_next(]]
    [[if (wake(groups, flow, now_ns))
        wake(groups, flow, now_ns);
    else
        throttle_group_schedule_next(]])

# ---- Limits that change ----

mutant(levels-kept leaky_bucket.c vectors
    [[buckets->bucket[i].level = 0;]]
    [[buckets->bucket[i].level *= 1;]])
mutant(burst-levels-kept leaky_bucket.c vectors
    [[buckets->bucket[i].burst_level = 0;]]
    [[buckets->bucket[i].burst_level *= 1;]])
mutant(leak-time-kept leaky_bucket.c vectors
    [[}
    buckets->previous_leak_ns = now_ns;
}]]
    [[}
}]])
mutant(missing-limits-are-initial limits.c vectors
    [[if ((given->given >> row & 1) != 0)
            limits->value[row] = given->value[row];]]
    [[limits->value[row] = limit_rows[row].initial;
        if ((given->given >> row & 1) != 0)
            limits->value[row] = given->value[row];]])
mutant(length-lost-on-set limits.c verify
    [[limits->value[LIMIT_MAX_LENGTH + i] = (int64_t)bucket->burst_length;]]
    [[limits->value[LIMIT_MAX_LENGTH + i] = 1;]])
mutant(group-set-kicks throttle_group_control.c vectors
    [[if (status == ENGINE_OK)
        set_limits(group, &limits, now_ns);]]
    [[if (status == ENGINE_OK) {
        set_limits(group, &limits, now_ns);
        for (uint32_t i = 0; i < engine->members.count; i++) {
            struct member *member = engine->members.entry[i];
            if (member->group == group)
                throttle_group_kick(throttle_groups_of(engine), member, now_ns);
        }
    }]])
mutant(group-set-cancels-timers throttle_group_control.c vectors
    [[if (status == ENGINE_OK)
        set_limits(group, &limits, now_ns);]]
    [[if (status == ENGINE_OK) {
        set_limits(group, &limits, now_ns);
        for (uint32_t i = 0; i < engine->members.count; i++) {
            for (int direction = 0; direction < DIRECTION_COUNT; direction++) {
                struct member *member = engine->members.entry[i];
                struct flow *flow = &member->flows[direction];
                if (member->group != group || !timer_is_pending(&flow->timer))
                    continue;
                timer_heap_cancel(&engine->timers, &flow->timer);
                group->timer_armed[direction] = false;
            }
        }
    }]])
mutant(member-set-kicks-nobody throttle_group_control.c vectors
    [[set_limits(group, &limits, now_ns);
    throttle_group_kick(groups, member, now_ns);]]
    [[set_limits(group, &limits, now_ns);]])
mutant(member-set-kicks-all throttle_group_control.c vectors
    [[set_limits(group, &limits, now_ns);
    throttle_group_kick(groups, member, now_ns);]]
    [[set_limits(group, &limits, now_ns);
    for (uint32_t i = 0; i < engine->members.count; i++) {
        struct member *other = engine->members.entry[i];
        if (other->group == group)
            throttle_group_kick(groups, other, now_ns);
    }]])
mutant(member-set-kicks-first throttle_group_control.c vectors
    [[set_limits(group, &limits, now_ns);
    throttle_group_kick(groups, member, now_ns);]]
    [[throttle_group_kick(groups, member, now_ns);
    set_limits(group, &limits, now_ns);]])
mutant(member-set-keeps-missing throttle_group_control.c vectors
    [[if (limits_are_off(&limits)) {]]
    [[if (member->group != NULL)
        status = check_merged(member->group, operation, &limits);
    if (status != ENGINE_OK)
        return status;
    if (limits_are_off(&limits)) {]])
mutant(kick-skips-writes throttle_group.c vectors
    [[for (int direction = 0; direction < DIRECTION_COUNT; direction++) {]]
    [[for (int direction = 0; direction < 1; direction++) {]])
mutant(kick-writes-first throttle_group.c vectors
    [[for (int direction = 0; direction < DIRECTION_COUNT; direction++) {]]
    [[for (int direction = DIRECTION_COUNT - 1; direction >= 0; direction--) {]])
mutant(kick-leaves-the-timer throttle_group.c vectors
    [[if (timer_is_pending(&flow->timer)) {
            timer_heap_cancel(]]
    [[if (false) {
            timer_heap_cancel(]])
mutant(kick-only-with-timer throttle_group.c vectors
    [[throttle_group_timer_gone(flow, now_ns);
        }
        restart(groups, flow, now_ns);]]
    [[throttle_group_timer_gone(flow, now_ns);
            restart(groups, flow, now_ns);
        }]])

# ---- Membership ----

mutant(newcomer-takes-the-token throttle_group_control.c vectors
    [[if (group->token[i] == NULL)
            group->token[i] = member;]]
    [[group->token[i] = member;]])
mutant(token-passes-backwards throttle_group_control.c vectors
    [[if (group->token[i] != member)
            continue;
        struct ring_node *next = member_ring_next(&group->ring, RING_TAKEN, &member->ring);]]
    [[if (group->token[i] != member)
            continue;
        struct ring_node *next = &member->ring;
        while (member_ring_next(&group->ring, RING_TAKEN, next) != &member->ring)
            next = member_ring_next(&group->ring, RING_TAKEN, next);]])
mutant(same-group-joined-anew throttle_group_control.c vectors
    [[if (member->group == group)
        return;]]
    [[if (member->group == group && group->implicit)
        return;]])
mutant(off-looks-at-totals limits.c vectors
    [[for (int bucket = 0; bucket < BUCKET_COUNT; bucket++) {
        if (limits->value[LIMIT_AVG + bucket] != 0)]]
    [[for (int bucket = 0; bucket < BUCKET_COUNT; bucket += BUCKET_IOPS_TOTAL) {
        if (limits->value[LIMIT_AVG + bucket] != 0)]])

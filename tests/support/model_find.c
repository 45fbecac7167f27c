// SPDX-License-Identifier: GPL-2.0-or-later
// The model's lists: groups, members, rings, queues.
#include "tests/support/model_state.h"

#include <assert.h>
#include <stdlib.h>

struct model_group *model_find_group(const struct model *model, uint32_t id)
{
    struct model_group *group = model->groups;
    while (group != NULL && group->id != id)
        group = group->next;
    return group;
}

struct model_member *model_find_member(const struct model *model, uint32_t id)
{
    struct model_member *member = model->members;
    while (member != NULL && member->id != id)
        member = member->next;
    return member;
}

// The ring wraps from the last to the head.
struct model_member *model_ring_after(const struct model_member *member)
{
    return member->ring_after != NULL ? member->ring_after : member->group->ring_head;
}

void model_ring_join(struct model_group *group, struct model_member *member)
{
    assert(member->group == NULL);
    member->group = group;
    member->ring_after = group->ring_head;
    group->ring_head = member;
}

void model_ring_leave(struct model_member *member)
{
    struct model_member **link = &member->group->ring_head;
    while (*link != member)
        link = &(*link)->ring_after;
    *link = member->ring_after;
    member->ring_after = NULL;
    member->group = NULL;
}

void model_fifo_append(struct model_fifo *fifo, struct engine_request *request,
                       struct model_member *at)
{
    struct model_entry *entry = malloc(sizeof *entry);
    assert(entry != NULL);
    *entry = (struct model_entry){.request = request, .at = at};
    struct model_entry **link = &fifo->first;
    while (*link != NULL)
        link = &(*link)->next;
    *link = entry;
    fifo->count++;
}

struct model_entry model_fifo_take(struct model_fifo *fifo)
{
    struct model_entry *entry = fifo->first;
    struct model_entry taken = *entry;
    fifo->first = entry->next;
    fifo->count--;
    free(entry);
    return taken;
}

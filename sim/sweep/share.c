// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/sweep/share.h"

#include "reports/merge.h"
#include "sim/compare/stored_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RANKS_MAX 4096

// To be freed. NULL: out of memory.
static char *path_of(const char *db, int rank)
{
    size_t size = strlen(db) + sizeof ".rank-" + 16;
    char *path = malloc(size);
    if (path != NULL)
        snprintf(path, size, "%s.rank-%d", db, rank);
    return path;
}

// The databases that ranks have left, at most RANKS_MAX: how many.
static size_t find_left(const char *db, char **paths)
{
    size_t count = 0;
    for (int rank = 0; rank < RANKS_MAX; rank++) {
        char *path = path_of(db, rank);
        if (path != NULL && access(path, F_OK) == 0)
            paths[count++] = path;
        else
            free(path);
    }
    return count;
}

static void free_left(char **paths, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(paths[i]);
}

bool share_open(struct share *share, const char *db, const volatile sig_atomic_t *stop,
                struct sim_error *error)
{
    char *left[RANKS_MAX];
    *share = (struct share){.db = db, .own = NULL, .stop = stop, .has_ranks = true};
    if (!ranks_open(&share->ranks, error))
        return false;
    if (share->ranks.size > RANKS_MAX)
        return sim_fail(error, SIM_USAGE, "%d ranks: at most %d", share->ranks.size, RANKS_MAX);
    if (db == NULL)
        return share->ranks.size == 1 ||
               sim_fail(error, SIM_USAGE,
                        "under mpirun --db FILE is needed, beside which each rank stores");
    size_t count = find_left(db, left);
    free_left(left, count);
    share->own = count > 0 || share->ranks.size > 1 ? path_of(db, share->ranks.rank) : (char *)db;
    return share->own != NULL || sim_fail_memory(error);
}

void share_close(struct share *share)
{
    if (share->has_ranks)
        ranks_close(&share->ranks, share->stop);
    share->has_ranks = false;
    if (share_is_split(share))
        free(share->own);
    share->own = NULL;
}

static void tell(void *context, const struct progress_state *state)
{
    struct share *share = context;
    struct progress_state all = *state;
    if (!share_is_first(share) || share->watch.progress == NULL)
        return;
    if (share->ranks.size > 1)
        all =
            (struct progress_state){progress_share(ranks_claimed(&share->ranks), share->count), 0};
    share->watch.progress(share->watch.progress_context, &all);
}

struct progress_watch share_watch(struct share *share, const struct progress_watch *watch)
{
    share->watch = *watch;
    return (struct progress_watch){watch->stop, tell, share};
}

// A rank's database may just be made, or taken back after it was killed: then it is not known what
// is in it, and points are run again, to the same result.
bool share_find(struct share *share, struct sweep *sweep, struct sim_error *error)
{
    char *left[RANKS_MAX];
    struct report_error report_error;
    if (!share_is_split(share))
        return true;
    size_t count = find_left(share->db, left);
    bool ok = true;
    for (size_t i = 0; ok && i <= count; i++) {
        const char *path = i < count ? left[i] : share->db;
        bool is_needed = i == count && access(path, F_OK) == 0;
        if (strcmp(path, share->own) == 0)
            continue;
        struct report_database *database = report_database_open(
            path, is_needed ? REPORT_WRITE : REPORT_READ, &report_error);
        bool is_read =
            database != NULL && report_sweep_read(database, &sweep->report, &report_error);
        report_database_close(database);
        if (is_needed && !is_read)
            ok = stored_run_fail(&report_error, error);
    }
    free_left(left, count);
    sweep_count_found(sweep);
    return ok;
}

bool share_run(struct share *share, struct sweep *sweep, struct sim_error *error)
{
    uint64_t from, to, seeds = sweep->options->seeds;
    bool ok = true;
    share->count = sweep->report.points;
    ranks_share(&share->ranks, share->count);
    uint64_t most = share->ranks.size > 1 ? sweep->options->jobs : share->count;
    while (ok && ranks_claim(&share->ranks, most, &from, &to))
        ok = sweep_run(sweep, from * seeds, to * seeds, error);
    ranks_close(&share->ranks, share->stop);
    share->has_ranks = false;
    return ok;
}

bool share_merge(struct share *share, struct sim_error *error)
{
    char *left[RANKS_MAX];
    struct report_error report_error;
    struct report_merge_counts counts;
    size_t count = find_left(share->db, left);
    struct report_database *database = report_database_open(share->db, REPORT_WRITE, &report_error);
    bool ok = database != NULL && report_merge(database, (const char *const *)left, count, true,
                                               &counts, &report_error);
    report_database_close(database);
    for (size_t i = 0; ok && i < count; i++)
        remove(left[i]);
    free_left(left, count);
    return ok || stored_run_fail(&report_error, error);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// By blocking (H. Flyvbjerg, H. Petersen, J. Chem. Phys. 91, 1989): from the means of blocks of 1,
// 2, 4, ... requests the variance of the mean of all is estimated. It grows with the blocks until
// they are longer than what neighbours share, and gets less certain as there are fewer of them. It
// is read at the length at which both errors are about equal: the smallest B with
// B^3 >= 2 n c(B)^2 (R. Lee, G. Conduit, N. Nemec, P. Lopez Rios, N. Drummond, Phys. Rev. E 83,
// 2011), c being the estimate from blocks of B over that from single requests.
#include "reports/bootstrap.h"

#define DEPENDENCE_LEVELS 64
#define DEPENDENCE_LEAST 4 // blocks from which a variance is estimated

// Of the blocks of one length so far.
struct dependence_level {
    uint64_t blocks;
    double mean, squares; // sum of the squared distances from the mean
    double odd;           // the mean of the last block, as long as it has no partner
};

static void dependence_add(struct dependence_level *levels, double value)
{
    for (size_t k = 0; k < DEPENDENCE_LEVELS; k++) {
        struct dependence_level *level = &levels[k];
        double distance = value - level->mean;

        level->mean += distance / (double)++level->blocks;
        level->squares += distance * (value - level->mean);
        if (level->blocks % 2 == 1) {
            level->odd = value;
            return;
        }
        value = (level->odd + value) / 2;
    }
}

static double dependence_variance(const struct dependence_level *level)
{
    return level->squares / (double)(level->blocks - 1) / (double)level->blocks;
}

static double dependence_read(const struct dependence_level *levels)
{
    double count = (double)levels[0].blocks, length = 1, inflation = 1;

    if (levels[0].squares <= 0)
        return 1;
    for (size_t k = 0; levels[k].blocks >= DEPENDENCE_LEAST; k++, length *= 2) {
        inflation = dependence_variance(&levels[k]) / dependence_variance(&levels[0]);
        if (length * length * length >= 2 * count * inflation * inflation)
            break;
    }
    return inflation;
}

// What is infinite counts as the largest that is not.
static double dependence_of(const int64_t *values, size_t count)
{
    struct dependence_level levels[DEPENDENCE_LEVELS] = {{0}};
    int64_t largest = 0;

    for (size_t i = 0; i < count; i++) {
        if (values[i] != BOOTSTRAP_NEVER && values[i] > largest)
            largest = values[i];
    }
    for (size_t i = 0; i < count; i++) {
        if (values[i] != BOOTSTRAP_UNKNOWN)
            dependence_add(levels, (double)(values[i] < largest ? values[i] : largest));
    }
    return dependence_read(levels);
}

double bootstrap_inflation(const struct bootstrap_series *series)
{
    double most = 1;

    for (int side = 0; side < 2; side++) {
        const double found[] = {dependence_of(series->wait_ns[side], series->count),
                                dependence_of(series->total_ns[side], series->count)};

        for (int c = 0; c < BOOTSTRAP_COLUMNS; c++)
            most = found[c] > most ? found[c] : most;
    }
    return most;
}

size_t bootstrap_block(size_t count, double inflation)
{
    double least = 2 * (double)count * inflation * inflation, block = 1;

    while (block * block * block < least && block < (double)(count / BOOTSTRAP_BLOCKS))
        block++;
    return (size_t)block;
}

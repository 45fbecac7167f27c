// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/ranks/messages.h"

#include <mpi.h>
#include <stddef.h>

static bool start(int *rank, int *size)
{
    int level;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level) != MPI_SUCCESS ||
        level < MPI_THREAD_SERIALIZED)
        return false;
    MPI_Comm_rank(MPI_COMM_WORLD, rank);
    MPI_Comm_size(MPI_COMM_WORLD, size);
    return true;
}

static void send(int rank, int tag, uint64_t first, uint64_t second)
{
    uint64_t numbers[2] = {first, second};
    MPI_Send(numbers, 2, MPI_UINT64_T, rank, tag, MPI_COMM_WORLD);
}

static bool receive(int *rank, int *tag, uint64_t numbers[2])
{
    MPI_Status status;
    int found = 0;
    MPI_Iprobe(*rank == RANK_MESSAGES_ANY ? MPI_ANY_SOURCE : *rank,
               *tag == RANK_MESSAGES_ANY ? MPI_ANY_TAG : *tag, MPI_COMM_WORLD, &found, &status);
    if (!found)
        return false;
    *rank = status.MPI_SOURCE;
    *tag = status.MPI_TAG;
    MPI_Recv(numbers, 2, MPI_UINT64_T, *rank, *tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    return true;
}

static void finish(void)
{
    int is_initialised;
    MPI_Initialized(&is_initialised);
    if (is_initialised)
        MPI_Finalize();
}

const struct rank_messages rank_messages = {
    .start = start,
    .send = send,
    .receive = receive,
    .finish = finish,
};

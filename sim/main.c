// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/command.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

// The next file that is opened would take the number of a standard one that is closed, and get what
// is meant for a terminal. What is put there instead can still not be used.
static bool reserve_standard_files(void)
{
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++) {
        if (fcntl(file, F_GETFD) == -1 &&
            open("/dev/null", file == STDIN_FILENO ? O_WRONLY : O_RDONLY) != file)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    if (!reserve_standard_files())
        return SIM_FAILED;
    signal(SIGXFSZ, SIG_IGN); // a file that may not grow is an error to report, not a reason to die
    return (int)commands_main(argc > 0 ? (size_t)argc - 1 : 0, argv + 1);
}

// SPDX-License-Identifier: GPL-2.0-or-later
// gnuplot reads the script from one unlinked file and writes the picture to another, its standard
// output: no name of ours ever reaches gnuplot or a shell, no pipe can block or break, and nothing
// is left of it if the program ends meanwhile. A picture gets its name only when gnuplot has ended
// well; signals wait for the moment in which the file has another name.
#include "reports/plot/gnuplot.h"

#include "reports/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct plot_format {
    const char *suffix;
    const char *terminal;
};

static const struct plot_format formats[] = {
    {"svg",
     "set terminal svg size 1000,600 noenhanced font 'DejaVu Sans,12.5' background 'white'\n"},
    {"png", "set terminal pngcairo size 1000,600 noenhanced font 'DejaVu Sans,10.5'"
            " background 'white' dashlength 1.8\n"},
};

static bool fail(struct report_error *error, const char *doing, const char *path, int code)
{
    snprintf(error->message, sizeof error->message, "%s %s: %s", doing, path, strerror(code));
    return false;
}

static char *make_path(const char *directory, const char *name, const char *suffix)
{
    size_t size = strlen(directory) + strlen(name) + strlen(suffix) + 3;
    char *path = malloc(size);
    if (path != NULL)
        snprintf(path, size, "%s/%s.%s", directory, name, suffix);
    return path;
}

static bool write_all(int file, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, text, length);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            text += written;
            length -= (size_t)written;
        }
    }
    return true;
}

struct gnuplot_files {
    int script, picture, messages;
};

// Returns 0 or the reason why gnuplot could not be started.
static int spawn(const struct gnuplot_files *files, pid_t *process)
{
    static char program[] = "gnuplot", defaults[] = "--default-settings", input[] = "-";
    char *const arguments[] = {program, defaults, input, NULL};
    posix_spawn_file_actions_t actions;
    int code = posix_spawn_file_actions_init(&actions);
    if (code)
        return code;
    if (!(code = posix_spawn_file_actions_adddup2(&actions, files->script, STDIN_FILENO)) &&
        !(code = posix_spawn_file_actions_adddup2(&actions, files->picture, STDOUT_FILENO)) &&
        !(code = posix_spawn_file_actions_adddup2(&actions, files->messages, STDERR_FILENO)))
        code = posix_spawnp(process, program, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

// The first line that says something: gnuplot repeats the command and points at a place before it.
static void first_message(int messages, char *line, size_t size)
{
    char text[4096];
    ssize_t length = pread(messages, text, sizeof text - 1, 0);
    char *state = NULL;
    snprintf(line, size, "it said nothing");
    text[length > 0 ? length : 0] = '\0';
    for (char *part = strtok_r(text, "\n", &state); part != NULL;
         part = strtok_r(NULL, "\n", &state)) {
        if (strstr(part, "line ") != NULL || strstr(part, "rror") != NULL) {
            snprintf(line, size, "%.300s", part + strspn(part, " \t"));
            break;
        }
    }
    for (char *c = line; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    }
}

static bool run_gnuplot(const struct gnuplot_files *files, const char *path,
                        struct report_error *error)
{
    pid_t process;
    int code = spawn(files, &process), status = 0;
    char line[512];
    if (code == ENOENT) {
        snprintf(error->message, sizeof error->message,
                 "gnuplot was not found on PATH; it draws the plots: install it "
                 "(Debian package gnuplot-nox)");
        return false;
    }
    if (code)
        return fail(error, "starting", "gnuplot", code);
    while (waitpid(process, &status, 0) < 0) {
        if (errno != EINTR)
            return fail(error, "waiting for", "gnuplot", errno);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        snprintf(line, sizeof line, "could not be started");
    else if (WIFSIGNALED(status))
        snprintf(line, sizeof line, "ended by signal %d", WTERMSIG(status));
    else
        first_message(files->messages, line, sizeof line);
    snprintf(error->message, sizeof error->message, "gnuplot failed on %.400s: %s", path, line);
    return false;
}

// Fills the file `picture`, which is to become `path`.
static bool draw_into(int picture, const char *script, const struct plot_format *format,
                      const char *directory, const char *path, struct report_error *error)
{
    struct gnuplot_files files = {.script = report_unnamed_file(directory),
                                  .picture = picture,
                                  .messages = report_unnamed_file(directory)};
    struct stat information;
    bool good = files.script >= 0 && files.messages >= 0 &&
                write_all(files.script, format->terminal, strlen(format->terminal)) &&
                write_all(files.script, script, strlen(script)) &&
                lseek(files.script, 0, SEEK_SET) == 0;
    if (!good)
        fail(error, "writing a script for gnuplot into", directory, errno);
    good = good && run_gnuplot(&files, path, error);
    // gnuplot does not look whether what it writes arrives.
    if (good && (fstat(picture, &information) != 0 || information.st_size == 0)) {
        snprintf(error->message, sizeof error->message,
                 "gnuplot wrote nothing for %s: is the disk full?", path);
        good = false;
    }
    if (files.script >= 0)
        close(files.script);
    if (files.messages >= 0)
        close(files.messages);
    return good;
}

// Returns 0 or why the picture could not be copied.
static int copy(int picture, int file)
{
    char block[65536];
    off_t offset = 0;
    ssize_t length;
    while ((length = pread(picture, block, sizeof block, offset)) != 0) {
        if (length < 0 && errno != EINTR)
            return errno;
        if (length > 0 && !write_all(file, block, (size_t)length))
            return errno;
        offset += length > 0 ? length : 0;
    }
    return 0;
}

// Gives the picture its name.
static bool keep(int picture, const char *partial, const char *path, struct report_error *error)
{
    int file = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        return fail(error, "making", partial, errno);
    int code = copy(picture, file);
    if (close(file) != 0 && !code)
        code = errno;
    if (!code && rename(partial, path) != 0)
        code = errno;
    if (!code)
        return true;
    unlink(partial);
    return fail(error, "writing", path, code);
}

static bool draw_format(const struct plot_target *target, const char *name, const char *script,
                        const struct plot_format *format, struct report_error *error)
{
    const char *directory = target->directory;
    char *path = make_path(directory, name, format->suffix);
    char *partial = make_path(directory, name, "partial");
    int picture = report_unnamed_file(directory);
    sigset_t before;
    bool good = picture >= 0 || fail(error, "making a file in", directory, errno);
    if (path == NULL || partial == NULL)
        good = fail(error, "naming", name, ENOMEM);
    good = good && draw_into(picture, script, format, directory, path, error);
    if (good) {
        report_defer_signals(&before);
        good = keep(picture, partial, path, error);
        report_allow_signals(&before);
    }
    if (picture >= 0)
        close(picture);
    if (good && target->written != NULL)
        target->written(target->context, path);
    free(path);
    free(partial);
    return good;
}

bool plot_draw(const struct plot_target *target, const char *name, plot_figure *figure,
               struct plot_script *script, struct report_error *error)
{
    char *text = NULL;
    size_t length = 0;
    script->out = open_memstream(&text, &length);
    if (script->out == NULL)
        return fail(error, "drawing", name, errno);
    bool good = figure(script, error);
    fputs("unset multiplot\n", script->out);
    if (fclose(script->out) != 0 && good)
        good = fail(error, "drawing", name, ENOMEM);
    for (size_t i = 0; good && i < sizeof formats / sizeof formats[0]; i++)
        good = draw_format(target, name, text, &formats[i], error);
    free(text);
    return good;
}

bool plot_make_directory(const char *directory, struct report_error *error)
{
    return mkdir(directory, 0777) == 0 || errno == EEXIST ||
           fail(error, "making the directory", directory, errno);
}

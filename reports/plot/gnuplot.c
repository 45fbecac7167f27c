// SPDX-License-Identifier: GPL-2.0-or-later
// One gnuplot draws all pictures: starting it takes longer than drawing. It reads the script from
// one unlinked file and writes each picture to another, which it finds under its number in /dev/fd:
// no name of ours ever reaches gnuplot or a shell, no pipe can block or break, and nothing is left
// of it if the program ends meanwhile. Pictures get their names only when gnuplot has ended well;
// signals wait for the moment in which a file has another name.
#include "reports/plot/gnuplot.h"

#include "reports/spill.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
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

#define PAUSE_NS 20000000 // between two looks at what gnuplot does
#define PICTURE_FORMATS (sizeof formats / sizeof formats[0])
#define PICTURES_MAX (PLOT_DRAWINGS_MAX * PICTURE_FORMATS)

struct pictures {
    const struct plot_target *target;
    const struct plot_drawing *drawings;
    size_t count; // of drawings
    FILE *script;
    int messages;            // what gnuplot says
    int files[PICTURES_MAX]; // unnamed, a drawing's formats together
};

// To be freed; NULL: out of memory.
static char *make_path(const struct plot_target *target, const char *name, const char *suffix)
{
    size_t size =
        strlen(target->directory) + strlen(target->prefix) + strlen(name) + strlen(suffix) + 3;
    char *path = malloc(size);
    if (path != NULL)
        snprintf(path, size, "%s/%s%s.%s", target->directory, target->prefix, name, suffix);
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

// Returns 0 or the reason why gnuplot could not be started.
static int spawn(const struct pictures *pictures, pid_t *process)
{
    // Of "-" gnuplot reads each byte on its own.
    static char program[] = "gnuplot", defaults[] = "--default-settings", input[] = "/dev/fd/0";
    char *const arguments[] = {program, defaults, input, NULL};
    posix_spawn_file_actions_t actions;
    int code = posix_spawn_file_actions_init(&actions);
    if (code)
        return code;
    code = posix_spawn_file_actions_adddup2(&actions, fileno(pictures->script), STDIN_FILENO);
    if (!code)
        code = posix_spawn_file_actions_adddup2(&actions, pictures->messages, STDERR_FILENO);
    // A file put in its own place stays open in the program that is started.
    for (size_t i = 0; !code && i < pictures->count * PICTURE_FORMATS; i++)
        code = posix_spawn_file_actions_adddup2(&actions, pictures->files[i], pictures->files[i]);
    if (!code)
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

// The first picture that has nothing, or else the last one.
static size_t first_empty(const struct pictures *pictures)
{
    size_t number = 0, last = pictures->count * PICTURE_FORMATS - 1;
    struct stat information;
    while (number < last && fstat(pictures->files[number], &information) == 0 &&
           information.st_size > 0)
        number++;
    return number;
}

static char *path_of(const struct pictures *pictures, size_t number)
{
    return make_path(pictures->target, pictures->drawings[number / PICTURE_FORMATS].name,
                     formats[number % PICTURE_FORMATS].suffix);
}

// Drawings whose data are in the script, and pictures, are done.
static void tell(const struct pictures *pictures, size_t drawings, size_t done)
{
    const struct plot_target *target = pictures->target;
    if (target->written != NULL)
        target->written(target->context, NULL, drawings + done,
                        pictures->count * (1 + PICTURE_FORMATS));
}

// False with errno.
static bool wait_for(const struct pictures *pictures, pid_t process, int *status)
{
    static const struct timespec pause = {.tv_nsec = PAUSE_NS};
    pid_t ended;
    while ((ended = waitpid(process, status, WNOHANG)) <= 0) {
        if (ended < 0 && errno != EINTR)
            return false;
        tell(pictures, pictures->count, first_empty(pictures));
        nanosleep(&pause, NULL);
    }
    return true;
}

static bool run_gnuplot(const struct pictures *pictures, struct report_error *error)
{
    pid_t process;
    int code = spawn(pictures, &process), status = 0;
    char line[512];
    if (code == ENOENT) {
        snprintf(error->message, sizeof error->message,
                 "gnuplot was not found on PATH; it draws the plots: install it "
                 "(Debian package gnuplot-nox)");
        return false;
    }
    if (code)
        return fail(error, "starting", "gnuplot", code);
    if (!wait_for(pictures, process, &status))
        return fail(error, "waiting for", "gnuplot", errno);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        snprintf(line, sizeof line, "could not be started");
    else if (WIFSIGNALED(status))
        snprintf(line, sizeof line, "ended by signal %d", WTERMSIG(status));
    else
        first_message(pictures->messages, line, sizeof line);
    char *path = path_of(pictures, first_empty(pictures));
    snprintf(error->message, sizeof error->message, "gnuplot failed on %.400s: %s",
             path != NULL ? path : "a plot", line);
    free(path);
    return false;
}

// Adds a drawing to the script: its data once, its commands for each format.
static bool put_drawing(struct pictures *pictures, size_t number, struct plot_script *script,
                        struct report_error *error)
{
    const struct plot_drawing *drawing = &pictures->drawings[number];
    char *commands = NULL;
    size_t length = 0, legend_lines = 0;
    script->legend_lines = &legend_lines;
    script->data = pictures->script;
    script->out = open_memstream(&commands, &length);
    script->detail = drawing->detail;
    if (script->out == NULL)
        return fail(error, "drawing", drawing->name, errno);
    bool good = drawing->figure(script, error);
    if (fclose(script->out) != 0 && good)
        good = fail(error, "drawing", drawing->name, ENOMEM);
    for (size_t i = 0; good && i < PICTURE_FORMATS; i++)
        fprintf(pictures->script,
                "reset\n%sset output '/dev/fd/%d'\n%sunset multiplot\nunset output\n",
                formats[i].terminal, pictures->files[number * PICTURE_FORMATS + i], commands);
    free(commands);
    return good;
}

static bool open_pictures(struct pictures *pictures, struct report_error *error)
{
    const char *directory = pictures->target->directory;
    int script = report_unnamed_file(directory);
    pictures->script = script >= 0 ? fdopen(script, "w+") : NULL;
    if (pictures->script == NULL && script >= 0)
        close(script);
    pictures->messages = report_unnamed_file(directory);
    bool good = pictures->script != NULL && pictures->messages >= 0;
    for (size_t i = 0; i < pictures->count * PICTURE_FORMATS; i++) {
        pictures->files[i] = good ? report_unnamed_file(directory) : -1;
        good = pictures->files[i] >= 0;
    }
    return good || fail(error, "making a file in", directory, errno);
}

static void close_pictures(struct pictures *pictures)
{
    if (pictures->script != NULL)
        fclose(pictures->script);
    if (pictures->messages >= 0)
        close(pictures->messages);
    for (size_t i = 0; i < pictures->count * PICTURE_FORMATS; i++) {
        if (pictures->files[i] >= 0)
            close(pictures->files[i]);
    }
}

static bool draw_pictures(struct pictures *pictures, struct report_error *error)
{
    const char *directory = pictures->target->directory;
    struct stat information;
    if (ferror(pictures->script) || fflush(pictures->script) != 0 ||
        lseek(fileno(pictures->script), 0, SEEK_SET) != 0)
        return fail(error, "writing a script for gnuplot into", directory, errno);
    bool good = run_gnuplot(pictures, error);
    size_t empty = first_empty(pictures);
    // gnuplot does not look whether what it writes arrives.
    if (good && (fstat(pictures->files[empty], &information) != 0 || information.st_size == 0)) {
        char *path = path_of(pictures, empty);
        snprintf(error->message, sizeof error->message,
                 "gnuplot wrote nothing for %s: is the disk full?", path != NULL ? path : "a plot");
        free(path);
        good = false;
    }
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

static bool keep_picture(const struct pictures *pictures, size_t number, struct report_error *error)
{
    const struct plot_target *target = pictures->target;
    const char *name = pictures->drawings[number / PICTURE_FORMATS].name;
    char *path = path_of(pictures, number);
    char *partial = make_path(target, name, "partial");
    sigset_t before;
    bool good = (path != NULL && partial != NULL) || fail(error, "naming", name, ENOMEM);
    if (good) {
        report_defer_signals(&before);
        good = keep(pictures->files[number], partial, path, error);
        report_allow_signals(&before);
    }
    if (good && target->written != NULL)
        target->written(target->context, path, number, pictures->count * PICTURE_FORMATS);
    free(path);
    free(partial);
    return good;
}

bool plot_draw(const struct plot_target *target, const struct plot_drawing *drawings, size_t count,
               struct plot_script *script, struct report_error *error)
{
    struct pictures pictures = {.target = target, .drawings = drawings, .count = count};
    assert(count <= PLOT_DRAWINGS_MAX);
    bool good = report_make_folder(target->directory) ||
                fail(error, "making the directory", target->directory, errno);
    if (!good)
        return false;
    good = open_pictures(&pictures, error);
    for (size_t i = 0; good && i < count; i++) {
        tell(&pictures, i, 0);
        good = put_drawing(&pictures, i, script, error);
    }
    good = good && draw_pictures(&pictures, error);
    for (size_t i = 0; good && i < count * PICTURE_FORMATS; i++)
        good = keep_picture(&pictures, i, error);
    close_pictures(&pictures);
    return good;
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/verify/report/verify_report.h"

#include "reports/label.h"
#include "reports/spill.h"
#include "sim/verify/report/decisions.h"
#include "sim/verify/report/report_files.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NAME_CHARACTERS 100
#define PATH_SIZE 4352

static const char *const directions[DISK_DIRECTION_COUNT] = {"read", "write"};

// ---- Files ----

static bool fail_at(const char *path, struct sim_error *error)
{
    return sim_fail(error, SIM_FAILED, "--report: %s: %s", path, strerror(errno));
}

bool verify_report_can(const char *folder, struct sim_error *error)
{
    DIR *entries = opendir(folder);
    const struct dirent *entry;
    if (entries == NULL)
        return errno == ENOENT || fail_at(folder, error);
    do
        entry = readdir(entries);
    while (entry != NULL && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
    bool ok = entry == NULL || sim_fail(error, SIM_FAILED, "--report: %s is not empty: it has '%s'",
                                        folder, entry->d_name);
    closedir(entries);
    return ok;
}

static FILE *create(const struct verify_report *report, const char *name, struct sim_error *error)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", report->folder, name);
    FILE *out = fopen(path, "wx");
    if (out == NULL)
        fail_at(path, error);
    return out;
}

static bool finish(const struct verify_report *report, FILE *out, struct sim_error *error)
{
    bool ok = ferror(out) == 0;
    return (fclose(out) == 0 && ok) || fail_at(report->folder, error);
}

static bool write_bytes(const struct verify_report *report, const char *name,
                        const unsigned char *bytes, size_t size, struct sim_error *error)
{
    FILE *out = create(report, name, error);
    if (out == NULL)
        return false;
    fwrite(bytes, 1, size, out);
    return finish(report, out, error);
}

// ---- The scenario, with its requests in it ----

static bool is_plain(const char *name)
{
    return name[strspn(
               name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0';
}

struct volume {
    char name[12];
};

// In the table of requests members are called by their names, or else all by their numbers.
static void name_volumes(const struct scenario *scenario, struct scenario_member *members,
                         struct volume *volumes)
{
    bool are_plain = true;
    for (size_t i = 0; i < scenario->member_count; i++)
        are_plain = are_plain && is_plain(scenario->members[i].name);
    for (size_t i = 0; i < scenario->member_count; i++) {
        snprintf(volumes[i].name, sizeof volumes[i].name, "%" PRIu32, (uint32_t)i);
        members[i] = scenario->members[i];
        members[i].trace = scenario_trace_default();
        members[i].volume = are_plain ? NULL : volumes[i].name;
    }
}

static bool write_requests(const struct decisions *decisions, const struct scenario_member *members,
                           char **csv)
{
    size_t size;
    FILE *out = open_memstream(csv, &size);
    if (out == NULL)
        return false;
    fputs("time_ns,op,offset,bytes,member\n", out);
    for (size_t i = 0; i < decisions->count; i++) {
        const struct decision *decision = &decisions->items[i];
        const struct scenario_member *member = &members[decision->member];
        fprintf(out, "%" PRId64 ",%s,0,%" PRIu64 ",%s\n", decision->arrival_ns, decision->op,
                decision->bytes, member->volume == NULL ? member->name : member->volume);
    }
    return fclose(out) == 0;
}

static bool write_scenario(const struct verify_report *report, const struct decisions *decisions,
                           struct sim_error *error)
{
    const struct scenario *whole = report->scenario;
    struct scenario copy = *whole;
    struct scenario_trace trace = scenario_trace_default();
    struct scenario_member *members = malloc(whole->member_count * sizeof *members);
    struct volume *volumes = malloc(whole->member_count * sizeof *volumes);
    bool ok = members != NULL && volumes != NULL;
    if (ok) {
        name_volumes(whole, members, volumes);
        copy.members = members;
        copy.each_volume = false;
        copy.device_count = 0;
        copy.traces = &trace;
        copy.trace_count = decisions->count > 0;
        ok = write_requests(decisions, members, &trace.csv);
    }
    ok = ok || sim_fail_memory(error);
    FILE *out = ok ? create(report, "scenario.yaml", error) : NULL;
    if (out != NULL) {
        fputs("# What leads to the difference. throttlesim verify scenario.yaml --qemu QEMU\n",
              out);
        scenario_write(&copy, out);
        ok = finish(report, out, error);
    }
    free(trace.csv);
    free(volumes);
    free(members);
    return ok && out != NULL;
}

// ---- What was done to QEMU ----

struct session {
    const struct scenario *scenario;
    struct decisions *decisions;
    FILE *out;
    uint32_t member; // that differs, and its number in QEMU
    uint32_t id;
    bool has_expected; // something that QEMU did not do
};

static uint32_t id_of(const struct disks *disks, const char *name)
{
    return names_find(&disks->ids, name);
}

static void print_names(const struct session *session, const struct disks *disks)
{
    char label[REPORT_LABEL_MAX];
    const struct scenario *scenario = session->scenario;
    for (size_t i = 0; i < scenario->group_count + scenario->member_count; i++) {
        bool is_group = i < scenario->group_count;
        const char *name =
            is_group ? scenario->groups[i].name : scenario->members[i - scenario->group_count].name;
        report_label(label, name, NAME_CHARACTERS);
        fprintf(session->out, "# n%" PRIu32 " is the %s '%s'\n", id_of(disks, name),
                is_group ? "group" : "member", label);
    }
}

static void print_counts(FILE *out, const char *word, uint32_t id, int direction,
                         const struct disk_counts *counts)
{
    fprintf(out, "%s n%" PRIu32 " %s %" PRIu64 " %" PRIu64 "\n", word, id, directions[direction],
            counts->left[direction], counts->latency_ns[direction]);
}

// What has changed since the last look, and what the simulator has otherwise.
static void note_look(void *context, const struct disks *disks, int64_t now_ns,
                      const struct disk_counts *ours, const struct disk_counts *counted)
{
    struct session *session = context;
    const struct scenario *scenario = session->scenario;
    if (session->decisions->looked_ns < 0)
        print_names(session, disks);
    for (uint32_t i = 0; i < scenario->member_count; i++) {
        const struct disk_counts *before = &session->decisions->counted[i];
        uint32_t id = id_of(disks, scenario->members[i].name);
        if (i == session->member)
            session->id = id;
        for (int j = 0; j < DISK_DIRECTION_COUNT; j++) {
            if (counted[i].left[j] != before->left[j] ||
                counted[i].latency_ns[j] != before->latency_ns[j])
                print_counts(session->out, "counts", id, j, &counted[i]);
            if (counted[i].left[j] == ours[i].left[j] &&
                counted[i].latency_ns[j] == ours[i].latency_ns[j])
                continue;
            print_counts(session->out, "expect", id, j, &ours[i]);
            session->has_expected = true;
        }
    }
    decisions_look(session->decisions, scenario, now_ns, ours, counted);
}

static int64_t sleep_ns(int64_t wakes_ns, int64_t now_ns)
{
    return wakes_ns == ENGINE_NEVER ? CLOCK_FOR_EVER : wakes_ns - now_ns;
}

static void end_session(const struct session *session, const struct difference *difference)
{
    if (difference->kind == DIFFERENCE_SLEEP)
        fprintf(session->out, "sleep %" PRId64 " %" PRId64 "\n",
                sleep_ns(difference->qemu_ns, difference->found_ns),
                sleep_ns(difference->our_ns, difference->found_ns));
    else if (!session->has_expected) // it slept on
        fprintf(session->out,
                "clock %" PRId64 "\nqmp query-blockstats\nexpect n%" PRIu32 " %s %" PRIu64 " -\n",
                difference->found_ns, session->id, directions[difference->direction],
                difference->our_left);
}

static bool run_again(const struct verify_report *report, struct session *session,
                      struct sim_error *error)
{
    struct lockstep_config config = *report->config;
    struct lockstep_result result = {0};
    config.is_careful = true;
    config.ends_at_sleep = report->result->difference.kind == DIFFERENCE_SLEEP;
    config.looked = note_look;
    config.looked_context = session;
    config.progress = NULL;
    config.qemu.transcript = session->out;
    fputs(
        "# What was done to QEMU, and how many requests of a disk and direction it counted, with\n"
        "# the time that they took together; \"expect\": what the simulator counted.\n",
        session->out);
    bool ok = lockstep_run(session->scenario, &config, &result, error) &&
              (!result.agree || sim_fail(error, SIM_FAILED,
                                         "--report: %s: QEMU differed, and not when the same was "
                                         "done again",
                                         session->scenario->name));
    if (ok)
        end_session(session, &result.difference);
    difference_free(&result.difference);
    return ok;
}

static bool write_session(const struct verify_report *report, const struct scenario *scenario,
                          struct decisions *decisions, struct sim_error *error)
{
    struct session session = {
        .scenario = scenario,
        .decisions = decisions,
        .out = create(report, "session.txt", error),
        .member = report->result->difference.member,
    };
    if (session.out == NULL)
        return false;
    bool ok = run_again(report, &session, error);
    return finish(report, session.out, ok ? error : &(struct sim_error){0}) && ok;
}

// ---- The rest ----

static bool write_decisions(const struct verify_report *report, const struct scenario *scenario,
                            struct decisions *decisions, struct sim_error *error)
{
    FILE *out = create(report, "decisions.txt", error);
    if (out == NULL)
        return false;
    bool ok = decisions_print(decisions, scenario, &report->result->difference, out) ||
              sim_fail_memory(error);
    return finish(report, out, ok ? error : &(struct sim_error){0}) && ok;
}

static bool write_readme(const struct verify_report *report, const struct scenario *scenario,
                         struct sim_error *error)
{
    FILE *out = create(report, "README", error);
    if (out == NULL)
        return false;
    fputs("QEMU's throttle and its simulator decide differently.\n\n", out);
    difference_print(&report->result->difference, scenario, out);
    fprintf(
        out,
        "in QEMU %s\n\nFound by throttlesim %s; lines are those of scenario.yaml.\n\n"
        "python3 replay.py QEMU    does again what was done to QEMU: the same commands at the "
        "same\n"
        "                          times of its clock, and compares what it counts. Needs cc.\n"
        "session.txt               what that is\n"
        "decisions.txt             requests around the difference: when they left the throttle\n"
        "scenario.yaml             for throttlesim verify scenario.yaml --qemu QEMU\n"
        "qemu_clock.c, clock_page.h\n"
        "                          the library that is preloaded into QEMU and gives it its "
        "clock\n",
        report->result->qemu_version, THROTTLESIM_VERSION);
    return finish(report, out, error);
}

static bool write_files(const struct verify_report *report, struct sim_error *error)
{
    return write_bytes(report, "replay.py", report_replay_py, report_replay_py_size, error) &&
           write_bytes(report, "qemu_clock.c", report_qemu_clock_c, report_qemu_clock_c_size,
                       error) &&
           write_bytes(report, "clock_page.h", report_clock_page_h, report_clock_page_h_size,
                       error);
}

// What happens later than all that is told of the difference is left out.
static int64_t last_ns(const struct difference *difference)
{
    bool is_known = difference->kind == DIFFERENCE_DEPARTURE && difference->qemu_ns != ENGINE_NEVER;
    return is_known && difference->qemu_ns > difference->found_ns ? difference->qemu_ns
                                                                  : difference->found_ns;
}

static bool write_with_requests(const struct verify_report *report, struct sim_error *error)
{
    struct decisions decisions;
    bool ok = decisions_collect(&decisions, report->scenario, last_ns(&report->result->difference),
                                error) &&
              write_scenario(report, &decisions, error);
    decisions_free(&decisions);
    return ok;
}

bool verify_report_write(const struct verify_report *report, struct sim_error *error)
{
    char path[PATH_SIZE];
    struct decisions decisions = {0};
    if (!report_make_folder(report->folder))
        return fail_at(report->folder, error);
    snprintf(path, sizeof path, "%s/scenario.yaml", report->folder);
    if (!write_with_requests(report, error))
        return false;
    struct scenario *scenario = scenario_load(path, error);
    bool ok = scenario != NULL && decisions_collect(&decisions, scenario, ENGINE_NEVER, error) &&
              write_session(report, scenario, &decisions, error) &&
              write_decisions(report, scenario, &decisions, error) &&
              write_readme(report, scenario, error) && write_files(report, error);
    decisions_free(&decisions);
    scenario_free(scenario);
    return ok;
}

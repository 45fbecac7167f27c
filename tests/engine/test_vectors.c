// SPDX-License-Identifier: GPL-2.0-or-later
// Runs observed on a real QEMU (tests/vectors/): every request leaves at the recorded nanosecond,
// in the recorded order. The model must pass as well, or it could not judge the engine.
#include "tests/engine/subject.h"
#include "tests/support/json.h"
#include "tests/support/test_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 256

// A name and what it stands for. Names of groups are looked up from the latest: one that is gone
// may have been given again.
struct name {
    const char *text;
    uint32_t id;
};

struct left {
    int64_t id;
    int64_t time_ns;
};

struct run {
    struct json json;
    struct subject subject;
    enum engine_attach attach;
    const char *title;
    struct name members[NAMES_MAX];
    size_t member_count;
    struct name groups[NAMES_MAX];
    size_t group_count;
    struct engine_request *requests; // by id
    struct left *left;               // in order of leaving
    size_t left_count;
    size_t request_count;
};

static void record(void *context, struct engine_request *request, const int64_t *wait_ns)
{
    (void)wait_ns;
    struct run *run = context;
    assert_true(run->left_count < run->request_count);
    run->left[run->left_count++] = (struct left){
        .id = request - run->requests,
        .time_ns = request->dispatch_ns,
    };
}

static void add_name(struct name *names, size_t *count, const char *text, uint32_t id)
{
    assert_true(*count < NAMES_MAX);
    names[(*count)++] = (struct name){text, id};
}

static uint32_t find_group(const struct run *run, const char *name, int64_t now_ns)
{
    for (size_t i = run->group_count; i > 0; i--) {
        struct engine_node_gauge gauge;
        if (strcmp(run->groups[i - 1].text, name) == 0 &&
            subject_node_gauge(&run->subject, run->groups[i - 1].id, now_ns, &gauge))
            return run->groups[i - 1].id;
    }
    return ENGINE_NONE;
}

static uint32_t find_member(const struct run *run, const char *name)
{
    for (size_t i = 0; i < run->member_count; i++) {
        if (strcmp(run->members[i].text, name) == 0)
            return run->members[i].id;
    }
    fail_msg("%s: no member \"%s\"", run->title, name);
    return ENGINE_NONE;
}

static const char *text_of(struct run *run, json_value *object, const char *key)
{
    return json_text(json_get(&run->json, object, key));
}

static int64_t integer_of(struct run *run, json_value *object, const char *key)
{
    return json_integer(json_get(&run->json, object, key));
}

static struct engine_parameters limits_of(struct run *run, json_value *limits)
{
    struct engine_parameters parameters = {.given = 0};
    for (size_t i = 0; i < json_count(limits); i++) {
        const char *key = json_key_at(&run->json, limits, i);
        if (strcmp(key, "group") != 0 && strcmp(key, "device") != 0) {
            subject_give(&parameters, key, json_integer(json_value_at(&run->json, limits, i)));
        }
    }
    return parameters;
}

static void control(struct run *run, int64_t now_ns, struct engine_operation *operation)
{
    assert_int_equal(subject_control(&run->subject, now_ns, operation), ENGINE_OK);
}

static void set_up(struct run *run)
{
    json_value *root = json_root(&run->json);
    json_value *groups = json_get(&run->json, root, "groups");
    for (size_t i = 0; i < json_count(groups); i++) {
        json_value *group = json_at(&run->json, groups, i);
        struct engine_operation operation = {
            .kind = ENGINE_NODE_CREATE,
            .parent = ENGINE_NONE,
            .parameters = limits_of(run, json_get(&run->json, group, "limits")),
        };
        control(run, 0, &operation);
        add_name(run->groups, &run->group_count, text_of(run, group, "id"), operation.node);
    }
    json_value *members = json_get(&run->json, root, "members");
    for (size_t i = 0; i < json_count(members); i++) {
        json_value *member = json_at(&run->json, members, i);
        struct engine_operation operation = {
            .kind = ENGINE_MEMBER_CREATE,
            .attach = run->attach,
        };
        control(run, 0, &operation);
        add_name(run->members, &run->member_count, text_of(run, member, "id"), operation.member);
        operation.kind = ENGINE_MEMBER_JOIN;
        operation.node = find_group(run, text_of(run, member, "group"), 0);
        control(run, 0, &operation);
    }
}

static void qom_set(struct run *run, json_value *event, int64_t now_ns)
{
    control(run, now_ns,
            &(struct engine_operation){
                .kind = ENGINE_NODE_SET,
                .node = find_group(run, text_of(run, event, "group"), now_ns),
                .parameters = limits_of(run, json_get(&run->json, event, "limits")),
            });
}

// Without a group's name the member stays in its group; in none, it gets one of its own name.
static void set_io_throttle(struct run *run, json_value *event, int64_t now_ns)
{
    json_value *arguments = json_get(&run->json, event, "arguments");
    json_value *group = json_get(&run->json, arguments, "group");
    const char *device = text_of(run, arguments, "device");
    struct engine_operation operation = {
        .kind = ENGINE_MEMBER_SET,
        .node = ENGINE_NONE,
        .member = find_member(run, device),
        .parameters = limits_of(run, arguments),
    };
    struct engine_member_gauge gauge;
    assert_true(subject_member_gauge(&run->subject, operation.member, &gauge));
    const char *name = device;
    if (group != NULL)
        name = json_text(group);
    if (group != NULL || gauge.node == ENGINE_NONE) {
        operation.node = find_group(run, name, now_ns);
        if (operation.node == ENGINE_NONE)
            operation.node = ENGINE_NODE_NEW;
    }
    bool is_new = operation.node == ENGINE_NODE_NEW;
    control(run, now_ns, &operation);
    if (is_new && operation.node != ENGINE_NODE_NEW)
        add_name(run->groups, &run->group_count, name, operation.node);
}

static void arrival(struct run *run, json_value *event, int64_t now_ns)
{
    int64_t id = integer_of(run, event, "id");
    assert_in_range(id, 0, run->request_count - 1);
    bool is_read = strcmp(text_of(run, event, "op"), "read") == 0;
    run->requests[id] = (struct engine_request){
        .bytes = (uint64_t)integer_of(run, event, "bytes"),
        .member = find_member(run, text_of(run, event, "member")),
        .op = is_read ? ENGINE_READ : ENGINE_WRITE,
    };
    subject_submit(&run->subject, now_ns, &run->requests[id]);
}

static void play(struct run *run)
{
    json_value *root = json_root(&run->json);
    json_value *events = json_get(&run->json, root, "events");
    for (size_t i = 0; i < json_count(events); i++) {
        json_value *event = json_at(&run->json, events, i);
        int64_t now_ns = integer_of(run, event, "t");
        const char *op = text_of(run, event, "op");
        subject_advance(&run->subject, now_ns);
        if (strcmp(op, "qom-set") == 0)
            qom_set(run, event, now_ns);
        else if (strcmp(op, "block_set_io_throttle") == 0)
            set_io_throttle(run, event, now_ns);
        else
            arrival(run, event, now_ns);
        subject_advance(&run->subject, now_ns);
    }
    subject_advance(&run->subject, integer_of(run, root, "end"));
}

static void compare(struct run *run)
{
    json_value *root = json_root(&run->json);
    json_value *dispatch = json_get(&run->json, root, "dispatch");
    for (size_t i = 0; i < json_count(dispatch); i++) {
        json_value *expected = json_at(&run->json, dispatch, i);
        int64_t id = json_integer(json_at(&run->json, expected, 0));
        int64_t time_ns = json_integer(json_at(&run->json, expected, 1));
        if (i == run->left_count)
            fail_msg("%s: request %lld never left", run->title, (long long)id);
        if (run->left[i].id != id || run->left[i].time_ns != time_ns) {
            fail_msg("%s: departure %zu: expected request %lld at %lld, found %lld at %lld",
                     run->title, i, (long long)id, (long long)time_ns, (long long)run->left[i].id,
                     (long long)run->left[i].time_ns);
        }
    }
    assert_int_equal(run->left_count, json_count(dispatch));
    json_value *waiting = json_get(&run->json, root, "waiting_at_end");
    assert_int_equal(subject_waiting(&run->subject), json_count(waiting));
    assert_int_equal(run->left_count + json_count(waiting), run->request_count);
}

static void run_line(enum subject_kind kind, const char *text, size_t size)
{
    struct run *run = calloc(1, sizeof *run);
    assert_non_null(run);
    assert_true(json_parse(&run->json, text, size));
    json_value *root = json_root(&run->json);
    run->title = text_of(run, root, "name");
    run->attach = strcmp(text_of(run, root, "attach"), "drive") == 0 ? ENGINE_DRIVE : ENGINE_FILTER;
    run->request_count = json_count(json_get(&run->json, root, "dispatch")) +
                         json_count(json_get(&run->json, root, "waiting_at_end"));
    run->requests = calloc(run->request_count, sizeof *run->requests);
    run->left = calloc(run->request_count, sizeof *run->left);
    assert_true(run->requests != NULL && run->left != NULL);
    run->subject =
        subject_create(kind, &(struct engine_callbacks){.dispatch = record, .context = run});
    set_up(run);
    play(run);
    compare(run);
    subject_destroy(&run->subject);
    free(run->left);
    free(run->requests);
    json_free(&run->json);
    free(run);
}

static void run_file(enum subject_kind kind, const char *path, int runs_expected)
{
    size_t size;
    char *text = json_read_file(path, &size);
    int runs = 0;
    for (char *line = text; line < text + size; runs++) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        run_line(kind, line, (size_t)(end - line));
        line = end + 1;
    }
    assert_int_equal(runs, runs_expected);
    free(text);
}

#define VECTOR_TEST(name, kind, file, runs)                                                        \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        run_file(kind, TEST_SOURCE_DIR "/vectors/" file, runs);                                    \
    }

VECTOR_TEST(model_filter, SUBJECT_MODEL, "filter.jsonl", 40)
VECTOR_TEST(model_drive, SUBJECT_MODEL, "drive.jsonl", 40)
VECTOR_TEST(model_edges, SUBJECT_MODEL, "edges.jsonl", 6)
VECTOR_TEST(engine_filter, SUBJECT_ENGINE, "filter.jsonl", 40)
VECTOR_TEST(engine_drive, SUBJECT_ENGINE, "drive.jsonl", 40)
VECTOR_TEST(engine_edges, SUBJECT_ENGINE, "edges.jsonl", 6)

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(model_filter),  cmocka_unit_test(model_drive),  cmocka_unit_test(model_edges),
    cmocka_unit_test(engine_filter), cmocka_unit_test(engine_drive), cmocka_unit_test(engine_edges),
};
TEST_GROUP(vectors, tests, NULL, NULL);

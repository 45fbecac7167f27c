// SPDX-License-Identifier: GPL-2.0-or-later
// Throttling engines: when may a request go to the device?
//
// An engine is one event loop. The caller owns the clock: every call is told the time, and the
// engine answers by handing requests to the `dispatch` callback. Nothing here reads a clock, does
// I/O, prints or exits. Memory is allocated by engine_create and engine_control only.
//
//     struct engine *engine = engine_create(engine_find("throttle-group"), &callbacks);
//     engine_control(engine, 0, &(struct engine_operation){.kind = ENGINE_NODE_CREATE, ...});
//     ...
//     while (engine_next_deadline(engine) <= now) engine_fire(engine, now);
//     engine_submit(engine, now, &request);
//
// Words: a *member* is one disk; a *node* is a place where limits apply, for the throttle-group
// engine a throttle group. Both are small integers given out by engine_control, never reused. Names
// live outside the engine.
//
// Units: times are int64_t nanoseconds >= 0, sizes are bytes. `now_ns` never decreases from call to
// call (asserted).
//
// Errors: misuse by the programmer (an unknown member in engine_submit, time going back, calling
// the engine from the callback) asserts. What a user can cause comes back as a status.
//
// Caveats: a request is the engine's from engine_submit until dispatch hands it back, and must not
// be touched in between. Requests can wait for ever (see engine_waiting). One engine must not be
// used by two threads at once; different engines share nothing.
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENGINE_NONE UINT32_MAX           // no node, no member
#define ENGINE_NEVER INT64_MAX           // a deadline that never comes
#define ENGINE_NODE_NEW (UINT32_MAX - 1) // ENGINE_MEMBER_SET: a node of its own

enum engine_op {
    ENGINE_READ,
    ENGINE_WRITE,
    ENGINE_DISCARD,
    ENGINE_WRITE_ZEROES,
    ENGINE_FLUSH,
    ENGINE_OP_COUNT,
};

// Where a member's throttle sits, which decides what it sees.
enum engine_attach {
    ENGINE_FILTER, // a node of the block graph: all but flushes; a discard is a write of its length
    ENGINE_DRIVE,  // on the drive: reads, writes, write zeroes
    ENGINE_FILTER_IGNORES, // a node without discard=unmap: discards do not come to it
    ENGINE_ATTACH_COUNT,
};

#define ENGINE_NOTE_COUNT 3

// One request, of which very many may wait. The caller fills offset, bytes, member and op before it
// is submitted; the engine the times. Of an algorithm with notes it has room for them as well, see
// struct engine_callbacks.
struct engine_request {
    struct engine_request *next; // the engine's, while it waits; otherwise the caller's
    int64_t arrival_ns;          // set by engine_submit
    int64_t dispatch_ns;         // set before dispatch is called; until then the engine's
    uint64_t bytes;
    uint64_t offset; // on the member's disk, bytes
    uint32_t member;
    uint16_t tag; // the caller's, as is mark: there is room for them
    uint8_t mark;
    uint8_t op; // enum engine_op
};

// ---- What an algorithm knows, as rows of data, each called by its number ----

enum engine_unit {
    ENGINE_BYTES_PER_SECOND,
    ENGINE_OPS_PER_SECOND,
    ENGINE_SECONDS,
    ENGINE_BYTES,
};

// One parameter that an engine knows. Parsing, messages, --help and the manual come from this row.
struct engine_parameter {
    const char *key;     // "iops-total-max": ThrottleLimits spelling
    const char *qmp_key; // "iops_max": block_set_io_throttle spelling
    enum engine_unit unit;
    int64_t initial; // when not given
    int64_t max;     // largest valid value; the smallest is 0 unless a rule says otherwise
    const char *help;
};

#define ENGINE_PARAMETER_MAX 32

// A direction: requests of a member that count as the same.
struct engine_direction {
    const char *key; // "read"
};

#define ENGINE_DIRECTION_MAX 2
#define ENGINE_NOT_THROTTLED UINT8_MAX // no direction: the throttle does not see the request

// What a limit fills: it has a level, and above its size requests wait.
struct engine_bucket {
    const char *key; // "iops-total"
    int parameter;   // of its limit: a row of the parameters
};

#define ENGINE_BUCKET_MAX 16
#define ENGINE_CAUSE_MAX 32

// Why a request waits. Where several limits are exceeded, the one counts that makes it wait
// longest.
struct engine_cause {
    const char *key;  // "iops-total", "iops-total-max" for its burst part, "turn"
    const char *help; // what the request waits for
    int bucket;       // whose limit it is, or -1: none's
    bool is_burst;    // the bucket's burst part, which caps the rate during a burst
};

// A set of parameters, by row number. Bit i of `given`: value[i] is meant; other values are not
// read.
struct engine_parameters {
    int64_t value[ENGINE_PARAMETER_MAX];
    uint32_t given;
};

// Why a set is refused, and which rows are to blame (`other` is -1 if there is only one).
struct engine_fault {
    const char *rule; // static text: what is wrong with the parameter, to be put after its name
    int parameter;
    int other;
};

// What a limit lets through, from its values alone, in bytes or operations. A request that finds
// room passes whole, so each of these can be exceeded by one request.
struct engine_limit_facts {
    int bucket;        // a row
    double rate;       // per second, for as long as anybody asks
    double allowance;  // what passes beyond that before requests wait for the rate; 0: this
                       // algorithm counts in slices of time, nothing more is known
    double burst_rate; // per second, while the allowance lasts; 0: as fast as it is asked for
    double at_once;    // of the allowance, passes in one instant
    double refill_s;   // until the allowance is whole again when all of it is used
};

// ---- Operations ----

#define ENGINE_STATUSES(X)                                                                         \
    X(ENGINE_OK, "done")                                                                           \
    X(ENGINE_INVALID, "the limits are not valid")                                                  \
    X(ENGINE_BUSY, "it is still in use")                                                           \
    X(ENGINE_UNKNOWN_NODE, "there is no such group")                                               \
    X(ENGINE_UNKNOWN_MEMBER, "there is no such member")                                            \
    X(ENGINE_NOT_JOINED, "the member is in no group")                                              \
    X(ENGINE_NOT_DRAINED, "the member is not drained")                                             \
    X(ENGINE_DETACHED, "the member is detached from the event loop")                               \
    X(ENGINE_UNSUPPORTED, "this engine cannot do that")                                            \
    X(ENGINE_NO_MEMORY, "out of memory")

enum engine_status {
#define ENGINE_STATUS_VALUE(name, text) name,
    ENGINE_STATUSES(ENGINE_STATUS_VALUE)
#undef ENGINE_STATUS_VALUE
};

// The text of a status: lower case, no full stop.
const char *engine_status_text(enum engine_status status);

enum engine_operation_kind {
    ENGINE_NODE_CREATE,   // parent, parameters (missing: initial) -> node
    ENGINE_NODE_DELETE,   // node; ENGINE_BUSY while it has members
    ENGINE_NODE_SET,      // node, parameters: those given replace, the others stay (qom-set)
    ENGINE_NODE_FILL,     // node, fill: each bucket with a limit holds this share of its size
    ENGINE_MEMBER_CREATE, // attach -> member; it is in no node
    ENGINE_STAGE_CREATE,  // member, attach -> member: a further throttle of it, below those it has.
                          // To be put into nodes as a member is, and nothing is submitted to it
    ENGINE_MEMBER_JOIN,   // member, node; in another node: leaves that first; parameters, if any is
                          // given, are set on the node as by ENGINE_NODE_SET
    ENGINE_MEMBER_LEAVE,  // member: drained, then out
    ENGINE_MEMBER_SET,    // member, node, parameters (missing: initial): block_set_io_throttle.
                       // node ENGINE_NONE: the one it is in, or a new one; ENGINE_NODE_NEW: a new
                       // one -> node. A new node lives as long as it has members.
    ENGINE_DRAIN_BEGIN, // member, holds: waiting requests leave, limits are off until as many ends;
                        // of all its throttles, from above
    ENGINE_DRAIN_END, // member
    ENGINE_DETACH,    // member: from the event loop; ENGINE_BUSY while a request is pending
    ENGINE_ATTACH,    // member: to the event loop
    ENGINE_OPERATION_COUNT,
};

struct engine_operation {
    enum engine_operation_kind kind;
    uint32_t node;
    uint32_t member;
    uint32_t parent; // ENGINE_NONE unless the engine has trees
    enum engine_attach attach;
    struct engine_parameters parameters;
    double fill; // not negative; above 1 requests wait until that much has leaked
    bool holds;  // what the member submits until the drain ends, waits above the throttle till then
    struct engine_fault fault; // filled with ENGINE_INVALID
};

// ---- Read-only views ----

struct engine_bucket_gauge {
    const char *key;    // of the algorithm's row
    double level;       // bytes or operations, leaked up to the asked time
    double size;        // above it, requests wait
    double burst_level; // 0 without a burst length
    double burst_size;
};

// Arrays are by direction.
struct engine_node_gauge {
    uint32_t members;
    uint64_t waiting[ENGINE_DIRECTION_MAX];
    uint32_t token[ENGINE_DIRECTION_MAX]; // whose turn it is, or ENGINE_NONE
    bool timer_armed[ENGINE_DIRECTION_MAX];
    size_t bucket_count; // buckets with a limit only
    struct engine_bucket_gauge bucket[ENGINE_BUCKET_MAX];
};

struct engine_member_gauge {
    uint32_t node; // ENGINE_NONE: in none
    unsigned limits_disabled;
    uint64_t waiting[ENGINE_DIRECTION_MAX];    // in the FIFO
    uint64_t pending[ENGINE_DIRECTION_MAX];    // as the algorithm counts them
    int64_t deadline_ns[ENGINE_DIRECTION_MAX]; // of its timer
    bool timer_pending[ENGINE_DIRECTION_MAX];
};

// ---- The engine ----

// The request goes to the device now (request->dispatch_ns). It is the caller's again. wait_ns: if
// it waited (dispatch_ns > arrival_ns), how long for each cause, which add up to its wait;
// otherwise, and where its member has several throttles, NULL. To be read in the callback only: the
// engine keeps one such array. The callback only records: it must not call the engine.
typedef void engine_dispatch(void *context, struct engine_request *request, const int64_t *wait_ns);

// The request leaves a throttle of a member that has several: the stage, which is the member itself
// or what ENGINE_STAGE_CREATE gave. wait_ns: if it waited in this one, how long for each cause;
// otherwise NULL. Nothing is told of a throttle that does not count it.
typedef void engine_passed(void *context, int64_t now_ns, const struct engine_request *request,
                           uint32_t stage, const int64_t *wait_ns);

// A limit's burst allowance (iops-total-max) has run out: for the first time since it was last
// whole, it makes a request wait. bucket: a row. refill_ns: until it is whole again if nothing more
// leaves.
typedef void engine_ran_out(void *context, int64_t now_ns, uint32_t node, int bucket,
                            int64_t refill_ns);

// The request, which is about to leave a throttle, counts as so many operations for the limits on
// them: more than one, because of iops-size. Of one that counts as one nothing is said.
typedef void engine_counted(void *context, int64_t now_ns, const struct engine_request *request,
                            double operations);

struct engine_callbacks {
    engine_dispatch *dispatch;
    void *context;
    engine_ran_out *ran_out; // or NULL; only records, too
    engine_counted *counted; // likewise
    size_t notes_at; // from the beginning of each request to room for int64_t[ENGINE_NOTE_COUNT],
                     // the engine's while it waits; for an algorithm that has notes
    engine_passed *passed; // or NULL; only records, too
};

struct engine;
struct timer;

// Carries out an operation of a kind that the algorithm knows. subject: the member that it is
// about, or the node for ENGINE_NODE_DELETE, _SET and _FILL, which exists; NULL if it makes one.
typedef enum engine_status engine_operate(struct engine *engine, int64_t now_ns,
                                          struct engine_operation *operation, void *subject);

// An algorithm: one constant table. Use the functions below, not the pointers. Members and nodes
// are the algorithm's own structures, as its operations have made them.
struct engine_algorithm {
    const char *name;
    const char *help; // one line
    const struct engine_parameter *parameters;
    size_t parameter_count;
    const struct engine_direction *directions;
    size_t direction_count;
    const uint8_t (*direction_of)[ENGINE_OP_COUNT]; // by enum engine_attach, then enum engine_op
    const struct engine_bucket *buckets;
    size_t bucket_count;
    const struct engine_cause *causes;
    size_t cause_count;
    bool has_groups; // several members may share a node
    bool has_trees;  // nodes may have parents
    bool has_notes;  // of its waiting requests

    const void *own;                   // more constants, for itself
    size_t engine_size;                // its structure begins with struct engine
    engine_operate *const *operations; // by kind; NULL: it does not know that one
    enum engine_status (*check)(const struct engine_algorithm *algorithm,
                                const struct engine_parameters *parameters,
                                struct engine_fault *fault);
    void (*submit)(struct engine *engine, int64_t now_ns, struct engine_request *request);
    void (*complete)(struct engine *engine, int64_t now_ns,
                     struct engine_request *request); // NULL: it does not care
    void (*fire)(struct engine *engine, int64_t now_ns, struct timer *timer); // no longer pending
    void (*node_free)(void *node);
    void (*node_gauge)(const struct engine *engine, const void *node, int64_t now_ns,
                       struct engine_node_gauge *gauge); // all 0 so far
    void (*member_gauge)(const struct engine *engine, const void *member,
                         struct engine_member_gauge *gauge);                       // likewise
    void (*parameters_of)(const void *node, struct engine_parameters *parameters); // values
    size_t (*facts)(const struct engine_parameters *parameters,                    // values
                    struct engine_limit_facts *facts);
};

// All algorithms; the first is the default.
const struct engine_algorithm *const *engine_algorithms(size_t *count);
const struct engine_algorithm *engine_find(const char *name); // NULL: no such

// What the throttle of a member takes an operation for: a direction, or ENGINE_NOT_THROTTLED.
unsigned engine_direction_of(const struct engine_algorithm *algorithm, enum engine_attach attach,
                             enum engine_op op);

// The row with this key in either spelling, or -1.
int engine_parameter_find(const struct engine_algorithm *algorithm, const char *key);

// Would a node accept exactly these parameters (missing: initial)? ENGINE_OK or ENGINE_INVALID.
enum engine_status engine_check(const struct engine_algorithm *algorithm,
                                const struct engine_parameters *parameters,
                                struct engine_fault *fault);

// What each limit of these (missing: initial; valid) lets through: how many there are.
size_t engine_limit_facts(const struct engine_algorithm *algorithm,
                          const struct engine_parameters *parameters,
                          struct engine_limit_facts facts[ENGINE_BUCKET_MAX]);
// How long the whole allowance lasts, in seconds, when so much is asked for per second from now on
// (INFINITY: everything at once). INFINITY: it never runs out. Not for one without an allowance.
double engine_limit_lasts_s(const struct engine_limit_facts *limit, double asked);

// NULL: out of memory. The callbacks are copied.
struct engine *engine_create(const struct engine_algorithm *algorithm,
                             const struct engine_callbacks *callbacks);
// Requests that still wait are forgotten, not touched. NULL is allowed.
void engine_destroy(struct engine *engine);

const struct engine_algorithm *engine_algorithm_of(const struct engine *engine);

// A request arrives. Timers due by now must have fired.
void engine_submit(struct engine *engine, int64_t now_ns, struct engine_request *request);

// The device has finished a request that was dispatched.
void engine_complete(struct engine *engine, int64_t now_ns, struct engine_request *request);

// Carries out one operation, whole or not at all, and fills its outputs. May dispatch.
enum engine_status engine_control(struct engine *engine, int64_t now_ns,
                                  struct engine_operation *operation);

// Nothing changes by itself before this time. ENGINE_NEVER: nothing is due.
int64_t engine_next_deadline(const struct engine *engine);

// Does what is due at now_ns, which may be later than the deadline, including what becomes due by
// it.
void engine_fire(struct engine *engine, int64_t now_ns);

// Requests that have been submitted and not dispatched.
uint64_t engine_waiting(const struct engine *engine);

// Views that change nothing. False: no such node or member. now_ns is at or after the last call's.
bool engine_node_gauge(const struct engine *engine, uint32_t node, int64_t now_ns,
                       struct engine_node_gauge *gauge);
bool engine_member_gauge(const struct engine *engine, uint32_t member,
                         struct engine_member_gauge *gauge);
// The parameters in force at a node, all given.
bool engine_parameters_of(const struct engine *engine, uint32_t node,
                          struct engine_parameters *parameters);

#endif

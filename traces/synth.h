// SPDX-License-Identifier: GPL-2.0-or-later
// Made workloads: a specification, and the stream of requests that it describes.
//
// Everything is drawn from the specification's seed, by one random stream for each purpose
// (arrivals, kinds, sizes, places, latencies) of each volume, derived from the volume's name: to
// change one thing, or to add a volume, leaves all others as they were. A stationary workload is
// stationary from time 0 on: it begins in the middle of a gap and of a period.
//
// The same specification gives the same bytes on every machine. That is why GSL's samplers are not
// used: they call log, exp and pow, which every libm and many a processor round in their own way,
// and its generators take 32 bits of a seed, too few for the streams of so many volumes: of
// 600,000, about 40 pairs would be the same. The laws are those of GSL, and the tests hold every
// draw against GSL's distribution functions.
#ifndef TRACES_SYNTH_H
#define TRACES_SYNTH_H

#include "traces/trace.h"
#include "traces/volumes.h"

#include <signal.h>

#define SYNTH_ENTRIES_MAX 4096              // of a specification
#define SYNTH_VOLUMES_MAX TRACE_VOLUMES_MAX // of all entries: no trace holds more
#define SYNTH_CLIENTS_MAX 1000000
#define SYNTH_STATES_MAX 16
#define SYNTH_SIZES_MAX 256
#define SYNTH_KINDS_MAX 8

#define SYNTH_RATE_MAX 1e9  // requests a second
#define SYNTH_RATE_MIN 1e-6 // but a state may have 0
#define SYNTH_MEAN_NS_MIN 1.0
#define SYNTH_MEAN_NS_MAX 1e15 // 11 days
#define SYNTH_PERIOD_NS_MAX (INT64_C(366) * 24 * 3600 * 1000000000)
#define SYNTH_DURATION_NS_MAX (INT64_C(1) << 62)
#define SYNTH_REQUESTS_MAX 1e12             // expected in all, unless requests_max says less
#define SYNTH_PLACES_MAX (INT64_C(1) << 40) // of SYNTH_ZIPF, span / align

// A positive number, drawn anew each time; its unit is that of what it is of.
enum synth_law {
    SYNTH_CONSTANT,
    SYNTH_EXPONENTIAL,
    SYNTH_GAMMA,     // shape k, 0.01 to 1000: coefficient of variation 1 / sqrt(k)
    SYNTH_WEIBULL,   // shape k, 0.1 to 100: below 1 burstier than at random
    SYNTH_PARETO,    // shape a, 1.01 to 1000: P(X > x) = (x / least)^-a, least = mean (a - 1) / a
    SYNTH_LOGNORMAL, // shape: standard deviation of the logarithm, 0.01 to 5
    SYNTH_LAW_COUNT,
};

struct synth_draw {
    enum synth_law law;
    double mean;
    double shape; // not of SYNTH_CONSTANT and SYNTH_EXPONENTIAL
};

enum synth_process {
    SYNTH_RENEWAL, // independent gaps: constant, Poisson (exponential), Gamma, Weibull, ...
    SYNTH_ON_OFF,  // such gaps while on, nothing while off; a gap goes on in the next on period
    SYNTH_MMPP,    // Poisson, at the rate of a state that changes at random
    SYNTH_DIURNAL, // Poisson, at a rate that goes up and down like a cosine
    SYNTH_CLOSED,  // clients that think, send one request, and wait for its end
    SYNTH_PROCESS_COUNT,
};

struct synth_state {
    double rate_per_s;
    double mean_ns; // how long it lasts, exponential; then any of the others, all equally likely
};

struct synth_arrivals {
    enum synth_process process;
    struct synth_draw gap_ns; // SYNTH_RENEWAL; SYNTH_ON_OFF: while on
    struct synth_draw on_ns;  // SYNTH_ON_OFF
    struct synth_draw off_ns;
    struct synth_state states[SYNTH_STATES_MAX]; // SYNTH_MMPP, at least 2
    uint32_t state_count;
    double rate_per_s; // SYNTH_DIURNAL: on average
    double amplitude;  // 0 to 1: the rate at t is
    int64_t period_ns; // rate_per_s * (1 + amplitude * cos(2 pi (t - peak_ns) / period_ns))
    int64_t peak_ns;
    uint32_t clients;           // SYNTH_CLOSED
    struct synth_draw think_ns; // its mean may be 0
    // Each arrival is a batch (one large request split, the flush of a cache) of 1 or more
    // requests, geometric with this mean, each after a gap from the one before. Batches overlap if
    // they last longer than the gap between two. 0 or 1: no batches, nor are there any of
    // SYNTH_CLOSED.
    double batch_mean;
    struct synth_draw batch_gap_ns; // its mean may be 0
};

struct synth_size {
    uint64_t bytes; // 0 of a flush, and only of that
    double weight;
};

enum synth_place {
    SYNTH_UNIFORM,
    SYNTH_ZIPF, // some places are asked for often, scattered over the volume
    SYNTH_PLACE_COUNT,
};

// One kind of request of a volume. Kinds may have the same operation: a scan beside random reads.
struct synth_kind {
    enum trace_op op;
    double weight; // among the volume's kinds
    struct synth_size sizes[SYNTH_SIZES_MAX];
    uint32_t size_count;
    double sequential; // share that begins where the one before of its kind ended, 0 to 1
    enum synth_place place;
    double zipf_exponent; // SYNTH_ZIPF, 0.01 to 10: rank r in proportion to r^-exponent
    uint64_t first;       // where it takes place in the volume, bytes
    uint64_t span;        // at least the largest size; first + span below 2^63
    uint64_t align;       // of places, counted from first, bytes, at least 1
};

struct synth_volume {
    char *name;     // count > 1: NAME-1, NAME-2, ...
    uint32_t count; // of volumes alike, each with streams of its own
    struct synth_arrivals arrivals;
    struct synth_kind kinds[SYNTH_KINDS_MAX];
    uint32_t kind_count;
    struct synth_draw latency_ns; // as if recorded; mean 0: unknown. SYNTH_CLOSED needs it
    // Bursts together, of SYNTH_ON_OFF and SYNTH_MMPP: the correlation, 0 to 1, of the momentary
    // rates of any two volumes of this entry. There are common periods (or states), and each volume
    // has some of its own; it follows the common ones for a share sqrt(correlation) of the time,
    // drawn anew after exponential times of 4 cycles (one on and one off period, or each state
    // once) on average. So every volume has the rates that were asked for, whatever the
    // correlation, and two volumes follow the common periods at once for a share of the time that
    // is the correlation.
    double correlation;
    // Entries of the same name follow the same common periods; they must have the same process
    // and the same lengths of periods or states. NULL: this entry is alone with its own. Between
    // two entries, the correlation is the geometric mean of theirs, if their rates are in
    // proportion.
    char *bursts;
};

struct synth_spec {
    uint64_t seed;
    int64_t duration_ns;   // arrivals are below this
    uint64_t requests_max; // 0: no limit
    struct synth_volume *volumes;
    size_t volume_count; // entries
};

struct synth;

// Frees what the specification owns (malloc: names and volumes), not itself; it is empty then.
void synth_spec_free(struct synth_spec *spec);

// False with the message: what is wrong, such as "volume db: ...". Any bytes may be in the numbers,
// but enums and counts are within their arrays.
bool synth_check(const struct synth_spec *spec, struct trace_error *error);

// One entry, for itself.
bool synth_check_volume(const struct synth_volume *volume, struct trace_error *error);

// The same, and whether it goes with the entries before it.
bool synth_check_entry(const struct synth_spec *spec, size_t index, struct trace_error *error);

// Requests a second of one volume of this entry, in the long run; the specification is valid.
double synth_volume_rate_per_s(const struct synth_volume *volume);

// NULL with the error filled: not valid (as by synth_check), or out of memory. The specification
// must stay as it is until the close.
struct synth *synth_open(const struct synth_spec *spec, struct trace_error *error);

// The next request: by time of arrival, equal times by volume. TRACE_ERROR: out of memory. Memory
// grows with volumes, clients and batches at once, not with requests.
enum trace_result synth_read(struct synth *synth, struct trace_request *request,
                             struct trace_error *error);

// Who sent the request that was read last, a name as trace.h has them: "closed:VOLUME:CLIENT", or
// "open:VOLUME" of other processes. Its own request.stream is the client, from 1, or 0. NULL: the
// specification has no clients. Until the next call.
const char *synth_stream_name(struct synth *synth, const struct trace_request *request);

// Is there any SYNTH_CLOSED, so that it matters who sent what?
bool synth_has_clients(const struct synth *synth);

// From now on synth_read gives up as soon as *stop is not 0, also on its way through periods
// without requests, of which there may be very many: it returns TRACE_END, and is not to be called
// again.
void synth_stop_on(struct synth *synth, const volatile sig_atomic_t *stop);

size_t synth_volume_total(const struct synth *synth);
const char *synth_volume_name(const struct synth *synth, uint32_t volume);
void synth_close(struct synth *synth); // NULL is allowed

// As written in specifications: "exponential"; "on-off", "mmpp", ...; "uniform", "zipf".
const char *synth_law_name(enum synth_law law);
const char *synth_process_name(enum synth_process process);
const char *synth_place_name(enum synth_place place);

#endif

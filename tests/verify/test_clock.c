// SPDX-License-Identifier: GPL-2.0-or-later
// The library that the verifier preloads into QEMU: one clock and one function of one thread of one
// process are replaced, and nothing else anywhere.
#define _GNU_SOURCE // CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME
#include "tests/support/test_group.h"
#include "tests/verify/guest.h"

#include <stddef.h>

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define PAGE_NS (INT64_C(4000000000) * SECOND_NS + 123456789) // far from any true clock
#define SHORT_NS INT64_C(30000000)

static const char *const elsewhere[] = {"thread", "child", "program"};

static long long true_ns(clockid_t clock)
{
    struct timespec now;
    assert_int_equal(clock_gettime(clock, &now), 0);
    return (long long)now.tv_sec * SECOND_NS + now.tv_nsec;
}

static struct clocks true_clocks(void)
{
    return (struct clocks){true_ns(CLOCK_MONOTONIC), true_ns(CLOCK_REALTIME),
                           true_ns(CLOCK_MONOTONIC_RAW), true_ns(CLOCK_BOOTTIME)};
}

// What it sees there lies between what the test sees before and after.
static void check_clocks(struct guest *guest, const char *where, bool is_controlled)
{
    struct clocks before = true_clocks();
    guest_tell(guest, where);
    struct clocks seen = guest_hear_clocks(guest);
    struct clocks after = true_clocks();
    if (is_controlled)
        assert_int_equal(seen.monotonic, PAGE_NS);
    else
        assert_in_range(seen.monotonic, before.monotonic, after.monotonic);
    assert_in_range(seen.realtime, before.realtime, after.realtime);
    assert_in_range(seen.raw, before.raw, after.raw);
    assert_in_range(seen.boottime, before.boottime, after.boottime);
}

static void forget(struct guest *guest)
{
    guest->page->timeout_ns = 77;
    guest->page->seen = 78;
    guest->page->asleep = 0;
}

// Nothing was published since.
static void check_untouched(const struct guest *guest)
{
    struct pollfd polled = {.fd = guest->asleep_fd, .events = POLLIN};
    assert_int_equal(guest->page->timeout_ns, 77);
    assert_int_equal(guest->page->seen, 78);
    assert_int_equal(guest->page->asleep, 0);
    assert_int_equal(poll(&polled, 1, 0), 0);
}

// A sleep there is a true one: time ends it, and so does the descriptor.
static void check_true_sleep(struct guest *guest, const char *where)
{
    char byte = 'x';
    forget(guest);
    guest_tell_sleep(guest, where, SHORT_NS);
    struct slept slept = guest_hear_slept(guest);
    assert_int_equal(slept.ready, 0);
    assert_true(slept.took >= SHORT_NS);
    assert_int_equal(write(guest->polled[1], &byte, 1), 1);
    guest_tell_sleep(guest, where, 20 * SECOND_NS);
    slept = guest_hear_slept(guest);
    assert_int_equal(slept.ready, 1);
    assert_int_equal(slept.revents, POLLIN);
    assert_true(slept.took < 10 * SECOND_NS);
    assert_int_equal(read(guest->polled[0], &byte, 1), 1);
    check_untouched(guest);
}

static void check_nothing_replaced(struct guest *guest)
{
    check_clocks(guest, "first", false);
    check_true_sleep(guest, "first");
    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
        check_clocks(guest, elsewhere[i], false);
        check_true_sleep(guest, elsewhere[i]);
    }
}

// ---- In the first thread ----

static void start_controlled(struct guest *guest)
{
    guest_start(guest, NULL);
    guest->page->now_ns = PAGE_NS;
    guest->page->pid = guest->pid;
}

static void sees_the_page(void **state)
{
    (void)state;
    struct guest guest;
    start_controlled(&guest);
    check_clocks(&guest, "first", true);
    guest.page->now_ns = PAGE_NS - 1;
    guest_tell(&guest, "first");
    assert_int_equal(guest_hear_clocks(&guest).monotonic, PAGE_NS - 1);
    guest.page->now_ns = 0;
    guest_tell(&guest, "first");
    assert_int_equal(guest_hear_clocks(&guest).monotonic, 0);
    guest_stop(&guest);
}

static void tells_how_long_it_would_sleep(void **state)
{
    static const int64_t timeouts_ns[] = {1, 999999999, 86400 * SECOND_NS, CLOCK_FOR_EVER};
    (void)state;
    struct guest guest;
    start_controlled(&guest);
    for (size_t i = 0; i < sizeof timeouts_ns / sizeof timeouts_ns[0]; i++) {
        forget(&guest);
        guest.page->set = 1000 + i;
        guest_tell_sleep(&guest, "first", timeouts_ns[i]);
        assert_true(guest_falls_asleep(&guest));
        assert_int_equal(guest.page->asleep, 1);
        assert_int_equal(guest.page->timeout_ns, timeouts_ns[i]);
        assert_int_equal(guest.page->seen, 78);
        guest_wake(&guest);
        struct slept slept = guest_hear_slept(&guest);
        assert_int_equal(slept.ready, 0);
        assert_int_equal(slept.revents, 0);
        assert_int_equal(guest.page->asleep, 0);
        assert_int_equal(guest.page->seen, 1000 + i);
    }
    guest_stop(&guest);
}

static void sleeps_until_woken(void **state)
{
    (void)state;
    struct guest guest;
    start_controlled(&guest);
    guest_tell_sleep(&guest, "first", SHORT_NS / 10);
    assert_true(guest_falls_asleep(&guest));
    assert_false(guest_answers(&guest, 200));
    guest.page->now_ns = PAGE_NS + 3600 * SECOND_NS; // nobody looks at it meanwhile
    assert_false(guest_answers(&guest, 50));
    guest_wake(&guest);
    assert_int_equal(guest_hear_slept(&guest).ready, 0);
    // That wake was used up; one in advance is not lost.
    guest_tell_sleep(&guest, "first", CLOCK_FOR_EVER);
    assert_true(guest_falls_asleep(&guest));
    assert_false(guest_answers(&guest, 100));
    guest_wake(&guest);
    assert_int_equal(guest_hear_slept(&guest).ready, 0);
    guest_wake(&guest);
    guest_tell_sleep(&guest, "first", CLOCK_FOR_EVER);
    assert_int_equal(guest_hear_slept(&guest).ready, 0);
    guest_stop(&guest);
}

static void wakes_for_a_descriptor(void **state)
{
    (void)state;
    char byte = 'x';
    struct guest guest;
    start_controlled(&guest);
    guest.page->set = 5;
    guest_tell_sleep(&guest, "first", SECOND_NS);
    assert_true(guest_falls_asleep(&guest));
    assert_int_equal(write(guest.polled[1], &byte, 1), 1);
    struct slept slept = guest_hear_slept(&guest);
    assert_int_equal(slept.ready, 1);
    assert_int_equal(slept.revents, POLLIN);
    assert_int_equal(guest.page->asleep, 0);
    assert_int_equal(guest.page->seen, 5);
    // Both at once: the caller learns of its own descriptor only.
    guest_wake(&guest);
    guest_tell_sleep(&guest, "first", SECOND_NS);
    slept = guest_hear_slept(&guest);
    assert_int_equal(slept.ready, 1);
    assert_int_equal(slept.revents, POLLIN);
    guest_stop(&guest);
}

static void wakes_for_a_signal(void **state)
{
    (void)state;
    struct guest guest;
    start_controlled(&guest);
    guest_tell_sleep(&guest, "first", SECOND_NS);
    assert_true(guest_falls_asleep(&guest));
    kill(guest.pid, SIGUSR1);
    // If it came between telling and sleeping, nothing ends the sleep.
    if (!guest_answers(&guest, 1000))
        kill(guest.pid, SIGUSR1);
    assert_int_equal(guest_hear_slept(&guest).ready, -EINTR);
    assert_int_equal(guest.page->asleep, 0);
    guest_stop(&guest);
}

static void a_look_is_no_sleep(void **state)
{
    (void)state;
    char byte = 'x';
    struct guest guest;
    start_controlled(&guest);
    forget(&guest);
    guest_tell_sleep(&guest, "first", 0);
    assert_int_equal(guest_hear_slept(&guest).ready, 0);
    assert_int_equal(write(guest.polled[1], &byte, 1), 1);
    guest_tell_sleep(&guest, "first", 0);
    assert_int_equal(guest_hear_slept(&guest).ready, 1);
    check_untouched(&guest);
    guest_stop(&guest);
}

// ---- Everywhere else ----

static void other_threads_and_processes(void **state)
{
    (void)state;
    struct guest guest;
    start_controlled(&guest);
    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
        check_clocks(&guest, elsewhere[i], false);
        check_true_sleep(&guest, elsewhere[i]);
    }
    check_clocks(&guest, "first", true);
    guest_stop(&guest);
}

static void nobody_or_another_process(void **state)
{
    (void)state;
    struct guest guest;
    guest_start(&guest, NULL);
    guest.page->now_ns = PAGE_NS;
    const int32_t pids[] = {0, getpid(), -1, INT32_MAX};
    for (size_t i = 0; i < sizeof pids / sizeof pids[0]; i++) {
        guest.page->pid = pids[i];
        check_nothing_replaced(&guest);
    }
    guest.page->pid = guest.pid; // it does find the page
    check_clocks(&guest, "first", true);
    guest_stop(&guest);
}

static void no_page(void **state)
{
    static const char *const environments[] = {"", "x", "3", "3,4", "9999,9999,9999", "-1,-1,-1"};
    (void)state;
    for (size_t i = 0; i < sizeof environments / sizeof environments[0]; i++) {
        struct guest guest;
        guest_start(&guest, environments[i]);
        guest.page->now_ns = PAGE_NS;
        guest.page->pid = guest.pid;
        check_nothing_replaced(&guest);
        guest_stop(&guest);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sees_the_page),
    cmocka_unit_test(tells_how_long_it_would_sleep),
    cmocka_unit_test(sleeps_until_woken),
    cmocka_unit_test(wakes_for_a_descriptor),
    cmocka_unit_test(wakes_for_a_signal),
    cmocka_unit_test(a_look_is_no_sleep),
    cmocka_unit_test(other_threads_and_processes),
    cmocka_unit_test(nobody_or_another_process),
    cmocka_unit_test(no_page),
};
TEST_GROUP(clock, tests, NULL, NULL);

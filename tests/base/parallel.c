/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/* parallel.c: every block once, threads that are told apart, and calls in each other's way. */
#define _POSIX_C_SOURCE 200809L
#include "base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "test.h"

#if defined(__SANITIZE_THREAD__)
#define WATCHED
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WATCHED
#endif
#endif

enum { MOST = 4096 };

/* What a call did: how often each block ran, and which threads are at work. */
typedef struct tally {
    int threads;
    atomic_int runs[MOST];
    atomic_int at_work[SEG_THREADS_MAX];
    atomic_int wrong; /* threads out of range or twice at once */
    double block_us;
} tally;

static void keep_busy(double us)
{
    double until = seg_clock_seconds() + us * 1e-6;
    while (us > 0 && seg_clock_seconds() < until)
        ;
}

static void count_block(void *context, int64_t index, int thread)
{
    tally *t = context;
    if (thread < 0 || thread >= t->threads) {
        atomic_fetch_add(&t->wrong, 1);
        return;
    }
    if (atomic_fetch_add(&t->at_work[thread], 1) != 0)
        atomic_fetch_add(&t->wrong, 1);
    atomic_fetch_add(&t->runs[index], 1);
    keep_busy(t->block_us);
    atomic_fetch_sub(&t->at_work[thread], 1);
}

/* No ck_assert and no malloc here: other threads use it, and children of processes that have some. */
static bool counts_right(int threads, int64_t count, double block_us)
{
    tally t = {.threads = threads, .block_us = block_us};
    seg_parallel_for(threads, count, count_block, &t);
    bool right = t.wrong == 0;
    for (int64_t i = 0; i < MOST; i++)
        right = right && t.runs[i] == (i < count);
    return right;
}

START_TEST(every_block_once)
{
    static const int threads[] = {1, 2, 3, 4, 16, 100};
    static const int64_t counts[] = {0, 1, 2, 3, 17, 1000, MOST};
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
            ck_assert_msg(counts_right(threads[i], counts[k], 0), "%d threads, %d blocks",
                          threads[i], (int)counts[k]);
    }
}
END_TEST

/* More threads than processors, and more than blocks. */
START_TEST(too_many_threads)
{
    ck_assert(counts_right(8 * seg_cpu_count(), 500, 100));
    ck_assert(counts_right(64, 3, 1000));
    ck_assert(counts_right(1 << 30, 2, 0));
    ck_assert(counts_right(SEG_THREADS_MAX, 300, 0));
}
END_TEST

static void write_square(void *context, int64_t index, int thread)
{
    (void)thread;
    ((int64_t *)context)[index] = index * index;
}

/* What blocks wrote, with plain stores, is there when the call returns. */
START_TEST(results_are_seen)
{
    int64_t out[100];
    for (int round = 0; round < 2000; round++) {
        memset(out, 0, sizeof out);
        seg_parallel_for(3, 100, write_square, out);
        for (int64_t i = 0; i < 100; i++)
            ck_assert_int_eq(out[i], i * i);
    }
}
END_TEST

static void add_one(void *context, int64_t index, int thread)
{
    (void)index;
    (void)thread;
    atomic_fetch_add((atomic_long *)context, 1);
}

START_TEST(many_short_calls)
{
    atomic_long sum = 0;
    for (int call = 0; call < 100000; call++)
        seg_parallel_for(2, 2, add_one, &sum);
    ck_assert_int_eq(sum, 200000);
}
END_TEST

/* Gaps in which workers spin, fall asleep, or are just about to. */
START_TEST(calls_after_pauses)
{
    atomic_long sum = 0;
    for (int call = 0; call < 2000; call++) {
        keep_busy(call % 200);
        seg_parallel_for(3, 6, add_one, &sum);
    }
    ck_assert_int_eq(sum, 12000);
}
END_TEST

/* Until both blocks have begun, or the test's time is over. */
static void meet(void *context, int64_t index, int thread)
{
    atomic_int *there = context;
    (void)index;
    (void)thread;
    atomic_fetch_add(there, 1);
    while (*there < 2)
        sched_yield();
}

/* Two blocks that wait for each other: somebody does come to help. */
START_TEST(workers_help)
{
    for (int round = 0; round < 20; round++) {
        atomic_int there = 0;
        keep_busy(round % 4 * 50);
        seg_parallel_for(2, 2, meet, &there);
        ck_assert_int_eq(there, 2);
    }
}
END_TEST

static void call_inside(void *context, int64_t index, int thread)
{
    (void)thread;
    if (!counts_right(1 + (int)index % 5, 100, 0))
        atomic_fetch_add((atomic_int *)context, 1);
}

static void call_twice_inside(void *context, int64_t index, int thread)
{
    (void)index;
    (void)thread;
    seg_parallel_for(3, 5, call_inside, context);
}

START_TEST(calls_in_calls)
{
    atomic_int wrong = 0;
    seg_parallel_for(4, 50, call_inside, &wrong);
    seg_parallel_for(4, 10, call_twice_inside, &wrong);
    ck_assert_int_eq(wrong, 0);
}
END_TEST

static void *call_often(void *context)
{
    int threads = *(int *)context;
    for (int call = 0; call < 30; call++) {
        if (!counts_right(threads, 1 + call * 7, call % 3 * 5))
            return context;
    }
    return NULL;
}

/* More callers than there are slots for. */
START_TEST(callers_at_the_same_time)
{
    enum { CALLERS = 80 };
    pthread_t callers[CALLERS];
    int threads[CALLERS];
    for (int i = 0; i < CALLERS; i++) {
        threads[i] = 1 + i % 5;
        ck_assert_int_eq(pthread_create(&callers[i], NULL, call_often, &threads[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        void *wrong;
        ck_assert_int_eq(pthread_join(callers[i], &wrong), 0);
        ck_assert_ptr_null(wrong);
    }
}
END_TEST

/* A handler runs in a thread of the user's, here never in any. */
static void ignore(int number)
{
    (void)number;
}

START_TEST(signals_are_the_callers)
{
    struct sigaction action = {.sa_handler = ignore};
    sigaction(SIGUSR1, &action, NULL);
    ck_assert(counts_right(4, 100, 10));
    sigset_t usr1;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &usr1, NULL);
    kill(getpid(), SIGUSR1); /* stays pending when no thread takes it */
    keep_busy(1000);
    sigset_t pending;
    sigpending(&pending);
    ck_assert_int_eq(sigismember(&pending, SIGUSR1), 1);
}
END_TEST

/* Whether the child did as it should. */
static bool in_child(bool (*call)(void))
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(call() ? 0 : 1);
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static bool has_help(void)
{
    atomic_int there = 0;
    seg_parallel_for(2, 2, meet, &there);
    return counts_right(4, 200, 1);
}

/* A child has none of its parent's workers, and makes its own. */
START_TEST(after_fork)
{
    for (int round = 0; round < 20; round++) {
        ck_assert(counts_right(4, 200, 1));
        keep_busy(round % 4 * 50);
        ck_assert(in_child(has_help));
        ck_assert(counts_right(4, 200, 1));
    }
}
END_TEST

static void *fork_once(void *context)
{
    return in_child(has_help) ? NULL : context;
}

/* Another thread forks while calls are under way: the child must not wait for what it lacks. */
START_TEST(fork_beside_calls)
{
    ck_assert(counts_right(4, 200, 1));
    for (int round = 0; round < 20; round++) {
        pthread_t forker;
        ck_assert_int_eq(pthread_create(&forker, NULL, fork_once, &round), 0);
        for (int call = 0; call < 10; call++)
            ck_assert(counts_right(4, 200, 1));
        void *wrong;
        ck_assert_int_eq(pthread_join(forker, &wrong), 0);
        ck_assert_ptr_null(wrong);
    }
}
END_TEST

START_TEST(processors)
{
    ck_assert_int_ge(seg_cpu_count(), 1);
}
END_TEST

Suite *suite_parallel(void)
{
    Suite *suite = suite_create("parallel");
    TCase *tests = tcase_create("parallel");
    tcase_add_test(tests, every_block_once);
    tcase_add_test(tests, too_many_threads);
    tcase_add_test(tests, results_are_seen);
    tcase_add_test(tests, many_short_calls);
    tcase_add_test(tests, calls_after_pauses);
    tcase_add_test(tests, workers_help);
    tcase_add_test(tests, calls_in_calls);
    tcase_add_test(tests, callers_at_the_same_time);
    tcase_add_test(tests, signals_are_the_callers);
#ifndef WATCHED /* ThreadSanitizer lets no child make threads */
    tcase_add_test(tests, after_fork);
    tcase_add_test(tests, fork_beside_calls);
#else
    (void)after_fork;
    (void)fork_beside_calls;
#endif
    tcase_add_test(tests, processors);
    suite_add_tcase(suite, tests);
    return suite;
}

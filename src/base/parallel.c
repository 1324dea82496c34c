/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the seg authors */
/*
 * parallel.c: blocks over a pool of POSIX threads.
 *
 * A call opens a slot, wakes workers and takes block after block itself, as does each worker that
 * finds the slot. Everything they must agree on is one word, the slot's state:
 *   blocks not yet claimed | workers that hold a block | workers still welcome | caller sleeps
 * A worker comes in by claiming a block, and with the same operation that gives up its last block
 * it leaves. So the caller waits for claimed blocks and for nothing else: not for a worker that has
 * no processor yet, nor for one that lost it between two blocks. A word that names no holder is
 * free to be used again, whatever late workers still look at it, because slots are never freed.
 *
 * Who waits spins first, for a few times what it costs to wake a thread, then sleeps: layers follow
 * each other within microseconds. That is right while our threads have a processor each. As soon as
 * the system takes one away from any of them, somebody else wants it, and all go to sleep nearly at
 * once: whom we wait for may need the very processor that we spin on, and a thread that spun away
 * its share of the time lacks it when there is work.
 */
#if defined(__linux__)
#define _GNU_SOURCE /* sched_getaffinity, RUSAGE_THREAD */
#else
#define _POSIX_C_SOURCE 200809L
#endif
#include "base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"

enum {
    SLOTS = 64, /* calls that may have help at the same time; more do all themselves */
    CACHE_LINE = 64,
    SPIN_US = 100,     /* waking a sleeping thread takes 10 to 50 */
    CROWDED_US = 3,    /* the same while others want our processors */
    CROWDED_MS = 20,   /* which is believed for so long; a turn of theirs takes 2 to 4 */
    PAUSES = 16,       /* between two looks at the clock */
    RETRY_SECONDS = 1, /* after a thread could not be made */
};

/* The state of a slot: its fields from the lowest bit on, each as what is one of them. */
#define BLOCK   UINT64_C(1)         /* not yet claimed */
#define HOLDER  (UINT64_C(1) << 43) /* a worker that holds a block */
#define WELCOME (UINT64_C(1) << 53) /* a worker that may still come in */
#define ASLEEP  (UINT64_C(1) << 63) /* the caller sleeps until there is no holder */

typedef struct slot {
    _Alignas(CACHE_LINE) _Atomic uint64_t state;
    /* Written before the state shows blocks, read by those who hold one. */
    seg_parallel_body body;
    void *context;
    int64_t count;
    int threads;
    pthread_t caller; /* the last one, and how often it was preempted */
    long preempted;
    atomic_bool taken;
    pthread_mutex_t lock; /* for done only */
    pthread_cond_t done;  /* no holder any more */
} slot;

static struct {
    pthread_once_t once;
    bool usable; /* slots are ready, and a child will know that it has no workers */
    int processors;
    double retry_at; /* no thread is made before; under lock */
    pthread_mutex_t lock;
    pthread_cond_t wake; /* `calls` has changed */
    atomic_int workers, spinners, sleepers;
    _Atomic double crowded_until;           /* by the clock */
    atomic_int slots_used;                  /* workers look at so many */
    atomic_int wanted;                      /* helpers that the calls of this moment would take */
    _Alignas(CACHE_LINE) atomic_uint calls; /* counts slots that were opened; spinners watch it */
    slot slots[SLOTS];
} pool = {.once = PTHREAD_ONCE_INIT};

static int64_t blocks_of(uint64_t state)
{
    return (int64_t)(state & (HOLDER - 1));
}

static int holders_of(uint64_t state)
{
    return (int)(state / HOLDER % (WELCOME / HOLDER));
}

static int welcome_of(uint64_t state)
{
    return (int)(state / WELCOME % (ASLEEP / WELCOME));
}

/* One turn of a loop that watches a word; false when the time is over. */
static bool spin(int *turns, double until)
{
#if defined(__x86_64__) || defined(__i386__)
    __asm__ volatile("pause");
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
    return ++*turns % PAUSES != 0 || seg_clock_seconds() < until;
}

/* How often the system took the processor away from this thread. */
static long preemptions(void)
{
#if defined(RUSAGE_THREAD)
    struct rusage usage;
    if (getrusage(RUSAGE_THREAD, &usage) == 0)
        return usage.ru_nivcsw;
#endif
    return 0;
}

/* When to stop spinning and sleep; preempted: this thread lately was. */
static double spin_end(bool preempted)
{
    double now = seg_clock_seconds();
    if (preempted)
        atomic_store_explicit(&pool.crowded_until, now + CROWDED_MS * 1e-3, memory_order_relaxed);
    bool crowded = now < atomic_load_explicit(&pool.crowded_until, memory_order_relaxed);
    return now + (crowded ? CROWDED_US : SPIN_US) * 1e-6;
}

/* A worker's part of the call in a slot; false when there was none left. */
static bool help(slot *s)
{
    uint64_t state = atomic_load_explicit(&s->state, memory_order_relaxed), next;
    do {
        if (blocks_of(state) == 0 || welcome_of(state) == 0)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&s->state, &state,
                                                    state - BLOCK - WELCOME + HOLDER,
                                                    memory_order_acq_rel, memory_order_relaxed));
    int thread = s->threads - welcome_of(state);
    do {
        s->body(s->context, s->count - blocks_of(state), thread);
        state = atomic_load_explicit(&s->state, memory_order_relaxed);
        do {
            next = blocks_of(state) > 0 ? state - BLOCK : state - HOLDER;
        } while (!atomic_compare_exchange_weak_explicit(
            &s->state, &state, next, memory_order_acq_rel, memory_order_relaxed));
    } while (blocks_of(state) > 0);
    /* The slot may be another call's by now, whose caller then wakes once for nothing. */
    if (holders_of(next) == 0 && (next & ASLEEP) != 0) {
        pthread_mutex_lock(&s->lock);
        pthread_cond_broadcast(&s->done);
        pthread_mutex_unlock(&s->lock);
    }
    return true;
}

/* Until a slot is opened after the first `seen`. */
static void await_call(unsigned seen, bool preempted)
{
    int turns = 0;
    double until = spin_end(preempted);
    /* One processor is the caller's; more spinners than there are others would be in the way. */
    bool more = atomic_fetch_add(&pool.spinners, 1) < pool.processors - 1;
    while (more && atomic_load_explicit(&pool.calls, memory_order_relaxed) == seen)
        more = spin(&turns, until);
    atomic_fetch_sub(&pool.spinners, 1);
    if (atomic_load(&pool.calls) != seen)
        return;
    pthread_mutex_lock(&pool.lock);
    atomic_fetch_add(&pool.sleepers, 1);
    /* Either this sees the new call, or the call sees this sleeper: both orders are sequential. */
    while (atomic_load(&pool.calls) == seen)
        pthread_cond_wait(&pool.wake, &pool.lock);
    atomic_fetch_sub(&pool.sleepers, 1);
    pthread_mutex_unlock(&pool.lock);
}

static void *work(void *unused)
{
    (void)unused;
    long before = preemptions();
    /* Each search begins one slot further on, so that of several calls none is forgotten. */
    for (unsigned first = 0;; first++) {
        unsigned seen = atomic_load(&pool.calls);
        unsigned used = (unsigned)atomic_load(&pool.slots_used);
        bool helped = false;
        for (unsigned i = 0; i < used && !helped; i++)
            helped = help(&pool.slots[(first + i) % used]);
        if (helped)
            continue;
        long now = preemptions();
        await_call(seen, now != before);
        before = now;
    }
    return NULL;
}

/* More workers, as far as the system gives them. */
static void add_workers(int wanted)
{
    pthread_attr_t detached;
    sigset_t blocked, before;
    if (pthread_attr_init(&detached) != 0)
        return;
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    /* Signals are the user's: handlers must not run in our threads. Faults stay where they occur. */
    sigfillset(&blocked);
    sigdelset(&blocked, SIGSEGV);
    sigdelset(&blocked, SIGBUS);
    sigdelset(&blocked, SIGFPE);
    sigdelset(&blocked, SIGILL);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    pthread_mutex_lock(&pool.lock);
    double now = seg_clock_seconds();
    while (atomic_load(&pool.workers) < wanted && now >= pool.retry_at) {
        pthread_t thread;
        if (pthread_create(&thread, &detached, work, NULL) == 0)
            atomic_fetch_add(&pool.workers, 1);
        else
            pool.retry_at = now + RETRY_SECONDS;
    }
    pthread_mutex_unlock(&pool.lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&detached);
}

/* All as before the first call. In a child after fork() too: only the thread that forked is there,
 * and what the others held at that moment nobody gives back. */
static void reset(void)
{
    pthread_mutex_init(&pool.lock, NULL); /* which cannot fail on Linux, with no attributes */
    pthread_cond_init(&pool.wake, NULL);
    atomic_store(&pool.workers, 0);
    atomic_store(&pool.spinners, 0);
    atomic_store(&pool.sleepers, 0);
    atomic_store(&pool.wanted, 0);
    for (int i = 0; i < SLOTS; i++) {
        slot *s = &pool.slots[i];
        pthread_mutex_init(&s->lock, NULL);
        pthread_cond_init(&s->done, NULL);
        atomic_store(&s->state, 0);
        atomic_store(&s->taken, false);
    }
}

static void start(void)
{
    reset();
    pool.processors = seg_cpu_count();
    pool.usable = pthread_atfork(NULL, NULL, reset) == 0;
}

/* A slot for a call, or NULL when all are taken. */
static slot *take_slot(void)
{
    for (int i = 0; i < SLOTS; i++) {
        slot *s = &pool.slots[i];
        if (atomic_load_explicit(&s->taken, memory_order_relaxed) ||
            atomic_exchange_explicit(&s->taken, true, memory_order_acquire))
            continue;
        int used = atomic_load(&pool.slots_used);
        while (used <= i && !atomic_compare_exchange_weak(&pool.slots_used, &used, i + 1))
            ;
        return s;
    }
    return NULL;
}

/* Shows the slot to workers, and wakes as many as it takes beside those that are looking. */
static void open_slot(slot *s, int helpers)
{
    atomic_store_explicit(&s->state, (uint64_t)s->count * BLOCK + (uint64_t)helpers * WELCOME,
                          memory_order_release);
    atomic_fetch_add(&pool.calls, 1);
    int sleepers = atomic_load(&pool.sleepers), wanted = helpers - atomic_load(&pool.spinners);
    if (sleepers == 0 || wanted <= 0)
        return;
    pthread_mutex_lock(&pool.lock); /* who counted as sleeper is one when we have it */
    pthread_mutex_unlock(&pool.lock);
    if (wanted >= sleepers)
        pthread_cond_broadcast(&pool.wake);
    for (int i = 0; wanted < sleepers && i < wanted; i++)
        pthread_cond_signal(&pool.wake);
}

/* The caller's part. */
static void run_blocks(slot *s)
{
    for (;;) {
        uint64_t state = atomic_load_explicit(&s->state, memory_order_relaxed);
        do {
            if (blocks_of(state) == 0)
                return;
        } while (!atomic_compare_exchange_weak_explicit(
            &s->state, &state, state - BLOCK, memory_order_relaxed, memory_order_relaxed));
        s->body(s->context, s->count - blocks_of(state), 0);
    }
}

/* Until no worker holds a block. */
static void await_holders(slot *s)
{
    if (holders_of(atomic_load_explicit(&s->state, memory_order_acquire)) == 0)
        return;
    long before = s->preempted;
    bool same = pthread_equal(s->caller, pthread_self());
    s->caller = pthread_self();
    s->preempted = preemptions();
    int turns = 0;
    double until = spin_end(same && s->preempted != before);
    bool more = s->threads <= pool.processors; /* else a holder may wait for our processor */
    while (holders_of(atomic_load_explicit(&s->state, memory_order_acquire)) > 0 && more)
        more = spin(&turns, until);
    if (holders_of(atomic_load_explicit(&s->state, memory_order_acquire)) == 0 ||
        holders_of(atomic_fetch_or(&s->state, ASLEEP)) == 0)
        return;
    pthread_mutex_lock(&s->lock);
    while (holders_of(atomic_load_explicit(&s->state, memory_order_acquire)) > 0)
        pthread_cond_wait(&s->done, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

/* False when there can be no help. */
static bool run_shared(int threads, int64_t count, seg_parallel_body body, void *context)
{
    pthread_once(&pool.once, start);
    if (!pool.usable || count > blocks_of(~UINT64_C(0)))
        return false;
    slot *s = take_slot();
    if (s == NULL)
        return false;
    /* One call gets what it asks for; several together no more than there are processors. */
    int helpers = threads - 1, wanted = atomic_fetch_add(&pool.wanted, helpers) + helpers;
    wanted = wanted < pool.processors ? wanted : pool.processors - 1;
    wanted = wanted > helpers ? wanted : helpers;
    if (atomic_load(&pool.workers) < wanted)
        add_workers(wanted);
    s->body = body;
    s->context = context;
    s->count = count;
    s->threads = threads;
    open_slot(s, helpers);
    run_blocks(s);
    await_holders(s);
    atomic_fetch_sub(&pool.wanted, helpers);
    atomic_store_explicit(&s->taken, false, memory_order_release);
    return true;
}

void seg_parallel_for(int threads, int64_t count, seg_parallel_body body, void *context)
{
    threads = threads < SEG_THREADS_MAX ? threads : SEG_THREADS_MAX;
    threads = threads < count ? threads : (int)count;
    if (threads > 1 && run_shared(threads, count, body, context))
        return;
    for (int64_t i = 0; i < count; i++)
        body(context, i, 0);
}

int seg_cpu_count(void)
{
    long count = 0;
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        count = CPU_COUNT(&set);
#endif
    if (count < 1) /* more processors than a cpu_set_t has room for, or another system */
        count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : (int)count;
}

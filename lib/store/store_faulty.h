#ifndef PUMASI_LIB_STORE_STORE_FAULTY_H
#define PUMASI_LIB_STORE_STORE_FAULTY_H

#include "lib/store/store.h"

/*
 * A decorator that fails by seed: the same seed and the same calls give the same faults. With no
 * fault switched on it is the store it decorates. Several may decorate one store (one for each
 * replica of a simulation), each with its own faults.
 *
 * What is delayed waits in steps: store_step() moves it one step nearer, then steps the store
 * below. Over a store with threads, whoever delays must step, and not while another thread grants
 * or gives back leases.
 */
#define STORE_FAULTS(X)                                                                            \
    X(LOSE_REQUEST, "lose-request") /* a commit vanishes: not applied, STORE_UNKNOWN */            \
    X(LOSE_REPLY, "lose-reply")     /* a commit is applied, its outcome lost: STORE_UNKNOWN */     \
    X(REFUSE, "refuse")             /* a commit is not applied: STORE_NOT_APPLIED */               \
    X(DELAY, "delay")               /* a commit reaches the store 1..8 steps later */              \
    X(LATE_APPLY, "late-apply")     /* STORE_UNKNOWN at once, applied 1..8 steps later */          \
    X(READ_FAIL, "read-fail")       /* a read is -ERR_UNAVAILABLE */                               \
    X(STALE_READ, "stale-read")     /* a read of now is of an older revision */                    \
    X(EVENT_DROP, "event-drop")     /* a batch of events is lost */                                \
    X(EVENT_REPEAT, "event-repeat") /* a batch of events comes twice */                            \
    X(EVENT_REWIND, "event-rewind") /* the batch before comes again after this one */              \
    X(WATCH_LOST, "watch-lost")     /* on_lost before a batch */                                   \
    X(LEASE_DROP, "lease-drop")     /* at a step: a lease ends early, told 1..8 steps later */

enum store_fault {
#define X(id, name) STORE_FAULT_##id,
    STORE_FAULTS(X)
#undef X
        STORE_FAULT_COUNT
};

/* inner is borrowed and must outlive it. Never NULL. */
struct store *store_faulty_create(struct store *inner, uint64_t seed);

/* How often the fault strikes when it could, in 1/1000; 0 (the start) is never. */
void store_faulty_rate(struct store *s, enum store_fault fault, unsigned per_mille);

/* The fault strikes at its next occasion, once, whatever its rate. Adds up. */
void store_faulty_once(struct store *s, enum store_fault fault);

/* All the known defects of etcd 3.4.23 at this rate: stale reads, lost, repeated and rewound
 * events, leases that end early. */
void store_faulty_etcd_3_4_23(struct store *s, unsigned per_mille);

/* How often the fault has struck. */
uint64_t store_faulty_count(const struct store *s, enum store_fault fault);

const char *store_fault_name(enum store_fault fault); /* "lose-reply" */
/* ERR_INVALID names the text. */
MUST_CHECK int store_fault_parse(struct span text, enum store_fault *ret, struct err *err);

#endif

/* One wrapper for each mutant, all of one form: the real thing, unless chosen. */
#include "tests/sim/mutants.h"

#include "controlplane/calendar/board_node.h"
#include "controlplane/domain/authorise.h"
#include "controlplane/domain/capacity.h"
#include "controlplane/domain/enforce.h"
#include "controlplane/engine/batch.h"
#include "controlplane/engine/clock.h"
#include "controlplane/engine/leadership.h"
#include "controlplane/engine/outcomes.h"
#include "lib/grant/grant.h"
#include "lib/store/txn.h"
#include "nodeagent/agent/journal.h"
#include "nodeagent/agent/meter.h"
#include "nodeagent/guard/leases.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
#define MUTANTS(X)                                                                                 \
    X(NO_GUARDS,       "no-guards",       "a leader commits without comparing what it decided on")          \
    X(HOPEFUL,         "hopeful",         "a commit without an answer counts as done")                      \
    X(NO_MEMORY,       "no-memory",       "a request id is decided anew each time it comes")                \
    X(STALE_LEADER,    "stale-leader",    "a paused leader answers reads without asking who leads")         \
    X(WALL_CLOCK,      "wall-clock",      "the control plane ends leases by the wall clock")                \
    X(NO_CALENDAR,     "no-calendar",     "whole devices are placed without looking who has them")          \
    X(NO_LOAN_LIMIT,   "no-loan-limit",   "a loan lends without end")                                       \
    X(ALL_SEEING,      "all-seeing",      "everybody sees everybody's objects")                             \
    X(LONG_LEASE,      "long-lease",      "nodes enforce a minute beyond the end")                          \
    X(FORGETFUL_SYNC,  "forgetful-sync",  "now and then a lease is missing from a node's grants")           \
    X(NO_WAKE,         "no-wake",         "the guard does not wake for a deadline")                         \
    X(NO_TTL,          "no-ttl",          "the guard honours a grant to the lease's end, however silent")   \
    X(NO_RECORD,       "no-record",       "a guard that restarts knows no leases")                          \
    X(NO_MARK,         "no-mark",         "an agent that restarts has forgotten what it was metering")      \
    X(NO_REPORT,       "no-report",       "usage stays on the node")                                        \
    X(EARLY_CUT,       "early-cut",       "an interval ends later than it was cut")
/* clang-format on */

enum mutant_id {
#define X(id, name, what) MUTANT_##id,
    MUTANTS(X)
#undef X
        MUTANT_COUNT
};

const struct mutant mutants[] = {
#define X(id, name, what) {name, what},
    MUTANTS(X)
#undef X
        {NULL, NULL},
};

static int chosen = -1;

static bool is(enum mutant_id id)
{
    return chosen == (int)id;
}

int mutant_choose(const char *name)
{
    chosen = -1;
    for (int i = 0; name && i < MUTANT_COUNT; i++) {
        if (strcmp(mutants[i].name, name) == 0)
            chosen = i;
    }
    return !name || chosen >= 0 ? 0 : -1;
}

/* WRAP(type, name, parameters): declares the real function and the wrapper, and begins it. */
#define WRAP(type, name, ...)                                                                      \
    type __real_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__)

/* ---- engine ---- */

static bool sealing;

WRAP(const struct store_txn *, batch_seal, struct batch *b, const struct mirror *m,
     const struct batch_seal *seal)
{
    sealing = is(MUTANT_NO_GUARDS);
    const struct store_txn *txn = __real_batch_seal(b, m, seal);
    sealing = false;
    return txn;
}

WRAP(int, store_txn_guard_mod, struct store_txn *txn, struct span key, int64_t mod_revision)
{
    return sealing ? 0 : __real_store_txn_guard_mod(txn, key, mod_revision);
}

WRAP(int, store_txn_guard_create, struct store_txn *txn, struct span key, int64_t create_revision)
{
    return sealing ? 0 : __real_store_txn_guard_create(txn, key, create_revision);
}

struct hope {
    store_done_fn done;
    void *ud;
    int64_t revision;
};

static void hope_so(const struct store_result *result, void *ud)
{
    struct hope *h = ud;
    struct store_result told = *result;
    if (told.outcome == STORE_UNKNOWN)
        told = (struct store_result){.outcome = STORE_OK, .revision = h->revision};
    h->done(&told, h->ud);
    free(h);
}

WRAP(void, store_commit, struct store *s, const struct store_txn *txn, int timeout_ms,
     store_done_fn done, void *ud)
{
    struct store_status status = {.revision = 0};
    if (!is(MUTANT_HOPEFUL)) {
        __real_store_commit(s, txn, timeout_ms, done, ud);
        return;
    }
    struct hope *h = calloc(1, sizeof *h);
    ENSURE(h);
    (void)!store_status(s, 1000, &status, NULL);
    *h = (struct hope){.done = done, .ud = ud, .revision = status.revision + 1};
    __real_store_commit(s, txn, timeout_ms, hope_so, h);
}

WRAP(const struct outcome *, outcomes_find, const struct outcomes *o, const struct id *actor,
     const struct id *request_id)
{
    return is(MUTANT_NO_MEMORY) ? NULL : __real_outcomes_find(o, actor, request_id);
}

WRAP(bool, leadership_stands, struct leadership *l)
{
    return is(MUTANT_STALE_LEADER) ? leadership_held(l) : __real_leadership_stands(l);
}

WRAP(struct instant, clock_now, struct clock *c)
{
    return is(MUTANT_WALL_CLOCK) ? env_now(c->env) : __real_clock_now(c);
}

/* ---- decider ---- */

WRAP(uint64_t, board_node_busy, const struct board_node *n, struct window window,
     const struct board_booking *ignore)
{
    return is(MUTANT_NO_CALENDAR) ? 0 : __real_board_node_busy(n, window, ignore);
}

WRAP(int64_t, capacity_of_loan, const struct loan *loan, struct instant t)
{
    int64_t units = __real_capacity_of_loan(loan, t);
    return is(MUTANT_NO_LOAN_LIMIT) ? units * 8 : units;
}

WRAP(bool, authorise_view, const struct state *s, const struct actor *actor, enum entity_kind kind,
     const void *record)
{
    return is(MUTANT_ALL_SEEING) || __real_authorise_view(s, actor, kind, record);
}

struct visiting {
    enforce_visit_fn visit;
    void *arg;
    unsigned *count;
};

static void visit_otherwise(const struct enforcement *e, void *arg)
{
    const struct visiting *v = arg;
    struct enforcement other = *e;
    if (is(MUTANT_FORGETFUL_SYNC) && ++*v->count % 150 == 0)
        return;
    if (is(MUTANT_LONG_LEASE))
        other.ends_at = instant_add(e->ends_at, 60);
    if (is(MUTANT_LONG_LEASE) && other.ttl_ms < 60000)
        other.ttl_ms = 60000;
    v->visit(&other, v->arg);
}

WRAP(void, enforce_each, const struct state *s, const struct id *node, struct instant now,
     enforce_visit_fn visit, void *arg)
{
    static unsigned count;
    struct visiting v = {.visit = visit, .arg = arg, .count = &count};
    if (is(MUTANT_FORGETFUL_SYNC) || is(MUTANT_LONG_LEASE))
        __real_enforce_each(s, node, now, visit_otherwise, &v);
    else
        __real_enforce_each(s, node, now, visit, arg);
}

/* ---- guard ---- */

WRAP(uint64_t, leases_next_ns, const struct leases *t)
{
    return is(MUTANT_NO_WAKE) ? UINT64_MAX : __real_leases_next_ns(t);
}

WRAP(int, grant_decode, struct span bytes, struct grant *ret, struct err *err)
{
    int rc = __real_grant_decode(bytes, ret, err);
    if (rc == 0 && is(MUTANT_NO_TTL))
        ret->ttl_ms = (uint64_t)(ret->ends_at.s - ret->issued_at.s) * 1000;
    return rc;
}

WRAP(int, leases_init, struct leases *t, const char *dir, const uint8_t *boot_id, struct err *err)
{
    int rc = __real_leases_init(t, dir, boot_id, err);
    if (rc == 0 && is(MUTANT_NO_RECORD))
        memset(t->places, 0, sizeof t->places);
    return rc;
}

/* ---- agent ---- */

WRAP(int, meter_restore, struct meter *m, struct span mark, struct err *err)
{
    return is(MUTANT_NO_MARK) ? 0 : __real_meter_restore(m, mark, err);
}

WRAP(bool, journal_next_pending, const struct journal *j, uint64_t seq, uint64_t *ret_seq,
     struct span *ret_interval)
{
    return !is(MUTANT_NO_REPORT) && __real_journal_next_pending(j, seq, ret_seq, ret_interval);
}

WRAP(void, meter_cut, struct meter *m, uint64_t boot_ns, int64_t period_s, meter_emit_fn emit,
     void *arg)
{
    if (is(MUTANT_EARLY_CUT) && boot_ns > 0)
        boot_ns += UINT64_C(20) * 1000000000;
    __real_meter_cut(m, boot_ns, period_s, emit, arg);
}

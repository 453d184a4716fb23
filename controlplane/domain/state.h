#ifndef PUMASI_CONTROLPLANE_DOMAIN_STATE_H
#define PUMASI_CONTROLPLANE_DOMAIN_STATE_H

#include "controlplane/calendar/calendar.h"
#include "controlplane/domain/changes.h"
#include "controlplane/domain/entity.h"
#include "lib/base/instant.h"

/*
 * All that the control plane knows, in memory: the objects by kind and id, and indexes that follow
 * from them (the calendar of devices, what is used when, leases by node, what falls due when). It
 * is the fold of all changes applied; the same objects loaded in any order give the same state.
 *
 * Owned by one thread. Records handed out are borrowed until the next state_apply().
 */
struct state;

struct state *state_create(void);
void state_destroy(struct state *s); /* NULL is fine */

/* NULL when there is none. */
const void *state_find(const struct state *s, enum entity_kind kind, const struct id *id);

size_t state_count(const struct state *s, enum entity_kind kind);

/* Visits the objects of a kind in order of their id, those after `after` (none: all), until visit
 * returns false. */
typedef bool (*state_visit_fn)(const void *record, void *arg);
void state_each(const struct state *s, enum entity_kind kind, const struct id *after,
                state_visit_fn visit, void *arg);

/* Makes the changes so: moves the records in, takes the numbers, and brings the indexes up to date.
 * The answer and the ledger entries stay in c; its objects are gone. */
void state_apply(struct state *s, struct changes *c);

/* One object from the store: for loading and following. Takes the record; NULL record = deleted. */
void state_load(struct state *s, enum entity_kind kind, const struct id *id, void *record);

/* The counter that names loans, leases and approvals; part of every commit. */
uint64_t state_next_number(const struct state *s);
void state_set_next_number(struct state *s, uint64_t number);

/* ---- Indexes: what follows from the objects ------------------------------------------------- */

/* The devices of all nodes with the leases that hold them. A lease that is being taken back holds
 * its devices until it is void. */
const struct calendar *state_calendar(const struct state *s);

/* What is taken of loans, allocations and pools, and what accounts use, added up through time. */
struct uses;
const struct uses *state_uses(const struct state *s);

/* The objects that name another object, in order of their id. */
enum state_link {
    LINK_LEASE_NODE, /* leases that a node holds or shall hold: booked up to returning */
    LINK_LEASE_LOAN,
    LINK_LEASE_ALLOCATION,
    LINK_LEASE_PROJECT,
    LINK_LOAN_POOL,
    LINK_LOAN_BORROWER,
    LINK_NODE_POOL,
    LINK_USAGE_LEASE,
    LINK_LOAN_FOLLOWS, /* loans that start with a stage decision */
    LINK_DECISION_PROJECT,
    LINK_LEASE_GIVES_WAY, /* opportunistic leases that hold capacity, by their model */
    LINK_LEASE_WAITING,   /* leases on the waiting list, by the model that they wait for */
    STATE_LINK_COUNT
};
/* The id that stands for a device model in the links by model. */
struct id state_model(const char *model);
void state_each_linked(const struct state *s, enum state_link link, const struct id *id,
                       state_visit_fn visit, void *arg);

/* The same, only those whose id comes after `after`. */
void state_each_linked_after(const struct state *s, enum state_link link, const struct id *id,
                             const struct id *after, state_visit_fn visit, void *arg);

/* The same with LINK_LEASE_NODE. */
void state_each_lease_on(const struct state *s, const struct id *node, state_visit_fn visit,
                         void *arg);

/* The earliest instant at which decide_due() may have something to do; INSTANT_NEVER if none. */
struct instant state_next_due(const struct state *s);

/* Visits what is due at or before `until`, in order of instant, kind and id, until visit returns
 * false. */
typedef bool (*state_due_fn)(enum entity_kind kind, const void *record, void *arg);
void state_each_due(const struct state *s, struct instant until, state_due_fn visit, void *arg);

#endif

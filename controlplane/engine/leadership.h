#ifndef PUMASI_CONTROLPLANE_ENGINE_LEADERSHIP_H
#define PUMASI_CONTROLPLANE_ENGINE_LEADERSHIP_H

#include "lib/base/env.h"
#include "lib/base/err.h"
#include "lib/base/id.h"
#include "lib/store/store.h"

#include <stdbool.h>

/*
 * Who may write. The leader key holds name and address of one control plane and hangs on a lease of
 * the store, which is a hint of life and no more: what fences is the key's mod_revision, which
 * every transaction of the leader compares. A paused leader that comes back finds its transactions
 * refused, whatever it believes.
 *
 * A process that was killed takes its own key over at once when it comes back under the same name
 * and address (the data directory is locked, so there is one of each); anyone else waits for the
 * lease.
 *
 * Belongs to the writer's thread; the functions block for at most LEADERSHIP_CALL_MS.
 */
#define LEADERSHIP_CALL_MS      2000
#define LEADERSHIP_CONFIRMED_MS 2000 /* so long it is believed to hold without asking again */

struct leadership;

struct leadership_options {
    struct store *store;
    const struct env *env;
    struct id name;      /* of this control plane */
    const char *address; /* that clients reach it at: "10.0.0.1:7443" */
    int ttl_s;
};

struct leadership *leadership_create(const struct leadership_options *options);

/* Gives the key back if it is held, so that others need not wait. NULL is fine. */
void leadership_destroy(struct leadership *l);

/* Tries to become leader. 0: this process leads now. ERR_NOT_LEADER: another does (leader_address()
 * says who). ERR_UNAVAILABLE: the store did not answer. */
MUST_CHECK int leadership_campaign(struct leadership *l, struct err *err);

/* Forgets a leadership that was lost. */
void leadership_lost(struct leadership *l);

bool leadership_held(const struct leadership *l);

/* The mod_revision of the leader key that this process wrote: the guard of every transaction. */
int64_t leadership_fence(const struct leadership *l);

/* Whether leadership was confirmed within the last LEADERSHIP_CONFIRMED_MS of boot clock, or half
 * the time to live if that is less; asks the store again when it was not. A commit that went
 * through confirms, too: leadership_confirm(). */
bool leadership_is_fresh(struct leadership *l);

/* Asks the store now. What is told of the state rests on this, asked after it was looked at: no
 * time since the last confirmation is short enough, since etcd 3.4.23 was seen ending leases of the
 * living, and then another one leads at once. */
bool leadership_stands(struct leadership *l);

void leadership_confirm(struct leadership *l, struct boot_time before_the_call);

/* The store's revision when the leader key was last asked for. */
int64_t leadership_store_revision(const struct leadership *l);

/* The address of the leader as last seen; "" when nobody leads or the store did not answer.
 * Borrowed until the next call. */
const char *leadership_address(const struct leadership *l);

#endif

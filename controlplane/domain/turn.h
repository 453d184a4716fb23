#ifndef PUMASI_CONTROLPLANE_DOMAIN_TURN_H
#define PUMASI_CONTROLPLANE_DOMAIN_TURN_H

#include "controlplane/domain/decide.h"

/*
 * One decision being made: the state as it is, the world as it was handed in, and the changes so
 * far. Deciders read through the turn, so that a decision sees its own writes, and write through
 * it, so that every act leaves a ledger entry in the name of whoever asked.
 */
struct turn {
    const struct state *state;
    const struct decide_context *ctx;
    struct changes *out;
    struct calendar *draft; /* owned; NULL until a decision moves leases about */
    size_t object_limit;    /* steps that can be taken in parts leave no more objects changed */
};

struct turn turn_begin(const struct state *s, const struct decide_context *ctx,
                       struct changes *out);
void turn_end(struct turn *t); /* frees the draft; the changes stay */

static inline struct instant turn_now(const struct turn *t)
{
    return t->ctx->now;
}

/* ---- Reading ------------------------------------------------------------------------------- */

/* The object as this decision has left it so far, or NULL. Borrowed until the decision is over;
 * what was found before the first edit keeps showing the old value. */
const void *turn_find(const struct turn *t, enum entity_kind kind, const struct id *id);

/* The same for an object that the request names: ERR_NOT_FOUND when there is none, or when the
 * actor may not see it: what may not be seen does not exist for the caller. */
MUST_CHECK int turn_need(const struct turn *t, enum entity_kind kind, const struct id *id,
                         const void **ret, struct err *err);

/* Objects of a kind, and objects that name another, as this decision has left them. Objects that it
 * made are not visited; deleted ones are left out. */
void turn_each(const struct turn *t, enum entity_kind kind, state_visit_fn visit, void *arg);
void turn_each_linked(const struct turn *t, enum state_link link, enum entity_kind kind,
                      const struct id *id, state_visit_fn visit, void *arg);

/* The calendar with the moves that this decision has noted by turn_draft(). */
const struct calendar *turn_calendar(const struct turn *t);
/* A copy of the calendar to note moves in. */
struct calendar *turn_draft(struct turn *t);

/* ---- Writing ------------------------------------------------------------------------------- */

/* The object to be changed in place: a copy of the state's, or this decision's own. Borrowed until
 * it is put anew. */
void *turn_edit(struct turn *t, enum entity_kind kind, const struct id *id);
/* A new object, or a whole new value. Copies the record; borrowed until it is edited again. */
void *turn_put(struct turn *t, enum entity_kind kind, const void *record);

/* The next number of the control plane's counter, and a name made of it: "lease-1042". */
uint64_t turn_number(struct turn *t);

/* An entry about an object at now, by the actor. Borrowed until the next entry. */
struct ledger_entry *turn_entry(struct turn *t, enum ledger_kind ledger, enum entity_kind kind,
                                const struct id *id);

/* What the decision was about, for whoever asked. state_name may be NULL. */
void turn_answer(struct turn *t, enum entity_kind kind, const struct id *id,
                 const char *state_name);

/* ---- Who asks ------------------------------------------------------------------------------ */

bool turn_has_role(const struct turn *t, enum role role);

/* ERR_DENIED unless the actor belongs to the organisation or holds one of the roles in `others`
 * (ROLE_BIT()s, 0: none). what: "the pool of". */
MUST_CHECK int turn_own(const struct turn *t, const struct id *organisation, uint32_t others,
                        const char *what, struct err *err);

#endif

/* One decision at a time; no threads, no clock but the one in the struct. */
#include "controlplane/sim/world.h"

#include "controlplane/domain/actor.h"
#include "controlplane/domain/allocation.h"
#include "controlplane/domain/authorise.h"
#include "lib/pki/digest.h"

#define DUE_OBJECTS 64
#define DUE_ROUNDS  100000

void world_init(struct world *w, struct instant now)
{
    *w = (struct world){.state = state_create(), .now = now};
    changes_init(&w->changes);
}

void world_fini(struct world *w)
{
    if (!w->state)
        return;
    changes_fini(&w->changes);
    chronicle_fini(&w->chronicle);
    state_destroy(w->state);
    *w = (struct world){.state = NULL};
}

/* ---- Cryptography ---------------------------------------------------------------------------- */

void world_sign(struct span public_key, struct span bytes, struct blob *ret)
{
    CLEANUP_HASHER struct hasher *h = hasher_create();
    *ret = (struct blob){.len = DIGEST_BYTES};
    hasher_update(h, public_key);
    hasher_update(h, span_of("", 1));
    hasher_update(h, bytes);
    hasher_finish(h, ret->data);
}

static bool verify(struct span public_key, struct span bytes, struct span signature)
{
    struct blob own;
    world_sign(public_key, bytes, &own);
    return span_equal(span_of(own.data, own.len), signature);
}

/* ---- The chronicle --------------------------------------------------------------------------- */

/* The name of the state of an object that has a life worth telling; NULL for others. */
static const char *life(enum entity_kind kind, const void *record)
{
    if (!record)
        return NULL;
    switch (kind) {
    case ENTITY_LEASE:
        return enum_name(&lease_state_names, (int)((const struct lease *)record)->state);
    case ENTITY_LOAN:
        return enum_name(&loan_state_names, (int)((const struct loan *)record)->state);
    case ENTITY_ALLOCATION:
        return enum_name(&request_state_names, (int)((const struct allocation *)record)->state);
    default:
        return NULL;
    }
}

/* What moves as a consequence; what was asked for, the asker's own line tells. */
static void tell_moves(struct world *w, const char *who)
{
    for (size_t i = 0; i < w->changes.n; i++) {
        const struct change *c = &w->changes.items[i];
        const char *before = life(c->kind, state_find(w->state, c->kind, &c->id));
        const char *after = life(c->kind, c->record);
        if (!before || !after || before == after || id_equal(&c->id, &w->changes.answer.id))
            continue;
        struct chronicle_line *line = chronicle_add(&w->chronicle);
        line->at = w->now;
        line->who = id_literal(who);
        line->what = entity_name(c->kind);
        line->subject = c->id;
        line->state = after;
    }
}

/* ---- Deciding -------------------------------------------------------------------------------- */

static void apply(struct world *w, const char *who)
{
    tell_moves(w, who);
    state_apply(w->state, &w->changes);
    w->decisions++;
}

static struct decide_context context(const struct world *w, const struct actor *actor)
{
    return (struct decide_context){
        .now = w->now, .actor = *actor, .sha256 = digest_sha256, .verify = verify};
}

int world_ask(struct world *w, const struct actor *actor, enum command_kind kind, const void *args,
              struct err *err)
{
    struct decide_context ctx = context(w, actor);
    TRY(authorise_command(actor, kind, err));
    changes_reset(&w->changes);
    TRY(decide(w->state, kind, args, &ctx, &w->changes, err));
    apply(w, id_is_none(&actor->user) ? "node" : actor->user.text);
    return 0;
}

void world_let_time_pass(struct world *w)
{
    struct actor time = actor_service("time");
    struct decide_context ctx = context(w, &time);
    for (int round = 0; state_next_due(w->state).s <= w->now.s; round++) {
        ENSURE(round < DUE_ROUNDS);
        changes_reset(&w->changes);
        (void)decide_due(w->state, &ctx, DUE_OBJECTS, &w->changes);
        ENSURE(w->changes.n > 0); /* due, and nothing came of it: it would stay due for ever */
        apply(w, "time");
    }
}

/* ---- Actors ---------------------------------------------------------------------------------- */

int world_user(const struct world *w, const struct id *user, struct actor *ret, struct err *err)
{
    const struct user *u = state_find(w->state, ENTITY_USER, user);
    if (!u)
        return err_set(err, ERR_UNAUTHENTICATED, "nobody named %s has joined", user->text);
    const struct principal principal = {
        .kind = ACTOR_USER, .organisation = u->organisation, .name = u->name, .key_id = u->key_id};
    return actor_resolve(w->state, &principal, w->now, ret, err);
}

int world_node(const struct world *w, const struct id *node, struct actor *ret, struct err *err)
{
    const struct node *n = state_find(w->state, ENTITY_NODE, node);
    if (!n)
        return err_set(err, ERR_UNAUTHENTICATED, "no node named %s has joined", node->text);
    const struct principal principal = {
        .kind = ACTOR_NODE, .organisation = n->owner, .name = n->id, .key_id = n->key_id};
    return actor_resolve(w->state, &principal, w->now, ret, err);
}

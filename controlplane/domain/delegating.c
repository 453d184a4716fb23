/* Delegations: a list on the record of who takes the place. Pure. */
#include "controlplane/domain/delegating.h"

#include "lib/base/text.h"

#define DELEGABLE (ROLE_BIT(ROLE_AGENCY_APPROVER) | ROLE_BIT(ROLE_SUPPLIER_APPROVER))

/* What the delegation is worth now. */
static uint32_t worth(const struct delegation *d, const struct user *from, struct instant now)
{
    if (!from || from->state != USER_ACTIVE || d->until.s <= now.s)
        return 0;
    return user_roles(from) & DELEGABLE;
}

uint32_t delegated_roles(const struct state *s, const struct user *user, struct instant now)
{
    uint32_t roles = 0;
    LIST_EACH(const struct delegation, d, &user->delegations)
    {
        roles |= worth(d, state_find(s, ENTITY_USER, &d->from), now);
    }
    return roles;
}

struct id delegating_principal(const struct turn *t, enum role role)
{
    const struct user *user = turn_find(t, ENTITY_USER, &t->ctx->actor.user);
    if (!user || (t->ctx->actor.roles & ROLE_BIT(role)))
        return ID_NONE;
    LIST_EACH(const struct delegation, d, &user->delegations)
    {
        if (worth(d, turn_find(t, ENTITY_USER, &d->from), turn_now(t)) & ROLE_BIT(role))
            return d->from;
    }
    return ID_NONE;
}

static int check(const struct turn *t, const struct delegate_approval_request *r,
                 const struct user *to, struct err *err)
{
    const struct actor *actor = &t->ctx->actor;
    if (!id_equal(&to->organisation, &actor->organisation))
        return err_set(err, ERR_DENIED, "delegation: %s is not of %s", to->id.text,
                       actor->organisation.text);
    if (id_equal(&to->id, &actor->user))
        return err_set(err, ERR_INVALID, "delegation: to: name somebody else");
    if (to->state != USER_ACTIVE)
        return err_set(err, ERR_STATE, "delegation: %s is revoked", to->id.text);
    if (r->until.s > instant_add(turn_now(t), DELEGATION_MAX_S).s)
        return err_set(err, ERR_INVALID, "delegation: until: more than 180 days from now");
    return 0;
}

/* The one from the actor; an ended one is used anew, so that the list does not grow. */
static struct delegation *place_of(struct user *to, const struct id *from)
{
    LIST_EACH(struct delegation, d, &to->delegations)
    {
        if (id_equal(&d->from, from))
            return d;
    }
    return record_list_add(&to->delegations, sizeof(struct delegation));
}

int decide_delegate_approval(struct turn *t, const void *args, struct err *err)
{
    const struct delegate_approval_request *r = args;
    const void *found;
    TRY(turn_need(t, ENTITY_USER, &r->to, &found, err));
    TRY(check(t, r, found, err));
    struct user *to = turn_edit(t, ENTITY_USER, &r->to);
    struct delegation *d = place_of(to, &t->ctx->actor.user);
    bool ends = r->until.s <= turn_now(t).s;
    if (ends && id_is_none(&d->from))
        return err_set(err, ERR_STATE, "delegation: %s takes nobody's place for %s", to->id.text,
                       t->ctx->actor.user.text);
    d->from = t->ctx->actor.user;
    d->since = turn_now(t);
    d->until = ends ? turn_now(t) : r->until;
    text_cut(d->reason, sizeof d->reason, r->reason);
    text_cut(d->paper, sizeof d->paper, r->paper);
    struct ledger_entry *entry = turn_entry(t, LEDGER_DELEGATE, ENTITY_USER, &to->id);
    entry->organisation = to->organisation;
    text_cut(entry->reason, sizeof entry->reason, r->reason);
    text_cut(entry->paper, sizeof entry->paper, r->paper);
    turn_answer(t, ENTITY_USER, &to->id, enum_name(&user_state_names, (int)to->state));
    return 0;
}

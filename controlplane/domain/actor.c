/* From a certificate's name and key to an actor with roles, by what the state says now. */
#include "controlplane/domain/actor.h"

#include "controlplane/domain/delegating.h"

static int resolve_user(const struct state *s, const struct principal *p, struct instant now,
                        struct actor *actor, struct err *err)
{
    actor->user = user_id_of(&p->name, &p->organisation);
    const struct user *user = state_find(s, ENTITY_USER, &actor->user);
    if (!user)
        return err_set(err, ERR_UNAUTHENTICATED, "user %s is not known here: join first",
                       actor->user.text);
    if (user->state == USER_REVOKED)
        return err_set(err, ERR_UNAUTHENTICATED,
                       "user %s is revoked: ask an administrator of %s for a new join token",
                       user->id.text, user->organisation.text);
    if (!id_equal(&user->key_id, &p->key_id))
        return err_set(err, ERR_UNAUTHENTICATED,
                       "user %s has joined again with another key: use that one", user->id.text);
    if (user->expires_at.s <= now.s)
        return err_set(err, ERR_UNAUTHENTICATED, "the certificate of %s is over: renew it",
                       user->id.text);
    actor->roles = user_roles(user);
    actor->delegated = delegated_roles(s, user, now);
    return 0;
}

static int resolve_node(const struct state *s, const struct principal *p, struct err *err)
{
    const struct node *node = state_find(s, ENTITY_NODE, &p->name);
    if (!node || !id_equal(&node->owner, &p->organisation))
        return err_set(err, ERR_UNAUTHENTICATED, "node %s of %s is not known here: join first",
                       p->name.text, p->organisation.text);
    if (node->state == NODE_RETIRED)
        return err_set(err, ERR_UNAUTHENTICATED, "node %s is retired", p->name.text);
    if (!id_equal(&node->key_id, &p->key_id))
        return err_set(err, ERR_UNAUTHENTICATED, "node %s has joined again with another key",
                       p->name.text);
    return 0;
}

int actor_resolve(const struct state *s, const struct principal *p, struct instant now,
                  struct actor *ret, struct err *err)
{
    struct actor actor = {.kind = p->kind, .organisation = p->organisation, .name = p->name};
    switch (p->kind) {
    case ACTOR_USER:
        TRY(resolve_user(s, p, now, &actor, err));
        break;
    case ACTOR_NODE:
        TRY(resolve_node(s, p, err));
        break;
    case ACTOR_SERVICE:
    case ACTOR_ANONYMOUS:
        break;
    }
    *ret = actor;
    return 0;
}

struct actor actor_service(const char *name)
{
    return (struct actor){.kind = ACTOR_SERVICE, .name = id_literal(name)};
}

/* Tokens, users and the names of nodes. */
#include "controlplane/domain/joining.h"

#include "lib/base/text.h"

#include <stdio.h>

#define AGENCY_ROLES   (ROLE_BIT(ROLE_AGENCY_ADMIN) | ROLE_BIT(ROLE_AGENCY_APPROVER))
#define SUPPLIER_ROLES (ROLE_BIT(ROLE_SUPPLIER_OPERATOR) | ROLE_BIT(ROLE_SUPPLIER_APPROVER))
#define ALL_ROLES      ((1u << ROLE_COUNT) - 1)

/* ---- Who may give which roles ---------------------------------------------------------------- */

/* A role and those that who holds it may give to others, in its own organisation. */
static const struct gift {
    enum role holder;
    uint32_t roles;
} gifts[] = {
    {ROLE_AGENCY_ADMIN, ALL_ROLES},
    {ROLE_ORG_APPROVER,
     ROLE_BIT(ROLE_ORG_MEMBER) | ROLE_BIT(ROLE_ORG_APPROVER) | ROLE_BIT(ROLE_FINANCE)},
    {ROLE_SUPPLIER_APPROVER, SUPPLIER_ROLES | ROLE_BIT(ROLE_ORG_MEMBER) | ROLE_BIT(ROLE_FINANCE)},
};
#define GIFTS (sizeof gifts / sizeof gifts[0])

/* Whoever lets others into an organisation, or out of it. */
struct host {
    struct id user;
    uint32_t roles; /* that count there */
};

/* In an organisation other than its own nobody counts but an agency-admin. */
static struct host host_in(const struct id *where, const struct id *organisation,
                           const struct id *user, uint32_t roles)
{
    bool own = id_equal(where, organisation);
    return (struct host){.user = *user, .roles = own ? roles : roles & ROLE_BIT(ROLE_AGENCY_ADMIN)};
}

/* What the host may give to the user, or take from it. Whoever may give anything may renew itself.
 */
static uint32_t roles_to_give(const struct host *host, const struct id *user)
{
    uint32_t roles = 0;
    for (size_t i = 0; i < GIFTS; i++) {
        if (host->roles & ROLE_BIT(gifts[i].holder))
            roles |= gifts[i].roles;
    }
    return roles && id_equal(&host->user, user) ? roles | host->roles : roles;
}

static enum role first_of(uint32_t roles)
{
    int role = 0;
    while (!(roles & ROLE_BIT(role)))
        role++;
    return (enum role)role;
}

/* ERR_DENIED unless the host may give all of the roles; names one that it may not, and who may. */
static int check_gift(const struct host *host, const struct id *user, uint32_t roles,
                      const char *what, struct err *err)
{
    char holders[ERR_TEXT_MAX / 2] = "";
    uint32_t missing = roles & ~roles_to_give(host, user);
    if (missing == 0)
        return 0;
    enum role role = first_of(missing);
    size_t len = 0;
    for (size_t i = 0; i < GIFTS; i++) {
        if (gifts[i].roles & ROLE_BIT(role))
            len += (size_t)snprintf(holders + len, sizeof holders - len, "%s%s", len ? ", " : "",
                                    enum_name(&role_names, (int)gifts[i].holder));
    }
    return err_set(err, ERR_DENIED, "%s: %s is not for %s to give or take: it needs one of %s",
                   what, enum_name(&role_names, (int)role), host->user.text, holders);
}

/* ---- The last administrator ------------------------------------------------------------------ */

struct admins {
    const struct turn *turn;
    const struct id *leaving;
    bool other;
};

static bool visit_admin(const void *record, void *arg)
{
    struct admins *a = arg;
    const struct user *u = record;
    bool counts = u->state == USER_ACTIVE && (user_roles(u) & ROLE_BIT(ROLE_AGENCY_ADMIN)) &&
                  u->expires_at.s > turn_now(a->turn).s;
    a->other = counts && !id_equal(&u->id, a->leaving);
    return !a->other;
}

/* ERR_STATE if the user is the last agency-admin and is to have no more than `roles`. */
static int keeps_an_admin(const struct turn *t, const struct user *u, uint32_t roles,
                          struct err *err)
{
    struct admins a = {.turn = t, .leaving = &u->id};
    if ((user_roles(u) & ~roles & ROLE_BIT(ROLE_AGENCY_ADMIN)) == 0)
        return 0;
    turn_each(t, ENTITY_USER, visit_admin, &a);
    if (a.other)
        return 0;
    return err_set(err, ERR_STATE, "%s is the last agency-admin: let another one join first",
                   u->id.text);
}

/* ---- What a token may say -------------------------------------------------------------------- */

static int check_name(const struct id *name, const char *what, struct err *err)
{
    if (id_is_none(name))
        return err_set(err, ERR_INVALID, "%s: name is missing", what);
    if (strchr(name->text, '.'))
        return err_set(err, ERR_INVALID, "%s: name %s must not hold a dot", what, name->text);
    return 0;
}

static int check_roles(const struct organisation *o, uint32_t roles, struct err *err)
{
    if (roles == 0)
        return err_set(err, ERR_INVALID, "join token: roles: name at least one");
    if ((roles & AGENCY_ROLES) && !o->agency)
        return err_set(err, ERR_INVALID, "join token: roles: %s is no agency", o->id.text);
    if ((roles & SUPPLIER_ROLES) && !o->supplier)
        return err_set(err, ERR_INVALID, "join token: roles: %s is no supplier", o->id.text);
    return 0;
}

/* Joining under the name of somebody who is there puts a new key and new roles in place of theirs:
 * that is for those alone who may give what is taken away. */
static int check_replacing(const struct turn *t, const struct host *host, const struct id *id,
                           uint32_t roles, struct err *err)
{
    const struct user *before = turn_find(t, ENTITY_USER, id);
    if (!before || before->state != USER_ACTIVE)
        return 0;
    TRY(check_gift(host, id, user_roles(before), "join token: the name is taken", err));
    return keeps_an_admin(t, before, roles, err);
}

static int check_user_token(const struct turn *t, const struct host *host,
                            const struct join_token *token, struct err *err)
{
    uint32_t roles = 0;
    const struct organisation *o = turn_find(t, ENTITY_ORGANISATION, &token->organisation);
    if (!o)
        return err_set(err, ERR_NOT_FOUND, "organisation %s does not exist",
                       token->organisation.text);
    struct id user = user_id_of(&token->name, &o->id);
    if (id_is_none(&user))
        return err_set(err, ERR_INVALID, "join token: %s and %s are too long together",
                       token->name.text, o->id.text);
    TRY(roles_parse(&token->roles, &roles, err));
    TRY(check_roles(o, roles, err));
    TRY(check_gift(host, &user, roles, "join token: roles", err));
    return check_replacing(t, host, &user, roles, err);
}

static int check_node_token(const struct turn *t, const struct host *host,
                            const struct join_token *token, struct err *err)
{
    const struct pool *pool = turn_find(t, ENTITY_POOL, &token->pool);
    if ((host->roles & (ROLE_BIT(ROLE_AGENCY_ADMIN) | SUPPLIER_ROLES)) == 0)
        return err_set(err, ERR_DENIED,
                       "join token: for a node it takes one of the roles agency-admin, "
                       "supplier-operator, supplier-approver");
    if (!pool || !id_equal(&pool->owner, &token->organisation))
        return err_set(err, ERR_NOT_FOUND, "join token: %s owns no pool %s",
                       token->organisation.text, token->pool.text);
    if (strlen(token->name.text) > JOINING_NODE_NAME_MAX)
        return err_set(err, ERR_INVALID, "join token: name %s is longer than the %d of a node",
                       token->name.text, JOINING_NODE_NAME_MAX);
    const struct node *node = turn_find(t, ENTITY_NODE, &token->name);
    if (node && !id_equal(&node->pool, &token->pool))
        return err_set(err, ERR_EXISTS, "join token: the name %s is taken by another pool's node",
                       token->name.text);
    if (token->roles.n > 0)
        return err_set(err, ERR_INVALID, "join token: roles: a node has none");
    return 0;
}

static int check_token(const struct turn *t, const struct host *host,
                       const struct join_token *token, struct err *err)
{
    return token->purpose == JOIN_NODE ? check_node_token(t, host, token, err)
                                       : check_user_token(t, host, token, err);
}

/* ---- Creating a token ------------------------------------------------------------------------ */

static struct host actor_in(const struct turn *t, const struct id *where)
{
    const struct actor *actor = &t->ctx->actor;
    return host_in(where, &actor->organisation, &actor->user, actor->roles);
}

int decide_create_join_token(struct turn *t, const void *args, struct err *err)
{
    const struct create_join_token_command *r = args;
    const struct join_token *asked = &r->token;
    if (id_is_none(&asked->id) || asked->secret_hash[0] == '\0')
        return err_set(err, ERR_INVALID, "join token: id and secret are missing");
    if (turn_find(t, ENTITY_JOIN_TOKEN, &asked->id))
        return err_set(err, ERR_EXISTS, "join token %s exists already", asked->id.text);
    TRY(check_name(&asked->name, "join token", err));
    TRY(turn_own(t, &asked->organisation, ROLE_BIT(ROLE_AGENCY_ADMIN), "joining", err));
    struct host host = actor_in(t, &asked->organisation);
    TRY(check_token(t, &host, asked, err));
    struct join_token *token = turn_put(t, ENTITY_JOIN_TOKEN, asked);
    token->created_by = t->ctx->actor.user;
    token->expires_at = instant_add(turn_now(t), JOINING_TOKEN_S);
    token->used_at = INSTANT_NEVER;
    turn_entry(t, LEDGER_JOIN, ENTITY_JOIN_TOKEN, &token->id);
    turn_answer(t, ENTITY_JOIN_TOKEN, &token->id, NULL);
    return 0;
}

/* ---- Joining --------------------------------------------------------------------------------- */

/* Without telling by its duration how much of it was right. */
static bool same_secret(const char a[65], const char b[65])
{
    unsigned char difference = 0;
    for (size_t i = 0; i < 64; i++)
        difference |= (unsigned char)(a[i] ^ b[i]);
    return difference == 0;
}

static int need_token(const struct turn *t, const struct join_command *r,
                      const struct join_token **ret, struct err *err)
{
    const struct join_token *token = turn_find(t, ENTITY_JOIN_TOKEN, &r->token);
    if (!token || !same_secret(token->secret_hash, r->secret_hash))
        return err_set(err, ERR_UNAUTHENTICATED, "the join token is not good: ask for a new one");
    if (token->used_at.s != INSTANT_NEVER.s)
        return err_set(err, ERR_UNAUTHENTICATED,
                       "the join token was used already: ask for a new one");
    if (token->expires_at.s <= turn_now(t).s)
        return err_set(err, ERR_UNAUTHENTICATED, "the join token is over: ask for a new one");
    *ret = token;
    return 0;
}

/* The token is as good as whoever made it is now: ten minutes are enough to be revoked in, and for
 * somebody to join by the name that it gives. */
static int check_still(const struct turn *t, const struct join_token *token, struct err *err)
{
    const struct user *maker = turn_find(t, ENTITY_USER, &token->created_by);
    if (!maker || maker->state != USER_ACTIVE)
        return err_set(err, ERR_UNAUTHENTICATED,
                       "%s, who made the join token, is revoked: ask somebody else for one",
                       token->created_by.text);
    struct host host =
        host_in(&token->organisation, &maker->organisation, &maker->id, user_roles(maker));
    return check_token(t, &host, token, err);
}

/* The key goes into the history, unless the next one is the same or there was none. */
static int leave_key(struct list *former, const struct id *key_id, const struct blob *public_key,
                     struct instant first, struct instant now, const struct id *next,
                     struct err *err)
{
    if (id_is_none(key_id) || id_equal(key_id, next))
        return 0;
    return key_facts_add(former, key_id, public_key, first, now, err);
}

/* Who joins again keeps the name; the old key becomes a former one. */
static int join_user(struct turn *t, const struct join_command *r, const struct join_token *token,
                     struct err *err)
{
    struct user draft = {.id = user_id_of(&token->name, &token->organisation),
                         .organisation = token->organisation,
                         .name = token->name,
                         .roles = token->roles, /* borrowed: the put copies */
                         .state = USER_ACTIVE,
                         .key_id = r->key_id,
                         .public_key = r->public_key,
                         .created_at = turn_now(t),
                         .expires_at = r->certificate_expires_at};
    memcpy(draft.serial, r->serial, sizeof draft.serial);
    const struct user *before = turn_find(t, ENTITY_USER, &draft.id);
    if (before) {
        draft.created_at = before->created_at;
        draft.former_keys = before->former_keys; /* borrowed, too */
    }
    struct user *user = turn_put(t, ENTITY_USER, &draft);
    if (before)
        TRY(leave_key(&user->former_keys, &before->key_id, &before->public_key, before->created_at,
                      turn_now(t), &r->key_id, err));
    turn_entry(t, LEDGER_JOIN, ENTITY_USER, &draft.id)->organisation = token->organisation;
    turn_answer(t, ENTITY_USER, &draft.id, enum_name(&user_state_names, (int)draft.state));
    return 0;
}

static int join_node(struct turn *t, const struct join_command *r, const struct join_token *token,
                     struct err *err)
{
    const struct pool *pool = turn_find(t, ENTITY_POOL, &token->pool);
    const struct node *before = turn_find(t, ENTITY_NODE, &token->name);
    ENSURE(pool != NULL);
    struct node draft = {.id = token->name,
                         .pool = pool->id,
                         .owner = pool->owner,
                         .site = pool->site,
                         .state = NODE_JOINED,
                         .attached_at = INSTANT_NEVER};
    memcpy(draft.model, pool->model, sizeof draft.model);
    struct node *node = turn_put(t, ENTITY_NODE, before ? before : &draft);
    if (node->state == NODE_RETIRED)
        node->state = NODE_JOINED;
    if (before)
        TRY(leave_key(&node->former_keys, &before->key_id, &before->public_key, before->joined_at,
                      turn_now(t), &r->key_id, err));
    node->key_id = r->key_id;
    node->public_key = r->public_key;
    node->joined_at = turn_now(t);
    node->expires_at = r->certificate_expires_at;
    turn_entry(t, LEDGER_JOIN, ENTITY_NODE, &node->id)->organisation = pool->owner;
    turn_answer(t, ENTITY_NODE, &node->id, enum_name(&node_state_names, (int)node->state));
    return 0;
}

int decide_join(struct turn *t, const void *args, struct err *err)
{
    const struct join_command *r = args;
    const struct join_token *token = NULL;
    TRY(need_token(t, r, &token, err));
    if (r->public_key.len == 0 || id_is_none(&r->key_id))
        return err_set(err, ERR_INVALID, "join: the public key is missing");
    TRY(check_still(t, token, err));
    if (token->purpose == JOIN_NODE)
        TRY(join_node(t, r, token, err));
    else
        TRY(join_user(t, r, token, err));
    struct join_token *used = turn_edit(t, ENTITY_JOIN_TOKEN, &r->token);
    used->used_at = turn_now(t);
    return 0;
}

/* ---- Renewing -------------------------------------------------------------------------------- */

static int renew_user(struct turn *t, const struct renew_certificate_command *r, struct err *err)
{
    struct user *u = turn_edit(t, ENTITY_USER, &t->ctx->actor.user);
    TRY(leave_key(&u->former_keys, &u->key_id, &u->public_key, u->created_at, turn_now(t),
                  &r->key_id, err));
    memcpy(u->serial, r->serial, sizeof u->serial);
    u->key_id = r->key_id;
    u->public_key = r->public_key;
    u->expires_at = r->certificate_expires_at;
    turn_entry(t, LEDGER_RENEW, ENTITY_USER, &u->id)->organisation = u->organisation;
    turn_answer(t, ENTITY_USER, &u->id, enum_name(&user_state_names, (int)u->state));
    return 0;
}

static int renew_node(struct turn *t, const struct renew_certificate_command *r, struct err *err)
{
    struct node *n = turn_edit(t, ENTITY_NODE, &t->ctx->actor.name);
    TRY(leave_key(&n->former_keys, &n->key_id, &n->public_key, n->joined_at, turn_now(t),
                  &r->key_id, err));
    n->key_id = r->key_id;
    n->public_key = r->public_key;
    n->expires_at = r->certificate_expires_at;
    turn_entry(t, LEDGER_RENEW, ENTITY_NODE, &n->id)->organisation = n->owner;
    turn_answer(t, ENTITY_NODE, &n->id, enum_name(&node_state_names, (int)n->state));
    return 0;
}

/* Whoever asks is known and counts: actor_resolve() has seen to that. */
int decide_renew_certificate(struct turn *t, const void *args, struct err *err)
{
    const struct renew_certificate_command *r = args;
    if (r->public_key.len == 0 || id_is_none(&r->key_id))
        return err_set(err, ERR_INVALID, "renewal: the public key is missing");
    return t->ctx->actor.kind == ACTOR_NODE ? renew_node(t, r, err) : renew_user(t, r, err);
}

/* ---- Revoking -------------------------------------------------------------------------------- */

int decide_revoke_user(struct turn *t, const void *args, struct err *err)
{
    const struct revoke_user_request *r = args;
    const void *found;
    TRY(turn_need(t, ENTITY_USER, &r->id, &found, err));
    const struct user *before = found;
    TRY(turn_own(t, &before->organisation, ROLE_BIT(ROLE_AGENCY_ADMIN), "a user of", err));
    if (before->state == USER_REVOKED)
        return err_set(err, ERR_STATE, "%s is revoked already", before->id.text);
    struct host host = actor_in(t, &before->organisation);
    TRY(check_gift(&host, &before->id, user_roles(before), "revoking", err));
    TRY(keeps_an_admin(t, before, 0, err));
    struct user *u = turn_edit(t, ENTITY_USER, &r->id);
    u->state = USER_REVOKED;
    struct ledger_entry *entry = turn_entry(t, LEDGER_REVOKE, ENTITY_USER, &u->id);
    text_cut(entry->reason, sizeof entry->reason, r->reason);
    turn_answer(t, ENTITY_USER, &u->id, enum_name(&user_state_names, (int)u->state));
    return 0;
}

/* ---- The first user -------------------------------------------------------------------------- */

int decide_bootstrap(struct turn *t, const void *args, struct err *err)
{
    const struct bootstrap_command *r = args;
    if (state_count(t->state, ENTITY_USER) > 0)
        return err_set(err, ERR_EXISTS,
                       "there are users already: ask one of them for a join token");
    TRY(organisation_check(&r->organisation, err));
    TRY(check_name(&r->user.name, "bootstrap: user", err));
    struct id id = user_id_of(&r->user.name, &r->organisation.id);
    uint32_t roles = 0;
    TRY(roles_parse(&r->user.roles, &roles, err));
    if (id_is_none(&id) || (roles & ROLE_BIT(ROLE_AGENCY_ADMIN)) == 0)
        return err_set(err, ERR_INVALID, "bootstrap: the first user has to be an agency-admin");
    struct organisation *o = turn_put(t, ENTITY_ORGANISATION, &r->organisation);
    o->agency = true;
    turn_entry(t, LEDGER_REGISTER, ENTITY_ORGANISATION, &o->id)->organisation = o->id;
    struct user draft = r->user; /* borrows its lists: the put copies */
    draft.id = id;
    draft.organisation = o->id;
    draft.state = USER_ACTIVE;
    draft.created_at = turn_now(t);
    turn_put(t, ENTITY_USER, &draft);
    turn_entry(t, LEDGER_JOIN, ENTITY_USER, &id)->organisation = o->id;
    turn_answer(t, ENTITY_USER, &id, enum_name(&user_state_names, (int)draft.state));
    return 0;
}

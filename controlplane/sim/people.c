/* Tokens are made and used within one instant; keys are names. */
#include "controlplane/sim/people.h"

#include "lib/base/text.h"

#include <stdio.h>
#include <stdlib.h>

#define SECRET 'a'

static struct id user_named(const char *name, const struct id *organisation)
{
    struct id part = id_literal(name);
    return user_id_of(&part, organisation);
}

static void add_roles(struct list *list, const char *const *roles)
{
    for (; *roles; roles++) {
        struct id *role = record_list_add(list, sizeof *role);
        *role = id_literal(*roles);
    }
}

static void key_named(const struct id *name, struct blob *ret)
{
    *ret = (struct blob){.len = (uint32_t)strlen(name->text)};
    memcpy(ret->data, name->text, ret->len);
}

/* ---- By token -------------------------------------------------------------------------------- */

static int use_token(struct world *w, const struct id *token, const struct id *key, struct err *err)
{
    const struct actor nobody = {.kind = ACTOR_ANONYMOUS};
    struct join_command r = {
        .token = *token, .key_id = *key, .certificate_expires_at = INSTANT_NEVER};
    memset(r.secret_hash, SECRET, sizeof r.secret_hash - 1);
    key_named(key, &r.public_key);
    snprintf(r.serial, sizeof r.serial, "%llu", (unsigned long long)w->decisions);
    return world_ask(w, &nobody, COMMAND_JOIN, &r, err);
}

/* Takes the roles out of r. */
static int join(struct world *w, const struct scenario *s, struct create_join_token_command *r,
                const struct id *key, struct err *err)
{
    struct actor admin;
    struct id user = user_named("admin", &s->agency);
    r->token.id = id_number("token", w->decisions);
    memset(r->token.secret_hash, SECRET, sizeof r->token.secret_hash - 1);
    int rc = world_user(w, &user, &admin, err);
    if (rc == 0)
        rc = world_ask(w, &admin, COMMAND_CREATE_JOIN_TOKEN, r, err);
    if (rc == 0)
        rc = use_token(w, &r->token.id, key, err);
    record_fini(&create_join_token_command_type, r);
    return rc;
}

static int join_user(struct world *w, const struct scenario *s, const char *name,
                     const struct id *organisation, const char *const *roles, struct err *err)
{
    struct create_join_token_command r = {.token = {.purpose = JOIN_USER}};
    struct id key = user_named(name, organisation);
    if (id_is_none(&key))
        return err_set(err, ERR_INVALID, "organisation %s: the name is too long",
                       organisation->text);
    r.token.organisation = *organisation;
    r.token.name = id_literal(name);
    add_roles(&r.token.roles, roles);
    return join(w, s, &r, &key, err);
}

int people_join_node(struct world *w, const struct scenario *s, const struct id *name,
                     const struct id *pool, struct err *err)
{
    struct create_join_token_command r = {.token = {.purpose = JOIN_NODE}};
    const struct pool *p = state_find(w->state, ENTITY_POOL, pool);
    if (!p)
        return err_set(err, ERR_NOT_FOUND, "nodes: there is no pool %s", pool->text);
    r.token.organisation = p->owner;
    r.token.name = *name;
    r.token.pool = *pool;
    return join(w, s, &r, name, err);
}

/* ---- The beginning --------------------------------------------------------------------------- */

static const struct organisation *find_agency(const struct scenario *s)
{
    for (size_t i = 0; i < s->n_documents; i++) {
        const struct apply_organisation_request *r = s->documents[i].args;
        if (s->documents[i].command == COMMAND_APPLY_ORGANISATION &&
            id_equal(&r->organisation.id, &s->agency))
            return &r->organisation;
    }
    return NULL;
}

static int bootstrap(struct world *w, const struct scenario *s, struct err *err)
{
    static const char *const roles[] = {"agency-admin", NULL};
    const struct actor service = {.kind = ACTOR_SERVICE, .name = id_literal("simulator")};
    const struct organisation *agency = find_agency(s);
    if (!agency)
        return err_set(err, ERR_INVALID, "agency: no manifest describes organisation %s",
                       s->agency.text);
    struct bootstrap_command r = {.user = {.name = id_literal("admin"),
                                           .key_id = user_named("admin", &s->agency),
                                           .expires_at = INSTANT_NEVER}};
    record_copy(&organisation_type, &r.organisation, agency);
    key_named(&r.user.key_id, &r.user.public_key);
    add_roles(&r.user.roles, roles);
    int rc = world_ask(w, &service, COMMAND_BOOTSTRAP, &r, err);
    record_fini(&bootstrap_command_type, &r);
    return rc;
}

static int apply_documents(struct world *w, const struct scenario *s, struct err *err)
{
    struct actor admin;
    struct id user = user_named("admin", &s->agency);
    TRY(world_user(w, &user, &admin, err));
    for (size_t i = 0; i < s->n_documents; i++)
        TRY(world_ask(w, &admin, s->documents[i].command, s->documents[i].args, err));
    return 0;
}

static bool collect(const void *record, void *arg)
{
    struct list *organisations = arg;
    struct id *id = record_list_add(organisations, sizeof *id);
    *id = ((const struct organisation *)record)->id;
    return true;
}

static int join_people_of(struct world *w, const struct scenario *s, const struct id *id,
                          struct err *err)
{
    static const char *const approver[] = {"agency-approver", NULL};
    static const char *const member[] = {"org-member", "org-approver", "finance", NULL};
    static const char *const operator_roles[] = {"supplier-operator", "supplier-approver", NULL};
    const struct organisation *o = state_find(w->state, ENTITY_ORGANISATION, id);
    bool supplier = o->supplier;
    if (id_equal(id, &s->agency)) {
        TRY(join_user(w, s, "approver", id, approver, err));
        return join_user(w, s, "second", id, approver, err);
    }
    TRY(join_user(w, s, "member", id, member, err));
    return supplier ? join_user(w, s, "operator", id, operator_roles, err) : 0;
}

int people_join(struct world *w, const struct scenario *s, struct err *err)
{
    struct list organisations = {0}; /* struct id */
    int rc = 0;
    TRY(bootstrap(w, s, err));
    TRY(apply_documents(w, s, err));
    state_each(w->state, ENTITY_ORGANISATION, NULL, collect, &organisations);
    for (size_t i = 0; i < organisations.n && rc == 0; i++)
        rc = join_people_of(w, s, LIST_AT(const struct id, &organisations, i), err);
    free(organisations.items);
    return rc;
}

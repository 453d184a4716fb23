/* Users, roles and join tokens: fields. */
#include "controlplane/domain/user.h"

#include "lib/base/text.h"

#include <stdio.h>

#define X(id, name) name,
static const char *const role_texts[] = {ROLES(X)};
#undef X
const struct enum_names role_names = {role_texts, ROLE_COUNT};

static const char *const user_state_texts[] = {"active", "revoked"};
const struct enum_names user_state_names = {user_state_texts, USER_STATE_COUNT};

static const char *const purpose_texts[] = {"user", "node"};
const struct enum_names join_purpose_names = {purpose_texts, JOIN_PURPOSE_COUNT};

static const struct field delegation_fields[] = {
    F_ID(struct delegation, from),       F_INSTANT(struct delegation, since),
    F_INSTANT(struct delegation, until), F_TEXT(struct delegation, reason),
    F_TEXT(struct delegation, paper),    F_END,
};
static const struct record_type delegation_type = {"delegation", sizeof(struct delegation),
                                                   delegation_fields};

static const struct field user_fields[] = {
    F_ID(struct user, id),
    F_ID(struct user, organisation),
    F_ID(struct user, name),
    F_ID_LIST(struct user, roles),
    F_ENUM(struct user, state, &user_state_names),
    F_TEXT(struct user, serial),
    F_ID(struct user, key_id),
    F_BYTES(struct user, public_key),
    F_INSTANT(struct user, created_at),
    F_INSTANT(struct user, expires_at),
    F_LIST(struct user, former_keys, &key_fact_type),
    F_LIST(struct user, delegations, &delegation_type),
    F_END,
};
const struct record_type user_type = {"user", sizeof(struct user), user_fields};

static const struct field join_token_fields[] = {
    F_ID(struct join_token, id),
    F_TEXT(struct join_token, secret_hash),
    F_ENUM(struct join_token, purpose, &join_purpose_names),
    F_ID(struct join_token, organisation),
    F_ID(struct join_token, name),
    F_ID_LIST(struct join_token, roles),
    F_ID(struct join_token, pool),
    F_ID(struct join_token, created_by),
    F_INSTANT(struct join_token, expires_at),
    F_INSTANT(struct join_token, used_at),
    F_END,
};
const struct record_type join_token_type = {"join_token", sizeof(struct join_token),
                                            join_token_fields};

int roles_parse(const struct list *names, uint32_t *ret, struct err *err)
{
    uint32_t roles = 0;
    if (names->n > ROLE_COUNT)
        return err_set(err, ERR_LIMIT, "roles: %zu, more than the %d that there are", names->n,
                       ROLE_COUNT);
    LIST_EACH(const struct id, name, names)
    {
        int role;
        TRY(enum_parse(&role_names, span_text(name->text), "role", &role, err));
        if (roles & ROLE_BIT(role))
            return err_set(err, ERR_INVALID, "roles: %s stands twice", name->text);
        roles |= ROLE_BIT(role);
    }
    *ret = roles;
    return 0;
}

uint32_t user_roles(const struct user *u)
{
    uint32_t roles = 0;
    LIST_EACH(const struct id, name, &u->roles)
    {
        int role;
        if (enum_parse(&role_names, span_text(name->text), "role", &role, NULL) == 0)
            roles |= ROLE_BIT(role);
    }
    return roles;
}

struct id user_id_of(const struct id *name, const struct id *organisation)
{
    struct id id = ID_NONE;
    int n = snprintf(id.text, sizeof id.text, "%s.%s", name->text, organisation->text);
    ENSURE(n > 0);
    return (size_t)n < sizeof id.text ? id : ID_NONE;
}

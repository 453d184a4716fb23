#ifndef PUMASI_CONTROLPLANE_DOMAIN_USER_H
#define PUMASI_CONTROLPLANE_DOMAIN_USER_H

#include "controlplane/domain/key_fact.h"
#include "lib/base/limits.h"
#include "lib/base/record.h"

/* People and the tokens by which people and nodes join. */
#define ROLES(X)                                                                                   \
    X(AGENCY_ADMIN, "agency-admin")                                                                \
    X(AGENCY_APPROVER, "agency-approver")                                                          \
    X(ORG_MEMBER, "org-member")                                                                    \
    X(ORG_APPROVER, "org-approver")                                                                \
    X(SUPPLIER_OPERATOR, "supplier-operator")                                                      \
    X(SUPPLIER_APPROVER, "supplier-approver")                                                      \
    X(FINANCE, "finance")                                                                          \
    X(AUDITOR, "auditor")
enum role {
#define X(id, name) ROLE_##id,
    ROLES(X)
#undef X
        ROLE_COUNT
};
extern const struct enum_names role_names;

/* A set of roles: bit 1u << enum role. */
#define ROLE_BIT(role) (1u << (role))

enum user_state { USER_ACTIVE, USER_REVOKED, USER_STATE_COUNT };
extern const struct enum_names user_state_names;

/* Somebody whose place the user takes when plans are decided on. */
struct delegation {
    struct id from;
    struct instant since;
    struct instant until;
    char reason[LIMIT_TEXT_BYTES];
    char paper[LIMIT_NAME_BYTES];
};

struct user {
    struct id id; /* NAME.ORGANISATION; neither part holds a dot */
    struct id organisation;
    struct id name;
    struct list roles; /* struct id: role names */
    enum user_state state;
    char serial[48];
    struct id key_id;
    struct blob public_key;
    struct instant created_at;
    struct instant expires_at;
    struct list former_keys; /* struct key_fact, oldest first */
    struct list delegations; /* struct delegation */
};
extern const struct record_type user_type;

/* Names that are no role count for nothing. */
uint32_t user_roles(const struct user *u);
/* ERR_INVALID names a role that does not exist or stands twice; ERR_LIMIT above ROLE_COUNT. */
MUST_CHECK int roles_parse(const struct list *names, uint32_t *ret, struct err *err);

enum join_purpose { JOIN_USER, JOIN_NODE, JOIN_PURPOSE_COUNT };
extern const struct enum_names join_purpose_names;

struct join_token {
    struct id id;
    char secret_hash[65];
    enum join_purpose purpose;
    struct id organisation;
    struct id name;
    struct list roles;
    struct id pool;
    struct id created_by;
    struct instant expires_at; /* ten minutes after it was made */
    struct instant used_at;    /* NEVER until it is used */
};
extern const struct record_type join_token_type;

/* "kim.upstage"; none when both together are too long for an id. */
struct id user_id_of(const struct id *name, const struct id *organisation);

#endif

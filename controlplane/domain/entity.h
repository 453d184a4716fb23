#ifndef PUMASI_CONTROLPLANE_DOMAIN_ENTITY_H
#define PUMASI_CONTROLPLANE_DOMAIN_ENTITY_H

#include "lib/base/record.h"

/*
 * The kinds of objects that the control plane keeps. Each is a record whose first field is its id;
 * each is stored under one key of its own: /pumasi/v1/PREFIX/ID (docs/spec/keys.md).
 */
/*      kind           prefix           name          struct and record_type */
#define ENTITY_KINDS(X)                                                                            \
    X(ORGANISATION, "organisations", "organisation", organisation)                                 \
    X(PROGRAMME, "programmes", "programme", programme)                                             \
    X(PROJECT, "projects", "project", project)                                                     \
    X(SITE, "sites", "site", site)                                                                 \
    X(POOL, "pools", "pool", pool)                                                                 \
    X(NODE, "nodes", "node", node)                                                                 \
    X(LOAN, "loans", "loan", loan)                                                                 \
    X(ALLOCATION, "allocations", "allocation", allocation)                                         \
    X(LEASE, "leases", "lease", lease)                                                             \
    X(APPROVAL, "approvals", "approval", approval)                                                 \
    X(USER, "users", "user", user)                                                                 \
    X(JOIN_TOKEN, "join-tokens", "join-token", join_token)                                         \
    X(USAGE_INTERVAL, "usage", "usage-interval", usage_interval)                                   \
    X(CONTRIBUTION, "contributions", "contribution", contribution)                                 \
    X(RECALL, "recalls", "recall", recall)                                                         \
    X(STAGE_DECISION, "stage-decisions", "stage-decision", stage_decision)                         \
    X(CLOSING, "closings", "closing", closing)                                                     \
    X(STATEMENT, "statements", "statement", issued_statement)

enum entity_kind {
#define X(kind, prefix, name, type) ENTITY_##kind,
    ENTITY_KINDS(X)
#undef X
        ENTITY_KIND_COUNT
};

const struct record_type *entity_type(enum entity_kind kind);
const char *entity_name(enum entity_kind kind);   /* "lease" */
const char *entity_prefix(enum entity_kind kind); /* "leases" */

/* The id of a record of that kind: its first field. Borrowed from the record. */
const struct id *entity_id(enum entity_kind kind, const void *record);

/* By name or by prefix; -ERR_NOT_FOUND. */
MUST_CHECK int entity_kind_by_name(struct span name, enum entity_kind *ret);
MUST_CHECK int entity_kind_by_prefix(struct span prefix, enum entity_kind *ret);

#endif

#ifndef PUMASI_CONTROLPLANE_DOMAIN_ACTOR_H
#define PUMASI_CONTROLPLANE_DOMAIN_ACTOR_H

#include "controlplane/domain/decide.h"

/*
 * Who stands behind a certificate. The certificate says a name and a key; whether that name still
 * counts, with that key, and with which roles, is in the state: so a revocation holds from the
 * next request on, also on connections that were made before it.
 */
struct principal {
    enum actor_kind kind;
    struct id organisation;
    struct id name;
    struct id key_id; /* of the key that proved itself */
};

/* ERR_UNAUTHENTICATED says why: unknown, revoked, another key, certificate over. An anonymous
 * principal is an actor without organisation and roles. */
MUST_CHECK int actor_resolve(const struct state *s, const struct principal *p, struct instant now,
                             struct actor *ret, struct err *err);

/* The actor for what time alone makes due, and for a service of the control plane itself. */
struct actor actor_service(const char *name);

#endif

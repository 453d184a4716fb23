#ifndef PUMASI_LIB_PKI_IDENTITY_H
#define PUMASI_LIB_PKI_IDENTITY_H

#include "lib/base/err.h"
#include "lib/base/id.h"
#include "lib/base/span.h"

#include <stdbool.h>

/*
 * Who someone is, as a certificate says it: a SPIFFE ID with the organisation in the host part, so
 * that X.509 name constraints can bind an organisation's own authority to its own names.
 *
 *     spiffe://upstage.pumasi.internal/user/kim
 *     spiffe://skt.pumasi.internal/node/haein-07
 *     spiffe://nipa.pumasi.internal/service/pumasid-1
 *
 * The organisation holds no dot: the host is one label before IDENTITY_DOMAIN. Plain values, pure
 * functions, any thread.
 */
#define IDENTITY_DOMAIN  "pumasi.internal" /* .internal is reserved for private use */
#define IDENTITY_URI_CAP 192

/*  id, path segment */
#define IDENTITY_KINDS(X)                                                                          \
    X(USER, "user")                                                                                \
    X(NODE, "node")                                                                                \
    X(SERVICE, "service")

enum identity_kind {
#define X(id, name) IDENTITY_##id,
    IDENTITY_KINDS(X)
#undef X
        IDENTITY_KIND_COUNT
};

struct identity {
    enum identity_kind kind;
    struct id organisation;
    struct id name;
};

/* ERR_INVALID: a kind out of range, an empty or malformed id, an organisation with a dot. */
MUST_CHECK int identity_check(const struct identity *who, struct err *err);

/* Strict: lower case, no port, query, fragment, escape or further segment. ERR_INVALID says what.
 */
MUST_CHECK int identity_parse(struct span uri, struct identity *ret, struct err *err);

/* The URI of a good identity; anything else aborts. Returns dst. */
const char *identity_format(const struct identity *who, char dst[IDENTITY_URI_CAP]);

bool identity_equal(const struct identity *a, const struct identity *b);

const char *identity_kind_name(enum identity_kind kind); /* "?" when out of range */

#endif

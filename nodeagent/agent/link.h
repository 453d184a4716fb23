#ifndef PUMASI_NODEAGENT_AGENT_LINK_H
#define PUMASI_NODEAGENT_AGENT_LINK_H

#include "lib/base/buf.h"
#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/grant/interval.h"
#include "lib/pki/digest.h"
#include "lib/pki/sign.h"
#include "lib/rpc/tls.h"
#include "nodeagent/call/message.h"
#include "nodeagent/gpu/inventory.h"

#include <stdbool.h>

/*
 * The stream to the control plane. gRPC's thread fills a mailbox; the agent's thread empties it
 * when the descriptor says so. Messages are turned into plain structs here: protobuf goes no
 * further.
 */
struct link;
struct rpc_loop;

/* servers: "HOST:PORT,HOST:PORT"; tried in turn. pem is borrowed for the call. */
MUST_CHECK int link_create(struct rpc_loop *loop, const char *servers,
                           const struct rpc_tls_pem *pem, struct link **ret, struct err *err);
void link_destroy(struct link *l); /* not on gRPC's thread; NULL is fine */

/* Readable when link_take() has something. Owned by the link. */
int link_fd(const struct link *l);

/* Opens a stream to the next server; the stream that was is given up, and what it said and was not
 * taken is dropped. */
MUST_CHECK int link_open(struct link *l, struct err *err);

/* ---- to the control plane: ERR_UNAVAILABLE when there is no stream ---- */

struct link_hello {
    const struct id *node;
    const char *boot_id;
    const char *version;
    const char *tier;
    const struct inventory *inventory;
};
MUST_CHECK int link_send_hello(struct link *l, const struct link_hello *hello, struct err *err);

struct link_held {
    struct id lease;
    uint64_t fence;
    uint64_t seq;
    const char *state; /* active draining returned tainted */
    uint64_t opens;
    uint64_t denials;
};
MUST_CHECK int link_send_sync(struct link *l, const uint8_t nonce[GRANT_NONCE_BYTES],
                              uint64_t boot_ms, const struct link_held *held, size_t n,
                              struct err *err);

/* Asks for a new certificate for the key of the request (PEM, NUL-terminated). */
MUST_CHECK int link_send_renew(struct link *l, const char *csr_pem, struct err *err);

/* Intervals as link_pack_interval() made them, at most LINK_USAGE_MAX. */
#define LINK_USAGE_MAX INTERVAL_REPORT_MAX
MUST_CHECK int link_send_usage(struct link *l, const struct span *intervals, size_t n,
                               struct err *err);

/* One interval as it is sent and journalled. */
struct link_interval {
    struct interval interval;
    struct id organisation;
    struct id project;
    const char *model;
    struct signature signature;
    struct id key_id;
};
void link_pack_interval(const struct link_interval *i, struct buf *dst);

/* One interval read back, with the texts that it points to: not to be copied. */
struct link_unpacked {
    struct link_interval interval;
    char boot_id[40];
    char isolation[16];
    char cause[16];
    char model[32];
};
/* ERR_CORRUPT: not an interval that link_pack_interval() made. */
MUST_CHECK int link_unpack_interval(struct span packed, struct link_unpacked *ret, struct err *err);

/* ---- from the control plane ---- */

struct link_grant {
    struct id lease;
    struct id organisation;
    struct id project;
    char model[32];
    char ends_as[16]; /* why before its booked end; empty: it does not */
    struct guard_install install;
};

struct link_grants {
    uint8_t nonce[GRANT_NONCE_BYTES];
    struct instant server_time;
    uint32_t sync_after_ms;
    char trust[2 * DIGEST_BYTES + 1]; /* SHA-256 of the roots that the control plane believes */
    size_t n;
    struct link_grant *items;
};

/* A new certificate, and whom to believe from now on: PEM, not looked at yet. */
struct link_renewed {
    struct buf certificate_pem;
    struct buf ca_pem;
};

enum link_event_kind { LINK_GRANTS, LINK_ACK, LINK_POKE, LINK_RENEWED, LINK_DOWN };

struct link_event {
    enum link_event_kind kind;
    struct link_grants grants;   /* LINK_GRANTS: link_event_fini() frees it */
    struct link_renewed renewed; /* LINK_RENEWED: the same */
    char boot_id[40];            /* LINK_ACK */
    uint64_t seq;
    struct err err; /* LINK_DOWN: why the stream ended */
};

/* Takes the next event; false when there is none. */
bool link_take(struct link *l, struct link_event *ret);
void link_event_fini(struct link_event *e);

#endif

#ifndef PUMASI_TESTS_SUPPORT_LOAD_LOAD_NODE_H
#define PUMASI_TESTS_SUPPORT_LOAD_LOAD_NODE_H

#include "lib/base/env.h"
#include "lib/pki/key.h"
#include "lib/rpc/loop.h"
#include "nodeagent/agent/link.h"

/*
 * One node without a machine: the agent's own link and meter over a guard that agrees to
 * everything. It holds what it is granted, gives back what is no longer granted, and reports and
 * signs usage like a node. One thread.
 */
struct load_node;

struct load_node_identity {
    struct id name;
    struct span ca_pem;   /* borrowed for the call */
    struct span cert_pem; /* likewise */
    struct span key_pem;  /* likewise */
};

struct load_node_options {
    struct rpc_loop *loop;
    const struct env *env; /* outlives the node */
    const char *servers;   /* "HOST:PORT,HOST:PORT" */
    const char *model;
    unsigned gpus;           /* 1..LIMIT_GPUS_PER_NODE */
    unsigned return_ms;      /* how long giving a lease back takes */
    unsigned usage_period_s; /* 0: no usage is reported */
    unsigned heartbeat_s;    /* asks at least so often; 0: as the control plane says */
    bool trace;              /* says on stdout when it lets go of a lease */
};

/* What all nodes of a fleet have done. */
struct load_counts {
    uint64_t attached; /* nodes whose stream answers now */
    uint64_t held;     /* leases held now */
    uint64_t syncs, grants, returns, intervals, acks, downs;
};

MUST_CHECK int load_node_create(const struct load_node_options *options,
                                const struct load_node_identity *identity,
                                struct load_counts *counts, struct load_node **ret,
                                struct err *err);
void load_node_destroy(struct load_node *n); /* NULL is fine */

/* Readable when load_node_hear() has something to do. */
int load_node_fd(const struct load_node *n);
void load_node_hear(struct load_node *n);

/* Connects, asks, gives back, reports: whatever is due. Call it some ten times a second. */
void load_node_tick(struct load_node *n);

#endif

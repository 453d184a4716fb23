#ifndef PUMASI_NODEAGENT_AGENT_CREDENTIALS_H
#define PUMASI_NODEAGENT_AGENT_CREDENTIALS_H

#include "lib/rpc/tls.h"

/*
 * The node's key and certificate, which `pumasi node join` made. Part of the agent: one thread.
 */
struct agent;

/* Reads key and certificate from node.identity. Errors name the file. */
MUST_CHECK int credentials_read(struct agent *a, struct err *err);

/* The same files and the authority's, for connections; the caller's. */
MUST_CHECK int credentials_tls(const struct agent *a, struct rpc_tls_bundle **ret, struct err *err);

/* Warns, once a day, from the half of the certificate's life on. */
void credentials_watch(struct agent *a);

#endif

#ifndef PUMASI_NODEAGENT_AGENT_CREDENTIALS_H
#define PUMASI_NODEAGENT_AGENT_CREDENTIALS_H

#include "lib/rpc/tls.h"

#include <stdbool.h>

/*
 * The node's key and certificate: `pumasi node join` makes them, the agent renews them. Part of the
 * agent: one thread.
 */
struct agent;

/* Reads key and certificate from node.identity. Errors name the file. */
MUST_CHECK int credentials_read(struct agent *a, struct err *err);

/* The same files and the authority's, for connections; the caller's. */
MUST_CHECK int credentials_tls(const struct agent *a, struct rpc_tls_bundle **ret, struct err *err);

/* From the half of the certificate's life on, or when the control plane believes other roots than
 * this node: asks for a new one for the same key, and again until there is one. Warns when less
 * than a quarter of the life is left. A lease goes on in any case. */
void credentials_watch(struct agent *a);

/* What the control plane says of the roots that it believes: a SHA-256, "" when it says nothing. */
void credentials_compare(struct agent *a, const char *trust);

/* Puts a new certificate and its roots in place of the old ones, on the disk first. False, and a
 * line in the log, when it is not this node's, for its key, under those roots; then nothing has
 * changed. */
struct link_renewed;
bool credentials_renewed(struct agent *a, const struct link_renewed *renewed);

#endif

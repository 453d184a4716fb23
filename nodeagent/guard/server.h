#ifndef PUMASI_NODEAGENT_GUARD_SERVER_H
#define PUMASI_NODEAGENT_GUARD_SERVER_H

#include "lib/base/err.h"
#include "lib/base/log.h"
#include "nodeagent/guard/guard.h"
#include "nodeagent/guard/self.h"

#include <sys/types.h>

/*
 * The one loop: socket, timer and signals around a guard. Serves SERVER_PEERS_MAX connections of
 * root or the agent's user; logs each event once. SIGTERM and SIGINT end it and leave everything
 * that is enforced in place; SIGHUP looks the infrastructure's cgroups up again. One thread.
 */
#define SERVER_PEERS_MAX 8

struct server;

struct server_config {
    const char *path; /* of the socket */
    uid_t agent_uid;
    const struct self *self;
    struct log *log;
};

/* Listens at the path (an old socket there is replaced) with mode 0600, owned by the agent's user.
 * The guard is borrowed and so is what the config points at. Blocks SIGTERM, SIGINT and SIGHUP. */
MUST_CHECK int server_create(struct guard *g, const struct server_config *config,
                             struct server **ret, struct err *err);
void server_destroy(struct server *s); /* removes the socket; NULL is fine */

/* Runs until a signal ends it (0), or poll(2) fails (ERR_IO). */
MUST_CHECK int server_run(struct server *s, struct err *err);

#endif

#ifndef PUMASI_CLI_CLIENT_INTERNAL_H
#define PUMASI_CLI_CLIENT_INTERNAL_H

#include "cli/client.h"
#include "lib/rpc/channel.h"

/* What client.c shows to watch.c: the channel that is believed to lead to the leader, and the next
 * one when it doesn't. Borrowed. */
struct rpc_channel *client_channel(const struct client *client);
void client_next_server(struct client *client);

struct invocation *client_invocation(const struct client *client);

/* Waits a little between two rounds over all servers. */
void client_pause(void);

#endif

#ifndef PUMASI_TESTS_SIM_LAB_RPC_H
#define PUMASI_TESTS_SIM_LAB_RPC_H

#include "lib/rpc/channel.h"
#include "lib/rpc/server.h"

/*
 * gRPC on the bed's wires: what lib/rpc/{channel,client,client_stream,server,server_call,loop,
 * runtime,tls}.h promise, by virtual time. The linker takes these definitions in place of the
 * library's, so the agent's link and the control plane's services run as they are.
 *
 * Messages of one stream keep their order, as TCP keeps it; calls overtake each other. A wire that
 * is cut is noticed by the client after BED_KEEPALIVE_MS and by the server later, as with
 * keepalive pings. What a process had open dies with it.
 */
#define BED_KEEPALIVE_MS        13000
#define BED_SERVER_KEEPALIVE_MS 33000

/* The server of a control plane's process; its address is the host's name. A new one takes the
 * place of the one that died. Calls go to it while the host runs. */
struct rpc_server *bed_server_create(int host);

/* Creates what the product creates for itself (loops, channels) on that host from now on. */
void bed_rpc_on(int host);

/* A channel of a person. Never destroyed. */
struct rpc_channel *bed_channel(int client, int server);

/* Every connection of the host breaks now, as by a reset. */
void bed_rpc_reset(int host);

/* Who calls from that host: what a handler finds as leaf_pem of the peer. Borrowed. */
void bed_rpc_identity(int host, const void *identity, size_t len);

#endif

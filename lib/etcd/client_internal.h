#ifndef PUMASI_LIB_ETCD_CLIENT_INTERNAL_H
#define PUMASI_LIB_ETCD_CLIENT_INTERNAL_H

#include "lib/etcd/client.h"
#include "lib/etcd/timer.h"

#include <stdatomic.h>

/* The inside of a client, for the files of this folder. */
struct rpc_channel;

struct etcd_client {
    struct rpc_loop *loop;
    struct rpc_channel *channel;
    struct etcd_timers *timers;
    struct env env;
    unsigned attempt_ms;
    atomic_int handles;  /* watches and leases not given back */
    atomic_bool closing; /* nothing new may be started */
};

/* Now on the boot clock, in milliseconds. */
int64_t etcd_client_now_ms(const struct etcd_client *client);

/* The pause before attempt number `attempt` (1 is the second): between half and the whole of
 * 20 ms << attempt, at most 1 s. */
int64_t etcd_client_pause_ms(const struct etcd_client *client, unsigned attempt);

#endif

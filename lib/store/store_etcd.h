#ifndef PUMASI_LIB_STORE_STORE_ETCD_H
#define PUMASI_LIB_STORE_STORE_ETCD_H

#include "lib/store/store.h"

/*
 * The store on a real etcd, through lib/etcd. Reads are tried again on any failure until their
 * deadline; a commit is tried again only if the attempt surely changed nothing. May be used from
 * any thread.
 */
struct etcd_client;

/* On a client that the caller owns and that outlives the store. Never NULL. */
struct store *store_etcd_create(struct etcd_client *client);

#endif

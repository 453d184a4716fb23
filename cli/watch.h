#ifndef PUMASI_CLI_WATCH_H
#define PUMASI_CLI_WATCH_H

#include "cli/client.h"

/*
 * Follows changes of one kind of object ("lease"): calls changed() at the start and again after
 * events, those that come close together counting once, until changed() or the control plane fails
 * for good. A stream that breaks is opened again, at the next server. Blocks; changed() runs on
 * the caller's thread.
 */
typedef int (*watch_changed_fn)(void *arg, struct err *err);
MUST_CHECK int watch_follow(struct client *client, const char *kind, watch_changed_fn changed,
                            void *arg, struct err *err);

#endif

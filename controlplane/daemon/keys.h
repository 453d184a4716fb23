#ifndef PUMASI_CONTROLPLANE_DAEMON_KEYS_H
#define PUMASI_CONTROLPLANE_DAEMON_KEYS_H

#include "controlplane/effect/certifier.h"
#include "lib/base/env.h"
#include "lib/base/log.h"
#include "lib/pki/key.h"

/*
 * The keys of a control plane (lib/pki/layout.h), through time: `pumasi ca rotate` and `pumasi ca
 * retire` change the files while the program runs, and the server's own certificate is issued anew
 * at half of its life. One thread, but for the certifier.
 */
struct keys;

struct keys_options {
    const char *dir; /* the data directory; copied */
    int64_t user_life_s, node_life_s;
    const struct env *env; /* outlives the keys, as does the log */
    struct log *log;
};

/* Reads everything. Errors name the file. Blocks on the disk. */
MUST_CHECK int keys_open(const struct keys_options *options, struct keys **ret, struct err *err);
void keys_close(struct keys *k); /* NULL is fine */

/* Reads what has changed on the disk, and renews the server's certificate if it is time. True if
 * connections are to be made anew to show or believe what is new. What can't be read, or does not
 * fit together, leaves everything as it was and is logged once each time it is looked at. */
bool keys_refresh(struct keys *k);

struct certifier *keys_certifier(const struct keys *k); /* borrowed */
const struct key *keys_sign_key(const struct keys *k);  /* signs grants; borrowed */

#endif

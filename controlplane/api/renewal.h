#ifndef PUMASI_CONTROLPLANE_API_RENEWAL_H
#define PUMASI_CONTROLPLANE_API_RENEWAL_H

#include "controlplane/api/service.h"

/*
 * A new certificate for whoever has shown one that holds: for users by a call, for nodes by a
 * message on their stream. The certificate is made first and handed out when it is recorded.
 */
struct renewal {
    struct certificate certificate;
    struct buf roots; /* PEM: whom to believe from now on */
};

/* Called once, on the writer's thread or at once; renewal is borrowed for the call, NULL with err:
 * ERR_INVALID for a request that is none, and whatever refused it. */
typedef void (*renewal_done_fn)(void *arg, const struct renewal *renewal, const struct err *err);

/* csr: PEM of a PKCS#10 request; only its key counts, the name is the principal's. */
void renewal_ask(struct api *api, const struct principal *principal, struct span csr,
                 renewal_done_fn done, void *arg);

#endif

#ifndef PUMASI_CONTROLPLANE_CONSOLE_FIGURES_H
#define PUMASI_CONTROLPLANE_CONSOLE_FIGURES_H

#include "lib/base/id.h"
#include "lib/base/instant.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What the console shows of this control plane, at one moment, and where it gets that. Plain
 * values: nothing here belongs to a tenant, since nobody is signed in.
 */
#define CONSOLE_ADDRESS_CAP 256

struct console_figures {
    struct id name; /* of this control plane */
    struct instant at;
    struct instant started;
    bool leader;                              /* this process leads */
    char leader_address[CONSOLE_ADDRESS_CAP]; /* where the leader is; "" when none is known */
    int64_t revision;                         /* of the store, read last; 0 unless it leads */
    uint64_t commits;                         /* this and the rest of "since the start" count up */
    uint64_t requests;                        /* decided since the start */
    uint64_t reloads;                         /* of the whole store since the start */
    uint64_t waiting;                         /* requests in the queue now */
    uint64_t attached;                        /* nodes that keep a stream open now */
    uint64_t calls;                           /* unary calls alive now */
    uint64_t streams;                         /* streaming calls alive now */
    uint64_t refused_limit;                   /* calls refused since the start: too many at once */
    uint64_t refused_policy;                  /* calls refused since the start: not allowed */
    uint64_t refused_message;                 /* messages since the start: too large, malformed */
};

/* Where the figures come from. look() is called on the console's thread for each page shown, while
 * others change the figures: it must be thread-safe and may not block. */
struct console_source {
    void (*look)(void *arg, struct console_figures *ret);
    void *arg;
};

/* Somebody decides: this process, or another one that it knows the address of. */
static inline bool console_figures_healthy(const struct console_figures *f)
{
    return f->leader || f->leader_address[0] != '\0';
}

#endif

#ifndef PUMASI_CLI_CONTEXT_STORE_H
#define PUMASI_CLI_CONTEXT_STORE_H

#include "cli/host.h"
#include "lib/base/err.h"
#include "lib/base/id.h"
#include "lib/base/span.h"

#include <limits.h>

/*
 * Contexts: who one is at which control plane. One directory each:
 *
 *     $XDG_CONFIG_HOME/pumasi/contexts/NAME/{context.ini,ca.pem,cert.pem,key.pem}
 *     $XDG_CONFIG_HOME/pumasi/current      the name of the one in use
 *
 * (~/.config without XDG_CONFIG_HOME). Directories are 0700 and keys 0600; a key that others can
 * read is refused. All functions block on the disk. One thread.
 */
#define CONTEXT_SERVERS_CAP 1024
#define CONTEXT_PATH_CAP    PATH_MAX

struct context {
    struct id name;
    char servers[CONTEXT_SERVERS_CAP]; /* "host:port host:port" */
    struct id organisation;
    struct id user;
    char directory[CONTEXT_PATH_CAP]; /* of its files; filled by load and save */
};

/* PEM texts to store beside it. */
struct context_keys {
    struct span ca, cert, key;
};

/* The name in use: `chosen` (--context) or PUMASI_CONTEXT or `context use`; ERR_UNAUTHENTICATED
 * when there is none. */
MUST_CHECK int context_current(const struct host *host, const char *chosen, struct id *ret,
                               struct err *err);

/* ERR_NOT_FOUND: no such context. */
MUST_CHECK int context_load(const struct host *host, const struct id *name, struct context *ret,
                            struct err *err);

/* Writes context and keys, replacing one of that name, each file at once or not at all. */
MUST_CHECK int context_save(const struct host *host, struct context *context,
                            const struct context_keys *keys, struct err *err);

/* ERR_NOT_FOUND: no such context. */
MUST_CHECK int context_use(const struct host *host, const struct id *name, struct err *err);

/* Calls visit for each stored context, by name. A context that can't be read ends it. */
typedef void (*context_fn)(void *arg, const struct context *context);
MUST_CHECK int context_each(const struct host *host, context_fn visit, void *arg, struct err *err);

/* "<directory>/<file>" into dst; returns dst. */
const char *context_file(const struct context *context, const char *file,
                         char dst[CONTEXT_PATH_CAP]);

#endif

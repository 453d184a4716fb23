#ifndef PUMASI_CONTROLPLANE_CONSOLE_CONSOLE_H
#define PUMASI_CONTROLPLANE_CONSOLE_CONSOLE_H

#include "controlplane/console/figures.h"
#include "lib/base/err.h"
#include "lib/base/log.h"

/*
 * The web console's HTTP server: /healthz, /metrics and a status page. It listens where only this
 * machine can reach it (controlplane/console/listener.h) and speaks no TLS: whoever wants to be
 * reached from elsewhere puts a gate before it. Nobody is signed in, so it shows no tenant's data.
 *
 * One thread of its own, which waits in epoll and calls the source. What a stranger can take of it:
 * CONSOLE_CONNECTIONS_MAX connections, CONSOLE_CONNECTION_BYTES each (a longer request is refused),
 * CONSOLE_IDLE_S without a byte; a request with a body is refused before the body is read.
 */
struct console;

#define CONSOLE_CONNECTIONS_MAX  64
#define CONSOLE_CONNECTION_BYTES 16384
#define CONSOLE_IDLE_S           10

struct console_options {
    const char *listen;           /* "127.0.0.1:8080", "[::1]:8080", "unix:/path" */
    struct console_source source; /* what arg points at outlives the console */
    struct log *log;              /* likewise; may be NULL */
};

/* Binds the address: from here on clients can connect, and wait for console_start(). Errors as for
 * listener_open(). Does not block. */
MUST_CHECK int console_create(const struct console_options *options, struct console **ret,
                              struct err *err);

/* Starts the thread, which blocks the signals that the caller blocks. Once. ERR_UNAVAILABLE. */
MUST_CHECK int console_start(struct console *c, struct err *err);

/* Where it listens, with the port in force. Borrowed. */
const char *console_address(const struct console *c);

/* Closes all connections, joins the thread, removes the socket file. The source is not called after
 * it returns. Waits for the request being answered. NULL is fine. */
void console_destroy(struct console *c);

#endif

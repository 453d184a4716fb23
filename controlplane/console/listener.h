#ifndef PUMASI_CONTROLPLANE_CONSOLE_LISTENER_H
#define PUMASI_CONTROLPLANE_CONSOLE_LISTENER_H

#include "lib/base/err.h"

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

/*
 * Listening where only this machine can reach it: a loopback address or a socket file. One thread
 * at a time.
 */
#define LISTENER_TEXT_CAP 128

struct listener {
    int fd;                       /* bound and listening; closed by listener_close() */
    bool is_unix;                 /* a socket file, which the file system's rights guard */
    char text[LISTENER_TEXT_CAP]; /* the address with the port in force */
    struct sockaddr_un socket;    /* of a socket file */
};

/*
 * "127.0.0.1:PORT" (any 127.x.y.z), "[::1]:PORT", "localhost:PORT" (127.0.0.1) or "unix:/PATH";
 * port 0 takes any. A socket file that nobody listens on is replaced; the new one has mode 0660.
 * ERR_INVALID: not one of these, or reachable from elsewhere; ERR_UNAVAILABLE: it can't be bound.
 */
MUST_CHECK int listener_open(const char *address, struct listener *ret, struct err *err);

/* Closes it and removes the socket file. A second time does nothing. */
void listener_close(struct listener *l);

/* Forgets the descriptor, which somebody else closes from now on; the socket file stays ours. */
int listener_detach(struct listener *l);

#endif

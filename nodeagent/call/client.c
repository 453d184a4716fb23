/* The agent's side of the socket. Owns two descriptors. A call that fails on the way leaves the
 * connection out of step, so it is closed and stays closed. */
#include "nodeagent/call/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct guard_client {
    struct sockaddr_un address;
    int timeout_ms;
    int calls_fd;
    int events_fd;
};

static int open_socket(const struct guard_client *c, struct err *err)
{
    struct timeval timeout = {.tv_sec = c->timeout_ms / 1000,
                              .tv_usec = c->timeout_ms % 1000 * 1000};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) == 0 &&
        connect(fd, (const struct sockaddr *)&c->address, sizeof c->address) == 0)
        return fd;
    int failure = errno;
    if (fd >= 0)
        close(fd);
    return err_set(err, ERR_UNAVAILABLE, "guard at %s: %s", c->address.sun_path, strerror(failure));
}

static void drop(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int lost(struct guard_client *c, int *fd, const char *why, struct err *err)
{
    drop(fd);
    return err_set(err, ERR_UNAVAILABLE, "guard at %s: %s", c->address.sun_path, why);
}

/* Receives one message on *fd; flags of recv(). -EAGAIN is passed up as *ret_any false. */
static int receive(struct guard_client *c, int *fd, int flags, struct guard_reply *ret,
                   bool *ret_any, struct err *err)
{
    ssize_t n;
    do
        n = recv(*fd, ret, sizeof *ret, flags);
    while (n < 0 && errno == EINTR);
    *ret_any = n > 0;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    if (n <= 0)
        return lost(c, fd, n < 0 ? strerror(errno) : "it went away", err);
    int rc = guard_reply_check(span_of(ret, (size_t)n), err);
    if (rc < 0)
        drop(fd);
    return rc;
}

static int send_request(struct guard_client *c, int *fd, struct guard_request *request,
                        struct err *err)
{
    if (*fd < 0)
        return err_set(err, ERR_UNAVAILABLE, "guard at %s: connection was lost",
                       c->address.sun_path);
    request->version = GUARD_VERSION;
    ssize_t n = send(*fd, request, sizeof *request, MSG_NOSIGNAL);
    if (n != (ssize_t)sizeof *request)
        return lost(c, fd, n < 0 ? strerror(errno) : "short send", err);
    return 0;
}

static int call(struct guard_client *c, struct guard_request *request, struct guard_reply *ret,
                struct err *err)
{
    bool any;
    TRY(send_request(c, &c->calls_fd, request, err));
    TRY(receive(c, &c->calls_fd, 0, ret, &any, err));
    if (!any)
        return lost(c, &c->calls_fd, "no answer in time", err);
    if (ret->code != ERR_OK)
        return err_set(err, (enum err_code)ret->code, "%s", ret->text);
    if (ret->call != request->call)
        return lost(c, &c->calls_fd, "answer to another call", err);
    return 0;
}

int guard_client_connect(const char *path, int timeout_ms, struct guard_client **ret,
                         struct err *err)
{
    struct guard_status status;
    if (strlen(path) >= sizeof((struct sockaddr_un *)0)->sun_path)
        return err_set(err, ERR_INVALID, "socket path %s is too long", path);
    struct guard_client *c = calloc(1, sizeof *c);
    ENSURE(c != NULL && timeout_ms > 0); /* a call never waits for ever */
    c->address.sun_family = AF_UNIX;
    memcpy(c->address.sun_path, path, strlen(path) + 1);
    c->timeout_ms = timeout_ms;
    c->events_fd = -1;
    c->calls_fd = open_socket(c, err);
    int rc = c->calls_fd < 0 ? c->calls_fd : guard_client_status(c, &status, err);
    if (rc < 0) {
        guard_client_destroy(c);
        return rc;
    }
    *ret = c;
    return 0;
}

void guard_client_destroy(struct guard_client *c)
{
    if (!c)
        return;
    drop(&c->calls_fd);
    drop(&c->events_fd);
    free(c);
}

int guard_client_status(struct guard_client *c, struct guard_status *ret, struct err *err)
{
    struct guard_request request = {.call = GUARD_HELLO};
    struct guard_reply reply;
    TRY(call(c, &request, &reply, err));
    *ret = reply.status;
    return 0;
}

int guard_client_nonce(struct guard_client *c, uint8_t ret_nonce[GRANT_NONCE_BYTES],
                       uint64_t *ret_boot_ns, struct err *err)
{
    struct guard_request request = {.call = GUARD_NONCE};
    struct guard_reply reply;
    TRY(call(c, &request, &reply, err));
    memcpy(ret_nonce, reply.nonce.nonce, GRANT_NONCE_BYTES);
    *ret_boot_ns = reply.nonce.boot_ns;
    return 0;
}

/* A call that is answered with a lease; ret may be NULL. */
static int call_lease(struct guard_client *c, struct guard_request *request,
                      struct guard_lease *ret, struct err *err)
{
    struct guard_reply reply;
    TRY(call(c, request, &reply, err));
    if (ret)
        *ret = reply.lease;
    return 0;
}

int guard_client_install(struct guard_client *c, const struct guard_install *install,
                         struct guard_lease *ret, struct err *err)
{
    struct guard_request request = {.call = GUARD_INSTALL, .install = *install};
    return call_lease(c, &request, ret, err);
}

int guard_client_revoke(struct guard_client *c, const struct id *lease, uint64_t notice_ms,
                        struct err *err)
{
    struct guard_request request = {.call = GUARD_REVOKE,
                                    .revoke = {.lease = *lease, .notice_ms = notice_ms}};
    return call_lease(c, &request, NULL, err);
}

int guard_client_move(struct guard_client *c, const struct id *lease, pid_t pid, struct err *err)
{
    struct guard_request request = {.call = GUARD_MOVE, .move = {.lease = *lease, .pid = pid}};
    return call_lease(c, &request, NULL, err);
}

int guard_client_list(struct guard_client *c, uint64_t index, struct guard_lease *ret,
                      struct err *err)
{
    struct guard_request request = {.call = GUARD_LIST, .list_index = index};
    return call_lease(c, &request, ret, err);
}

int guard_client_watch(struct guard_client *c, uint64_t from, struct err *err)
{
    struct guard_request request = {.call = GUARD_WATCH, .watch_from = from};
    drop(&c->events_fd);
    c->events_fd = open_socket(c, err);
    if (c->events_fd < 0)
        return -ERR_UNAVAILABLE;
    return send_request(c, &c->events_fd, &request, err);
}

int guard_client_event_fd(const struct guard_client *c)
{
    return c->events_fd;
}

int guard_client_next_event(struct guard_client *c, struct guard_event *ret, bool *ret_any,
                            struct err *err)
{
    struct guard_reply reply;
    bool any;
    if (c->events_fd < 0)
        return err_set(err, ERR_UNAVAILABLE, "guard at %s: not watched", c->address.sun_path);
    TRY(receive(c, &c->events_fd, MSG_DONTWAIT, &reply, &any, err));
    if (any && reply.code != ERR_OK)
        return err_set(err, (enum err_code)reply.code, "%s", reply.text);
    if (any)
        *ret = reply.event;
    *ret_any = any;
    return 0;
}

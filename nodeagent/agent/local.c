/* Both ends of the agent's local socket. */
#include "nodeagent/agent/local.h"

#include "lib/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG    64
#define REQUEST_MS 1000

static int address_of(const char *path, struct sockaddr_un *ret, struct err *err)
{
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (text_set(ret->sun_path, sizeof ret->sun_path, span_text(path), "agent.socket", err) < 0)
        return err_set(err, ERR_INVALID, "agent.socket %s: longer than %zu characters", path,
                       sizeof ret->sun_path - 1);
    return 0;
}

static int open_listener(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    (void)unlink(address->sun_path);
    if (bind(fd, (const struct sockaddr *)address, sizeof *address) < 0 ||
        chmod(address->sun_path, 0666) < 0 || listen(fd, BACKLOG) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int local_listen(const char *path, int *ret_fd, struct err *err)
{
    struct sockaddr_un address;
    TRY(address_of(path, &address, err));
    int fd = open_listener(&address);
    if (fd < 0)
        return err_set(err, ERR_IO, "agent.socket %s: %s", path, strerror(errno));
    *ret_fd = fd;
    return 0;
}

/* One message of exactly this size within the time. */
static int receive(int fd, void *dst, size_t size, int timeout_ms, struct err *err)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    if (poll(&wait, 1, timeout_ms) != 1)
        return err_set(err, ERR_UNAVAILABLE, "no message within %d ms", timeout_ms);
    ssize_t n = recv(fd, dst, size, MSG_TRUNC);
    if (n == 0)
        return err_set(err, ERR_UNAVAILABLE, "the other end went away");
    if (n != (ssize_t)size)
        return err_set(err, ERR_INVALID, "a message of another version");
    return 0;
}

static int read_request(struct local_call *call, struct err *err)
{
    struct local_request request;
    struct ucred peer;
    socklen_t len = sizeof peer;
    if (getsockopt(call->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
        return err_set(err, ERR_IO, "SO_PEERCRED: %s", strerror(errno));
    call->pid = peer.pid;
    call->uid = peer.uid;
    TRY(receive(call->fd, &request, sizeof request, REQUEST_MS, err));
    if (request.version != LOCAL_VERSION)
        return err_set(err, ERR_INVALID, "version %u, not %d", request.version, LOCAL_VERSION);
    size_t n = strnlen(request.lease.text, sizeof request.lease.text);
    return id_parse(span_of(request.lease.text, n), "lease", &call->lease, err);
}

int local_accept(int listener, struct local_call *ret, struct err *err)
{
    struct local_call call = {.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)};
    if (call.fd < 0)
        return err_set(err, ERR_NOT_FOUND, "nobody waits");
    struct err why = ERR_INIT;
    int rc = read_request(&call, &why);
    if (rc < 0) {
        struct local_reply reply = {.version = LOCAL_VERSION, .code = why.code};
        (void)text_cut(reply.text, sizeof reply.text, why.text);
        local_answer(&call, &reply);
        return err_set(err, ERR_INVALID, "%s", why.text);
    }
    *ret = call;
    return 0;
}

void local_answer(struct local_call *call, const struct local_reply *reply)
{
    ssize_t n = send(call->fd, reply, sizeof *reply, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)n; /* who does not read the answer does not need it */
    close(call->fd);
    call->fd = -1;
}

static int exchange(int fd, const struct sockaddr_un *address, const struct id *lease,
                    int timeout_ms, struct local_reply *ret, struct err *err)
{
    struct local_request request = {.version = LOCAL_VERSION, .lease = *lease};
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) < 0)
        return err_set(err, ERR_UNAVAILABLE,
                       "no agent answers at %s: %s; is pumasi-agent running on this node?",
                       address->sun_path, strerror(errno));
    if (send(fd, &request, sizeof request, MSG_NOSIGNAL) != (ssize_t)sizeof request)
        return err_set(err, ERR_UNAVAILABLE, "%s: %s", address->sun_path, strerror(errno));
    TRY(receive(fd, ret, sizeof *ret, timeout_ms, err));
    if (ret->version != LOCAL_VERSION || ret->code >= ERR_CODE_COUNT ||
        ret->device_count > GRANT_DEVICES_MAX)
        return err_set(err, ERR_INVALID, "the agent is of another version");
    ret->text[sizeof ret->text - 1] = '\0';
    if (ret->code != ERR_OK)
        return err_set(err, (enum err_code)ret->code, "%s", ret->text);
    return 0;
}

int local_join(const char *path, const struct id *lease, int timeout_ms, struct local_reply *ret,
               struct err *err)
{
    struct sockaddr_un address;
    TRY(address_of(path, &address, err));
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set(err, ERR_IO, "socket: %s", strerror(errno));
    int rc = exchange(fd, &address, lease, timeout_ms, ret, err);
    close(fd);
    return rc;
}

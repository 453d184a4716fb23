/*
 * Both ends of the agent's local socket. The agent's end owns the listener, the descriptors of who
 * has connected, and an epoll descriptor over all of them. The agent's thread, and the caller's.
 */
#include "nodeagent/agent/local.h"

#include "lib/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG    64
#define NS_PER_MS  INT64_C(1000000)
#define SILENCE_NS (LOCAL_SILENCE_MS * NS_PER_MS)
#define PAUSE_NS   (1000 * NS_PER_MS)
#define STEPS_MAX  64 /* of one local_take(): the agent has other things to do */

/* Has connected and said nothing yet. */
struct waiting {
    int fd; /* -1: a free place */
    int64_t until_ns;
};

struct local {
    int listener;
    int ready_fd;
    int64_t open_at_ns; /* when the listener comes back into the set; INT64_MAX: it is there */
    struct waiting waiting[LOCAL_WAITING_MAX];
};

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

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

/* One message of exactly this size, which must be there. */
static int receive(int fd, void *dst, size_t size, struct err *err)
{
    ssize_t n = recv(fd, dst, size, MSG_TRUNC | MSG_DONTWAIT);
    if (n == 0)
        return err_set(err, ERR_UNAVAILABLE, "the other end went away");
    if (n < 0)
        return err_set(err, ERR_UNAVAILABLE, "no message: %s", strerror(errno));
    if (n != (ssize_t)size)
        return err_set(err, ERR_INVALID, "a message of another version");
    return 0;
}

/* ---- the agent's end ---- */

/* data.u32 of an event: a place, or the listener. */
#define LISTENER LOCAL_WAITING_MAX

static int watch(const struct local *l, int fd, uint32_t what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = what};
    return epoll_ctl(l->ready_fd, EPOLL_CTL_ADD, fd, &event);
}

static int open_all(struct local *l, const struct sockaddr_un *address)
{
    l->listener = open_listener(address);
    if (l->listener < 0)
        return -1;
    l->ready_fd = epoll_create1(EPOLL_CLOEXEC);
    return l->ready_fd < 0 ? -1 : watch(l, l->listener, LISTENER);
}

int local_create(const char *path, struct local **ret, struct err *err)
{
    struct sockaddr_un address;
    TRY(address_of(path, &address, err));
    struct local *l = calloc(1, sizeof *l);
    ENSURE(l);
    l->listener = l->ready_fd = -1;
    l->open_at_ns = INT64_MAX;
    for (size_t i = 0; i < LOCAL_WAITING_MAX; i++)
        l->waiting[i].fd = -1;
    if (open_all(l, &address) < 0) {
        int rc = err_set(err, ERR_IO, "agent.socket %s: %s", path, strerror(errno));
        local_destroy(l);
        return rc;
    }
    *ret = l;
    return 0;
}

void local_destroy(struct local *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < LOCAL_WAITING_MAX; i++)
        close_fd(l->waiting[i].fd);
    close_fd(l->listener);
    close_fd(l->ready_fd);
    free(l);
}

int local_fd(const struct local *l)
{
    return l->ready_fd;
}

int64_t local_due_ns(const struct local *l)
{
    int64_t due = l->open_at_ns;
    for (size_t i = 0; i < LOCAL_WAITING_MAX; i++) {
        if (l->waiting[i].fd >= 0 && l->waiting[i].until_ns < due)
            due = l->waiting[i].until_ns;
    }
    return due;
}

static void refuse(int fd, const struct err *why)
{
    struct local_call call = {.fd = fd};
    struct local_reply reply = {.version = LOCAL_VERSION, .code = why->code};
    (void)text_cut(reply.text, sizeof reply.text, why->text);
    local_answer(&call, &reply);
}

static void send_away(struct waiting *w)
{
    struct err why = ERR_INIT;
    (void)err_set(&why, ERR_UNAVAILABLE, "no request came");
    refuse(w->fd, &why); /* closing takes the descriptor out of the set */
    w->fd = -1;
}

/* A free place, or that of whoever has been silent longest. */
static size_t make_place(struct local *l)
{
    size_t first = 0;
    for (size_t i = 0; i < LOCAL_WAITING_MAX; i++) {
        if (l->waiting[i].fd < 0)
            return i;
        if (l->waiting[i].until_ns < l->waiting[first].until_ns)
            first = i;
    }
    send_away(&l->waiting[first]);
    return first;
}

/* Without a descriptor to spare the listener would stay readable: it leaves the set for a while. */
static void shut_out(struct local *l, int64_t now_ns)
{
    (void)epoll_ctl(l->ready_fd, EPOLL_CTL_DEL, l->listener, NULL);
    l->open_at_ns = now_ns + PAUSE_NS;
}

static void let_in(struct local *l, int64_t now_ns)
{
    int fd = accept4(l->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
            shut_out(l, now_ns);
        return;
    }
    size_t place = make_place(l);
    if (watch(l, fd, (uint32_t)place) < 0) {
        close(fd);
        return;
    }
    l->waiting[place] = (struct waiting){.fd = fd, .until_ns = now_ns + SILENCE_NS};
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
    TRY(receive(call->fd, &request, sizeof request, err));
    if (request.version != LOCAL_VERSION)
        return err_set(err, ERR_INVALID, "version %u, not %d", request.version, LOCAL_VERSION);
    size_t n = strnlen(request.lease.text, sizeof request.lease.text);
    return id_parse(span_of(request.lease.text, n), "lease", &call->lease, err);
}

/* Its place is free afterwards, whatever it said. */
static bool hear(struct local *l, struct waiting *w, struct local_call *ret)
{
    struct local_call call = {.fd = w->fd};
    struct err why = ERR_INIT;
    (void)epoll_ctl(l->ready_fd, EPOLL_CTL_DEL, w->fd, NULL);
    w->fd = -1;
    if (read_request(&call, &why) < 0) {
        refuse(call.fd, &why);
        return false;
    }
    *ret = call;
    return true;
}

static void keep_time(struct local *l, int64_t now_ns)
{
    for (size_t i = 0; i < LOCAL_WAITING_MAX; i++) {
        if (l->waiting[i].fd >= 0 && l->waiting[i].until_ns <= now_ns)
            send_away(&l->waiting[i]);
    }
    if (l->open_at_ns <= now_ns)
        l->open_at_ns = watch(l, l->listener, LISTENER) < 0 ? now_ns + PAUSE_NS : INT64_MAX;
}

bool local_take(struct local *l, int64_t now_ns, struct local_call *ret)
{
    struct epoll_event event;
    keep_time(l, now_ns);
    for (int i = 0; i < STEPS_MAX && epoll_wait(l->ready_fd, &event, 1, 0) == 1; i++) {
        if (event.data.u32 == LISTENER)
            let_in(l, now_ns);
        else if (hear(l, &l->waiting[event.data.u32], ret))
            return true;
    }
    return false;
}

void local_answer(struct local_call *call, const struct local_reply *reply)
{
    ssize_t n = send(call->fd, reply, sizeof *reply, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)n; /* who does not read the answer does not need it */
    close(call->fd);
    call->fd = -1;
}

/* ---- the other end ---- */

/* connect() waits, too, when many wait before it. */
static int open_caller(int timeout_ms)
{
    struct timeval timeout = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int await(int fd, int timeout_ms, struct err *err)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    if (poll(&wait, 1, timeout_ms) != 1)
        return err_set(err, ERR_UNAVAILABLE, "no answer within %d ms", timeout_ms);
    return 0;
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
    TRY(await(fd, timeout_ms, err));
    TRY(receive(fd, ret, sizeof *ret, err));
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
    int fd = open_caller(timeout_ms);
    if (fd < 0)
        return err_set(err, ERR_IO, "socket: %s", strerror(errno));
    int rc = exchange(fd, &address, lease, timeout_ms, ret, err);
    close(fd);
    return rc;
}

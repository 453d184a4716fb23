/* The guard's loop. Owns the sockets, the timer and the signal descriptor. Peers never make it
 * wait: an answer that does not fit into a peer's socket costs the peer its connection, and a
 * watcher that is slow gets its events when it has room, as long as they are kept. */
#include "nodeagent/guard/server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

struct peer {
    int fd;            /* -1: free */
    uint64_t watching; /* number of the next event to send; 0: does not watch */
    bool stuck;        /* its socket was full */
};

enum slot { SLOT_LISTEN, SLOT_TIMER, SLOT_SIGNAL, SLOT_DENIED, SLOT_PEERS };

struct server {
    struct guard *guard;
    struct server_config config;
    struct sockaddr_un address;
    int listen_fd, timer_fd, signal_fd;
    struct peer peers[SERVER_PEERS_MAX];
    uint64_t logged; /* number of the next event to log */
    bool over;
};

static int listen_at(struct server *s, struct err *err)
{
    const char *path = s->address.sun_path;
    s->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    (void)unlink(path);
    mode_t old = umask(0177);
    int rc = s->listen_fd < 0
                 ? -1
                 : bind(s->listen_fd, (const struct sockaddr *)&s->address, sizeof s->address);
    umask(old);
    if (rc < 0 || chown(path, s->config.agent_uid, (gid_t)-1) < 0 || listen(s->listen_fd, 8) < 0)
        return err_set(err, ERR_IO, "socket %s: %s", path, strerror(errno));
    return 0;
}

static int open_descriptors(struct server *s, struct err *err)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    s->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    s->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (s->signal_fd < 0 || s->timer_fd < 0)
        return err_set(err, ERR_IO, "signalfd, timerfd: %s", strerror(errno));
    return listen_at(s, err);
}

int server_create(struct guard *g, const struct server_config *config, struct server **ret,
                  struct err *err)
{
    if (strlen(config->path) >= sizeof((struct sockaddr_un *)0)->sun_path)
        return err_set(err, ERR_INVALID, "guard.socket: %s is too long", config->path);
    struct server *s = calloc(1, sizeof *s);
    ENSURE(s != NULL && g != NULL && config->self != NULL);
    s->guard = g;
    s->config = *config;
    s->logged = 1;
    s->address.sun_family = AF_UNIX;
    memcpy(s->address.sun_path, config->path, strlen(config->path) + 1);
    s->listen_fd = s->timer_fd = s->signal_fd = -1;
    for (size_t i = 0; i < SERVER_PEERS_MAX; i++)
        s->peers[i].fd = -1;
    int rc = open_descriptors(s, err);
    if (rc < 0) {
        server_destroy(s);
        return rc;
    }
    *ret = s;
    return 0;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void drop_peer(struct peer *p)
{
    close_fd(p->fd);
    *p = (struct peer){.fd = -1};
}

void server_destroy(struct server *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < SERVER_PEERS_MAX; i++)
        drop_peer(&s->peers[i]);
    if (s->listen_fd >= 0)
        (void)unlink(s->address.sun_path);
    close_fd(s->listen_fd);
    close_fd(s->timer_fd);
    close_fd(s->signal_fd);
    free(s);
}

static void log_events(struct server *s)
{
    const struct guard_event *e;
    while ((e = events_find(guard_events(s->guard), s->logged)) != NULL) {
        enum log_level level = e->kind == GUARD_EVENT_TAINTED ? LOG_LEVEL_WARN : LOG_LEVEL_INFO;
        log_event(s->config.log, level, "guard.lease",
                  LOG_STR("event", guard_event_name((enum guard_event_kind)e->kind)),
                  LOG_STR("lease", e->lease.text), LOG_INT("fence", (int64_t)e->fence),
                  LOG_INT("boot_ns", (int64_t)e->boot_ns), LOG_INT("pid", e->pid),
                  LOG_INT("opens", (int64_t)e->opens), LOG_INT("denials", (int64_t)e->denials));
        s->logged = e->number + 1;
    }
}

static void log_denied(struct server *s)
{
    struct tier_denied d;
    while (guard_next_denied(s->guard, &d))
        log_event(s->config.log, LOG_LEVEL_WARN, "guard.denied-open",
                  LOG_STR("lease", d.lease.text), LOG_INT("pid", d.pid), LOG_INT("major", d.major),
                  LOG_INT("minor", d.minor), LOG_INT("boot_ns", (int64_t)d.boot_ns));
}

static void send_events(struct server *s, struct peer *p)
{
    ENSURE(p->fd >= 0 || p->watching == 0);
    const struct guard_event *e;
    p->stuck = false;
    while (p->watching > 0 && (e = events_find(guard_events(s->guard), p->watching)) != NULL) {
        struct guard_reply reply = {.version = GUARD_VERSION, .call = GUARD_WATCH, .event = *e};
        ssize_t n = send(p->fd, &reply, sizeof reply, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN) {
            p->stuck = true;
            return;
        }
        if (n < 0) {
            drop_peer(p);
            return;
        }
        p->watching = e->number + 1;
    }
}

static int carry_out(struct server *s, struct peer *p, const struct guard_request *request,
                     struct guard_reply *reply, struct err *err)
{
    switch ((enum guard_call)request->call) {
    case GUARD_HELLO:
        guard_status(s->guard, &reply->status);
        self_report(s->config.self, &reply->status);
        return 0;
    case GUARD_NONCE:
        guard_nonce(s->guard, reply->nonce.nonce, &reply->nonce.boot_ns);
        return 0;
    case GUARD_INSTALL:
        return guard_install(s->guard, &request->install, &reply->lease, err);
    case GUARD_REVOKE:
        return guard_revoke(s->guard, &request->revoke.lease, request->revoke.notice_ms,
                            &reply->lease, err);
    case GUARD_MOVE:
        return guard_move(s->guard, &request->move.lease, request->move.pid, &reply->lease, err);
    case GUARD_LIST:
        return guard_list(s->guard, request->list_index, &reply->lease, err);
    case GUARD_WATCH:
        p->watching = request->watch_from > 0 ? request->watch_from : 1;
        return 0;
    case GUARD_CALL_END:
        break;
    }
    return err_set(err, ERR_INVALID, "unknown call %u", request->call);
}

static void log_refusal(struct server *s, uint32_t call, const struct err *err)
{
    if (call != GUARD_LIST) /* its end is no refusal */
        log_event(s->config.log, LOG_LEVEL_WARN, "guard.refused", LOG_INT("call", call),
                  LOG_STR("code", err_name(err->code)), LOG_STR("error", err->text));
}

static void serve(struct server *s, struct peer *p)
{
    struct guard_request request;
    struct guard_reply reply;
    struct err err = ERR_INIT;
    ssize_t n = recv(p->fd, &request, sizeof request, MSG_DONTWAIT | MSG_TRUNC);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        drop_peer(p);
        return;
    }
    memset(&reply, 0, sizeof reply);
    reply.version = GUARD_VERSION;
    int rc = guard_request_check(span_of(&request, (size_t)n), &err);
    if (rc == 0) {
        reply.call = request.call;
        rc = carry_out(s, p, &request, &reply, &err);
    }
    if (rc < 0) {
        log_refusal(s, reply.call, &err);
        reply.code = err.code;
        memcpy(reply.text, err.text, sizeof reply.text);
    }
    if (p->watching > 0 && rc == 0)
        return; /* answered by events */
    if (send(p->fd, &reply, sizeof reply, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        drop_peer(p);
}

static struct peer *free_peer(struct server *s)
{
    for (size_t i = 0; i < SERVER_PEERS_MAX; i++) {
        if (s->peers[i].fd < 0)
            return &s->peers[i];
    }
    return NULL;
}

static void accept_peer(struct server *s)
{
    struct ucred who;
    socklen_t size = sizeof who;
    int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    struct peer *p = free_peer(s);
    bool known = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
                 (who.uid == 0 || who.uid == s->config.agent_uid);
    if (!p || !known) {
        log_event(s->config.log, LOG_LEVEL_WARN, "guard.turned-away", LOG_INT("known", known),
                  LOG_INT("room", p != NULL));
        close(fd);
        return;
    }
    *p = (struct peer){.fd = fd};
    guard_refresh(s->guard); /* an agent that was restarted sits in a new cgroup */
}

static void take_signal(struct server *s)
{
    struct signalfd_siginfo info;
    if (read(s->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    if (info.ssi_signo == SIGHUP)
        guard_refresh(s->guard);
    else
        s->over = true;
}

static void arm(struct server *s, uint64_t at_ns)
{
    struct itimerspec when = {.it_value = {0, 0}};
    if (at_ns != UINT64_MAX) {
        when.it_value.tv_sec = (time_t)(at_ns / 1000000000);
        when.it_value.tv_nsec = (long)(at_ns % 1000000000);
    }
    ENSURE(timerfd_settime(s->timer_fd, TFD_TIMER_ABSTIME, &when, NULL) == 0);
}

static void watch_descriptors(const struct server *s, struct pollfd fds[])
{
    fds[SLOT_LISTEN] = (struct pollfd){.fd = s->listen_fd, .events = POLLIN};
    fds[SLOT_TIMER] = (struct pollfd){.fd = s->timer_fd, .events = POLLIN};
    fds[SLOT_SIGNAL] = (struct pollfd){.fd = s->signal_fd, .events = POLLIN};
    fds[SLOT_DENIED] = (struct pollfd){.fd = guard_denied_fd(s->guard), .events = POLLIN};
    for (size_t i = 0; i < SERVER_PEERS_MAX; i++) {
        const struct peer *p = &s->peers[i];
        short events = (short)(p->stuck ? POLLIN | POLLOUT : POLLIN);
        fds[SLOT_PEERS + i] = (struct pollfd){.fd = p->fd, .events = events};
    }
}

static void dispatch(struct server *s, const struct pollfd fds[])
{
    uint64_t fired;
    if (fds[SLOT_TIMER].revents)
        (void)!read(s->timer_fd, &fired, sizeof fired);
    if (fds[SLOT_SIGNAL].revents)
        take_signal(s);
    if (fds[SLOT_DENIED].revents)
        log_denied(s);
    for (size_t i = 0; i < SERVER_PEERS_MAX; i++) {
        if (s->peers[i].fd >= 0 && (fds[SLOT_PEERS + i].revents & (POLLIN | POLLHUP | POLLERR)))
            serve(s, &s->peers[i]);
    }
    if (fds[SLOT_LISTEN].revents)
        accept_peer(s);
}

int server_run(struct server *s, struct err *err)
{
    struct pollfd fds[SLOT_PEERS + SERVER_PEERS_MAX];
    while (!s->over) {
        arm(s, guard_step(s->guard));
        log_events(s);
        for (size_t i = 0; i < SERVER_PEERS_MAX; i++)
            send_events(s, &s->peers[i]);
        watch_descriptors(s, fds);
        if (poll(fds, SLOT_PEERS + SERVER_PEERS_MAX, -1) < 0 && errno != EINTR)
            return err_set(err, ERR_IO, "poll: %s", strerror(errno));
        dispatch(s, fds);
    }
    return 0;
}

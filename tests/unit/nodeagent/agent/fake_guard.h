#ifndef PUMASI_TESTS_UNIT_NODEAGENT_AGENT_FAKE_GUARD_H
#define PUMASI_TESTS_UNIT_NODEAGENT_AGENT_FAKE_GUARD_H

#include "nodeagent/call/message.h"
#include "tests/support/suite.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * A guard that believes everything: a thread behind the guard's socket with a table of leases and
 * the events that the test tells it to have had. Unlike the real one it takes a lease back only
 * when the test says so. Events are numbered from 1; fake_guard_restart() begins anew.
 */
#define FAKE_PEERS      8
#define FAKE_EVENTS_MAX 1024

struct fake_guard {
    char path[108];
    int listener, wake;
    pthread_t thread;
    pthread_mutex_t lock;
    bool over, restart;
    int peers[FAKE_PEERS];
    uint64_t watching[FAKE_PEERS]; /* number of the next event to send; 0: does not watch */
    struct guard_lease leases[GUARD_LEASES_MAX];
    struct guard_event events[FAKE_EVENTS_MAX];
    uint64_t next_event; /* the one of that number is events[number - 1] */
    uint64_t kept_from;  /* those before are lost */
    uint64_t boot_ns;    /* what its clock shows */
    uint8_t nonces;      /* given so far */
    enum err_code nonce_error, move_error;
    unsigned installs, revokes;
};

static inline struct guard_lease *fake_guard_find(struct fake_guard *g, const struct id *lease)
{
    for (size_t i = 0; i < GUARD_LEASES_MAX; i++) {
        if (g->leases[i].state != GUARD_STATE_FREE && id_equal(&g->leases[i].lease, lease))
            return &g->leases[i];
    }
    return NULL;
}

/* With the lock held. */
static inline void fake_guard_add_event(struct fake_guard *g, enum guard_event_kind kind,
                                        const struct guard_lease *l)
{
    ENSURE(g->next_event <= FAKE_EVENTS_MAX);
    g->events[g->next_event - 1] = (struct guard_event){.number = g->next_event,
                                                        .boot_ns = g->boot_ns,
                                                        .kind = kind,
                                                        .lease = l->lease,
                                                        .fence = l->fence,
                                                        .opens = l->opens};
    g->next_event++;
}

static inline int fake_guard_install(struct fake_guard *g, const struct guard_install *in,
                                     struct guard_reply *reply)
{
    struct grant grant;
    if (grant_decode(span_of(in->grant.data, in->grant.len), &grant, NULL) < 0)
        return ERR_INVALID;
    struct guard_lease *l = fake_guard_find(g, &grant.lease);
    bool renewal = l && l->state == GUARD_STATE_HELD;
    for (size_t i = 0; !l && i < GUARD_LEASES_MAX; i++) {
        if (g->leases[i].state == GUARD_STATE_FREE)
            l = &g->leases[i];
    }
    ENSURE(l);
    *l = (struct guard_lease){.lease = grant.lease,
                              .organisation = grant.organisation,
                              .loan = grant.loan,
                              .state = GUARD_STATE_HELD,
                              .index = (uint32_t)(l - g->leases),
                              .fence = grant.fence,
                              .seq = grant.seq,
                              .cgroup = "/"};
    g->installs++;
    fake_guard_add_event(g, renewal ? GUARD_EVENT_RENEWED : GUARD_EVENT_INSTALLED, l);
    reply->lease = *l;
    return ERR_OK;
}

static inline int fake_guard_revoke(struct fake_guard *g, const struct id *lease,
                                    struct guard_reply *reply)
{
    struct guard_lease *l = fake_guard_find(g, lease);
    if (!l)
        return ERR_NOT_FOUND;
    g->revokes++;
    if (l->state == GUARD_STATE_HELD) {
        l->state = GUARD_STATE_KILLING;
        fake_guard_add_event(g, GUARD_EVENT_REVOKED, l);
    }
    reply->lease = *l;
    return ERR_OK;
}

static inline int fake_guard_carry_out(struct fake_guard *g, size_t peer,
                                       const struct guard_request *request,
                                       struct guard_reply *reply)
{
    switch ((enum guard_call)request->call) {
    case GUARD_HELLO:
        (void)snprintf(reply->status.tier, sizeof reply->status.tier, "bpf");
        reply->status.node = reply->status.owner = id_literal("node-01");
        reply->status.next_event = g->next_event;
        reply->status.boot_ns = g->boot_ns;
        return ERR_OK;
    case GUARD_NONCE:
        memset(reply->nonce.nonce, ++g->nonces, GRANT_NONCE_BYTES);
        reply->nonce.boot_ns = g->boot_ns;
        return (int)g->nonce_error;
    case GUARD_INSTALL:
        return fake_guard_install(g, &request->install, reply);
    case GUARD_REVOKE:
        return fake_guard_revoke(g, &request->revoke.lease, reply);
    case GUARD_LIST:
        for (size_t i = request->list_index; i < GUARD_LEASES_MAX; i++) {
            if (g->leases[i].state == GUARD_STATE_FREE)
                continue;
            reply->lease = g->leases[i];
            return ERR_OK;
        }
        return ERR_NOT_FOUND;
    case GUARD_WATCH:
        g->watching[peer] = request->watch_from > 0 ? request->watch_from : 1;
        return ERR_OK;
    case GUARD_MOVE:
        reply->lease = (struct guard_lease){.lease = request->move.lease,
                                            .organisation = id_literal("upstage"),
                                            .state = GUARD_STATE_HELD};
        return (int)g->move_error;
    default:
        return ERR_NOT_FOUND;
    }
}

static inline void fake_guard_drop(struct fake_guard *g, size_t peer)
{
    if (g->peers[peer] >= 0)
        close(g->peers[peer]);
    g->peers[peer] = -1;
    g->watching[peer] = 0;
}

static inline void fake_guard_serve(struct fake_guard *g, size_t peer)
{
    struct guard_request request;
    struct guard_reply reply = {.version = GUARD_VERSION};
    if (recv(g->peers[peer], &request, sizeof request, MSG_DONTWAIT) != sizeof request) {
        fake_guard_drop(g, peer);
        return;
    }
    reply.call = request.call;
    reply.code = (uint32_t)fake_guard_carry_out(g, peer, &request, &reply);
    if (reply.code != ERR_OK)
        (void)snprintf(reply.text, sizeof reply.text, "refused by the test");
    if (request.call != GUARD_WATCH)
        ENSURE(send(g->peers[peer], &reply, sizeof reply, MSG_NOSIGNAL) == sizeof reply);
}

static inline void fake_guard_tell(struct fake_guard *g, size_t peer)
{
    uint64_t *next = &g->watching[peer];
    if (*next > 0 && *next < g->kept_from)
        *next = g->kept_from;
    while (*next > 0 && *next < g->next_event) {
        struct guard_reply reply = {.version = GUARD_VERSION, .call = GUARD_WATCH};
        reply.event = g->events[*next - 1];
        if (send(g->peers[peer], &reply, sizeof reply, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            return;
        ++*next;
    }
}

static inline void fake_guard_accept(struct fake_guard *g)
{
    int fd = accept4(g->listener, NULL, NULL, SOCK_CLOEXEC);
    for (size_t i = 0; i < FAKE_PEERS; i++) {
        if (g->peers[i] >= 0)
            continue;
        g->peers[i] = fd;
        return;
    }
    close(fd);
}

/* False when it is over. */
static inline bool fake_guard_turn(struct fake_guard *g, const struct pollfd *fds)
{
    uint64_t count;
    pthread_mutex_lock(&g->lock);
    if (fds[1].revents)
        ENSURE(read(g->wake, &count, sizeof count) > 0);
    for (size_t i = 0; i < FAKE_PEERS; i++) {
        if (g->restart)
            fake_guard_drop(g, i);
        else if (g->peers[i] >= 0 && fds[2 + i].revents)
            fake_guard_serve(g, i);
    }
    g->restart = false;
    if (fds[0].revents)
        fake_guard_accept(g);
    for (size_t i = 0; i < FAKE_PEERS; i++)
        fake_guard_tell(g, i);
    bool over = g->over;
    pthread_mutex_unlock(&g->lock);
    return !over;
}

static inline void *fake_guard_run(void *arg)
{
    struct fake_guard *g = arg;
    struct pollfd fds[2 + FAKE_PEERS];
    do {
        fds[0] = (struct pollfd){.fd = g->listener, .events = POLLIN};
        fds[1] = (struct pollfd){.fd = g->wake, .events = POLLIN};
        for (size_t i = 0; i < FAKE_PEERS; i++)
            fds[2 + i] = (struct pollfd){.fd = g->peers[i], .events = POLLIN};
        ENSURE(poll(fds, 2 + FAKE_PEERS, -1) > 0);
    } while (fake_guard_turn(g, fds));
    return NULL;
}

static inline void fake_guard_open(struct fake_guard *g, const char *dir)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memset(g, 0, sizeof *g);
    (void)snprintf(g->path, sizeof g->path, "%s/guard", dir);
    memcpy(address.sun_path, g->path, strlen(g->path));
    g->next_event = g->kept_from = 1;
    for (size_t i = 0; i < FAKE_PEERS; i++)
        g->peers[i] = -1;
    pthread_mutex_init(&g->lock, NULL);
    g->wake = eventfd(0, EFD_CLOEXEC);
    g->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(g->listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(g->listener, 8), 0);
    ck_assert_int_eq(pthread_create(&g->thread, NULL, fake_guard_run, g), 0);
}

static inline void fake_guard_wake(struct fake_guard *g)
{
    uint64_t one = 1;
    ck_assert_int_eq(write(g->wake, &one, sizeof one), sizeof one);
}

static inline void fake_guard_close(struct fake_guard *g)
{
    pthread_mutex_lock(&g->lock);
    g->over = true;
    pthread_mutex_unlock(&g->lock);
    fake_guard_wake(g);
    pthread_join(g->thread, NULL);
    for (size_t i = 0; i < FAKE_PEERS; i++)
        fake_guard_drop(g, i);
    close(g->listener);
    close(g->wake);
    (void)unlink(g->path);
    pthread_mutex_destroy(&g->lock);
}

/* ---- what the test makes happen ---- */

static inline void fake_guard_set_time(struct fake_guard *g, uint64_t boot_ns)
{
    pthread_mutex_lock(&g->lock);
    g->boot_ns = boot_ns;
    pthread_mutex_unlock(&g->lock);
}

/* The lease comes into that state, which is told as that event (COUNT: not at all). */
static inline void fake_guard_set(struct fake_guard *g, const char *lease, enum guard_state state,
                                  enum guard_event_kind event)
{
    struct id id = id_literal(lease);
    pthread_mutex_lock(&g->lock);
    struct guard_lease *l = fake_guard_find(g, &id);
    ck_assert_ptr_nonnull(l);
    if (event != GUARD_EVENT_KIND_COUNT)
        fake_guard_add_event(g, event, l);
    l->state = state;
    pthread_mutex_unlock(&g->lock);
    fake_guard_wake(g);
}

/* Its last process is gone and its devices are clean. */
static inline void fake_guard_return(struct fake_guard *g, const char *lease)
{
    fake_guard_set(g, lease, GUARD_STATE_CHECKING, GUARD_EVENT_EMPTY);
    fake_guard_set(g, lease, GUARD_STATE_RETURNED, GUARD_EVENT_RETURNED);
}

/* All connections are lost. anew: the guard was restarted and counts its events from 1. */
static inline void fake_guard_hang_up(struct fake_guard *g, bool anew)
{
    pthread_mutex_lock(&g->lock);
    g->restart = true;
    if (anew)
        g->next_event = g->kept_from = 1;
    pthread_mutex_unlock(&g->lock);
    fake_guard_wake(g);
}

/* From now on it gives no nonce (ERR_OK: it does). */
static inline void fake_guard_refuse_nonces(struct fake_guard *g, enum err_code code)
{
    pthread_mutex_lock(&g->lock);
    g->nonce_error = code;
    pthread_mutex_unlock(&g->lock);
}

static inline void fake_guard_refuse_moves(struct fake_guard *g, enum err_code code)
{
    pthread_mutex_lock(&g->lock);
    g->move_error = code;
    pthread_mutex_unlock(&g->lock);
}

/* It is taken back, and so much happens to others that no event of it can be had any more. */
static inline void fake_guard_lose(struct fake_guard *g, const char *lease)
{
    struct id id = id_literal(lease);
    pthread_mutex_lock(&g->lock);
    struct guard_lease *l = fake_guard_find(g, &id);
    ck_assert_ptr_nonnull(l);
    fake_guard_add_event(g, GUARD_EVENT_EMPTY, l);
    fake_guard_add_event(g, GUARD_EVENT_RETURNED, l);
    l->state = GUARD_STATE_RETURNED;
    g->kept_from = g->next_event;
    fake_guard_add_event(g, GUARD_EVENT_MOVED, &(struct guard_lease){.lease = id_literal("other")});
    pthread_mutex_unlock(&g->lock);
}

static inline unsigned fake_guard_installs(struct fake_guard *g)
{
    pthread_mutex_lock(&g->lock);
    unsigned n = g->installs;
    pthread_mutex_unlock(&g->lock);
    return n;
}

static inline unsigned fake_guard_revokes(struct fake_guard *g)
{
    pthread_mutex_lock(&g->lock);
    unsigned n = g->revokes;
    pthread_mutex_unlock(&g->lock);
    return n;
}

#endif

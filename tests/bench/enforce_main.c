/* What enforcing costs and how late it is, on a subtree of the real kernel: bench_enforce LEASES.
 */
#include "tests/bench/figures.h"
#include "tests/system/guard_world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS    INT64_C(1000000)
#define BATCH 100 /* leases at a time: one guard holds at most GUARD_LEASES_MAX */
#define KILLS 64

#define NEED(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "bench_enforce:%d: %s: %s\n", __LINE__, #condition, strerror(errno));  \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* The agent in this bench: it listens to the guard's events, or has been stopped, or is dead. */
enum agent { AGENT_ALIVE, AGENT_STOPPED, AGENT_DEAD };
static const char *const agents[] = {"alive", "stopped", "dead"};

struct batch {
    size_t n;
    struct actor tenants[BATCH];
    int pidfds[BATCH];
    uint64_t deadlines_ns[BATCH];
    struct id leases[BATCH];
};

static void start_afresh(struct world *w)
{
    char path[96];
    (void)snprintf(path, sizeof path, "%s/state/leases", w->dir);
    if (w->guard > 0)
        (void)world_stop(w, SIGKILL);
    (void)unlink(path);
    world_start(w, NULL);
}

/* One lease of a small part of a device, with one process. */
static void add(struct world *w, struct batch *b, uint64_t ttl_ms)
{
    char name[32];
    struct err err = ERR_INIT;
    struct guard_lease lease;
    (void)snprintf(name, sizeof name, "lease-%zu", b->n);
    struct grant g = world_grant(w, name, (unsigned)(b->n % WORLD_DEVICES), ttl_ms);
    g.isolation = GRANT_ISOLATION_TIMESLICE;
    g.share.units = 50;
    b->tenants[b->n] = actor_start(NULL);
    NEED(world_install(w, &g, w->control_plane, NULL, NULL, &err) == 0);
    NEED(guard_client_move(w->client, &g.lease, b->tenants[b->n].pid, &err) == 0);
    NEED(world_find(w, name, &lease));
    b->leases[b->n] = g.lease;
    b->deadlines_ns[b->n] = lease.deadline_ns;
    b->pidfds[b->n] = pidfd_open(b->tenants[b->n].pid, 0);
    NEED(b->pidfds[b->n] >= 0);
    b->n++;
}

/* Calls late() for each process as it dies. */
static void watch_deaths(struct batch *b, void (*late)(void *arg, int64_t ns), void *arg)
{
    struct pollfd fds[BATCH];
    size_t left = b->n;
    for (size_t i = 0; i < b->n; i++)
        fds[i] = (struct pollfd){.fd = b->pidfds[i], .events = POLLIN};
    while (left > 0) {
        NEED(poll(fds, b->n, 60000) > 0);
        int64_t now = (int64_t)boot_now_ns();
        for (size_t i = 0; i < b->n; i++) {
            if (fds[i].fd < 0 || !fds[i].revents)
                continue;
            late(arg, now - (int64_t)b->deadlines_ns[i]);
            fds[i].fd = -1;
            left--;
        }
    }
}

static void drop(struct batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        close(b->pidfds[i]);
        (void)actor_killed(&b->tenants[i]);
    }
    b->n = 0;
}

static void add_sample(void *arg, int64_t ns)
{
    samples_add(arg, ns);
}

/* Another process that watches the guard, as the agent does. */
static pid_t stopped_watcher(const struct world *w)
{
    char path[96];
    int status;
    (void)snprintf(path, sizeof path, "%s/socket", w->dir);
    pid_t pid = fork();
    if (pid == 0) {
        struct guard_client *c;
        bool watching =
            guard_client_connect(path, 2000, &c, NULL) == 0 && guard_client_watch(c, 0, NULL) == 0;
        (void)raise(SIGSTOP);
        _exit(watching ? 0 : 1);
    }
    NEED(pid > 0 && waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
    return pid;
}

static void overrun(struct world *w, enum agent agent, size_t leases)
{
    struct samples late = {.n = 0};
    for (size_t done = 0; done < leases;) {
        struct batch b = {.n = 0};
        start_afresh(w);
        while (b.n < BATCH && done + b.n < leases)
            add(w, &b, 3000 + 10 * b.n);
        done += b.n;
        pid_t watcher = agent == AGENT_STOPPED ? stopped_watcher(w) : 0;
        if (agent != AGENT_ALIVE) {
            guard_client_destroy(w->client);
            w->client = NULL;
        }
        watch_deaths(&b, add_sample, &late);
        drop(&b);
        if (watcher > 0) {
            (void)kill(watcher, SIGKILL);
            (void)waitpid(watcher, NULL, 0);
        }
    }
    printf("overrun: agent=%s leases=%zu p50_us=%lld p99_us=%lld max_us=%lld bound_us=2000000\n",
           agents[agent], late.n, (long long)samples_quantile(&late, 500) / 1000,
           (long long)samples_quantile(&late, 990) / 1000,
           (long long)samples_quantile(&late, 1000) / 1000);
    fflush(stdout);
    samples_fini(&late);
}

/* From the first call until the last of the cgroups is empty, by the kernel's word. */
static int64_t deny_and_kill(struct world *w, struct batch *b)
{
    struct pollfd events = {.fd = guard_client_event_fd(w->client), .events = POLLIN};
    struct guard_event e = {.boot_ns = 0};
    uint64_t begin = boot_now_ns();
    for (size_t i = 0; i < b->n; i++)
        NEED(guard_client_revoke(w->client, &b->leases[i], 0, NULL) == 0);
    for (size_t empty = 0; empty < b->n; empty += e.kind == GUARD_EVENT_EMPTY) {
        bool any = false;
        NEED(poll(&events, 1, 20000) > 0);
        NEED(guard_client_next_event(w->client, &e, &any, NULL) == 0 && any);
    }
    return (int64_t)(e.boot_ns - begin);
}

static void kills(struct world *w, int rounds)
{
    struct samples took = {.n = 0};
    for (int i = 0; i < rounds; i++) {
        struct batch b = {.n = 0};
        start_afresh(w);
        while (b.n < KILLS)
            add(w, &b, 600000);
        samples_add(&took, deny_and_kill(w, &b));
        drop(&b);
    }
    printf("deny-kill-empty: leases=%d rounds=%d p50_us=%lld max_us=%lld reference_us=5100\n",
           KILLS, rounds, (long long)samples_quantile(&took, 500) / 1000,
           (long long)samples_quantile(&took, 1000) / 1000);
    fflush(stdout);
    samples_fini(&took);
}

/* Opens and closes it so often in a process of that cgroup (NULL: where this is, unguarded). */
static int64_t open_ns(const char *cgroup, const char *path, int times)
{
    int pipe_fds[2];
    int64_t ns = 0;
    NEED(pipe2(pipe_fds, O_CLOEXEC) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        char procs[320];
        (void)snprintf(procs, sizeof procs, "%s/cgroup.procs", cgroup ? cgroup : "");
        int fd = cgroup ? open(procs, O_WRONLY | O_CLOEXEC) : -1;
        NEED(!cgroup || write(fd, "0", 1) == 1);
        int64_t begin = figures_now();
        for (int i = 0; i < times; i++) {
            fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
            if (fd >= 0)
                close(fd);
        }
        ns = (figures_now() - begin) / times;
        NEED(write(pipe_fds[1], &ns, sizeof ns) == (ssize_t)sizeof ns);
        _exit(0);
    }
    NEED(pid > 0 && read(pipe_fds[0], &ns, sizeof ns) == (ssize_t)sizeof ns);
    NEED(waitpid(pid, NULL, 0) == pid);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    return ns;
}

static int64_t median_open_ns(const char *cgroup, const char *path)
{
    struct samples each = {.n = 0};
    for (int i = 0; i < 9; i++)
        samples_add(&each, open_ns(cgroup, path, 5000));
    int64_t ns = samples_quantile(&each, 500);
    samples_fini(&each);
    return ns;
}

static void opens(struct world *w)
{
    char own[96], other[96];
    struct batch b = {.n = 0};
    struct guard_lease lease;
    start_afresh(w);
    add(w, &b, 600000);
    NEED(world_find(w, b.leases[0].text, &lease));
    (void)world_device(w, 0, own);
    (void)world_device(w, 1, other);
    printf("open: device=/dev/zero bare_ns=%lld guarded_ns=%lld\n",
           (long long)median_open_ns(NULL, "/dev/zero"),
           (long long)median_open_ns(lease.cgroup, "/dev/zero"));
    printf("open: device=own bare_ns=%lld guarded_ns=%lld denied_ns=%lld\n",
           (long long)median_open_ns(NULL, own), (long long)median_open_ns(lease.cgroup, own),
           (long long)median_open_ns(lease.cgroup, other));
    NEED(guard_client_revoke(w->client, &b.leases[0], 0, NULL) == 0);
    drop(&b);
}

int main(int argc, char **argv)
{
    struct world w;
    size_t leases = argc > 1 ? strtoul(argv[1], NULL, 10) : 200;
    world_init(&w, "bench", 48, WORLD_SUBTREE);
    for (int agent = AGENT_ALIVE; agent <= AGENT_DEAD; agent++)
        overrun(&w, (enum agent)agent, leases);
    kills(&w, leases < 200 ? 2 : 10);
    opens(&w);
    world_fini(&w);
    return 0;
}

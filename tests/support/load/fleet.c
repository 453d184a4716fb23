/* epoll over the links; a tick for what is due. */
#include "tests/support/load/fleet.h"

#include "lib/base/file.h"
#include "lib/pki/cert.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define TICK_MS   20
#define NS_PER_MS INT64_C(1000000)
#define EVENTS    256

struct fleet {
    struct fleet_options options;
    struct load_counts counts;
    struct load_node **nodes;
    size_t n;
    int epoll_fd;
    bool ready;
    int64_t stats_at;
};

static int read_file(const char *dir, const char *name, const char *suffix, struct buf *dst,
                     struct err *err)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s%s", dir, name, suffix);
    if (n < 0 || n >= (int)sizeof path)
        return err_set(err, ERR_LIMIT, "%s: too long", dir);
    return file_read(path, dst, err);
}

static int add_node(struct fleet *f, const struct id *name, struct span ca, struct err *err)
{
    CLEANUP_BUF struct buf cert;
    CLEANUP_BUF struct buf key;
    buf_init(&cert, CERT_PEM_MAX);
    buf_init(&key, KEY_PEM_MAX);
    TRY(read_file(f->options.dir, name->text, ".pem", &cert, err));
    TRY(read_file(f->options.dir, name->text, ".key", &key, err));
    struct load_node_identity identity = {
        .name = *name, .ca_pem = ca, .cert_pem = buf_span(&cert), .key_pem = buf_span(&key)};
    struct load_node **place = &f->nodes[f->n];
    TRY(load_node_create(&f->options.node, &identity, &f->counts, place, err));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = *place};
    f->n++;
    if (epoll_ctl(f->epoll_fd, EPOLL_CTL_ADD, load_node_fd(*place), &event) < 0)
        return err_set(err, ERR_IO, "epoll: %s", strerror(errno));
    return 0;
}

static int add_all(struct fleet *f, struct err *err)
{
    CLEANUP_BUF struct buf ca;
    buf_init(&ca, CERT_CHAIN_MAX);
    TRY(read_file(f->options.operator, "ca", ".pem", &ca, err));
    for (size_t i = 0; i < f->options.n; i++)
        TRY(add_node(f, &f->options.names[i], buf_span(&ca), err));
    return 0;
}

int fleet_create(const struct fleet_options *options, struct fleet **ret, struct err *err)
{
    struct fleet *f = calloc(1, sizeof *f);
    ENSURE(f);
    f->options = *options;
    f->nodes = calloc(options->n + 1, sizeof(struct load_node *));
    f->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    ENSURE(f->nodes && f->epoll_fd >= 0);
    int rc = add_all(f, err);
    if (rc < 0) {
        fleet_destroy(f);
        return rc;
    }
    *ret = f;
    return 0;
}

void fleet_destroy(struct fleet *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->n; i++)
        load_node_destroy(f->nodes[i]);
    close(f->epoll_fd);
    free(f->nodes);
    free(f);
}

static void print_counts(const struct load_counts *c)
{
    printf("{\"attached\":%" PRIu64 ",\"held\":%" PRIu64 ",\"syncs\":%" PRIu64
           ",\"grants\":%" PRIu64 ",\"returns\":%" PRIu64 ",\"intervals\":%" PRIu64
           ",\"acks\":%" PRIu64 ",\"downs\":%" PRIu64 "}\n",
           c->attached, c->held, c->syncs, c->grants, c->returns, c->intervals, c->acks, c->downs);
    (void)fflush(stdout);
}

static void tick(struct fleet *f)
{
    int64_t now = env_boot(f->options.node.env).ns;
    for (size_t i = 0; i < f->n; i++)
        load_node_tick(f->nodes[i]);
    if (!f->ready && f->counts.attached == f->n) {
        printf("ready %zu\n", f->n);
        (void)fflush(stdout);
        f->ready = true;
    }
    if (f->options.stats_s > 0 && now >= f->stats_at) {
        f->stats_at = now + f->options.stats_s * 1000 * NS_PER_MS;
        print_counts(&f->counts);
    }
}

int fleet_run(struct fleet *f, int stop_fd, struct err *err)
{
    struct epoll_event events[EVENTS];
    struct epoll_event stop = {.events = EPOLLIN, .data.ptr = NULL};
    int64_t tick_at = 0;
    if (epoll_ctl(f->epoll_fd, EPOLL_CTL_ADD, stop_fd, &stop) < 0)
        return err_set(err, ERR_IO, "epoll: %s", strerror(errno));
    for (;;) {
        int64_t now = env_boot(f->options.node.env).ns;
        if (now >= tick_at) {
            tick(f);
            tick_at = now + TICK_MS * NS_PER_MS;
        }
        (void)fflush(stdout);
        int n = epoll_wait(f->epoll_fd, events, EVENTS, TICK_MS);
        for (int i = 0; i < n; i++) {
            if (!events[i].data.ptr) {
                print_counts(&f->counts);
                return 0;
            }
            load_node_hear(events[i].data.ptr);
        }
    }
}

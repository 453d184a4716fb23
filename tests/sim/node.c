/* A node's two processes. The agent's host number is the node's; its life ends with the agent. */
#include "tests/sim/node.h"

#include "controlplane/effect/issuer.h"
#include "lib/base/config.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "nodeagent/agent/agent_internal.h"
#include "nodeagent/agent/agent_settings.h"
#include "nodeagent/agent/credentials.h"
#include "nodeagent/guard/guard.h"
#include "nodeagent/kernel/procs.h"
#include "tests/sim/bed.h"
#include "tests/sim/bed_keys.h"
#include "tests/sim/bed_rpc.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GPUS            8
#define MAJOR           195
#define AGENT_TURN_NS   (100 * BED_MS)
#define GUARD_LATE_NS   (2 * BED_MS) /* between a deadline and the guard that was woken by it */
#define WORK_NS         BED_S
#define KILL_TIMEOUT_NS (UINT64_C(10) * 1000000000)
#define START_ONE_IN    3 /* seconds until somebody uses a lease */
#define BOOT_ID_PATH    "/proc/sys/kernel/random/boot_id"
#define WORKER_UID      1000

struct node_host {
    int host;
    struct id name;
    struct id owner;
    char pool[64];
    char dir[PATH_MAX];
    uint64_t boot; /* number of the boot */
    struct bed_tier tier;
    struct guard *guard; /* NULL: dead */
    uint64_t guard_life;
    struct agent *agent; /* NULL: dead */
    struct config *config;
    struct bed_identity identity;
};

/* Whose agent is running: it finds what belongs to it through this. */
static struct node_host *current;

static void boot_id_text(const struct node_host *n, char dst[40])
{
    (void)snprintf(dst, 40, "%04x%04x-0000-4000-8000-000000000000", (unsigned)n->host & 0xffff,
                   (unsigned)n->boot & 0xffff);
}

/* ---- the guard ---- */

static void step_guard(void *arg);

static void plan_guard(struct node_host *n, uint64_t at_ns)
{
    if (!n->guard || at_ns == UINT64_MAX)
        return;
    int64_t in_ns = (int64_t)at_ns - env_boot(&bed_host(n->host)->env).ns;
    bed_after((in_ns > 0 ? in_ns : 0) + GUARD_LATE_NS, &n->guard_life, step_guard, n);
}

static void step_guard(void *arg)
{
    struct node_host *n = arg;
    if (n->guard)
        plan_guard(n, guard_step(n->guard));
}

static void fill_ring(struct keyring *ring, const char *const *names)
{
    ring->count = 0;
    for (; *names; names++) {
        ring->keys[ring->count] = bed_public(*names);
        ring->ids[ring->count++] = id_literal(*names);
    }
}

void node_host_start_guard(struct node_host *n)
{
    static const char *const control_plane[] = {"key-control-plane", NULL};
    static const char *const lenders[] = {"key-op-skt", "key-op-naver", NULL};
    struct err err = ERR_INIT;
    char boot[40];
    char dir[PATH_MAX + 16];
    if (n->guard)
        return;
    (void)snprintf(dir, sizeof dir, "%s/guard", n->dir);
    (void)mkdir(dir, 0700);
    struct guard_config config = {.admit = {.node = n->name, .owner = n->owner, .pools = n->pool},
                                  .state_dir = dir,
                                  .kill_timeout_ns = KILL_TIMEOUT_NS};
    boot_id_text(n, boot);
    ENSURE(grant_boot_parse(span_text(boot), config.admit.boot_id, &err) == 0);
    for (uint32_t i = 0; i < GPUS; i++)
        config.admit.gated.items[config.admit.gated.count++] =
            (struct rule){.major = MAJOR, .minor = i};
    fill_ring(&config.admit.control_plane, control_plane);
    fill_ring(&config.admit.lenders, lenders);
    int rc = guard_create(&config, &n->tier.tier, bed_host(n->host)->env, &n->guard, &err);
    ENSURE(rc == 0);
    n->guard_life++;
    plan_guard(n, 0);
}

void node_host_kill_guard(struct node_host *n)
{
    guard_destroy(n->guard);
    n->guard = NULL;
    n->guard_life++;
}

/* ---- the agent ---- */

static void turn_agent(void *arg)
{
    struct node_host *n = arg;
    if (!n->agent)
        return;
    current = n;
    bed_rpc_on(n->host);
    if (bed_runs(n->host))
        (void)agent_turn(n->agent, -1, 0);
    bed_after(AGENT_TURN_NS, &bed_host(n->host)->life, turn_agent, n);
}

static void set(struct config *c, const char *name, const char *value)
{
    char text[PATH_MAX + 64];
    struct err err = ERR_INIT;
    (void)snprintf(text, sizeof text, "%s=%s", name, value);
    ENSURE(config_set(c, text, &err) == 0);
}

static struct config *configure(const struct node_host *n)
{
    struct config *c = config_create(agent_settings_table);
    set(c, "control_plane.servers", "cp0,cp1,cp2");
    set(c, "agent.state_dir", n->dir);
    set(c, "guard.socket", "bed");
    set(c, "agent.socket", "bed");
    set(c, "usage.period", "60s");
    return c;
}

void node_host_start_agent(struct node_host *n)
{
    struct err err = ERR_INIT;
    struct host *h = bed_host(n->host);
    if (n->agent)
        return;
    current = n;
    bed_rpc_on(n->host);
    h->up = true;
    h->life++;
    struct agent_options options = {.config = n->config, .env = &h->env, .log = bed()->log};
    if (agent_create(&options, &n->agent, &err) < 0) {
        bed_violated("start", "agent of %s: %s", h->name, err.text);
        h->up = false;
        return;
    }
    bed_after(0, &h->life, turn_agent, n);
}

void node_host_kill_agent(struct node_host *n)
{
    if (!n->agent)
        return;
    bed_rpc_reset(n->host);
    agent_destroy(n->agent);
    n->agent = NULL;
    bed_host(n->host)->up = false;
    bed_host(n->host)->life++;
}

void node_host_pause_agent(struct node_host *n, int64_t until)
{
    bed_host(n->host)->paused_until = until;
}

void node_host_reboot(struct node_host *n)
{
    struct host *h = bed_host(n->host);
    node_host_kill_agent(n);
    node_host_kill_guard(n);
    bed_tier_reboot(&n->tier);
    n->boot++;
    h->boot_base_ns = bed_now() - BED_S;
    node_host_start_guard(n);
    node_host_start_agent(n);
}

/* ---- people on the node ---- */

static void work(void *arg)
{
    struct node_host *n = arg;
    struct guard_lease lease, moved;
    struct err err = ERR_INIT;
    bed_tier_settle(&n->tier);
    for (uint64_t i = 0; n->guard && guard_list(n->guard, i, &lease, &err) == 0;
         i = lease.index + 1) {
        const struct bed_cgroup *c = bed_tier_find(&n->tier, &lease.lease);
        if (c && !c->running && lease.state == GUARD_STATE_HELD &&
            chance_one_in(&bed()->chance, START_ONE_IN)) {
            struct err refused = ERR_INIT;
            (void)!guard_move(n->guard, &lease.lease, getpid(), &moved, &refused);
        }
    }
    bed_after(WORK_NS, NULL, work, n);
}

/* ---- building ---- */

static void name_key(const struct node_host *n, char dst[96])
{
    (void)snprintf(dst, 96, "key-%.40s-%.40s", n->name.text, n->owner.text);
}

static void give_identity(struct node_host *n)
{
    char key[96];
    name_key(n, key);
    n->identity = (struct bed_identity){.principal = {.kind = ACTOR_NODE,
                                                      .organisation = n->owner,
                                                      .name = n->name,
                                                      .key_id = id_literal(key)},
                                        .key = bed_public(key)};
    bed_rpc_identity(n->host, &n->identity, sizeof n->identity);
}

struct node_host *node_host_create(int host, const char *dir, const char *owner, const char *pool)
{
    struct node_host *n = calloc(1, sizeof *n);
    ENSURE(n);
    n->host = host;
    n->name = id_literal(bed_host(host)->name);
    n->owner = id_literal(owner);
    (void)snprintf(n->pool, sizeof n->pool, "%s", pool);
    (void)snprintf(n->dir, sizeof n->dir, "%s/%s", dir, bed_host(host)->name);
    (void)mkdir(n->dir, 0700);
    n->boot = 1;
    n->config = configure(n);
    bed_tier_init(&n->tier, host);
    give_identity(n);
    bed_after(WORK_NS, NULL, work, n);
    return n;
}

struct bed_tier *node_host_tier(struct node_host *n)
{
    return &n->tier;
}

size_t node_host_held(struct node_host *n, struct id *dst, size_t cap)
{
    struct guard_lease lease;
    struct err err = ERR_INIT;
    size_t count = 0;
    for (uint64_t i = 0; n->guard && count < cap && guard_list(n->guard, i, &lease, &err) == 0;
         i = lease.index + 1) {
        if (lease.state == GUARD_STATE_HELD)
            dst[count++] = lease.lease;
    }
    return count;
}

uint64_t node_host_pending(struct node_host *n)
{
    uint64_t seq;
    struct span interval;
    for (size_t i = 0; n->agent && i < n->agent->journal_count; i++) {
        if (journal_next_pending(n->agent->journals[i].journal, 0, &seq, &interval))
            return seq;
    }
    return 0;
}

/* ---- nodeagent/call/client.h: the socket's two ends as one ---- */

struct guard_client {
    struct node_host *node;
    uint64_t born; /* the guard's life */
    uint64_t next_event;
    bool watching;
};

static int guard_of(const struct guard_client *c, struct guard **ret, struct err *err)
{
    *ret = c->node->guard;
    if (*ret && c->node->guard_life == c->born)
        return 0;
    return err_set(err, ERR_UNAVAILABLE, "the guard went away");
}

static int done(struct guard_client *c, int rc)
{
    plan_guard(c->node, 0);
    return rc;
}

int guard_client_connect(const char *path, int timeout_ms, struct guard_client **ret,
                         struct err *err)
{
    (void)path;
    (void)timeout_ms;
    if (!current->guard)
        return err_set(err, ERR_UNAVAILABLE, "no guard");
    struct guard_client *c = calloc(1, sizeof *c);
    ENSURE(c);
    c->node = current;
    c->born = current->guard_life;
    *ret = c;
    return 0;
}

void guard_client_destroy(struct guard_client *c)
{
    free(c);
}

int guard_client_status(struct guard_client *c, struct guard_status *ret, struct err *err)
{
    struct guard *g;
    TRY(guard_of(c, &g, err));
    guard_status(g, ret);
    return 0;
}

int guard_client_nonce(struct guard_client *c, uint8_t ret_nonce[GRANT_NONCE_BYTES],
                       uint64_t *ret_boot_ns, struct err *err)
{
    struct guard *g;
    TRY(guard_of(c, &g, err));
    guard_nonce(g, ret_nonce, ret_boot_ns);
    return 0;
}

int guard_client_install(struct guard_client *c, const struct guard_install *install,
                         struct guard_lease *ret, struct err *err)
{
    struct guard *g;
    struct guard_lease lease;
    TRY(guard_of(c, &g, err));
    return done(c, guard_install(g, install, ret ? ret : &lease, err));
}

int guard_client_revoke(struct guard_client *c, const struct id *lease, uint64_t notice_ms,
                        struct err *err)
{
    struct guard *g;
    struct guard_lease ret;
    TRY(guard_of(c, &g, err));
    return done(c, guard_revoke(g, lease, notice_ms, &ret, err));
}

int guard_client_move(struct guard_client *c, const struct id *lease, pid_t pid, struct err *err)
{
    struct guard *g;
    struct guard_lease ret;
    TRY(guard_of(c, &g, err));
    return done(c, guard_move(g, lease, pid, &ret, err));
}

int guard_client_list(struct guard_client *c, uint64_t index, struct guard_lease *ret,
                      struct err *err)
{
    struct guard *g;
    TRY(guard_of(c, &g, err));
    return guard_list(g, index, ret, err);
}

int guard_client_watch(struct guard_client *c, uint64_t from, struct err *err)
{
    struct guard *g;
    TRY(guard_of(c, &g, err));
    c->next_event = from > 0 ? from : 1;
    c->watching = true;
    return 0;
}

int guard_client_event_fd(const struct guard_client *c)
{
    (void)c;
    return -1; /* the meter's turn looks twice a second */
}

int guard_client_next_event(struct guard_client *c, struct guard_event *ret, bool *ret_any,
                            struct err *err)
{
    struct guard *g;
    TRY(guard_of(c, &g, err));
    const struct guard_event *e = events_find(guard_events(g), c->next_event);
    *ret_any = e != NULL;
    if (e) {
        *ret = *e;
        c->next_event = e->number + 1;
    }
    return 0;
}

/* ---- nodeagent/kernel/procs.h: nobody but the leases' own processes holds a device ---- */

bool __wrap_proc_walk_init(struct proc_walk *w);
void __wrap_proc_walk_fini(struct proc_walk *w);
void __wrap_proc_walk_rewind(struct proc_walk *w);
bool __wrap_proc_walk_next(struct proc_walk *w, pid_t *ret);
bool __wrap_proc_uid(pid_t pid, uint32_t *ret);
void __wrap_proc_devices(pid_t pid, proc_device_fn fn, void *arg);

bool __wrap_proc_walk_init(struct proc_walk *w)
{
    *w = (struct proc_walk){.fd = 0};
    return true;
}

void __wrap_proc_walk_fini(struct proc_walk *w)
{
    w->fd = -1;
}

void __wrap_proc_walk_rewind(struct proc_walk *w)
{
    w->at = 0;
}

bool __wrap_proc_walk_next(struct proc_walk *w, pid_t *ret)
{
    (void)w;
    (void)ret;
    return false;
}

bool __wrap_proc_uid(pid_t pid, uint32_t *ret)
{
    (void)pid;
    *ret = WORKER_UID;
    return true;
}

void __wrap_proc_devices(pid_t pid, proc_device_fn fn, void *arg)
{
    (void)pid;
    (void)fn;
    (void)arg;
}

/* ---- nodeagent/gpu/inventory.h ---- */

int inventory_read(const struct inventory_source *source, struct inventory *ret, struct err *err)
{
    (void)source;
    (void)err;
    *ret = (struct inventory){.driver = "580.65.06", .count = GPUS};
    for (uint32_t i = 0; i < GPUS; i++) {
        struct inventory_device *d = &ret->devices[i];
        *d = (struct inventory_device){
            .index = i, .major = MAJOR, .minor = i, .memory_mib = 183359, .model = "B200"};
        (void)snprintf(d->uuid, sizeof d->uuid, "GPU-%.30s-%u", current->name.text, i);
    }
    return 0;
}

/* ---- nodeagent/agent/local.h: people come to the guard directly ---- */

struct local {
    int unused;
};

int local_create(const char *path, struct local **ret, struct err *err)
{
    (void)path;
    (void)err;
    *ret = calloc(1, sizeof **ret);
    ENSURE(*ret);
    return 0;
}

void local_destroy(struct local *l)
{
    free(l);
}

int local_fd(const struct local *l)
{
    (void)l;
    return -1;
}

int64_t local_due_ns(const struct local *l)
{
    (void)l;
    return INT64_MAX;
}

bool local_take(struct local *l, int64_t now_ns, struct local_call *ret)
{
    (void)l;
    (void)now_ns;
    (void)ret;
    return false;
}

void local_answer(struct local_call *call, const struct local_reply *reply)
{
    (void)call;
    (void)reply;
}

/* ---- nodeagent/agent/credentials.h ---- */

int __wrap_credentials_read(struct agent *a, struct err *err);
int __wrap_credentials_tls(const struct agent *a, struct rpc_tls_bundle **ret, struct err *err);
void __wrap_credentials_watch(struct agent *a);
void __wrap_credentials_compare(struct agent *a, const char *trust);

int __wrap_credentials_read(struct agent *a, struct err *err)
{
    char key[96];
    (void)err;
    name_key(current, key);
    a->node = current->name;
    a->key = bed_key(key);
    a->cert.key_id = id_literal(key);
    return 0;
}

int __wrap_credentials_tls(const struct agent *a, struct rpc_tls_bundle **ret, struct err *err)
{
    (void)a;
    (void)err;
    *ret = NULL;
    return 0;
}

void __wrap_credentials_watch(struct agent *a)
{
    (void)a;
}

void __wrap_credentials_compare(struct agent *a, const char *trust)
{
    (void)a;
    (void)trust;
}

/* ---- files: the kernel's boot id is the bed's; what is written is on a disk that does not fail
 * (crashes of the disk are tests/unit/nodeagent/agent/journal_test.c) and need not be waited for
 * --- */

int __real_file_read(const char *path, struct buf *dst, struct err *err);
int __wrap_file_read(const char *path, struct buf *dst, struct err *err);
int __wrap_file_read(const char *path, struct buf *dst, struct err *err)
{
    char boot[40];
    if (strcmp(path, BOOT_ID_PATH) != 0)
        return __real_file_read(path, dst, err);
    boot_id_text(current, boot);
    buf_append(dst, boot, strlen(boot));
    return 0;
}

int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    (void)fd;
    return 0;
}

int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
    (void)fd;
    return 0;
}

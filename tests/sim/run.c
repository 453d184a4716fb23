#include "tests/sim/run.h"

#include "controlplane/domain/enforce.h"
#include "controlplane/domain/lease.h"
#include "lib/store/store_faulty.h"
#include "lib/store/store_mem.h"
#include "tests/sim/bed.h"
#include "tests/sim/faults.h"
#include "tests/sim/federation.h"
#include "tests/sim/people.h"
#include "tests/sim/truth.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HELD_MAX 160
#define MOTION_S 10

struct run {
    struct victims victims;
    struct store *store;
    char dir[64];
    uint64_t digest;
    uint64_t pending[BED_NODES]; /* usage that was not taken shortly before the end */
};

static void mix(struct run *r, uint64_t value)
{
    r->digest = (r->digest ^ value) * UINT64_C(0x100000001b3);
}

/* ---- once a second ---- */

static void look_at_node(struct run *r, int i)
{
    struct bed_tier *t = node_host_tier(r->victims.nodes[i]);
    bed_tier_settle(t);
    for (size_t k = 0; k < BED_TIER_LEASES; k++) {
        const struct bed_cgroup *c = &t->cgroups[k];
        if (c->running) {
            mix(r, (uint64_t)bed_now() ^ (uint64_t)c->deadline_ns);
            truth_holds(t->host, c);
        }
    }
}

static void look(void *arg)
{
    struct run *r = arg;
    truth_holds_begin();
    for (int i = 0; i < BED_NODES; i++)
        look_at_node(r, i);
    truth_holds_end();
    truth_look();
    bed_after(BED_S, NULL, look, r);
}

static void advance(int64_t seconds)
{
    int64_t until = bed_now() + seconds * BED_S;
    while (agenda_step(bed()->agenda, until))
        bed()->events++;
}

/* ---- building ---- */

static void build(struct run *r, bool old_etcd)
{
    struct federation federation;
    r->store = store_mem_create(STORE_MEM_IMMEDIATE);
    truth_open(r->store);
    federation_found(r->store, &federation);
    r->victims.old_etcd = old_etcd;
    for (int i = 0; i < BED_REPLICAS; i++) {
        r->victims.stores[i] = store_faulty_create(r->store, bed()->seed + (uint64_t)i);
        r->victims.replicas[i] = replica_create(i, r->victims.stores[i]);
        replica_start(r->victims.replicas[i]);
    }
    for (int i = 0; i < BED_NODES; i++) {
        bool skt = i < BED_NODES / 2;
        r->victims.nodes[i] = node_host_create(BED_FIRST_NODE + i, r->dir, skt ? "skt" : "naver",
                                               skt ? "skt-b200" : "naver-b200");
        node_host_start_guard(r->victims.nodes[i]);
        node_host_start_agent(r->victims.nodes[i]);
    }
    people_start(&federation);
    bed_after(BED_S, NULL, look, r);
}

/* ---- the end: I13 ---- */

struct wanted {
    struct id leases[HELD_MAX];
    size_t n;
};

static void want(const struct enforcement *e, void *arg)
{
    struct wanted *w = arg;
    ENSURE(w->n < HELD_MAX);
    w->leases[w->n++] = e->lease->id;
}

static bool has(const struct id *ids, size_t n, const struct id *id)
{
    for (size_t i = 0; i < n; i++) {
        if (id_equal(&ids[i], id))
            return true;
    }
    return false;
}

/* It begins or ends in these very seconds. */
static bool is_in_motion(const struct id *lease)
{
    const struct lease *l = state_find(truth_state(), ENTITY_LEASE, lease);
    int64_t now = bed_wall().s;
    return l && (llabs(l->ends_at.s - now) <= MOTION_S || llabs(l->from.s - now) <= MOTION_S);
}

static void check_node(struct run *r, int i)
{
    struct wanted w = {.n = 0};
    struct id held[HELD_MAX];
    struct id name = id_literal(bed_host(BED_FIRST_NODE + i)->name);
    enforce_each(truth_state(), &name, bed_wall(), want, &w);
    size_t n = node_host_held(r->victims.nodes[i], held, HELD_MAX);
    for (size_t k = 0; k < w.n; k++) {
        if (!has(held, n, &w.leases[k]) && !is_in_motion(&w.leases[k]))
            bed_violated("I13", "%s does not enforce %s", name.text, w.leases[k].text);
    }
    for (size_t k = 0; k < n; k++) {
        if (!has(w.leases, w.n, &held[k]) && !is_in_motion(&held[k]))
            bed_violated("I13", "%s enforces %s still", name.text, held[k].text);
    }
    uint64_t pending = node_host_pending(r->victims.nodes[i]);
    if (pending && pending == r->pending[i])
        bed_violated("I13", "%s has usage that nobody has taken", name.text);
}

static bool visit_lease(const void *record, void *arg)
{
    const struct lease *l = record;
    (void)arg;
    if (l->state >= LEASE_PREPARING && l->state <= LEASE_RETURNING &&
        l->ends_at.s < bed_wall().s - RUN_SETTLE_S)
        bed_violated("I13", "%s is %s, %lld s after its end", l->id.text,
                     enum_name(&lease_state_names, (int)l->state),
                     (long long)(bed_wall().s - l->ends_at.s));
    return true;
}

static void check_settled(struct run *r)
{
    if (!people_are_done())
        bed_violated("I13", "somebody still waits for an answer");
    for (int i = 0; i < BED_NODES; i++)
        check_node(r, i);
    state_each(truth_state(), ENTITY_LEASE, NULL, visit_lease, NULL);
}

/* ---- */

static void make_dir(struct run *r)
{
    const char *base = getenv("TMPDIR");
    struct stat shm;
    if (!base)
        base = stat("/dev/shm", &shm) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(r->dir, sizeof r->dir, "%.40s/pumasi-sim-XXXXXX", base);
    ENSURE(mkdtemp(r->dir));
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    (void)remove(path);
    return 0;
}

void run_seed(const struct run_options *options, struct run_result *ret)
{
    struct run *r = calloc(1, sizeof *r);
    ENSURE(r);
    bed_open(options->seed, options->trace);
    if (options->trace > 1)
        bed()->log = log_create("sim", STDOUT_FILENO, LOG_LEVEL_DEBUG, LOG_FORMAT_LOGFMT);
    make_dir(r);
    build(r, options->seed % 2 == 1);
    advance(5);
    faults_start(&r->victims);
    advance(options->seconds);
    people_stop();
    faults_end(&r->victims);
    advance(RUN_SETTLE_S - MOTION_S);
    for (int i = 0; i < BED_NODES; i++)
        r->pending[i] = node_host_pending(r->victims.nodes[i]);
    advance(MOTION_S);
    check_settled(r);
    people_check();
    truth_check_usage(r->victims.disturbed);
    mix(r, bed()->events);
    *ret = (struct run_result){.violations = bed()->violations,
                               .faults = bed()->faults,
                               .acknowledged = people_acknowledged(),
                               .refused = people_refused(),
                               .leases = state_count(truth_state(), ENTITY_LEASE),
                               .intervals = state_count(truth_state(), ENTITY_USAGE_INTERVAL),
                               .digest = r->digest};
    memcpy(ret->first, bed()->first_violation, sizeof ret->first);
    (void)nftw(r->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

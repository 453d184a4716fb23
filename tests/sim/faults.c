#include "tests/sim/faults.h"

#include "lib/store/store_faulty.h"
#include "tests/sim/bed.h"
#include "tests/sim/bed_rpc.h"

#include <stdlib.h>
#include <string.h>

#define OLD_ETCD_PER_MILLE 20

static bool ended;

static struct chance *dice(void)
{
    return &bed()->chance;
}

static int64_t between_ms(int64_t low, int64_t high)
{
    return chance_between(dice(), low, high) * BED_MS;
}

struct act {
    void (*fn)(struct victims *v, int which);
    struct victims *v;
    int which;
};

static void run(void *arg)
{
    const struct act *a = arg;
    a->fn(a->v, a->which);
}

/* Acts outlive the run: there are few. */
static void later(int64_t ns, void (*fn)(struct victims *v, int which), struct victims *v,
                  int which)
{
    struct act *a = calloc(1, sizeof *a);
    ENSURE(a);
    *a = (struct act){fn, v, which};
    bed_after(ns, NULL, run, a);
}

/* ---- control planes ---- */

static void start_replica(struct victims *v, int i)
{
    replica_start(v->replicas[i]);
}

static void crash_replica(struct victims *v, int i)
{
    replica_crash(v->replicas[i]);
    later(between_ms(200, 15000), start_replica, v, i);
}

/* etcd 3.4.23 was seen answering one read after a pause from before it. */
static void pause_replica(struct victims *v, int i)
{
    if (v->old_etcd)
        store_faulty_once(v->stores[i], STORE_FAULT_STALE_READ);
    replica_pause(v->replicas[i], bed_now() + between_ms(200, 15000));
}

/* ---- nodes ---- */

static void start_agent(struct victims *v, int i)
{
    node_host_start_agent(v->nodes[i]);
}

static void kill_agent(struct victims *v, int i)
{
    node_host_kill_agent(v->nodes[i]);
    later(between_ms(200, 90000), start_agent, v, i);
}

static void pause_agent(struct victims *v, int i)
{
    node_host_pause_agent(v->nodes[i], bed_now() + between_ms(1000, 90000));
}

static void start_guard(struct victims *v, int i)
{
    node_host_start_guard(v->nodes[i]);
}

static void kill_guard(struct victims *v, int i)
{
    v->disturbed[BED_FIRST_NODE + i] = true;
    node_host_kill_guard(v->nodes[i]);
    later(between_ms(10, 1500), start_guard, v, i);
}

static void reboot(struct victims *v, int i)
{
    v->disturbed[BED_FIRST_NODE + i] = true;
    node_host_reboot(v->nodes[i]);
}

/* ---- wires ---- */

static void mend(struct victims *v, int host)
{
    (void)v;
    for (int i = 0; i < BED_HOSTS; i++)
        bed()->cut[host][i] = bed()->cut[i][host] = false;
}

/* One host is cut from all, or from some; one way or both. */
static void cut(struct victims *v, int host)
{
    bool all = chance_one_in(dice(), 2);
    bool out = !chance_one_in(dice(), 4), in = !out || !chance_one_in(dice(), 4);
    for (int i = 0; i < BED_HOSTS; i++) {
        if (i == host || (!all && chance_one_in(dice(), 2)))
            continue;
        bed()->cut[host][i] |= out;
        bed()->cut[i][host] |= in;
    }
    bool beyond_patience = chance_one_in(dice(), 4);
    later(beyond_patience ? between_ms(70000, 150000) : between_ms(500, 40000), mend, v, host);
}

/* It does not reach the store, and everybody reaches it. */
static void island(struct victims *v, int replica)
{
    bed()->cut[replica][BED_STORE] = true;
    later(between_ms(3000, 25000), mend, v, replica);
}

static void speed_up(struct victims *v, int unused)
{
    (void)v;
    (void)unused;
    bed()->slow_ms = 0;
}

static void slow_down(struct victims *v, int unused)
{
    bed()->slow_ms = chance_between(dice(), 50, 2500);
    later(between_ms(3000, 30000), speed_up, v, unused);
}

/* ---- clocks ---- */

static void set_right(struct victims *v, int host)
{
    (void)v;
    bed_host(host)->wall_off_s = 0;
}

/* A node's clock bounds when a loan's grant may be installed, by minutes; a control plane's is not
 * believed beyond seconds. */
static void jump(struct victims *v, int host)
{
    int64_t most = host < BED_REPLICAS ? 3600 : 200;
    bed_host(host)->wall_off_s = chance_between(dice(), -most, most);
    later(between_ms(5000, 60000), set_right, v, host);
}

/* ---- choosing ---- */

static int any_replica(void)
{
    return (int)chance_between(dice(), 0, BED_REPLICAS - 1);
}

static int any_node(void)
{
    return (int)chance_between(dice(), 0, BED_NODES - 1);
}

static void strike(struct victims *v)
{
    int node = any_node(), replica = any_replica();
    bed()->faults++;
    switch (chance_between(dice(), 0, 16)) {
    case 0:
    case 1:
        bed_trace("fault: crash cp%d", replica);
        crash_replica(v, replica);
        break;
    case 2:
    case 3:
        bed_trace("fault: pause cp%d", replica);
        pause_replica(v, replica);
        break;
    case 4:
    case 5:
        bed_trace("fault: kill agent of n%d", node);
        kill_agent(v, node);
        break;
    case 6:
        bed_trace("fault: pause agent of n%d", node);
        pause_agent(v, node);
        break;
    case 7:
        bed_trace("fault: kill guard of n%d", node);
        kill_guard(v, node);
        break;
    case 8:
        bed_trace("fault: reboot n%d", node);
        reboot(v, node);
        break;
    case 9:
    case 10: {
        int host = (int)chance_between(dice(), 0, BED_HOSTS - 2);
        bed_trace("fault: cut %s", bed_host(host)->name);
        cut(v, host);
        break;
    }
    case 13:
    case 14:
        bed_trace("fault: cp%d loses the store", replica);
        island(v, replica);
        break;
    case 11:
        bed_trace("fault: slow wires");
        slow_down(v, 0);
        break;
    case 12: {
        int host = (int)chance_between(dice(), 0, BED_FIRST_PERSON - 1);
        bed_trace("fault: clock of %s", bed_host(host)->name);
        jump(v, host);
        break;
    }
    default:
        bed_trace("fault: reset of cp%d", replica);
        bed_rpc_reset(replica);
        break;
    }
}

static void next_fault(void *arg)
{
    struct victims *v = arg;
    if (ended)
        return;
    strike(v);
    bed_after(between_ms(500, 20000), NULL, next_fault, v);
}

/* Watches lose, repeat and rewind events, leases end early. */
static void misbehave(struct store *s, unsigned per_mille)
{
    store_faulty_etcd_3_4_23(s, per_mille);
    store_faulty_rate(s, STORE_FAULT_STALE_READ, 0);
}

void faults_start(struct victims *v)
{
    ended = false;
    for (int i = 0; i < BED_FIRST_PERSON; i++)
        bed_host(i)->drift_ppm = chance_between(dice(), -500, 500);
    for (int i = 0; v->old_etcd && i < BED_REPLICAS; i++)
        misbehave(v->stores[i], OLD_ETCD_PER_MILLE);
    bed_after(between_ms(3000, 10000), NULL, next_fault, v);
}

void faults_end(struct victims *v)
{
    ended = true;
    memset(bed()->cut, 0, sizeof bed()->cut);
    bed()->slow_ms = 0;
    for (int i = 0; i < BED_REPLICAS; i++) {
        misbehave(v->stores[i], 0);
        replica_pause(v->replicas[i], 0);
        replica_start(v->replicas[i]);
    }
    for (int i = 0; i < BED_NODES; i++) {
        node_host_pause_agent(v->nodes[i], 0);
        node_host_start_guard(v->nodes[i]);
        node_host_start_agent(v->nodes[i]);
    }
    for (int i = 0; i < BED_HOSTS; i++)
        bed_host(i)->wall_off_s = 0;
}

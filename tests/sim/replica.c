#include "tests/sim/replica.h"

#include "controlplane/api/api.h"
#include "tests/sim/bed.h"
#include "tests/sim/bed_engine.h"
#include "tests/sim/bed_keys.h"
#include "tests/sim/bed_rpc.h"
#include "tests/sim/bed_store.h"
#include "tests/support/world/world.h"

#include <stdlib.h>

#define TURN_NS      (10 * BED_MS)
#define LEADER_TTL_S 2 /* short, so that another one leads while the old one still believes */

struct replica {
    int host;
    struct store *faulty;
    struct engine *engine;
};

static void turn(void *arg)
{
    struct replica *r = arg;
    if (bed_runs(r->host))
        writer_turn(bed_engine_writer(r->engine), 0);
    (void)store_step(r->faulty);
    bed_after(TURN_NS, &bed_host(r->host)->life, turn, r);
}

void replica_start(struct replica *r)
{
    struct host *h = bed_host(r->host);
    struct err err = ERR_INIT;
    if (h->up)
        return;
    h->up = true;
    h->life++;
    h->paused_until = 0;
    h->wall_off_s = 0; /* a clock that is wrong at the start is believed: operators set it first */
    struct engine_options options = {.store = bed_store_create(r->host, r->faulty),
                                     .env = &h->env,
                                     .log = bed()->log,
                                     .name = id_literal(h->name),
                                     .address = h->name,
                                     .leader_ttl_s = LEADER_TTL_S,
                                     .sha256 = world_sha256,
                                     .verify = world_verify};
    r->engine = engine_create(&options);
    struct api_options api = {.engine = r->engine,
                              .attached = attached_create(),
                              .issuer = issuer_create(bed_key("key-control-plane")),
                              .env = &h->env,
                              .log = bed()->log};
    ENSURE(api_add_services(api_create(&api), bed_server_create(r->host), &err) == 0);
    bed_after(0, &h->life, turn, r);
}

struct replica *replica_create(int host, struct store *faulty)
{
    struct replica *r = calloc(1, sizeof *r);
    ENSURE(r);
    r->host = host;
    r->faulty = faulty;
    return r;
}

void replica_crash(struct replica *r)
{
    struct host *h = bed_host(r->host);
    if (!h->up)
        return;
    h->up = false;
    h->life++;
    bed_rpc_reset(r->host);
}

void replica_pause(struct replica *r, int64_t until)
{
    bed_host(r->host)->paused_until = until;
}

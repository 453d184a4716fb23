/* One run: read, remember the history, place each arrival with a look at the clock on both sides.
 */
#include "controlplane/sim/pack_run.h"

#include "controlplane/placement/placement.h"
#include "controlplane/sim/latency.h"
#include "controlplane/sim/pack_input.h"
#include "lib/base/file.h"
#include "lib/base/text.h"

#include <inttypes.h>
#include <stdlib.h>

#define PLACEMENTS_BYTES_MAX (1u << 30)
#define NS_PER_S             INT64_C(1000000000)

struct pack {
    struct pack_models models;
    struct pack_nodes nodes;
    struct pack_pods arrivals, mix;
    struct placement *placements; /* by arrival */
    struct latency learning, placing;
    size_t placed;
    int64_t used, capacity; /* units of GPU */
};

static void pack_fini(struct pack *p)
{
    pack_models_fini(&p->models);
    pack_nodes_fini(&p->nodes);
    pack_pods_fini(&p->arrivals);
    pack_pods_fini(&p->mix);
    latency_fini(&p->learning);
    latency_fini(&p->placing);
    free(p->placements);
}

static int read_options(const struct pack_run_options *o, uint64_t *ret_seed, struct err *err)
{
    int64_t seed;
    if (o->policy && strcmp(o->policy, "auto") != 0)
        return err_set(err, ERR_INVALID, "--policy: auto, not \"%s\"", o->policy);
    TRY(text_to_i64(span_text(o->seed ? o->seed : "0"), "--seed", 0, INT64_MAX, &seed, err));
    *ret_seed = (uint64_t)seed;
    return 0;
}

static int read_files(const struct pack_run_options *o, struct pack *p, struct err *err)
{
    TRY(pack_read_nodes(o->nodes, &p->models, &p->nodes, err));
    TRY(pack_read_pods(o->arrivals, true, &p->models, &p->arrivals, err));
    return o->mix ? pack_read_pods(o->mix, false, &p->models, &p->mix, err) : 0;
}

/* ---- Playing --------------------------------------------------------------------------------- */

static void remember(struct pack *p, const struct env *env, struct placement_engine *engine)
{
    latency_begin(&p->learning, env);
    for (size_t i = 0; i < p->mix.n; i++)
        placement_remember(engine, &p->mix.requests[i]);
    if (p->mix.n > 0)
        placement_learn(engine);
    latency_end(&p->learning, env);
}

static void place(struct pack *p, const struct env *env, struct placement_engine *engine)
{
    for (size_t i = 0; i < p->arrivals.n; i++) {
        const struct placement_request *r = &p->arrivals.requests[i];
        latency_begin(&p->placing, env);
        p->placements[i] = placement_place(engine, r);
        latency_end(&p->placing, env);
        if (p->placements[i].node == PLACEMENT_NOWHERE)
            continue;
        p->placed++;
        p->used += (int64_t)r->gpus * r->units;
    }
}

static void play(struct pack *p, uint64_t seed, const struct env *env)
{
    p->placements = calloc(p->arrivals.n + 1, sizeof *p->placements);
    ENSURE(p->placements != NULL);
    for (size_t i = 0; i < p->nodes.n; i++)
        p->capacity += p->nodes.specs[i].gpus * SHARE_PER_GPU;
    struct placement_engine *engine = placement_create(p->nodes.specs, p->nodes.n, seed);
    remember(p, env, engine);
    place(p, env, engine);
    placement_destroy(engine);
}

/* ---- Telling --------------------------------------------------------------------------------- */

static void print_devices(struct buf *dst, uint32_t devices)
{
    const char *between = "";
    for (; devices; devices &= devices - 1) {
        buf_printf(dst, "%s%d", between, __builtin_ctz(devices));
        between = "-";
    }
}

static int write_placements(const struct pack *p, const char *path, struct err *err)
{
    CLEANUP_BUF struct buf out;
    buf_init(&out, PLACEMENTS_BYTES_MAX);
    buf_append_text(&out, "seq,pod,node,gpus\n");
    for (size_t i = 0; i < p->arrivals.n; i++) {
        const struct placement *to = &p->placements[i];
        const char *node = to->node != PLACEMENT_NOWHERE ? p->nodes.names[to->node] : "";
        buf_printf(&out, "%s,%s,%s,", p->arrivals.seqs[i], p->arrivals.names[i], node);
        print_devices(&out, to->devices);
        buf_append_char(&out, '\n');
    }
    if (out.full)
        return err_set(err, ERR_LIMIT, "%s: too many placements for one file", path);
    return file_write(path, buf_span(&out), 0644, err);
}

static void print_figures(struct pack *p, struct buf *out)
{
    size_t n = p->arrivals.n;
    int64_t ns = latency_sum_ns(&p->learning) + latency_sum_ns(&p->placing);
    int64_t allocated = p->capacity > 0 ? p->used * 1000000 / p->capacity : 0;
    buf_printf(out, "{\"placed\":%zu,\"rejected\":%zu,\"decisions_per_s\":%" PRId64 ",\"p50_us\":",
               p->placed, n - p->placed, ns > 0 ? (int64_t)n * NS_PER_S / ns : 0);
    latency_print_us(out, latency_percentile_ns(&p->placing, 50));
    buf_append_text(out, ",\"p99_us\":");
    latency_print_us(out, latency_percentile_ns(&p->placing, 99));
    buf_printf(out, ",\"alloc_pct_final\":%" PRId64 ".%04" PRId64 "}\n", allocated / 10000,
               allocated % 10000);
}

int pack_run(const struct pack_run_options *options, const struct env *env, struct buf *figures,
             struct err *err)
{
    uint64_t seed = 0;
    struct pack p = {.placed = 0};
    TRY(read_options(options, &seed, err));
    int rc = read_files(options, &p, err);
    if (rc == 0) {
        play(&p, seed, env);
        rc = write_placements(&p, options->placements, err);
    }
    if (rc == 0)
        print_figures(&p, figures);
    pack_fini(&p);
    return rc;
}

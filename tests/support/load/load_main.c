/* load_agents: nodes without machines. Options, join, attach, run, stop. */
#include "tests/support/load/fleet.h"
#include "tests/support/load/joiner.h"

#include "lib/base/text.h"
#include "lib/rpc/runtime.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define NODES_MAX LIMIT_NODES

struct load {
    const char *servers, *operator, * dir, *organisation, *pool, *prefix, *model;
    int64_t count, gpus, return_ms, usage_period_s, stats_s, heartbeat_s;
    bool trace;
    struct id *names;
};

static void show_help(void)
{
    printf("Usage: load_agents --servers HOST:PORT[,...] --operator DIR --dir DIR\n"
           "         --organisation ID --pool ID --model NAME [--prefix TEXT] [--count N]\n"
           "         [--gpus N] [--return-ms N] [--usage-period S] [--stats S]\n"
           "         [--heartbeat S] [--trace]\n"
           "tests/support/load/README.md says what each does.\n");
}

static int read_number(const char *name, int64_t max, int64_t *ret, struct err *err)
{
    return text_to_i64(span_text(optarg), name, 0, max, ret, err);
}

static int read_option(struct load *l, int option, struct err *err)
{
    switch (option) {
    case 's':
        l->servers = optarg;
        return 0;
    case 'o':
        l->operator= optarg;
        return 0;
    case 'd':
        l->dir = optarg;
        return 0;
    case 'O':
        l->organisation = optarg;
        return 0;
    case 'P':
        l->pool = optarg;
        return 0;
    case 'p':
        l->prefix = optarg;
        return 0;
    case 'm':
        l->model = optarg;
        return 0;
    case 'n':
        return read_number("count", NODES_MAX, &l->count, err);
    case 'g':
        return read_number("gpus", LIMIT_GPUS_PER_NODE, &l->gpus, err);
    case 'r':
        return read_number("return-ms", 3600000, &l->return_ms, err);
    case 'u':
        return read_number("usage-period", 86400, &l->usage_period_s, err);
    case 'S':
        return read_number("stats", 86400, &l->stats_s, err);
    case 'H':
        return read_number("heartbeat", 86400, &l->heartbeat_s, err);
    case 't':
        l->trace = true;
        return 0;
    default:
        show_help();
        return err_set(err, ERR_INVALID, "unknown or incomplete option");
    }
}

static int read_options(struct load *l, int argc, char **argv, struct err *err)
{
    static const struct option options[] = {
        {"servers", 1, NULL, 's'},   {"operator", 1, NULL, 'o'},
        {"dir", 1, NULL, 'd'},       {"organisation", 1, NULL, 'O'},
        {"pool", 1, NULL, 'P'},      {"prefix", 1, NULL, 'p'},
        {"model", 1, NULL, 'm'},     {"count", 1, NULL, 'n'},
        {"gpus", 1, NULL, 'g'},      {"return-ms", 1, NULL, 'r'},
        {"stats", 1, NULL, 'S'},     {"usage-period", 1, NULL, 'u'},
        {"heartbeat", 1, NULL, 'H'}, {"trace", 0, NULL, 't'},
        {"help", 0, NULL, 'h'},      {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        TRY(read_option(l, option, err));
    bool complete =
        l->servers && l->operator&& l->dir && l->organisation && l->pool && l->model && l->gpus;
    return complete ? 0 : err_set(err, ERR_INVALID, "an option is missing: see --help");
}

static int name_nodes(struct load *l, struct err *err)
{
    l->names = calloc((size_t)l->count + 1, sizeof *l->names);
    ENSURE(l->names);
    for (int64_t i = 0; i < l->count; i++) {
        char text[2 * ID_CAP];
        (void)snprintf(text, sizeof text, "%s%04lld", l->prefix, (long long)i + 1);
        TRY(id_parse(span_text(text), "prefix", &l->names[i], err));
    }
    return 0;
}

static int join_all(const struct load *l, struct rpc_loop *loop, struct err *err)
{
    char first[256] = "";
    size_t len = strcspn(l->servers, ",");
    struct joiner_options options = {.loop = loop,
                                     .server = first,
                                     .operator= l->operator,
                                     .dir = l->dir,
                                     .names = l->names,
                                     .n = (size_t)l->count};
    TRY(text_set(first, sizeof first, span_of(l->servers, len), "servers", err));
    TRY(id_parse(span_text(l->organisation), "organisation", &options.organisation, err));
    TRY(id_parse(span_text(l->pool), "pool", &options.pool, err));
    if (mkdir(l->dir, 0700) < 0 && errno != EEXIST)
        return err_set(err, ERR_IO, "%s: %s", l->dir, strerror(errno));
    return joiner_run(&options, err);
}

static int run(const struct load *l, struct rpc_loop *loop, int stop_fd, struct err *err)
{
    struct env env = env_real();
    struct fleet *fleet;
    struct fleet_options options = {
        .node = {.loop = loop,
                 .env = &env,
                 .servers = l->servers,
                 .model = l->model,
                 .gpus = (unsigned)l->gpus,
                 .return_ms = (unsigned)l->return_ms,
                 .usage_period_s = (unsigned)l->usage_period_s,
                 .heartbeat_s = (unsigned)l->heartbeat_s,
                 .trace = l->trace},
        .operator= l->operator,
        .dir = l->dir,
        .names = l->names,
        .n = (size_t)l->count,
        .stats_s = (unsigned)l->stats_s,
    };
    TRY(join_all(l, loop, err));
    TRY(fleet_create(&options, &fleet, err));
    int rc = fleet_run(fleet, stop_fd, err);
    fleet_destroy(fleet);
    return rc;
}

int main(int argc, char **argv)
{
    struct load load = {.prefix = "node-", .count = 1, .gpus = 8};
    struct err err = ERR_INIT;
    struct rpc_loop *loop = NULL;
    sigset_t signals;
    unsigned long limit;
    rpc_runtime_block_signals(&signals);
    int stop_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    struct rpc_runtime *runtime = rpc_runtime_create(NULL);
    int rc = read_options(&load, argc, argv, &err);
    if (rc == 0)
        rc = name_nodes(&load, &err);
    if (rc == 0)
        rc = rpc_runtime_raise_descriptors(&limit, &err);
    if (rc == 0)
        rc = rpc_loop_create(&loop, &err);
    if (rc == 0)
        rc = run(&load, loop, stop_fd, &err);
    rpc_loop_destroy(loop);
    rpc_runtime_destroy(runtime);
    close(stop_fd);
    free(load.names);
    if (rc < 0)
        (void)fprintf(stderr, "load_agents: %s\n", err.text);
    return rc < 0 ? err_exit_code(err.code) : 0;
}

/*
 * Releases leases one after the other, and says when it asked.
 *
 *   bench_release SERVER CONTEXT PAUSE_MS < names of leases, one a line
 *
 * Prints "released LEASE NS" for each, NS of the boot clock before the call: a node's agent that
 * says when it let go of the lease (load_agents --trace) gives the other end. Exit 1: a call
 * failed.
 */
#include "tests/bench/booker.h"

#include "lib/base/env.h"
#include "lib/rpc/runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void pause_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL);
}

static int release_all(struct booker *booker, long between_ms, struct err *err)
{
    struct env env = env_real();
    char line[128];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        long long asked = (long long)env_boot(&env).ns;
        TRY(booker_release(booker, line, err));
        printf("released %s %lld\n", line, asked);
        pause_ms(between_ms);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: bench_release SERVER CONTEXT PAUSE_MS < LEASES\n");
        return 2;
    }
    struct booker_options options = {.server = argv[1], .context = argv[2], .days = 1};
    struct booker *booker = NULL;
    struct err err = ERR_INIT;
    struct rpc_runtime *runtime = rpc_runtime_create(NULL);
    int rc = booker_open(&options, &booker, &err);
    if (rc == 0)
        rc = release_all(booker, strtol(argv[3], NULL, 10), &err);
    if (rc < 0)
        fprintf(stderr, "bench_release: %s\n", err.text);
    booker_close(booker);
    rpc_runtime_destroy(runtime);
    return rc < 0;
}

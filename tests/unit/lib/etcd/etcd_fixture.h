#ifndef PUMASI_TESTS_UNIT_LIB_ETCD_ETCD_FIXTURE_H
#define PUMASI_TESTS_UNIT_LIB_ETCD_ETCD_FIXTURE_H

#include "lib/base/env.h"
#include "lib/etcd/child.h"
#include "lib/etcd/client.h"
#include "lib/rpc/loop.h"
#include "lib/rpc/runtime.h"
#include "tests/support/suite.h"
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/*
 * A real etcd in a folder of its own, for the tests that need one. Everything is bounded: etcd dies
 * with the test, waiting ends after FIXTURE_WAIT_MS. Where etcd is not installed, suites leave
 * these tests out (fixture_has_etcd()).
 */
#define FIXTURE_WAIT_MS 10000

/* Looks again every 2 ms until the expression is true; fails the test when that takes too long. */
#define EVENTUALLY(expression)                                                                     \
    do {                                                                                           \
        int left_ = FIXTURE_WAIT_MS / 2;                                                           \
        while (!(expression) && left_-- > 0)                                                       \
            (void)poll(NULL, 0, 2);                                                                \
        ck_assert_msg(left_ > 0, "never: %s", #expression);                                        \
    } while (0)

static inline bool fixture_is_stopped(const char *task)
{
    char stat[512] = "";
    FILE *file = fopen(task, "r");
    if (!file)
        return true; /* the thread has gone */
    size_t n = fread(stat, 1, sizeof stat - 1, file);
    (void)fclose(file);
    const char *end = n > 0 ? strrchr(stat, ')') : NULL;
    return end && end[1] == ' ' && end[2] == 'T';
}

static inline bool fixture_all_stopped(pid_t pid)
{
    char pattern[64];
    glob_t tasks;
    snprintf(pattern, sizeof pattern, "/proc/%d/task/*/stat", (int)pid);
    ck_assert_int_eq(glob(pattern, 0, NULL, &tasks), 0);
    bool all = true;
    for (size_t i = 0; i < tasks.gl_pathc; i++)
        all = all && fixture_is_stopped(tasks.gl_pathv[i]);
    globfree(&tasks);
    return all;
}

/* A signal that stops is taken thread by thread: one that still runs may answer. */
static inline void fixture_stop_whole(pid_t pid)
{
    ck_assert_int_eq(kill(pid, SIGSTOP), 0);
    EVENTUALLY(fixture_all_stopped(pid));
}

struct fixture {
    char dir[64];
    struct rpc_runtime *runtime;
    struct rpc_loop *loop;
    struct env env;
    struct etcd_child *child; /* NULL until fixture_start_etcd() */
    struct etcd_client *client;
};

static inline bool fixture_has_etcd(void)
{
    return access("/usr/bin/etcd", X_OK) == 0;
}

static inline int fixture_remove_entry(const char *path, const struct stat *st, int kind,
                                       struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

/* A folder and a loop, no etcd. */
static inline void fixture_init(struct fixture *f)
{
    struct err err = ERR_INIT;
    *f = (struct fixture){.env = env_real()};
    snprintf(f->dir, sizeof(f->dir), "/tmp/pumasi-etcd-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(f->dir));
    f->runtime = rpc_runtime_create(NULL);
    ck_assert_msg(rpc_loop_create(&f->loop, &err) == 0, "%s", err.text);
}

static inline struct etcd_client *fixture_client(struct fixture *f, const char *endpoints,
                                                 unsigned attempt_ms)
{
    const struct etcd_client_options options = {
        .endpoints = endpoints, .loop = f->loop, .env = f->env, .attempt_ms = attempt_ms};
    struct err err = ERR_INIT;
    struct etcd_client *client = NULL;
    ck_assert_msg(etcd_client_create(&options, &client, &err) == 0, "%s", err.text);
    return client;
}

static inline void fixture_start_etcd(struct fixture *f)
{
    const struct etcd_child_options options = {
        .data_dir = f->dir, .log_fd = -1, .env = f->env, .loop = f->loop};
    struct err err = ERR_INIT;
    ck_assert_msg(etcd_child_start(&options, FIXTURE_WAIT_MS, &f->child, &err) == 0, "%s",
                  err.text);
    f->client = fixture_client(f, etcd_child_endpoint(f->child), 0);
}

static inline void fixture_fini(struct fixture *f)
{
    etcd_client_destroy(f->client);
    etcd_child_destroy(f->child);
    rpc_loop_destroy(f->loop);
    rpc_runtime_destroy(f->runtime);
    (void)nftw(f->dir, fixture_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Kills etcd as a power cut would; the child starts it again by itself. */
static inline void fixture_kill_etcd(struct fixture *f)
{
    pid_t pid = etcd_child_pid(f->child);
    ck_assert_int_gt(pid, 0);
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    EVENTUALLY(etcd_child_pid(f->child) != pid);
}

#endif

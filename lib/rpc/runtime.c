/*
 * Owns gRPC's process-wide state: its initialisation and its log hook. The hook takes no argument
 * of ours, which is why there is one static in this room: the runtime that lines go to.
 */
#include "lib/rpc/runtime.h"

#include <dlfcn.h>
#include <errno.h>
#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <grpc/support/time.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct rpc_runtime {
    struct rpc_runtime_options options;
};

static struct {
    pthread_rwlock_t lock; /* read while a line is handed on, written while the runtime changes */
    struct rpc_runtime *runtime;
} hook = {.lock = PTHREAD_RWLOCK_INITIALIZER};

static enum log_level level_of(gpr_log_severity severity)
{
    switch (severity) {
    case GPR_LOG_SEVERITY_DEBUG:
        return LOG_LEVEL_DEBUG;
    case GPR_LOG_SEVERITY_INFO:
        return LOG_LEVEL_INFO;
    default:
        return LOG_LEVEL_ERROR;
    }
}

/* gRPC has no warnings: they count as errors. */
static gpr_log_severity severity_of(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_DEBUG:
        return GPR_LOG_SEVERITY_DEBUG;
    case LOG_LEVEL_INFO:
        return GPR_LOG_SEVERITY_INFO;
    default:
        return GPR_LOG_SEVERITY_ERROR;
    }
}

static void on_line(gpr_log_func_args *args)
{
    const char *slash = strrchr(args->file, '/');
    pthread_rwlock_rdlock(&hook.lock);
    if (hook.runtime && hook.runtime->options.log)
        hook.runtime->options.log(hook.runtime->options.arg, level_of(args->severity),
                                  slash ? slash + 1 : args->file, args->line, args->message);
    pthread_rwlock_unlock(&hook.lock);
}

static struct rpc_runtime *hook_exchange(struct rpc_runtime *next)
{
    pthread_rwlock_wrlock(&hook.lock);
    struct rpc_runtime *last = hook.runtime;
    hook.runtime = next;
    pthread_rwlock_unlock(&hook.lock);
    return last;
}

/* Debian's abseil, which gRPC's locks come from, looks for deadlocks at each lock and unlock: a
 * tenth of a call's time, for a report that only its developers could read. The switch is a C++
 * function; where it has another name nothing is lost but that time. */
static void stop_looking_for_deadlocks(void)
{
    enum { IGNORE = 0 };
    union {
        void *symbol;
        void (*set_mode)(int mode);
    } found = {.symbol = dlsym(RTLD_DEFAULT, "_ZN4absl7debian329SetMutexDeadlockDetectionModeENS0_"
                                             "15OnDeadlockCycleE")};
    if (found.symbol)
        found.set_mode(IGNORE);
}

struct rpc_runtime *rpc_runtime_create(const struct rpc_runtime_options *options)
{
    struct rpc_runtime *runtime = calloc(1, sizeof(*runtime));
    ENSURE(runtime);
    runtime->options.threshold = LOG_LEVEL_ERROR;
    if (options)
        runtime->options = *options;
    struct rpc_runtime *last = hook_exchange(runtime);
    ENSURE(!last);
    /* The system's resolver: it knows what the machine knows (hosts file, nsswitch), and gRPC's own
     * one leaks the name on every lookup of "localhost". Whoever runs the program may differ. */
    ENSURE(setenv("GRPC_DNS_RESOLVER", "native", 0) == 0);
    gpr_set_log_verbosity(severity_of(runtime->options.threshold));
    gpr_set_log_function(on_line);
    stop_looking_for_deadlocks();
    grpc_init();
    return runtime;
}

/* A connection in back-off holds gRPC's own reference for up to a second after the last of ours. */
static void wait_for_stragglers(void)
{
    for (int i = 0; i < 200 && grpc_is_initialized(); i++)
        gpr_sleep_until(
            gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(10, GPR_TIMESPAN)));
}

void rpc_runtime_destroy(struct rpc_runtime *runtime)
{
    if (!runtime)
        return;
    grpc_shutdown();
    wait_for_stragglers();
    struct rpc_runtime *last = hook_exchange(NULL);
    ENSURE(last == runtime);
    free(runtime);
}

void rpc_runtime_block_signals(sigset_t *ret_waited)
{
    sigset_t waited;
    sigemptyset(&waited);
    sigaddset(&waited, SIGTERM);
    sigaddset(&waited, SIGINT);
    sigaddset(&waited, SIGHUP);
    ENSURE(pthread_sigmask(SIG_BLOCK, &waited, NULL) == 0);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    ENSURE(sigaction(SIGPIPE, &ignore, NULL) == 0);
    *ret_waited = waited;
}

int rpc_runtime_raise_descriptors(unsigned long *ret_limit, struct err *err)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return err_set(err, ERR_IO, "cannot read the descriptor limit: %s", strerror(errno));
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return err_set(err, ERR_IO, "cannot raise the descriptor limit to %lu: %s",
                       (unsigned long)limit.rlim_max, strerror(errno));
    *ret_limit = (unsigned long)limit.rlim_cur;
    return 0;
}

const char *rpc_runtime_version(void)
{
    return grpc_version_string();
}

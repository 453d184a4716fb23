/* /proc/PID/stat and the process clock. */
#include "tests/bench/cpu.h"

#include "lib/base/err.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)

static int64_t own_ns(void)
{
    struct timespec t;
    ENSURE(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* Fields 14 and 15, counted after the name in brackets, which may hold anything. */
static int64_t ticks_of(const char *stat)
{
    long long user, system;
    const char *after = strrchr(stat, ')');
    int n = after ? sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld",
                           &user, &system)
                  : 0;
    return n == 2 ? user + system : 0;
}

static int64_t process_ns(pid_t pid)
{
    char path[64], text[1024];
    if (pid == 0)
        return 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    if (!f)
        return 0;
    size_t n = fread(text, 1, sizeof text - 1, f);
    (void)fclose(f);
    text[n] = '\0';
    return ticks_of(text) * (NS_PER_S / sysconf(_SC_CLK_TCK));
}

struct cpu_use cpu_read(const struct cpu_watch *watch)
{
    return (struct cpu_use){.client_ns = own_ns(),
                            .server_ns = process_ns(watch->server),
                            .etcd_ns = process_ns(watch->etcd)};
}

void cpu_print(const char *name, const struct cpu_use *begin, const struct cpu_use *end, size_t n)
{
    double each = n ? 1e-3 / (double)n : 0;
    double client = (double)(end->client_ns - begin->client_ns) * each;
    double server = (double)(end->server_ns - begin->server_ns) * each;
    double etcd = (double)(end->etcd_ns - begin->etcd_ns) * each;
    printf("%s-cpu: client_us=%.1f server_us=%.1f etcd_us=%.1f total_us=%.1f\n", name, client,
           server, etcd, client + server + etcd);
    fflush(stdout);
}

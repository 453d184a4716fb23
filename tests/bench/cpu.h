#ifndef PUMASI_TESTS_BENCH_CPU_H
#define PUMASI_TESTS_BENCH_CPU_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Processor time by process, all threads: what a piece of work costs, whatever else the machine
 * does meanwhile. A process that is not there has used nothing.
 */
struct cpu_use {
    int64_t client_ns; /* this process */
    int64_t server_ns;
    int64_t etcd_ns; /* counted in ticks of 10 ms, as server_ns */
};

/* The processes that are looked at beside this one; 0: none. */
struct cpu_watch {
    pid_t server, etcd;
};

struct cpu_use cpu_read(const struct cpu_watch *watch);

/* "NAME-cpu: client_us=12.1 server_us=30.2 etcd_us=8.0 total_us=50.3", each by one of n. */
void cpu_print(const char *name, const struct cpu_use *begin, const struct cpu_use *end, size_t n);

#endif

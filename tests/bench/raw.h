#ifndef PUMASI_TESTS_BENCH_RAW_H
#define PUMASI_TESTS_BENCH_RAW_H

#include "tests/bench/pump.h"

#include <sys/types.h>

/*
 * The other side of the comparison: a second embedded etcd with the same settings, called directly
 * with transactions of the shape of one booking, each a transaction of its own.
 */
struct raw;

/* Starts an etcd in a folder of its own below dir. (blocks) */
MUST_CHECK int raw_open(const char *dir, struct raw **ret, struct err *err);
void raw_close(struct raw *r); /* NULL is fine (blocks) */

pid_t raw_pid(const struct raw *r); /* of its etcd */

/* One guard (the key does not exist) and one put of value_bytes a transaction. (blocks) */
void raw_measure(struct raw *r, size_t in_flight, size_t value_bytes, const struct pump_end *end,
                 struct pump_figures *ret);

#endif

#ifndef PUMASI_TESTS_SUPPORT_LOAD_FLEET_H
#define PUMASI_TESTS_SUPPORT_LOAD_FLEET_H

#include "tests/support/load/load_node.h"

/* All nodes of one process on one thread and one gRPC loop. */
struct fleet;

struct fleet_options {
    struct load_node_options node;
    const char *operator; /* whose ca.pem is used */
    const char *dir;      /* with NODE.pem and NODE.key of each */
    const struct id *names;
    size_t n;
    unsigned stats_s; /* a line of counts every so often; 0: never */
};

MUST_CHECK int fleet_create(const struct fleet_options *options, struct fleet **ret,
                            struct err *err);
void fleet_destroy(struct fleet *f); /* NULL is fine */

/* Runs until the descriptor (a signalfd) is readable. Prints "ready N" to stdout when all nodes
 * have attached for the first time, and one line of counts as JSON when it ends. */
MUST_CHECK int fleet_run(struct fleet *f, int stop_fd, struct err *err);

#endif

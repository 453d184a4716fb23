#ifndef PUMASI_TESTS_SUPPORT_LOAD_JOINER_H
#define PUMASI_TESTS_SUPPORT_LOAD_JOINER_H

#include "lib/base/id.h"
#include "lib/rpc/loop.h"

/*
 * Makes nodes members: for each a join token, asked for as the operator, and a certificate, asked
 * for with the token. Key and certificate are kept in a directory, so that a second start does not
 * join again.
 */
struct joiner_options {
    struct rpc_loop *loop;
    const char *server;   /* one HOST:PORT */
    const char *operator; /* directory with ca.pem, cert.pem, key.pem of who may invite nodes */
    const char *dir;      /* where NODE.pem and NODE.key are kept */
    struct id organisation;
    struct id pool;
    const struct id *names;
    size_t n;
};

/* Blocks until all have joined; several join at a time. */
MUST_CHECK int joiner_run(const struct joiner_options *options, struct err *err);

#endif

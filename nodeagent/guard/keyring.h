#ifndef PUMASI_NODEAGENT_GUARD_KEYRING_H
#define PUMASI_NODEAGENT_GUARD_KEYRING_H

#include "lib/base/err.h"
#include "lib/base/id.h"
#include "lib/base/span.h"
#include "lib/pki/key.h"

#include <stddef.h>

/*
 * The public keys of one kind that this node believes: one PEM file each in a directory that only
 * root writes. A key is found by its id, which follows from the key itself. Plain data after
 * loading, any thread.
 */
#define KEYRING_MAX 16

struct keyring {
    struct public_key keys[KEYRING_MAX];
    struct id ids[KEYRING_MAX];
    size_t count;
};

/* Reads every "*.pem" of the directory. An empty directory gives an empty ring, which believes
 * nothing. ERR_INVALID: a file that is no public key; ERR_LIMIT: too many. */
MUST_CHECK int keyring_load(const char *dir, struct keyring *ret, struct err *err);

/* Did the key of that id sign these bytes? ERR_VERIFICATION: no, or the id is unknown. */
MUST_CHECK int keyring_verify(const struct keyring *ring, const struct id *key, struct span bytes,
                              struct span signature, struct err *err);

#endif

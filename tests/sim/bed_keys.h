#ifndef PUMASI_TESTS_SIM_LAB_KEYS_H
#define PUMASI_TESTS_SIM_LAB_KEYS_H

#include "controlplane/domain/actor.h"
#include "lib/pki/key.h"

/*
 * Toy cryptography in the place of lib/pki/{key,sign} and of the certificates: a key is a text, a
 * signature the world's keyed checksum (tests/support/world). Forging is not what is simulated;
 * checking the wrong thing is.
 */

/* The key pair of that name; not to be destroyed twice. */
struct key *bed_key(const char *name);
struct public_key bed_public(const char *name);

/* What stands in for a certificate: who calls. */
struct bed_identity {
    struct principal principal;
    struct public_key key;
};

#endif

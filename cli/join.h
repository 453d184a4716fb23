#ifndef PUMASI_CLI_JOIN_H
#define PUMASI_CLI_JOIN_H

#include "cli/invocation.h"
#include "lib/pki/key.h"

#include <jansson.h>

/*
 * Joining: a new key on this machine, a certificate for it from the control plane, on the word of
 * a one-time token. Used by `login` and by `node join`.
 */

/* The options of a command that joins: --token, --token-file, --ca; part of its own list. */
#define JOIN_OPTIONS                                                                               \
    {.name = "token",                                                                              \
     .type = OPTION_TEXT,                                                                          \
     .help = N_("the one-time token; other users of this machine can see it here")},               \
        {.name = "token-file",                                                                     \
         .type = OPTION_FILE,                                                                      \
         .help = N_("a file with the token, - for standard input")},                               \
    {                                                                                              \
        .name = "ca", .type = OPTION_FILE,                                                         \
        .help = N_("the certificate to believe, which came with the token")                        \
    }

struct joined {
    struct key *key;
    json_t *reply;      /* pumasi.v1.JoinReply */
    char servers[1024]; /* that were asked, for the context */
};

/* Makes a key, shows the token, takes the certificate. ERR_UNAUTHENTICATED: the token is unknown,
 * used or too old. */
MUST_CHECK int join_run(struct invocation *inv, struct joined *ret, struct err *err);
void joined_fini(struct joined *joined); /* a zeroed struct is fine */

/* A text member of the reply; "" when it isn't there. Borrowed. */
const char *joined_text(const struct joined *joined, const char *member);

#define CLEANUP_JOINED __attribute__((cleanup(joined_fini)))

#endif

#ifndef PUMASI_CLI_INVITE_H
#define PUMASI_CLI_INVITE_H

#include "cli/invocation.h"

/*
 * One-time tokens for users and nodes, as `user invite` and `node invite` make them. The request
 * comes from the command's options; the token is printed once, on the output, and kept nowhere.
 */
#define INVITE_OPTIONS                                                                             \
    {                                                                                              \
        .name = "ca-out", .type = OPTION_FILE,                                                     \
        .help = N_("write the certificate that the other side has to believe to this file")        \
    }

extern const struct view invite_view;

/* purpose: "user" or "node". */
MUST_CHECK int invite_run(struct invocation *inv, const char *purpose, struct err *err);

#endif

#ifndef PUMASI_CLI_CALL_H
#define PUMASI_CLI_CALL_H

#include "cli/invocation.h"

#include <jansson.h>

/*
 * Commands that are one call to the server: everything follows from the row (command.h): the
 * options' fields fill the request, `call` names method and kind, `view` shows the reply.
 */

/* The exec of such a command. */
MUST_CHECK int call_exec(struct invocation *inv, struct err *err);

/* Sends a change and prints its outcome: for commands that fill their request themselves, or send
 * several (apply). request is borrowed. Returns ERR_WAITING when an approval is awaited. */
MUST_CHECK int call_change(struct invocation *inv, const char *service, const char *method,
                           json_t *request, struct err *err);

/* Prints a ChangeReply: what became of which object, the plan, the price, notes; notes that an
 * approval is awaited in err (ERR_WAITING), and a plan that would change something in inv. */
MUST_CHECK int call_print_change(struct invocation *inv, const json_t *reply, struct err *err);

#endif

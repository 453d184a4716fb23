#ifndef PUMASI_CLI_CLIENT_H
#define PUMASI_CLI_CLIENT_H

#include "cli/context_store.h"
#include "cli/invocation.h"

#include <jansson.h>

/*
 * Calls to the control plane, JSON in and JSON out, by the names of the API ("LeaseService",
 * "BookLease"). Servers are tried in turn: one that says not-leader, or that cannot be reached, is
 * passed over for the next; while none can be reached, they are tried again for a few seconds,
 * because one may be starting. Signs in with the certificate of the context in use. One thread.
 *
 * A change whose outcome nobody knows is asked for once more under the same request id, which is
 * safe because an id takes effect at most once; if that does not tell either, the error is
 * ERR_UNKNOWN_OUTCOME and the invocation's advice names the command that looks it up.
 */
struct client;

/* Reads the context, and renews its certificate when half of its life is over (cli/renewal.h);
 * connects only for that. ERR_UNAUTHENTICATED: no context; ERR_INVALID: no server
 * is known. */
MUST_CHECK int client_open(struct invocation *inv, struct client **ret, struct err *err);

/* For calls before there is a context (joining): servers ("host:port host:port") and the root to
 * believe, no certificate of its own. */
MUST_CHECK int client_open_unknown(struct invocation *inv, const char *servers, struct span ca_pem,
                                   struct client **ret, struct err *err);
void client_close(struct client *client); /* NULL is fine */

/* Calls a method and waits for the answer, at most --timeout. request is borrowed; *ret is a new
 * reference. Names that the API doesn't have are a broken promise. */
MUST_CHECK int client_call(struct client *client, const char *service, const char *method,
                           const json_t *request, json_t **ret, struct err *err);

/* As client_call() for a method that changes something and has no request id (joining): when the
 * outcome is unknown it is not repeated. */
MUST_CHECK int client_submit(struct client *client, const char *service, const char *method,
                             const json_t *request, json_t **ret, struct err *err);

/* As client_call() for a method that changes something: puts {"head": {request_id, dry_run}} into
 * the request, and repeats it as told above. */
MUST_CHECK int client_change(struct client *client, const char *service, const char *method,
                             json_t *request, json_t **ret, struct err *err);

/* Calls a List method page by page and joins the pages: *ret is the first reply with all items.
 * At most CLIENT_ITEMS_MAX items; beyond: ERR_LIMIT. */
#define CLIENT_ITEMS_MAX 100000
MUST_CHECK int client_list(struct client *client, const char *service, const char *method,
                           const json_t *request, json_t **ret, struct err *err);

/* Who signs in; NULL for client_open_unknown(). */
const struct context *client_context(const struct client *client);

static inline void client_cleanup(struct client **client)
{
    client_close(*client);
}
#define CLEANUP_CLIENT __attribute__((cleanup(client_cleanup)))

#endif

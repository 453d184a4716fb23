#ifndef PUMASI_CONTROLPLANE_DOMAIN_AUTHORISE_H
#define PUMASI_CONTROLPLANE_DOMAIN_AUTHORISE_H

#include "controlplane/domain/decide.h"

/*
 * Who may ask what, as two tables: commands by role, and objects by what an actor may see.
 * Additive; what no row allows is denied. docs/spec/authorisation.md is printed from them, and a
 * test holds every command x role x organisation against a table written by hand.
 */

/* ERR_DENIED names the roles that would do; ERR_UNAUTHENTICATED for strangers. */
MUST_CHECK int authorise_command(const struct actor *actor, enum command_kind kind,
                                 struct err *err);

/* Whether the actor may see the object: the agency and auditors see all, others what their
 * organisation is party to. What may not be seen does not exist for the caller. */
bool authorise_view(const struct state *s, const struct actor *actor, enum entity_kind kind,
                    const void *record);

/* Whether the actor sees all there is, and so also what is gone: the agency's people, auditors, and
 * the control plane itself (no peer from the network is ACTOR_SERVICE). */
bool authorise_view_all(const struct state *s, const struct actor *actor);

/* How much of a project's statement the actor sees. Who sees the project sees no statement by that:
 * what the members used and paid is for their lead and the agency, and each one's own for itself.
 */
enum statement_scope {
    STATEMENT_NONE,
    STATEMENT_OWN, /* the lines of the actor's organisation */
    STATEMENT_ALL
};
enum statement_scope authorise_statement(const struct state *s, const struct actor *actor,
                                         const struct project *project);

#endif

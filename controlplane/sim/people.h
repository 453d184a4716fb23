#ifndef PUMASI_CONTROLPLANE_SIM_PEOPLE_H
#define PUMASI_CONTROLPLANE_SIM_PEOPLE_H

#include "controlplane/sim/scenario.h"
#include "controlplane/sim/world.h"

/*
 * Who takes part. Everybody joins as in the product: the agency's administrator with the first
 * command, all others by a token that is made for them and used once.
 *
 *   admin.AGENCY                      agency-admin
 *   approver.AGENCY, second.AGENCY    agency-approver
 *   member.ORG    of every organisation but the agency: org-member, org-approver, finance
 *   operator.ORG  of every supplier: supplier-operator, supplier-approver
 */

/* The administrator of the agency, whose organisation must be among the documents, and what the
 * documents say, applied by that administrator; then everybody else. */
MUST_CHECK int people_join(struct world *w, const struct scenario *s, struct err *err);

/* A node joins the pool under that name. */
MUST_CHECK int people_join_node(struct world *w, const struct scenario *s, const struct id *name,
                                const struct id *pool, struct err *err);

#endif

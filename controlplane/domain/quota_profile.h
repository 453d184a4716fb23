#ifndef PUMASI_CONTROLPLANE_DOMAIN_QUOTA_PROFILE_H
#define PUMASI_CONTROLPLANE_DOMAIN_QUOTA_PROFILE_H

#include "controlplane/domain/quota.h"
#include "controlplane/domain/steps.h"
#include "lib/base/instant.h"

/*
 * The lending tree of one device model through time: the nodes stay, their numbers are step
 * functions of the instant. It answers whether something fits at every instant of a window.
 *
 * Capacity and usage are sums of windows (a pool's devices in service, a loan that moves nominal
 * for its term, a lease), limits are set from an instant on. What was added is taken back by adding
 * the negative amount over the same window. Amounts at any instant must stay >= 0.
 */
struct quota_profile;

/* The numbers of the nodes hold from ever until changed. Errors as quota_tree_create(). */
MUST_CHECK int quota_profile_create(const struct quota_node *nodes, size_t n,
                                    struct quota_profile **ret, struct err *err);
void quota_profile_destroy(struct quota_profile *p); /* NULL is fine */

MUST_CHECK int quota_profile_find(const struct quota_profile *p, struct span name, size_t *ret,
                                  struct err *err);

/* window.to may be INSTANT_NEVER. An empty window changes nothing. */
void quota_profile_add_nominal(struct quota_profile *p, size_t node, struct window window,
                               int64_t amount);
void quota_profile_add_usage(struct quota_profile *p, size_t node, struct window window,
                             int64_t amount);
/* Usage that is kept elsewhere: borrowed until p is destroyed, and read as it is then. */
void quota_profile_take(struct quota_profile *p, size_t node, const struct steps *units);
/* Both limits from `from` until the next such change. A limit at a root is a broken promise. */
void quota_profile_set_limits(struct quota_profile *p, size_t node, struct instant from,
                              int64_t borrow_limit, int64_t lend_limit);

/* The tree at t: borrowed until the next call on p. */
const struct quota_tree *quota_profile_at(struct quota_profile *p, struct instant t);

/* Whether `amount` more is available at `node` at every instant of the window (an empty window:
 * yes). If not, *ret_conflict (may be NULL) is the first instant at which it is not. */
bool quota_fits(struct quota_profile *p, size_t node, struct window window, int64_t amount,
                struct instant *ret_conflict);

/* The smallest figure of quota_available() over the window. */
int64_t quota_available_throughout(struct quota_profile *p, size_t node, struct window window);

#endif

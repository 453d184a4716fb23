#ifndef PUMASI_CONTROLPLANE_DOMAIN_FIGURES_H
#define PUMASI_CONTROLPLANE_DOMAIN_FIGURES_H

#include "controlplane/domain/pool.h"
#include "controlplane/domain/state.h"

/* The counts of a pool that are kept apart (장수: 계약, 납품, 검수, 가동), and what is lent and
 * leased of it at an instant. Devices count once in each stage that they have reached. */
struct pool_figures {
    struct share contracted;
    struct share delivered;
    struct share accepted;
    struct share in_service;
    struct share lent;   /* guaranteed by loans in force */
    struct share leased; /* held by leases: devices granted and not yet back */
};

struct pool_figures figures_of_pool(const struct state *s, const struct pool *pool,
                                    struct instant now);

#endif

#ifndef PUMASI_CONTROLPLANE_DOMAIN_ANSWER_H
#define PUMASI_CONTROLPLANE_DOMAIN_ANSWER_H

#include "controlplane/domain/approval.h"
#include "controlplane/domain/entity.h"

/* What a decision tells whoever asked: the object it was about, the approval that is awaited, the
 * plan and the price, and what else they should know. */
struct quote {
    struct id organisation;
    struct frac value_exact;
    struct won value_krw;
    struct won burden_krw;
    bool confirmed;
};

struct answer {
    enum entity_kind kind;
    struct id id;
    struct id state;    /* name of the state after the change; none if it has no state */
    struct id approval; /* awaited; none otherwise */
    bool has_plan;
    struct plan plan;
    bool has_quote;
    struct quote quote;
    struct list notes; /* struct plan_line */
};

/* Frees what it owns and zeroes it; a zeroed answer is a good one. */
void answer_fini(struct answer *a);

/* Moves it out, leaving a zeroed one behind. */
struct answer answer_take(struct answer *from);

#endif

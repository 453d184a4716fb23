#ifndef PUMASI_CONTROLPLANE_DOMAIN_PLAN_H
#define PUMASI_CONTROLPLANE_DOMAIN_PLAN_H

#include "controlplane/domain/turn.h"
#include "lib/base/buf.h"

#include <stdarg.h>

/*
 * What an approver is shown and signs: the plan of an approval, computed from the state as this
 * decision has left it. Canonical: the same facts give the same lines, whenever it is computed; an
 * instant of computing is not in it, so it changes only when the facts do.
 *
 * Kinds of subjects: loan, allocation, recall, stage decision.
 */
#define PLAN_TEXT_MAX (256 * PLAN_LINE_CAP)

struct plan_facts {
    struct plan plan;
    struct won amount_krw;     /* what the number of approvers follows from */
    uint32_t approvers_needed; /* 2 above the programme's limit, else 1 */
};

/* The plan as of now. ret must be freed with plan_facts_fini(). Errors: ERR_NOT_FOUND when the
 * subject is gone, ERR_NO_RATE when it has no price any more. */
MUST_CHECK int plan_compute(const struct turn *t, const struct approval *a, struct plan_facts *ret,
                            struct err *err);
void plan_facts_fini(struct plan_facts *f); /* safe on a zeroed struct */

/* One more line, of printf form; what people wrote stays on its line. */
void plan_vadd(struct plan *p, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/* Sets the hash of its text. */
void plan_seal(const struct turn *t, struct plan *p);

/* The signed bytes: the lines, each ended by a newline. out is appended to. */
void plan_text(const struct plan *p, struct buf *out);

#endif

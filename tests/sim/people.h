#ifndef PUMASI_TESTS_SIM_PEOPLE_H
#define PUMASI_TESTS_SIM_PEOPLE_H

#include "tests/sim/federation.h"

/*
 * Those who use it, each on a host of their own: two members who book, release, look and ask for
 * more, two lenders who recall, two approvers who sign what waits. They take the first control
 * plane that answers, and ask again under the same request id when they can't know what became of a
 * request; now and then they ask twice.
 *
 * What they were told is kept here and compared with the truth (I5, I6, I11, I12).
 */
void people_start(const struct federation *f);

/* From now on nobody begins anything new. */
void people_stop(void);

/* Nobody waits for an answer. */
bool people_are_done(void);

/* At the end. */
void people_check(void);

uint64_t people_acknowledged(void);
uint64_t people_refused(void);

#endif

#ifndef PUMASI_TESTS_SIM_TRUTH_H
#define PUMASI_TESTS_SIM_TRUTH_H

#include "controlplane/domain/state.h"
#include "lib/store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bed_cgroup;
struct bed_tier;

/*
 * What really happened: the store's own content, followed without any fault, and what the kernels
 * of the nodes did. Every invariant is judged here, at every step, by code that the product does
 * not share.
 *
 *   I1   no device is booked over a whole at any instant, nor let in over a whole by a kernel
 *   I2   no device is held over a whole by processes
 *   I3   no process outlives its lease's end, nor the instant at which it is void
 *   I4   nobody is killed before its end
 *   I5   what was acknowledged is there
 *   I6   a request takes effect at most once
 *   I7   metered time is enforced time: no overlap, nothing outside, and at the end nothing missing
 *   I8   budgets and loans add up
 *   I10  nothing is in force without its approvals
 *   I12  nobody sees a version go backwards
 *   I13  after the last fault everything settles
 */

/* Follows the store from here on, which is empty. */
void truth_open(struct store *store);

const struct state *truth_state(void);

/* ---- the kernels ---- */

/* Its devices can be opened from now on. */
void truth_opened(const struct bed_tier *t, const struct bed_cgroup *c);
void truth_closed(int host, const struct id *lease); /* nobody has them open any more */
void truth_killed(int host, const struct id *lease, bool expired);

/* What processes hold now: called once a second for each. */
void truth_holds_begin(void);
void truth_holds(int host, const struct bed_cgroup *c);
void truth_holds_end(void);

/* Once a second: what needs no event. */
void truth_look(void);

/* At the end: usage against what the kernels did. A node whose guard or kernel was restarted may
 * have gaps. */
void truth_check_usage(const bool disturbed[]);

/* Leases that the user asked for, in all: not those that go on with one on other devices. */
size_t truth_booked_by(const struct id *user);

#endif

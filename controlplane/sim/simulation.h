#ifndef PUMASI_CONTROLPLANE_SIM_SIMULATION_H
#define PUMASI_CONTROLPLANE_SIM_SIMULATION_H

#include "controlplane/sim/conservation.h"
#include "controlplane/sim/scenario.h"
#include "controlplane/sim/world.h"

/*
 * One run of a scenario in virtual time. The clock goes from event to event: what the decider says
 * is due, ends of Korean months (nodes report what they metered), and the scenario's steps. After
 * each, nodes act until nothing moves any more, and then what must hold is checked.
 */
struct simulation;

/* s is borrowed and must outlive it. */
struct simulation *simulation_create(const struct scenario *s);
void simulation_destroy(struct simulation *sim); /* NULL is fine */

/*
 * Plays the whole scenario, once. Fails when the scenario can't be played: a manifest or a step
 * that the decider refuses without the scenario saying so (the error names the place in the file).
 * Broken invariants do not stop it; they are in simulation_conservation().
 */
MUST_CHECK int simulation_run(struct simulation *sim, struct err *err);

/* Borrowed. */
const struct world *simulation_world(const struct simulation *sim);
const struct conservation *simulation_conservation(const struct simulation *sim);

#endif

#ifndef PUMASI_TESTS_SIM_AGENDA_H
#define PUMASI_TESTS_SIM_AGENDA_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Virtual time: what happens when. Entries of one instant happen in the order in which they were
 * added. An entry belongs to a life, a counter that its owner raises when it dies: what a process
 * had planned dies with it.
 */
struct agenda;

typedef void (*agenda_fn)(void *arg);

struct agenda *agenda_create(int64_t start_ns);
void agenda_destroy(struct agenda *a); /* NULL is fine */

int64_t agenda_now(const struct agenda *a);

/* In after_ns from now (0: next). life may be NULL: immortal. It must outlive the agenda. */
void agenda_add(struct agenda *a, int64_t after_ns, const uint64_t *life, agenda_fn fn, void *arg);

/* Does the next thing, moving the clock to it, unless that is after until_ns. False: it is, and the
 * clock stands at until_ns. */
bool agenda_step(struct agenda *a, int64_t until_ns);

#endif

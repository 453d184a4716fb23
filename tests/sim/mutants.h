#ifndef PUMASI_TESTS_SIM_MUTANTS_H
#define PUMASI_TESTS_SIM_MUTANTS_H

#include <stddef.h>

/*
 * Planted bugs. Each takes a function of the product away and puts a wrong one in its place: the
 * linker leads every call from another file to __wrap_NAME, which does the right thing unless its
 * mutant was chosen. The product's code knows nothing of them.
 *
 * A checker is only as good as the mutants it kills: every one of them must be found.
 */
struct mutant {
    const char *name;
    const char *what; /* the bug, in words */
};

/* All of them; a NULL name ends the table. */
extern const struct mutant mutants[];

/* Chooses one for the rest of the process. Returns 0, or -1 when there is none of that name. */
int mutant_choose(const char *name);

#endif

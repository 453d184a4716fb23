#include "tests/sim/mutants.h"

#include <stdbool.h>
#include <string.h>

static const struct mutant *chosen;

const struct mutant mutants[] = {
    {NULL, NULL},
};

int mutant_choose(const char *name)
{
    chosen = NULL;
    for (const struct mutant *m = mutants; name && m->name; m++) {
        if (strcmp(m->name, name) == 0)
            chosen = m;
    }
    return !name || chosen ? 0 : -1;
}

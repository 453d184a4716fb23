/* A growing array. */
#include "controlplane/sim/chronicle.h"

#include <stdlib.h>

void chronicle_fini(struct chronicle *c)
{
    free(c->lines);
    *c = (struct chronicle){0};
}

struct chronicle_line *chronicle_add(struct chronicle *c)
{
    if (c->n == c->cap) {
        c->cap = c->cap ? 2 * c->cap : 64;
        c->lines = reallocarray(c->lines, c->cap, sizeof *c->lines);
        ENSURE(c->lines != NULL);
    }
    c->lines[c->n] = (struct chronicle_line){.what = "", .state = ""};
    return &c->lines[c->n++];
}

#ifndef PUMASI_CONTROLPLANE_SIM_CHRONICLE_H
#define PUMASI_CONTROLPLANE_SIM_CHRONICLE_H

#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/base/limits.h"

#include <stddef.h>

/* What happened in a run, line by line, in the order in which it happened. Grows with the run. */
struct chronicle_line {
    struct instant at;
    struct id who;     /* user, node, or "time" */
    const char *what;  /* command or event; static */
    struct id subject; /* object */
    const char *state; /* of the object after it; static, "" for none */
    char note[LIMIT_NAME_BYTES];
};

struct chronicle {
    struct chronicle_line *lines;
    size_t n, cap;
};

void chronicle_fini(struct chronicle *c); /* safe on a zeroed one */

/* A zeroed line (with an empty state) at the end; borrowed until the next. */
struct chronicle_line *chronicle_add(struct chronicle *c);

#endif

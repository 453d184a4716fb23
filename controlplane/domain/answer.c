/* Answers: ownership only. */
#include "controlplane/domain/answer.h"

#include <stdlib.h>

void answer_fini(struct answer *a)
{
    record_fini(&plan_type, &a->plan);
    free(a->notes.items);
    *a = (struct answer){0};
}

struct answer answer_take(struct answer *from)
{
    struct answer taken = *from;
    *from = (struct answer){0};
    return taken;
}

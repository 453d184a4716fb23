/* Cuts usage to the period and lets co-funding do the arithmetic. Pure. */
#include "billing/statement.h"

#include <stdlib.h>

/* The usage inside the period; *n of them, to be freed. */
static struct cofunding_usage *cut_usage(const struct cofunding_input *in, struct window period,
                                         size_t *n)
{
    struct cofunding_usage *cut = calloc(in->n_usage + 1, sizeof(*cut));
    ENSURE(cut != NULL);
    *n = 0;
    for (size_t i = 0; i < in->n_usage; i++) {
        ENSURE(in->usage[i].steps == NULL); /* a statement is made of intervals */
        if (!window_overlaps(in->usage[i].window, period))
            continue;
        cut[*n] = in->usage[i];
        cut[*n].window = window_intersect(in->usage[i].window, period);
        (*n)++;
    }
    return cut;
}

int statement_create(const struct statement_head *head, const struct cofunding_input *in,
                     struct statement **ret, struct err *err)
{
    if (window_empty(head->period))
        return err_set(err, ERR_INVALID, "period: it ends before it begins: set a later end");
    struct cofunding_input cut = *in;
    struct cofunding_usage *usage = cut_usage(in, head->period, &cut.n_usage);
    cut.usage = usage;
    cut.period_end = head->period.to;
    struct cofunding_result *result;
    int rc = cofunding_eval(&cut, &result, err);
    free(usage);
    TRY(rc);
    struct statement *s = calloc(1, sizeof(*s));
    ENSURE(s != NULL);
    *s = (struct statement){.head = *head,
                            .part_month = in->policy->part_month,
                            .grain = in->policy->grain,
                            .burden_base = in->policy->burden_base,
                            .payable_truncate_krw = in->policy->payable_truncate_krw,
                            .result = result};
    *ret = s;
    return 0;
}

void statement_destroy(struct statement *s)
{
    if (s == NULL)
        return;
    cofunding_result_destroy(s->result);
    free(s);
}

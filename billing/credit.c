/* What a wait takes off the price. Pure. */
#include "billing/credit.h"

#include "lib/base/share.h"
#include "lib/base/text.h"

#include <stdlib.h>

#define HOUR_S          INT64_C(3600)
#define HOURS_PER_MONTH 720

int burden_factor(enum burden_base base, struct frac rate, struct frac *ret)
{
    if (base == BURDEN_GPU_VALUE) {
        *ret = rate;
        return 0;
    }
    struct frac rest;
    TRY(frac_sub(frac_of(1), rate, &rest));
    return frac_div(rate, rest, ret);
}

/* The dated line that holds t. */
static struct dated_line line_at(const struct dated_facts *facts, struct instant t)
{
    size_t n;
    struct dated_line *lines = dated_lines(facts, &n);
    struct dated_line found = lines[0];
    for (size_t i = 1; i < n && lines[i].from.s <= t.s; i++)
        found = lines[i];
    free(lines);
    return found;
}

static int fill(const struct dated_line *line, const struct cofunding_policy *policy,
                struct cofunding_credit *ret, struct err *err)
{
    struct frac gpus, hour, discount, rate, factor, value, burden;
    ret->price_krw = line->price->krw_per_gpu_month;
    ret->gpus_per_unit = price_gpus(line->price);
    TRY(text_set(ret->rate, sizeof(ret->rate), span_text(line->rate->rate), "rate", err));
    TRY(percent_parse(span_text(policy->fault_discount), &discount, err));
    TRY(percent_parse(span_text(ret->rate), &rate, err));
    TRY(burden_factor(policy->burden_base, rate, &factor));
    TRY(frac_mul(frac_of(ret->hours), frac_ratio(ret->units, SHARE_PER_GPU), &gpus));
    TRY(frac_mul(frac_of(ret->price_krw.krw), frac_ratio(1, ret->gpus_per_unit * HOURS_PER_MONTH),
                 &hour));
    TRY(frac_mul(gpus, hour, &value));
    TRY(frac_mul(value, discount, &value));
    TRY(frac_mul(value, factor, &burden));
    exact_of_frac(&ret->value, value);
    exact_of_frac(&ret->burden, burden);
    return 0;
}

int credit_of_wait(const struct dated_facts *facts, const struct cofunding_wait *wait,
                   struct cofunding_credit *ret, bool *ret_any, struct err *err)
{
    const struct cofunding_policy *policy = facts->policy;
    int64_t length = wait->window.to.s - wait->window.from.s;
    int64_t hours = (length - policy->fault_wait_limit_s) / HOUR_S;
    ENSURE(length > 0 && wait->units >= 0);
    *ret_any = policy->fault_discount[0] != '\0' && hours > 0 && wait->units > 0;
    if (!*ret_any)
        return 0;
    struct dated_line line = line_at(facts, wait->window.from);
    if (line.price == NULL || line.rate == NULL)
        return err_set(err, ERR_NO_RATE,
                       "a fault of %s is credited when no price or rate is in force: set one",
                       facts->model);
    struct cofunding_credit credit = {.window = wait->window, .units = wait->units, .hours = hours};
    TRY(text_set(credit.model, sizeof(credit.model), span_text(wait->model), "model", err));
    TRY(fill(&line, policy, &credit, err));
    *ret = credit;
    return 0;
}

/*
 * Adds up what the members of a project used and must bear. Pure: a function of its input. Works
 * member by member: usage sorted by model and begin is priced series by series, then the amounts
 * are rounded once, then contributions are set against them.
 */
#include "billing/cofunding.h"

#include "billing/credit.h"
#include "billing/series.h"
#include "lib/base/text.h"

#include <stdlib.h>

/* A proposed cash amount is rounded up to this: domain rule 6.7. */
#define CASH_UNIT_KRW 10

#define REASON_OWN_DATA     "own-data"
#define REASON_NOT_ACCEPTED "kind-not-accepted"

static void *zeroed(size_t n, size_t size)
{
    void *items = calloc(n ? n : 1, size);
    ENSURE(items != NULL);
    return items;
}

static int compare_usage(const void *a, const void *b)
{
    const struct cofunding_usage *x = a, *y = b;
    if (x->member != y->member)
        return x->member < y->member ? -1 : 1;
    int by_model = strcmp(x->model, y->model);
    return by_model ? by_model : instant_compare(x->window.from, y->window.from);
}

static bool same_series(const struct cofunding_usage *a, const struct cofunding_usage *b)
{
    return a->member == b->member && strcmp(a->model, b->model) == 0;
}

static struct dated_facts facts_of(const struct cofunding_input *in, uint32_t member,
                                   const char *model)
{
    return (struct dated_facts){.policy = in->policy,
                                .model = model,
                                .sizes = in->members[member].sizes,
                                .n_sizes = in->members[member].n_sizes,
                                .openness = in->openness,
                                .n_openness = in->n_openness};
}

/* Prices one run of usage of one member and model. */
static int add_series(const struct cofunding_input *in, const struct cofunding_usage *usage,
                      size_t n, struct cofunding_share *share, struct err *err)
{
    const struct cofunding_member *member = &in->members[usage->member];
    struct series s = {.facts = facts_of(in, usage->member, usage->model),
                       .organisation = member->organisation,
                       .usage = usage,
                       .n_usage = n};
    share->models = reallocarray(share->models, share->n_models + 1, sizeof(share->models[0]));
    ENSURE(share->models != NULL);
    struct cofunding_model *model = &share->models[share->n_models];
    TRY(text_set(model->model, sizeof(model->model), span_text(usage->model), "model", err));
    TRY(series_price(&s, &share->lines, &share->n_lines, &model->months, err));
    share->n_models++;
    return 0;
}

static int add_usage(const struct cofunding_input *in, struct cofunding_usage *usage,
                     struct cofunding_result *r, struct err *err)
{
    qsort(usage, in->n_usage, sizeof(*usage), compare_usage);
    for (size_t i = 0, end; i < in->n_usage; i = end) {
        for (end = i + 1; end < in->n_usage && same_series(&usage[i], &usage[end]);)
            end++;
        TRY(add_series(in, &usage[i], end - i, &r->members[usage[i].member], err));
    }
    return 0;
}

static int add_credits(const struct cofunding_input *in, struct cofunding_result *r,
                       struct err *err)
{
    for (size_t i = 0; i < in->n_waits; i++) {
        const struct cofunding_wait *wait = &in->waits[i];
        ENSURE(wait->member < in->n_members);
        struct cofunding_share *share = &r->members[wait->member];
        struct dated_facts facts = facts_of(in, wait->member, wait->model);
        struct cofunding_credit credit;
        bool any;
        TRY(credit_of_wait(&facts, wait, &credit, &any, err));
        if (!any)
            continue;
        share->credits =
            reallocarray(share->credits, share->n_credits + 1, sizeof(share->credits[0]));
        ENSURE(share->credits != NULL);
        share->credits[share->n_credits++] = credit;
    }
    return 0;
}

const char *refusal_words(const char *reason)
{
    return strcmp(reason, REASON_OWN_DATA) == 0 ? "the value of own data is not accepted in kind"
                                                : "the programme does not accept this kind";
}

const char *refusal_words_ko(const char *reason)
{
    return strcmp(reason, REASON_OWN_DATA) == 0 ? "자체 데이터의 가치는 현물로 인정되지 않습니다"
                                                : "이 사업에서 현물로 인정되지 않는 종류입니다";
}

static int add_refusal(struct cofunding_share *share, const struct cofunding_contribution *c,
                       struct err *err)
{
    share->refusals =
        reallocarray(share->refusals, share->n_refusals + 1, sizeof(share->refusals[0]));
    ENSURE(share->refusals != NULL);
    struct cofunding_refusal *refusal = &share->refusals[share->n_refusals];
    TRY(text_set(refusal->kind, sizeof(refusal->kind), span_text(c->kind), "kind", err));
    refusal->krw = c->krw;
    refusal->reason =
        strcmp(c->kind, CONTRIBUTION_DATA) == 0 ? REASON_OWN_DATA : REASON_NOT_ACCEPTED;
    share->n_refusals++;
    return 0;
}

/* Sums refuse to overflow without a word; here it is known what was added up. */
static int name_overflow(int rc, const char *place, const char *whose, struct err *err)
{
    if (rc != -ERR_OVERFLOW || err->code != ERR_OK)
        return rc;
    return err_set(err, ERR_OVERFLOW, "%s: the amounts of %s are too large to add up: check them",
                   place, whose);
}

static int add_contribution(const struct cofunding_input *in,
                            const struct cofunding_contribution *c, struct cofunding_share *share,
                            struct err *err)
{
    ENSURE(c->krw.krw >= 0);
    if (strcmp(c->kind, CONTRIBUTION_CASH) == 0)
        return won_add(share->cash_paid_krw, c->krw, &share->cash_paid_krw);
    if (policy_accepts_in_kind(in->policy, c->kind))
        return won_add(share->in_kind_accepted_krw, c->krw, &share->in_kind_accepted_krw);
    return add_refusal(share, c, err);
}

static int add_contributions(const struct cofunding_input *in, struct cofunding_result *r,
                             struct err *err)
{
    for (size_t i = 0; i < in->n_contributions; i++) {
        const struct cofunding_contribution *c = &in->contributions[i];
        ENSURE(c->member < in->n_members);
        int rc = add_contribution(in, c, &r->members[c->member], err);
        TRY(name_overflow(rc, "contributions", in->members[c->member].organisation, err));
    }
    return 0;
}

static struct instant last_instant(const struct cofunding_input *in)
{
    struct instant end = {INSTANT_MIN_S};
    for (size_t i = 0; i < in->n_usage; i++)
        end = instant_max(end, in->usage[i].window.to);
    if (in->period_end.s != INSTANT_NEVER.s)
        end = in->period_end;
    return instant_add(end, -1);
}

/* The cash floor's rate of the class in force at the end; a burden without one is refused. */
static int find_cash_floor(const struct cofunding_input *in, const struct cofunding_member *member,
                           struct cofunding_share *share, struct frac *ret, struct err *err)
{
    *ret = FRAC_ZERO;
    if (in->policy->charge == CHARGE_FEE) { /* a fee is paid in cash, all of it */
        *ret = frac_of(1);
        return text_set(share->cash_floor_rate, sizeof(share->cash_floor_rate), span_text("100%"),
                        "cash floor", err);
    }
    const struct dated_size *size = dated_size_at(member->sizes, member->n_sizes, last_instant(in));
    enum size_class class =
        size == NULL ? SIZE_NONE : size_class_for_rate(size->size, size->legal_size);
    const struct cash_floor *floor = policy_cash_floor(in->policy, class);
    if (floor == NULL && share->burden_krw.krw == 0)
        return 0;
    if (floor == NULL)
        return err_set(err, ERR_NO_RATE,
                       "programme.cash_floor.%s: no cash floor is set, and %s bears %lld won: set "
                       "the floor",
                       enum_name(&size_class_names, (int)class), member->organisation,
                       (long long)share->burden_krw.krw);
    TRY(text_set(share->cash_floor_rate, sizeof(share->cash_floor_rate), span_text(floor->rate),
                 "cash floor", err));
    return percent_parse(span_text(floor->rate), ret, err);
}

static struct won won_min(struct won a, struct won b)
{
    return won_compare(a, b) <= 0 ? a : b;
}

/* a - b, never below 0. Both are 0 or more. */
static struct won won_missing(struct won a, struct won b)
{
    return (struct won){a.krw > b.krw ? a.krw - b.krw : 0};
}

static int set_cash(struct cofunding_share *share, struct frac floor_rate)
{
    struct frac floor;
    struct won whole;
    TRY(frac_mul(frac_of(share->burden_krw.krw), floor_rate, &floor));
    TRY(won_round_up(floor, CASH_UNIT_KRW, &share->cash_floor_krw));
    TRY(won_round_up(floor, 1, &whole));
    share->cash_floor_krw = won_min(share->cash_floor_krw, share->burden_krw);
    share->in_kind_max_krw = won_missing(share->burden_krw, share->cash_floor_krw);
    share->cash_shortfall_krw = won_missing(whole, share->cash_paid_krw);
    struct won in_kind = won_min(share->in_kind_accepted_krw, share->in_kind_max_krw);
    share->shortfall_krw =
        won_missing(won_missing(share->burden_krw, share->cash_paid_krw), in_kind);
    return 0;
}

/* A credit never makes an amount negative. */
static int take_off(const struct exact *credit, struct exact *amount)
{
    int order;
    TRY(exact_compare(amount, credit, &order));
    if (order >= 0)
        return exact_sub(amount, credit, amount);
    exact_zero(amount);
    return 0;
}

/* Adds the lines up, rounds once, and sets the contributions against the burden. */
static int settle_share(const struct cofunding_input *in, size_t i, struct cofunding_share *share,
                        struct err *err)
{
    struct exact burden;
    exact_zero(&burden);
    for (size_t j = 0; j < share->n_lines; j++) {
        TRY(exact_add(&share->value, &share->lines[j].value, &share->value));
        TRY(exact_add(&burden, &share->lines[j].burden, &burden));
        share->confirmed = share->confirmed && share->lines[j].confirmed;
    }
    for (size_t j = 0; j < share->n_credits; j++) {
        TRY(take_off(&share->credits[j].value, &share->value));
        TRY(take_off(&share->credits[j].burden, &burden));
    }
    TRY(exact_round_down(&share->value, 1, &share->value_krw));
    TRY(exact_round_down(&burden, in->policy->payable_truncate_krw, &share->burden_krw));
    struct frac floor_rate;
    TRY(find_cash_floor(in, &in->members[i], share, &floor_rate, err));
    return set_cash(share, floor_rate);
}

static int add_to_total(struct cofunding_share *total, const struct cofunding_share *share)
{
    TRY(exact_add(&total->value, &share->value, &total->value));
    TRY(won_add(total->burden_krw, share->burden_krw, &total->burden_krw));
    TRY(won_add(total->cash_floor_krw, share->cash_floor_krw, &total->cash_floor_krw));
    TRY(won_add(total->in_kind_max_krw, share->in_kind_max_krw, &total->in_kind_max_krw));
    TRY(won_add(total->cash_paid_krw, share->cash_paid_krw, &total->cash_paid_krw));
    TRY(won_add(total->in_kind_accepted_krw, share->in_kind_accepted_krw,
                &total->in_kind_accepted_krw));
    TRY(won_add(total->cash_shortfall_krw, share->cash_shortfall_krw, &total->cash_shortfall_krw));
    TRY(won_add(total->shortfall_krw, share->shortfall_krw, &total->shortfall_krw));
    total->confirmed = total->confirmed && share->confirmed;
    return exact_round_down(&total->value, 1, &total->value_krw);
}

static int share_init(struct cofunding_share *share, const char *organisation, struct err *err)
{
    exact_zero(&share->value);
    share->confirmed = true;
    return text_set(share->organisation, sizeof(share->organisation), span_text(organisation),
                    "organisation", err);
}

static int evaluate(const struct cofunding_input *in, struct cofunding_usage *usage,
                    struct cofunding_result *r, struct err *err)
{
    TRY(share_init(&r->total, "", err));
    for (size_t i = 0; i < in->n_members; i++)
        TRY(share_init(&r->members[i], in->members[i].organisation, err));
    TRY(add_usage(in, usage, r, err));
    TRY(add_credits(in, r, err));
    TRY(add_contributions(in, r, err));
    for (size_t i = 0; i < in->n_members; i++) {
        int rc = settle_share(in, i, &r->members[i], err);
        TRY(name_overflow(rc, "usage", in->members[i].organisation, err));
        TRY(name_overflow(add_to_total(&r->total, &r->members[i]), "usage", "all members", err));
    }
    return 0;
}

int cofunding_eval(const struct cofunding_input *in, struct cofunding_result **ret, struct err *err)
{
    struct err own = ERR_INIT; /* err may be NULL, and what is said is asked for below */
    struct cofunding_result *r = zeroed(1, sizeof(*r));
    r->members = zeroed(in->n_members, sizeof(r->members[0]));
    r->n_members = in->n_members;
    struct cofunding_usage *usage = zeroed(in->n_usage, sizeof(*usage));
    for (size_t i = 0; i < in->n_usage; i++) {
        ENSURE(in->usage[i].member < in->n_members && !window_empty(in->usage[i].window));
        usage[i] = in->usage[i];
    }
    int rc = evaluate(in, usage, r, &own);
    free(usage);
    if (rc == 0) {
        *ret = r;
        return 0;
    }
    cofunding_result_destroy(r);
    ENSURE(own.code != ERR_OK);
    return err_set(err, own.code, "%s", own.text);
}

struct won instalment(struct won amount, int64_t n, int64_t i, int64_t unit_krw)
{
    ENSURE(amount.krw >= 0 && n >= 1 && i >= 0 && i < n && unit_krw >= 1);
    int64_t part = amount.krw / n / unit_krw * unit_krw;
    return (struct won){i == 0 ? amount.krw - part * (n - 1) : part};
}

void cofunding_result_destroy(struct cofunding_result *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->n_members; i++) {
        free(r->members[i].models);
        free(r->members[i].lines);
        free(r->members[i].credits);
        free(r->members[i].refusals);
    }
    free(r->members);
    free(r);
}

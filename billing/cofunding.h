#ifndef PUMASI_BILLING_COFUNDING_H
#define PUMASI_BILLING_COFUNDING_H

#include "billing/dated.h"
#include "billing/exact.h"
#include "billing/policy.h"
#include "billing/rating.h"
#include "billing/terms.h"
#include "lib/base/limits.h"

/*
 * Co-funding (민간부담금): what each member of a project used, what it is worth, what it must bear
 * and what is still missing. A pure function of usage, dated facts and the programme's policy; the
 * quote, the simulation, the statement and the offline command all call it.
 *
 * Per organisation: value = GPU-months x price, per dated line; burden = value x rate (gpu_value)
 * or value x rate / (1 - rate) (total_cost), then dropped to the payable truncation, once. The cash
 * floor is the exact share of that burden that the size class in force at the end of the period
 * must pay in cash.
 *
 * All input is borrowed for the call. The result owns its memory.
 */
struct cofunding_member {
    const char *organisation;       /* shorter than LIMIT_NAME_BYTES, as all names here */
    const struct dated_size *sizes; /* by rising date, none twice */
    size_t n_sizes;
};

struct cofunding_usage {
    uint32_t member; /* index */
    const char *model;
    struct window window; /* not empty */
    int64_t units;        /* of 1/7000 GPU */
    struct terms terms;
    /* NULL, or a profile instead of the same units throughout: steps by rising instant, the first
     * at window.from, the last one at window.to with 0 units. */
    const struct level_step *steps;
    size_t n_steps;
};

struct cofunding_contribution {
    uint32_t member;
    const char *kind;
    struct won krw; /* >= 0 */
};

/* A fault that the member waited out (docs/spec/money.md 3.7): beyond the limit each whole hour
 * lowers the price. One for each fault, so that how intervals are cut plays no part. */
struct cofunding_wait {
    uint32_t member;
    const char *model;
    struct window window; /* not empty */
    int64_t units;        /* that were missing; >= 0 */
};

struct cofunding_input {
    const struct cofunding_policy *policy; /* passed policy_check() */
    const struct dated_openness *openness; /* by rising date, none twice */
    size_t n_openness;
    const struct cofunding_member *members;
    size_t n_members;
    const struct cofunding_usage *usage; /* in any order */
    size_t n_usage;
    const struct cofunding_contribution *contributions;
    size_t n_contributions;
    const struct cofunding_wait *waits;
    size_t n_waits;
    struct instant period_end; /* exclusive; INSTANT_NEVER: the latest end of usage */
};

/* GPU time of a member at one price, size class, openness and rate, and under one kind of terms. */
struct cofunding_line {
    char model[MODEL_CAP];
    struct window window; /* first begin to last end of use in it */
    enum size_class size; /* as registered: a startup stays one */
    enum openness openness;
    struct won price_krw;            /* for gpus_per_unit GPUs a month */
    bool price_override;             /* by a loan */
    int64_t gpus_per_unit;           /* >= 1 */
    char opportunistic[PERCENT_CAP]; /* part of the price that counts; "": all */
    struct terms terms;
    bool charged; /* to the member; if not, value and burden are 0 */
    char rate[PERCENT_CAP];
    bool confirmed;
    struct exact months;
    struct exact listed; /* months x price, charged or not: won */
    struct exact value;  /* won */
    struct exact burden;
};

struct cofunding_model {
    char model[MODEL_CAP];
    struct frac months;
};

struct cofunding_refusal {
    char kind[LIMIT_NAME_BYTES];
    struct won krw;
    const char *reason; /* a key: "own-data" "kind-not-accepted"; words: refusal_words() */
};

/* What a wait takes off, at the price and rate in force when the fault began. */
struct cofunding_credit {
    char model[MODEL_CAP];
    struct window window;
    int64_t units;
    int64_t hours; /* whole ones beyond the limit, > 0 */
    struct won price_krw;
    int64_t gpus_per_unit;
    char rate[PERCENT_CAP];
    struct exact value; /* won off the value */
    struct exact burden;
};

struct cofunding_share {
    char organisation[LIMIT_NAME_BYTES]; /* "" in the total */
    struct exact value;
    struct won value_krw; /* dropped below 1 won, for show */
    struct won burden_krw;
    struct won cash_floor_krw; /* proposed: rounded up to 10 won, at most the burden */
    struct won in_kind_max_krw;
    struct won cash_paid_krw;
    struct won in_kind_accepted_krw;
    struct won cash_shortfall_krw;
    struct won shortfall_krw;
    char cash_floor_rate[PERCENT_CAP]; /* "" when there is none, and then no burden either */
    bool confirmed;                    /* no unconfirmed rate in it */
    struct cofunding_model *models;    /* by name; only those with usage */
    size_t n_models;
    struct cofunding_line *lines; /* by model, then date, then programme price before overrides */
    size_t n_lines;
    struct cofunding_credit *credits; /* in the order of the waits */
    size_t n_credits;
    struct cofunding_refusal *refusals; /* in the order of the contributions */
    size_t n_refusals;
};

struct cofunding_result {
    struct cofunding_share *members; /* in the order of the input */
    size_t n_members;
    struct cofunding_share total; /* sums; no models, lines or refusals */
};

/*
 * ERR_NO_RATE: usage without a price, an openness, a size class or a rate in force, or a burden
 * without a cash floor; the text says which and where to set it. ERR_OVERFLOW: a figure beyond
 * int64 won. ret must be freed with cofunding_result_destroy().
 */
MUST_CHECK int cofunding_eval(const struct cofunding_input *in, struct cofunding_result **ret,
                              struct err *err);
void cofunding_result_destroy(struct cofunding_result *r); /* NULL is fine */

/* Part i of n (i < n, n >= 1) of an amount that is paid in instalments: equal parts of whole
 * unit_krw, the remainder in the first. The parts add up to the amount. */
struct won instalment(struct won amount, int64_t n, int64_t i, int64_t unit_krw);

/* The reason of a refusal in English words, and in Korean ones. Static. */
const char *refusal_words(const char *reason);
const char *refusal_words_ko(const char *reason);

#endif

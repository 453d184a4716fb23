#ifndef PUMASI_BILLING_POLICY_H
#define PUMASI_BILLING_POLICY_H

#include "lib/base/record.h"

/*
 * The dated money rules of a programme (사업): prices, part-month rule, co-funding rates, cash
 * floors, what counts in kind. Plain records that the control plane stores, shows and copies by
 * their tables; nothing here knows where they come from.
 *
 * A percentage is kept as the text that was decided ("6%", "12.5%"), not as scaled integers: it is
 * exact whatever its number of digits, it is printed on a statement as it was approved, and
 * percent_parse() turns it into a fraction. policy_check() has parsed every one, so a policy that
 * passed it never fails there later.
 */
#define MODEL_CAP       32 /* "B200": a device model, with its NUL */
#define PERCENT_CAP     24
#define INSTALMENTS_MAX 24

enum part_month { PART_MONTH_30DAY, PART_MONTH_CALENDAR, PART_MONTH_ACTUAL365, PART_MONTH_COUNT };
extern const struct enum_names part_month_names; /* 30day calendar actual365 */

enum grain { GRAIN_SECOND, GRAIN_DAY, GRAIN_COUNT };
extern const struct enum_names grain_names; /* second day */

enum burden_base { BURDEN_GPU_VALUE, BURDEN_TOTAL_COST, BURDEN_BASE_COUNT };
extern const struct enum_names burden_base_names; /* gpu_value total_cost */

/* What members pay: a share of the value of what they used, in cash and in kind (민간부담금), or a
 * fee for it (이용료), all of it in cash and with a rate for every class that pays. */
enum charge { CHARGE_COFUNDING, CHARGE_FEE, CHARGE_COUNT };
extern const struct enum_names charge_names; /* cofunding fee */

/* What a MIG slice weighs: its memory slices / 8 or its compute slices / 7. */
enum mig_weight { MIG_WEIGHT_MEMORY, MIG_WEIGHT_COMPUTE, MIG_WEIGHT_COUNT };
extern const struct enum_names mig_weight_names; /* memory compute */

/* Whether prices have the value added tax in them. */
enum price_vat { PRICE_VAT_UNKNOWN, PRICE_VAT_INCLUDED, PRICE_VAT_EXCLUDED, PRICE_VAT_COUNT };
extern const struct enum_names price_vat_names; /* unknown included excluded */

/* 기관 유형. NONE is "not said"; it never has a rate. */
enum size_class {
    SIZE_NONE,
    SIZE_LARGE,
    SIZE_MIDSIZE,
    SIZE_EARLY_MIDSIZE,
    SIZE_SME,
    SIZE_STARTUP,
    SIZE_UNIVERSITY,
    SIZE_INSTITUTE,
    SIZE_NONPROFIT,
    SIZE_AGENCY,
    SIZE_SUPPLIER,
    SIZE_CLASS_COUNT
};
extern const struct enum_names size_class_names; /* none large midsize early_midsize ... */

/* 공개수준. NONE is "not said": usage under it is not billed but refused. */
enum openness {
    OPENNESS_NONE,
    OPENNESS_OPEN_COMMERCIAL,
    OPENNESS_OPEN_NONCOMMERCIAL,
    OPENNESS_CLOSED,
    OPENNESS_COUNT
};
extern const struct enum_names openness_names; /* none open_commercial ... */

/* Kinds of contribution (납부) that have a meaning here; any other kind is kept and refused. */
#define CONTRIBUTION_CASH           "cash"
#define CONTRIBUTION_LABOUR         "labour"
#define CONTRIBUTION_TANGIBLE_ASSET "tangible_asset"
#define CONTRIBUTION_DATA           "data"

/* The price of a model from an instant on, until the next price of that model. */
struct price {
    char model[MODEL_CAP];
    struct won krw_per_gpu_month;
    struct instant from;
    int64_t gpus_per_unit; /* the price buys so many GPUs: 8 for a server; 0 stands for 1 */
    char opportunistic[PERCENT_CAP]; /* part of the price that opportunistic use bears; "": all */
};

/* The co-funding rate of a size class at an openness, from an instant on; NEVER = since ever. A fee
 * may leave the openness out: the rate then holds at every one. */
struct rate {
    enum openness openness;
    enum size_class size;
    char rate[PERCENT_CAP]; /* "6%" */
    struct instant from;
    bool confirmed; /* false: "not confirmed" is printed beside it */
};

/* The part of the burden that a size class must pay in cash. */
struct cash_floor {
    enum size_class size;
    char rate[PERCENT_CAP]; /* "13%" */
};

struct cofunding_policy {
    struct list prices; /* struct price */
    enum part_month part_month;
    enum grain grain;
    enum burden_base burden_base;
    struct list rates;            /* struct rate */
    struct list cash_floors;      /* struct cash_floor */
    struct list in_kind_accepts;  /* struct id: kinds that count in kind */
    int64_t payable_truncate_krw; /* payable amounts drop what is below this; >= 1 */
    enum charge charge;
    enum mig_weight mig_weight;
    enum price_vat price_vat;
    bool fault_lowers_value;          /* where the loan puts fault time on the lender or nobody */
    int64_t fault_wait_limit_s;       /* a fault may last so long before the price falls */
    char fault_discount[PERCENT_CAP]; /* per whole hour beyond it, of the hour's price; "": none */
    int64_t instalments;              /* the cash is due in so many parts; 0 stands for 1 */
    int64_t cash_due_days;            /* after the period's begin; instalments follow monthly; 0: no
                                         due date is set */
};

extern const struct record_type price_type;
extern const struct record_type rate_type;
extern const struct record_type cash_floor_type;
extern const struct record_type cofunding_policy_type;

/* The rules that ship with the product (30day, second, gpu_value, 10 won) and empty lists. */
void policy_init(struct cofunding_policy *p);

/* Adds the kinds that ship as accepted in kind: labour and tangible assets. */
void policy_add_shipped_kinds(struct cofunding_policy *p);

/*
 * Fills the rates, floors, kinds and rules that ship with the product, without prices. Marked
 * "not confirmed": the rates for closed models, and that universities, institutes and non-profits
 * bear nothing. open_noncommercial has no rates: issuing is refused until someone sets them.
 * Overwrites p; free it with record_fini(&cofunding_policy_type, p).
 */
void policy_init_default(struct cofunding_policy *p);

/*
 * ERR_INVALID names the row ("rates[3]: ...") and the remedy: a percentage that does not parse or
 * lies outside 0..100 %, 100 % under total_cost, two facts from one date, a negative price,
 * a truncation below 1 won, cash among the kinds accepted in kind.
 */
MUST_CHECK int policy_check(const struct cofunding_policy *p, struct err *err);

/* What is in force at t; borrowed, NULL when nothing is. */
const struct price *policy_price_at(const struct cofunding_policy *p, const char *model,
                                    struct instant t);
const struct rate *policy_rate_at(const struct cofunding_policy *p, enum openness openness,
                                  enum size_class size, struct instant t);
/* The GPUs that a price buys: at least 1. */
int64_t price_gpus(const struct price *p);

const struct cash_floor *policy_cash_floor(const struct cofunding_policy *p, enum size_class size);
bool policy_accepts_in_kind(const struct cofunding_policy *p, const char *kind);

/* A startup bears the rate of its legal size class; every other class its own. A fee may have a
 * rate for startups (청년기업): policy_class_at(). */
enum size_class size_class_for_rate(enum size_class size, enum size_class legal_size);

/* The same, but a startup's own rate goes first where one is in force. */
enum size_class policy_class_at(const struct cofunding_policy *p, enum openness openness,
                                enum size_class size, enum size_class legal_size, struct instant t);

#endif

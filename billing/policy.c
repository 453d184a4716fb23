/*
 * Owns the tables and names of the money rules, their shipped defaults and their check. Pure; no
 * state.
 */
#include "billing/policy.h"

#include "lib/base/text.h"

#include <stddef.h>

static const char *const part_month_list[] = {"30day", "calendar", "actual365"};
const struct enum_names part_month_names = {part_month_list, PART_MONTH_COUNT};

static const char *const grain_list[] = {"second", "day"};
const struct enum_names grain_names = {grain_list, GRAIN_COUNT};

static const char *const burden_base_list[] = {"gpu_value", "total_cost"};
const struct enum_names burden_base_names = {burden_base_list, BURDEN_BASE_COUNT};

static const char *const charge_list[] = {"cofunding", "fee"};
const struct enum_names charge_names = {charge_list, CHARGE_COUNT};

static const char *const mig_weight_list[] = {"memory", "compute"};
const struct enum_names mig_weight_names = {mig_weight_list, MIG_WEIGHT_COUNT};

static const char *const price_vat_list[] = {"unknown", "included", "excluded"};
const struct enum_names price_vat_names = {price_vat_list, PRICE_VAT_COUNT};

static const char *const size_class_list[] = {"none",      "large",   "midsize",    "early_midsize",
                                              "sme",       "startup", "university", "institute",
                                              "nonprofit", "agency",  "supplier"};
const struct enum_names size_class_names = {size_class_list, SIZE_CLASS_COUNT};
_Static_assert(sizeof(size_class_list) / sizeof(*size_class_list) == SIZE_CLASS_COUNT,
               "a name for every size class");

static const char *const openness_list[] = {"none", "open_commercial", "open_noncommercial",
                                            "closed"};
const struct enum_names openness_names = {openness_list, OPENNESS_COUNT};

static const struct field price_fields[] = {
    F_TEXT(struct price, model),         F_WON(struct price, krw_per_gpu_month),
    F_INSTANT(struct price, from),       F_I64(struct price, gpus_per_unit),
    F_TEXT(struct price, opportunistic), F_END};
const struct record_type price_type = {"price", sizeof(struct price), price_fields};

static const struct field rate_fields[] = {F_ENUM(struct rate, openness, &openness_names),
                                           F_ENUM(struct rate, size, &size_class_names),
                                           F_TEXT(struct rate, rate),
                                           F_INSTANT(struct rate, from),
                                           F_BOOL(struct rate, confirmed),
                                           F_END};
const struct record_type rate_type = {"rate", sizeof(struct rate), rate_fields};

static const struct field cash_floor_fields[] = {F_ENUM(struct cash_floor, size, &size_class_names),
                                                 F_TEXT(struct cash_floor, rate), F_END};
const struct record_type cash_floor_type = {"cash_floor", sizeof(struct cash_floor),
                                            cash_floor_fields};

static const struct field cofunding_policy_fields[] = {
    F_LIST(struct cofunding_policy, prices, &price_type),
    F_ENUM(struct cofunding_policy, part_month, &part_month_names),
    F_ENUM(struct cofunding_policy, grain, &grain_names),
    F_ENUM(struct cofunding_policy, burden_base, &burden_base_names),
    F_LIST(struct cofunding_policy, rates, &rate_type),
    F_LIST(struct cofunding_policy, cash_floors, &cash_floor_type),
    F_ID_LIST(struct cofunding_policy, in_kind_accepts),
    F_I64(struct cofunding_policy, payable_truncate_krw),
    F_ENUM(struct cofunding_policy, charge, &charge_names),
    F_ENUM(struct cofunding_policy, mig_weight, &mig_weight_names),
    F_ENUM(struct cofunding_policy, price_vat, &price_vat_names),
    F_BOOL(struct cofunding_policy, fault_lowers_value),
    F_I64(struct cofunding_policy, fault_wait_limit_s),
    F_TEXT(struct cofunding_policy, fault_discount),
    F_I64(struct cofunding_policy, instalments),
    F_I64(struct cofunding_policy, cash_due_days),
    F_END};
const struct record_type cofunding_policy_type = {
    "cofunding_policy", sizeof(struct cofunding_policy), cofunding_policy_fields};

/* What ships. No source confirms the rates for closed models, nor that universities, institutes and
 * non-profits bear nothing. */
static const struct {
    enum size_class size;
    const char *open_commercial;
    bool confirmed;
    const char *closed, *cash;
} shipped[] = {
    {SIZE_LARGE, "10%", true, "50%", "15%"},        {SIZE_MIDSIZE, "6%", true, "30%", "13%"},
    {SIZE_EARLY_MIDSIZE, "6%", true, "30%", "10%"}, {SIZE_SME, "5%", true, "25%", "10%"},
    {SIZE_UNIVERSITY, "0%", false, "0%", NULL},     {SIZE_INSTITUTE, "0%", false, "0%", NULL},
    {SIZE_NONPROFIT, "0%", false, "0%", NULL},
};

static void set_percent(char dst[PERCENT_CAP], const char *text)
{
    int rc = text_set(dst, PERCENT_CAP, span_text(text), "rate", NULL);
    ENSURE(rc == 0);
}

static void add_shipped_rate(struct cofunding_policy *p, enum openness openness,
                             enum size_class size, const char *percent, bool confirmed)
{
    struct rate *r = record_list_add(&p->rates, sizeof(*r));
    r->openness = openness;
    r->size = size;
    set_percent(r->rate, percent);
    r->from = INSTANT_NEVER;
    r->confirmed = confirmed;
}

void policy_init(struct cofunding_policy *p)
{
    *p = (struct cofunding_policy){.part_month = PART_MONTH_30DAY,
                                   .grain = GRAIN_SECOND,
                                   .burden_base = BURDEN_GPU_VALUE,
                                   .payable_truncate_krw = 10};
}

void policy_add_shipped_kinds(struct cofunding_policy *p)
{
    const char *const kinds[] = {CONTRIBUTION_LABOUR, CONTRIBUTION_TANGIBLE_ASSET};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        *(struct id *)record_list_add(&p->in_kind_accepts, sizeof(struct id)) =
            id_literal(kinds[i]);
}

void policy_init_default(struct cofunding_policy *p)
{
    policy_init(p);
    for (size_t i = 0; i < sizeof(shipped) / sizeof(*shipped); i++) {
        enum size_class size = shipped[i].size;
        add_shipped_rate(p, OPENNESS_OPEN_COMMERCIAL, size, shipped[i].open_commercial,
                         shipped[i].confirmed);
        add_shipped_rate(p, OPENNESS_CLOSED, size, shipped[i].closed, false);
        if (shipped[i].cash == NULL)
            continue;
        struct cash_floor *f = record_list_add(&p->cash_floors, sizeof(*f));
        f->size = size;
        set_percent(f->rate, shipped[i].cash);
    }
    policy_add_shipped_kinds(p);
}

/* A rate without a date holds since ever. */
static struct instant rate_since(const struct rate *r)
{
    return r->from.s == INSTANT_NEVER.s ? (struct instant){INSTANT_MIN_S} : r->from;
}

static int check_percent(const char *text, struct err *err)
{
    struct frac f;
    TRY(percent_parse(span_text(text), &f, err));
    if (frac_compare(f, FRAC_ZERO) < 0 || frac_compare(f, frac_of(1)) > 0)
        return err_set(err, ERR_INVALID, "%s lies outside 0%%..100%%", text);
    return 0;
}

static int check_price(const struct cofunding_policy *p, const struct price *row, struct err *err)
{
    if (row->model[0] == '\0')
        return err_set(err, ERR_INVALID, "no model: name the device model");
    if (row->krw_per_gpu_month.krw < 0)
        return err_set(err, ERR_INVALID, "%lld won is negative: a price is 0 or more",
                       (long long)row->krw_per_gpu_month.krw);
    if (row->gpus_per_unit < 0)
        return err_set(err, ERR_INVALID, "gpus_per_unit: %lld is below 1",
                       (long long)row->gpus_per_unit);
    if (row->opportunistic[0] != '\0')
        TRY(check_percent(row->opportunistic, err));
    LIST_EACH(const struct price, other, &p->prices)
    {
        if (other != row && other->from.s == row->from.s && strcmp(other->model, row->model) == 0)
            return err_set(err, ERR_INVALID, "two prices of %s from one date: keep one",
                           row->model);
    }
    return 0;
}

static int check_rate(const struct cofunding_policy *p, const struct rate *row, struct err *err)
{
    if (row->size == SIZE_NONE)
        return err_set(err, ERR_INVALID, "a rate needs a size class");
    if (row->openness == OPENNESS_NONE && p->charge != CHARGE_FEE)
        return err_set(err, ERR_INVALID, "a rate needs an openness: only a fee goes without");
    TRY(check_percent(row->rate, err));
    struct frac rate;
    TRY(percent_parse(span_text(row->rate), &rate, err));
    if (p->burden_base == BURDEN_TOTAL_COST && frac_compare(rate, frac_of(1)) == 0)
        return err_set(err, ERR_INVALID,
                       "100%% under total_cost divides by zero: set a lower rate");
    LIST_EACH(const struct rate, other, &p->rates)
    {
        if (other != row && other->openness == row->openness && other->size == row->size &&
            rate_since(other).s == rate_since(row).s)
            return err_set(err, ERR_INVALID, "two rates of %s, %s from one date: keep one",
                           enum_name(&openness_names, (int)row->openness),
                           enum_name(&size_class_names, (int)row->size));
    }
    return 0;
}

static int check_cash_floor(const struct cofunding_policy *p, const struct cash_floor *row,
                            struct err *err)
{
    if (row->size == SIZE_NONE)
        return err_set(err, ERR_INVALID, "a cash floor needs a size class");
    TRY(check_percent(row->rate, err));
    LIST_EACH(const struct cash_floor, other, &p->cash_floors)
    {
        if (other != row && other->size == row->size)
            return err_set(err, ERR_INVALID, "two cash floors of %s: keep one",
                           enum_name(&size_class_names, (int)row->size));
    }
    return 0;
}

static int check_in_kind(const struct cofunding_policy *p, struct err *err)
{
    for (size_t i = 0; i < p->in_kind_accepts.n; i++) {
        const struct id *kind = LIST_AT(const struct id, &p->in_kind_accepts, i);
        if (id_is_none(kind))
            return err_set(err, ERR_INVALID, "in_kind_accepts[%zu]: no kind: name it", i);
        if (strcmp(kind->text, CONTRIBUTION_CASH) == 0)
            return err_set(err, ERR_INVALID,
                           "in_kind_accepts[%zu]: cash is not in kind: leave it out", i);
    }
    return 0;
}

static int check_faults_and_dues(const struct cofunding_policy *p, struct err *err)
{
    if (p->fault_discount[0] != '\0') {
        int rc = check_percent(p->fault_discount, err);
        if (rc < 0)
            return err_prefix(err, rc, "fault_discount");
    }
    if (p->charge == CHARGE_FEE && p->burden_base != BURDEN_GPU_VALUE)
        return err_set(err, ERR_INVALID, "burden_base: a fee is a part of the value: gpu_value");
    if (p->fault_wait_limit_s < 0 || p->cash_due_days < 0)
        return err_set(err, ERR_INVALID,
                       "fault_wait_limit_s and cash_due_days must not be negative");
    if (p->instalments < 0 || p->instalments > INSTALMENTS_MAX)
        return err_set(err, ERR_INVALID, "instalments: %lld is outside 1..%d",
                       (long long)p->instalments, INSTALMENTS_MAX);
    return 0;
}

int policy_check(const struct cofunding_policy *p, struct err *err)
{
    for (size_t i = 0; i < p->prices.n; i++) {
        int rc = check_price(p, LIST_AT(const struct price, &p->prices, i), err);
        if (rc < 0)
            return err_prefix(err, rc, "prices[%zu]", i);
    }
    for (size_t i = 0; i < p->rates.n; i++) {
        int rc = check_rate(p, LIST_AT(const struct rate, &p->rates, i), err);
        if (rc < 0)
            return err_prefix(err, rc, "rates[%zu]", i);
    }
    for (size_t i = 0; i < p->cash_floors.n; i++) {
        int rc = check_cash_floor(p, LIST_AT(const struct cash_floor, &p->cash_floors, i), err);
        if (rc < 0)
            return err_prefix(err, rc, "cash_floors[%zu]", i);
    }
    TRY(check_in_kind(p, err));
    TRY(check_faults_and_dues(p, err));
    if (p->payable_truncate_krw < 1)
        return err_set(err, ERR_INVALID, "payable_truncate_krw: %lld is below 1 won",
                       (long long)p->payable_truncate_krw);
    return 0;
}

const struct price *policy_price_at(const struct cofunding_policy *p, const char *model,
                                    struct instant t)
{
    const struct price *best = NULL;
    LIST_EACH(const struct price, row, &p->prices)
    {
        if (strcmp(row->model, model) == 0 && row->from.s <= t.s &&
            (best == NULL || best->from.s < row->from.s))
            best = row;
    }
    return best;
}

int64_t price_gpus(const struct price *p)
{
    return p->gpus_per_unit > 0 ? p->gpus_per_unit : 1;
}

const struct rate *policy_rate_at(const struct cofunding_policy *p, enum openness openness,
                                  enum size_class size, struct instant t)
{
    const struct rate *best = NULL;
    LIST_EACH(const struct rate, row, &p->rates)
    {
        bool here = row->openness == openness || row->openness == OPENNESS_NONE;
        if (here && row->size == size && rate_since(row).s <= t.s &&
            (best == NULL || rate_since(best).s < rate_since(row).s))
            best = row;
    }
    return best;
}

const struct cash_floor *policy_cash_floor(const struct cofunding_policy *p, enum size_class size)
{
    LIST_EACH(const struct cash_floor, row, &p->cash_floors)
    {
        if (row->size == size)
            return row;
    }
    return NULL;
}

bool policy_accepts_in_kind(const struct cofunding_policy *p, const char *kind)
{
    LIST_EACH(const struct id, accepted, &p->in_kind_accepts)
    {
        if (strcmp(accepted->text, kind) == 0)
            return true;
    }
    return false;
}

enum size_class size_class_for_rate(enum size_class size, enum size_class legal_size)
{
    return size == SIZE_STARTUP && legal_size != SIZE_NONE ? legal_size : size;
}

enum size_class policy_class_at(const struct cofunding_policy *p, enum openness openness,
                                enum size_class size, enum size_class legal_size, struct instant t)
{
    if (size == SIZE_STARTUP && policy_rate_at(p, openness, size, t) != NULL)
        return size;
    return size_class_for_rate(size, legal_size);
}

/* Reads prices, rates and rules. Every error names its path in the file. */
#include "billing/case/programme.h"

#include "lib/base/text.h"
#include "lib/json/strict_value.h"

static int read_percent(const struct strict *at, char dst[PERCENT_CAP], struct frac *ret,
                        struct err *err)
{
    struct span text;
    TRY(strict_percent(at, &text, ret, err));
    if (text.len >= PERCENT_CAP)
        return strict_error(at, ERR_INVALID, err, "a percentage has at most %d characters",
                            PERCENT_CAP - 1);
    return text_set(dst, PERCENT_CAP, text, "percentage", err);
}

/* A member that may be left out. */
static int read_whole(const struct strict *at, const char *name, int64_t min, int64_t *ret,
                      struct err *err)
{
    struct strict member;
    return strict_find(at, name, &member) ? strict_int(&member, min, INT64_MAX, ret, err) : 0;
}

static int read_part(const struct strict *at, const char *name, char dst[PERCENT_CAP],
                     struct err *err)
{
    struct strict member;
    struct frac value;
    return strict_find(at, name, &member) ? read_percent(&member, dst, &value, err) : 0;
}

static int read_price(const struct strict *at, const struct cofunding_policy *p, struct price *ret,
                      struct err *err)
{
    static const char *const known[] = {"model",         "krw_per_gpu_month", "from",
                                        "gpus_per_unit", "opportunistic",     NULL};
    TRY(strict_object(at, known, err));
    TRY(strict_get_name(at, "model", ret->model, sizeof(ret->model), err));
    TRY(strict_get_int(at, "krw_per_gpu_month", 0, INT64_MAX, &ret->krw_per_gpu_month.krw, err));
    TRY(strict_get_moment(at, "from", &ret->from, err));
    TRY(read_whole(at, "gpus_per_unit", 1, &ret->gpus_per_unit, err));
    TRY(read_part(at, "opportunistic", ret->opportunistic, err));
    LIST_EACH(const struct price, other, &p->prices)
    {
        struct strict from;
        if (other->from.s != ret->from.s || strcmp(other->model, ret->model) != 0)
            continue;
        TRY(strict_member(at, "from", &from, err));
        return strict_error(&from, ERR_INVALID, err,
                            "a second price of %s from this date: keep one", ret->model);
    }
    return 0;
}

static int read_prices(const struct strict *programme, struct cofunding_policy *p, struct err *err)
{
    struct strict list;
    size_t n;
    TRY(strict_get_list(programme, "prices", &list, &n, err));
    for (size_t i = 0; i < n; i++) {
        struct strict item = strict_item(&list, i);
        struct price price = {0};
        TRY(read_price(&item, p, &price, err));
        *(struct price *)record_list_add(&p->prices, sizeof(price)) = price;
    }
    return 0;
}

/* The name of a member as one of an enum's names, NONE left out. */
static int member_enum(const struct strict *at, const struct enum_names *names, const char *what,
                       int *ret, struct err *err)
{
    struct enum_names shown = {names->names + 1, names->count - 1};
    struct err why = ERR_INIT;
    int value;
    if (enum_parse(&shown, span_text(at->name), what, &value, &why) < 0)
        return strict_error(at, ERR_INVALID, err, "%s", why.text);
    *ret = value + 1;
    return 0;
}

static int read_rate(const struct strict *at, int openness, struct cofunding_policy *p,
                     struct err *err)
{
    struct rate rate = {
        .openness = (enum openness)openness, .from = INSTANT_NEVER, .confirmed = true};
    int size;
    struct frac value;
    TRY(member_enum(at, &size_class_names, "size class", &size, err));
    TRY(read_percent(at, rate.rate, &value, err));
    if (p->burden_base == BURDEN_TOTAL_COST && frac_compare(value, frac_of(1)) == 0)
        return strict_error(
            at, ERR_INVALID, err,
            "100%% of the total cost leaves nothing to divide by: set a lower rate");
    rate.size = (enum size_class)size;
    *(struct rate *)record_list_add(&p->rates, sizeof(rate)) = rate;
    return 0;
}

/* A missing member is left out; one that is there must be an object. */
static int find_object(const struct strict *at, const char *name, struct strict *ret, bool *found,
                       struct err *err)
{
    *found = strict_find(at, name, ret);
    if (*found && !strict_is_object(ret))
        return strict_error(ret, ERR_INVALID, err, "expected an object, found %s",
                            strict_kind(ret));
    return 0;
}

static int read_rates(const struct strict *programme, struct cofunding_policy *p, struct err *err)
{
    struct strict rates;
    bool found;
    TRY(find_object(programme, "rates", &rates, &found, err));
    struct strict by_openness = {.value = NULL};
    while (found && strict_next(&rates, &by_openness)) {
        int openness;
        TRY(member_enum(&by_openness, &openness_names, "openness", &openness, err));
        if (!strict_is_object(&by_openness))
            return strict_error(&by_openness, ERR_INVALID, err, "expected an object, found %s",
                                strict_kind(&by_openness));
        struct strict rate = {.value = NULL};
        while (strict_next(&by_openness, &rate))
            TRY(read_rate(&rate, openness, p, err));
    }
    return 0;
}

static int read_cash_floors(const struct strict *programme, struct cofunding_policy *p,
                            struct err *err)
{
    struct strict floors, it = {.value = NULL};
    bool found;
    TRY(find_object(programme, "cash_floor", &floors, &found, err));
    while (found && strict_next(&floors, &it)) {
        struct cash_floor floor = {0};
        int size;
        struct frac value;
        TRY(member_enum(&it, &size_class_names, "size class", &size, err));
        TRY(read_percent(&it, floor.rate, &value, err));
        floor.size = (enum size_class)size;
        *(struct cash_floor *)record_list_add(&p->cash_floors, sizeof(floor)) = floor;
    }
    return 0;
}

static int read_kinds(const struct strict *programme, struct cofunding_policy *p, struct err *err)
{
    struct strict list;
    size_t n;
    if (!strict_find(programme, "in_kind_accepts", &list)) {
        policy_add_shipped_kinds(p);
        return 0;
    }
    TRY(strict_list(&list, &n, err));
    for (size_t i = 0; i < n; i++) {
        struct strict item = strict_item(&list, i);
        struct err why = ERR_INIT;
        struct span text;
        struct id kind;
        TRY(strict_text(&item, &text, err));
        if (id_parse(text, "kind", &kind, &why) < 0)
            return strict_error(&item, ERR_INVALID, err, "%s", why.text);
        if (strcmp(kind.text, CONTRIBUTION_CASH) == 0)
            return strict_error(&item, ERR_INVALID, err, "cash is not in kind: leave it out");
        *(struct id *)record_list_add(&p->in_kind_accepts, sizeof(kind)) = kind;
    }
    return 0;
}

static int read_choice(const struct strict *at, const char *name, const struct enum_names *names,
                       int *ret, struct err *err)
{
    struct strict member;
    return strict_find(at, name, &member) ? strict_get_enum(at, name, names, 0, ret, err) : 0;
}

static int read_rules(const struct strict *at, struct cofunding_policy *p, struct err *err)
{
    int part_month = (int)p->part_month, grain = (int)p->grain, base = (int)p->burden_base,
        charge = (int)p->charge;
    TRY(read_choice(at, "part_month", &part_month_names, &part_month, err));
    TRY(read_choice(at, "grain", &grain_names, &grain, err));
    TRY(read_choice(at, "burden_base", &burden_base_names, &base, err));
    TRY(read_choice(at, "charge", &charge_names, &charge, err));
    p->charge = (enum charge)charge;
    p->part_month = (enum part_month)part_month;
    p->grain = (enum grain)grain;
    p->burden_base = (enum burden_base)base;
    struct strict member;
    if (strict_find(at, "fault_lowers_value", &member))
        TRY(strict_bool(&member, &p->fault_lowers_value, err));
    return read_whole(at, "payable_truncate_krw", 1, &p->payable_truncate_krw, err);
}

int programme_read(const struct strict *at, struct cofunding_policy *p, struct err *err)
{
    static const char *const known[] = {"prices",
                                        "part_month",
                                        "grain",
                                        "burden_base",
                                        "rates",
                                        "cash_floor",
                                        "in_kind_accepts",
                                        "payable_truncate_krw",
                                        "charge",
                                        "fault_lowers_value",
                                        NULL};
    policy_init(p);
    TRY(strict_object(at, known, err));
    TRY(read_rules(at, p, err)); /* the base first: it decides what a rate may be */
    TRY(read_prices(at, p, err));
    TRY(read_rates(at, p, err));
    TRY(read_cash_floors(at, p, err));
    TRY(read_kinds(at, p, err));
    int rc = policy_check(p, err);
    return rc < 0 ? err_prefix(err, rc, "programme") : 0;
}

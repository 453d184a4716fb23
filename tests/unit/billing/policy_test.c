/* billing/policy.h: dated money rules, checked before they are stored. */
#include "billing/policy.h"

#include "lib/base/korea.h"
#include "lib/base/text.h"
#include "tests/support/suite.h"

static struct instant at(const char *text)
{
    struct instant t;
    ck_assert_int_eq(moment_parse(span_text(text), &t, NULL), 0);
    return t;
}

static struct price *add_price(struct cofunding_policy *p, const char *model, int64_t krw,
                               const char *from)
{
    struct price *row = record_list_add(&p->prices, sizeof(*row));
    ck_assert_int_eq(text_set(row->model, MODEL_CAP, span_text(model), "model", NULL), 0);
    row->krw_per_gpu_month.krw = krw;
    row->from = at(from);
    return row;
}

static void set_text(char *dst, size_t cap, const char *text)
{
    ck_assert_int_eq(text_set(dst, cap, span_text(text), "text", NULL), 0);
}

START_TEST(the_shipped_rules_are_sound_and_mark_what_is_not_confirmed)
{
    struct cofunding_policy p;
    policy_init_default(&p);
    ck_assert_int_eq(policy_check(&p, NULL), 0);
    static const struct {
        enum openness openness;
        enum size_class size;
        const char *rate; /* NULL: none */
        bool confirmed;
    } want[] = {{OPENNESS_OPEN_COMMERCIAL, SIZE_LARGE, "10%", true},
                {OPENNESS_OPEN_COMMERCIAL, SIZE_MIDSIZE, "6%", true},
                {OPENNESS_OPEN_COMMERCIAL, SIZE_EARLY_MIDSIZE, "6%", true},
                {OPENNESS_OPEN_COMMERCIAL, SIZE_SME, "5%", true},
                {OPENNESS_OPEN_COMMERCIAL, SIZE_UNIVERSITY, "0%", false},
                {OPENNESS_OPEN_COMMERCIAL, SIZE_STARTUP, NULL, false},
                {OPENNESS_OPEN_COMMERCIAL, SIZE_SUPPLIER, NULL, false},
                {OPENNESS_CLOSED, SIZE_LARGE, "50%", false},
                {OPENNESS_CLOSED, SIZE_MIDSIZE, "30%", false},
                {OPENNESS_CLOSED, SIZE_SME, "25%", false},
                {OPENNESS_OPEN_NONCOMMERCIAL, SIZE_SME, NULL, false},
                {OPENNESS_NONE, SIZE_NONE, NULL, false}};
    for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
        const struct rate *r = policy_rate_at(&p, want[i].openness, want[i].size, at("2025-11-01"));
        ck_assert_int_eq(r != NULL, want[i].rate != NULL);
        if (r != NULL) {
            ck_assert_str_eq(r->rate, want[i].rate);
            ck_assert_int_eq(r->confirmed, want[i].confirmed);
        }
    }
    ck_assert_str_eq(policy_cash_floor(&p, SIZE_MIDSIZE)->rate, "13%");
    ck_assert_ptr_null(policy_cash_floor(&p, SIZE_UNIVERSITY));
    ck_assert(policy_accepts_in_kind(&p, "labour"));
    ck_assert(policy_accepts_in_kind(&p, "tangible_asset"));
    ck_assert(!policy_accepts_in_kind(&p, "data") && !policy_accepts_in_kind(&p, "cash"));
    record_fini(&cofunding_policy_type, &p);
}
END_TEST

START_TEST(the_latest_price_that_has_begun_is_in_force)
{
    struct cofunding_policy p;
    policy_init_default(&p);
    add_price(&p, "B200", 7000000, "2026-04-01");
    add_price(&p, "B200", 6600000, "2025-11-01");
    add_price(&p, "H100", 400000, "2025-01-01");
    ck_assert_int_eq(policy_check(&p, NULL), 0);
    ck_assert_ptr_null(policy_price_at(&p, "B200", at("2025-10-31T23:59:59+09:00")));
    ck_assert_int_eq(policy_price_at(&p, "B200", at("2025-11-01"))->krw_per_gpu_month.krw, 6600000);
    ck_assert_int_eq(
        policy_price_at(&p, "B200", at("2026-03-31T23:59:59+09:00"))->krw_per_gpu_month.krw,
        6600000);
    ck_assert_int_eq(policy_price_at(&p, "B200", at("2026-04-01"))->krw_per_gpu_month.krw, 7000000);
    ck_assert_ptr_null(policy_price_at(&p, "A100", at("2026-04-01")));
    record_fini(&cofunding_policy_type, &p);
}
END_TEST

START_TEST(a_rate_without_a_date_holds_since_ever_until_a_dated_one)
{
    struct cofunding_policy p;
    policy_init_default(&p);
    struct rate *later = record_list_add(&p.rates, sizeof(*later));
    *later = (struct rate){OPENNESS_CLOSED, SIZE_SME, "20%", at("2026-04-01"), true};
    ck_assert_int_eq(policy_check(&p, NULL), 0);
    ck_assert_str_eq(policy_rate_at(&p, OPENNESS_CLOSED, SIZE_SME, at("2026-03-31"))->rate, "25%");
    ck_assert_str_eq(policy_rate_at(&p, OPENNESS_CLOSED, SIZE_SME, at("2026-04-01"))->rate, "20%");
    record_fini(&cofunding_policy_type, &p);
}
END_TEST

START_TEST(a_startup_bears_the_rate_of_its_legal_class)
{
    ck_assert_int_eq(size_class_for_rate(SIZE_STARTUP, SIZE_SME), SIZE_SME);
    ck_assert_int_eq(size_class_for_rate(SIZE_STARTUP, SIZE_NONE), SIZE_STARTUP);
    ck_assert_int_eq(size_class_for_rate(SIZE_LARGE, SIZE_SME), SIZE_LARGE);
}
END_TEST

/* Each case spoils a sound policy in one place; the message names that place. */
static void spoil_percent(struct cofunding_policy *p)
{
    set_text(LIST_AT(struct rate, &p->rates, 3)->rate, PERCENT_CAP, "6");
}
static void spoil_range(struct cofunding_policy *p)
{
    set_text(LIST_AT(struct rate, &p->rates, 0)->rate, PERCENT_CAP, "100.5%");
}
static void spoil_negative(struct cofunding_policy *p)
{
    set_text(LIST_AT(struct rate, &p->rates, 0)->rate, PERCENT_CAP, "-1%");
}
static void spoil_base(struct cofunding_policy *p)
{
    set_text(LIST_AT(struct rate, &p->rates, 1)->rate, PERCENT_CAP, "100%");
    p->burden_base = BURDEN_TOTAL_COST;
}
static void spoil_twice(struct cofunding_policy *p)
{
    struct rate first = *LIST_AT(struct rate, &p->rates, 0);
    *(struct rate *)record_list_add(&p->rates, sizeof(first)) = first;
}
static void spoil_no_class(struct cofunding_policy *p)
{
    LIST_AT(struct rate, &p->rates, 2)->size = SIZE_NONE;
}
static void spoil_floor(struct cofunding_policy *p)
{
    set_text(LIST_AT(struct cash_floor, &p->cash_floors, 1)->rate, PERCENT_CAP, "101%");
}
static void spoil_floor_twice(struct cofunding_policy *p)
{
    LIST_AT(struct cash_floor, &p->cash_floors, 1)->size = SIZE_LARGE;
}
static void spoil_floor_class(struct cofunding_policy *p)
{
    LIST_AT(struct cash_floor, &p->cash_floors, 0)->size = SIZE_NONE;
}
static void spoil_price(struct cofunding_policy *p)
{
    add_price(p, "B200", -1, "2025-11-01");
}
static void spoil_price_model(struct cofunding_policy *p)
{
    add_price(p, "", 1, "2025-11-01");
}
static void spoil_price_twice(struct cofunding_policy *p)
{
    add_price(p, "B200", 1, "2025-11-01");
    add_price(p, "B200", 2, "2025-11-01");
}
static void spoil_cash(struct cofunding_policy *p)
{
    *LIST_AT(struct id, &p->in_kind_accepts, 1) = id_literal("cash");
}
static void spoil_kind(struct cofunding_policy *p)
{
    *LIST_AT(struct id, &p->in_kind_accepts, 0) = ID_NONE;
}
static void spoil_truncation(struct cofunding_policy *p)
{
    p->payable_truncate_krw = 0;
}

START_TEST(a_policy_that_cannot_be_applied_is_refused_with_its_place)
{
    static const struct {
        void (*spoil)(struct cofunding_policy *p);
        const char *place;
    } cases[] = {{spoil_percent, "rates[3]: "},
                 {spoil_range, "rates[0]: "},
                 {spoil_negative, "rates[0]: "},
                 {spoil_base, "rates[1]: "},
                 {spoil_twice, "rates[0]: "},
                 {spoil_no_class, "rates[2]: "},
                 {spoil_floor, "cash_floors[1]: "},
                 {spoil_floor_twice, "cash_floors[0]: "},
                 {spoil_floor_class, "cash_floors[0]: "},
                 {spoil_price, "prices[0]: "},
                 {spoil_price_model, "prices[0]: "},
                 {spoil_price_twice, "prices[0]: "},
                 {spoil_cash, "in_kind_accepts[1]: "},
                 {spoil_kind, "in_kind_accepts[0]: "},
                 {spoil_truncation, "payable_truncate_krw: "}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct cofunding_policy p;
        struct err err = ERR_INIT;
        policy_init_default(&p);
        cases[i].spoil(&p);
        ck_assert_int_eq(policy_check(&p, &err), -ERR_INVALID);
        ck_assert_msg(strncmp(err.text, cases[i].place, strlen(cases[i].place)) == 0,
                      "case %zu: %s", i, err.text);
        record_fini(&cofunding_policy_type, &p);
    }
}
END_TEST

START_TEST(a_policy_is_a_record_that_copies_and_compares)
{
    struct cofunding_policy p, copy;
    policy_init_default(&p);
    add_price(&p, "B200", 6600000, "2025-11-01");
    record_copy(&cofunding_policy_type, &copy, &p);
    ck_assert(record_equal(&cofunding_policy_type, &p, &copy));
    LIST_AT(struct rate, &copy.rates, 0)->confirmed = false;
    ck_assert(!record_equal(&cofunding_policy_type, &p, &copy));
    record_fini(&cofunding_policy_type, &p);
    record_fini(&cofunding_policy_type, &copy);
}
END_TEST

START_TEST(names_are_those_of_the_specification)
{
    ck_assert_str_eq(enum_name(&part_month_names, PART_MONTH_ACTUAL365), "actual365");
    ck_assert_str_eq(enum_name(&grain_names, GRAIN_DAY), "day");
    ck_assert_str_eq(enum_name(&burden_base_names, BURDEN_TOTAL_COST), "total_cost");
    ck_assert_str_eq(enum_name(&size_class_names, SIZE_EARLY_MIDSIZE), "early_midsize");
    ck_assert_str_eq(enum_name(&size_class_names, SIZE_SUPPLIER), "supplier");
    ck_assert_str_eq(enum_name(&openness_names, OPENNESS_CLOSED), "closed");
}
END_TEST

static Suite *policy_suite(void)
{
    Suite *s = suite_create("policy");
    TCase *t = tcase_create("policy");
    tcase_add_test(t, the_shipped_rules_are_sound_and_mark_what_is_not_confirmed);
    tcase_add_test(t, the_latest_price_that_has_begun_is_in_force);
    tcase_add_test(t, a_rate_without_a_date_holds_since_ever_until_a_dated_one);
    tcase_add_test(t, a_startup_bears_the_rate_of_its_legal_class);
    tcase_add_test(t, a_policy_that_cannot_be_applied_is_refused_with_its_place);
    tcase_add_test(t, a_policy_is_a_record_that_copies_and_compares);
    tcase_add_test(t, names_are_those_of_the_specification);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(policy_suite)

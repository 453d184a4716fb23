/* billing/credit.h, and the fees of other programmes: server-months, half price, free of charge. */
#include "billing/credit.h"

#include "lib/base/korea.h"
#include "lib/base/share.h"
#include "lib/base/text.h"
#include "tests/support/suite.h"

struct scene {
    struct cofunding_policy policy;
    struct dated_size size;
    struct dated_openness openness;
    struct cofunding_member member;
    struct cofunding_usage usage;
    struct cofunding_wait wait;
    struct cofunding_input in;
};

static struct instant at(const char *text)
{
    struct instant t;
    ck_assert_int_eq(moment_parse(span_text(text), &t, NULL), 0);
    return t;
}

static void set_percent(char dst[PERCENT_CAP], const char *text)
{
    ck_assert_int_eq(text_set(dst, PERCENT_CAP, span_text(text), "rate", NULL), 0);
}

static void add_rate(struct scene *s, enum size_class size, const char *percent)
{
    struct rate *rate = record_list_add(&s->policy.rates, sizeof(*rate));
    *rate = (struct rate){.size = size, .from = INSTANT_NEVER, .confirmed = true};
    set_percent(rate->rate, percent);
}

/* The programme that lends whole servers for a fee, and one member with two of them, three months.
 */
static void scene_init(struct scene *s, enum size_class size)
{
    *s = (struct scene){0};
    policy_init(&s->policy);
    s->policy.charge = CHARGE_FEE;
    struct price *price = record_list_add(&s->policy.prices, sizeof(*price));
    *price = (struct price){.model = "B200",
                            .krw_per_gpu_month = {6400000},
                            .from = at("2026-01-01"),
                            .gpus_per_unit = 8};
    add_rate(s, SIZE_SME, "100%");
    add_rate(s, SIZE_STARTUP, "50%");
    add_rate(s, SIZE_UNIVERSITY, "0%");
    s->size = (struct dated_size){at("2026-01-01"), size, SIZE_SME};
    s->openness = (struct dated_openness){at("2026-01-01"), OPENNESS_CLOSED};
    s->member = (struct cofunding_member){"team", &s->size, 1};
    s->usage = (struct cofunding_usage){.model = "B200",
                                        .window = {at("2026-03-01"), at("2026-06-01")},
                                        .units = 16 * SHARE_PER_GPU};
    s->in = (struct cofunding_input){.policy = &s->policy,
                                     .openness = &s->openness,
                                     .n_openness = 1,
                                     .members = &s->member,
                                     .n_members = 1,
                                     .usage = &s->usage,
                                     .n_usage = 1,
                                     .period_end = INSTANT_NEVER};
}

static struct cofunding_result *eval(const struct scene *s)
{
    struct cofunding_result *r = NULL;
    struct err err = ERR_INIT;
    ck_assert_int_eq(policy_check(&s->policy, &err), 0);
    ck_assert_msg(cofunding_eval(&s->in, &r, &err) == 0, "%s", err.text);
    return r;
}

static void scene_fini(struct scene *s, struct cofunding_result *r)
{
    cofunding_result_destroy(r);
    record_fini(&cofunding_policy_type, &s->policy);
}

START_TEST(g7_a_server_month_fee_by_class)
{
    static const struct {
        enum size_class size;
        int64_t fee;
    } rows[] = {{SIZE_SME, 38400000}, {SIZE_STARTUP, 19200000}, {SIZE_UNIVERSITY, 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct scene s;
        scene_init(&s, rows[i].size);
        struct cofunding_result *r = eval(&s);
        ck_assert_int_eq(r->members[0].value_krw.krw, 38400000);
        ck_assert_int_eq(r->members[0].burden_krw.krw, rows[i].fee);
        ck_assert_int_eq(r->members[0].cash_floor_krw.krw, rows[i].fee);
        ck_assert_int_eq(r->members[0].lines[0].gpus_per_unit, 8);
        scene_fini(&s, r);
    }
}
END_TEST

/* Eight GPUs down for the hours of the row, 8 hours free, 10 % of 800,000 / 720 won an hour each.
 */
START_TEST(each_whole_hour_beyond_the_limit_lowers_the_price)
{
    static const struct {
        const char *to;
        int64_t hours, num, den;
    } rows[] = {
        {"2026-03-10T08:00:00+09:00", 0, 0, 1},
        {"2026-03-10T08:59:59+09:00", 0, 0, 1},
        {"2026-03-10T09:00:00+09:00", 1, 8000, 9},
        {"2026-03-11T00:30:00+09:00", 16, 128000, 9},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct scene s;
        scene_init(&s, SIZE_STARTUP);
        s.policy.fault_wait_limit_s = 8 * 3600;
        set_percent(s.policy.fault_discount, "10%");
        s.wait = (struct cofunding_wait){.model = "B200",
                                         .window = {at("2026-03-10"), at(rows[i].to)},
                                         .units = 8 * SHARE_PER_GPU};
        s.in.waits = &s.wait;
        s.in.n_waits = 1;
        struct cofunding_result *r = eval(&s);
        const struct cofunding_share *share = &r->members[0];
        ck_assert_uint_eq(share->n_credits, rows[i].hours > 0);
        struct exact off, left;
        exact_ratio(&off, rows[i].num, rows[i].den);
        ck_assert_int_eq(exact_add(&share->value, &off, &left), 0);
        exact_of_u64(&off, 38400000);
        ck_assert(exact_equal(&left, &off));
        if (share->n_credits > 0) {
            ck_assert_int_eq(share->credits[0].hours, rows[i].hours);
            ck_assert_str_eq(share->credits[0].rate, "50%");
        }
        scene_fini(&s, r);
    }
}
END_TEST

START_TEST(a_credit_never_makes_an_amount_negative)
{
    struct scene s;
    scene_init(&s, SIZE_SME);
    set_percent(s.policy.fault_discount, "100%");
    s.wait = (struct cofunding_wait){
        .model = "B200", .window = s.usage.window, .units = 9999 * SHARE_PER_GPU};
    s.in.waits = &s.wait;
    s.in.n_waits = 1;
    struct cofunding_result *r = eval(&s);
    ck_assert(exact_is_zero(&r->members[0].value));
    ck_assert_int_eq(r->members[0].burden_krw.krw, 0);
    scene_fini(&s, r);
}
END_TEST

START_TEST(time_that_others_bear_is_listed_and_not_charged)
{
    struct scene s;
    scene_init(&s, SIZE_SME);
    s.usage.terms = (struct terms){.time = TIME_HANDOVER, .payer = PAYER_NOBODY};
    struct cofunding_result *r = eval(&s);
    const struct cofunding_line *line = &r->members[0].lines[0];
    struct exact want;
    exact_of_u64(&want, 38400000);
    ck_assert(!line->charged && exact_is_zero(&line->value) && exact_equal(&line->listed, &want));
    ck_assert_int_eq(r->members[0].burden_krw.krw, 0);
    scene_fini(&s, r);
}
END_TEST

START_TEST(opportunistic_use_bears_its_part_of_the_price)
{
    struct scene s;
    scene_init(&s, SIZE_SME);
    set_percent(LIST_AT(struct price, &s.policy.prices, 0)->opportunistic, "60%");
    s.usage.terms.opportunistic = true;
    struct cofunding_result *r = eval(&s);
    ck_assert_int_eq(r->members[0].value_krw.krw, 38400000 * 6 / 10);
    ck_assert_str_eq(r->members[0].lines[0].opportunistic, "60%");
    scene_fini(&s, r);
}
END_TEST

START_TEST(the_remainder_goes_into_the_first_instalment)
{
    ck_assert_int_eq(instalment((struct won){156160}, 3, 0, 10).krw, 52060);
    ck_assert_int_eq(instalment((struct won){156160}, 3, 1, 10).krw, 52050);
    for (int64_t n = 1; n <= INSTALMENTS_MAX; n++) {
        int64_t sum = 0;
        for (int64_t i = 0; i < n; i++)
            sum += instalment((struct won){1234567}, n, i, 10).krw;
        ck_assert_int_eq(sum, 1234567);
    }
}
END_TEST

static Suite *credit_suite(void)
{
    Suite *s = suite_create("credit");
    TCase *t = tcase_create("credit");
    tcase_add_test(t, g7_a_server_month_fee_by_class);
    tcase_add_test(t, each_whole_hour_beyond_the_limit_lowers_the_price);
    tcase_add_test(t, a_credit_never_makes_an_amount_negative);
    tcase_add_test(t, time_that_others_bear_is_listed_and_not_charged);
    tcase_add_test(t, opportunistic_use_bears_its_part_of_the_price);
    tcase_add_test(t, the_remainder_goes_into_the_first_instalment);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(credit_suite)

/* billing/cofunding.h: the worked cases of the rules, and what is refused. */
#include "billing/cofunding.h"

#include "lib/base/korea.h"
#include "lib/base/share.h"
#include "tests/support/suite.h"

#include <stdio.h>

/* A project with up to four members, one usage and some contributions each: as much as the worked
 * cases need. */
enum { MEMBERS_MAX = 4, ROWS_MAX = 8 };

struct scene {
    struct cofunding_policy policy;
    struct dated_openness openness[2];
    struct dated_size sizes[MEMBERS_MAX][2];
    struct cofunding_member members[MEMBERS_MAX];
    struct cofunding_usage usage[ROWS_MAX];
    struct cofunding_contribution contributions[ROWS_MAX];
    struct cofunding_input in;
};

static struct instant at(const char *text)
{
    struct instant t;
    ck_assert_int_eq(moment_parse(span_text(text), &t, NULL), 0);
    return t;
}

static struct window dates(const char *first, const char *last)
{
    return (struct window){at(first), instant_add(at(last), DAY_SECONDS)};
}

static void scene_init(struct scene *s, enum openness openness)
{
    *s = (struct scene){0};
    policy_init_default(&s->policy);
    struct price *price = record_list_add(&s->policy.prices, sizeof(*price));
    *price =
        (struct price){.model = "B200", .krw_per_gpu_month = {6600000}, .from = at("2025-11-01")};
    s->openness[0] = (struct dated_openness){at("2025-11-01"), openness};
    s->in = (struct cofunding_input){.policy = &s->policy,
                                     .openness = s->openness,
                                     .n_openness = 1,
                                     .members = s->members,
                                     .usage = s->usage,
                                     .contributions = s->contributions,
                                     .period_end = INSTANT_NEVER};
}

static void scene_fini(struct scene *s)
{
    record_fini(&cofunding_policy_type, &s->policy);
}

static uint32_t add_member(struct scene *s, const char *name, enum size_class size)
{
    uint32_t i = (uint32_t)s->in.n_members++;
    s->sizes[i][0] = (struct dated_size){at("2025-11-01"), size, SIZE_NONE};
    s->members[i] = (struct cofunding_member){name, s->sizes[i], 1};
    return i;
}

static struct cofunding_usage *add_usage(struct scene *s, uint32_t member, int64_t gpus,
                                         const char *first, const char *last)
{
    struct cofunding_usage *u = &s->usage[s->in.n_usage++];
    *u = (struct cofunding_usage){.member = member,
                                  .model = "B200",
                                  .window = dates(first, last),
                                  .units = gpus * SHARE_PER_GPU};
    return u;
}

static void add_contribution(struct scene *s, uint32_t member, const char *kind, int64_t krw)
{
    s->contributions[s->in.n_contributions++] =
        (struct cofunding_contribution){member, kind, {krw}};
}

static struct cofunding_result *eval(const struct scene *s)
{
    struct cofunding_result *r = NULL;
    struct err err = ERR_INIT;
    ck_assert_msg(cofunding_eval(&s->in, &r, &err) == 0, "%s", err.text);
    return r;
}

static void expect_refused(const struct scene *s, enum err_code code, const char *words)
{
    struct cofunding_result *r = NULL;
    struct err err = ERR_INIT;
    ck_assert_int_eq(cofunding_eval(&s->in, &r, &err), -(int)code);
    ck_assert_ptr_null(r);
    ck_assert_int_eq(err.code, code);
    ck_assert_msg(strstr(err.text, words) != NULL, "\"%s\" not in \"%s\"", words, err.text);
}

struct amounts {
    int64_t value, burden, cash_floor, in_kind_max;
};

static void expect_amounts(const struct cofunding_share *share, struct amounts want)
{
    ck_assert_int_eq(share->value_krw.krw, want.value);
    ck_assert_int_eq(share->burden_krw.krw, want.burden);
    ck_assert_int_eq(share->cash_floor_krw.krw, want.cash_floor);
    ck_assert_int_eq(share->in_kind_max_krw.krw, want.in_kind_max);
}

START_TEST(g1_one_sme_holds_all)
{
    static const struct {
        const char *first, *last;
        struct amounts want;
    } cases[] = {
        {"2025-11-01", "2026-03-31", {8448000000, 422400000, 42240000, 380160000}},
        {"2026-04-01", "2026-09-09", {8954880000, 447744000, 44774400, 402969600}},
        {"2025-11-01", "2026-09-09", {17402880000, 870144000, 87014400, 783129600}},
    };
    for (size_t i = 0; i < 3; i++) {
        struct scene s;
        scene_init(&s, OPENNESS_OPEN_COMMERCIAL);
        add_usage(&s, add_member(&s, "lead", SIZE_SME), 256, cases[i].first, cases[i].last);
        struct cofunding_result *r = eval(&s);
        expect_amounts(&r->members[0], cases[i].want);
        expect_amounts(&r->total, cases[i].want);
        ck_assert(r->total.confirmed);
        cofunding_result_destroy(r);
        scene_fini(&s);
    }
}
END_TEST

START_TEST(g2_mixed_consortium)
{
    struct scene s;
    scene_init(&s, OPENNESS_OPEN_COMMERCIAL);
    static const struct {
        enum size_class size;
        int64_t gpus;
        struct amounts want;
    } rows[] = {{SIZE_SME, 128, {4224000000, 211200000, 21120000, 190080000}},
                {SIZE_MIDSIZE, 64, {2112000000, 126720000, 16473600, 110246400}},
                {SIZE_LARGE, 32, {1056000000, 105600000, 15840000, 89760000}},
                {SIZE_UNIVERSITY, 32, {1056000000, 0, 0, 0}}};
    for (size_t i = 0; i < 4; i++)
        add_usage(&s, add_member(&s, "m", rows[i].size), rows[i].gpus, "2025-11-01", "2026-03-31");
    struct cofunding_result *r = eval(&s);
    for (size_t i = 0; i < 4; i++)
        expect_amounts(&r->members[i], rows[i].want);
    expect_amounts(&r->total, (struct amounts){8448000000, 443520000, 53433600, 390086400});
    cofunding_result_destroy(r);
    scene_fini(&s);
}
END_TEST

START_TEST(g3_closed_with_rates_that_nobody_confirmed)
{
    struct scene s;
    scene_init(&s, OPENNESS_CLOSED);
    static const struct {
        enum size_class size;
        int64_t gpus;
        struct amounts want;
    } rows[] = {{SIZE_SME, 128, {4477440000, 1119360000, 111936000, 1007424000}},
                {SIZE_MIDSIZE, 80, {2798400000, 839520000, 109137600, 730382400}},
                {SIZE_LARGE, 48, {1679040000, 839520000, 125928000, 713592000}}};
    for (size_t i = 0; i < 3; i++)
        add_usage(&s, add_member(&s, "m", rows[i].size), rows[i].gpus, "2026-04-01", "2026-09-09");
    struct cofunding_result *r = eval(&s);
    for (size_t i = 0; i < 3; i++) {
        expect_amounts(&r->members[i], rows[i].want);
        ck_assert(!r->members[i].confirmed && !r->members[i].lines[0].confirmed);
    }
    expect_amounts(&r->total, (struct amounts){8954880000, 2798400000, 347001600, 2451398400});
    ck_assert(!r->total.confirmed);
    cofunding_result_destroy(r);
    scene_fini(&s);
}
END_TEST

START_TEST(g4_the_cash_floor_is_tested_on_the_exact_fraction)
{
    static const struct {
        int64_t cash, labour, cash_shortfall, shortfall;
    } cases[] = {{156150, 1045050, 6, 10}, /* 156,156 is the floor; in kind at most 1,045,040 */
                 {156155, 1045050, 1, 5},  {156156, 1045040, 0, 4}, {156160, 1045040, 0, 0},
                 {1201200, 0, 0, 0},       {2000000, 0, 0, 0},      {0, 0, 156156, 1201200}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct scene s;
        scene_init(&s, OPENNESS_OPEN_COMMERCIAL);
        uint32_t mid = add_member(&s, "mid", SIZE_MIDSIZE);
        add_usage(&s, mid, 7, "2026-01-05", "2026-01-17");
        add_contribution(&s, mid, "cash", cases[i].cash);
        add_contribution(&s, mid, "labour", cases[i].labour);
        struct cofunding_result *r = eval(&s);
        expect_amounts(&r->members[0], (struct amounts){20020000, 1201200, 156160, 1045040});
        ck_assert_int_eq(r->members[0].cash_shortfall_krw.krw, cases[i].cash_shortfall);
        ck_assert_int_eq(r->members[0].shortfall_krw.krw, cases[i].shortfall);
        cofunding_result_destroy(r);
        scene_fini(&s);
    }
}
END_TEST

START_TEST(g5_payable_drops_below_ten_won)
{
    struct scene s;
    scene_init(&s, OPENNESS_OPEN_COMMERCIAL);
    s.policy.part_month = PART_MONTH_CALENDAR;
    add_usage(&s, add_member(&s, "a", SIZE_LARGE), 2, "2026-01-11", "2026-01-20");
    struct cofunding_result *r = eval(&s);
    expect_amounts(&r->members[0], (struct amounts){4258064, 425800, 63870, 361930});
    struct buf b;
    buf_init(&b, EXACT_TEXT_MAX);
    exact_format(&r->members[0].value, &b);
    ck_assert_str_eq(b.data, "132000000/31");
    buf_fini(&b);
    cofunding_result_destroy(r);
    scene_fini(&s);
}
END_TEST

START_TEST(g6_burden_as_a_share_of_the_total_cost)
{
    struct scene s;
    scene_init(&s, OPENNESS_OPEN_COMMERCIAL);
    s.policy.burden_base = BURDEN_TOTAL_COST;
    add_usage(&s, add_member(&s, "lead", SIZE_SME), 256, "2025-11-01", "2026-09-09");
    struct cofunding_result *r = eval(&s);
    ck_assert_int_eq(r->members[0].burden_krw.krw, 915941050);
    cofunding_result_destroy(r);
    scene_fini(&s);
}
END_TEST

START_TEST(g7_a_fee_per_server_is_a_price_per_gpu)
{
    /* 6,400,000 won for a server of 8, half of it for young firms, nothing for universities: the
     * price is a programme's datum; 2 servers over 3 months. */
    static const int64_t prices[] = {400000, 800000, 0}, values[] = {19200000, 38400000, 0};
    for (size_t i = 0; i < 3; i++) {
        struct scene s;
        scene_init(&s, OPENNESS_OPEN_COMMERCIAL);
        LIST_AT(struct price, &s.policy.prices, 0)->krw_per_gpu_month.krw = prices[i];
        add_usage(&s, add_member(&s, "a", SIZE_UNIVERSITY), 16, "2026-04-01", "2026-06-30");
        struct cofunding_result *r = eval(&s);
        ck_assert_int_eq(r->members[0].value_krw.krw, values[i]);
        cofunding_result_destroy(r);
        scene_fini(&s);
    }
}
END_TEST

START_TEST(refused_kinds_are_listed_with_their_reason)
{
    struct scene s;
    scene_init(&s, OPENNESS_OPEN_COMMERCIAL);
    uint32_t a = add_member(&s, "a", SIZE_LARGE);
    add_usage(&s, a, 1, "2025-11-01", "2025-11-30");
    add_contribution(&s, a, "data", 105600000);
    add_contribution(&s, a, "소프트웨어", 5);
    add_contribution(&s, a, "tangible_asset", 7);
    struct cofunding_result *r = eval(&s);
    const struct cofunding_share *share = &r->members[0];
    ck_assert_uint_eq(share->n_refusals, 2);
    ck_assert_str_eq(share->refusals[0].kind, "data");
    ck_assert_int_eq(share->refusals[0].krw.krw, 105600000);
    ck_assert_str_eq(share->refusals[0].reason, "own-data");
    ck_assert_str_eq(share->refusals[1].kind, "소프트웨어");
    ck_assert_str_eq(share->refusals[1].reason, "kind-not-accepted");
    ck_assert_int_eq(share->in_kind_accepted_krw.krw, 7);
    ck_assert_str_ne(refusal_words("own-data"), refusal_words("kind-not-accepted"));
    ck_assert_str_ne(refusal_words_ko("own-data"), refusal_words_ko("kind-not-accepted"));
    cofunding_result_destroy(r);
    scene_fini(&s);
}
END_TEST

START_TEST(a_member_without_usage_has_zeros)
{
    struct scene s;
    scene_init(&s, OPENNESS_OPEN_COMMERCIAL);
    add_member(&s, "idle", SIZE_SUPPLIER); /* a class without a rate, and none is needed */
    struct cofunding_result *r = eval(&s);
    ck_assert_uint_eq(r->members[0].n_models + r->members[0].n_lines, 0);
    expect_amounts(&r->members[0], (struct amounts){0, 0, 0, 0});
    ck_assert_int_eq(r->members[0].shortfall_krw.krw, 0);
    cofunding_result_destroy(r);
    scene_fini(&s);
}
END_TEST

START_TEST(a_change_inside_a_month_splits_it_by_gpu_time)
{
    struct scene s;
    scene_init(&s, OPENNESS_OPEN_COMMERCIAL);
    uint32_t a = add_member(&s, "a", SIZE_SME);
    s.sizes[a][1] = (struct dated_size){at("2026-01-11"), SIZE_MIDSIZE, SIZE_NONE};
    s.members[a].n_sizes = 2;
    struct price *price = record_list_add(&s.policy.prices, sizeof(*price));
    *price =
        (struct price){.model = "B200", .krw_per_gpu_month = {3100000}, .from = at("2026-01-21")};
    add_usage(&s, a, 1, "2026-01-01", "2026-01-31"); /* one month: 10/31, 10/31, 11/31 of it */
    struct cofunding_result *r = eval(&s);
    const struct cofunding_share *share = &r->members[0];
    ck_assert_uint_eq(share->n_lines, 3);
    static const struct {
        int64_t days, krw;
        const char *rate, *first, *last;
    } want[] = {{10, 6600000, "5%", "2026-01-01", "2026-01-10"},
                {10, 6600000, "6%", "2026-01-11", "2026-01-20"},
                {11, 3100000, "6%", "2026-01-21", "2026-01-31"}};
    for (size_t i = 0; i < 3; i++) {
        const struct cofunding_line *line = &share->lines[i];
        struct exact months;
        exact_ratio(&months, want[i].days, 31);
        ck_assert(exact_equal(&line->months, &months));
        ck_assert_int_eq(line->price_krw.krw, want[i].krw);
        ck_assert_str_eq(line->rate, want[i].rate);
        struct window w = dates(want[i].first, want[i].last);
        ck_assert_int_eq(line->window.from.s, w.from.s);
        ck_assert_int_eq(line->window.to.s, w.to.s);
    }
    struct exact value;
    exact_ratio(&value, 20 * 6600000 + 11 * 3100000, 31);
    ck_assert(exact_equal(&share->value, &value));
    /* The floor is that of the class at the end: 13 %. */
    ck_assert_str_eq(share->cash_floor_rate, "13%");
    cofunding_result_destroy(r);
    scene_fini(&s);
}
END_TEST

START_TEST(a_loan_with_a_price_of_its_own_takes_its_share_of_the_month)
{
    struct scene s;
    scene_init(&s, OPENNESS_OPEN_COMMERCIAL);
    uint32_t a = add_member(&s, "a", SIZE_SME);
    add_usage(&s, a, 1, "2026-01-01", "2026-01-31");
    add_usage(&s, a, 1, "2026-01-01", "2026-01-31")->terms.price_krw = (struct won){1000};
    add_usage(&s, a, 2, "2026-01-01", "2026-01-31")->terms.price_krw = (struct won){500};
    struct cofunding_result *r = eval(&s);
    const struct cofunding_share *share = &r->members[0];
    ck_assert_int_eq(share->value_krw.krw, 6600000 + 1000 + 2 * 500);
    ck_assert_uint_eq(share->n_lines, 3);
    ck_assert(!share->lines[0].price_override);
    ck_assert(share->lines[1].price_override && share->lines[1].price_krw.krw == 500);
    ck_assert(share->lines[2].price_override && share->lines[2].price_krw.krw == 1000);
    ck_assert_uint_eq(share->n_models, 1);
    cofunding_result_destroy(r);
    scene_fini(&s);
}
END_TEST

START_TEST(many_split_months_stay_exact)
{
    struct scene s;
    scene_init(&s, OPENNESS_OPEN_COMMERCIAL);
    uint32_t a = add_member(&s, "a", SIZE_SME);
    /* A whole month of 31 days counts 1 and not 31/30: its split has its seconds below the line. */
    static const char *const months[][2] = {{"2025-12-01", "2025-12-31"},
                                            {"2026-01-01", "2026-01-31"},
                                            {"2026-03-01", "2026-03-31"},
                                            {"2026-05-01", "2026-05-31"}};
    for (int i = 0; i < ROWS_MAX; i++) {
        struct cofunding_usage *u = add_usage(&s, a, 101 + i, months[i / 2][0], months[i / 2][1]);
        u->units += i % 2 ? 7 * i + 1 : 0;
        u->window.from.s += i % 2 ? 300007 * i : 0;
        u->terms.price_krw.krw = i % 2 ? 5000001 + i : 0;
    }
    struct cofunding_result *r = eval(&s);
    struct buf b;
    buf_init(&b, EXACT_TEXT_MAX);
    exact_format(&r->total.value, &b);
    ck_assert_uint_gt(b.len, 60); /* beyond what 128 bits hold */
    buf_fini(&b);
    cofunding_result_destroy(r);
    scene_fini(&s);
}
END_TEST

START_TEST(a_startup_takes_its_legal_class)
{
    struct scene s;
    scene_init(&s, OPENNESS_OPEN_COMMERCIAL);
    uint32_t a = add_member(&s, "young", SIZE_STARTUP);
    add_usage(&s, a, 1, "2025-11-01", "2025-11-30");
    expect_refused(&s, ERR_NO_RATE, "programme.rates.open_commercial.startup");
    s.sizes[a][0].legal_size = SIZE_SME;
    struct cofunding_result *r = eval(&s);
    expect_amounts(&r->members[0], (struct amounts){6600000, 330000, 33000, 297000});
    ck_assert_int_eq(r->members[0].lines[0].size, SIZE_STARTUP);
    cofunding_result_destroy(r);
    scene_fini(&s);
}
END_TEST

static void no_price(struct scene *s)
{
    LIST_AT(struct price, &s->policy.prices, 0)->from = at("2025-11-02");
}
static void no_size(struct scene *s)
{
    s->sizes[0][0].from = at("2025-11-02");
}
static void no_openness(struct scene *s)
{
    s->in.n_openness = 0;
}
static void no_rate(struct scene *s)
{
    s->openness[0].openness = OPENNESS_OPEN_NONCOMMERCIAL;
}
static void no_floor(struct scene *s)
{
    s->policy.cash_floors.n = 3; /* without that of sme */
}
static void too_dear(struct scene *s)
{
    LIST_AT(struct price, &s->policy.prices, 0)->krw_per_gpu_month.krw = INT64_MAX;
    s->usage[0].units = INT64_MAX;
}
static void too_much_cash(struct scene *s)
{
    add_contribution(s, 0, "cash", INT64_MAX);
    add_contribution(s, 0, "cash", 1);
}

START_TEST(what_cannot_be_billed_is_refused)
{
    static const struct {
        void (*spoil)(struct scene *s);
        enum err_code code;
        const char *words;
    } cases[] = {{no_price, ERR_NO_RATE, "before its first price"},
                 {no_size, ERR_NO_RATE, "no size class"},
                 {no_openness, ERR_NO_RATE, "project.openness"},
                 {no_rate, ERR_NO_RATE, "programme.rates.open_noncommercial.sme"},
                 {no_floor, ERR_NO_RATE, "programme.cash_floor.sme"},
                 {too_dear, ERR_OVERFLOW, "too large"},
                 {too_much_cash, ERR_OVERFLOW, "too large"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct scene s;
        scene_init(&s, OPENNESS_OPEN_COMMERCIAL);
        add_usage(&s, add_member(&s, "a", SIZE_SME), 1, "2025-11-01", "2025-11-30");
        cases[i].spoil(&s);
        expect_refused(&s, cases[i].code, cases[i].words);
        scene_fini(&s);
    }
    cofunding_result_destroy(NULL);
}
END_TEST

START_TEST(the_order_of_usage_changes_nothing)
{
    struct scene s;
    scene_init(&s, OPENNESS_OPEN_COMMERCIAL);
    uint32_t a = add_member(&s, "a", SIZE_SME), b = add_member(&s, "b", SIZE_LARGE);
    static const char *const first[] = {"2026-01-05", "2025-12-01", "2026-01-01", "2025-11-09"};
    for (int i = 0; i < 4; i++)
        add_usage(&s, i % 2 ? a : b, 3 + i, first[i], "2026-02-13")->model =
            i < 3 ? "B200" : "H100";
    struct price *price = record_list_add(&s.policy.prices, sizeof(*price));
    *price =
        (struct price){.model = "H100", .krw_per_gpu_month = {400000}, .from = at("2025-11-01")};
    struct cofunding_result *one = eval(&s);
    for (int i = 0; i < 2; i++) {
        struct cofunding_usage swap = s.usage[i];
        s.usage[i] = s.usage[3 - i];
        s.usage[3 - i] = swap;
    }
    struct cofunding_result *two = eval(&s);
    for (size_t i = 0; i < 2; i++) {
        ck_assert(exact_equal(&one->members[i].value, &two->members[i].value));
        ck_assert_uint_eq(one->members[i].n_lines, two->members[i].n_lines);
    }
    ck_assert_uint_eq(one->members[a].n_models, 2);
    ck_assert_str_eq(one->members[a].models[0].model, "B200");
    cofunding_result_destroy(one);
    cofunding_result_destroy(two);
    scene_fini(&s);
}
END_TEST

/* ---- Profiles ---- */

enum { PIECES = 30, HOURS = 24 * 120, PRICES = 2 };

struct same {
    struct cofunding_usage pieces[PIECES];
    struct level_step steps[PRICES][2 * PIECES + 1];
    struct cofunding_usage profiles[PRICES];
    size_t n_profiles;
};

/* What the pieces of one price add up to, hour by hour. */
static size_t steps_of(const struct same *same, int64_t price, struct level_step *steps)
{
    size_t n = 0;
    int64_t before = 0;
    struct instant begin = at("2025-11-01");
    for (int64_t hour = 0; hour <= HOURS; hour++) {
        struct instant t = instant_add(begin, 3600 * hour);
        int64_t units = 0;
        for (size_t i = 0; i < PIECES; i++) {
            const struct cofunding_usage *u = &same->pieces[i];
            units +=
                u->terms.price_krw.krw == price && window_contains(u->window, t) ? u->units : 0;
        }
        if (units != before)
            steps[n++] = (struct level_step){t, units};
        before = units;
    }
    return n;
}

static void make_same(struct same *same, unsigned dice, size_t prices)
{
    for (size_t i = 0; i < PIECES; i++) {
        dice = dice * 1103515245u + 12345u;
        int64_t from = (dice >> 8) % (HOURS - 1), hours = 1 + (dice >> 16) % 1500;
        int64_t to = from + hours < HOURS ? from + hours : HOURS;
        same->pieces[i] =
            (struct cofunding_usage){.model = "B200",
                                     .window = {instant_add(at("2025-11-01"), 3600 * from),
                                                instant_add(at("2025-11-01"), 3600 * to)},
                                     .units = 875 * (1 + (int64_t)(dice >> 24) % 16),
                                     .terms = {.price_krw = {(dice >> 4) % prices * 3000000}}};
    }
    same->n_profiles = 0;
    for (size_t i = 0; i < prices; i++) {
        size_t n = steps_of(same, (int64_t)i * 3000000, same->steps[i]);
        if (n == 0)
            continue;
        same->profiles[same->n_profiles++] =
            (struct cofunding_usage){.model = "B200",
                                     .window = {same->steps[i][0].from, same->steps[i][n - 1].from},
                                     .terms = {.price_krw = {(int64_t)i * 3000000}},
                                     .steps = same->steps[i],
                                     .n_steps = n};
    }
}

static void expect_same_share(const struct cofunding_share *a, const struct cofunding_share *b)
{
    ck_assert(exact_equal(&a->value, &b->value));
    ck_assert_int_eq(a->value_krw.krw, b->value_krw.krw);
    ck_assert_int_eq(a->burden_krw.krw, b->burden_krw.krw);
    ck_assert_uint_eq(a->n_models, b->n_models);
    ck_assert(frac_compare(a->models[0].months, b->models[0].months) == 0);
    ck_assert_uint_eq(a->n_lines, b->n_lines);
    for (size_t i = 0; i < a->n_lines; i++) {
        const struct cofunding_line *x = &a->lines[i], *y = &b->lines[i];
        ck_assert(exact_equal(&x->months, &y->months) && exact_equal(&x->value, &y->value));
        ck_assert(exact_equal(&x->burden, &y->burden));
        ck_assert_int_eq(x->window.from.s, y->window.from.s);
        ck_assert_int_eq(x->window.to.s, y->window.to.s);
        ck_assert_int_eq(x->price_krw.krw, y->price_krw.krw);
    }
}

START_TEST(a_profile_is_worth_what_its_pieces_are)
{
    static const enum part_month rules[] = {PART_MONTH_30DAY, PART_MONTH_CALENDAR,
                                            PART_MONTH_ACTUAL365};
    struct same same;
    struct scene s;
    scene_init(&s, OPENNESS_OPEN_COMMERCIAL);
    add_member(&s, "lead", SIZE_SME);
    s.sizes[0][1] = (struct dated_size){at("2026-01-12"), SIZE_MIDSIZE, SIZE_NONE};
    s.members[0].n_sizes = 2;
    s.policy.part_month = rules[_i % 3];
    s.policy.grain = _i % 2 ? GRAIN_DAY : GRAIN_SECOND;
    make_same(&same, 100u + (unsigned)_i, 1 + (size_t)_i % PRICES);
    s.in.usage = same.pieces;
    s.in.n_usage = PIECES;
    struct cofunding_result *pieces = eval(&s);
    s.in.usage = same.profiles;
    s.in.n_usage = same.n_profiles;
    struct cofunding_result *profiles = eval(&s);
    expect_same_share(&pieces->members[0], &profiles->members[0]);
    cofunding_result_destroy(pieces);
    cofunding_result_destroy(profiles);
    /* A profile beside a plain piece. */
    make_same(&same, 500u + (unsigned)_i, 1);
    struct cofunding_usage mixed[] = {same.profiles[0], same.pieces[0]};
    struct cofunding_usage all[PIECES + 1];
    memcpy(all, same.pieces, sizeof(same.pieces));
    all[PIECES] = same.pieces[0];
    s.in.usage = all;
    s.in.n_usage = PIECES + 1;
    pieces = eval(&s);
    s.in.usage = mixed;
    s.in.n_usage = 2;
    profiles = eval(&s);
    expect_same_share(&pieces->members[0], &profiles->members[0]);
    cofunding_result_destroy(pieces);
    cofunding_result_destroy(profiles);
    scene_fini(&s);
}
END_TEST

static Suite *cofunding_suite(void)
{
    Suite *s = suite_create("cofunding");
    TCase *t = tcase_create("cofunding");
    tcase_add_test(t, g1_one_sme_holds_all);
    tcase_add_test(t, g2_mixed_consortium);
    tcase_add_test(t, g3_closed_with_rates_that_nobody_confirmed);
    tcase_add_test(t, g4_the_cash_floor_is_tested_on_the_exact_fraction);
    tcase_add_test(t, g5_payable_drops_below_ten_won);
    tcase_add_test(t, g6_burden_as_a_share_of_the_total_cost);
    tcase_add_test(t, g7_a_fee_per_server_is_a_price_per_gpu);
    tcase_add_test(t, refused_kinds_are_listed_with_their_reason);
    tcase_add_test(t, a_member_without_usage_has_zeros);
    tcase_add_test(t, a_change_inside_a_month_splits_it_by_gpu_time);
    tcase_add_test(t, a_loan_with_a_price_of_its_own_takes_its_share_of_the_month);
    tcase_add_test(t, many_split_months_stay_exact);
    tcase_add_test(t, a_startup_takes_its_legal_class);
    tcase_add_test(t, what_cannot_be_billed_is_refused);
    tcase_add_test(t, the_order_of_usage_changes_nothing);
    tcase_add_loop_test(t, a_profile_is_worth_what_its_pieces_are, 0, 36);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(cofunding_suite)

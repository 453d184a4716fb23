/* Who may write: campaigns, take-overs, losses, and how long an answer may rest on a look. */
#include "controlplane/engine/leadership.h"

#include "controlplane/engine/keys.h"
#include "lib/store/store_faulty.h"
#include "lib/store/store_mem.h"
#include "lib/store/txn.h"
#include "tests/support/suite.h"

#include <stdio.h>

#define TTL_S    10
#define NS_OF_MS INT64_C(1000000)

static struct env_fake fake;
static struct env env;
static struct store *mem, *store;
static struct err err;

static void setup(void)
{
    fake = (struct env_fake){.wall = {INT64_C(1772323200)}, .boot = {INT64_C(5000000000)}};
    env = env_of_fake(&fake);
    mem = store_mem_create(STORE_MEM_IMMEDIATE);
    store = store_faulty_create(mem, 1);
    store_mem_advance(mem, fake.boot);
    err = ERR_INIT;
}

static void teardown(void)
{
    store_destroy(store);
    store_destroy(mem);
}

static struct leadership *candidate_for(const char *name, const char *address, int ttl_s)
{
    return leadership_create(&(struct leadership_options){
        .store = store, .env = &env, .name = id_literal(name), .address = address, .ttl_s = ttl_s});
}

static struct leadership *candidate(const char *name, const char *address)
{
    return candidate_for(name, address, TTL_S);
}

static void pass_ms(int64_t ms)
{
    fake.boot.ns += ms * NS_OF_MS;
    store_mem_advance(mem, fake.boot);
}

static struct store_version key_now(char *dst, size_t cap)
{
    struct store_version v = {0};
    CLEANUP_BUF struct buf value;
    buf_init(&value, 512);
    if (store_get(mem, span_text(KEY_LEADER), 1000, &value, &v, NULL) < 0)
        value.len = 0;
    snprintf(dst, cap, "%.*s", (int)value.len, value.data);
    return v;
}

static void must_lead(struct leadership *l)
{
    ck_assert_msg(leadership_campaign(l, &err) == 0, "%s", err.text);
    ck_assert(leadership_held(l));
}

static void expect_refused(struct leadership *l, enum err_code code, const char *text)
{
    ck_assert_int_eq(leadership_campaign(l, &err), -(int)code);
    ck_assert_msg(strstr(err.text, text) != NULL, "%s", err.text);
    ck_assert(!leadership_held(l));
}

/* What a kill leaves: nothing is given back. */
static void crash(struct leadership *l)
{
    leadership_lost(l);
    leadership_destroy(l);
}

START_TEST(whoever_finds_no_leader_becomes_one)
{
    char text[128];
    struct leadership *l = candidate("first", "10.0.0.1:7443");
    ck_assert(!leadership_held(l) && !leadership_is_fresh(l));
    ck_assert_str_eq(leadership_address(l), "");
    must_lead(l);
    struct store_version v = key_now(text, sizeof text);
    ck_assert_str_eq(text, "first 10.0.0.1:7443");
    ck_assert_int_eq(leadership_fence(l), v.mod_revision);
    ck_assert_str_eq(leadership_address(l), "10.0.0.1:7443");
    leadership_destroy(l);
}
END_TEST

START_TEST(others_are_told_who_leads_and_wait_for_the_lease)
{
    struct leadership *a = candidate("first", "10.0.0.1:7443");
    struct leadership *b = candidate("second", "10.0.0.2:7443");
    must_lead(a);
    expect_refused(b, ERR_NOT_LEADER, "the leader is 10.0.0.1:7443");
    ck_assert_str_eq(leadership_address(b), "10.0.0.1:7443");
    crash(a);
    pass_ms(TTL_S * 1000 - 1);
    expect_refused(b, ERR_NOT_LEADER, "the leader is 10.0.0.1:7443");
    pass_ms(2);
    must_lead(b);
    leadership_destroy(b);
}
END_TEST

START_TEST(leadership_that_is_given_back_needs_no_waiting)
{
    char text[128];
    struct leadership *a = candidate("first", "10.0.0.1:7443");
    struct leadership *b = candidate("second", "10.0.0.2:7443");
    must_lead(a);
    leadership_destroy(a);
    key_now(text, sizeof text);
    ck_assert_str_eq(text, "");
    must_lead(b);
    leadership_destroy(b);
    leadership_destroy(NULL);
}
END_TEST

START_TEST(a_process_that_was_killed_takes_its_own_key_over_at_once)
{
    struct leadership *a = candidate("first", "10.0.0.1:7443");
    must_lead(a);
    int64_t fence = leadership_fence(a);
    crash(a);
    struct leadership *again = candidate("first", "10.0.0.1:7443");
    must_lead(again);
    ck_assert_int_gt(leadership_fence(again), fence);
    /* The lease of its life before does not take the key along. */
    pass_ms(TTL_S * 1000 + 1);
    ck_assert(leadership_is_fresh(again));
    leadership_destroy(again);
}
END_TEST

START_TEST(one_name_at_two_addresses_is_not_one_process)
{
    struct leadership *a = candidate("first", "10.0.0.1:7443");
    struct leadership *twin = candidate("first", "10.0.0.2:7443");
    must_lead(a);
    expect_refused(twin, ERR_NOT_LEADER, "the leader is 10.0.0.1:7443");
    leadership_destroy(twin); /* gives nothing back that is not its own */
    ck_assert(leadership_is_fresh(a));
    pass_ms(LEADERSHIP_CONFIRMED_MS);
    ck_assert(leadership_is_fresh(a));
    leadership_destroy(a);
}
END_TEST

static void write_leader(const char *value)
{
    struct store_txn *txn = store_txn_create();
    struct store_result result;
    ck_assert_int_eq(store_txn_put(txn, span_text(KEY_LEADER), span_text(value), NULL), 0);
    store_commit_wait(mem, txn, 1000, &result);
    ck_assert_int_eq(result.outcome, STORE_OK);
    store_txn_destroy(txn);
}

START_TEST(a_key_that_is_written_by_no_leader_does_no_harm)
{
    static const struct {
        const char *value, *address;
    } cases[] = {{"second 10.0.0.2:7443", "10.0.0.2:7443"},
                 {"nothing-behind-it ", ""},
                 {"nospace", ""},
                 {"", ""},
                 {"bad \xff\xfe", ""}};
    struct leadership *l = candidate("first", "10.0.0.1:7443");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_leader(cases[i].value);
        expect_refused(l, ERR_NOT_LEADER, "the leader is");
        ck_assert_str_eq(leadership_address(l), cases[i].address);
    }
    leadership_destroy(l);
}
END_TEST

START_TEST(of_two_that_see_no_leader_one_wins)
{
    struct leadership *a = candidate("first", "10.0.0.1:7443");
    struct leadership *b = candidate("second", "10.0.0.2:7443");
    must_lead(a);
    /* The second still reads what was before. */
    store_faulty_once(store, STORE_FAULT_STALE_READ);
    ck_assert_int_eq(leadership_campaign(b, &err), -ERR_NOT_LEADER);
    ck_assert(!leadership_held(b));
    ck_assert(leadership_is_fresh(a));
    leadership_destroy(b);
    leadership_destroy(a);
}
END_TEST

static const enum store_fault silences[] = {STORE_FAULT_READ_FAIL, STORE_FAULT_REFUSE,
                                            STORE_FAULT_LOSE_REQUEST, STORE_FAULT_LOSE_REPLY};

START_TEST(a_store_that_does_not_answer_makes_no_leader_and_the_next_try_does)
{
    struct leadership *l = candidate("first", "10.0.0.1:7443");
    store_faulty_once(store, silences[_i]);
    ck_assert_int_eq(leadership_campaign(l, &err), -ERR_UNAVAILABLE);
    ck_assert(!leadership_held(l));
    ck_assert_str_eq(leadership_address(l), "");
    must_lead(l); /* also when the key was written and nobody said so */
    leadership_destroy(l);
}
END_TEST

START_TEST(who_leads_is_not_known_when_the_store_falls_silent)
{
    struct leadership *a = candidate("first", "10.0.0.1:7443");
    struct leadership *b = candidate("second", "10.0.0.2:7443");
    must_lead(a);
    expect_refused(b, ERR_NOT_LEADER, "10.0.0.1:7443");
    store_faulty_once(store, STORE_FAULT_READ_FAIL);
    ck_assert_int_eq(leadership_campaign(b, &err), -ERR_UNAVAILABLE);
    ck_assert_str_eq(leadership_address(b), "");
    leadership_destroy(b);
    leadership_destroy(a);
}
END_TEST

/* ---- Freshness ---- */

static const struct {
    int ttl_s;
    int64_t fresh_ms;
} lives[] = {{60, LEADERSHIP_CONFIRMED_MS}, {4, 2000}, {3, 1500}, {2, 1000}};

START_TEST(it_is_fresh_for_two_seconds_or_half_its_life)
{
    struct leadership *l = candidate_for("first", "10.0.0.1:7443", lives[_i].ttl_s);
    must_lead(l);
    store_faulty_rate(store, STORE_FAULT_READ_FAIL, 1000); /* whoever asks gets no answer */
    fake.boot.ns += lives[_i].fresh_ms * NS_OF_MS - 1;
    ck_assert(leadership_is_fresh(l));
    fake.boot.ns += 1;
    ck_assert(!leadership_is_fresh(l));
    ck_assert(leadership_held(l)); /* not fresh is not lost */
    store_faulty_rate(store, STORE_FAULT_READ_FAIL, 0);
    ck_assert(leadership_is_fresh(l));
    store_faulty_rate(store, STORE_FAULT_READ_FAIL, 1000);
    fake.boot.ns += lives[_i].fresh_ms * NS_OF_MS - 1; /* the look has confirmed it */
    ck_assert(leadership_is_fresh(l));
    store_faulty_rate(store, STORE_FAULT_READ_FAIL, 0);
    leadership_destroy(l);
}
END_TEST

START_TEST(a_commit_that_went_through_confirms_from_before_it_was_sent)
{
    struct leadership *l = candidate("first", "10.0.0.1:7443");
    must_lead(l);
    struct boot_time elected = fake.boot;
    pass_ms(1500);
    struct boot_time before = fake.boot;
    pass_ms(400);
    leadership_confirm(l, before);
    leadership_confirm(l, elected); /* an older one takes nothing back */
    store_faulty_rate(store, STORE_FAULT_READ_FAIL, 1000);
    pass_ms(1599);
    ck_assert(leadership_is_fresh(l));
    pass_ms(1);
    ck_assert(!leadership_is_fresh(l));
    store_faulty_rate(store, STORE_FAULT_READ_FAIL, 0);
    leadership_destroy(l);
}
END_TEST

START_TEST(a_leader_whose_key_is_anothers_is_not_fresh)
{
    struct leadership *a = candidate("first", "10.0.0.1:7443");
    must_lead(a);
    write_leader("second 10.0.0.2:7443");
    ck_assert(leadership_is_fresh(a)); /* for as long as it was confirmed */
    pass_ms(LEADERSHIP_CONFIRMED_MS);
    ck_assert(!leadership_is_fresh(a));
    ck_assert_str_eq(leadership_address(a), "10.0.0.2:7443");
    leadership_lost(a);
    ck_assert(!leadership_held(a) && !leadership_is_fresh(a));
    leadership_destroy(a);
    char text[128];
    key_now(text, sizeof text);
    ck_assert_str_eq(text, "second 10.0.0.2:7443"); /* what is not ours stays */
}
END_TEST

START_TEST(whether_it_stands_is_asked_at_once)
{
    struct leadership *a = candidate("first", "10.0.0.1:7443");
    ck_assert(!leadership_stands(a));
    must_lead(a);
    ck_assert(leadership_stands(a));
    store_faulty_rate(store, STORE_FAULT_READ_FAIL, 1000);
    ck_assert(!leadership_stands(a)); /* nobody knows */
    store_faulty_rate(store, STORE_FAULT_READ_FAIL, 0);
    write_leader("second 10.0.0.2:7443");
    ck_assert(leadership_is_fresh(a)); /* as far as it knows */
    ck_assert(!leadership_stands(a));
    leadership_destroy(a);
}
END_TEST

START_TEST(a_leader_whose_key_is_gone_is_not_fresh_and_campaigns_again)
{
    struct leadership *a = candidate("first", "10.0.0.1:7443");
    must_lead(a);
    struct store_txn *txn = store_txn_create();
    struct store_result result;
    ck_assert_int_eq(store_txn_delete(txn, span_text(KEY_LEADER)), 0);
    store_commit_wait(mem, txn, 1000, &result);
    store_txn_destroy(txn);
    pass_ms(LEADERSHIP_CONFIRMED_MS);
    ck_assert(!leadership_is_fresh(a));
    ck_assert_str_eq(leadership_address(a), "");
    leadership_lost(a);
    must_lead(a);
    ck_assert(leadership_is_fresh(a));
    leadership_destroy(a);
}
END_TEST

static Suite *leadership_suite(void)
{
    Suite *s = suite_create("engine/leadership");
    TCase *c = tcase_create("leadership");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, whoever_finds_no_leader_becomes_one);
    tcase_add_test(c, others_are_told_who_leads_and_wait_for_the_lease);
    tcase_add_test(c, leadership_that_is_given_back_needs_no_waiting);
    tcase_add_test(c, a_process_that_was_killed_takes_its_own_key_over_at_once);
    tcase_add_test(c, one_name_at_two_addresses_is_not_one_process);
    tcase_add_test(c, a_key_that_is_written_by_no_leader_does_no_harm);
    tcase_add_test(c, of_two_that_see_no_leader_one_wins);
    tcase_add_loop_test(c, a_store_that_does_not_answer_makes_no_leader_and_the_next_try_does, 0,
                        (int)(sizeof silences / sizeof silences[0]));
    tcase_add_test(c, who_leads_is_not_known_when_the_store_falls_silent);
    tcase_add_loop_test(c, it_is_fresh_for_two_seconds_or_half_its_life, 0,
                        (int)(sizeof lives / sizeof lives[0]));
    tcase_add_test(c, a_commit_that_went_through_confirms_from_before_it_was_sent);
    tcase_add_test(c, a_leader_whose_key_is_anothers_is_not_fresh);
    tcase_add_test(c, whether_it_stands_is_asked_at_once);
    tcase_add_test(c, a_leader_whose_key_is_gone_is_not_fresh_and_campaigns_again);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(leadership_suite)

/* Registering, and what may not be rewritten or pulled away. */
#include "controlplane/domain/register.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

/* ---- Requests that start from what there is ---- */

static struct apply_organisation_request organisation(const char *name)
{
    struct apply_organisation_request r = {0};
    struct id id = id_literal(name);
    record_copy(&organisation_type, &r.organisation, state_find(w.state, ENTITY_ORGANISATION, &id));
    return r;
}

static int apply_organisation(struct apply_organisation_request *r)
{
    int rc = world_decide(&w, "admin.nipa", COMMAND_APPLY_ORGANISATION, r);
    record_fini(&apply_organisation_request_type, r);
    return rc;
}

static struct apply_programme_request programme(void)
{
    struct apply_programme_request r = {0};
    struct id id = id_literal(WORLD_PROGRAMME);
    record_copy(&programme_type, &r.programme, state_find(w.state, ENTITY_PROGRAMME, &id));
    return r;
}

static int apply_programme(struct apply_programme_request *r)
{
    int rc = world_decide(&w, "admin.nipa", COMMAND_APPLY_PROGRAMME, r);
    record_fini(&apply_programme_request_type, r);
    return rc;
}

static struct apply_project_request project(const char *name)
{
    struct apply_project_request r = {0};
    struct id id = id_literal(name);
    record_copy(&project_type, &r.project, state_find(w.state, ENTITY_PROJECT, &id));
    return r;
}

static int apply_project(struct apply_project_request *r)
{
    int rc = world_decide(&w, "admin.nipa", COMMAND_APPLY_PROJECT, r);
    record_fini(&apply_project_request_type, r);
    return rc;
}

static struct apply_pool_request pool(const char *name)
{
    struct id id = id_literal(name);
    return (struct apply_pool_request){
        .pool = *(const struct pool *)state_find(w.state, ENTITY_POOL, &id)};
}

/* ---- Organisations ---- */

START_TEST(test_a_size_may_change_from_a_date_to_come_only)
{
    struct apply_organisation_request r = organisation("upstage");
    struct size_fact *fact = record_list_add(&r.organisation.sizes, sizeof *fact);
    *fact = (struct size_fact){.from = world_at(WORLD_DAY), .size = SIZE_MIDSIZE};
    expect_ok(&w, apply_organisation(&r));
    ck_assert_uint_eq(w.changes.entries.n, 1);
    r = organisation("upstage"); /* the one in force is history */
    LIST_AT(struct size_fact, &r.organisation.sizes, 0)->size = SIZE_LARGE;
    expect_refused(&w, apply_organisation(&r), ERR_INVALID, "sizes",
                   "add a line from a date to come");
    r = organisation("upstage"); /* and none may appear in the past */
    LIST_AT(struct size_fact, &r.organisation.sizes, 1)->from = world_at(-WORLD_DAY);
    expect_refused(&w, apply_organisation(&r), ERR_INVALID, "sizes");
    r = organisation("upstage"); /* one to come may still be dropped */
    r.organisation.sizes.n = 1;
    expect_ok(&w, apply_organisation(&r));
}
END_TEST

START_TEST(test_an_organisation_is_checked)
{
    struct apply_organisation_request r = organisation("upstage");
    r.organisation.id = ID_NONE;
    expect_refused(&w, apply_organisation(&r), ERR_INVALID, "id is missing");
    r = organisation("upstage");
    r.organisation.id = id_literal("up.stage");
    expect_refused(&w, apply_organisation(&r), ERR_INVALID, "must not hold a dot");
}
END_TEST

/* ---- Programmes ---- */

START_TEST(test_a_price_may_change_from_a_date_to_come_only)
{
    struct apply_programme_request r = programme();
    struct price *price = record_list_add(&r.programme.policy.prices, sizeof *price);
    *price = (struct price){.model = "B200", .krw_per_gpu_month = {7000000}, .from = world_at(60)};
    expect_ok(&w, apply_programme(&r));
    r = programme();
    LIST_AT(struct price, &r.programme.policy.prices, 0)->krw_per_gpu_month.krw++;
    expect_refused(&w, apply_programme(&r), ERR_INVALID, "prices");
    w.now = world_at(60); /* by now the second one is history, too */
    r = programme();
    LIST_AT(struct price, &r.programme.policy.prices, 1)->krw_per_gpu_month.krw++;
    expect_refused(&w, apply_programme(&r), ERR_INVALID, "prices");
}
END_TEST

START_TEST(test_rules_that_price_every_month_stay)
{
    struct apply_programme_request r = programme();
    r.programme.policy.part_month = PART_MONTH_CALENDAR;
    expect_refused(&w, apply_programme(&r), ERR_INVALID, "part_month and grain");
    r = programme();
    r.programme.policy.payable_truncate_krw = 0;
    expect_refused(&w, apply_programme(&r), ERR_INVALID, "programme spec: ", "truncat");
    r = programme();
    r.programme.to = r.programme.from;
    expect_refused(&w, apply_programme(&r), ERR_INVALID, "from must come before to");
}
END_TEST

/* ---- Projects ---- */

START_TEST(test_what_a_project_names_has_to_exist)
{
    struct apply_project_request r = project("alpha");
    r.project.programme = id_literal("other");
    expect_refused(&w, apply_project(&r), ERR_NOT_FOUND, "programme other does not exist");
    r = project("alpha");
    LIST_AT(struct member, &r.project.members, 1)->organisation = id_literal("nobody");
    expect_refused(&w, apply_project(&r), ERR_NOT_FOUND, "organisation nobody does not exist");
    r = project("alpha");
    LIST_AT(struct member, &r.project.members, 1)->lab = id_literal("speech");
    expect_refused(&w, apply_project(&r), ERR_NOT_FOUND, "kaist has no lab speech");
    r = project("alpha");
    LIST_AT(struct member, &r.project.members, 1)->role = MEMBER_LEAD;
    expect_refused(&w, apply_project(&r), ERR_INVALID, "exactly one lead, not 2");
}
END_TEST

START_TEST(test_a_project_stays_in_its_programme_and_keeps_its_history)
{
    struct apply_programme_request p = programme();
    p.programme.id = id_literal("other");
    expect_ok(&w, apply_programme(&p));
    struct apply_project_request r = project("alpha");
    r.project.programme = id_literal("other");
    expect_refused(&w, apply_project(&r), ERR_INVALID, "can't move from programme spec to other");
    r = project("alpha");
    LIST_AT(struct openness_fact, &r.project.openness, 0)->openness = OPENNESS_CLOSED;
    expect_refused(&w, apply_project(&r), ERR_INVALID, "openness");
}
END_TEST

START_TEST(test_a_member_with_a_lease_stays_a_member)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 8});
    struct id a = world_make_allocation(&w, "alpha", 8, WORLD_BUDGET);
    world_must(&w, world_book(&w, &(struct world_booking){.actor = "lee.kaist",
                                                          .allocation = a,
                                                          .gpus = 1,
                                                          .from = world_at(0),
                                                          .to = world_at(60)}));
    struct id lease = w.changes.answer.id;
    struct apply_project_request r = project("alpha");
    r.project.members.n = 1;
    expect_refused(&w, apply_project(&r), ERR_STATE, "kaist can't leave while it has", lease.text);
    expect_ok(&w, world_release(&w, "lee.kaist", lease.text));
    r = project("alpha");
    r.project.members.n = 1;
    expect_ok(&w, apply_project(&r));
}
END_TEST

/* ---- Sites and pools ---- */

START_TEST(test_sites_and_pools_are_their_suppliers_affair)
{
    struct apply_site_request s = {.site = {.id = id_literal("new-dc"), .name_en = "New"}};
    s.site.operator= id_literal("naver");
    expect_refused(&w, world_decide(&w, "op.skt", COMMAND_APPLY_SITE, &s), ERR_DENIED,
                   "a site of naver is not for skt");
    expect_ok(&w, world_decide(&w, "op.naver", COMMAND_APPLY_SITE, &s));
    s.site.operator= id_literal("skt"); /* not to be taken over */
    expect_refused(&w, world_decide(&w, "op.skt", COMMAND_APPLY_SITE, &s), ERR_DENIED,
                   "the site of naver");
    s.site.operator= id_literal("upstage");
    expect_refused(&w, world_decide(&w, "admin.nipa", COMMAND_APPLY_SITE, &s), ERR_INVALID,
                   "upstage is no supplier");
    s.site.operator= id_literal("nobody");
    expect_refused(&w, world_decide(&w, "admin.nipa", COMMAND_APPLY_SITE, &s), ERR_NOT_FOUND,
                   "nobody does not exist");
    struct apply_pool_request p = pool("skt-b200");
    expect_refused(&w, world_decide(&w, "op.naver", COMMAND_APPLY_POOL, &p), ERR_DENIED,
                   "a pool of skt");
    p.pool.id = id_literal("new");
    p.pool.site = id_literal("nowhere");
    expect_refused(&w, world_decide(&w, "op.skt", COMMAND_APPLY_POOL, &p), ERR_NOT_FOUND,
                   "site nowhere does not exist");
}
END_TEST

START_TEST(test_a_pool_keeps_owner_site_and_model)
{
    struct apply_pool_request p = pool("skt-b200");
    memcpy(p.pool.model, "H200", 5);
    expect_refused(&w, world_decide(&w, "op.skt", COMMAND_APPLY_POOL, &p), ERR_INVALID,
                   "owner, site and model stay");
    p = pool("naver-b200");
    p.pool.owner = id_literal("skt");
    expect_refused(&w, world_decide(&w, "op.skt", COMMAND_APPLY_POOL, &p), ERR_DENIED,
                   "pool of naver");
}
END_TEST

START_TEST(test_a_lend_limit_stays_above_what_is_lent)
{
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 16});
    struct apply_pool_request p = pool("skt-b200");
    p.pool.lend_limit_units = share_gpus(15);
    expect_refused(&w, world_decide(&w, "op.skt", COMMAND_APPLY_POOL, &p), ERR_STATE,
                   "16 are lent at", "recall them first");
    p.pool.lend_limit_units = share_gpus(16);
    expect_ok(&w, world_decide(&w, "op.skt", COMMAND_APPLY_POOL, &p));
}
END_TEST

static Suite *register_suite(void)
{
    Suite *s = suite_create("register");
    TCase *c = tcase_create("register");
    tcase_add_checked_fixture(c, expect_setup, expect_teardown);
    tcase_add_test(c, test_a_size_may_change_from_a_date_to_come_only);
    tcase_add_test(c, test_an_organisation_is_checked);
    tcase_add_test(c, test_a_price_may_change_from_a_date_to_come_only);
    tcase_add_test(c, test_rules_that_price_every_month_stay);
    tcase_add_test(c, test_what_a_project_names_has_to_exist);
    tcase_add_test(c, test_a_project_stays_in_its_programme_and_keeps_its_history);
    tcase_add_test(c, test_a_member_with_a_lease_stays_a_member);
    tcase_add_test(c, test_sites_and_pools_are_their_suppliers_affair);
    tcase_add_test(c, test_a_pool_keeps_owner_site_and_model);
    tcase_add_test(c, test_a_lend_limit_stays_above_what_is_lent);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(register_suite)

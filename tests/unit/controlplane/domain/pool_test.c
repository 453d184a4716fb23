/* Sites and pools: what is refused without a look at other objects. */
#include "controlplane/domain/pool.h"

#include "tests/support/suite.h"
#include "tests/unit/controlplane/domain/checks.h"

static const struct {
    struct site site;
    const char *refusal;
} sites[] = {{{.id = {"skt-dc"}, .operator= {"skt"} }, NULL},
              {
                  {.operator= {"skt"} }, "site: id is missing"},
                  {{.id = {"skt-dc"}}, "site skt-dc: operator is missing"},
};

START_TEST(a_site_has_an_id_and_an_operator)
{
    struct err err = ERR_INIT;
    expect_check(site_check(&sites[_i].site, &err), &err, sites[_i].refusal);
}
END_TEST

static const struct {
    struct pool pool;
    const char *refusal;
} pools[] = {
    {{.id = {"p"}, .owner = {"skt"}, .site = {"dc"}, .model = "B200"}, NULL},
    {{.id = {"p"},
      .owner = {"skt"},
      .site = {"dc"},
      .model = "B200",
      .contracted_units = {7000},
      .lend_limit_units = {7000}},
     NULL},
    {{.owner = {"skt"}, .site = {"dc"}, .model = "B200"}, "pool: id is missing"},
    {{.id = {"p"}, .site = {"dc"}, .model = "B200"}, "pool p: owner, site and model are needed"},
    {{.id = {"p"}, .owner = {"skt"}, .model = "B200"}, "owner, site and model are needed"},
    {{.id = {"p"}, .owner = {"skt"}, .site = {"dc"}}, "owner, site and model are needed"},
    {{.id = {"p"}, .owner = {"skt"}, .site = {"dc"}, .model = "B200", .contracted_units = {-1}},
     "contracted_units and lend_limit_units must not be negative"},
    {{.id = {"p"}, .owner = {"skt"}, .site = {"dc"}, .model = "B200", .lend_limit_units = {-1}},
     "contracted_units and lend_limit_units must not be negative"},
};

START_TEST(a_pool_has_an_owner_a_site_a_model_and_counts)
{
    struct err err = ERR_INIT;
    expect_check(pool_check(&pools[_i].pool, &err), &err, pools[_i].refusal);
}
END_TEST

static Suite *pool_suite(void)
{
    Suite *s = suite_create("domain/pool");
    TCase *c = tcase_create("pool");
    tcase_add_loop_test(c, a_site_has_an_id_and_an_operator, 0,
                        (int)(sizeof sites / sizeof sites[0]));
    tcase_add_loop_test(c, a_pool_has_an_owner_a_site_a_model_and_counts, 0,
                        (int)(sizeof pools / sizeof pools[0]));
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(pool_suite)

/* Organisations: dated size classes, and what is refused. */
#include "controlplane/domain/organisation.h"

#include "tests/support/suite.h"
#include "tests/unit/controlplane/domain/checks.h"

#define SME(day)                                                                                   \
    {                                                                                              \
        .from = {day}, .size = SIZE_SME                                                            \
    }

static const struct {
    struct organisation organisation;
    const char *refusal;
} cases[] = {
    {{.id = {"skt"}, .name_en = "SK", .sizes = LIST_OF(struct size_fact, SME(1))}, NULL},
    {{.id = {"skt"}, .name_ko = "에스케이", .sizes = LIST_OF(struct size_fact, SME(1), SME(2))},
     NULL},
    {{.id = {"lunit"},
      .name_en = "L",
      .sizes = LIST_OF(struct size_fact, {.size = SIZE_STARTUP, .legal_size = SIZE_SME})},
     NULL},
    {{.name_en = "SK", .sizes = LIST_OF(struct size_fact, SME(1))}, "organisation: id is missing"},
    {{.id = {"s.k"}, .name_en = "SK", .sizes = LIST_OF(struct size_fact, SME(1))},
     "organisation s.k: id must not hold a dot"},
    {{.id = {"skt"}, .sizes = LIST_OF(struct size_fact, SME(1))}, "name_ko or name_en is needed"},
    {{.id = {"skt"}, .name_en = "SK"}, "organisation skt: sizes: state at least one"},
    {{.id = {"skt"}, .name_en = "SK", .sizes = LIST_OF(struct size_fact, SME(2), SME(1))},
     "sizes: dates must rise"},
    {{.id = {"skt"}, .name_en = "SK", .sizes = LIST_OF(struct size_fact, SME(2), SME(2))},
     "none may stand twice"},
    {{.id = {"skt"},
      .name_en = "SK",
      .sizes = LIST_OF(struct size_fact, {.size = SIZE_STARTUP, .legal_size = SIZE_STARTUP})},
     "a startup needs legal_size"},
};

START_TEST(dates_rise_and_names_are_present)
{
    struct err err = ERR_INIT;
    expect_check(organisation_check(&cases[_i].organisation, &err), &err, cases[_i].refusal);
}
END_TEST

START_TEST(the_size_in_force_is_the_latest_that_has_begun)
{
    const struct organisation o = {.sizes =
                                       LIST_OF(struct size_fact, {.from = {100}, .size = SIZE_SME},
                                               {.from = {200}, .size = SIZE_EARLY_MIDSIZE})};
    static const struct {
        int64_t at;
        enum size_class size; /* NONE: no fact */
    } moments[] = {{99, SIZE_NONE},
                   {100, SIZE_SME},
                   {199, SIZE_SME},
                   {200, SIZE_EARLY_MIDSIZE},
                   {INT64_MAX, SIZE_EARLY_MIDSIZE}};
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        const struct size_fact *fact = organisation_size_at(&o, (struct instant){moments[i].at});
        ck_assert_int_eq((int)(fact ? fact->size : SIZE_NONE), (int)moments[i].size);
    }
    ck_assert_ptr_null(organisation_size_at(&(struct organisation){.id = {"none"}}, INSTANT_NEVER));
}
END_TEST

static Suite *organisation_suite(void)
{
    Suite *s = suite_create("domain/organisation");
    TCase *c = tcase_create("organisation");
    tcase_add_loop_test(c, dates_rise_and_names_are_present, 0,
                        (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(c, the_size_in_force_is_the_latest_that_has_begun);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(organisation_suite)

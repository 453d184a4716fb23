/* lib/pki/identity.h */
#include "lib/pki/identity.h"

#include "tests/support/suite.h"

#define A63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    const char *uri;
    enum identity_kind kind;
    const char *organisation;
    const char *name;
} good[] = {
    {"spiffe://upstage.pumasi.internal/user/kim", IDENTITY_USER, "upstage", "kim"},
    {"spiffe://skt.pumasi.internal/node/haein-07", IDENTITY_NODE, "skt", "haein-07"},
    {"spiffe://nipa.pumasi.internal/service/pumasid.1", IDENTITY_SERVICE, "nipa", "pumasid.1"},
    {"spiffe://nc_ai-1.pumasi.internal/node/a_b", IDENTITY_NODE, "nc_ai-1", "a_b"},
    {"spiffe://" A63 ".pumasi.internal/service/" A63, IDENTITY_SERVICE, A63, A63},
};

START_TEST(parses_and_formats_back)
{
    struct identity who;
    struct err err = ERR_INIT;
    char uri[IDENTITY_URI_CAP];
    ck_assert_msg(identity_parse(span_text(good[_i].uri), &who, &err) == 0, "%s", err.text);
    ck_assert_int_eq(who.kind, good[_i].kind);
    ck_assert_str_eq(who.organisation.text, good[_i].organisation);
    ck_assert_str_eq(who.name.text, good[_i].name);
    ck_assert_str_eq(identity_format(&who, uri), good[_i].uri);
}
END_TEST

static const char *const bad[] = {
    "",
    "spiffe://",
    "spiffe:///user/kim",
    "https://skt.pumasi.internal/user/kim",
    "SPIFFE://skt.pumasi.internal/user/kim",
    "spiffe://skt.pumasi.internal",
    "spiffe://skt.pumasi.internal/",
    "spiffe://skt.pumasi.internal/user",
    "spiffe://skt.pumasi.internal/user/",
    "spiffe://skt.pumasi.internal/user/kim/",
    "spiffe://skt.pumasi.internal/user/kim/x",
    "spiffe://skt.pumasi.internal//kim",
    "spiffe://skt.pumasi.internal/admin/kim",
    "spiffe://skt.pumasi.internal/User/kim",
    "spiffe://skt.pumasi.internal/user/Kim",
    "spiffe://skt.pumasi.internal/user/k%69m",
    "spiffe://skt.pumasi.internal/user/kim?x",
    "spiffe://skt.pumasi.internal/user/kim#x",
    "spiffe://skt.pumasi.internal:443/user/kim",
    "spiffe://me@skt.pumasi.internal/user/kim",
    "spiffe://.pumasi.internal/user/kim",
    "spiffe://pumasi.internal/user/kim",
    "spiffe://skt.pumasi.internal.evil.kr/user/kim",
    "spiffe://skt.pumasi.interna/user/kim",
    "spiffe://a.skt.pumasi.internal/user/kim",
    "spiffe://sktpumasi.internal/user/kim",
    "spiffe://skt.pumasi.internal/user/" A63 "a",
    "spiffe://" A63 "a.pumasi.internal/user/kim",
    "spiffe://" A63 A63 A63 ".pumasi.internal/user/kim",
};

START_TEST(refuses_every_other_form)
{
    struct identity who = {.kind = IDENTITY_KIND_COUNT};
    struct err err = ERR_INIT;
    ck_assert_msg(identity_parse(span_text(bad[_i]), &who, &err) == -ERR_INVALID, "%s", bad[_i]);
    ck_assert_int_eq(who.kind, IDENTITY_KIND_COUNT);
    ck_assert_str_ne(err.text, "");
}
END_TEST

START_TEST(a_nul_inside_does_not_end_the_name)
{
    static const char uri[] = "spiffe://skt.pumasi.internal/user/kim\0.evil";
    struct identity who;
    ck_assert_int_eq(identity_parse(span_of(uri, sizeof(uri) - 1), &who, NULL), -ERR_INVALID);
}
END_TEST

START_TEST(check_names_what_is_wrong)
{
    struct identity who = {IDENTITY_NODE, id_literal("skt"), id_literal("n1")};
    ck_assert_int_eq(identity_check(&who, NULL), 0);
    struct identity other = who;
    other.kind = IDENTITY_KIND_COUNT;
    ck_assert_int_eq(identity_check(&other, NULL), -ERR_INVALID);
    other = who;
    other.organisation = id_literal("a.b");
    ck_assert_int_eq(identity_check(&other, NULL), -ERR_INVALID);
    other = who;
    other.name = ID_NONE;
    ck_assert_int_eq(identity_check(&other, NULL), -ERR_INVALID);
}
END_TEST

START_TEST(equal_in_all_three_parts)
{
    struct identity a = {IDENTITY_NODE, id_literal("skt"), id_literal("n1")};
    struct identity b = a;
    ck_assert(identity_equal(&a, &b));
    b.kind = IDENTITY_USER;
    ck_assert(!identity_equal(&a, &b));
    b = a;
    b.organisation = id_literal("kt");
    ck_assert(!identity_equal(&a, &b));
    b = a;
    b.name = id_literal("n2");
    ck_assert(!identity_equal(&a, &b));
    ck_assert_str_eq(identity_kind_name(IDENTITY_SERVICE), "service");
    ck_assert_str_eq(identity_kind_name(IDENTITY_KIND_COUNT), "?");
}
END_TEST

static Suite *identity_suite(void)
{
    Suite *s = suite_create("lib/pki/identity");
    TCase *t = tcase_create("identity");
    tcase_add_loop_test(t, parses_and_formats_back, 0, sizeof(good) / sizeof(good[0]));
    tcase_add_loop_test(t, refuses_every_other_form, 0, sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(t, a_nul_inside_does_not_end_the_name);
    tcase_add_test(t, check_names_what_is_wrong);
    tcase_add_test(t, equal_in_all_three_parts);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(identity_suite)

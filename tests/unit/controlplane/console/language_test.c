/* controlplane/console/language.h: Korean when it is wanted at least as much as English. */
#include "controlplane/console/language.h"
#include "tests/support/suite.h"

#include <stddef.h>

START_TEST(the_header_chooses)
{
    static const struct {
        const char *accept;
        enum language language;
    } cases[] = {
        {NULL, LANGUAGE_EN},
        {"", LANGUAGE_EN},
        {"ko", LANGUAGE_KO},
        {"KO-kr", LANGUAGE_KO},
        {"en", LANGUAGE_EN},
        {"de", LANGUAGE_EN},
        {"ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", LANGUAGE_KO},
        {"en-US,en;q=0.9,ko;q=0.8", LANGUAGE_EN},
        {"en,ko", LANGUAGE_KO},
        {"en;q=0.5 , ko ; q=0.500", LANGUAGE_KO},
        {"en;q=0.501,ko;q=0.5", LANGUAGE_EN},
        {"ja,ko;q=0.1", LANGUAGE_KO},
        {"ko;q=0", LANGUAGE_EN},
        {"ko;q=0.000,*", LANGUAGE_EN},
        {"ko;q=0.2,ko-KR;q=0.9,en;q=0.5", LANGUAGE_KO},
        {"*", LANGUAGE_KO},
        {"en;q=0.8,*;q=0.9", LANGUAGE_KO},
        {"en,*;q=0.1", LANGUAGE_EN},
        {"*;q=0", LANGUAGE_EN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(language_choose(NULL, cases[i].accept) == cases[i].language, "%s",
                      cases[i].accept);
}
END_TEST

START_TEST(malformed_parts_count_for_nothing)
{
    static const char *const english[] = {
        "korean",  "ko_KR",        "ko;q=2",    "ko;q=1.001", "ko;q=",
        "ko;q=.5", "ko;q=0.12345", "ko;q=0x",   "ko;q=1e3",   "ko;level=1",
        ",,,",     ";q=1",         "ko;;q=1",   " ",          "-ko",
        "ko;q=-1", "ko;q=1;v=2",   "k\xEB\xBD", "*;q=one",    "kо" /* Cyrillic */,
    };
    for (size_t i = 0; i < sizeof english / sizeof english[0]; i++)
        ck_assert_msg(language_choose(NULL, english[i]) == LANGUAGE_EN, "%s", english[i]);
    ck_assert_int_eq(language_choose(NULL, "en;q=9,,ko;q=0.1"), LANGUAGE_KO);
}
END_TEST

START_TEST(a_wish_on_the_page_wins)
{
    ck_assert_int_eq(language_choose("ko", "en"), LANGUAGE_KO);
    ck_assert_int_eq(language_choose("en", "ko"), LANGUAGE_EN);
    ck_assert_int_eq(language_choose("", "ko"), LANGUAGE_KO);
    ck_assert_int_eq(language_choose("fr", "ko"), LANGUAGE_KO);
    ck_assert_int_eq(language_choose("ko-KR", NULL), LANGUAGE_EN);
}
END_TEST

START_TEST(every_language_has_its_tag)
{
    ck_assert_str_eq(language_tag(LANGUAGE_EN), "en");
    ck_assert_str_eq(language_tag(LANGUAGE_KO), "ko");
}
END_TEST

static Suite *language_suite(void)
{
    Suite *s = suite_create("language");
    TCase *t = tcase_create("language");

    tcase_add_test(t, the_header_chooses);
    tcase_add_test(t, malformed_parts_count_for_nothing);
    tcase_add_test(t, a_wish_on_the_page_wins);
    tcase_add_test(t, every_language_has_its_tag);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(language_suite)

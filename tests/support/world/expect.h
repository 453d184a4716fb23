#ifndef PUMASI_TESTS_SUPPORT_WORLD_EXPECT_H
#define PUMASI_TESTS_SUPPORT_WORLD_EXPECT_H

#include "tests/support/world/world.h"

#include <check.h>
#include <stdio.h>

/* Expectations on the last decision of a world, with its error in the message of a failure. */

#define expect_ok(w, rc)                                                                           \
    do {                                                                                           \
        int expect_rc_ = (rc);                                                                     \
        ck_assert_msg(expect_rc_ == 0, "refused: %s: %s", err_name((w)->err.code), (w)->err.text); \
    } while (0)

/* Refused with the code, and every text of the ones given (up to the first NULL) in the error. */
#define expect_refused(w, rc, wanted, ...)                                                         \
    do {                                                                                           \
        int expect_rc_ = (rc);                                                                     \
        const char *expect_texts_[] = {__VA_ARGS__, NULL};                                         \
        ck_assert_msg(expect_rc_ == -(int)(wanted), "%s, not %s: %s", err_name((w)->err.code),     \
                      err_name(wanted), (w)->err.text);                                            \
        for (size_t expect_i_ = 0; expect_texts_[expect_i_]; expect_i_++)                          \
            ck_assert_msg(strstr((w)->err.text, expect_texts_[expect_i_]) != NULL,                 \
                          "\"%s\" is not in: %s", expect_texts_[expect_i_], (w)->err.text);        \
    } while (0)

/* A world for each test of a case: tcase_add_checked_fixture(c, expect_setup, expect_teardown). */
#define EXPECT_WORLD                                                                               \
    static struct world w;                                                                         \
    static void expect_setup(void)                                                                 \
    {                                                                                              \
        world_init(&w);                                                                            \
    }                                                                                              \
    static void expect_teardown(void)                                                              \
    {                                                                                              \
        world_fini(&w);                                                                            \
    }

#endif

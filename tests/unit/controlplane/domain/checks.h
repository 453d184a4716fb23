#ifndef PUMASI_TESTS_UNIT_CONTROLPLANE_DOMAIN_CHECKS_H
#define PUMASI_TESTS_UNIT_CONTROLPLANE_DOMAIN_CHECKS_H

#include "lib/base/record.h"

#include <check.h>
#include <string.h>

/* What the tests of the *_check() functions share: lists written in place, and one expectation. */

/* A struct list of these items, as an initialiser; it lives as long as what it stands in. */
#define LIST_OF(type, ...)                                                                         \
    {                                                                                              \
        (type[]){__VA_ARGS__}, sizeof((type[]){__VA_ARGS__}) / sizeof(type)                        \
    }

/* text NULL: all is well; else ERR_INVALID with the text in the error. */
static inline void expect_check(int rc, const struct err *err, const char *text)
{
    if (!text) {
        ck_assert_msg(rc == 0, "refused: %s", err->text);
        return;
    }
    ck_assert_msg(rc == -ERR_INVALID, "\"%s\" was to be refused, but: %d %s", text, rc, err->text);
    ck_assert_msg(strstr(err->text, text) != NULL, "\"%s\" is not in: %s", text, err->text);
}

#endif

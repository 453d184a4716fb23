#ifndef PUMASI_TESTS_SUPPORT_SUITE_H
#define PUMASI_TESTS_SUPPORT_SUITE_H

#include <check.h>
#include <stdlib.h>

/* The main() of a unit test: runs one suite, in forked children, and exits 1 if a test failed. */
#define SUITE_MAIN(make_suite)                                                                     \
    int main(void)                                                                                 \
    {                                                                                              \
        SRunner *runner = srunner_create(make_suite());                                            \
        srunner_run_all(runner, CK_NORMAL);                                                        \
        int failed = srunner_ntests_failed(runner);                                                \
        srunner_free(runner);                                                                      \
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;                                          \
    }

#endif

#ifndef PUMASI_TESTS_SYSTEM_TAP_H
#define PUMASI_TESTS_SYSTEM_TAP_H

#include <stdbool.h>

/*
 * Test Anything Protocol for the system tests in C. One test at a time; the count lives in the
 * caller's struct.
 */
struct tap {
    int count;
    int failed;
};

/* "ok 3 - text" or "not ok 3 - text"; returns what held. */
bool tap_ok(struct tap *t, bool held, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* "# text": a measurement or an explanation. */
void tap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "1..0 # SKIP reason" and exit status 77. */
_Noreturn void tap_skip(const char *reason);

/* The plan line; the exit status of the test. */
int tap_done(const struct tap *t);

#endif

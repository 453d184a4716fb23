/* Prints TAP on stdout, each line at once, so that a killed test shows how far it came. */
#include "tests/system/tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool tap_ok(struct tap *t, bool held, const char *fmt, ...)
{
    va_list ap;
    t->count++;
    t->failed += !held;
    printf("%sok %d - ", held ? "" : "not ", t->count);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
    fflush(stdout);
    return held;
}

void tap_note(const char *fmt, ...)
{
    va_list ap;
    printf("# ");
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
    fflush(stdout);
}

void tap_skip(const char *reason)
{
    printf("1..0 # SKIP %s\n", reason);
    exit(77);
}

int tap_done(const struct tap *t)
{
    printf("1..%d\n", t->count);
    return t->failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

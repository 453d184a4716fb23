/*
 * Error codes and texts. The tables come from ERR_CODES alone, so that name, gRPC status, exit code
 * and advice of a code can't drift apart. No state; any thread.
 */
#include "lib/base/err.h"

#include "lib/base/utf8.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct code_row {
    const char *name;
    int grpc_status;
    int exit_code;
    const char *advice;
};

static const struct code_row code_rows[ERR_CODE_COUNT] = {[ERR_OK] = {"ok", 0, 0, "nothing to do"},
#define X(id, name_, grpc_, exit_, advice_) [ERR_##id] = {name_, grpc_, exit_, advice_},
                                                          ERR_CODES(X)
#undef X
};

static const struct code_row *row_of(enum err_code code)
{
    if ((int)code < 0 || code >= ERR_CODE_COUNT)
        code = ERR_INTERNAL;
    return &code_rows[code];
}

/*
 * Texts quote what others sent. Copies src[0..len) into dst[ERR_TEXT_MAX]: one line, well-formed,
 * cut at a character border.
 */
static void put_line(char *dst, const char *src, size_t len)
{
    size_t n = utf8_cut((const uint8_t *)src, len, ERR_TEXT_MAX - 1);
    size_t at = 0;

    while (at < n) {
        size_t step = utf8_character((const uint8_t *)src + at, n - at);
        bool control = step == 1 && ((unsigned char)src[at] < 0x20 || src[at] == 0x7F);
        if (step == 0 || control) {
            dst[at++] = control ? ' ' : '?';
            continue;
        }
        memcpy(dst + at, src + at, step);
        at += step;
    }
    dst[at] = '\0';
}

/* What vsnprintf(dst, cap) really left in dst. */
static size_t printed(int rc, size_t cap)
{
    if (rc < 0)
        return 0;
    return (size_t)rc < cap ? (size_t)rc : cap - 1;
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    /* A few bytes more than fit, so that the cut sees whether it splits a character. */
    char line[ERR_TEXT_MAX + 8] = "";
    va_list ap;

    ENSURE(code > ERR_OK && code < ERR_CODE_COUNT);
    if (!err)
        return -(int)code;
    va_start(ap, fmt);
    size_t len = printed(vsnprintf(line, sizeof(line), fmt, ap), sizeof(line));
    va_end(ap);
    err->code = code;
    put_line(err->text, line, len);
    return -(int)code;
}

int err_prefix(struct err *err, int rc, const char *fmt, ...)
{
    char line[2 * ERR_TEXT_MAX + 8] = "";
    va_list ap;

    ENSURE(rc < 0);
    if (!err)
        return rc;
    va_start(ap, fmt);
    size_t len = printed(vsnprintf(line, ERR_TEXT_MAX, fmt, ap), ERR_TEXT_MAX);
    va_end(ap);
    len += printed(snprintf(line + len, sizeof(line) - len, ": %s", err->text), sizeof(line) - len);
    put_line(err->text, line, len);
    return rc;
}

const char *err_name(enum err_code code)
{
    return row_of(code)->name;
}

const char *err_advice(enum err_code code)
{
    return row_of(code)->advice;
}

int err_grpc_status(enum err_code code)
{
    return row_of(code)->grpc_status;
}

int err_exit_code(enum err_code code)
{
    return row_of(code)->exit_code;
}

enum err_code err_from_name(const char *name)
{
    for (int code = 0; code < ERR_CODE_COUNT; code++)
        if (strcmp(code_rows[code].name, name) == 0)
            return (enum err_code)code;
    return ERR_INTERNAL;
}

_Noreturn void ensure_failed(const char *cond, const char *file, int line)
{
    fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, cond);
    abort();
}

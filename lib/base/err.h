#ifndef PUMASI_LIB_BASE_ERR_H
#define PUMASI_LIB_BASE_ERR_H

#include <stddef.h>

/*
 * Errors. A function that can fail returns int: 0, or the negative of an err_code. Results come
 * through ret_ parameters, which a failure leaves untouched. The last parameter is the struct err
 * that receives code and text; it may be NULL when the caller wants the code alone.
 *
 * Who knows writes the text (field, value, remedy); each caller may add one prefix.
 * Nothing here allocates or blocks.
 */

/*  code, name in API and logs, gRPC status, exit code of the CLI, what the caller should do */
#define ERR_CODES(X)                                                                               \
    X(INVALID, "invalid", 3, 2, "fix the request")                                                 \
    X(UNAUTHENTICATED, "unauthenticated", 16, 4, "sign in again")                                  \
    X(DENIED, "denied", 7, 5, "ask someone who holds the role")                                    \
    X(NOT_FOUND, "not-found", 5, 6, "check the name")                                              \
    X(EXISTS, "exists", 6, 7, "choose another name")                                               \
    X(CONFLICT, "conflict", 10, 7, "look at the new state and try again")                          \
    X(STALE, "stale-plan", 10, 7, "look at the new plan and sign that")                            \
    X(STATE, "wrong-state", 9, 7, "look at the state of the object")                               \
    X(NO_CAPACITY, "no-capacity", 9, 7, "ask for another window or fewer GPUs")                    \
    X(BUDGET, "budget", 9, 7, "ask for a supplement")                                              \
    X(NO_RATE, "no-rate", 9, 2, "set the missing rate or price")                                   \
    X(LIMIT, "limit", 8, 2, "ask for less")                                                        \
    X(BUSY, "busy", 8, 1, "try again in a moment")                                                 \
    X(OVERFLOW, "overflow", 11, 2, "check the figures")                                            \
    X(WAITING, "waiting-for-approval", 9, 8, "wait for the approval")                              \
    X(NOT_LEADER, "not-leader", 14, 1, "ask another endpoint")                                     \
    X(UNAVAILABLE, "unavailable", 14, 1, "try again later")                                        \
    X(UNKNOWN_OUTCOME, "unknown-outcome", 4, 9, "look the request up by its id")                   \
    X(VERIFICATION, "verification-failed", 15, 10, "do not trust it; tell its issuer")             \
    X(CORRUPT, "corrupt", 15, 1, "restore from a backup; report it")                               \
    X(IO, "io", 13, 1, "look at the disk, then try again")                                         \
    X(UNSUPPORTED, "unsupported", 12, 1, "use a version that has it")                              \
    X(CANCELLED, "cancelled", 1, 130, "repeat it if you meant it")                                 \
    X(INTERNAL, "internal", 13, 1, "report it with the log")

enum err_code {
    ERR_OK = 0,
#define X(id, name, grpc, exit, advice) ERR_##id,
    ERR_CODES(X)
#undef X
        ERR_CODE_COUNT
};

#define ERR_TEXT_MAX 512

struct err {
    enum err_code code;
    char text[ERR_TEXT_MAX]; /* UTF-8, cut at a character border, never holds a newline */
};

#define ERR_INIT ((struct err){.code = ERR_OK, .text = ""})

/* Sets code and text; returns -code, so that `return err_set(...)` reads well. err may be NULL. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the text already there (cut at the end if too long); returns -code. */
int err_prefix(struct err *err, int rc, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Static strings; an unknown code gives those of INTERNAL. */
const char *err_name(enum err_code code);
const char *err_advice(enum err_code code);
int err_grpc_status(enum err_code code); /* ERR_OK gives 0 */
int err_exit_code(enum err_code code);   /* ERR_OK gives 0 */

/* The code whose name is the text, or ERR_INTERNAL. For errors that come over the wire. */
enum err_code err_from_name(const char *name);

/* The one macro that may hide a return: passes a negative code on. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        int try_rc_ = (call);                                                                      \
        if (try_rc_ < 0)                                                                           \
            return try_rc_;                                                                        \
    } while (0)

/* A broken promise inside the program: stays on in release builds, prints and aborts. */
#define ENSURE(cond)                                                                               \
    do {                                                                                           \
        if (__builtin_expect(!(cond), 0))                                                          \
            ensure_failed(#cond, __FILE__, __LINE__);                                              \
    } while (0)
_Noreturn void ensure_failed(const char *cond, const char *file, int line);

#define MUST_CHECK __attribute__((warn_unused_result))

#endif

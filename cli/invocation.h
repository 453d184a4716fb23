#ifndef PUMASI_CLI_INVOCATION_H
#define PUMASI_CLI_INVOCATION_H

#include "cli/command.h"
#include "cli/globals.h"
#include "cli/host.h"
#include "lib/base/buf.h"
#include "lib/base/id.h"

#include <stdint.h>

/*
 * One call of a command: the row, the values that people typed, checked by type, and the host.
 * Made by parse_command_line() (cli/parse.h). Options and arguments share one space of names;
 * asking for a name that the command's rows don't have is a broken promise.
 */
struct invocation;

struct invocation *invocation_create(const struct host *host);
void invocation_destroy(struct invocation *inv); /* NULL is fine */

const struct host *invocation_host(const struct invocation *inv);
const struct command *invocation_command(const struct invocation *inv); /* NULL before it is set */
void invocation_set_command(struct invocation *inv, const struct command *command);

/* Checks a typed value by the option's type and keeps a copy. ERR_INVALID names option and rule;
 * a second value of an option that is not repeatable is refused. */
MUST_CHECK int invocation_add(struct invocation *inv, const struct command_option *option,
                              const char *value, struct err *err);

/* Was it given (a fallback doesn't count), how often, and what. text is the first value, or the
 * fallback, or NULL; all borrowed until the invocation goes. */
bool invocation_given(const struct invocation *inv, const char *name);
size_t invocation_count(const struct invocation *inv, const char *name);
const char *invocation_text(const struct invocation *inv, const char *name);
const char *invocation_item(const struct invocation *inv, const char *name, size_t i);

/* The number behind a value in the unit of its type: see enum option_type. 0 when absent. */
int64_t invocation_number(const struct invocation *inv, const char *name);
int64_t invocation_item_number(const struct invocation *inv, const char *name, size_t i);

bool invocation_flag(const struct invocation *inv, const char *name);

/* Global choices. */
enum output_format invocation_format(const struct invocation *inv);
bool invocation_colour(const struct invocation *inv); /* --color, NO_COLOR, the terminal */

/* The id under which this call changes something: --request-id, else made by chance once. */
const struct id *invocation_request_id(struct invocation *inv);
/* For a command that changes several things: the id of the i-th is the first one's with "-i". */
void invocation_number_request(struct invocation *inv, size_t i);
/* The same if it has been asked for, else ID_NONE. */
const struct id *invocation_known_request_id(const struct invocation *inv);

/* What the reader of the coming error should do next, instead of the code's general advice. */
void invocation_advise(struct invocation *inv, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
const char *invocation_advice(const struct invocation *inv); /* "" when there is none */

/* With --dry-run --exit-code: the plan would change something, so the program exits with 3. */
#define EXIT_PLAN_CHANGES 3
void invocation_set_plan_changes(struct invocation *inv);
bool invocation_plan_changes(const struct invocation *inv);

/* Reads a whole file, or standard input for "-", into ret (initialised here with the limit
 * max_bytes; buf_fini() it in any case). ERR_NOT_FOUND, ERR_IO, ERR_LIMIT name the path. */
MUST_CHECK int invocation_read_file(const struct invocation *inv, const char *path,
                                    size_t max_bytes, struct buf *ret, struct err *err);

/* A line for people on the talk stream (printf without the newline); nothing with --quiet. */
void invocation_say(const struct invocation *inv, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static inline void invocation_cleanup(struct invocation **inv)
{
    invocation_destroy(*inv);
}
#define CLEANUP_INVOCATION __attribute__((cleanup(invocation_cleanup)))

#endif

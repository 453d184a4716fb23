#ifndef PUMASI_CLI_COMMAND_H
#define PUMASI_CLI_COMMAND_H

#include "cli/view.h"
#include "lib/base/err.h"

#include <jansson.h>
#include <stdbool.h>

/*
 * A command is one const row. The parser, --help, `pumasi help`, the completion of three shells
 * and the man pages are all made from it; a test compares them.
 *
 * One file a noun (cli/lease.c), which exports `const struct command lease_commands[]`, ended by
 * COMMAND_END; cli/commands.c lists the files. Every text that people read is marked N_() (see
 * cli/i18n.h) and has a Korean translation in cli/po/ko.po; a test looks for it. Names, metavars
 * and examples are not translated.
 *
 *     static const struct command_option eval_options[] = {
 *         {.name = "file", .letter = 'f', .metavar = "FILE", .type = OPTION_FILE,
 *          .required = true, .help = N_("the case file, - for standard input")},
 *         OPTION_END_ROW};
 *
 *     const struct command cofund_commands[] = {
 *         {.noun = "cofund", .verb = "eval", .summary = N_("work out co-funding of a case file"),
 *          .options = eval_options, .examples = (const char *const[]){"pumasi cofund eval -f
 * c.json", NULL}, .view = &eval_view, .exec = eval_exec}, COMMAND_END};
 */
struct invocation;

enum option_type {
    OPTION_TEXT,     /* any text */
    OPTION_ID,       /* a name by the rules of lib/base/id.h */
    OPTION_FILE,     /* a path; "-" is standard input. Completed as a file */
    OPTION_FLAG,     /* no value */
    OPTION_INT,      /* decimal, >= 0 */
    OPTION_MOMENT,   /* a Korean date, an RFC 3339 instant, "now" or "+DURATION": unix seconds */
    OPTION_UNTIL,    /* the same as an exclusive end: a date counts to the end of its day */
    OPTION_DURATION, /* "90s", "24h", "7d": seconds */
    OPTION_GPUS,     /* "8", "1/8", "0.25": units of 1/7000 GPU */
    OPTION_WON,      /* "1200000", "1,200,000": won */
    OPTION_CHOICE,   /* one of `choices` */
    OPTION_TYPE_COUNT
};

/*
 * An option (--name VALUE, --name=VALUE, -l VALUE, -lVALUE) or a positional argument (then only
 * name, type, required, repeatable, help and field count). Values are checked by their type before
 * exec runs.
 *
 * field: where a command that calls the server puts the value in its request (cli/request.h):
 * "gpus", "loan.notice_s", "uids[].uid" (one item for each value), "?state" (a filter of a
 * listing). NULL: exec reads the value itself.
 */
struct command_option {
    const char *name; /* NULL ends a list */
    char letter;      /* short form, 0: none */
    bool required;
    bool repeatable;
    enum option_type type;
    const char *metavar;        /* "FILE"; NULL: from the type. Arguments: NULL: NAME in capitals */
    const char *const *choices; /* OPTION_CHOICE: NULL-terminated */
    const char *fallback; /* value when it is not given, in the form people type; may be NULL */
    const char *help;     /* N_() */
    const char *field;
};
#define OPTION_END_ROW                                                                             \
    {                                                                                              \
        .name = NULL                                                                               \
    }

/* What a command that is one call to the server sends; the options' `field`s fill the request. */
enum call_kind {
    CALL_GET,    /* prints the reply as one object */
    CALL_LIST,   /* follows the pages, prints `items`; --watch follows changes */
    CALL_CHANGE, /* adds the request's head; prints outcome, plan, price; --dry-run */
};

struct command_call {
    const char *service; /* "LeaseService" of pumasi.v1 */
    const char *method;  /* "BookLease" */
    enum call_kind kind;
    const char *watch; /* the kind of object that events name: "lease"; NULL: no --watch */
    /* CALL_LIST: takes the items, returns those to be shown in the order to be shown in; NULL: as
     * they come. */
    json_t *(*arrange)(const struct invocation *inv, json_t *items);
};

/* 0, or -code with err filled; the exit code follows from the code (err_exit_code()). Output goes
 * to the invocation's streams only. */
typedef int (*command_exec_fn)(struct invocation *inv, struct err *err);

struct command {
    const char *noun;    /* "lease"; alone for `pumasi version`. NULL ends a list */
    const char *verb;    /* "book"; NULL: the noun alone is the command */
    const char *summary; /* N_(), one line, lower case, no full stop */
    const char *details; /* N_(), paragraphs for --help and man; may be NULL */
    const struct command_option *arguments; /* in order; may be NULL */
    const struct command_option *options;   /* may be NULL */
    const char *const *examples;            /* NULL-terminated, at least one */
    const struct view *view;                /* how its result is shown; NULL: no result */
    const struct command_call *call;        /* for exec = call_exec (cli/call.h) */
    command_exec_fn exec;
};
#define COMMAND_END                                                                                \
    {                                                                                              \
        .noun = NULL                                                                               \
    }

/* The row for a word pair (verb may be NULL), or NULL. Borrowed, static. */
const struct command *command_find(const char *noun, const char *verb);

/* "lease book" or "version" into dst; returns dst. */
#define COMMAND_NAME_CAP 48
const char *command_words(const struct command *c, char dst[COMMAND_NAME_CAP]);

/* The option of that name among the command's own options and arguments, then among the global
 * ones (cli/globals.h); NULL if there is none. Static. */
const struct command_option *command_find_option(const struct command *c, const char *name);

/* "FILE": the word that stands for the value in help texts. dst is used for arguments. */
const char *option_metavar(const struct command_option *o, char dst[COMMAND_NAME_CAP]);

#endif

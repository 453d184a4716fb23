/*
 * Owns: the story of one run. One thread.
 */
#include "cli/program.h"

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/i18n.h"
#include "cli/invocation.h"
#include "cli/parse.h"
#include "cli/report.h"
#include "cli/version.h"

#include <string.h>

#define HELP_MAX (256 << 10)

static void show_help(const struct invocation *inv, const char *noun)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, HELP_MAX);
    const struct command *c = invocation_command(inv);
    if (c)
        help_command(&text, c);
    else if (noun)
        help_noun(&text, noun);
    else
        help_program(&text);
    fputs(text.data, invocation_host(inv)->out);
}

static int run_command(struct invocation *inv, const char *noun, struct err *err)
{
    const struct command *c = invocation_command(inv);
    if (invocation_flag(inv, "version"))
        return version_print(inv, err);
    if (!c || invocation_flag(inv, "help")) {
        show_help(inv, noun);
        return 0;
    }
    return c->exec(inv, err);
}

static bool is_json(const char *format)
{
    return format && strncmp(format, "json", 4) == 0;
}

int program_run(const struct host *host, int argc, const char *const argv[])
{
    CLEANUP_INVOCATION struct invocation *inv = invocation_create(host);
    struct err err = ERR_INIT;
    bool json_errors = is_json(parse_peek(argc, argv, "output"));
    int rc = i18n_init(host, parse_peek(argc, argv, "lang"), &err);
    if (rc == 0)
        rc = parse_command_line(inv, argc, argv, &err);
    if (rc == 0)
        rc = run_command(inv, parse_peek_noun(argc, argv), &err);
    if (rc < 0)
        return report_error(inv, &err, json_errors);
    if (fflush(host->out) != 0) {
        err_set(&err, ERR_IO, "%s", _("standard output cannot be written"));
        return report_error(inv, &err, json_errors);
    }
    return invocation_plan_changes(inv) ? EXIT_PLAN_CHANGES : rc;
}

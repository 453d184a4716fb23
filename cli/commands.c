/*
 * Owns: the list of the tables of commands. Adding a noun is one line here and one file. Constant.
 */
#include "cli/commands.h"

#include "cli/globals.h"
#include "cli/invocation.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct command *const tables[] = {
    lease_commands,      run_commands,     pool_commands,       loan_commands,
    allocation_commands, approve_commands, usage_commands,      statement_commands,
    ledger_commands,     witness_commands, budget_commands,     stage_commands,
    cofund_commands,     quota_commands,   apply_commands,      organisation_commands,
    user_commands,       node_commands,    init_commands,       ca_commands,
    login_commands,      context_commands, completion_commands, man_commands,
    help_commands,       version_commands};

const struct command *command_at(size_t i)
{
    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
        for (const struct command *c = tables[t]; c->noun; c++) {
            if (i-- == 0)
                return c;
        }
    }
    return NULL;
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

const struct command *command_find(const char *noun, const char *verb)
{
    ENSURE(noun);
    const struct command *c;
    for (size_t i = 0; (c = command_at(i)); i++) {
        if (same(c->noun, noun) && same(c->verb, verb))
            return c;
    }
    return NULL;
}

bool command_noun_exists(const char *noun)
{
    const struct command *c;
    for (size_t i = 0; (c = command_at(i)); i++) {
        if (same(c->noun, noun))
            return true;
    }
    return false;
}

const char *command_words(const struct command *c, char dst[COMMAND_NAME_CAP])
{
    int n = snprintf(dst, COMMAND_NAME_CAP, "%s%s%s", c->noun, c->verb ? " " : "",
                     c->verb ? c->verb : "");
    ENSURE(n > 0 && n < COMMAND_NAME_CAP);
    return dst;
}

static const struct command_option *find_in(const struct command_option *list, const char *name)
{
    for (; list && list->name; list++) {
        if (strcmp(list->name, name) == 0)
            return list;
    }
    return NULL;
}

const struct command_option *command_find_option(const struct command *c, const char *name)
{
    const struct command_option *o = c ? find_in(c->options, name) : NULL;
    if (!o && c)
        o = find_in(c->arguments, name);
    return o ? o : find_in(global_options, name);
}

void command_each_option(const struct command *c, command_option_fn visit, void *arg)
{
    for (const struct command_option *o = c ? c->options : NULL; o && o->name; o++)
        visit(arg, o, false);
    for (const struct command_option *o = global_options; o->name; o++)
        visit(arg, o, true);
}

bool command_can_watch(const struct command *c)
{
    return c->call && c->call->watch;
}

bool command_can_dry_run(const struct command *c)
{
    return c->call && c->call->kind == CALL_CHANGE;
}

const char *option_metavar(const struct command_option *o, char dst[COMMAND_NAME_CAP])
{
    static const char *const by_type[OPTION_TYPE_COUNT] = {
        [OPTION_TEXT] = "TEXT",  [OPTION_ID] = "NAME",       [OPTION_FILE] = "FILE",
        [OPTION_FLAG] = "",      [OPTION_INT] = "N",         [OPTION_MOMENT] = "DATE",
        [OPTION_UNTIL] = "DATE", [OPTION_DURATION] = "TIME", [OPTION_GPUS] = "GPUS",
        [OPTION_WON] = "WON",    [OPTION_CHOICE] = "WORD",
    };
    snprintf(dst, COMMAND_NAME_CAP, "%s", o->metavar ? o->metavar : by_type[o->type]);
    return dst;
}

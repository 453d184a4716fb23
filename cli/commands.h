#ifndef PUMASI_CLI_COMMANDS_H
#define PUMASI_CLI_COMMANDS_H

#include "cli/command.h"

#include <stddef.h>

/* One table a noun (or a family of words without verbs), in cli/<noun>.c. */
extern const struct command allocation_commands[];
extern const struct command apply_commands[];
extern const struct command approve_commands[];
extern const struct command ca_commands[];
extern const struct command cofund_commands[];
extern const struct command completion_commands[];
extern const struct command context_commands[];
extern const struct command help_commands[];
extern const struct command init_commands[];
extern const struct command lease_commands[];
extern const struct command loan_commands[];
extern const struct command login_commands[];
extern const struct command man_commands[];
extern const struct command node_commands[];
extern const struct command organisation_commands[];
extern const struct command pool_commands[];
extern const struct command quota_commands[];
extern const struct command run_commands[];
extern const struct command budget_commands[];
extern const struct command stage_commands[];
extern const struct command statement_commands[];
extern const struct command ledger_commands[];
extern const struct command witness_commands[];
extern const struct command usage_commands[];
extern const struct command user_commands[];
extern const struct command version_commands[];

/*
 * The list of all commands: one table a noun. Iterate with the index until NULL; the order is that
 * of the help.
 *
 *     const struct command *c;
 *     for (size_t i = 0; (c = command_at(i)); i++) …
 */
const struct command *command_at(size_t i);

/* True if some command has that noun. */
bool command_noun_exists(const char *noun);

/* Calls visit for every option of a command, then for every global one. */
typedef void (*command_option_fn)(void *arg, const struct command_option *option, bool global);
void command_each_option(const struct command *c, command_option_fn visit, void *arg);

/* May the command be given --watch, --dry-run? */
bool command_can_watch(const struct command *c);
bool command_can_dry_run(const struct command *c);

#endif

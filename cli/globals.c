/*
 * Owns: the table of the options that every command takes. Constant.
 */
#include "cli/globals.h"

#include "cli/i18n.h"

const char *const output_format_names[] = {"table", "wide", "json", "jsonl", "csv", "name", NULL};

static const char *const language_names[] = {"ko", "en", NULL};
static const char *const colour_names[] = {"auto", "always", "never", NULL};

const struct command_option global_options[] = {
    {.name = "output",
     .letter = 'o',
     .metavar = "FORMAT",
     .type = OPTION_CHOICE,
     .choices = output_format_names,
     .fallback = "table",
     .help = N_("how results are printed")},
    {.name = "watch",
     .letter = 'w',
     .type = OPTION_FLAG,
     .help = N_("follow changes until interrupted")},
    {.name = "dry-run", .type = OPTION_FLAG, .help = N_("show plan and price, change nothing")},
    {.name = "exit-code",
     .type = OPTION_FLAG,
     .help = N_("with --dry-run: exit 3 when the plan would change something")},
    {.name = "lang",
     .metavar = "LANG",
     .type = OPTION_CHOICE,
     .choices = language_names,
     .help = N_("language of messages")},
    {.name = "context",
     .metavar = "NAME",
     .type = OPTION_ID,
     .help = N_("which stored sign-in to use")},
    {.name = "server",
     .metavar = "HOST:PORT",
     .type = OPTION_TEXT,
     .repeatable = true,
     .help = N_("control plane to call instead of the context's")},
    {.name = "timeout",
     .type = OPTION_DURATION,
     .fallback = "30s",
     .help = N_("longest time to wait for an answer")},
    {.name = "request-id",
     .metavar = "ID",
     .type = OPTION_ID,
     .help = N_("id of the change: the same id takes effect at most once")},
    {.name = "color",
     .metavar = "WHEN",
     .type = OPTION_CHOICE,
     .choices = colour_names,
     .fallback = "auto",
     .help = N_("colour on terminals")},
    {.name = "quiet",
     .letter = 'q',
     .type = OPTION_FLAG,
     .help = N_("print results and errors only")},
    {.name = "verbose",
     .letter = 'v',
     .type = OPTION_FLAG,
     .help = N_("say more about calls to the server")},
    {.name = "help", .letter = 'h', .type = OPTION_FLAG, .help = N_("show help and exit")},
    {.name = "version",
     .letter = 'V',
     .type = OPTION_FLAG,
     .help = N_("show the version and exit")},
    OPTION_END_ROW,
};

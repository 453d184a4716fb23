/*
 * Owns: the command `version`. One thread.
 */
#include "cli/version.h"

#include "cli/commands.h"
#include "cli/i18n.h"
#include "cli/output.h"

static const struct column version_columns[] = {
    {.header = N_("PROGRAM"), .path = "program"},
    {.header = N_("VERSION"), .path = "version"},
    {.header = N_("API"), .path = "api"},
    COLUMN_END,
};

static const struct view version_view = {.columns = version_columns};

int version_print(const struct invocation *inv, struct err *err)
{
    json_t *document = json_pack("{s:s, s:s, s:s}", "program", "pumasi", "version", PUMASI_VERSION,
                                 "api", "pumasi/v1");
    ENSURE(document);
    int rc = 0;
    if (invocation_format(inv) == OUTPUT_TABLE)
        fprintf(invocation_host(inv)->out, "pumasi %s\n", PUMASI_VERSION);
    else
        rc = output_print_view(inv, &version_view, document, err);
    json_decref(document);
    return rc;
}

static int version_exec(struct invocation *inv, struct err *err)
{
    return version_print(inv, err);
}

const struct command version_commands[] = {
    {.noun = "version",
     .summary = N_("show the version of the program"),
     .examples = (const char *const[]){"pumasi version", "pumasi version -o json", NULL},
     .view = &version_view,
     .exec = version_exec},
    COMMAND_END,
};

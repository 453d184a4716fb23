/*
 * Owns: the command `quota eval`, which works out a lending tree file without a server, by the code
 * that decides. One thread.
 */
#include "cli/commands.h"
#include "cli/i18n.h"
#include "cli/invocation.h"
#include "cli/output.h"
#include "controlplane/domain/file/quota_file.h"
#include "lib/base/korea.h"
#include "lib/base/limits.h"

/* What --at stands for: the words typed when they are a date or an instant, which `now` is not. */
static void set_at(const struct invocation *inv, json_t *document, struct instant at)
{
    const char *typed = invocation_text(inv, "at");
    char text[INSTANT_TEXT_CAP];
    struct instant same;
    if (moment_parse(span_text(typed), &same, NULL) < 0)
        typed = instant_format(at, text);
    ENSURE(json_object_set_new(document, "at", json_string(typed)) == 0);
}

/* The specified document: two objects by name of node. */
static json_t *tree_document(const struct quota_tree *tree)
{
    json_t *available = json_object(), *potential = json_object();
    for (size_t i = 0; i < quota_count(tree); i++) {
        const char *name = quota_name(tree, i);
        json_int_t free_now = quota_available(tree, i), at_most = quota_potential(tree, i);
        ENSURE(json_object_set_new(available, name, json_integer(free_now)) == 0);
        ENSURE(json_object_set_new(potential, name, json_integer(at_most)) == 0);
    }
    json_t *document = json_pack("{s:o, s:o}", "available", available, "potential", potential);
    ENSURE(document);
    return document;
}

/* The same as a list of rows, for every other form of output. */
static json_t *rows_document(const struct quota_tree *tree)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < quota_count(tree); i++) {
        json_t *row =
            json_pack("{s:s, s:I, s:I, s:I, s:I}", "node", quota_name(tree, i), "nominal",
                      (json_int_t)quota_nominal(tree, i), "usage", (json_int_t)quota_usage(tree, i),
                      "available", (json_int_t)quota_available(tree, i), "potential",
                      (json_int_t)quota_potential(tree, i));
        ENSURE(row && json_array_append_new(rows, row) == 0);
    }
    json_t *document = json_pack("{s:o}", "nodes", rows);
    ENSURE(document);
    return document;
}

static const struct column quota_columns[] = {
    {.header = N_("NODE"), .path = "node"},
    {.header = N_("NOMINAL"), .path = "nominal"},
    {.header = N_("IN USE"), .path = "usage"},
    {.header = N_("AVAILABLE"), .path = "available"},
    {.header = N_("AT MOST"), .path = "potential"},
    COLUMN_END,
};

static const struct view quota_view = {.rows = "nodes", .columns = quota_columns};

static int print_tree(const struct invocation *inv, const struct quota_tree *tree,
                      const struct instant *at, struct err *err)
{
    bool json = invocation_format(inv) == OUTPUT_JSON;
    json_t *document = json ? tree_document(tree) : rows_document(tree);
    if (at != NULL)
        set_at(inv, document, *at);
    int rc = output_print(inv, document, err);
    json_decref(document);
    return rc;
}

static int eval_tree(const struct invocation *inv, struct span text, struct err *err)
{
    struct instant at = {invocation_number(inv, "at")};
    const struct instant *asked = invocation_given(inv, "at") ? &at : NULL;
    struct quota_file *file;
    struct quota_tree *tree CLEANUP_QUOTA_TREE = NULL;
    TRY(quota_file_read(text, &file, err));
    int rc = quota_file_tree(file, asked, &tree, err);
    quota_file_destroy(file);
    return rc < 0 ? rc : print_tree(inv, tree, asked, err);
}

static int quota_eval(struct invocation *inv, struct err *err)
{
    const char *path = invocation_text(inv, "file");
    CLEANUP_BUF struct buf text;
    TRY(invocation_read_file(inv, path, LIMIT_FILE_BYTES, &text, err));
    int rc = eval_tree(inv, buf_span(&text), err);
    return rc == 0 || strcmp(path, "-") == 0 ? rc : err_prefix(err, rc, "%s", path);
}

static const struct command_option eval_options[] = {
    {.name = "file",
     .letter = 'f',
     .type = OPTION_FILE,
     .required = true,
     .help = N_("the tree file, - for standard input")},
    {.name = "at",
     .type = OPTION_MOMENT,
     .metavar = "DATE",
     .help = N_("the instant to look at; without it dated numbers count as absent")},
    OPTION_END_ROW,
};

const struct command quota_commands[] = {
    {.noun = "quota",
     .verb = "eval",
     .summary = N_("work out who may take how much in a lending tree file"),
     .details = N_("Needs no server. For each node of the tree: what is available to it now, and "
                   "what it could take at most if nothing were in use."),
     .options = eval_options,
     .examples =
         (const char *const[]){"pumasi quota eval -f tree.json",
                               "pumasi quota eval -f tree.json --at 2026-08-01 -o json", NULL},
     .view = &quota_view,
     .exec = quota_eval},
    COMMAND_END,
};

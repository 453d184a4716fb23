/*
 * Owns: nothing; words the table of commands for people. Also the command `help`. One thread.
 */
#include "cli/help.h"

#include "cli/commands.h"
#include "cli/globals.h"
#include "cli/grid.h"
#include "cli/i18n.h"
#include "cli/invocation.h"

#include <ctype.h>
#include <string.h>

#define HELP_MAX (256 << 10)

static void upper_name(const struct command_option *o, char dst[COMMAND_NAME_CAP])
{
    size_t i = 0;
    for (const char *p = o->metavar ? o->metavar : o->name; *p && i + 1 < COMMAND_NAME_CAP; p++)
        dst[i++] = (char)toupper((unsigned char)*p);
    dst[i] = '\0';
}

void help_usage(struct buf *dst, const struct command *c)
{
    char word[COMMAND_NAME_CAP];
    buf_printf(dst, "pumasi %s", command_words(c, word));
    for (const struct command_option *a = c->arguments; a && a->name; a++) {
        upper_name(a, word);
        buf_printf(dst, a->required ? " %s%s" : " [%s%s]", word, a->repeatable ? "..." : "");
    }
    for (const struct command_option *o = c->options; o && o->name; o++) {
        if (o->required)
            buf_printf(dst, " --%s %s", o->name, option_metavar(o, word));
    }
    buf_printf(dst, " [%s]", _("options"));
}

void help_option_form(struct buf *dst, const struct command_option *o)
{
    char metavar[COMMAND_NAME_CAP];
    if (o->letter)
        buf_printf(dst, "-%c, ", o->letter);
    buf_printf(dst, "--%s", o->name);
    if (o->type != OPTION_FLAG)
        buf_printf(dst, " %s", option_metavar(o, metavar));
}

void help_option_text(struct buf *dst, const struct command_option *o)
{
    buf_append_text(dst, gettext(o->help));
    if (o->choices) {
        for (size_t i = 0; o->choices[i]; i++)
            buf_printf(dst, "%s%s", i ? ", " : ": ", o->choices[i]);
    }
    if (o->fallback)
        buf_printf(dst, _(" (default: %s)"), o->fallback);
    if (o->repeatable)
        buf_append_text(dst, _(" (may be repeated)"));
}

static void add_option_row(struct grid *grid, const struct command_option *o, bool argument)
{
    CLEANUP_BUF struct buf form, text;
    buf_init(&form, HELP_MAX);
    buf_init(&text, HELP_MAX);
    char word[COMMAND_NAME_CAP];
    buf_append_text(&form, "  ");
    if (argument) {
        upper_name(o, word);
        buf_append_text(&form, word);
    } else {
        help_option_form(&form, o);
    }
    help_option_text(&text, o);
    grid_add(grid, form.data);
    grid_add(grid, text.data);
}

static void options_section(struct buf *dst, const char *title, const struct command_option *list,
                            bool arguments)
{
    if (!list || !list->name)
        return;
    struct grid *grid = grid_create(2);
    for (const struct command_option *o = list; o->name; o++)
        add_option_row(grid, o, arguments);
    buf_printf(dst, "\n%s\n", title);
    grid_render(grid, 0, false, dst);
    grid_destroy(grid);
}

void help_command(struct buf *dst, const struct command *c)
{
    ENSURE(c);
    char name[COMMAND_NAME_CAP];
    buf_printf(dst, "pumasi %s: %s\n\n%s\n", command_words(c, name), gettext(c->summary),
               _("Examples"));
    for (size_t i = 0; c->examples[i]; i++)
        buf_printf(dst, "  %s\n", c->examples[i]);
    buf_printf(dst, "\n%s\n  ", _("Usage"));
    help_usage(dst, c);
    buf_append_char(dst, '\n');
    if (c->details)
        buf_printf(dst, "\n%s\n", gettext(c->details));
    options_section(dst, _("Arguments"), c->arguments, true);
    options_section(dst, _("Options"), c->options, false);
    options_section(dst, _("Options of every command"), global_options, false);
}

static void add_command_row(struct grid *grid, const struct command *c)
{
    char name[COMMAND_NAME_CAP], row[COMMAND_NAME_CAP + 2];
    snprintf(row, sizeof(row), "  %s", command_words(c, name));
    grid_add(grid, row);
    grid_add(grid, gettext(c->summary));
}

static void command_rows(struct buf *dst, const char *noun)
{
    struct grid *grid = grid_create(2);
    const struct command *c;
    for (size_t i = 0; (c = command_at(i)); i++) {
        if (!noun || strcmp(c->noun, noun) == 0)
            add_command_row(grid, c);
    }
    grid_render(grid, 0, false, dst);
    grid_destroy(grid);
}

void help_program(struct buf *dst)
{
    buf_printf(dst, "%s\n\n%s\n", _("pumasi: GPUs lent between neighbours"), _("Examples"));
    buf_append_text(
        dst, "  pumasi pool list\n"
             "  pumasi lease book --allocation allocation-1 --gpus 8 --to 2026-03-31 --dry-run\n"
             "  pumasi lease list -o json\n");
    buf_printf(dst, "\n%s\n", _("Commands"));
    command_rows(dst, NULL);
    options_section(dst, _("Options of every command"), global_options, false);
    buf_printf(dst, "\n%s\n", _("'pumasi help COMMAND' or 'pumasi COMMAND --help' says more."));
}

void help_noun(struct buf *dst, const char *noun)
{
    ENSURE(command_noun_exists(noun));
    const struct command *alone = command_find(noun, NULL);
    if (alone) {
        help_command(dst, alone);
        return;
    }
    buf_printf(dst, "pumasi %s\n\n%s\n", noun, _("Commands"));
    command_rows(dst, noun);
    buf_printf(dst, "\n%s\n", _("'pumasi help COMMAND' or 'pumasi COMMAND --help' says more."));
}

static int help_words(const struct invocation *inv, struct buf *dst, struct err *err)
{
    if (invocation_count(inv, "command") == 0) {
        help_program(dst);
        return 0;
    }
    const char *noun = invocation_item(inv, "command", 0);
    if (!command_noun_exists(noun))
        return err_set(err, ERR_NOT_FOUND, _("there is no command '%s'"), noun);
    if (invocation_count(inv, "command") == 1) {
        help_noun(dst, noun);
        return 0;
    }
    const struct command *c = command_find(noun, invocation_item(inv, "command", 1));
    if (!c)
        return err_set(err, ERR_NOT_FOUND, _("there is no command '%s %s'"), noun,
                       invocation_item(inv, "command", 1));
    help_command(dst, c);
    return 0;
}

static int help_exec(struct invocation *inv, struct err *err)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, HELP_MAX);
    TRY(help_words(inv, &text, err));
    fputs(text.data, invocation_host(inv)->out);
    return 0;
}

static const struct command_option help_arguments[] = {
    {.name = "command",
     .type = OPTION_TEXT,
     .repeatable = true,
     .help = N_("noun and verb of the command")},
    OPTION_END_ROW,
};

const struct command help_commands[] = {
    {.noun = "help",
     .summary = N_("say how a command is used"),
     .arguments = help_arguments,
     .examples = (const char *const[]){"pumasi help lease", "pumasi help lease book", NULL},
     .exec = help_exec},
    COMMAND_END,
};

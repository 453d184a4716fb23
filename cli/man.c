/*
 * Owns: nothing; writes the table of commands as manual pages. Also the command `man`. One thread.
 */
#include "cli/man.h"

#include "cli/commands.h"
#include "cli/globals.h"
#include "cli/help.h"
#include "cli/i18n.h"
#include "cli/invocation.h"
#include "lib/base/file.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define PAGE_MAX (1 << 20)

/* A line of text: nothing in it is a request to roff. */
static void escape(struct buf *dst, const char *text)
{
    if (text[0] == '.' || text[0] == '\'')
        buf_append_text(dst, "\\&");
    for (const char *p = text; *p; p++) {
        if (*p == '\\')
            buf_append_text(dst, "\\e");
        else if (*p == '-')
            buf_append_text(dst, "\\-");
        else
            buf_append_char(dst, *p);
    }
}

static void line(struct buf *dst, const char *text)
{
    escape(dst, text);
    buf_append_char(dst, '\n');
}

static void head(struct buf *dst, const char *noun, const char *summary)
{
    buf_append_text(dst, ".TH PUMASI");
    buf_append_text(dst, noun ? "\\-" : "");
    for (const char *p = noun; p && *p; p++)
        buf_append_char(dst, (char)toupper((unsigned char)*p));
    buf_printf(dst, " 1 \"\" \"pumasi %s\" \"Pumasi\"\n.SH %s\npumasi%s", PUMASI_VERSION, _("NAME"),
               noun ? "\\-" : "");
    buf_append_text(dst, noun ? noun : "");
    buf_append_text(dst, " \\- ");
    line(dst, summary);
}

static void option_entry(struct buf *dst, const struct command_option *o)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, PAGE_MAX);
    help_option_form(&text, o);
    buf_append_text(dst, ".TP\n.B ");
    line(dst, text.data);
    buf_reset(&text);
    help_option_text(&text, o);
    line(dst, text.data);
}

static void argument_entry(struct buf *dst, const struct command_option *a)
{
    buf_append_text(dst, ".TP\n.I ");
    for (const char *p = a->metavar ? a->metavar : a->name; *p; p++)
        buf_append_char(dst, (char)toupper((unsigned char)*p));
    buf_append_char(dst, '\n');
    CLEANUP_BUF struct buf text;
    buf_init(&text, PAGE_MAX);
    help_option_text(&text, a);
    line(dst, text.data);
}

static void command_section(struct buf *dst, const struct command *c)
{
    char name[COMMAND_NAME_CAP];
    buf_append_text(dst, ".SS ");
    line(dst, command_words(c, name));
    line(dst, gettext(c->summary));
    CLEANUP_BUF struct buf usage;
    buf_init(&usage, PAGE_MAX);
    help_usage(&usage, c);
    buf_append_text(dst, ".PP\n.B ");
    line(dst, usage.data);
    for (size_t i = 0; c->examples[i]; i++) {
        buf_append_text(dst, i == 0 ? ".PP\n.EX\n" : "");
        line(dst, c->examples[i]);
    }
    buf_append_text(dst, ".EE\n");
    if (c->details) {
        buf_append_text(dst, ".PP\n");
        line(dst, gettext(c->details));
    }
    for (const struct command_option *a = c->arguments; a && a->name; a++)
        argument_entry(dst, a);
    for (const struct command_option *o = c->options; o && o->name; o++)
        option_entry(dst, o);
}

static void exit_codes(struct buf *dst)
{
    static const char *const texts[] = {
        N_("0: done"),
        N_("1: failed"),
        N_("2: the command line or the request is wrong"),
        N_("3: the plan would change something (--dry-run --exit-code)"),
        N_("4: sign in again"),
        N_("5: denied"),
        N_("6: not found"),
        N_("7: conflict, no capacity, or a plan that went out of date"),
        N_("8: waiting for approval"),
        N_("9: the outcome is unknown; the message says how to look it up"),
        N_("10: verification failed"),
        N_("130: interrupted"),
    };
    buf_printf(dst, ".SH %s\n", _("EXIT STATUS"));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        line(dst, gettext(texts[i]));
        buf_append_text(dst, ".br\n");
    }
}

void man_program(struct buf *dst)
{
    head(dst, NULL, _("command line of the Pumasi GPU cloud"));
    buf_printf(dst, ".SH %s\n", _("COMMANDS"));
    const struct command *c;
    for (size_t i = 0; (c = command_at(i)); i++) {
        char name[COMMAND_NAME_CAP];
        buf_append_text(dst, ".TP\n.B pumasi ");
        line(dst, command_words(c, name));
        line(dst, gettext(c->summary));
    }
    buf_printf(dst, ".SH %s\n", _("OPTIONS"));
    for (const struct command_option *o = global_options; o->name; o++)
        option_entry(dst, o);
    exit_codes(dst);
}

void man_noun(struct buf *dst, const char *noun)
{
    ENSURE(command_noun_exists(noun));
    const struct command *alone = command_find(noun, NULL);
    head(dst, noun, alone ? gettext(alone->summary) : _("commands of pumasi"));
    buf_printf(dst, ".SH %s\n", _("COMMANDS"));
    const struct command *c;
    for (size_t i = 0; (c = command_at(i)); i++) {
        if (strcmp(c->noun, noun) == 0)
            command_section(dst, c);
    }
    buf_printf(dst, ".SH %s\n", _("OPTIONS"));
    line(dst, _("The options of every command are described in pumasi(1)."));
}

static int write_page(const char *dir, const char *noun, struct err *err)
{
    CLEANUP_BUF struct buf page;
    buf_init(&page, PAGE_MAX);
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/pumasi%s%s.1", dir, noun ? "-" : "", noun ? noun : "");
    if (noun)
        man_noun(&page, noun);
    else
        man_program(&page);
    ENSURE(!page.full);
    return file_write(path, buf_span(&page), 0644, err);
}

static int man_exec(struct invocation *inv, struct err *err)
{
    const char *dir = invocation_text(inv, "directory");
    if (mkdir(dir, 0755) < 0 && errno != EEXIST)
        return err_set(err, ERR_IO, "%s: %s", dir, strerror(errno));
    TRY(write_page(dir, NULL, err));
    const struct command *c;
    const char *last = "";
    for (size_t i = 0; (c = command_at(i)); i++) {
        if (strcmp(c->noun, last) != 0)
            TRY(write_page(dir, c->noun, err));
        last = c->noun;
    }
    return 0;
}

static const struct command_option man_arguments[] = {
    {.name = "directory",
     .type = OPTION_FILE,
     .required = true,
     .help = N_("the directory to write the pages to")},
    OPTION_END_ROW,
};

const struct command man_commands[] = {
    {.noun = "man",
     .summary = N_("write the manual pages"),
     .arguments = man_arguments,
     .examples = (const char *const[]){"pumasi man /usr/local/share/man/man1",
                                       "pumasi --lang ko man /usr/local/share/man/ko/man1", NULL},
     .exec = man_exec},
    COMMAND_END,
};

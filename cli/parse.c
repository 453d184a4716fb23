/*
 * Owns: nothing; turns words into an invocation. Pure apart from the invocation. One thread.
 */
#include "cli/parse.h"

#include "cli/commands.h"
#include "cli/i18n.h"
#include "cli/suggest.h"

#include <string.h>

/* Where the reader of the words stands. */
struct reader {
    struct invocation *inv;
    const char *const *words;
    const char *const *end;
    const char *noun;  /* typed, waiting for its verb */
    size_t arguments;  /* positional words taken so far */
    bool options_over; /* "--" was met */
};

static int unknown_word(const char *what, const struct suggest *s, struct err *err)
{
    if (s->best)
        return err_set(err, ERR_INVALID, _("unknown %s '%s'; did you mean '%s'?"), what, s->typed,
                       s->best);
    return err_set(err, ERR_INVALID, _("unknown %s '%s'"), what, s->typed);
}

static int unknown_noun(const char *word, struct err *err)
{
    struct suggest s = suggest_for(word);
    const struct command *c;
    for (size_t i = 0; (c = command_at(i)); i++)
        suggest_offer(&s, c->noun);
    return unknown_word(_("command"), &s, err);
}

static int unknown_verb(const char *noun, const char *word, struct err *err)
{
    struct suggest s = suggest_for(word);
    const struct command *c;
    for (size_t i = 0; (c = command_at(i)); i++) {
        if (strcmp(c->noun, noun) == 0 && c->verb)
            suggest_offer(&s, c->verb);
    }
    return err_prefix(err, unknown_word(_("verb"), &s, err), "%s", noun);
}

/* Before the command is known only its words and global options may come. */
static int take_command_word(struct reader *r, const char *word, struct err *err)
{
    if (!r->noun) {
        if (!command_noun_exists(word))
            return unknown_noun(word, err);
        r->noun = word;
        const struct command *alone = command_find(word, NULL);
        if (alone)
            invocation_set_command(r->inv, alone);
        return 0;
    }
    const struct command *c = command_find(r->noun, word);
    if (!c)
        return unknown_verb(r->noun, word, err);
    invocation_set_command(r->inv, c);
    return 0;
}

static int take_argument(struct reader *r, const char *word, struct err *err)
{
    const struct command *c = invocation_command(r->inv);
    size_t i = 0;
    for (const struct command_option *a = c->arguments; a && a->name; a++, i++) {
        if (i == r->arguments || (a->repeatable && i < r->arguments)) {
            r->arguments++;
            return invocation_add(r->inv, a, word, err);
        }
    }
    char name[COMMAND_NAME_CAP];
    return err_set(err, ERR_INVALID, _("'%s' takes no further argument: '%s'"),
                   command_words(c, name), word);
}

static int take_value(struct reader *r, const struct command_option *o, const char *attached,
                      struct err *err)
{
    if (o->type == OPTION_FLAG) {
        if (attached)
            return err_set(err, ERR_INVALID, _("--%s takes no value"), o->name);
        return invocation_add(r->inv, o, "", err);
    }
    if (!attached && r->words == r->end)
        return err_set(err, ERR_INVALID, _("--%s needs a value"), o->name);
    return invocation_add(r->inv, o, attached ? attached : *r->words++, err);
}

static void offer_option(void *arg, const struct command_option *o, bool global)
{
    (void)global;
    suggest_offer(arg, o->name);
}

static bool is_argument(const struct command *c, const struct command_option *o)
{
    for (const struct command_option *a = c ? c->arguments : NULL; a && a->name; a++) {
        if (a == o)
            return true;
    }
    return false;
}

/* --name, --name=value */
static int take_long_option(struct reader *r, const char *word, struct err *err)
{
    const struct command *c = invocation_command(r->inv);
    const char *equals = strchr(word, '=');
    char name[COMMAND_NAME_CAP];
    snprintf(name, sizeof(name), "%.*s", (int)(equals ? equals - word : (long)strlen(word)), word);
    const struct command_option *o = command_find_option(c, name);
    if (o && !is_argument(c, o))
        return take_value(r, o, equals ? equals + 1 : NULL, err);
    struct suggest s = suggest_for(name);
    command_each_option(c, offer_option, &s);
    return unknown_word(_("option"), &s, err);
}

static const struct command_option *find_letter(const struct command *c, char letter)
{
    for (const struct command_option *o = c ? c->options : NULL; o && o->name; o++) {
        if (o->letter == letter)
            return o;
    }
    for (const struct command_option *o = global_options; o->name; o++) {
        if (o->letter == letter)
            return o;
    }
    return NULL;
}

/* -q, -qv, -o json, -ojson */
static int take_letters(struct reader *r, const char *letters, struct err *err)
{
    for (; *letters; letters++) {
        const struct command_option *o = find_letter(invocation_command(r->inv), *letters);
        if (!o)
            return err_set(err, ERR_INVALID, _("unknown option '-%c'"), *letters);
        if (o->type != OPTION_FLAG)
            return take_value(r, o, letters[1] ? letters + 1 : NULL, err);
        TRY(take_value(r, o, NULL, err));
    }
    return 0;
}

static int take_word(struct reader *r, const char *word, struct err *err)
{
    if (!r->options_over && strcmp(word, "--") == 0) {
        r->options_over = true;
        return 0;
    }
    if (!r->options_over && strncmp(word, "--", 2) == 0)
        return take_long_option(r, word + 2, err);
    if (!r->options_over && word[0] == '-' && word[1])
        return take_letters(r, word + 1, err);
    if (!invocation_command(r->inv))
        return take_command_word(r, word, err);
    return take_argument(r, word, err);
}

static int missing_verb(const char *noun, struct err *err)
{
    char verbs[160] = "";
    size_t len = 0;
    const struct command *c;
    for (size_t i = 0; (c = command_at(i)); i++) {
        if (strcmp(c->noun, noun) != 0)
            continue;
        int n = snprintf(verbs + len, sizeof(verbs) - len, "%s%s", len ? ", " : "", c->verb);
        len += (size_t)n < sizeof(verbs) - len ? (size_t)n : 0;
    }
    return err_set(err, ERR_INVALID, _("'%s' needs a verb: %s"), noun, verbs);
}

static int check_required(const struct invocation *inv, struct err *err)
{
    const struct command *c = invocation_command(inv);
    for (const struct command_option *a = c->arguments; a && a->name; a++) {
        if (a->required && !invocation_given(inv, a->name))
            return err_set(err, ERR_INVALID, _("the argument %s is missing"), a->name);
    }
    for (const struct command_option *o = c->options; o && o->name; o++) {
        if (o->required && !invocation_given(inv, o->name))
            return err_set(err, ERR_INVALID, _("the option --%s is missing"), o->name);
    }
    return 0;
}

static int check_sense(const struct invocation *inv, struct err *err)
{
    const struct command *c = invocation_command(inv);
    char name[COMMAND_NAME_CAP];
    if (invocation_flag(inv, "watch") && !command_can_watch(c))
        return err_set(err, ERR_INVALID, _("'%s' cannot be watched"), command_words(c, name));
    if (invocation_flag(inv, "dry-run") && !command_can_dry_run(c))
        return err_set(err, ERR_INVALID, _("'%s' has no --dry-run"), command_words(c, name));
    if (invocation_flag(inv, "exit-code") && !invocation_flag(inv, "dry-run"))
        return err_set(err, ERR_INVALID, _("--exit-code goes with --dry-run"));
    return 0;
}

int parse_command_line(struct invocation *inv, int argc, const char *const argv[], struct err *err)
{
    ENSURE(inv && argc >= 1);
    struct reader r = {.inv = inv, .words = argv + 1, .end = argv + argc};
    while (r.words < r.end)
        TRY(take_word(&r, *r.words++, err));
    if (invocation_flag(inv, "help") || invocation_flag(inv, "version"))
        return 0;
    if (!invocation_command(inv))
        return r.noun ? missing_verb(r.noun, err) : 0;
    TRY(check_required(inv, err));
    return check_sense(inv, err);
}

const char *parse_peek(int argc, const char *const argv[], const char *name)
{
    const struct command_option *o = command_find_option(NULL, name);
    ENSURE(o);
    size_t len = strlen(name);
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const char *word = argv[i];
        if (strncmp(word, "--", 2) == 0 && strncmp(word + 2, name, len) == 0) {
            if (word[2 + len] == '=')
                return word + 2 + len + 1;
            if (word[2 + len] == '\0')
                return i + 1 < argc ? argv[i + 1] : NULL;
        }
        if (o->letter && word[0] == '-' && word[1] == o->letter)
            return word[2] ? word + 2 : i + 1 < argc ? argv[i + 1] : NULL;
    }
    return NULL;
}

const char *parse_peek_noun(int argc, const char *const argv[])
{
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-' && command_noun_exists(argv[i]))
            return argv[i];
    }
    return NULL;
}

/*
 * Owns: nothing; writes the table of commands as shell scripts. Also the command `completion`.
 * bash and zsh share one shape: the words so far choose a row of candidates.
 */
#include "cli/completion.h"

#include "cli/commands.h"
#include "cli/globals.h"
#include "cli/i18n.h"
#include "cli/invocation.h"

#include <string.h>

#define SCRIPT_MAX (512 << 10)

static void add_option_word(void *arg, const struct command_option *o, bool global)
{
    (void)global;
    buf_printf(arg, " --%s", o->name);
}

/* Is this the first row of its noun? */
static bool opens_noun(size_t i)
{
    const struct command *c = command_at(i);
    return i == 0 || strcmp(command_at(i - 1)->noun, c->noun) != 0;
}

static void nouns(struct buf *dst)
{
    const struct command *c;
    for (size_t i = 0; (c = command_at(i)); i++) {
        if (opens_noun(i))
            buf_printf(dst, " %s", c->noun);
    }
}

static void verbs(struct buf *dst, const char *noun)
{
    const struct command *c;
    for (size_t i = 0; (c = command_at(i)); i++) {
        if (c->verb && strcmp(c->noun, noun) == 0)
            buf_printf(dst, " %s", c->verb);
    }
}

static void first_argument_words(struct buf *dst, const struct command *c)
{
    const struct command_option *a = c->arguments;
    for (size_t i = 0; a && a->name && a->choices && a->choices[i]; i++)
        buf_printf(dst, " %s", a->choices[i]);
}

/* "lease book) words='--allocation …';;" for each command, then the verbs of each noun. */
static void word_cases(struct buf *dst)
{
    const struct command *c;
    char name[COMMAND_NAME_CAP];
    for (size_t i = 0; (c = command_at(i)); i++) {
        buf_printf(dst, c->verb ? "    '%s') words='" : "    '%s '*) words='",
                   command_words(c, name));
        first_argument_words(dst, c);
        command_each_option(c, add_option_word, dst);
        buf_append_text(dst, "' ;;\n");
    }
    for (size_t i = 0; (c = command_at(i)); i++) {
        if (!c->verb || !opens_noun(i))
            continue;
        buf_printf(dst, "    '%s ') words='", c->noun);
        verbs(dst, c->noun);
        buf_append_text(dst, " --help' ;;\n");
    }
}

struct value_cases {
    struct buf *dst;
    const struct command *command; /* NULL: global options */
};

/* "lease book:--isolation) …": what may follow an option that takes a value. */
static void value_case(void *arg, const struct command_option *o, bool global)
{
    struct value_cases *v = arg;
    if (o->type == OPTION_FLAG || global != (v->command == NULL))
        return;
    char name[COMMAND_NAME_CAP] = "";
    if (!global)
        command_words(v->command, name);
    buf_printf(v->dst, "    '%s'*':--%s'", name, o->name);
    if (o->letter)
        buf_printf(v->dst, "|'%s'*':-%c'", name, o->letter);
    buf_append_text(v->dst, o->type == OPTION_FILE ? ") words='' files=1" : ") words='");
    for (size_t i = 0; o->choices && o->choices[i]; i++)
        buf_printf(v->dst, " %s", o->choices[i]);
    buf_append_text(v->dst, o->type == OPTION_FILE ? " ;;\n" : "' ;;\n");
}

static void value_cases(struct buf *dst)
{
    const struct command *c;
    for (size_t i = 0; (c = command_at(i)); i++)
        command_each_option(c, value_case, &(struct value_cases){dst, c});
    command_each_option(NULL, value_case, &(struct value_cases){dst, NULL});
}

/* The shared body: $noun, $verb, $last are set; sets $words and $files. */
static void body(struct buf *dst)
{
    buf_append_text(dst, "  case \"$noun${verb:+ $verb}\" in\n    '') words='");
    nouns(dst);
    command_each_option(NULL, add_option_word, dst);
    buf_append_text(dst, "' ;;\n  esac\n  [[ -n $noun ]] && case \"$noun $verb\" in\n");
    word_cases(dst);
    buf_append_text(dst, "  esac\n  case \"$noun${verb:+ $verb}:$last\" in\n");
    value_cases(dst);
    buf_append_text(dst, "  esac\n");
}

/* "-o|--output|--lang": their values are no part of the command's name. */
static void valued_option(void *arg, const struct command_option *o, bool global)
{
    (void)global;
    struct buf *dst = arg;
    if (o->type == OPTION_FLAG)
        return;
    if (o->letter)
        buf_printf(dst, "-%c|", o->letter);
    buf_printf(dst, "--%s|", o->name);
}

/* Finds $noun and $verb among the words of the array `line` from `first` up to $end, and in $rest
 * where the command line of another program begins, behind a --. */
static void scan(struct buf *dst, int first)
{
    buf_printf(dst, "  for ((i = %d; i < end; i++)); do\n    case ${line[i]} in\n      ", first);
    command_each_option(NULL, valued_option, dst);
    buf_append_text(dst, "'') ((i++)) ;;\n"
                         "      --) rest=$((i + 1)); break ;;\n"
                         "      -*) ;;\n"
                         "      *) if [[ -z $noun ]]; then noun=${line[i]}\n"
                         "         elif [[ -z $verb ]]; then verb=${line[i]}; fi ;;\n"
                         "    esac\n"
                         "  done\n");
}

void completion_bash(struct buf *dst)
{
    buf_append_text(dst, "# bash completion of pumasi: pumasi completion bash\n"
                         "_pumasi() {\n"
                         "  local cur=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD-1]}\n"
                         "  local noun= verb= words= files= rest= i end=$COMP_CWORD\n"
                         "  local -a line=(\"${COMP_WORDS[@]}\")\n");
    scan(dst, 1);
    buf_append_text(dst, "  if [[ -n $rest ]]; then\n"
                         "    if declare -F _command_offset >/dev/null; then"
                         " _command_offset $rest\n"
                         "    elif ((rest == end)); then"
                         " COMPREPLY=($(compgen -c -- \"$cur\"))\n"
                         "    else COMPREPLY=($(compgen -f -- \"$cur\")); fi\n"
                         "    return\n"
                         "  fi\n");
    body(dst);
    buf_append_text(dst, "  COMPREPLY=()\n"
                         "  [[ -n $files ]] && { compopt -o filenames 2>/dev/null;"
                         " COMPREPLY=($(compgen -f -- \"$cur\")); return; }\n"
                         "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                         "}\n"
                         "complete -F _pumasi pumasi\n");
}

void completion_zsh(struct buf *dst)
{
    buf_append_text(dst,
                    "#compdef pumasi\n"
                    "# zsh completion of pumasi: pumasi completion zsh\n"
                    "_pumasi() {\n"
                    "  local last=${words[CURRENT-1]} noun= verb= files= rest= i end=$CURRENT\n"
                    "  local -a line=(\"${words[@]}\")\n");
    scan(dst, 2);
    buf_append_text(dst, "  if [[ -n $rest ]]; then\n"
                         "    words=(\"${(@)words[rest,-1]}\"); ((CURRENT -= rest - 1))\n"
                         "    _normal; return\n"
                         "  fi\n"
                         "  local words=\n");
    body(dst);
    buf_append_text(dst, "  if [[ -n $files ]]; then _files; return; fi\n"
                         "  compadd -- ${=words}\n"
                         "}\n"
                         "compdef _pumasi pumasi\n");
}

/* Single quotes of fish: only ' and \ need care. */
static void fish_quote(struct buf *dst, const char *text)
{
    buf_append_char(dst, '\'');
    for (const char *p = text; *p; p++) {
        if (*p == '\'' || *p == '\\')
            buf_append_char(dst, '\\');
        buf_append_char(dst, *p);
    }
    buf_append_char(dst, '\'');
}

struct fish {
    struct buf *dst;
    const struct command *command;
};

static void fish_option(void *arg, const struct command_option *o, bool global)
{
    struct fish *f = arg;
    if (global != (f->command == NULL))
        return;
    buf_append_text(f->dst, "complete -c pumasi");
    if (f->command)
        buf_printf(f->dst, " -n '__pumasi_is %s %s'", f->command->noun,
                   f->command->verb ? f->command->verb : "");
    else
        buf_append_text(f->dst, " -n 'not __pumasi_behind'");
    buf_printf(f->dst, " -l %s", o->name);
    if (o->letter)
        buf_printf(f->dst, " -s %c", o->letter);
    if (o->type != OPTION_FLAG)
        buf_append_text(f->dst, o->type == OPTION_FILE ? " -rF" : " -x");
    if (o->choices) {
        buf_append_text(f->dst, " -a '");
        for (size_t i = 0; o->choices[i]; i++)
            buf_printf(f->dst, "%s%s", i ? " " : "", o->choices[i]);
        buf_append_char(f->dst, '\'');
    }
    buf_append_text(f->dst, " -d ");
    fish_quote(f->dst, gettext(o->help));
    buf_append_char(f->dst, '\n');
}

static void fish_command(struct buf *dst, const struct command *c, bool first_of_noun)
{
    if (first_of_noun) {
        buf_printf(dst, "complete -c pumasi -f -n __fish_use_subcommand -a %s", c->noun);
        if (!c->verb) {
            buf_append_text(dst, " -d ");
            fish_quote(dst, gettext(c->summary));
        }
        buf_append_char(dst, '\n');
    }
    if (c->verb) {
        buf_printf(dst, "complete -c pumasi -f -n '__pumasi_ends %s' -a %s -d ", c->noun, c->verb);
        fish_quote(dst, gettext(c->summary));
        buf_append_char(dst, '\n');
    }
    if (c->arguments && c->arguments->choices) {
        buf_printf(dst, "complete -c pumasi -f -n '__pumasi_is %s %s' -a '", c->noun,
                   c->verb ? c->verb : "");
        first_argument_words(dst, c);
        buf_append_text(dst, "'\n");
    }
    command_each_option(c, fish_option, &(struct fish){dst, c});
}

void completion_fish(struct buf *dst)
{
    buf_append_text(dst, "# fish completion of pumasi: pumasi completion fish\n"
                         "function __pumasi_behind\n"
                         "  contains -- -- (commandline -opc)\n"
                         "end\n"
                         "function __pumasi_is\n"
                         "  __pumasi_behind; and return 1\n"
                         "  set -l line (commandline -opc | string match -v -- '-*')\n"
                         "  set -l last (math 1 + (count $argv))\n"
                         "  test \"$line[2..$last]\" = \"$argv\"\n"
                         "end\n"
                         "function __pumasi_ends\n"
                         "  __pumasi_behind; and return 1\n"
                         "  set -l line (commandline -opc | string match -v -- '-*')\n"
                         "  test \"$line[2..]\" = \"$argv\"\n"
                         "end\n"
                         "complete -c pumasi -n __pumasi_behind -xa "
                         "'(__fish_complete_subcommand --fcs-skip=(contains -i -- -- "
                         "(commandline -opc)))'\n");
    const struct command *c;
    for (size_t i = 0; (c = command_at(i)); i++)
        fish_command(dst, c, opens_noun(i));
    command_each_option(NULL, fish_option, &(struct fish){dst, NULL});
}

static const char *const shells[] = {"bash", "zsh", "fish", NULL};

static int completion_exec(struct invocation *inv, struct err *err)
{
    (void)err;
    static void (*const writers[])(struct buf *) = {completion_bash, completion_zsh,
                                                    completion_fish};
    CLEANUP_BUF struct buf script;
    buf_init(&script, SCRIPT_MAX);
    writers[invocation_number(inv, "shell")](&script);
    ENSURE(!script.full);
    fputs(script.data, invocation_host(inv)->out);
    return 0;
}

static const struct command_option completion_arguments[] = {
    {.name = "shell",
     .type = OPTION_CHOICE,
     .choices = shells,
     .required = true,
     .help = N_("the shell to complete in")},
    OPTION_END_ROW,
};

const struct command completion_commands[] = {
    {.noun = "completion",
     .summary = N_("write a completion script for a shell"),
     .arguments = completion_arguments,
     .examples =
         (const char *const[]){
             "source <(pumasi completion bash)", "pumasi completion zsh > \"${fpath[1]}/_pumasi\"",
             "pumasi completion fish > ~/.config/fish/completions/pumasi.fish", NULL},
     .exec = completion_exec},
    COMMAND_END,
};

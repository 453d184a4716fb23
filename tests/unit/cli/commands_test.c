/* The table of commands against what is made from it: help, completion, manual; and its own rules.
 */
#include "cli/commands.h"

#include "cli/completion.h"
#include "cli/globals.h"
#include "cli/help.h"
#include "cli/man.h"
#include "cli/services.h"
#include "cli/value.h"
#include "tests/support/suite.h"

#include <protobuf-c/protobuf-c.h>
#include <stdio.h>

#define TEXT_MAX (1 << 20)

static size_t count_commands(void)
{
    size_t n = 0;
    while (command_at(n))
        n++;
    return n;
}

static void check_option(const struct command_option *o, bool argument)
{
    int64_t number;
    ck_assert_msg(o->help && o->help[0], "%s has no help", o->name);
    ck_assert_msg(o->type != OPTION_CHOICE || o->choices, "%s has no choices", o->name);
    ck_assert_msg(!argument || o->letter == 0, "argument %s has a letter", o->name);
    ck_assert_msg(!o->required || !o->fallback, "%s is required and has a fallback", o->name);
    if (o->fallback)
        ck_assert_msg(value_parse(o, o->fallback, (struct instant){0}, &number, NULL) == 0,
                      "the fallback of %s is wrong", o->name);
}

START_TEST(test_every_command_says_what_it_must)
{
    const struct command *c = command_at((size_t)_i);
    char name[COMMAND_NAME_CAP];
    command_words(c, name);
    ck_assert_msg(c->summary && c->exec, "%s", name);
    ck_assert_msg(c->examples && c->examples[0], "%s has no example", name);
    ck_assert_msg(c->summary[strlen(c->summary) - 1] != '.', "%s: a full stop", name);
    for (size_t i = 0; c->examples[i]; i++)
        ck_assert_msg(strstr(c->examples[i], "pumasi "), "%s: example %zu", name, i);
    for (const struct command_option *o = c->options; o && o->name; o++)
        check_option(o, false);
    for (const struct command_option *a = c->arguments; a && a->name; a++)
        check_option(a, true);
    ck_assert_ptr_eq(command_find(c->noun, c->verb), c);
}
END_TEST

START_TEST(test_no_option_or_letter_means_two_things)
{
    const struct command *c = command_at((size_t)_i);
    for (const struct command_option *o = c->options; o && o->name; o++) {
        for (const struct command_option *g = global_options; g->name; g++) {
            ck_assert_msg(strcmp(o->name, g->name) != 0, "%s hides a global option", o->name);
            ck_assert_msg(!o->letter || o->letter != g->letter, "-%c hides a global", o->letter);
        }
        for (const struct command_option *p = o + 1; p->name; p++) {
            ck_assert_msg(strcmp(o->name, p->name) != 0, "%s twice", o->name);
            ck_assert_msg(!o->letter || o->letter != p->letter, "-%c twice", o->letter);
        }
    }
}
END_TEST

/* Follows "loan.notice_s", "uids[].uid", "?state" through the descriptor of a request. */
static bool field_exists(const ProtobufCMessageDescriptor *type, const char *field)
{
    char name[64];
    if (field[0] == '?')
        return protobuf_c_message_descriptor_get_field_by_name(type, "filters") != NULL;
    size_t len = strcspn(field, ".[");
    snprintf(name, sizeof(name), "%.*s", (int)len, field);
    const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field_by_name(type, name);
    if (!f)
        return false;
    field += len;
    if (strncmp(field, "[]", 2) == 0) {
        if (f->label != PROTOBUF_C_LABEL_REPEATED)
            return false;
        field += 2;
    }
    if (*field == '\0')
        return true;
    return f->type == PROTOBUF_C_TYPE_MESSAGE && field_exists(f->descriptor, field + 1);
}

static void check_fields(const ProtobufCMessageDescriptor *type, const struct command_option *o)
{
    for (; o && o->name; o++)
        ck_assert_msg(!o->field || field_exists(type, o->field), "%s has no field %s", type->name,
                      o->field);
}

START_TEST(test_calls_and_fields_are_those_of_the_api)
{
    const struct command *c = command_at((size_t)_i);
    if (!c->call || !c->call->service)
        return;
    const ProtobufCMethodDescriptor *m =
        service_find_method(service_find(c->call->service), c->call->method);
    ck_assert_msg(m, "%s.%s", c->call->service, c->call->method);
    check_fields(m->input, c->options);
    check_fields(m->input, c->arguments);
    /* An explanation is asked for with the very request that it explains. */
    bool explains = strncmp(c->call->method, "Explain", 7) == 0;
    bool has_head =
        !explains && protobuf_c_message_descriptor_get_field_by_name(m->input, "head") != NULL;
    ck_assert_msg(has_head == (c->call->kind == CALL_CHANGE), "%s", c->call->method);
    bool has_pages =
        protobuf_c_message_descriptor_get_field_by_name(m->output, "next_page_token") != NULL;
    ck_assert_msg(has_pages == (c->call->kind == CALL_LIST), "%s", c->call->method);
}
END_TEST

/* Columns name fields of what the call answers with. */
START_TEST(test_columns_are_those_of_the_api)
{
    const struct command *c = command_at((size_t)_i);
    if (!c->call || !c->call->service || !c->view || c->call->kind == CALL_CHANGE)
        return;
    const ProtobufCMessageDescriptor *type =
        service_find_method(service_find(c->call->service), c->call->method)->output;
    if (c->view->rows)
        type = protobuf_c_message_descriptor_get_field_by_name(type, c->view->rows)->descriptor;
    for (const struct column *column = c->view->columns; column->header; column++) {
        char path[128], *bracket;
        snprintf(path, sizeof(path), "%s", column->path);
        while ((bracket = strstr(path, "[0]")))
            memmove(bracket + 1, bracket + 2, strlen(bracket + 2) + 1);
        ck_assert_msg(field_exists(type, path), "%s has no %s", type->name, column->path);
    }
}
END_TEST

static void expect(const struct buf *text, const char *where, const char *what)
{
    ck_assert_msg(strstr(text->data, what), "%s lacks %s", where, what);
}

struct expectation {
    const struct buf *help, *bash, *zsh, *fish;
    const struct command *command;
};

static void expect_option(void *arg, const struct command_option *o, bool global)
{
    const struct expectation *e = arg;
    char word[64], fish[160];
    snprintf(word, sizeof(word), "--%s", o->name);
    expect(e->help, "--help", word);
    expect(e->bash, "bash", word);
    expect(e->zsh, "zsh", word);
    if (global)
        snprintf(fish, sizeof(fish), "complete -c pumasi -n 'not __pumasi_behind' -l %s", o->name);
    else
        snprintf(fish, sizeof(fish), "complete -c pumasi -n '__pumasi_is %s %s' -l %s",
                 e->command->noun, e->command->verb ? e->command->verb : "", o->name);
    expect(e->fish, "fish", fish);
}

START_TEST(test_help_and_completion_agree_with_the_table)
{
    const struct command *c = command_at((size_t)_i);
    CLEANUP_BUF struct buf help, bash, zsh, fish;
    buf_init(&help, TEXT_MAX);
    buf_init(&bash, TEXT_MAX);
    buf_init(&zsh, TEXT_MAX);
    buf_init(&fish, TEXT_MAX);
    help_command(&help, c);
    completion_bash(&bash);
    completion_zsh(&zsh);
    completion_fish(&fish);
    char name[COMMAND_NAME_CAP], row[COMMAND_NAME_CAP + 8];
    snprintf(row, sizeof(row), c->verb ? "'%s') words=" : "'%s '*) words=", command_words(c, name));
    expect(&bash, "bash", row);
    expect(&zsh, "zsh", row);
    command_each_option(c, expect_option, &(struct expectation){&help, &bash, &zsh, &fish, c});
    for (const struct command_option *a = c->arguments; a && a->name; a++)
        expect(&help, "--help", a->help);
    ck_assert(!help.full && !bash.full && !zsh.full && !fish.full);
}
END_TEST

START_TEST(test_examples_come_first_in_help)
{
    const struct command *c = command_at((size_t)_i);
    CLEANUP_BUF struct buf help;
    buf_init(&help, TEXT_MAX);
    help_command(&help, c);
    const char *examples = strstr(help.data, "Examples\n  ");
    const char *usage = strstr(help.data, "\nUsage\n");
    ck_assert(examples && usage && examples < usage);
    expect(&help, "--help", c->examples[0]);
}
END_TEST

START_TEST(test_the_manual_agrees_with_the_table)
{
    const struct command *c = command_at((size_t)_i);
    CLEANUP_BUF struct buf page, all;
    buf_init(&page, TEXT_MAX);
    buf_init(&all, TEXT_MAX);
    man_noun(&page, c->noun);
    man_program(&all);
    char name[COMMAND_NAME_CAP], row[COMMAND_NAME_CAP + 16];
    snprintf(row, sizeof(row), ".SS %s\n", command_words(c, name));
    expect(&page, "manual", row);
    snprintf(row, sizeof(row), ".B pumasi %s\n", name);
    expect(&all, "manual", row);
    for (const struct command_option *o = c->options; o && o->name; o++) {
        char dashed[128] = "\\-\\-";
        size_t len = strlen(dashed);
        for (const char *p = o->name; *p; p++)
            len +=
                (size_t)snprintf(dashed + len, sizeof(dashed) - len, *p == '-' ? "\\-" : "%c", *p);
        expect(&page, "manual", dashed);
    }
}
END_TEST

START_TEST(test_a_noun_stands_in_one_place)
{
    for (size_t i = 1; command_at(i); i++) {
        if (strcmp(command_at(i)->noun, command_at(i - 1)->noun) == 0)
            continue;
        for (size_t j = 0; j < i; j++)
            ck_assert_msg(strcmp(command_at(j)->noun, command_at(i)->noun) != 0, "%s",
                          command_at(i)->noun);
    }
}
END_TEST

static int shell_accepts(const char *shell, const struct buf *script)
{
    char command[64];
    snprintf(command, sizeof(command), "%s -n", shell);
    FILE *f = popen(command, "w");
    ck_assert_ptr_nonnull(f);
    fwrite(script->data, 1, script->len, f);
    return pclose(f);
}

START_TEST(test_bash_accepts_its_script)
{
    CLEANUP_BUF struct buf script;
    buf_init(&script, TEXT_MAX);
    completion_bash(&script);
    ck_assert_int_eq(shell_accepts("bash", &script), 0);
}
END_TEST

static const struct {
    const char *words; /* the last one is what is being typed */
    const char *reply;
} completed[] = {
    {"pumasi leas", "lease"},
    {"pumasi lease boo", "book"},
    {"pumasi -o json lease boo", "book"},
    {"pumasi lease book --alloc", "--allocation"},
    {"pumasi lease list --al", "--allocation"},
    {"pumasi pool list --alloc", ""},
    {"pumasi lease book --isolation mi", "mig"},
    {"pumasi lease list -o js", "json jsonl"},
    {"pumasi completion ba", "bash"},
    {"pumasi usage --pro", "--project"},
    {"pumasi run --le", "--lease"},
    {"pumasi run --lease lease-1 -- --le", ""},
    {"pumasi run --lease lease-1 -- type --soc", ""},
    {"pumasi run --lease lease-1 -- typese", "typeset"},
};

START_TEST(test_bash_completes)
{
    CLEANUP_BUF struct buf script;
    char reply[256] = "";
    buf_init(&script, TEXT_MAX);
    buf_append_text(&script, "bash -s <<'END'\n");
    completion_bash(&script);
    buf_printf(&script,
               "COMP_WORDS=(%s)\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_pumasi\n"
               "echo \"${COMPREPLY[*]}\"\nEND\n",
               completed[_i].words);
    FILE *f = popen(script.data, "r");
    ck_assert_ptr_nonnull(f);
    ck_assert_ptr_nonnull(fgets(reply, sizeof(reply), f));
    ck_assert_int_eq(pclose(f), 0);
    reply[strcspn(reply, "\n")] = '\0';
    ck_assert_str_eq(reply, completed[_i].reply);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/commands");
    TCase *t = tcase_create("commands");
    int n = (int)count_commands();
    tcase_set_timeout(t, 30);
    tcase_add_loop_test(t, test_every_command_says_what_it_must, 0, n);
    tcase_add_loop_test(t, test_no_option_or_letter_means_two_things, 0, n);
    tcase_add_loop_test(t, test_calls_and_fields_are_those_of_the_api, 0, n);
    tcase_add_loop_test(t, test_columns_are_those_of_the_api, 0, n);
    tcase_add_loop_test(t, test_help_and_completion_agree_with_the_table, 0, n);
    tcase_add_loop_test(t, test_examples_come_first_in_help, 0, n);
    tcase_add_loop_test(t, test_the_manual_agrees_with_the_table, 0, n);
    tcase_add_test(t, test_a_noun_stands_in_one_place);
    tcase_add_test(t, test_bash_accepts_its_script);
    tcase_add_loop_test(t, test_bash_completes, 0, sizeof(completed) / sizeof(completed[0]));
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)

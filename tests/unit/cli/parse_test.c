#include "cli/parse.h"

#include "cli/commands.h"
#include "tests/support/suite.h"

/* Reads one line of words, parted by single blanks. */
struct line {
    struct invocation *inv;
    struct err err;
    int rc;
    char copy[256];
    const char *words[32];
    int n;
    struct env_fake world;
    struct host host;
};

static void read_line(struct line *l, const char *text)
{
    static const char *const no_variables[] = {NULL};
    *l = (struct line){.n = 0, .world = {.wall = {1770076800}, .seed = 1}};
    l->host = (struct host){.env = env_of_fake(&l->world), .variables = no_variables};
    snprintf(l->copy, sizeof(l->copy), "%s", text);
    for (char *p = l->copy, *end; *p; p = end + (*end == ' '), *end = '\0') {
        end = p + strcspn(p, " ");
        l->words[l->n++] = p;
        if (!*end)
            break;
    }
    l->inv = invocation_create(&l->host);
    l->rc = parse_command_line(l->inv, l->n, l->words, &l->err);
}

static void line_fini(struct line *l)
{
    invocation_destroy(l->inv);
}
#define CLEANUP_LINE __attribute__((cleanup(line_fini)))

static const struct {
    const char *line, *noun, *verb;
} found[] = {
    {"pumasi version", "version", NULL},
    {"pumasi lease list", "lease", "list"},
    {"pumasi -o json lease list", "lease", "list"},
    {"pumasi lease -o json list", "lease", "list"},
    {"pumasi lease list -ojson", "lease", "list"},
    {"pumasi lease list --output=json -qv", "lease", "list"},
    {"pumasi lease show lease-1", "lease", "show"},
    {"pumasi lease show -- lease-1", "lease", "show"},
    {"pumasi recall loan-1 -g 8 --reason x", "recall", NULL},
    {"pumasi usage --lease lease-1", "usage", NULL},
    {"pumasi lease book -a a1 -g 8 --to 2026-03-31", "lease", "book"},
    {"pumasi lease book -aa1 -g8 --to=2026-03-31 --dry-run --exit-code", "lease", "book"},
    {"pumasi lease list --watch", "lease", "list"},
    {"pumasi run -l lease-1 -- ls -l --color=always", "run", NULL},
    {"pumasi lease book --help", "lease", "book"},
};

START_TEST(test_finds_the_command)
{
    struct line l CLEANUP_LINE;
    read_line(&l, found[_i].line);
    ck_assert_msg(l.rc == 0, "%s: %s", found[_i].line, l.err.text);
    ck_assert_ptr_eq(invocation_command(l.inv), command_find(found[_i].noun, found[_i].verb));
}
END_TEST

static const struct {
    const char *line, *text;
} refused[] = {
    {"pumasi laese list", "unknown command 'laese'; did you mean 'lease'?"},
    {"pumasi zzzzzzzz", "unknown command 'zzzzzzzz'"},
    {"pumasi lease lst", "lease: unknown verb 'lst'; did you mean 'list'?"},
    {"pumasi lease", "'lease' needs a verb: book, explain, extend, cancel, list, show, release"},
    {"pumasi lease list --stat active", "unknown option 'stat'; did you mean 'state'?"},
    {"pumasi lease list -Z", "unknown option '-Z'"},
    {"pumasi --state x lease list", "unknown option 'state'"},
    {"pumasi lease list --output", "--output needs a value"},
    {"pumasi lease list -o", "--output needs a value"},
    {"pumasi lease list -o yaml", "output 'yaml': one of table, wide, json, jsonl, csv, name"},
    {"pumasi lease list --watch=yes", "--watch takes no value"},
    {"pumasi lease list -o json -o csv", "--output is given twice"},
    {"pumasi lease show", "the argument lease is missing"},
    {"pumasi lease show a b", "'lease show' takes no further argument: 'b'"},
    {"pumasi lease show --lease a", "unknown option 'lease'"},
    {"pumasi lease show Lease-1", "lease 'Lease-1'"},
    {"pumasi lease book -g 8", "the option --allocation is missing"},
    {"pumasi lease book -a a1 -g eight", "gpus 'eight'"},
    {"pumasi lease show l1 --watch", "'lease show' cannot be watched"},
    {"pumasi lease list --dry-run", "'lease list' has no --dry-run"},
    {"pumasi lease release l1 --exit-code", "--exit-code goes with --dry-run"},
    {"pumasi version --timeout never", "timeout 'never'"},
};

START_TEST(test_refuses_with_a_reason)
{
    struct line l CLEANUP_LINE;
    read_line(&l, refused[_i].line);
    ck_assert_int_eq(l.rc, -ERR_INVALID);
    ck_assert_int_eq(err_exit_code(l.err.code), 2);
    ck_assert_msg(strncmp(l.err.text, refused[_i].text, strlen(refused[_i].text)) == 0, "%s: '%s'",
                  refused[_i].line, l.err.text);
}
END_TEST

START_TEST(test_pumasi_alone_and_a_noun_with_help_have_no_command)
{
    struct line alone CLEANUP_LINE, noun CLEANUP_LINE;
    read_line(&alone, "pumasi");
    read_line(&noun, "pumasi lease --help");
    ck_assert_int_eq(alone.rc, 0);
    ck_assert_ptr_null(invocation_command(alone.inv));
    ck_assert_int_eq(noun.rc, 0);
    ck_assert_ptr_null(invocation_command(noun.inv));
}
END_TEST

START_TEST(test_values_come_back_by_name)
{
    struct line l CLEANUP_LINE;
    read_line(&l, "pumasi lease book -a a1 -g 8 --share 1/8 --to 2026-02-03 --uid 7 --uid 8 -q");
    ck_assert_int_eq(l.rc, 0);
    ck_assert_str_eq(invocation_text(l.inv, "allocation"), "a1");
    ck_assert_int_eq(invocation_number(l.inv, "gpus"), 8);
    ck_assert_int_eq(invocation_number(l.inv, "share"), 875);
    ck_assert_int_eq(invocation_number(l.inv, "to"), 1770044400 + 86400);
    ck_assert_uint_eq(invocation_count(l.inv, "uid"), 2);
    ck_assert_str_eq(invocation_item(l.inv, "uid", 1), "8");
    ck_assert_int_eq(invocation_item_number(l.inv, "uid", 0), 7);
    ck_assert(invocation_flag(l.inv, "quiet"));
    ck_assert(!invocation_flag(l.inv, "one-node"));
    ck_assert(!invocation_given(l.inv, "from"));
    ck_assert_ptr_null(invocation_text(l.inv, "from"));
    ck_assert_int_eq(invocation_number(l.inv, "from"), 0);
}
END_TEST

START_TEST(test_fallbacks_stand_in_but_do_not_count_as_given)
{
    struct line l CLEANUP_LINE;
    read_line(&l, "pumasi version");
    ck_assert_str_eq(invocation_text(l.inv, "timeout"), "30s");
    ck_assert_int_eq(invocation_number(l.inv, "timeout"), 30);
    ck_assert(!invocation_given(l.inv, "timeout"));
    ck_assert_int_eq(invocation_format(l.inv), OUTPUT_TABLE);
}
END_TEST

START_TEST(test_words_after_two_dashes_are_arguments)
{
    struct line l CLEANUP_LINE;
    read_line(&l, "pumasi run -l lease-1 -- ls -l --help");
    ck_assert_int_eq(l.rc, 0);
    ck_assert_uint_eq(invocation_count(l.inv, "command"), 3);
    ck_assert_str_eq(invocation_item(l.inv, "command", 2), "--help");
    ck_assert(!invocation_flag(l.inv, "help"));
}
END_TEST

static const struct {
    const char *line, *name, *value;
} peeked[] = {
    {"pumasi lease lst -o json", "output", "json"},
    {"pumasi -ojsonl nothing", "output", "jsonl"},
    {"pumasi --output=csv", "output", "csv"},
    {"pumasi --lang ko bad", "lang", "ko"},
    {"pumasi --lang", "lang", NULL},
    {"pumasi --language=ko", "lang", NULL},
    {"pumasi run -- x --lang ko", "lang", NULL},
};

START_TEST(test_peeks_at_what_errors_need)
{
    struct line l CLEANUP_LINE;
    read_line(&l, peeked[_i].line);
    const char *value = parse_peek(l.n, l.words, peeked[_i].name);
    ck_assert_pstr_eq(value, peeked[_i].value);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/parse");
    TCase *t = tcase_create("parse");
    tcase_add_loop_test(t, test_finds_the_command, 0, sizeof(found) / sizeof(found[0]));
    tcase_add_loop_test(t, test_refuses_with_a_reason, 0, sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(t, test_pumasi_alone_and_a_noun_with_help_have_no_command);
    tcase_add_test(t, test_values_come_back_by_name);
    tcase_add_test(t, test_fallbacks_stand_in_but_do_not_count_as_given);
    tcase_add_test(t, test_words_after_two_dashes_are_arguments);
    tcase_add_loop_test(t, test_peeks_at_what_errors_need, 0, sizeof(peeked) / sizeof(peeked[0]));
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)

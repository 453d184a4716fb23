#include "cli/context_store.h"

#include "tests/support/suite.h"
#include "tests/unit/cli/run.h"

#include <sys/stat.h>

/* A host whose home is a fresh directory. */
struct home {
    char dir[64];
    char variable[96];
    const char *variables[4];
    struct host host;
};

static void home_init(struct home *h)
{
    *h = (struct home){.dir = ""};
    run_home(h->dir);
    snprintf(h->variable, sizeof(h->variable), "XDG_CONFIG_HOME=%s", h->dir);
    h->variables[0] = h->variable;
    h->host = (struct host){.variables = h->variables};
}

static void home_fini(struct home *h)
{
    run_remove(h->dir);
}
#define CLEANUP_HOME __attribute__((cleanup(home_fini)))

static const struct context_keys keys = {.ca = {(const uint8_t *)"ca", 2},
                                         .cert = {(const uint8_t *)"cert", 4},
                                         .key = {(const uint8_t *)"key", 3}};

static struct context context_named(const char *name)
{
    struct context c = {
        .name = id_literal(name), .organisation = id_literal("skt"), .user = id_literal("kim")};
    snprintf(c.servers, sizeof(c.servers), "a.example:7443 b.example:7443");
    return c;
}

START_TEST(test_what_is_saved_is_loaded)
{
    struct home h CLEANUP_HOME;
    home_init(&h);
    struct context saved = context_named("skt-kim"), loaded;
    struct err err = ERR_INIT;
    ck_assert_msg(context_save(&h.host, &saved, &keys, &err) == 0, "%s", err.text);
    ck_assert_msg(context_load(&h.host, &saved.name, &loaded, &err) == 0, "%s", err.text);
    ck_assert_str_eq(loaded.servers, "a.example:7443 b.example:7443");
    ck_assert_str_eq(loaded.organisation.text, "skt");
    ck_assert_str_eq(loaded.user.text, "kim");
    ck_assert_str_eq(loaded.directory, saved.directory);
}
END_TEST

START_TEST(test_directories_and_keys_are_for_their_owner_alone)
{
    struct home h CLEANUP_HOME;
    home_init(&h);
    struct context saved = context_named("skt-kim");
    char path[CONTEXT_PATH_CAP];
    struct stat found;
    ck_assert_int_eq(context_save(&h.host, &saved, &keys, NULL), 0);
    ck_assert_int_eq(stat(context_file(&saved, "key.pem", path), &found), 0);
    ck_assert_int_eq(found.st_mode & 0777, 0600);
    ck_assert_int_eq(stat(saved.directory, &found), 0);
    ck_assert_int_eq(found.st_mode & 0777, 0700);
}
END_TEST

START_TEST(test_the_name_in_use_is_chosen_then_variable_then_stored)
{
    struct home h CLEANUP_HOME;
    home_init(&h);
    struct context a = context_named("a");
    struct id name;
    ck_assert_int_eq(context_current(&h.host, NULL, &name, NULL), -ERR_UNAUTHENTICATED);
    ck_assert_int_eq(context_save(&h.host, &a, &keys, NULL), 0);
    ck_assert_int_eq(context_use(&h.host, &a.name, NULL), 0);
    ck_assert_int_eq(context_current(&h.host, NULL, &name, NULL), 0);
    ck_assert_str_eq(name.text, "a");
    h.variables[1] = "PUMASI_CONTEXT=b";
    ck_assert_int_eq(context_current(&h.host, NULL, &name, NULL), 0);
    ck_assert_str_eq(name.text, "b");
    ck_assert_int_eq(context_current(&h.host, "c", &name, NULL), 0);
    ck_assert_str_eq(name.text, "c");
}
END_TEST

START_TEST(test_a_name_cannot_leave_its_directory)
{
    struct home h CLEANUP_HOME;
    home_init(&h);
    struct id name;
    ck_assert_int_eq(context_current(&h.host, "../../etc", &name, NULL), -ERR_INVALID);
    h.variables[1] = "PUMASI_CONTEXT=a/b";
    ck_assert_int_eq(context_current(&h.host, NULL, &name, NULL), -ERR_INVALID);
}
END_TEST

START_TEST(test_a_missing_context_is_not_found)
{
    struct home h CLEANUP_HOME;
    home_init(&h);
    struct id name = id_literal("nobody");
    struct context c;
    struct err err = ERR_INIT;
    ck_assert_int_eq(context_load(&h.host, &name, &c, &err), -ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.text, "nobody"));
    ck_assert_int_eq(context_use(&h.host, &name, NULL), -ERR_NOT_FOUND);
}
END_TEST

static void collect(void *arg, const struct context *c)
{
    strcat((char *)arg, c->name.text);
    strcat((char *)arg, " ");
}

START_TEST(test_contexts_are_listed_by_name)
{
    struct home h CLEANUP_HOME;
    home_init(&h);
    char names[256] = "";
    ck_assert_int_eq(context_each(&h.host, collect, names, NULL), 0);
    ck_assert_str_eq(names, "");
    for (const char *const *n = (const char *const[]){"zoo", "a", "m", NULL}; *n; n++) {
        struct context c = context_named(*n);
        ck_assert_int_eq(context_save(&h.host, &c, &keys, NULL), 0);
    }
    ck_assert_int_eq(context_each(&h.host, collect, names, NULL), 0);
    ck_assert_str_eq(names, "a m zoo ");
}
END_TEST

START_TEST(test_a_damaged_context_names_its_file)
{
    struct home h CLEANUP_HOME;
    home_init(&h);
    struct context c = context_named("a");
    char path[CONTEXT_PATH_CAP];
    struct err err = ERR_INIT;
    ck_assert_int_eq(context_save(&h.host, &c, &keys, NULL), 0);
    FILE *f = fopen(context_file(&c, "context.ini", path), "w");
    fputs("[context]\nsurprise = 1\n", f);
    fclose(f);
    ck_assert_int_eq(context_load(&h.host, &c.name, &c, &err), -ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "context.ini"));
}
END_TEST

START_TEST(test_without_any_home_nothing_is_guessed)
{
    const char *none[] = {NULL}, *home[] = {"HOME=/home/kim", "XDG_CONFIG_HOME=relative", NULL};
    struct host host = {.variables = none};
    struct id name = id_literal("a");
    struct context c;
    struct err err = ERR_INIT;
    ck_assert_int_eq(context_load(&host, &name, &c, NULL), -ERR_INVALID);
    host.variables = home;
    ck_assert_int_eq(context_load(&host, &name, &c, &err), -ERR_NOT_FOUND);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/context_store");
    TCase *t = tcase_create("context_store");
    tcase_add_test(t, test_what_is_saved_is_loaded);
    tcase_add_test(t, test_directories_and_keys_are_for_their_owner_alone);
    tcase_add_test(t, test_the_name_in_use_is_chosen_then_variable_then_stored);
    tcase_add_test(t, test_a_name_cannot_leave_its_directory);
    tcase_add_test(t, test_a_missing_context_is_not_found);
    tcase_add_test(t, test_contexts_are_listed_by_name);
    tcase_add_test(t, test_a_damaged_context_names_its_file);
    tcase_add_test(t, test_without_any_home_nothing_is_guessed);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)

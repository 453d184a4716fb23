/* controlplane/daemon/seed.h: what is read, what is refused, and when it is planted. */
#include "controlplane/daemon/seed.h"

#include "lib/base/file.h"
#include "lib/pki/layout.h"
#include "lib/store/store_mem.h"
#include "tests/support/suite.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define ORGANISATION                                                                                       \
    "{\"id\": \"nipa\", \"name_ko\": \"정보통신산업진흥원\", \"name_en\": \"NIPA\", \"agency\": " \
    "true,"                                                                                                \
    " \"sizes\": [{\"from\": 1764514800, \"size\": \"agency\", \"evidence\": \"init\"}]}"
#define USER                                                                                       \
    "{\"id\": \"admin.nipa\", \"organisation\": \"nipa\", \"name\": \"admin\","                    \
    " \"roles\": [\"agency-admin\", \"agency-approver\"], \"state\": \"active\","                  \
    " \"serial\": \"00\", \"key_id\": \"0123456789abcdef\", \"public_key\": \"AAAA\","             \
    " \"created_at\": 1764547200, \"expires_at\": 4102444800}"

static char dir[32];
static struct err err;

static void path_of(const char *name, char ret[PATH_MAX])
{
    (void)snprintf(ret, PATH_MAX, "%s/%s", dir, name);
}

static void write_document(const char *name, const char *text)
{
    char path[PATH_MAX];
    path_of(name, path);
    ck_assert_int_eq(file_write(path, span_text(text), 0644, NULL), 0);
}

static void remove_document(const char *name)
{
    char path[PATH_MAX];
    path_of(name, path);
    (void)unlink(path);
}

static void setup(void)
{
    char path[PATH_MAX];
    (void)snprintf(dir, sizeof dir, "/tmp/seed-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    path_of("seed", path);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    write_document(LAYOUT_SEED_ORGANISATION, ORGANISATION);
    write_document(LAYOUT_SEED_USER, USER);
    err = ERR_INIT;
}

static void teardown(void)
{
    char path[PATH_MAX];
    remove_document(LAYOUT_SEED_ORGANISATION);
    remove_document(LAYOUT_SEED_USER);
    path_of("seed", path);
    (void)rmdir(path);
    (void)rmdir(dir);
}

START_TEST(a_seed_is_what_init_wrote)
{
    struct seed *seed = NULL;
    ck_assert_msg(seed_read(dir, &seed, &err) == 0, "%s", err.text);
    ck_assert_ptr_nonnull(seed);
    seed_destroy(seed);
    seed_destroy(NULL);
}
END_TEST

START_TEST(a_missing_seed_is_fine)
{
    static const char *const names[] = {LAYOUT_SEED_USER, LAYOUT_SEED_ORGANISATION};
    for (size_t i = 0; i < 2; i++) {
        struct seed *seed = (struct seed *)&err;
        remove_document(names[i]);
        ck_assert_int_eq(seed_read(dir, &seed, &err), 0);
        ck_assert_ptr_null(seed);
    }
}
END_TEST

START_TEST(a_bad_seed_names_file_and_field)
{
    static const struct {
        const char *name, *text, *want;
    } rows[] = {
        {LAYOUT_SEED_USER, "{\"id\": 7}", "id"},
        {LAYOUT_SEED_USER, "{\"bogus\": 1}", "bogus"},
        {LAYOUT_SEED_USER, "{", "user.json"},
        {LAYOUT_SEED_USER, "{\"id\": \"Not A Name\"}", "id"},
        {LAYOUT_SEED_USER, "{\"state\": \"asleep\"}", "state"},
        {LAYOUT_SEED_ORGANISATION, "[]", "organisation.json"},
        {LAYOUT_SEED_ORGANISATION, "{\"sizes\": [{\"from\": -1}]}", "sizes[0].from"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct seed *seed = NULL;
        write_document(LAYOUT_SEED_ORGANISATION, ORGANISATION);
        write_document(LAYOUT_SEED_USER, USER);
        write_document(rows[i].name, rows[i].text);
        ck_assert_int_lt(seed_read(dir, &seed, &err), 0);
        ck_assert_ptr_null(seed);
        ck_assert_msg(strstr(err.text, rows[i].want) != NULL, "%s", err.text);
        ck_assert_msg(strstr(err.text, rows[i].name) != NULL, "%s", err.text);
    }
}
END_TEST

/* ---- planting ---- */

static bool accept_all(struct span public_key, struct span bytes, struct span signature)
{
    (void)public_key;
    (void)bytes;
    (void)signature;
    return true;
}

static void no_digest(struct span bytes, uint8_t out[32])
{
    memset(out, (int)bytes.len, 32);
}

struct heard {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t users;
    int loads, commits;
};

static void hear(void *arg, const struct state *state, int64_t revision,
                 const struct engine_change *changes, size_t n)
{
    struct heard *h = arg;
    (void)revision;
    (void)n;
    pthread_mutex_lock(&h->lock);
    if (state) {
        h->users = state_count(state, ENTITY_USER);
        h->loads += !changes;
        h->commits += changes != NULL;
    }
    pthread_cond_broadcast(&h->changed);
    pthread_mutex_unlock(&h->lock);
}

/* Runs a control plane on the store until it has loaded it and there is a user. */
static void run(struct store *store, const struct env *env, struct seed *seed, struct heard *h)
{
    struct engine_options options = {.store = store,
                                     .env = env,
                                     .name = id_literal("pumasid-1"),
                                     .address = "127.0.0.1:1",
                                     .leader_ttl_s = 5,
                                     .sha256 = no_digest,
                                     .verify = accept_all};
    *h = (struct heard){.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct engine *engine = engine_create(&options);
    seed_watch(seed, engine, NULL);
    engine_listen(engine, hear, h);
    ck_assert_int_eq(engine_start(engine, &err), 0);
    pthread_mutex_lock(&h->lock);
    while (h->users == 0)
        pthread_cond_wait(&h->changed, &h->lock);
    pthread_mutex_unlock(&h->lock);
    engine_destroy(engine);
}

START_TEST(an_empty_store_is_seeded_and_one_in_use_is_not)
{
    struct env env = env_real();
    struct seed *seed = NULL;
    struct heard first;
    struct heard second;
    struct store *store = store_mem_create(STORE_MEM_IMMEDIATE);
    ck_assert_msg(seed_read(dir, &seed, &err) == 0, "%s", err.text);
    run(store, &env, seed, &first);
    ck_assert_int_eq(first.loads, 1);
    ck_assert_int_eq(first.commits, 1);
    ck_assert_uint_eq(first.users, 1);
    run(store, &env, seed, &second);
    ck_assert_int_eq(second.loads, 1);
    ck_assert_int_eq(second.commits, 0);
    ck_assert_uint_eq(second.users, 1);
    seed_destroy(seed);
    store_destroy(store);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("daemon/seed");
    TCase *c = tcase_create("seed");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_seed_is_what_init_wrote);
    tcase_add_test(c, a_missing_seed_is_fine);
    tcase_add_test(c, a_bad_seed_names_file_and_field);
    tcase_add_test(c, an_empty_store_is_seeded_and_one_in_use_is_not);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(suite)

/*
 * The engine with real threads: many ask at once, everybody is answered once, and a stop answers
 * whoever was let in. Over the store in memory, which the writer's thread alone touches, and over a
 * real etcd with two control planes. Meant to run under the thread sanitizer, too.
 */
#include "controlplane/engine/engine.h"

#include "lib/store/store_etcd.h"
#include "lib/store/store_mem.h"
#include "tests/unit/lib/etcd/etcd_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASKERS 4
#define ROUNDS 100 /* of each asker: a change, a read, and a look at the outcome */

static struct env env;
static struct store *store;
static struct engine *engine;

static void sha256(struct span bytes, uint8_t out[32])
{
    memset(out, 0, 32);
    for (size_t i = 0; i < bytes.len; i++)
        out[i % 32] ^= bytes.data[i];
}

static bool verify(struct span public_key, struct span bytes, struct span signature)
{
    (void)bytes;
    return public_key.len > 0 && signature.len > 0;
}

static struct engine *make_engine(struct store *on, const char *name, const char *address)
{
    return engine_create(&(struct engine_options){.store = on,
                                                  .env = &env,
                                                  .name = id_literal(name),
                                                  .address = address,
                                                  .leader_ttl_s = 5,
                                                  .sha256 = sha256,
                                                  .verify = verify});
}

static void start(struct engine *e)
{
    struct err err = ERR_INIT;
    ck_assert_msg(engine_start(e, &err) == 0, "%s", err.text);
}

static bool leads(struct engine *e)
{
    struct engine_status status;
    engine_status(e, &status);
    return status.leader;
}

static void setup(void)
{
    env = env_real();
    store = store_mem_create(STORE_MEM_IMMEDIATE);
    engine = make_engine(store, "first", "127.0.0.1:1");
}

static void teardown(void)
{
    engine_destroy(engine);
    engine_destroy(NULL);
    store_destroy(store);
}

/* ---- Asking ---- */

/* One question and what came back; the callback runs on the writer's thread. */
struct question {
    bool let_in;
    atomic_int calls;
    enum err_code code;
    bool applied, repeated;
    int64_t revision;
    struct id id;
    char text[128];
    size_t organisations; /* seen by a read */
};

static void note_error(struct question *q, const struct err *err)
{
    q->code = err->code;
    snprintf(q->text, sizeof q->text, "%.*s", (int)sizeof q->text - 1, err->text);
}

static void on_done(void *arg, const struct engine_reply *reply, const struct err *err)
{
    struct question *q = arg;
    if (err) {
        note_error(q, err);
    } else {
        q->applied = reply->applied;
        q->repeated = reply->repeated;
        q->revision = reply->revision;
        q->id = reply->answer->id;
    }
    atomic_fetch_add(&q->calls, 1);
}

static int run_read(void *arg, const struct engine_view *view, struct err *err)
{
    struct question *q = arg;
    if (id_is_none(&view->actor->organisation))
        return err_set(err, ERR_DENIED, "not for everybody");
    q->organisations = state_count(view->state, ENTITY_ORGANISATION);
    q->revision = view->revision;
    return 0;
}

static void finish_read(void *arg, const struct err *err)
{
    struct question *q = arg;
    if (err)
        note_error(q, err);
    atomic_fetch_add(&q->calls, 1);
}

static const struct engine_read_ops read_ops = {run_read, finish_read};

static const struct principal seed = {.kind = ACTOR_SERVICE, .name = {"seed"}};
static const struct principal admin = {
    .kind = ACTOR_USER, .organisation = {"nipa"}, .name = {"admin"}, .key_id = {"key-1"}};
static const struct principal nobody = {.kind = ACTOR_ANONYMOUS};

static struct organisation organisation(const char *id, bool agency)
{
    struct organisation o = {.id = id_literal(id), .agency = agency, .name_en = "Name"};
    struct size_fact *fact = record_list_add(&o.sizes, sizeof *fact);
    *fact = (struct size_fact){.from = {1000}, .size = agency ? SIZE_AGENCY : SIZE_SME};
    return o;
}

/* 0 when it was let in; then q must live until it is answered. */
static int submit(struct engine *e, enum command_kind kind, void *args,
                  const struct principal *principal, struct question *q)
{
    const struct engine_command command = {.kind = kind, .args = args, .principal = *principal};
    struct err err = ERR_INIT;
    int rc = engine_submit(e, &command, on_done, q, &err);
    q->let_in = rc == 0;
    if (rc < 0) {
        note_error(q, &err);
        record_destroy(command_type(kind), args);
    }
    return rc;
}

static int apply(struct engine *e, const char *id, const char *request_id, struct question *q)
{
    struct apply_organisation_request *args = calloc(1, sizeof *args);
    ck_assert_ptr_nonnull(args);
    args->organisation = organisation(id, false);
    args->head.request_id = id_literal(request_id);
    return submit(e, COMMAND_APPLY_ORGANISATION, args, &admin, q);
}

static void answered(struct question *q)
{
    EVENTUALLY(atomic_load(&q->calls) > 0);
    ck_assert_int_eq(atomic_load(&q->calls), 1);
}

/* Starts, waits for leadership, and makes nipa with its administrator. */
static void start_and_bootstrap(struct engine *e)
{
    struct question q = {.calls = 0};
    struct bootstrap_command *args = calloc(1, sizeof *args);
    ck_assert_ptr_nonnull(args);
    args->organisation = organisation("nipa", true);
    args->user = (struct user){.id = {"admin.nipa"},
                               .organisation = {"nipa"},
                               .name = {"admin"},
                               .key_id = {"key-1"},
                               .public_key = {.len = 91},
                               .expires_at = INSTANT_NEVER};
    struct id *role = record_list_add(&args->user.roles, sizeof *role);
    *role = id_literal("agency-admin");
    start(e);
    EVENTUALLY(leads(e));
    ck_assert_int_eq(submit(e, COMMAND_BOOTSTRAP, args, &seed, &q), 0);
    answered(&q);
    ck_assert_msg(q.code == ERR_OK, "%s", q.text);
}

/* ---- One at a time ---- */

START_TEST(changes_reads_and_outcomes_are_answered)
{
    const struct id r1 = {"r1"}, r2 = {"r2"};
    struct question change = {.calls = 0}, again = {.calls = 0}, read = {.calls = 0};
    struct question outcome = {.calls = 0}, none = {.calls = 0};
    start_and_bootstrap(engine);
    ck_assert_int_eq(apply(engine, "lunit", "r1", &change), 0);
    answered(&change);
    ck_assert(change.applied && change.revision > 0);
    ck_assert_int_eq(apply(engine, "lunit", "r1", &again), 0);
    ck_assert_int_eq(engine_read(engine, &admin, &read_ops, &read, NULL), 0);
    ck_assert_int_eq(engine_outcome(engine, &admin, &r1, on_done, &outcome, NULL), 0);
    ck_assert_int_eq(engine_outcome(engine, &admin, &r2, on_done, &none, NULL), 0);
    answered(&again);
    answered(&read);
    answered(&outcome);
    answered(&none);
    ck_assert(again.repeated);
    ck_assert_uint_eq(read.organisations, 2);
    ck_assert_int_ge(read.revision, change.revision);
    ck_assert_str_eq(outcome.id.text, "lunit");
    ck_assert_int_eq(none.code, ERR_NOT_FOUND);
}
END_TEST

START_TEST(a_read_that_is_refused_says_why)
{
    struct question q = {.calls = 0};
    start_and_bootstrap(engine);
    ck_assert_int_eq(engine_read(engine, &nobody, &read_ops, &q, NULL), 0);
    answered(&q);
    ck_assert_int_eq(q.code, ERR_DENIED);
}
END_TEST

START_TEST(what_is_asked_before_the_start_waits_for_it)
{
    struct question q = {.calls = 0};
    ck_assert_int_eq(engine_read(engine, &nobody, &read_ops, &q, NULL), 0);
    struct engine_status status;
    engine_status(engine, &status);
    ck_assert(!status.leader);
    ck_assert_int_eq(atomic_load(&q.calls), 0);
    start(engine);
    answered(&q);
}
END_TEST

START_TEST(after_a_stop_nothing_is_let_in)
{
    struct question change = {.calls = 0}, read = {.calls = 0};
    struct err err = ERR_INIT;
    start_and_bootstrap(engine);
    engine_stop(engine);
    engine_stop(engine); /* once is enough */
    ck_assert_int_eq(apply(engine, "lunit", "r1", &change), -ERR_UNAVAILABLE);
    ck_assert_int_eq(engine_read(engine, &admin, &read_ops, &read, &err), -ERR_UNAVAILABLE);
    ck_assert_msg(strstr(err.text, "is stopping") != NULL, "%s", err.text);
    ck_assert_int_eq(atomic_load(&change.calls) + atomic_load(&read.calls), 0);
}
END_TEST

/* ---- Listening ---- */

struct heard {
    atomic_int loads, commits, objects, losses;
};

static void hear(void *arg, const struct state *state, int64_t revision,
                 const struct engine_change *changes, size_t n)
{
    struct heard *heard = arg;
    (void)revision;
    if (!state)
        atomic_fetch_add(&heard->losses, 1);
    else if (!changes)
        atomic_fetch_add(&heard->loads, 1);
    else
        atomic_fetch_add(&heard->commits, 1);
    atomic_fetch_add(&heard->objects, (int)n);
}

START_TEST(listeners_hear_of_the_load_and_of_every_commit)
{
    struct heard heard = {.loads = 0};
    struct question q = {.calls = 0};
    engine_listen(engine, hear, &heard);
    start_and_bootstrap(engine); /* an organisation and a user */
    ck_assert_int_eq(apply(engine, "lunit", "r1", &q), 0);
    answered(&q);
    engine_stop(engine);
    ck_assert_int_eq(atomic_load(&heard.loads), 1);
    ck_assert_int_eq(atomic_load(&heard.commits), 2);
    ck_assert_int_eq(atomic_load(&heard.objects), 3);
    struct engine_status status;
    engine_status(engine, &status);
    ck_assert_uint_eq(status.commits, 2);
    ck_assert_uint_eq(status.waiting, 0);
}
END_TEST

/* ---- Many at once ---- */

struct asker {
    struct engine *engine;
    int number;
    struct question changes[ROUNDS], reads[ROUNDS], outcomes[ROUNDS];
    pthread_t thread;
};

static void *ask(void *arg)
{
    struct asker *a = arg;
    for (int i = 0; i < ROUNDS; i++) {
        char name[32];
        snprintf(name, sizeof name, "org-%d-%d", a->number, i);
        struct id request_id = id_literal(name);
        (void)apply(a->engine, name, name, &a->changes[i]);
        a->reads[i].let_in = engine_read(a->engine, &admin, &read_ops, &a->reads[i], NULL) == 0;
        a->outcomes[i].let_in =
            engine_outcome(a->engine, &admin, &request_id, on_done, &a->outcomes[i], NULL) == 0;
    }
    return NULL;
}

static struct asker *start_askers(struct engine *e)
{
    struct asker *askers = calloc(ASKERS, sizeof *askers);
    ck_assert_ptr_nonnull(askers);
    for (int i = 0; i < ASKERS; i++) {
        askers[i].engine = e;
        askers[i].number = i;
        ck_assert_int_eq(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
    }
    return askers;
}

static void join_askers(struct asker *askers)
{
    for (int i = 0; i < ASKERS; i++)
        ck_assert_int_eq(pthread_join(askers[i].thread, NULL), 0);
}

static void expect_all_answered(struct asker *a)
{
    for (int i = 0; i < ROUNDS; i++) {
        ck_assert(a->changes[i].let_in && a->reads[i].let_in && a->outcomes[i].let_in);
        answered(&a->changes[i]);
        answered(&a->reads[i]);
        answered(&a->outcomes[i]);
        ck_assert_msg(a->changes[i].applied, "%s", a->changes[i].text);
        /* Whoever asks later sees what was decided before. */
        ck_assert_uint_ge(a->reads[i].organisations, (size_t)i + 2);
        ck_assert_msg(a->outcomes[i].code == ERR_OK, "%s", a->outcomes[i].text);
        ck_assert_str_eq(a->outcomes[i].id.text, a->changes[i].id.text);
    }
}

START_TEST(many_threads_are_all_answered_once)
{
    struct question last = {.calls = 0};
    struct engine_status status;
    start_and_bootstrap(engine);
    struct asker *askers = start_askers(engine);
    join_askers(askers);
    for (int i = 0; i < ASKERS; i++)
        expect_all_answered(&askers[i]);
    ck_assert_int_eq(engine_read(engine, &admin, &read_ops, &last, NULL), 0);
    answered(&last);
    ck_assert_uint_eq(last.organisations, 1 + ASKERS * ROUNDS);
    engine_status(engine, &status);
    ck_assert_uint_le(status.commits, 1 + ASKERS * ROUNDS);
    free(askers);
}
END_TEST

/* Once: for who was let in. Never: for who was not. */
static size_t count_answered(struct question *questions)
{
    size_t n = 0;
    for (int i = 0; i < ROUNDS; i++) {
        ck_assert_int_eq(atomic_load(&questions[i].calls), questions[i].let_in ? 1 : 0);
        n += questions[i].let_in;
    }
    return n;
}

START_TEST(when_it_has_stopped_whoever_was_let_in_has_been_answered)
{
    size_t let_in = 0;
    start_and_bootstrap(engine);
    struct asker *askers = start_askers(engine);
    EVENTUALLY(atomic_load(&askers[0].changes[ROUNDS / 10].calls) > 0);
    engine_stop(engine);
    join_askers(askers);
    for (int i = 0; i < ASKERS; i++)
        let_in += count_answered(askers[i].changes) + count_answered(askers[i].reads) +
                  count_answered(askers[i].outcomes);
    ck_assert_uint_gt(let_in, 0);
    free(askers);
}
END_TEST

/* ---- Two control planes on one etcd ---- */

START_TEST(the_other_control_plane_names_the_leader_and_takes_over_when_it_is_gone)
{
    struct fixture f;
    struct question refused = {.calls = 0}, read = {.calls = 0};
    fixture_init(&f);
    fixture_start_etcd(&f);
    struct store *etcd = store_etcd_create(f.client);
    struct engine *first = make_engine(etcd, "first", "127.0.0.1:1");
    struct engine *second = make_engine(etcd, "second", "127.0.0.1:2");
    start_and_bootstrap(first);
    start(second);
    struct asker *askers = start_askers(first);
    join_askers(askers);
    for (int i = 0; i < ASKERS; i++)
        expect_all_answered(&askers[i]);
    ck_assert_int_eq(apply(second, "lunit", "r1", &refused), 0);
    answered(&refused);
    ck_assert_int_eq(refused.code, ERR_NOT_LEADER);
    ck_assert_msg(strstr(refused.text, "127.0.0.1:1") != NULL, "%s", refused.text);
    engine_stop(first);
    engine_destroy(first);
    EVENTUALLY(leads(second));
    ck_assert_int_eq(engine_read(second, &admin, &read_ops, &read, NULL), 0);
    answered(&read);
    ck_assert_uint_eq(read.organisations, 1 + ASKERS * ROUNDS);
    engine_destroy(second);
    free(askers);
    store_destroy(etcd);
    fixture_fini(&f);
}
END_TEST

static Suite *engine_suite(void)
{
    Suite *s = suite_create("engine/engine");
    TCase *c = tcase_create("engine");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, changes_reads_and_outcomes_are_answered);
    tcase_add_test(c, a_read_that_is_refused_says_why);
    tcase_add_test(c, what_is_asked_before_the_start_waits_for_it);
    tcase_add_test(c, after_a_stop_nothing_is_let_in);
    tcase_add_test(c, listeners_hear_of_the_load_and_of_every_commit);
    tcase_add_test(c, many_threads_are_all_answered_once);
    tcase_add_test(c, when_it_has_stopped_whoever_was_let_in_has_been_answered);
    if (fixture_has_etcd())
        tcase_add_test(c, the_other_control_plane_names_the_leader_and_takes_over_when_it_is_gone);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(engine_suite)

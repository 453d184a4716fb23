/*
 * The writer over stores without threads: what is answered, when, and what survives lost replies,
 * strangers and lost leadership.
 */
#include "controlplane/engine/writer.h"

#include "controlplane/engine/keys.h"
#include "lib/base/env.h"
#include "lib/store/store_faulty.h"
#include "lib/store/store_mem.h"
#include "lib/store/txn.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>

#define START_S INT64_C(1772323200) /* 2026-03-01T09:00+09:00 */

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

/* One control plane over a store that several may share. */
struct rig {
    struct env_fake fake;
    struct env env;
    struct store *mem;
    struct store *store;
    struct writer *writer;
};

static struct writer *make_writer(struct rig *r, const char *name)
{
    struct engine_options options = {.store = r->store,
                                     .env = &r->env,
                                     .name = id_literal(name),
                                     .address = "127.0.0.1:1",
                                     .leader_ttl_s = 5,
                                     .sha256 = sha256,
                                     .verify = verify};
    return writer_create(&options);
}

static void rig_init(struct rig *r, enum store_mem_mode mode)
{
    *r = (struct rig){.fake = {.wall = {START_S}, .boot = {INT64_C(1000000000)}, .seed = 7}};
    r->env = env_of_fake(&r->fake);
    r->mem = store_mem_create(mode);
    r->store = store_faulty_create(r->mem, 1);
    r->writer = make_writer(r, "first");
}

static void settle(struct rig *r, struct writer *w)
{
    for (int i = 0; i < 50; i++) {
        writer_turn(w, 0);
        while (store_step(r->store))
            ;
        r->fake.boot.ns += 20 * INT64_C(1000000);
    }
}

static void rig_fini(struct rig *r)
{
    writer_close(r->writer);
    settle(r, r->writer);
    ck_assert(writer_is_done(r->writer));
    writer_destroy(r->writer);
    store_destroy(r->store);
    store_destroy(r->mem);
}

/* What came back of one request. */
struct seen {
    int calls;
    enum err_code code;
    bool applied, repeated;
    int64_t revision;
    struct id id;
    struct err err;
};

static void on_done(void *arg, const struct engine_reply *reply, const struct err *err)
{
    struct seen *seen = arg;
    seen->calls++;
    if (err) {
        seen->err = *err;
        seen->code = err->code;
        return;
    }
    seen->applied = reply->applied;
    seen->repeated = reply->repeated;
    seen->revision = reply->revision;
    seen->id = reply->answer->id;
}

static void submit(struct writer *w, enum command_kind kind, void *args,
                   const struct principal *principal, struct seen *seen)
{
    struct request *r = request_create(REQUEST_COMMAND, principal, seen);
    r->command = (struct engine_command){.kind = kind, .args = args, .principal = *principal};
    r->done = on_done;
    ck_assert(writer_push(w, r));
}

static struct organisation organisation(const char *id, bool agency)
{
    struct organisation o = {.id = id_literal(id), .agency = agency};
    memcpy(o.name_en, "Name", 5);
    struct size_fact *fact = record_list_add(&o.sizes, sizeof *fact);
    *fact = (struct size_fact){.from = {START_S - 1000}, .size = agency ? SIZE_AGENCY : SIZE_SME};
    return o;
}

static const struct principal seed = {.kind = ACTOR_SERVICE, .name = {"seed"}};
static const struct principal admin = {
    .kind = ACTOR_USER, .organisation = {"nipa"}, .name = {"admin"}, .key_id = {"key-1"}};

static void bootstrap(struct rig *r, struct writer *w)
{
    struct seen seen = {0};
    struct bootstrap_command *args = calloc(1, sizeof *args);
    ck_assert_ptr_nonnull(args);
    args->organisation = organisation("nipa", true);
    args->user.organisation = id_literal("nipa");
    args->user.name = id_literal("admin");
    args->user.id = user_id_of(&args->user.name, &args->user.organisation);
    args->user.key_id = id_literal("key-1");
    args->user.public_key.len = 91;
    args->user.expires_at.s = START_S + 1000000;
    struct id *role = record_list_add(&args->user.roles, sizeof *role);
    *role = id_literal("agency-admin");
    submit(w, COMMAND_BOOTSTRAP, args, &seed, &seen);
    settle(r, w);
    ck_assert_msg(seen.calls == 1 && seen.code == ERR_OK, "%s", seen.err.text);
}

static void *apply_args(const char *id, const char *request_id, bool dry_run)
{
    struct apply_organisation_request *args = calloc(1, sizeof *args);
    ck_assert_ptr_nonnull(args);
    args->organisation = organisation(id, false);
    args->head.dry_run = dry_run;
    if (request_id)
        args->head.request_id = id_literal(request_id);
    return args;
}

static bool stored(struct rig *r, const char *organisation_id)
{
    struct id id = id_literal(organisation_id);
    struct store_key key = keys_of(ENTITY_ORGANISATION, &id);
    return store_get(r->mem, span_text(key.text), 1000, NULL, NULL, NULL) == 0;
}

START_TEST(an_answer_comes_after_its_commit)
{
    struct rig r;
    struct seen seen = {0};
    rig_init(&r, STORE_MEM_STEPPED);
    settle(&r, r.writer);
    bootstrap(&r, r.writer);
    submit(r.writer, COMMAND_APPLY_ORGANISATION, apply_args("lunit", NULL, false), &admin, &seen);
    writer_turn(r.writer, 0);
    writer_turn(r.writer, 0);
    ck_assert_int_eq(seen.calls, 0);
    ck_assert(!stored(&r, "lunit"));
    settle(&r, r.writer);
    ck_assert_int_eq(seen.calls, 1);
    ck_assert(seen.applied && seen.revision > 0);
    ck_assert(stored(&r, "lunit"));
    rig_fini(&r);
}
END_TEST

START_TEST(many_requests_share_one_commit)
{
    struct rig r;
    struct seen seen[20] = {{0}};
    struct engine_status before, after;
    rig_init(&r, STORE_MEM_IMMEDIATE);
    settle(&r, r.writer);
    bootstrap(&r, r.writer);
    writer_status(r.writer, &before);
    for (int i = 0; i < 20; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "org-%d", i);
        submit(r.writer, COMMAND_APPLY_ORGANISATION, apply_args(name, NULL, false), &admin,
               &seen[i]);
    }
    settle(&r, r.writer);
    writer_status(r.writer, &after);
    ck_assert_uint_eq(after.commits, before.commits + 1);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(seen[i].revision, seen[0].revision);
    rig_fini(&r);
}
END_TEST

START_TEST(more_than_one_transaction_holds_is_committed_in_several)
{
    struct rig r;
    struct seen seen[300] = {{0}};
    rig_init(&r, STORE_MEM_STEPPED);
    settle(&r, r.writer);
    bootstrap(&r, r.writer);
    for (int i = 0; i < 300; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "org-%d", i);
        submit(r.writer, COMMAND_APPLY_ORGANISATION, apply_args(name, NULL, false), &admin,
               &seen[i]);
    }
    settle(&r, r.writer);
    for (int i = 0; i < 300; i++)
        ck_assert_msg(seen[i].calls == 1 && seen[i].applied, "%d: %s", i, seen[i].err.text);
    ck_assert_int_gt(seen[299].revision, seen[0].revision);
    rig_fini(&r);
}
END_TEST

START_TEST(a_repeated_request_takes_effect_once)
{
    struct rig r;
    struct seen first = {0}, again = {0}, later = {0};
    rig_init(&r, STORE_MEM_STEPPED);
    settle(&r, r.writer);
    bootstrap(&r, r.writer);
    submit(r.writer, COMMAND_APPLY_ORGANISATION, apply_args("lunit", "r1", false), &admin, &first);
    submit(r.writer, COMMAND_APPLY_ORGANISATION, apply_args("kaist", "r1", false), &admin, &again);
    settle(&r, r.writer);
    ck_assert(first.applied && !first.repeated);
    ck_assert(again.repeated);
    ck_assert_str_eq(again.id.text, "lunit");
    ck_assert(!stored(&r, "kaist"));
    /* also after a restart: the outcome is in the log */
    writer_close(r.writer);
    settle(&r, r.writer);
    writer_destroy(r.writer);
    r.writer = make_writer(&r, "first");
    settle(&r, r.writer);
    submit(r.writer, COMMAND_APPLY_ORGANISATION, apply_args("kaist", "r1", false), &admin, &later);
    settle(&r, r.writer);
    ck_assert(later.repeated);
    ck_assert_str_eq(later.id.text, "lunit");
    rig_fini(&r);
}
END_TEST

START_TEST(a_request_id_is_not_used_for_another_request)
{
    struct rig r;
    struct seen first = {0}, other = {0};
    rig_init(&r, STORE_MEM_IMMEDIATE);
    settle(&r, r.writer);
    bootstrap(&r, r.writer);
    submit(r.writer, COMMAND_APPLY_ORGANISATION, apply_args("lunit", "r1", false), &admin, &first);
    settle(&r, r.writer);
    struct revoke_user_request *args = calloc(1, sizeof *args);
    ck_assert_ptr_nonnull(args);
    args->head.request_id = id_literal("r1");
    args->id = id_literal("admin.nipa");
    submit(r.writer, COMMAND_REVOKE_USER, args, &admin, &other);
    settle(&r, r.writer);
    ck_assert_int_eq(other.code, ERR_CONFLICT);
    ck_assert_ptr_nonnull(strstr(other.err.text, "APPLY_ORGANISATION"));
    rig_fini(&r);
}
END_TEST

/* An organisation with evidence enough to take about `facts` times 150 bytes when stored. */
static void *large_args(const char *id, size_t facts)
{
    struct apply_organisation_request *args = apply_args(id, NULL, false);
    for (size_t i = 0; i < facts; i++) {
        struct size_fact *fact = record_list_add(&args->organisation.sizes, sizeof *fact);
        fact->from.s = START_S + (int64_t)i;
        fact->size = SIZE_SME;
        memset(fact->evidence, 'x', sizeof fact->evidence - 1);
    }
    return args;
}

START_TEST(large_objects_share_no_transaction_and_too_large_ones_are_refused)
{
    struct rig r;
    struct seen first = {0}, second = {0}, third = {0};
    rig_init(&r, STORE_MEM_STEPPED);
    settle(&r, r.writer);
    bootstrap(&r, r.writer);
    submit(r.writer, COMMAND_APPLY_ORGANISATION, large_args("a", 5000), &admin, &first);
    submit(r.writer, COMMAND_APPLY_ORGANISATION, large_args("b", 5000), &admin, &second);
    submit(r.writer, COMMAND_APPLY_ORGANISATION, large_args("c", 9000), &admin, &third);
    settle(&r, r.writer);
    ck_assert_msg(first.applied, "%s", first.err.text);
    ck_assert_msg(second.applied, "%s", second.err.text);
    ck_assert_int_ne(first.revision, second.revision);
    ck_assert_int_eq(third.code, ERR_LIMIT);
    ck_assert(!stored(&r, "c"));
    rig_fini(&r);
}
END_TEST

static bool is_unused(const void *record, void *arg)
{
    const struct join_token *token = record;
    *(bool *)arg |= token != NULL;
    return true;
}

static int look_for_token(void *arg, const struct engine_view *view, struct err *err)
{
    (void)err;
    state_each(view->state, ENTITY_JOIN_TOKEN, NULL, is_unused, arg);
    return 0;
}

static void looked(void *arg, const struct err *err)
{
    (void)arg;
    ck_assert_ptr_null(err);
}

static bool has_token(struct rig *r)
{
    static const struct engine_read_ops ops = {.run = look_for_token, .finish = looked};
    bool any = false;
    struct request *read = request_create(REQUEST_READ, &admin, &any);
    read->ops = &ops;
    ck_assert(writer_push(r->writer, read));
    settle(r, r->writer);
    return any;
}

START_TEST(what_is_due_does_not_wait_for_a_quiet_moment)
{
    struct rig r;
    struct seen token = {0}, seen[4000] = {{0}};
    rig_init(&r, STORE_MEM_IMMEDIATE);
    settle(&r, r.writer);
    bootstrap(&r, r.writer);
    struct create_join_token_command *args = calloc(1, sizeof *args);
    ck_assert_ptr_nonnull(args);
    args->token.id = id_literal("tok");
    memset(args->token.secret_hash, 'a', 64);
    args->token.organisation = id_literal("nipa");
    args->token.name = id_literal("kim");
    args->token.expires_at.s = START_S + 600;
    args->token.used_at = INSTANT_NEVER;
    struct id *role = record_list_add(&args->token.roles, sizeof *role);
    *role = id_literal("finance");
    submit(r.writer, COMMAND_CREATE_JOIN_TOKEN, args, &admin, &token);
    settle(&r, r.writer);
    ck_assert_msg(token.applied, "%s", token.err.text);
    ck_assert(has_token(&r));
    env_fake_advance(&r.fake, 601);
    for (int i = 0; i < 4000; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "org-%d", i);
        submit(r.writer, COMMAND_APPLY_ORGANISATION, apply_args(name, NULL, false), &admin,
               &seen[i]);
    }
    writer_turn(r.writer, 0);
    writer_turn(r.writer, 0);
    ck_assert_int_eq(seen[3999].calls, 0); /* people still wait */
    struct engine_status status;
    writer_status(r.writer, &status);
    ck_assert_uint_gt(status.waiting, 0);
    struct id id = id_literal("tok");
    struct store_key key = keys_of(ENTITY_JOIN_TOKEN, &id);
    ck_assert_int_eq(store_get(r.mem, span_text(key.text), 1000, NULL, NULL, NULL), -ERR_NOT_FOUND);
    for (int i = 0; i < 20; i++)
        settle(&r, r.writer);
    rig_fini(&r);
}
END_TEST

START_TEST(a_dry_run_changes_nothing)
{
    struct rig r;
    struct seen seen = {0};
    rig_init(&r, STORE_MEM_IMMEDIATE);
    settle(&r, r.writer);
    bootstrap(&r, r.writer);
    submit(r.writer, COMMAND_APPLY_ORGANISATION, apply_args("lunit", "r1", true), &admin, &seen);
    settle(&r, r.writer);
    ck_assert_int_eq(seen.calls, 1);
    ck_assert(!seen.applied && seen.revision == 0);
    ck_assert(!stored(&r, "lunit"));
    rig_fini(&r);
}
END_TEST

START_TEST(strangers_and_the_wrong_role_are_refused)
{
    struct rig r;
    struct seen anonymous = {0}, other_key = {0};
    struct principal nobody = {.kind = ACTOR_ANONYMOUS};
    struct principal imposter = admin;
    imposter.key_id = id_literal("key-2");
    rig_init(&r, STORE_MEM_IMMEDIATE);
    settle(&r, r.writer);
    bootstrap(&r, r.writer);
    submit(r.writer, COMMAND_APPLY_ORGANISATION, apply_args("a", NULL, false), &nobody, &anonymous);
    submit(r.writer, COMMAND_APPLY_ORGANISATION, apply_args("b", NULL, false), &imposter,
           &other_key);
    settle(&r, r.writer);
    ck_assert_int_eq(anonymous.code, ERR_UNAUTHENTICATED);
    ck_assert_int_eq(other_key.code, ERR_UNAUTHENTICATED);
    rig_fini(&r);
}
END_TEST

/* The fault strikes the commit of one booking; whatever it is, the answer must tell the truth. */
static void survive(enum store_fault fault)
{
    struct rig r;
    struct seen seen = {0};
    rig_init(&r, STORE_MEM_STEPPED);
    settle(&r, r.writer);
    bootstrap(&r, r.writer);
    store_faulty_once(r.store, fault);
    submit(r.writer, COMMAND_APPLY_ORGANISATION, apply_args("lunit", "r1", false), &admin, &seen);
    for (int i = 0; i < 10; i++)
        settle(&r, r.writer);
    ck_assert_uint_eq(store_faulty_count(r.store, fault), 1);
    ck_assert_msg(seen.calls == 1 && seen.applied, "%s", seen.err.text);
    ck_assert(stored(&r, "lunit"));
    rig_fini(&r);
}

START_TEST(a_lost_request_is_sent_again)
{
    survive(STORE_FAULT_LOSE_REQUEST);
}
END_TEST

START_TEST(a_lost_reply_is_found_in_the_log)
{
    survive(STORE_FAULT_LOSE_REPLY);
}
END_TEST

START_TEST(a_late_application_is_found_in_the_log)
{
    survive(STORE_FAULT_LATE_APPLY);
}
END_TEST

START_TEST(a_refusal_that_passes_is_tried_again)
{
    survive(STORE_FAULT_REFUSE);
}
END_TEST

START_TEST(who_does_not_lead_says_who_does)
{
    struct rig r;
    struct seen seen = {0};
    rig_init(&r, STORE_MEM_IMMEDIATE);
    settle(&r, r.writer);
    bootstrap(&r, r.writer);
    struct writer *second = make_writer(&r, "second");
    settle(&r, second);
    submit(second, COMMAND_APPLY_ORGANISATION, apply_args("lunit", NULL, false), &admin, &seen);
    settle(&r, second);
    ck_assert_int_eq(seen.code, ERR_NOT_LEADER);
    ck_assert_ptr_nonnull(strstr(seen.err.text, "127.0.0.1:1"));
    writer_close(second);
    settle(&r, second);
    writer_destroy(second);
    rig_fini(&r);
}
END_TEST

/* What a listener has heard, as letters: l(oaded), c(ommit), x (leadership is lost). */
static void hear(void *arg, const struct state *state, int64_t revision,
                 const struct engine_change *changes, size_t n)
{
    char *heard = arg;
    (void)n;
    size_t at = strlen(heard);
    ck_assert_uint_lt(at, 60);
    ck_assert_int_eq(state ? revision > 0 : revision == 0, 1);
    heard[at] = !state ? 'x' : changes ? 'c' : 'l';
}

/* The first one is paused past its lease; the second leads and decides; the first comes back. */
START_TEST(a_leader_that_was_paused_can_not_commit)
{
    struct rig r;
    struct seen new_leader = {0}, old_leader = {0};
    char heard[64] = "";
    rig_init(&r, STORE_MEM_IMMEDIATE);
    writer_listen(r.writer, hear, heard);
    settle(&r, r.writer);
    bootstrap(&r, r.writer);
    struct writer *second = make_writer(&r, "second");
    CLEANUP_BUF struct buf none;
    buf_init(&none, 16);
    struct store_txn *txn = store_txn_create();
    ck_assert_int_eq(store_txn_delete(txn, span_text(KEY_LEADER)),
                     0); /* as the store's lease would */
    struct store_result result;
    store_commit_wait(r.mem, txn, 1000, &result);
    store_txn_destroy(txn);
    ck_assert_int_eq(result.outcome, STORE_OK);
    settle(&r, second);
    submit(second, COMMAND_APPLY_ORGANISATION, apply_args("kaist", NULL, false), &admin,
           &new_leader);
    settle(&r, second);
    ck_assert(new_leader.applied);
    submit(r.writer, COMMAND_APPLY_ORGANISATION, apply_args("lunit", NULL, false), &admin,
           &old_leader);
    settle(&r, r.writer);
    ck_assert_int_eq(old_leader.calls, 1);
    ck_assert(old_leader.code == ERR_UNAVAILABLE || old_leader.code == ERR_NOT_LEADER);
    ck_assert(!stored(&r, "lunit") && stored(&r, "kaist"));
    ck_assert_str_eq(heard, "lcx");
    writer_close(second);
    settle(&r, second);
    writer_destroy(second);
    rig_fini(&r);
}
END_TEST

START_TEST(a_stranger_in_the_store_makes_it_load_again)
{
    struct rig r;
    struct engine_status before, after;
    rig_init(&r, STORE_MEM_IMMEDIATE);
    settle(&r, r.writer);
    bootstrap(&r, r.writer);
    writer_status(r.writer, &before);
    struct store_txn *txn = store_txn_create();
    struct id id = id_literal("nipa");
    struct store_key key = keys_of(ENTITY_ORGANISATION, &id);
    struct buf value;
    buf_init(&value, 4096);
    struct organisation o = organisation("nipa", true);
    codec_encode_object(ENTITY_ORGANISATION, &o, &value);
    record_fini(&organisation_type, &o);
    ck_assert_int_eq(store_txn_put(txn, span_text(key.text), buf_span(&value), NULL), 0);
    struct store_result result;
    store_commit_wait(r.mem, txn, 1000, &result);
    store_txn_destroy(txn);
    buf_fini(&value);
    for (int s = 0; s < 4; s++) /* until leadership is confirmed again, and then the check */
        settle(&r, r.writer);
    writer_status(r.writer, &after);
    ck_assert_uint_gt(after.reloads, before.reloads);
    ck_assert(after.leader);
    rig_fini(&r);
}
END_TEST

static Suite *writer_suite(void)
{
    Suite *s = suite_create("engine/writer");
    TCase *t = tcase_create("writer");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, an_answer_comes_after_its_commit);
    tcase_add_test(t, many_requests_share_one_commit);
    tcase_add_test(t, more_than_one_transaction_holds_is_committed_in_several);
    tcase_add_test(t, a_repeated_request_takes_effect_once);
    tcase_add_test(t, a_request_id_is_not_used_for_another_request);
    tcase_add_test(t, large_objects_share_no_transaction_and_too_large_ones_are_refused);
    tcase_add_test(t, what_is_due_does_not_wait_for_a_quiet_moment);
    tcase_add_test(t, a_dry_run_changes_nothing);
    tcase_add_test(t, strangers_and_the_wrong_role_are_refused);
    tcase_add_test(t, a_lost_request_is_sent_again);
    tcase_add_test(t, a_lost_reply_is_found_in_the_log);
    tcase_add_test(t, a_late_application_is_found_in_the_log);
    tcase_add_test(t, a_refusal_that_passes_is_tried_again);
    tcase_add_test(t, who_does_not_lead_says_who_does);
    tcase_add_test(t, a_leader_that_was_paused_can_not_commit);
    tcase_add_test(t, a_stranger_in_the_store_makes_it_load_again);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(writer_suite)

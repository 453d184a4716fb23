/*
 * controlplane/api/watchers.h over calls that are no more than a notebook: what lib/rpc would have
 * done is written down, and a client leaves at the very moment that a test chooses.
 */
#include "controlplane/api/watchers.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

#include "pumasi/v1/event.pb-c.h"

#include <stdio.h>

#define SENT_MAX 16

struct rpc_call {
    const struct rpc_call_hooks *hooks;
    void *data;
    bool cancelled; /* before the hooks are set */
    size_t room;    /* messages that the queue still takes */
    char sent[SENT_MAX][ID_CAP + 32];
    size_t n;
    int ended;
    struct err failed;
};

/* ---- In place of lib/rpc --------------------------------------------------------------------- */

void rpc_call_set_hooks(struct rpc_call *call, const struct rpc_call_hooks *hooks, void *data)
{
    call->hooks = hooks;
    call->data = data;
    if (call->cancelled)
        hooks->cancelled(data);
}

int rpc_call_send(struct rpc_call *call, const ProtobufCMessage *message, struct err *err)
{
    const Pumasi__V1__Event *e = (const Pumasi__V1__Event *)message;
    ck_assert_int_eq(call->ended, 0);
    if (call->n == call->room)
        return err_set(err, ERR_LIMIT, "the queue is full");
    (void)snprintf(call->sent[call->n++], sizeof call->sent[0], "%lld %s %s%s",
                   (long long)e->revision, e->kind, e->id, e->deleted ? " deleted" : "");
    return 0;
}

void rpc_call_end(struct rpc_call *call)
{
    call->ended++;
}

void rpc_call_fail(struct rpc_call *call, const struct err *err)
{
    ck_assert_int_ne(err->code, ERR_OK);
    call->failed = *err;
    call->ended++;
}

static struct rpc_call fresh_call(void)
{
    return (struct rpc_call){.room = SENT_MAX};
}

/* The call is over and everything of it has gone. */
static void release(struct rpc_call *call)
{
    ck_assert_int_eq(call->ended, 1);
    call->hooks->release(call->data);
}

/* ---- People and commits ---------------------------------------------------------------------- */

EXPECT_WORLD

static struct env_fake fake;
static struct env env;
static struct watchers *watchers;

static void setup(void)
{
    expect_setup();
    fake = (struct env_fake){.wall = w.now, .seed = 1};
    env = env_of_fake(&fake);
    watchers = watchers_create(&env);
}

static void teardown(void)
{
    watchers_destroy(watchers);
    expect_teardown();
}

static void add(struct rpc_call *call, const char *who, struct id id, uint32_t kinds)
{
    struct id user = id_literal(who);
    const struct user *u = state_find(w.state, ENTITY_USER, &user);
    struct watch_wish wish = {.principal = {.kind = ACTOR_USER,
                                            .organisation = u->organisation,
                                            .name = u->name,
                                            .key_id = u->key_id},
                              .kinds = kinds,
                              .id = id};
    watchers_add(watchers, call, &wish);
}

static void watch(struct rpc_call *call, const char *who)
{
    *call = fresh_call();
    add(call, who, ID_NONE, 0);
}

static void commit(int64_t revision, enum entity_kind kind, const char *id, bool deleted)
{
    struct engine_change change = {.kind = kind, .id = id_literal(id), .deleted = deleted};
    watchers_on_commit(watchers, w.state, revision, &change, 1);
}

static void expect_last(const struct rpc_call *call, size_t n, const char *text)
{
    ck_assert_uint_eq(call->n, n);
    ck_assert_str_eq(call->sent[n - 1], text);
}

static void close_all(struct rpc_call *const *calls, size_t n)
{
    watchers_close(watchers);
    for (size_t i = 0; i < n; i++)
        release(calls[i]);
}

/* ---- Watching -------------------------------------------------------------------------------- */

START_TEST(the_first_event_carries_the_revision)
{
    struct rpc_call a, b;
    watch(&a, "kim.upstage");
    expect_last(&a, 1, "0  ");
    commit(41, ENTITY_PROGRAMME, WORLD_PROGRAMME, false);
    expect_last(&a, 2, "41 programme " WORLD_PROGRAMME);
    watch(&b, "kim.upstage");
    expect_last(&b, 1, "41  ");
    close_all((struct rpc_call *[]){&a, &b}, 2);
}
END_TEST

START_TEST(a_watcher_hears_of_what_it_wishes_and_may_see)
{
    struct rpc_call own = fresh_call(), other = fresh_call(), one = fresh_call();
    struct rpc_call agency = fresh_call();
    add(&own, "kim.upstage", ID_NONE, 0);
    add(&other, "han.lunit", ID_NONE, 1u << ENTITY_PROJECT);
    add(&one, "kim.upstage", id_literal("beta"), 0);
    add(&agency, "audit.nipa", ID_NONE, 1u << ENTITY_ORGANISATION);
    commit(7, ENTITY_PROJECT, "alpha", false);
    commit(8, ENTITY_PROJECT, "beta", false);
    commit(9, ENTITY_ORGANISATION, "kaist", false);
    ck_assert_uint_eq(own.n, 3);
    ck_assert_str_eq(own.sent[1], "7 project alpha");
    ck_assert_str_eq(own.sent[2], "9 organisation kaist");
    expect_last(&other, 2, "8 project beta");
    ck_assert_uint_eq(one.n, 1);
    expect_last(&agency, 2, "9 organisation kaist");
    close_all((struct rpc_call *[]){&own, &other, &one, &agency}, 4);
}
END_TEST

START_TEST(that_an_object_is_gone_hears_who_sees_everything)
{
    struct rpc_call own, admin, auditor;
    watch(&own, "boss.upstage");
    watch(&admin, "admin.nipa");
    watch(&auditor, "audit.nipa");
    commit(5, ENTITY_JOIN_TOKEN, "token-of-upstage", true);
    ck_assert_uint_eq(own.n, 1);
    expect_last(&admin, 2, "5 join-token token-of-upstage deleted");
    expect_last(&auditor, 2, "5 join-token token-of-upstage deleted");
    close_all((struct rpc_call *[]){&own, &admin, &auditor}, 3);
}
END_TEST

/* ---- Ends ------------------------------------------------------------------------------------ */

START_TEST(a_client_may_leave_before_its_stream_is_listed)
{
    struct rpc_call call = fresh_call(), later;
    call.cancelled = true;
    add(&call, "kim.upstage", ID_NONE, 0);
    release(&call);
    ck_assert_uint_eq(call.n, 0);
    ck_assert_int_eq(call.failed.code, ERR_OK);
    watch(&later, "kim.upstage"); /* and the others go on */
    commit(3, ENTITY_PROJECT, "alpha", false);
    ck_assert_uint_eq(later.n, 2);
    close_all((struct rpc_call *[]){&later}, 1);
}
END_TEST

START_TEST(a_client_may_leave_at_any_time)
{
    struct rpc_call a, b;
    watch(&a, "kim.upstage");
    watch(&b, "kim.upstage");
    a.hooks->cancelled(a.data);
    release(&a);
    commit(3, ENTITY_PROJECT, "alpha", false);
    ck_assert_uint_eq(a.n, 1);
    ck_assert_uint_eq(b.n, 2);
    close_all((struct rpc_call *[]){&b}, 1);
}
END_TEST

START_TEST(when_the_state_is_loaded_anew_all_list_again)
{
    struct rpc_call a, b, after;
    watch(&a, "kim.upstage");
    watch(&b, "audit.nipa");
    watchers_on_commit(watchers, w.state, 99, NULL, 0);
    ck_assert_int_eq(a.failed.code, ERR_UNAVAILABLE);
    ck_assert_str_eq(b.failed.text, "reload: list again");
    release(&a);
    release(&b);
    watch(&after, "kim.upstage");
    expect_last(&after, 1, "99  ");
    close_all((struct rpc_call *[]){&after}, 1);
}
END_TEST

START_TEST(a_commit_that_changed_no_object_ends_nothing)
{
    struct rpc_call a;
    struct engine_change none;
    watch(&a, "kim.upstage");
    watchers_on_commit(watchers, w.state, 12, &none, 0);
    ck_assert_int_eq(a.ended, 0);
    ck_assert_uint_eq(a.n, 1);
    close_all((struct rpc_call *[]){&a}, 1);
}
END_TEST

START_TEST(a_revoked_users_stream_ends_with_the_next_commit)
{
    struct rpc_call a;
    struct revoke_user_request r = {.id = id_literal("kim.upstage"), .reason = "left"};
    watch(&a, "kim.upstage");
    world_must(&w, world_decide(&w, "boss.upstage", COMMAND_REVOKE_USER, &r));
    commit(4, ENTITY_PROJECT, "alpha", false);
    ck_assert_int_eq(a.failed.code, ERR_UNAUTHENTICATED);
    ck_assert_uint_eq(a.n, 1);
    release(&a);
}
END_TEST

START_TEST(a_stream_does_not_outlive_the_certificate_it_was_opened_with)
{
    struct rpc_call a;
    struct id kim = id_literal("kim.upstage");
    const struct user *u = state_find(w.state, ENTITY_USER, &kim);
    watch(&a, "kim.upstage");
    fake.wall = instant_add(u->expires_at, -1);
    commit(4, ENTITY_PROJECT, "alpha", false);
    ck_assert_uint_eq(a.n, 2);
    fake.wall = u->expires_at;
    commit(5, ENTITY_PROJECT, "alpha", false);
    ck_assert_int_eq(a.failed.code, ERR_UNAUTHENTICATED);
    ck_assert_uint_eq(a.n, 2);
    release(&a);
}
END_TEST

START_TEST(a_look_anew_ends_the_streams_of_who_is_gone_though_nothing_is_committed)
{
    struct rpc_call a, b;
    struct id kim = id_literal("kim.upstage");
    const struct user *u = state_find(w.state, ENTITY_USER, &kim);
    watch(&a, "kim.upstage");
    watch(&b, "kim.upstage");
    fake.wall = instant_add(u->expires_at, -1);
    watchers_recheck(watchers, w.state);
    ck_assert_int_eq(a.failed.code, ERR_OK);
    fake.wall = u->expires_at;
    watchers_recheck(watchers, w.state);
    ck_assert_int_eq(a.failed.code, ERR_UNAUTHENTICATED);
    ck_assert_int_eq(b.failed.code, ERR_UNAUTHENTICATED);
    ck_assert_uint_eq(a.n, 1);
    release(&a);
    release(&b);
}
END_TEST

static void resume(struct rpc_call *call, const char *who, int64_t after)
{
    struct id user = id_literal(who);
    const struct user *u = state_find(w.state, ENTITY_USER, &user);
    struct watch_wish wish = {.principal = {.kind = ACTOR_USER,
                                            .organisation = u->organisation,
                                            .name = u->name,
                                            .key_id = u->key_id},
                              .after = after};
    *call = fresh_call();
    watchers_add(watchers, call, &wish);
}

START_TEST(who_comes_back_hears_what_came_meanwhile_and_nothing_twice)
{
    struct rpc_call a;
    commit(4, ENTITY_PROJECT, "alpha", false);
    commit(5, ENTITY_PROJECT, "alpha", false);
    commit(6, ENTITY_USER, "op.skt", false); /* of others */
    commit(7, ENTITY_PROJECT, "alpha", false);
    resume(&a, "kim.upstage", 4);
    expect_last(&a, 1, "4  "); /* from where it is told */
    watchers_recheck(watchers, w.state);
    ck_assert_str_eq(a.sent[1], "5 project alpha");
    expect_last(&a, 3, "7 project alpha");
    commit(8, ENTITY_PROJECT, "alpha", false);
    expect_last(&a, 4, "8 project alpha");
    close_all((struct rpc_call *const[]){&a}, 1);
}
END_TEST

START_TEST(who_was_away_for_too_long_lists_again)
{
    struct rpc_call a, b;
    for (int i = 0; i < WATCH_HISTORY + 2; i++)
        commit(10 + i, ENTITY_PROJECT, "alpha", false);
    resume(&a, "kim.upstage", 10);
    ck_assert_int_eq(a.failed.code, ERR_NOT_FOUND);
    resume(&b, "kim.upstage", 10 + WATCH_HISTORY);
    ck_assert_int_eq(b.failed.code, ERR_OK);
    close_all((struct rpc_call *const[]){&a, &b}, 2);
}
END_TEST

START_TEST(a_revision_that_has_not_been_is_none_to_resume_from)
{
    struct rpc_call a;
    commit(4, ENTITY_PROJECT, "alpha", false);
    resume(&a, "kim.upstage", 5);
    ck_assert_int_eq(a.failed.code, ERR_NOT_FOUND);
    close_all((struct rpc_call *const[]){&a}, 1);
}
END_TEST

START_TEST(who_does_not_read_is_dropped)
{
    struct rpc_call slow = fresh_call(), full = fresh_call();
    slow.room = 2;
    full.room = 0;
    add(&slow, "kim.upstage", ID_NONE, 0);
    add(&full, "kim.upstage", ID_NONE, 0);
    ck_assert_int_eq(full.failed.code, ERR_LIMIT);
    commit(4, ENTITY_PROJECT, "alpha", false);
    ck_assert_int_eq(slow.ended, 0);
    commit(5, ENTITY_PROJECT, "alpha", false);
    ck_assert_int_eq(slow.failed.code, ERR_LIMIT);
    release(&slow);
    release(&full);
}
END_TEST

START_TEST(after_the_close_streams_end_at_once)
{
    struct rpc_call a, late;
    watch(&a, "kim.upstage");
    watchers_close(watchers);
    release(&a);
    watch(&late, "kim.upstage");
    ck_assert_uint_eq(late.n, 0);
    release(&late);
}
END_TEST

static Suite *watchers_suite(void)
{
    Suite *s = suite_create("api/watchers");
    TCase *c = tcase_create("watchers");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, the_first_event_carries_the_revision);
    tcase_add_test(c, a_watcher_hears_of_what_it_wishes_and_may_see);
    tcase_add_test(c, that_an_object_is_gone_hears_who_sees_everything);
    tcase_add_test(c, a_client_may_leave_before_its_stream_is_listed);
    tcase_add_test(c, a_client_may_leave_at_any_time);
    tcase_add_test(c, when_the_state_is_loaded_anew_all_list_again);
    tcase_add_test(c, a_commit_that_changed_no_object_ends_nothing);
    tcase_add_test(c, a_revoked_users_stream_ends_with_the_next_commit);
    tcase_add_test(c, a_stream_does_not_outlive_the_certificate_it_was_opened_with);
    tcase_add_test(c, a_look_anew_ends_the_streams_of_who_is_gone_though_nothing_is_committed);
    tcase_add_test(c, who_comes_back_hears_what_came_meanwhile_and_nothing_twice);
    tcase_add_test(c, who_was_away_for_too_long_lists_again);
    tcase_add_test(c, a_revision_that_has_not_been_is_none_to_resume_from);
    tcase_add_test(c, who_does_not_read_is_dropped);
    tcase_add_test(c, after_the_close_streams_end_at_once);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(watchers_suite)

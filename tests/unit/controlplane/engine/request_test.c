/* Requests: called back once, in order, with what became of them. */
#include "controlplane/engine/request.h"

#include "tests/support/suite.h"

#include <stdio.h>

/* What the callbacks saw, in order: "1:ok@7 2:conflict ..." */
static char story[512];

static void tell(const void *arg, const char *what, int64_t revision)
{
    size_t n = strlen(story);
    snprintf(story + n, sizeof story - n, "%d:%s@%lld ", *(const int *)arg, what,
             (long long)revision);
}

static void on_done(void *arg, const struct engine_reply *reply, const struct err *err)
{
    ck_assert((reply == NULL) == (err != NULL));
    if (err)
        tell(arg, err_name(err->code), 0);
    else
        tell(arg, reply->repeated ? "again" : reply->applied ? "done" : "dry", reply->revision);
}

static int no_run(void *arg, const struct engine_view *view, struct err *err)
{
    (void)arg;
    (void)view;
    return err_set(err, ERR_INTERNAL, "not here");
}

static void on_finish(void *arg, const struct err *err)
{
    tell(arg, err ? err_name(err->code) : "read", 0);
}

static const struct engine_read_ops ops = {no_run, on_finish};
static const struct principal nobody = {.kind = ACTOR_ANONYMOUS};
static int numbers[] = {0, 1, 2, 3, 4, 5};

static void setup(void)
{
    story[0] = '\0';
}

static struct request *command(int number)
{
    struct request *r = request_create(REQUEST_COMMAND, &nobody, &numbers[number]);
    r->done = on_done;
    r->command = (struct engine_command){.kind = COMMAND_RELEASE_LEASE,
                                         .args = calloc(1, sizeof(struct release_lease_request))};
    return r;
}

static struct request *reading(int number)
{
    struct request *r = request_create(REQUEST_READ, &nobody, &numbers[number]);
    r->ops = &ops;
    return r;
}

START_TEST(a_finished_command_says_what_became_of_it)
{
    static const struct {
        bool applied, repeated;
        enum err_code code;
        const char *story;
    } cases[] = {{true, false, ERR_OK, "1:done@7 "},
                 {false, false, ERR_OK, "1:dry@0 "},
                 {false, true, ERR_OK, "1:again@0 "},
                 {true, true, ERR_OK, "1:again@7 "},
                 {true, false, ERR_CONFLICT, "1:conflict@0 "}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct request *r = command(1);
        r->applied = cases[i].applied;
        r->repeated = cases[i].repeated;
        r->err.code = cases[i].code;
        record_list_add(&r->answer.notes, sizeof(struct plan_line)); /* freed with it */
        story[0] = '\0';
        request_finish(r, 7);
        ck_assert_str_eq(story, cases[i].story);
    }
}
END_TEST

START_TEST(a_finished_outcome_answers_as_its_command_did)
{
    struct request *r = request_create(REQUEST_OUTCOME, &nobody, &numbers[2]);
    r->done = on_done;
    err_set(&r->err, ERR_NOT_FOUND, "no such request");
    request_finish(r, 7);
    ck_assert_str_eq(story, "2:not-found@0 ");
}
END_TEST

START_TEST(a_finished_read_says_whether_it_may_be_told)
{
    request_finish(reading(1), 7);
    struct request *r = reading(2);
    err_set(&r->err, ERR_NOT_LEADER, "elsewhere");
    request_finish(r, 7);
    ck_assert_str_eq(story, "1:read@0 2:not-leader@0 ");
}
END_TEST

START_TEST(what_is_abandoned_calls_nobody_and_leaves_its_args)
{
    struct request *r = command(1);
    void *args = r->command.args;
    request_abandon(r);
    ck_assert_str_eq(story, "");
    record_destroy(command_type(COMMAND_RELEASE_LEASE), args);
}
END_TEST

START_TEST(a_list_is_finished_in_its_order_and_is_empty_then)
{
    struct request_list list;
    request_list_init(&list);
    request_list_finish(&list, 7, NULL); /* nothing */
    for (int i = 1; i <= 3; i++) {
        struct request *r = i == 2 ? reading(i) : command(i);
        r->applied = true;
        request_list_add(&list, r);
    }
    request_list_finish(&list, 9, NULL);
    ck_assert_str_eq(story, "1:done@9 2:read@0 3:done@9 ");
    ck_assert_ptr_null(list.first);
    request_list_add(&list, command(4));
    request_list_finish(&list, 9, NULL);
    ck_assert_ptr_nonnull(strstr(story, "4:dry@0 "));
}
END_TEST

START_TEST(an_error_replaces_what_the_requests_would_have_said)
{
    struct request_list list;
    struct err lost = ERR_INIT;
    request_list_init(&list);
    struct request *refused = command(1), *applied = command(2);
    err_set(&refused->err, ERR_BUDGET, "too dear");
    applied->applied = true;
    request_list_add(&list, refused);
    request_list_add(&list, applied);
    request_list_add(&list, reading(3));
    err_set(&lost, ERR_NOT_LEADER, "another leads");
    request_list_finish(&list, 9, &lost);
    ck_assert_str_eq(story, "1:not-leader@0 2:not-leader@0 3:not-leader@0 ");
}
END_TEST

START_TEST(moving_appends_and_empties)
{
    struct request_list waiting, flight;
    request_list_init(&waiting);
    request_list_init(&flight);
    request_list_move(&flight, &waiting); /* nothing */
    request_list_add(&waiting, command(1));
    request_list_add(&flight, command(2));
    request_list_move(&flight, &waiting);
    ck_assert_ptr_null(waiting.first);
    request_list_add(&waiting, command(3));
    request_list_move(&flight, &waiting);
    request_list_add(&flight, command(4));
    request_list_finish(&flight, 1, NULL);
    ck_assert_str_eq(story, "2:dry@0 1:dry@0 3:dry@0 4:dry@0 ");
}
END_TEST

static Suite *request_suite(void)
{
    Suite *s = suite_create("engine/request");
    TCase *c = tcase_create("request");
    tcase_add_checked_fixture(c, setup, NULL);
    tcase_add_test(c, a_finished_command_says_what_became_of_it);
    tcase_add_test(c, a_finished_outcome_answers_as_its_command_did);
    tcase_add_test(c, a_finished_read_says_whether_it_may_be_told);
    tcase_add_test(c, what_is_abandoned_calls_nobody_and_leaves_its_args);
    tcase_add_test(c, a_list_is_finished_in_its_order_and_is_empty_then);
    tcase_add_test(c, an_error_replaces_what_the_requests_would_have_said);
    tcase_add_test(c, moving_appends_and_empties);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(request_suite)

/* controlplane/api/change.h: the way of a change, from request message to reply. */
#include "controlplane/api/change.h"

#include "tests/unit/controlplane/api/rig.h"

static const struct rpc_method apply_site = {&pumasi__v1__pool_service__descriptor, "ApplySite"};

static void fill(Pumasi__V1__ApplySiteRequest *request, Pumasi__V1__RequestHead *head,
                 Pumasi__V1__Site *site, const char *request_id)
{
    pumasi__v1__apply_site_request__init(request);
    pumasi__v1__request_head__init(head);
    pumasi__v1__site__init(site);
    head->request_id = (char *)request_id;
    site->id = site->name_ko = site->name_en = "new-site";
    site->operator_ = "skt";
    request->head = head;
    request->site = site;
}

START_TEST(a_change_is_answered_with_what_became_of_it)
{
    struct rig r;
    Pumasi__V1__ApplySiteRequest request;
    Pumasi__V1__RequestHead head;
    Pumasi__V1__Site site;
    rig_open(&r);
    fill(&request, &head, &site, "once");
    Pumasi__V1__ChangeReply *first =
        (Pumasi__V1__ChangeReply *)rig_must(&r, "op.skt", apply_site, &request.base);
    ck_assert_str_eq(first->kind, "site");
    ck_assert_str_eq(first->id, "new-site");
    ck_assert(first->applied);
    ck_assert_int_gt(first->revision, 0);
    struct engine_status before;
    do { /* answers come first, the status follows */
        engine_status(r.engine, &before);
    } while (before.revision < first->revision);
    Pumasi__V1__ChangeReply *second =
        (Pumasi__V1__ChangeReply *)rig_must(&r, "op.skt", apply_site, &request.base);
    ck_assert_str_eq(second->id, first->id);
    ck_assert(second->applied);
    struct engine_status after;
    engine_status(r.engine, &after);
    ck_assert_int_eq(after.revision, before.revision); /* the same id takes effect once */
    rpc_message_destroy(&first->base);
    rpc_message_destroy(&second->base);
    rig_close(&r);
}
END_TEST

START_TEST(a_request_id_is_its_askers_own)
{
    struct rig r;
    struct err err;
    ProtobufCMessage *reply = NULL;
    Pumasi__V1__ApplySiteRequest request;
    Pumasi__V1__RequestHead head;
    Pumasi__V1__Site site;
    rig_open(&r);
    fill(&request, &head, &site, "once");
    rpc_message_destroy(rig_must(&r, "op.skt", apply_site, &request.base));
    /* another one is judged by its own rights, not given the other's answer */
    int rc = rig_call(&r, "op.other", apply_site, &request.base, &reply, &err);
    ck_assert_int_lt(rc, 0);
    ck_assert(err.code == ERR_DENIED || err.code == ERR_NOT_FOUND || err.code == ERR_EXISTS);
    rig_close(&r);
}
END_TEST

START_TEST(a_dry_run_changes_nothing_and_has_no_revision)
{
    struct rig r;
    Pumasi__V1__ApplySiteRequest request;
    Pumasi__V1__RequestHead head;
    Pumasi__V1__Site site;
    struct err err;
    ProtobufCMessage *none = NULL;
    rig_open(&r);
    fill(&request, &head, &site, "dry");
    head.dry_run = true;
    Pumasi__V1__ChangeReply *reply =
        (Pumasi__V1__ChangeReply *)rig_must(&r, "op.skt", apply_site, &request.base);
    ck_assert(!reply->applied);
    ck_assert_int_eq(reply->revision, 0);
    ck_assert_str_eq(reply->id, "new-site");
    rpc_message_destroy(&reply->base);
    Pumasi__V1__JoinRequest join = PUMASI__V1__JOIN_REQUEST__INIT;
    join.token = "pj1.aaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    rig_expect(rig_call(&r, NULL,
                        (struct rpc_method){&pumasi__v1__identity_service__descriptor, "Join"},
                        &join.base, &none, &err),
               ERR_INVALID, &err); /* csr */
    rig_close(&r);
}
END_TEST

START_TEST(unknown_fields_are_refused_at_every_depth)
{
    struct rig r;
    struct err err;
    ProtobufCMessage *reply = NULL;
    Pumasi__V1__ApplySiteRequest request;
    Pumasi__V1__RequestHead head;
    Pumasi__V1__Site site;
    ProtobufCMessageUnknownField unknown = {
        .tag = 4711, .wire_type = PROTOBUF_C_WIRE_TYPE_VARINT, .len = 1, .data = (uint8_t[]){1}};
    ProtobufCMessage *const at[] = {&request.base, &head.base, &site.base};
    rig_open(&r);
    for (size_t i = 0; i < 3; i++) {
        fill(&request, &head, &site, "");
        at[i]->n_unknown_fields = 1;
        at[i]->unknown_fields = &unknown;
        rig_expect(rig_call(&r, "op.skt", apply_site, &request.base, &reply, &err), ERR_INVALID,
                   &err);
        ck_assert_msg(strstr(err.text, "4711") != NULL, "%s", err.text);
    }
    rig_close(&r);
}
END_TEST

START_TEST(errors_come_back_with_name_and_text)
{
    struct rig r;
    struct err err;
    ProtobufCMessage *reply = NULL;
    Pumasi__V1__ApplySiteRequest request;
    Pumasi__V1__RequestHead head;
    Pumasi__V1__Site site;
    rig_open(&r);
    fill(&request, &head, &site, "Not An Id");
    rig_expect(rig_call(&r, "op.skt", apply_site, &request.base, &reply, &err), ERR_INVALID, &err);
    ck_assert_ptr_nonnull(strstr(err.text, "request_id"));
    fill(&request, &head, &site, "");
    site.operator_ = "nobody";
    rig_expect(rig_call(&r, "admin.nipa", apply_site, &request.base, &reply, &err), ERR_NOT_FOUND,
               &err);
    rig_expect(rig_call(&r, NULL, apply_site, &request.base, &reply, &err), ERR_UNAUTHENTICATED,
               &err);
    request.site = NULL;
    ck_assert_int_lt(rig_call(&r, "admin.nipa", apply_site, &request.base, &reply, &err), 0);
    rig_close(&r);
}
END_TEST

/* ---- change_reply_fill() alone ---- */

static void add_lines(struct list *lines, const char *first, const char *second)
{
    struct plan_line *line = record_list_add(lines, sizeof *line);
    (void)snprintf(line->text, sizeof line->text, "%s", first);
    line = record_list_add(lines, sizeof *line);
    (void)snprintf(line->text, sizeof line->text, "%s", second);
}

static struct answer full_answer(void)
{
    struct answer a = {.kind = ENTITY_LEASE,
                       .id = id_literal("lease-1"),
                       .state = id_literal("booked"),
                       .has_plan = true,
                       .has_quote = true,
                       .quote = {.organisation = id_literal("upstage"),
                                 .value_exact = frac_ratio(7, 2),
                                 .value_krw = {3},
                                 .burden_krw = {1},
                                 .confirmed = true}};
    add_lines(&a.plan.lines, "kind: lease", "subject: lease-1");
    add_lines(&a.notes, "one", "two");
    return a;
}

START_TEST(a_reply_has_plan_price_and_notes)
{
    CLEANUP_ARENA struct arena *arena = arena_create(1 << 16);
    struct answer a = full_answer();
    struct engine_reply reply = {.answer = &a, .revision = 9, .applied = true};
    Pumasi__V1__ChangeReply m;
    ck_assert_int_eq(change_reply_fill(&reply, arena, &m, NULL), 0);
    ck_assert(m.applied && m.revision == 9);
    ck_assert_str_eq(m.state, "booked");
    ck_assert_uint_eq(m.plan->n_lines, 2);
    ck_assert_str_eq(m.plan->lines[1]->text, "subject: lease-1");
    ck_assert_str_eq(m.quote->value_exact, "7/2");
    ck_assert_int_eq(m.quote->burden_krw, 1);
    ck_assert_uint_eq(m.n_notes, 2);
    ck_assert_str_eq(m.notes[0]->text, "one");
    a.approval = id_literal("approval-1"); /* while an approval is awaited nothing is applied */
    ck_assert_int_eq(change_reply_fill(&reply, arena, &m, NULL), 0);
    ck_assert(!m.applied);
    ck_assert_str_eq(m.approval, "approval-1");
    answer_fini(&a);
}
END_TEST

START_TEST(a_full_arena_fails_at_every_byte_and_never_crashes)
{
    struct answer a = full_answer();
    struct engine_reply reply = {.answer = &a, .revision = 9, .applied = true};
    Pumasi__V1__ChangeReply m;
    struct err err = ERR_INIT;
    int rc = -1;
    size_t refused = 0;
    for (size_t bytes = 8; rc < 0; bytes += 8) {
        CLEANUP_ARENA struct arena *arena = arena_create(bytes);
        rc = change_reply_fill(&reply, arena, &m, &err);
        ck_assert(rc == 0 || rc == -ERR_LIMIT);
        refused += rc < 0;
        ck_assert_uint_lt(bytes, 1 << 16);
    }
    ck_assert_uint_gt(refused, 5);
    answer_fini(&a);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("api/change");
    TCase *c = tcase_create("change");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_change_is_answered_with_what_became_of_it);
    tcase_add_test(c, a_request_id_is_its_askers_own);
    tcase_add_test(c, a_dry_run_changes_nothing_and_has_no_revision);
    tcase_add_test(c, unknown_fields_are_refused_at_every_depth);
    tcase_add_test(c, errors_come_back_with_name_and_text);
    tcase_add_test(c, a_reply_has_plan_price_and_notes);
    tcase_add_test(c, a_full_arena_fails_at_every_byte_and_never_crashes);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(suite)

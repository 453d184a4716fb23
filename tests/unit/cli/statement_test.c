/* `pumasi statement show`: the document byte for byte, a table of it, or nothing. */
#include "lib/base/text.h"
#include "lib/pki/digest.h"
#include "pumasi/v1/statement.pb-c.h"
#include "tests/unit/cli/rig.h"

static const char document[] =
    "{\"members\":[{\"burden_krw\":10,\"months\":{\"B200\":\"1/8\",\"H100\":\"2\"},"
    "\"organisation\":\"upstage\",\"refused\":[],\"value_krw\":6600000}],"
    "\"period_from\":\"2026-02-01T00:00:00+09:00\",\"period_to\":\"2026-03-01T00:00:00+09:00\","
    "\"project\":\"과제\",\"total\":{\"burden_krw\":10,\"mark\":\"not confirmed\","
    "\"value_krw\":6600000}}\n";

/* Three answers that are no statement: what asks for the project of that name gets it. */
static const struct stray {
    const char *project, *text;
} strays[] = {
    {"no-json", "a statement"},
    {"empty", "{}"},
    {"odd", "{\"members\":[1,{\"months\":{\"B200\":2}}],\"total\":[]}"},
};

static const char *document_of(const char *project)
{
    for (size_t i = 0; i < sizeof strays / sizeof *strays; i++)
        if (strcmp(strays[i].project, project) == 0)
            return strays[i].text;
    return document;
}

static void get_statement(struct rpc_call *call, const ProtobufCMessage *message, void *arg)
{
    const Pumasi__V1__GetStatementRequest *request =
        (const Pumasi__V1__GetStatementRequest *)message;
    Pumasi__V1__GetStatementReply reply = PUMASI__V1__GET_STATEMENT_REPLY__INIT;
    uint8_t digest[DIGEST_BYTES];
    char hex[DIGEST_TEXT_CAP];
    rig_note(arg, request->format);
    rig_note(arg, request->month);
    const char *text = document_of(request->project);
    digest_sha256(span_text(text), digest);
    if (strcmp(request->project, "forged") == 0)
        digest[0] ^= 1;
    text_hex(hex, digest, DIGEST_BYTES);
    reply.document = (ProtobufCBinaryData){.len = strlen(text), .data = (uint8_t *)text};
    reply.sha256 = hex;
    rpc_call_reply(call, &reply.base);
}

static const struct rpc_method_row rows[] = {
    {.name = "GetStatement", .kind = RPC_UNARY, .handler = get_statement},
};

static const struct rpc_service services[] = {
    {.descriptor = &pumasi__v1__statement_service__descriptor, .rows = rows, .row_count = 1},
    {.descriptor = NULL},
};

START_TEST(test_prints_the_document_as_it_came)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run json CLEANUP_RUN =
        RUN_RIG(&rig, "statement", "show", "-p", "lm", "--month", "2026-02", "-o", "json");
    struct run csv CLEANUP_RUN =
        RUN_RIG(&rig, "statement", "show", "-p", "lm", "--month", "2026-02", "-o", "csv");
    ck_assert_msg(json.exit == 0, "%s", json.talk);
    ck_assert_str_eq(json.out, document);
    ck_assert_str_eq(csv.out, document);
    ck_assert_str_eq(rig.seen->texts[0], "json");
    ck_assert_str_eq(rig.seen->texts[1], "2026-02");
    ck_assert_str_eq(rig.seen->texts[2], "csv");
}
END_TEST

START_TEST(test_people_see_the_shares_of_the_members)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN = RUN_RIG(&rig, "statement", "show", "-p", "lm");
    ck_assert_msg(run.exit == 0, "%s", run.talk);
    ck_assert_str_eq(rig.seen->texts[0], "json");
    ck_assert(strstr(run.out, "upstage       B200 1/8, H100 2  6,600,000      10"));
    ck_assert(strstr(run.out, "total         -                 6,600,000      10"));
    ck_assert(strstr(run.talk, "과제, 2026-02-01T00:00:00+09:00 to 2026-03-01T00:00:00+09:00"));
    ck_assert(strstr(run.talk, "not confirmed"));
    struct run names CLEANUP_RUN = RUN_RIG(&rig, "statement", "show", "-p", "lm", "-o", "name");
    ck_assert_str_eq(names.out, "upstage\n");
}
END_TEST

START_TEST(test_a_table_of_no_statement_does_no_harm)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    static const int exits[] = {2, 0, 0};
    for (size_t i = 0; i < sizeof strays / sizeof *strays; i++) {
        struct run run CLEANUP_RUN = RUN_RIG(&rig, "statement", "show", "-p", strays[i].project);
        ck_assert_int_eq(run.exit, exits[i]);
        struct run json CLEANUP_RUN =
            RUN_RIG(&rig, "statement", "show", "-p", strays[i].project, "-o", "json");
        ck_assert_str_eq(json.out, strays[i].text);
    }
}
END_TEST

START_TEST(test_a_document_with_another_hash_is_not_printed)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN = RUN_RIG(&rig, "statement", "show", "-p", "forged");
    ck_assert_int_eq(run.exit, 10);
    ck_assert_str_eq(run.out, "");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/statement");
    TCase *t = tcase_create("statement");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, test_prints_the_document_as_it_came);
    tcase_add_test(t, test_people_see_the_shares_of_the_members);
    tcase_add_test(t, test_a_table_of_no_statement_does_no_harm);
    tcase_add_test(t, test_a_document_with_another_hash_is_not_printed);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)

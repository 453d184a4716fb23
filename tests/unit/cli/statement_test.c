/* `pumasi statement show`: the document byte for byte, or nothing. */
#include "lib/base/text.h"
#include "lib/pki/digest.h"
#include "pumasi/v1/statement.pb-c.h"
#include "tests/unit/cli/rig.h"

static const char document[] = "{\"project\":\"과제\"}\n";

static void get_statement(struct rpc_call *call, const ProtobufCMessage *message, void *arg)
{
    const Pumasi__V1__GetStatementRequest *request =
        (const Pumasi__V1__GetStatementRequest *)message;
    Pumasi__V1__GetStatementReply reply = PUMASI__V1__GET_STATEMENT_REPLY__INIT;
    uint8_t digest[DIGEST_BYTES];
    char hex[DIGEST_TEXT_CAP];
    rig_note(arg, request->format);
    rig_note(arg, request->month);
    digest_sha256(span_text(document), digest);
    if (strcmp(request->project, "forged") == 0)
        digest[0] ^= 1;
    text_hex(hex, digest, DIGEST_BYTES);
    reply.document = (ProtobufCBinaryData){.len = strlen(document), .data = (uint8_t *)document};
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
        RUN_RIG(&rig, "statement", "show", "-p", "lm", "--month", "2026-02");
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
    tcase_add_test(t, test_a_document_with_another_hash_is_not_printed);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)

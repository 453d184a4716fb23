/* `pumasi approve sign`: what is signed is what was shown. */
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/pki/cert.h"
#include "lib/pki/digest.h"
#include "lib/pki/sign.h"
#include "pumasi/v1/approval.pb-c.h"
#include "tests/unit/cli/rig.h"

#define PLAN_TEXT "gains: project p, 8 B200\nloses: skt, 8 B200\n"

static void plan_hash(char dst[DIGEST_TEXT_CAP])
{
    uint8_t digest[DIGEST_BYTES];
    digest_sha256(span_text(PLAN_TEXT), digest);
    text_hex(dst, digest, DIGEST_BYTES);
}

/* The approval "forged" has a hash that is not that of its lines. */
static void get_approval(struct rpc_call *call, const ProtobufCMessage *message, void *arg)
{
    const Pumasi__V1__GetRequest *request = (const Pumasi__V1__GetRequest *)message;
    Pumasi__V1__PlanLine one = PUMASI__V1__PLAN_LINE__INIT, two = PUMASI__V1__PLAN_LINE__INIT;
    Pumasi__V1__PlanLine *lines[] = {&one, &two};
    Pumasi__V1__Plan plan = PUMASI__V1__PLAN__INIT;
    Pumasi__V1__Approval approval = PUMASI__V1__APPROVAL__INIT;
    char hash[DIGEST_TEXT_CAP];
    (void)arg;
    plan_hash(hash);
    if (strcmp(request->id, "forged") == 0)
        hash[0] = hash[0] == '0' ? '1' : '0';
    one.text = (char *)"gains: project p, 8 B200";
    two.text = (char *)"loses: skt, 8 B200";
    plan.n_lines = 2;
    plan.lines = lines;
    plan.hash = hash;
    approval.id = request->id;
    approval.state = (char *)"submitted";
    approval.plan = &plan;
    rpc_call_reply(call, &approval.base);
}

static void sign_approval(struct rpc_call *call, const ProtobufCMessage *message, void *arg)
{
    const Pumasi__V1__SignApprovalRequest *request =
        (const Pumasi__V1__SignApprovalRequest *)message;
    Pumasi__V1__ChangeReply reply = PUMASI__V1__CHANGE_REPLY__INIT;
    rig_note(arg, request->plan_hash);
    rig_note(arg, request->paper);
    rig_keep(arg, &request->signature);
    reply.kind = (char *)"approval";
    reply.id = request->id;
    reply.state = (char *)"approved";
    reply.applied = true;
    rpc_call_reply(call, &reply.base);
}

static const struct rpc_method_row rows[] = {
    {.name = "GetApproval", .kind = RPC_UNARY, .handler = get_approval},
    {.name = "SignApproval", .kind = RPC_UNARY, .handler = sign_approval},
};

static const struct rpc_service services[] = {
    {.descriptor = &pumasi__v1__approval_service__descriptor, .rows = rows, .row_count = 2},
    {.descriptor = NULL},
};

static struct public_key admin_key(const struct rig *rig)
{
    char path[160];
    struct cert cert;
    struct err err = ERR_INIT;
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, CERT_PEM_MAX);
    snprintf(path, sizeof(path), "%s/pumasi/contexts/admin.nipa/cert.pem", rig->home);
    ck_assert_msg(file_read(path, &pem, &err) == 0, "%s", err.text);
    ck_assert_msg(cert_parse(buf_span(&pem), &cert, &err) == 0, "%s", err.text);
    return cert.key;
}

START_TEST(test_signs_the_very_text_with_the_contexts_key)
{
    struct rig rig CLEANUP_RIG;
    char hash[DIGEST_TEXT_CAP];
    rig_init(&rig, services);
    plan_hash(hash);
    struct run run CLEANUP_RUN =
        RUN_RIG(&rig, "approve", "sign", "approval-1", "--plan", hash, "--paper", "NIPA-42");
    ck_assert_msg(run.exit == 0, "%s", run.talk);
    ck_assert_str_eq(run.out, "approval approval-1: approved\n");
    ck_assert_ptr_nonnull(strstr(run.talk, "  gains: project p, 8 B200\n  loses: skt, 8 B200\n"));
    ck_assert_int_eq(strncmp(rig.seen->texts[0], hash, ID_CAP - 1), 0);
    ck_assert_str_eq(rig.seen->texts[1], "NIPA-42");
    struct public_key key = admin_key(&rig);
    struct span signature = span_of(rig.seen->bytes, rig.seen->len);
    ck_assert_int_eq(sign_verify(&key, span_text(PLAN_TEXT), signature, NULL), 0);
}
END_TEST

START_TEST(test_eight_digits_of_the_hash_are_enough)
{
    struct rig rig CLEANUP_RIG;
    char hash[DIGEST_TEXT_CAP];
    rig_init(&rig, services);
    plan_hash(hash);
    hash[8] = '\0';
    struct run run CLEANUP_RUN = RUN_RIG(&rig, "approve", "sign", "approval-1", "--plan", hash);
    ck_assert_int_eq(run.exit, 0);
}
END_TEST

static const struct {
    const char *id, *plan;
    int exit;
} refused[] = {
    {"approval-1", "00000000", 7}, /* another plan was read */
    {"approval-1", "a", 7},        /* too few digits to mean one plan */
    {"approval-1", NULL, 2},       /* nobody is there to be asked */
    {"forged", "00000000", 10},    /* text and hash do not belong together */
    {"forged", NULL, 10},
};

START_TEST(test_signs_nothing_else)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN =
        refused[_i].plan
            ? RUN_RIG(&rig, "approve", "sign", refused[_i].id, "--plan", refused[_i].plan)
            : RUN_RIG(&rig, "approve", "sign", refused[_i].id);
    ck_assert_msg(run.exit == refused[_i].exit, "%d %s", run.exit, run.talk);
    ck_assert_uint_eq(rig.seen->calls, 0);
}
END_TEST

START_TEST(test_show_prints_the_plan)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN = RUN_RIG(&rig, "approve", "show", "approval-1");
    ck_assert_int_eq(run.exit, 0);
    ck_assert_ptr_nonnull(strstr(run.out, "plan:\n  gains: project p, 8 B200\n"));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/approve");
    TCase *t = tcase_create("approve");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, test_signs_the_very_text_with_the_contexts_key);
    tcase_add_test(t, test_eight_digits_of_the_hash_are_enough);
    tcase_add_loop_test(t, test_signs_nothing_else, 0, sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(t, test_show_prints_the_plan);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)

/* Stored bytes: every table agrees with its published message, and objects read back. */
#include "controlplane/engine/codec.h"

#include "controlplane/domain/allocation.h"
#include "controlplane/domain/approval.h"
#include "controlplane/domain/closing.h"
#include "controlplane/domain/command.h"
#include "controlplane/domain/recall.h"
#include "controlplane/domain/stage.h"
#include "controlplane/domain/issued.h"
#include "lib/base/limits.h"
#include "lib/wire/wire.h"
#include "tests/support/suite.h"

#include "pumasi/v1/allocation.pb-c.h"
#include "pumasi/v1/approval.pb-c.h"
#include "pumasi/v1/closing.pb-c.h"
#include "pumasi/v1/commit.pb-c.h"
#include "pumasi/v1/identity.pb-c.h"
#include "pumasi/v1/lease.pb-c.h"
#include "pumasi/v1/loan.pb-c.h"
#include "pumasi/v1/node.pb-c.h"
#include "pumasi/v1/organisation.pb-c.h"
#include "pumasi/v1/pool.pb-c.h"
#include "pumasi/v1/programme.pb-c.h"
#include "pumasi/v1/stage.pb-c.h"
#include "pumasi/v1/statement.pb-c.h"
#include "pumasi/v1/usage.pb-c.h"

static void agree(const struct record_type *type, const ProtobufCMessageDescriptor *descriptor)
{
    struct err err = ERR_INIT;
    int rc = wire_check(type, descriptor, &err);
    ck_assert_msg(rc == 0, "%s: %s", type->name, err.text);
}

START_TEST(every_object_agrees_with_its_message)
{
#define X(kind, prefix, name, type) agree(&type##_type, &pumasi__v1__##type##__descriptor);
    ENTITY_KINDS(X)
#undef X
    agree(&commit_type, &pumasi__v1__commit__descriptor);
}
END_TEST

START_TEST(every_request_of_the_api_agrees_with_its_message)
{
#define CHECK(type) agree(&type##_type, &pumasi__v1__##type##__descriptor)
    CHECK(apply_organisation_request);
    CHECK(apply_programme_request);
    CHECK(apply_project_request);
    CHECK(apply_site_request);
    CHECK(apply_pool_request);
    CHECK(propose_loan_request);
    CHECK(consent_loan_request);
    CHECK(recall_loan_request);
    CHECK(request_allocation_request);
    CHECK(book_lease_request);
    CHECK(release_lease_request);
    CHECK(sign_approval_request);
    CHECK(return_approval_request);
    CHECK(record_contribution_request);
    CHECK(issue_statement_request);
    CHECK(dispute_statement_request);
    CHECK(close_statement_request);
    CHECK(revoke_user_request);
    CHECK(held_lease);
#undef CHECK
}
END_TEST

static struct lease *make_lease(void)
{
    struct lease *l = calloc(1, sizeof *l);
    ck_assert_ptr_nonnull(l);
    l->id = id_literal("lease-7");
    l->gpus = 8;
    l->units_per_gpu.units = SHARE_PER_GPU;
    l->from.s = 1772323200;
    l->notice_at = l->to = l->ends_at = l->created_at = l->active_at = l->ended_at = l->void_at =
        INSTANT_NEVER;
    l->state = LEASE_ACTIVE;
    l->fence = UINT64_MAX;
    struct placement *p = record_list_add(&l->placements, sizeof *p);
    p->node = id_literal("node-1");
    struct placed_device *d = record_list_add(&p->devices, sizeof *d);
    d->minor = 3;
    d->units.units = SHARE_PER_GPU;
    return l;
}

START_TEST(an_object_reads_back_as_it_was)
{
    struct lease *lease = make_lease();
    struct buf bytes;
    void *back;
    struct err err = ERR_INIT;
    buf_init(&bytes, LIMIT_VALUE_BYTES);
    codec_encode_object(ENTITY_LEASE, lease, &bytes);
    ck_assert(!bytes.full);
    ck_assert_msg(codec_decode_object(ENTITY_LEASE, buf_span(&bytes), &back, &err) == 0, "%s",
                  err.text);
    ck_assert(record_equal(&lease_type, lease, back));
    record_destroy(&lease_type, back);
    record_destroy(&lease_type, lease);
    buf_fini(&bytes);
}
END_TEST

START_TEST(spoilt_bytes_are_corrupt)
{
    void *back;
    struct commit commit;
    struct err err = ERR_INIT;
    static const char garbage[] = "\xff\xff\xff\xff garbage";
    struct span bytes = span_of(garbage, sizeof garbage - 1);
    ck_assert_int_eq(codec_decode_object(ENTITY_LEASE, bytes, &back, &err), -ERR_CORRUPT);
    ck_assert_int_eq(codec_decode_commit(bytes, &commit, &err), -ERR_CORRUPT);
}
END_TEST

static Suite *codec_suite(void)
{
    Suite *s = suite_create("engine/codec");
    TCase *t = tcase_create("codec");
    tcase_add_test(t, every_object_agrees_with_its_message);
    tcase_add_test(t, every_request_of_the_api_agrees_with_its_message);
    tcase_add_test(t, an_object_reads_back_as_it_was);
    tcase_add_test(t, spoilt_bytes_are_corrupt);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(codec_suite)

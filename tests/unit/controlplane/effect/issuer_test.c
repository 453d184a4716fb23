/* controlplane/effect/issuer.h: what a grant says, how long it holds, and that nodes can check it.
 */
#include "controlplane/effect/issuer.h"

#include "lib/grant/permit.h"
#include "tests/support/suite.h"

#include <stdio.h>

#define NOW ((struct instant){1764547200})
#define DAY INT64_C(86400)

static struct key *key;
static struct issuer *issuer;
static struct lease lease;
static struct placement placement;
static struct node node;
static struct enforcement enforcement;
static struct err err;

static void add_device(const char *uuid, uint32_t minor, int64_t units)
{
    struct placed_device *d = record_list_add(&placement.devices, sizeof *d);
    (void)snprintf(d->uuid, sizeof d->uuid, "%s", uuid);
    d->major = 195;
    d->minor = minor;
    d->units.units = units;
}

static void add_uid(uint32_t uid)
{
    struct user_id *u = record_list_add(&lease.uids, sizeof *u);
    u->uid = uid;
}

static void setup(void)
{
    err = ERR_INIT;
    ck_assert_int_eq(key_generate(&key, NULL), 0);
    issuer = issuer_create(key);
    lease = (struct lease){.id = id_literal("lease-7"),
                           .organisation = id_literal("upstage"),
                           .project = id_literal("alpha"),
                           .isolation = ISOLATION_WHOLE,
                           .loan = id_literal("loan-1"),
                           .fence = 9};
    placement = (struct placement){.node = id_literal("haein-07")};
    node = (struct node){.id = id_literal("haein-07"),
                         .boot_id = "00112233-4455-6677-8899-aabbccddeeff"};
    enforcement = (struct enforcement){.lease = &lease,
                                       .placement = &placement,
                                       .ttl_ms = DAY * 1000,
                                       .ends_at = {NOW.s + 30 * DAY}};
}

static void teardown(void)
{
    record_fini(&lease_type, &lease);
    free(placement.devices.items);
    issuer_destroy(issuer);
    key_destroy(key);
}

static int draft(struct grant *ret)
{
    struct issue_request request = {.node = &node, .now = NOW, .seq = 77, .nonce = {1, 2, 3}};
    return issuer_draft(issuer, &enforcement, &request, ret, &err);
}

START_TEST(a_grant_says_everything_that_the_node_has_to_know)
{
    struct grant g;
    struct public_key own = issuer_public_key(issuer);
    struct id own_id = public_key_id(&own);
    static const uint8_t boot[GRANT_BOOT_BYTES] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                                   0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
    add_device("GPU-b", 5, 7000);
    add_device("GPU-a", 2, 7000);
    add_uid(1002);
    add_uid(1001);
    add_uid(1002);
    ck_assert_msg(draft(&g) == 0, "%s", err.text);
    ck_assert_str_eq(g.lease.text, "lease-7");
    ck_assert_str_eq(g.organisation.text, "upstage");
    ck_assert_str_eq(g.project.text, "alpha");
    ck_assert_str_eq(g.node.text, "haein-07");
    ck_assert_str_eq(g.loan.text, "loan-1");
    ck_assert(id_equal(&g.key, &own_id));
    ck_assert_mem_eq(g.boot_id, boot, sizeof boot);
    ck_assert_uint_eq(g.fence, 9);
    ck_assert_uint_eq(g.seq, 77);
    ck_assert_uint_eq(g.nonce[2], 3);
    ck_assert_int_eq(g.issued_at.s, NOW.s);
    ck_assert_uint_eq(g.ttl_ms, (uint64_t)DAY * 1000);
    ck_assert_int_eq(g.ends_at.s, NOW.s + 30 * DAY);
    ck_assert_int_eq(g.isolation, GRANT_ISOLATION_WHOLE);
    ck_assert_int_eq(g.share.units, 14000);
    ck_assert_uint_eq(g.device_count, 2);
    ck_assert_str_eq(g.devices[0].uuid, "GPU-a"); /* in the order of their numbers */
    ck_assert_uint_eq(g.devices[1].minor, 5);
    ck_assert_uint_eq(g.uid_count, 2);
    ck_assert_uint_eq(g.uids[0], 1001);
}
END_TEST

START_TEST(the_time_to_live_never_passes_the_end)
{
    static const struct {
        int64_t ttl_ms, left_s;
        uint64_t want_ms;
    } rows[] = {
        {DAY * 1000, 30 * DAY, DAY * 1000},
        {DAY * 1000, DAY, DAY * 1000},
        {DAY * 1000, 60, 60000},
        {1500, 60, 1500},
        {INT64_MAX, INT64_C(100000) * DAY, GRANT_TTL_MAX_MS},
    };
    add_device("GPU-a", 2, 7000);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct grant g;
        enforcement.ttl_ms = rows[i].ttl_ms;
        enforcement.ends_at.s = NOW.s + rows[i].left_s;
        ck_assert_msg(draft(&g) == 0, "%s", err.text);
        ck_assert_uint_eq(g.ttl_ms, rows[i].want_ms);
    }
}
END_TEST

START_TEST(what_ends_now_and_who_has_not_said_its_boot_get_no_grant)
{
    static const char *const boots[] = {"", "xyz", "00112233-4455-6677-8899-aabbccddee",
                                        "00112233-4455-6677-8899-aabbccddeeff00"};
    struct grant g;
    add_device("GPU-a", 2, 7000);
    for (int64_t late = 0; late < 2; late++) {
        enforcement.ends_at.s = NOW.s - late;
        ck_assert_int_eq(draft(&g), -ERR_STATE);
    }
    enforcement.ends_at.s = NOW.s + 60;
    enforcement.ttl_ms = 0;
    ck_assert_int_eq(draft(&g), -ERR_STATE);
    enforcement.ttl_ms = 1000;
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(node.boot_id, sizeof node.boot_id, "%s", boots[i]);
        ck_assert_int_eq(draft(&g), -ERR_STATE);
        ck_assert_ptr_nonnull(strstr(err.text, "boot id"));
    }
}
END_TEST

START_TEST(a_defect_of_the_state_is_told)
{
    struct grant g;
    ck_assert_int_eq(draft(&g), -ERR_INVALID); /* no device */
    add_device("GPU-a", 2, 3500);              /* half of a whole GPU */
    ck_assert_int_eq(draft(&g), -ERR_INVALID);
    for (uint32_t i = 0; i < GRANT_DEVICES_MAX; i++)
        add_device("GPU-x", 10 + i, 7000);
    ck_assert_int_eq(draft(&g), -ERR_LIMIT);
    for (uint32_t i = 0; i <= GRANT_UIDS_MAX; i++)
        add_uid(i);
    placement.devices.n = 1;
    ((struct placed_device *)placement.devices.items)->units.units = 7000;
    ck_assert_int_eq(draft(&g), -ERR_LIMIT);
}
END_TEST

START_TEST(a_part_of_a_gpu_keeps_its_class_and_share)
{
    static const enum isolation classes[] = {ISOLATION_MIG, ISOLATION_DMEM, ISOLATION_MPS,
                                             ISOLATION_TIMESLICE};
    static const enum grant_isolation want[] = {GRANT_ISOLATION_MIG, GRANT_ISOLATION_DMEM,
                                                GRANT_ISOLATION_MPS, GRANT_ISOLATION_TIMESLICE};
    add_device("GPU-a", 2, 875);
    for (size_t i = 0; i < 4; i++) {
        struct grant g;
        lease.isolation = classes[i];
        ck_assert_msg(draft(&g) == 0, "%s", err.text);
        ck_assert_int_eq(g.isolation, want[i]);
        ck_assert_int_eq(g.share.units, 875);
    }
}
END_TEST

START_TEST(what_is_signed_decodes_and_checks_with_the_public_half)
{
    struct grant g;
    struct grant back;
    struct issued_grant issued;
    struct public_key own = issuer_public_key(issuer);
    add_device("GPU-a", 2, 7000);
    ck_assert_int_eq(draft(&g), 0);
    ck_assert_int_eq(issuer_sign(issuer, &g, &issued, &err), 0);
    struct span bytes = span_of(issued.bytes.data, issued.bytes.len);
    ck_assert_int_eq(sign_verify(&own, bytes, signature_span(&issued.signature), &err), 0);
    ck_assert_int_eq(grant_decode(bytes, &back, &err), 0);
    ck_assert_str_eq(back.lease.text, "lease-7");
    issued.bytes.data[issued.bytes.len - 1] ^= 1;
    ck_assert_int_eq(sign_verify(&own, bytes, signature_span(&issued.signature), &err),
                     -ERR_VERIFICATION);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("effect/issuer");
    TCase *c = tcase_create("issuer");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_grant_says_everything_that_the_node_has_to_know);
    tcase_add_test(c, the_time_to_live_never_passes_the_end);
    tcase_add_test(c, what_ends_now_and_who_has_not_said_its_boot_get_no_grant);
    tcase_add_test(c, a_defect_of_the_state_is_told);
    tcase_add_test(c, a_part_of_a_gpu_keeps_its_class_and_share);
    tcase_add_test(c, what_is_signed_decodes_and_checks_with_the_public_half);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(suite)

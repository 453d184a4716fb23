/* The header's promises of lib/grant/grant.h: the rules, one encoding each way, strictness. */
#include "lib/grant/grant.h"

#include "tests/support/suite.h"

#include <stdio.h>
#include <string.h>

static struct grant sample(void)
{
    struct grant g;
    memset(&g, 0, sizeof g);
    g.lease = id_literal("lease-42");
    g.organisation = id_literal("kaist");
    g.project = id_literal("sovereign-1");
    g.node = id_literal("node-01");
    g.loan = id_literal("loan-7");
    g.key = id_literal("cp-1");
    memset(g.boot_id, 0xb0, sizeof g.boot_id);
    memset(g.nonce, 0xa5, sizeof g.nonce);
    g.fence = 3;
    g.seq = 9;
    g.issued_at = (struct instant){1767225600};
    g.ends_at = (struct instant){1767225600 + 3600};
    g.ttl_ms = 60000;
    g.isolation = GRANT_ISOLATION_WHOLE;
    g.share = share_gpus(2);
    g.uids[0] = 1000;
    g.uids[1] = 1001;
    g.uid_count = 2;
    g.devices[0] = (struct grant_device){.major = 195, .minor = 0, .uuid = "GPU-0"};
    g.devices[1] = (struct grant_device){.major = 195, .minor = 1, .uuid = "GPU-1"};
    g.device_count = 2;
    return g;
}

static struct grant_bytes encoded(const struct grant *g)
{
    struct grant_bytes bytes;
    struct err err = ERR_INIT;
    ck_assert_msg(grant_encode(g, &bytes, &err) == 0, "%s", err.text);
    return bytes;
}

static int decode(const struct grant_bytes *bytes, struct grant *ret)
{
    return grant_decode(span_of(bytes->data, bytes->len), ret, NULL);
}

START_TEST(decoding_gives_back_what_was_encoded)
{
    struct grant g = sample(), back;
    struct grant_bytes bytes = encoded(&g);
    ck_assert_int_eq(decode(&bytes, &back), 0);
    ck_assert_str_eq(back.lease.text, "lease-42");
    ck_assert_str_eq(back.loan.text, "loan-7");
    ck_assert_uint_eq(back.fence, 3);
    ck_assert_uint_eq(back.ttl_ms, 60000);
    ck_assert_uint_eq(back.devices[1].minor, 1);
    ck_assert_str_eq(back.devices[1].uuid, "GPU-1");
    struct grant_bytes again = encoded(&back);
    ck_assert_uint_eq(again.len, bytes.len);
    ck_assert_mem_eq(again.data, bytes.data, bytes.len);
}
END_TEST

START_TEST(the_layout_is_the_one_in_the_specification)
{
    struct grant g = sample();
    struct grant_bytes bytes = encoded(&g);
    ck_assert_mem_eq(bytes.data, "PUMASI-GRANT\0\1\10lease-42\5kaist", 29);
    ck_assert_mem_eq(bytes.data + bytes.len - 12, "\0\303\0\0\0\1\5GPU-1", 12);
}
END_TEST

START_TEST(the_longest_grant_fits)
{
    struct grant g = sample();
    struct id longest;
    memset(&longest, 0, sizeof longest);
    memset(longest.text, 'x', ID_CAP - 1);
    g.lease = g.organisation = g.project = g.node = g.loan = g.key = longest;
    g.uid_count = GRANT_UIDS_MAX;
    g.device_count = GRANT_DEVICES_MAX;
    g.share = share_gpus(GRANT_DEVICES_MAX);
    for (uint32_t i = 0; i < GRANT_DEVICES_MAX; i++) {
        g.uids[i] = i;
        g.devices[i] = (struct grant_device){.major = 195, .minor = i};
        memset(g.devices[i].uuid, 'a' + (int)i, GRANT_UUID_CAP - 1);
        memcpy(g.devices[i].uuid, "GPU-", 4);
    }
    struct grant back;
    struct grant_bytes bytes = encoded(&g);
    ck_assert_int_eq(decode(&bytes, &back), 0);
    ck_assert_uint_eq(grant_gpus(&back), GRANT_DEVICES_MAX);
}
END_TEST

START_TEST(an_owners_grant_names_no_loan)
{
    struct grant g = sample(), back;
    g.loan = ID_NONE;
    struct grant_bytes bytes = encoded(&g);
    ck_assert_int_eq(decode(&bytes, &back), 0);
    ck_assert(id_is_none(&back.loan));
}
END_TEST

START_TEST(every_shorter_or_longer_text_is_refused)
{
    struct grant g = sample(), back;
    struct grant_bytes bytes = encoded(&g);
    size_t full = bytes.len;
    for (bytes.len = 0; bytes.len < full; bytes.len++)
        ck_assert_int_eq(decode(&bytes, &back), -ERR_INVALID);
    bytes.len = full + 1;
    ck_assert_int_eq(decode(&bytes, &back), -ERR_INVALID);
}
END_TEST

START_TEST(a_changed_byte_is_refused_or_encodes_back_to_itself)
{
    struct grant g = sample();
    struct grant_bytes bytes = encoded(&g);
    for (size_t i = 0; i < bytes.len; i++) {
        for (int flip = 1; flip < 256; flip <<= 1) {
            struct grant_bytes changed = bytes;
            struct grant back;
            changed.data[i] ^= (uint8_t)flip;
            if (decode(&changed, &back) < 0)
                continue;
            struct grant_bytes again = encoded(&back);
            ck_assert_uint_eq(again.len, changed.len);
            ck_assert_mem_eq(again.data, changed.data, changed.len);
        }
    }
}
END_TEST

START_TEST(a_failure_leaves_the_result_untouched)
{
    struct grant g = sample(), back = g;
    ck_assert_int_lt(grant_decode(span_text("PUMASI-GRANT"), &back, NULL), 0);
    ck_assert_mem_eq(&back, &g, sizeof g);
}
END_TEST

/* Each row breaks one rule that the header states beside a field. */
#define SPOIL(name, change)                                                                        \
    static void name(struct grant *g)                                                              \
    {                                                                                              \
        change;                                                                                    \
    }
SPOIL(no_fence, g->fence = 0)
SPOIL(no_seq, g->seq = 0)
SPOIL(no_ttl, g->ttl_ms = 0)
SPOIL(long_ttl, (g->ttl_ms = GRANT_TTL_MAX_MS + 1, g->ends_at.s = INSTANT_MAX_S))
SPOIL(ttl_after_end, g->ttl_ms = 3600 * 1000 + 1)
SPOIL(ends_before_issue, g->ends_at.s = g->issued_at.s - 1)
SPOIL(ends_never, g->ends_at = INSTANT_NEVER)
SPOIL(issued_before_1970, g->issued_at.s = -1)
SPOIL(upper_case_lease, memcpy(g->lease.text, "LEASE", 5))
SPOIL(no_organisation, g->organisation = ID_NONE)
SPOIL(no_project, g->project = ID_NONE)
SPOIL(no_node, g->node = ID_NONE)
SPOIL(no_key, g->key = ID_NONE)
SPOIL(no_devices, g->device_count = 0)
SPOIL(too_many_devices, g->device_count = GRANT_DEVICES_MAX + 1)
SPOIL(unsorted_devices, g->devices[0].minor = 5)
SPOIL(device_twice, g->devices[0].minor = 1)
SPOIL(major_out_of_range, g->devices[1].major = 4096)
SPOIL(minor_out_of_range, g->devices[1].minor = 1 << 20)
SPOIL(uuid_with_blank, memcpy(g->devices[0].uuid, "GPU 0", 5))
SPOIL(uuid_without_end, memset(g->devices[0].uuid, 'x', GRANT_UUID_CAP))
SPOIL(uid_twice, g->uids[1] = g->uids[0])
SPOIL(too_many_uids, g->uid_count = GRANT_UIDS_MAX + 1)
SPOIL(unknown_isolation, g->isolation = GRANT_ISOLATION_COUNT)
SPOIL(whole_share_too_small, g->share.units = 7000)
SPOIL(whole_share_too_large, g->share.units = 21000)
SPOIL(part_of_nothing, (g->isolation = GRANT_ISOLATION_MPS, g->share.units = 0))
SPOIL(part_above_one_gpu, (g->isolation = GRANT_ISOLATION_MIG, g->share.units = 7001))

static void (*const spoilers[])(struct grant *g) = {
    no_fence,
    no_seq,
    no_ttl,
    long_ttl,
    ttl_after_end,
    ends_before_issue,
    ends_never,
    no_project,
    issued_before_1970,
    upper_case_lease,
    no_node,
    no_organisation,
    no_key,
    no_devices,
    too_many_devices,
    unsorted_devices,
    device_twice,
    major_out_of_range,
    uuid_with_blank,
    uid_twice,
    minor_out_of_range,
    uuid_without_end,
    too_many_uids,
    unknown_isolation,
    part_of_nothing,
    whole_share_too_small,
    whole_share_too_large,
    part_above_one_gpu,
};

START_TEST(a_grant_that_breaks_a_rule_is_not_encoded)
{
    struct grant g = sample();
    struct grant_bytes bytes;
    struct err err = ERR_INIT;
    spoilers[_i](&g);
    ck_assert_int_eq(grant_encode(&g, &bytes, &err), -ERR_INVALID);
    ck_assert_int_ne(err.text[0], 0);
}
END_TEST

START_TEST(sorting_makes_the_canonical_order)
{
    struct grant g = sample();
    g.uids[0] = 1001;
    g.uids[1] = 1000;
    g.uids[2] = 1001;
    g.uid_count = 3;
    struct grant_device first = g.devices[0];
    g.devices[0] = g.devices[1];
    g.devices[1] = first;
    g.devices[2] = first;
    g.device_count = 3;
    ck_assert_int_eq(grant_check(&g, NULL), -ERR_INVALID);
    grant_sort(&g);
    ck_assert_int_eq(grant_check(&g, NULL), 0);
    ck_assert_uint_eq(g.uid_count, 2);
    ck_assert_uint_eq(g.device_count, 2);
}
END_TEST

START_TEST(gpus_are_counted_by_uuid)
{
    struct grant g = sample();
    ck_assert_uint_eq(grant_gpus(&g), 2);
    memcpy(g.devices[1].uuid, "GPU-0", 6);
    ck_assert_uint_eq(grant_gpus(&g), 1);
    memcpy(g.devices[1].uuid, "MIG-0", 6);
    ck_assert_uint_eq(grant_gpus(&g), 1);
}
END_TEST

START_TEST(whole_devices_and_mig_instances_are_exclusive)
{
    struct grant g = sample();
    struct grant_device gpu = {.major = 195, .uuid = "GPU-0"};
    struct grant_device slice = {.major = 237, .minor = 3, .uuid = "MIG-0"};
    ck_assert(grant_device_exclusive(&g, &gpu));
    g.isolation = GRANT_ISOLATION_MIG;
    ck_assert(!grant_device_exclusive(&g, &gpu));
    ck_assert(grant_device_exclusive(&g, &slice));
}
END_TEST

START_TEST(isolation_names_parse_back)
{
    enum grant_isolation back;
    for (int i = 0; i < GRANT_ISOLATION_COUNT; i++) {
        struct span name = span_text(grant_isolation_name((enum grant_isolation)i));
        ck_assert_int_eq(grant_isolation_parse(name, &back, NULL), 0);
        ck_assert_int_eq((int)back, i);
    }
    ck_assert_int_eq(grant_isolation_parse(span_text("mi"), &back, NULL), -ERR_INVALID);
    ck_assert_str_eq(grant_isolation_name(GRANT_ISOLATION_COUNT), "?");
}
END_TEST

START_TEST(a_boot_id_may_have_hyphens_or_not)
{
    static const char *const good[] = {"00112233-4455-6677-8899-aabbccddeeff",
                                       "00112233445566778899aabbccddeeff"};
    static const char *const bad[] = {"",
                                      "0",
                                      "00112233445566778899aabbccddeeff0",
                                      "00112233445566778899aabbccddeefg",
                                      "00112233445566778899AABBCCDDEEFF",
                                      "--------------------------------"};
    struct err err = ERR_INIT;
    uint8_t one[GRANT_BOOT_BYTES];
    uint8_t two[GRANT_BOOT_BYTES];
    ck_assert_int_eq(grant_boot_parse(span_text(good[0]), one, &err), 0);
    ck_assert_int_eq(grant_boot_parse(span_text(good[1]), two, &err), 0);
    ck_assert_mem_eq(one, two, sizeof one);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(grant_boot_parse(span_text(bad[i]), one, &err) == -ERR_INVALID, "%s", bad[i]);
    ck_assert_mem_eq(one, two, sizeof one);
}
END_TEST

static Suite *grant_suite(void)
{
    Suite *suite = suite_create("grant");
    TCase *tc = tcase_create("grant");
    tcase_add_test(tc, decoding_gives_back_what_was_encoded);
    tcase_add_test(tc, the_layout_is_the_one_in_the_specification);
    tcase_add_test(tc, the_longest_grant_fits);
    tcase_add_test(tc, an_owners_grant_names_no_loan);
    tcase_add_test(tc, every_shorter_or_longer_text_is_refused);
    tcase_add_test(tc, a_changed_byte_is_refused_or_encodes_back_to_itself);
    tcase_add_test(tc, a_failure_leaves_the_result_untouched);
    tcase_add_loop_test(tc, a_grant_that_breaks_a_rule_is_not_encoded, 0,
                        sizeof spoilers / sizeof spoilers[0]);
    tcase_add_test(tc, sorting_makes_the_canonical_order);
    tcase_add_test(tc, gpus_are_counted_by_uuid);
    tcase_add_test(tc, whole_devices_and_mig_instances_are_exclusive);
    tcase_add_test(tc, isolation_names_parse_back);
    tcase_add_test(tc, a_boot_id_may_have_hyphens_or_not);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(grant_suite)

/* The table of leases and its file. */
#include "nodeagent/guard/leases.h"

#include "tests/support/suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct leases leases;
static char dir[32], path[64];
static const uint8_t boot[GRANT_BOOT_BYTES] = {1}, other_boot[GRANT_BOOT_BYTES] = {2};

static void setup(void)
{
    memcpy(dir, "/tmp/leases-XXXXXX", 19);
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/leases", dir);
    ck_assert_int_eq(leases_init(&leases, dir, boot, NULL), 0);
}

static void teardown(void)
{
    leases_fini(&leases);
    (void)unlink(path);
    (void)rmdir(dir);
}

static void reopen(const uint8_t *boot_id)
{
    leases_fini(&leases);
    ck_assert_int_eq(leases_init(&leases, dir, boot_id, NULL), 0);
}

static struct lease_place *put(const char *name, enum guard_state state, uint64_t deadline_ns)
{
    struct lease_place *p = leases_take(&leases, 0);
    ck_assert_ptr_nonnull(p);
    p->state = state;
    p->deadline_ns = deadline_ns;
    p->grant.lease = id_literal(name);
    p->grant.organisation = p->grant.project = p->grant.node = p->grant.key = id_literal("x");
    p->grant.fence = p->grant.seq = 1;
    p->grant.issued_at.s = 1;
    p->grant.ends_at.s = 100;
    p->grant.ttl_ms = 5000;
    p->grant.share = share_gpus(1);
    p->grant.devices[0] = (struct grant_device){195, 2, "GPU-a"};
    p->grant.device_count = 1;
    ck_assert_int_eq(leases_save(&leases, p, NULL), 0);
    return p;
}

static const struct lease_place *find(const char *name)
{
    struct id id = id_literal(name);
    return leases_find(&leases, &id);
}

START_TEST(what_is_held_is_held_again)
{
    put("lease-1", GUARD_STATE_HELD, 77);
    reopen(boot);
    const struct lease_place *p = find("lease-1");
    ck_assert_ptr_nonnull(p);
    ck_assert_int_eq((int)p->state, GUARD_STATE_HELD);
    ck_assert_uint_eq(p->deadline_ns, 77);
    ck_assert(lease_place_has(p, 195, 2));
    ck_assert(!lease_place_has(p, 195, 3));
}
END_TEST

START_TEST(what_is_on_its_way_back_is_killing)
{
    put("lease-1", GUARD_STATE_TAINTED, 77);
    put("lease-2", GUARD_STATE_RETURNED, 77);
    reopen(boot);
    ck_assert_int_eq((int)find("lease-1")->state, GUARD_STATE_KILLING);
    ck_assert_ptr_null(find("lease-2"));
}
END_TEST

START_TEST(another_boot_reads_nothing)
{
    put("lease-1", GUARD_STATE_HELD, 77);
    reopen(other_boot);
    ck_assert_ptr_null(find("lease-1"));
}
END_TEST

START_TEST(a_spoiled_record_is_dropped)
{
    put("lease-1", GUARD_STATE_HELD, 77);
    put("lease-2", GUARD_STATE_HELD, 78);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(pwrite(fd, "XXXX", 4, 40), 4); /* inside the first grant */
    close(fd);
    reopen(boot);
    ck_assert_ptr_null(find("lease-1"));
    ck_assert_ptr_nonnull(find("lease-2"));
    leases_fini(&leases);
    ck_assert_int_eq(truncate(path, 100), 0);
    reopen(boot);
    ck_assert_ptr_null(find("lease-2"));
}
END_TEST

START_TEST(the_file_has_one_holder)
{
    static struct leases second;
    ck_assert_int_eq(leases_init(&second, dir, boot, NULL), -ERR_STATE);
    ck_assert_int_eq(leases_init(&second, "/no/such/place", boot, NULL), -ERR_IO);
}
END_TEST

START_TEST(only_the_longest_returned_makes_room)
{
    char name[32];
    for (int i = 0; i < GUARD_LEASES_MAX; i++) {
        (void)snprintf(name, sizeof name, "lease-%d", i);
        put(name, i == 5 || i == 9 ? GUARD_STATE_RETURNED : GUARD_STATE_HELD, 1)->since_ns =
            (uint64_t)(100 - i);
    }
    ck_assert_ptr_null(leases_take(&leases, 91));
    struct lease_place *p = leases_take(&leases, 200);
    ck_assert_ptr_eq(p, &leases.places[9]);
    ck_assert_int_eq((int)p->state, GUARD_STATE_FREE);
}
END_TEST

START_TEST(the_next_look_is_the_earliest)
{
    ck_assert_uint_eq(leases_next_ns(&leases), UINT64_MAX);
    put("lease-1", GUARD_STATE_HELD, 500);
    put("lease-2", GUARD_STATE_HELD, 300);
    put("lease-3", GUARD_STATE_KILLING, 1)->look_ns = 400;
    put("lease-4", GUARD_STATE_RETURNED, 2);
    ck_assert_uint_eq(leases_next_ns(&leases), 300);
}
END_TEST

static Suite *leases_suite(void)
{
    Suite *suite = suite_create("leases");
    TCase *tc = tcase_create("leases");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_is_held_is_held_again);
    tcase_add_test(tc, what_is_on_its_way_back_is_killing);
    tcase_add_test(tc, another_boot_reads_nothing);
    tcase_add_test(tc, a_spoiled_record_is_dropped);
    tcase_add_test(tc, the_file_has_one_holder);
    tcase_add_test(tc, only_the_longest_returned_makes_room);
    tcase_add_test(tc, the_next_look_is_the_earliest);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(leases_suite)

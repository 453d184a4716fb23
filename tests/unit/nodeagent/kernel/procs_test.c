/* What /proc tells, asked about this very process. */
#include "nodeagent/kernel/procs.h"

#include "tests/support/suite.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

START_TEST(a_walk_meets_this_process_once_each_time)
{
    static struct proc_walk w;
    pid_t pid;
    ck_assert(proc_walk_init(&w));
    for (int turn = 0; turn < 2; turn++) {
        int met = 0;
        proc_walk_rewind(&w);
        while (proc_walk_next(&w, &pid))
            met += pid == getpid();
        ck_assert_int_eq(met, 1);
    }
    proc_walk_fini(&w);
    proc_walk_fini(&w);
}
END_TEST

struct seen {
    uint32_t major, minor;
    int count;
};

static void note(void *arg, pid_t pid, uint32_t major, uint32_t minor)
{
    struct seen *s = arg;
    (void)pid;
    s->count += s->major == major && s->minor == minor;
}

START_TEST(open_and_mapped_devices_are_seen)
{
    struct seen full = {1, 7, 0}, zero = {1, 5, 0};
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    proc_devices(getpid(), note, &full);
    ck_assert_int_eq(full.count, 1);
    close(fd);
    full.count = 0;
    proc_devices(getpid(), note, &full);
    ck_assert_int_eq(full.count, 0);
    fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
    void *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    ck_assert_ptr_ne(map, MAP_FAILED);
    proc_devices(getpid(), note, &zero);
    if (geteuid() == 0)
        ck_assert_int_eq(zero.count, 1);
    munmap(map, 4096);
}
END_TEST

START_TEST(a_process_that_is_gone_has_no_answers)
{
    uint32_t uid;
    char path[64];
    struct seen any = {1, 3, 0};
    ck_assert(!proc_uid(0x7ffffff, &uid));
    ck_assert(!proc_cgroup(0x7ffffff, "", path, sizeof path));
    proc_devices(0x7ffffff, note, &any);
    ck_assert_int_eq(any.count, 0);
}
END_TEST

START_TEST(uid_and_cgroup_are_this_processs)
{
    uint32_t uid;
    char path[4096];
    ck_assert(proc_uid(getpid(), &uid));
    ck_assert_uint_eq(uid, getuid());
    ck_assert(!proc_cgroup(getpid(), "no-such-controller", path, sizeof path));
    ck_assert(!proc_cgroup(getpid(), "", path, 1)); /* does not fit */
    if (proc_cgroup(getpid(), "", path, sizeof path))
        ck_assert_int_eq(path[0], '/');
}
END_TEST

static const struct {
    const char *path, *dir, *rest;
} below[] = {
    {"/a/b", "/a/b", ""},     {"/a/b/c/d", "/a/b", "c/d"},
    {"/a/bc", "/a/b", NULL},  {"/a", "/a/b", NULL},
    {"/x", "", "x"},          {"/a/b/", "/a/b", ""},
    {"/b/a/b", "/a/b", NULL},
};

START_TEST(a_path_is_below_a_directory_by_whole_names)
{
    const char *rest = path_below(below[_i].path, below[_i].dir);
    if (below[_i].rest)
        ck_assert_str_eq(rest, below[_i].rest);
    else
        ck_assert_ptr_null(rest);
}
END_TEST

static Suite *procs_suite(void)
{
    Suite *suite = suite_create("procs");
    TCase *tc = tcase_create("procs");
    tcase_add_test(tc, a_walk_meets_this_process_once_each_time);
    tcase_add_test(tc, open_and_mapped_devices_are_seen);
    tcase_add_test(tc, a_process_that_is_gone_has_no_answers);
    tcase_add_test(tc, uid_and_cgroup_are_this_processs);
    tcase_add_loop_test(tc, a_path_is_below_a_directory_by_whole_names, 0,
                        (int)(sizeof below / sizeof below[0]));
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(procs_suite)

/* The black-box run over small files: what it answers, and what it says of files that are wrong. */
#include "controlplane/sim/calendar_run.h"

#include "lib/base/file.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DOMAINS                                                                                    \
    "domain,pool,model,kind,gpus\n0,a,H100,nvlink,8\n1,b,H100,nvlink,8\n2,b,H100,nvlink,8\n3,c,"   \
    "T4,host,2\n"
#define BOOKINGS "booking,domain,gpus,start,end\n"
#define QUERIES  "query,model,scope,gpus,duration,not_before\n"

enum { FILE_DOMAINS, FILE_BOOKINGS, FILE_QUERIES, FILE_ANSWERS, FILES };

struct folder {
    char paths[FILES][64];
    char dir[32];
};

static void folder_make(struct folder *f, const char *domains, const char *bookings,
                        const char *queries)
{
    const char *texts[] = {domains, bookings, queries};
    char dir[] = "/tmp/calendar_run.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(dir));
    memcpy(f->dir, dir, sizeof dir);
    for (int i = 0; i < FILES; i++) {
        snprintf(f->paths[i], sizeof f->paths[i], "%s/%d.csv", dir, i);
        if (i < FILE_ANSWERS)
            ck_assert_int_eq(file_write(f->paths[i], span_text(texts[i]), 0600, NULL), 0);
    }
}

static void folder_remove(const struct folder *f)
{
    for (int i = 0; i < FILES; i++)
        unlink(f->paths[i]);
    rmdir(f->dir);
}

static int run(const struct folder *f, struct buf *figures, struct err *err)
{
    struct env_fake fake = {.seed = 1};
    struct env env = env_of_fake(&fake);
    struct calendar_run_files files = {f->paths[0], f->paths[1], f->paths[2], f->paths[3]};
    return calendar_run(&files, &env, figures, err);
}

START_TEST(test_earliest_starts_and_where)
{
    struct folder f;
    CLEANUP_BUF struct buf figures, answers;
    struct err err = ERR_INIT;
    buf_init(&figures, 10000);
    buf_init(&answers, 10000);
    folder_make(&f, DOMAINS,
                BOOKINGS "7,0,8,0,100\n8,1,4,0,100\n8,2,8,20,60\n9,3,2,0,50\n9,3,2,50,90\n",
                QUERIES "0,H100,domain,8,20,0\n"   /* free until 20 on 2 */
                        "1,H100,domain,8,21,0\n"   /* from 60 on 2 */
                        "2,H100,domain,4,500,10\n" /* now on 1 */
                        "3,H100,pool,12,30,0\n"    /* pool b, when 2 is free again */
                        "4,H100,pool,16,10,0\n"    /* pool b, when 1 is */
                        "5,T4,domain,1,1,0\n"      /* when the second booking ends */
                        "6,T4,pool,3,1,0\n"        /* never */
                        "7,A100,domain,1,1,0\n"    /* no such model */
                        "8,H100,pool,8,1,99\n");
    ck_assert_msg(run(&f, &figures, &err) == 0, "%s", err.text);
    ck_assert_int_eq(file_read(f.paths[FILE_ANSWERS], &answers, NULL), 0);
    ck_assert_str_eq(answers.data, "query,start,where\n0,0,2\n1,60,2\n2,10,1\n3,60,b\n4,100,b\n"
                                   "5,90,3\n6,-1,\n7,-1,\n8,99,b\n");
    ck_assert_str_eq(figures.data,
                     "{\"domains\":4,\"bookings\":5,\"index_s\":0.000000,"
                     "\"domain\":{\"n\":5,\"p50_us\":0.000,\"p99_us\":0.000,\"max_us\":0.000},"
                     "\"pool\":{\"n\":4,\"p50_us\":0.000,\"p99_us\":0.000,\"max_us\":0.000},"
                     "\"update_us\":0.000,\"update_p99_us\":0.000}\n");
    folder_remove(&f);
}
END_TEST

static const struct {
    const char *domains, *bookings, *queries, *says;
} bad[] = {
    {"domain,pool,model\n", BOOKINGS, QUERIES, "gpus: there is no such column"},
    {"domain,pool,model,gpus\n1,a,H100,8\n", BOOKINGS, QUERIES, "numbered 0, 1, 2"},
    {"domain,pool,model,gpus\n0,a,H100,8\n1,a,T4,8\n", BOOKINGS, QUERIES, "another model"},
    {"domain,pool,model,gpus\n0,a,H100,-1\n", BOOKINGS, QUERIES, "gpus"},
    {DOMAINS, BOOKINGS "1,4,1,0,10\n", QUERIES, "0.csv"},
    {DOMAINS, BOOKINGS "1,0,0,0,10\n", QUERIES, "1.csv:2: gpus"},
    {DOMAINS, BOOKINGS "1,0,1,10,10\n", QUERIES, "1.csv:2: end"},
    {DOMAINS, BOOKINGS "1,3,2,0,10\n2,3,1,9,11\n", QUERIES, "domain 3 is booked beyond"},
    {DOMAINS, BOOKINGS, QUERIES "0,H100,site,1,1,0\n", "2.csv:2: scope"},
    {DOMAINS, BOOKINGS, QUERIES "0,H100,pool,1,0,0\n", "2.csv:2: duration"},
    {DOMAINS, BOOKINGS, QUERIES "0,H100,pool,1,1,\n", "2.csv:2: not_before"},
};

START_TEST(test_what_is_wrong_is_told)
{
    struct folder f;
    CLEANUP_BUF struct buf figures;
    struct err err = ERR_INIT;
    buf_init(&figures, 10000);
    folder_make(&f, bad[_i].domains, bad[_i].bookings, bad[_i].queries);
    ck_assert_int_eq(run(&f, &figures, &err), -ERR_INVALID);
    if (strcmp(bad[_i].says, "0.csv") != 0) /* an unknown domain: told as a number out of range */
        ck_assert_msg(strstr(err.text, bad[_i].says) != NULL, "%s", err.text);
    ck_assert_uint_eq(figures.len, 0);
    ck_assert_int_ne(access(f.paths[FILE_ANSWERS], F_OK), 0);
    folder_remove(&f);
}
END_TEST

static Suite *calendar_run_suite(void)
{
    Suite *s = suite_create("calendar_run");
    TCase *c = tcase_create("calendar_run");
    tcase_add_test(c, test_earliest_starts_and_where);
    tcase_add_loop_test(c, test_what_is_wrong_is_told, 0, (int)(sizeof bad / sizeof bad[0]));
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(calendar_run_suite)

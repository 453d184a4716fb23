/*
 * The agent between a guard and a control plane that do what the test says. Its clock is the
 * test's; it turns only when the test lets it.
 */
#include "nodeagent/agent/agent_internal.h"

#include "lib/base/file.h"
#include "nodeagent/agent/agent_settings.h"
#include "nodeagent/agent/credentials.h"
#include "nodeagent/agent/granting.h"
#include "nodeagent/agent/journals.h"
#include "nodeagent/agent/linking.h"
#include "tests/support/suite.h"
#include "tests/unit/nodeagent/agent/fake_guard.h"
#include "tests/unit/nodeagent/agent/plane.h"

#include <dirent.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define START   INT64_C(1764547200) /* the control plane's clock when the boot clock shows 0 */
#define NS      INT64_C(1000000000)
#define OTHER   "aaaaaaaa-4b5a-6978-8796-a5b4c3d2e1f0"
#define TURNS   5000 /* of 2 ms, until a test gives up */
#define SYNC_MS 20000

static struct fake_guard guard;
static struct plane plane;
static struct env_fake fake;
static struct env env;
static struct config *config;
static struct log *logger;
static struct key *key;
static struct agent *a;
static struct err err;
static char dir[40];
static int log_fd;

/* ---- the world ---- */

static void set(const char *name, const char *value)
{
    char text[200];
    (void)snprintf(text, sizeof text, "%s=%s", name, value);
    ck_assert_msg(config_set(config, text, &err) == 0, "%s", err.text);
}

static void set_in_dir(const char *name, const char *file)
{
    char path[100];
    (void)snprintf(path, sizeof path, "%s%s%s", dir, file[0] ? "/" : "", file);
    set(name, path);
}

/* As agent_create() does, without a certificate and GPUs. */
static void start_agent(void)
{
    struct public_key public = key_public(key);
    a = calloc(1, sizeof *a);
    a->options = (struct agent_options){.config = config, .env = &env, .log = logger};
    a->node = id_literal("node-01");
    ck_assert_int_eq(key_parse(span_text(""), &a->key, NULL), -ERR_INVALID);
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, KEY_PEM_MAX);
    ck_assert_int_eq(key_format(key, &pem, NULL), 0);
    ck_assert_int_eq(key_parse(buf_span(&pem), &a->key, NULL), 0);
    a->cert.key_id = public_key_id(&public);
    a->cert.valid = (struct window){{0}, {INSTANT_MAX_S}};
    a->link_wait_ms = AGENT_LINK_RETRY_MS;
    a->meter = meter_create();
    ck_assert_msg(journals_open(a, &err) == 0, "%s", err.text);
    ck_assert_msg(local_create(config_text(config, "agent.socket"), &a->local, &err) == 0, "%s",
                  err.text);
    ck_assert_int_eq(link_create(plane.client_loop, plane.address, NULL, &a->link, &err), 0);
}

static void stop_agent(void)
{
    agent_destroy(a);
    a = NULL;
}

static void start(void)
{
    err = ERR_INIT;
    fake = (struct env_fake){.wall = {START}, .boot = {1000 * NS}, .seed = 1};
    env = env_of_fake(&fake);
    (void)snprintf(dir, sizeof dir, "/tmp/agent-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    log_fd = memfd_create("log", MFD_CLOEXEC);
    logger = log_create("pumasi-agent", log_fd, LOG_LEVEL_DEBUG, LOG_FORMAT_LOGFMT);
    config = config_create(agent_settings_table);
    ck_assert_int_eq(key_generate(&key, NULL), 0);
    plane_open(&plane);
    fake_guard_open(&guard, dir);
    fake_guard_set_time(&guard, (uint64_t)fake.boot.ns);
    set("guard.socket", guard.path);
    set_in_dir("agent.socket", "people");
    set_in_dir("agent.state_dir", "");
    set("usage.period", "60s");
}

static void stop(void)
{
    char path[400];
    stop_agent();
    plane_close(&plane);
    fake_guard_close(&guard);
    key_destroy(key);
    config_destroy(config);
    log_destroy(logger);
    close(log_fd);
    DIR *files = opendir(dir);
    for (const struct dirent *f = readdir(files); f; f = readdir(files)) {
        (void)snprintf(path, sizeof path, "%s/%s", dir, f->d_name);
        (void)unlink(path);
    }
    closedir(files);
    (void)rmdir(dir);
}

static void advance_ms(int64_t ms)
{
    fake.boot.ns += ms * AGENT_NS_PER_MS;
    fake_guard_set_time(&guard, (uint64_t)fake.boot.ns);
}

/* How often the event was logged. */
static unsigned logged(const char *event)
{
    char text[65536] = "", wanted[64];
    unsigned n = 0;
    (void)snprintf(wanted, sizeof wanted, "event=%s", event);
    ssize_t len = pread(log_fd, text, sizeof text - 1, 0);
    ck_assert_int_ge(len, 0);
    for (const char *at = strstr(text, wanted); at; at = strstr(at + 1, wanted))
        n += strchr(" \n", at[strlen(wanted)]) != NULL;
    return n;
}

/* ---- the control plane's side ---- */

static unsigned questions(void)
{
    return plane_count_of(&plane, PLANE_SYNC);
}

static struct grant grant_of(const char *lease, uint64_t fence, uint64_t seq)
{
    return (struct grant){.lease = id_literal(lease),
                          .organisation = id_literal("upstage"),
                          .project = id_literal("alpha"),
                          .node = id_literal("node-01"),
                          .key = id_literal("0123456789abcdef"),
                          .fence = fence,
                          .seq = seq,
                          .issued_at = {START},
                          .ttl_ms = 60000,
                          .ends_at = {START + 86400},
                          .isolation = GRANT_ISOLATION_WHOLE,
                          .share = {7000},
                          .devices = {{.major = 195, .minor = 0, .uuid = "GPU-0"}},
                          .device_count = 1};
}

/* Answers the question of that index with these grants. */
static void answer(unsigned question, const struct grant *grants, size_t n)
{
    const Pumasi__V1__AgentMessage *asked = plane_nth(&plane, PLANE_SYNC, question);
    ck_assert_ptr_nonnull(asked);
    plane_grant(&plane, &(struct plane_grants){.nonce = asked->sync->nonce.data,
                                               .server_time = START + fake.boot.ns / NS,
                                               .sync_after_ms = SYNC_MS,
                                               .items = grants,
                                               .n = n});
}

/* Once a test has granted something, every question is answered, with the same leases. */
static struct grant granted[2];
static size_t granted_count;
static unsigned answered;
static bool attentive;

static void attend(void)
{
    while (attentive && plane_is_attached(&plane) && answered < questions()) {
        for (size_t i = 0; i < granted_count; i++)
            granted[i].seq++;
        answer(answered++, granted, granted_count);
    }
}

static void turn(void)
{
    attend();
    (void)agent_turn(a, -1, 2);
}

#define UNTIL(condition)                                                                           \
    do {                                                                                           \
        for (int turn_ = 0; turn_ < TURNS && !(condition); turn_++)                                \
            turn();                                                                                \
        ck_assert(condition);                                                                      \
    } while (0)

/* Long enough for what should not happen to happen. */
static void turn_on(void)
{
    for (int i = 0; i < 15; i++)
        turn();
}

/* From now on lease-1 (lease-2) is granted under that fence; 0: not. In force on return. */
static void grant_both(uint64_t fence, uint64_t other_fence)
{
    attentive = true;
    turn_on();
    granted_count = 0;
    if (fence > 0)
        granted[granted_count++] = grant_of("lease-1", fence, questions());
    if (other_fence > 0)
        granted[granted_count++] = grant_of("lease-2", other_fence, questions());
    UNTIL(a->linked && a->answered && !a->asking);
    unsigned before = questions();
    a->ask_at = 0;
    UNTIL(questions() > before && !a->asking);
    turn_on();
}

/* It ends of itself, and is not granted again. */
static void end_lease(void)
{
    granted_count = 0;
    fake_guard_return(&guard, "lease-1");
}

static void grant(uint64_t fence)
{
    grant_both(fence, 0);
}

/* The index-th interval that was reported, repetitions included; NULL: not so many. */
static const Pumasi__V1__UsageInterval *reported(unsigned index)
{
    const Pumasi__V1__AgentMessage *m;
    for (unsigned i = 0; (m = plane_nth(&plane, PLANE_USAGE, i)) != NULL; i++) {
        if (index < m->usage->n_intervals)
            return m->usage->intervals[index];
        index -= (unsigned)m->usage->n_intervals;
    }
    return NULL;
}

/* The index-th interval, once it has come, and its acknowledgement. */
static const Pumasi__V1__UsageInterval *receive(unsigned index)
{
    UNTIL(reported(index) != NULL);
    const Pumasi__V1__UsageInterval *u = reported(index);
    plane_acknowledge(&plane, u->boot_id, u->seq);
    UNTIL(!a->reporting);
    return u;
}

static void expect(unsigned index, const char *lease, int64_t from_s, int64_t to_s,
                   const char *cause)
{
    const Pumasi__V1__UsageInterval *u = receive(index);
    ck_assert_str_eq(u->lease, lease);
    ck_assert_int_eq(u->from - START, from_s);
    ck_assert_int_eq(u->to - START, to_s);
    ck_assert_str_eq(u->cause, cause);
}

/* ---- questions and answers ---- */

START_TEST(there_is_one_question_at_a_time)
{
    start();
    start_agent();
    UNTIL(questions() == 1);
    for (int i = 0; i < 5; i++) {
        plane_poke(&plane);
        advance_ms(4000);
        turn_on();
    }
    ck_assert_uint_eq(questions(), 1);
    answer(0, NULL, 0);
    UNTIL(questions() == 2); /* one more for all the pokes */
    turn_on();
    ck_assert_uint_eq(questions(), 2);
    answer(1, NULL, 0);
    turn_on();
    ck_assert_uint_eq(questions(), 2);
    advance_ms(SYNC_MS);
    UNTIL(questions() == 3);
    stop();
}
END_TEST

START_TEST(waiting_for_an_answer_does_not_spin)
{
    start();
    start_agent();
    UNTIL(questions() == 1);
    plane_poke(&plane);
    turn_on();
    ck_assert_int_eq(granting_due_ns(a), AGENT_NEVER_NS);
    ck_assert_int_eq(linking_due_ns(a), agent_in_ms(a, 30000));
    stop();
}
END_TEST

START_TEST(news_of_the_guard_during_a_question_leads_to_the_next_one)
{
    start();
    start_agent();
    grant(1);
    attentive = false;
    unsigned before = questions();
    a->ask_at = 0;
    UNTIL(questions() == before + 1);
    fake_guard_return(&guard, "lease-1");
    turn_on();
    answer(before, NULL, 0);
    advance_ms(100);
    UNTIL(questions() == before + 2);
    const Pumasi__V1__Sync *sync = plane_nth(&plane, PLANE_SYNC, before + 1)->sync;
    ck_assert_uint_eq(sync->n_held, 1);
    ck_assert_str_eq(sync->held[0]->state, "returned");
    stop();
}
END_TEST

START_TEST(an_answer_with_another_nonce_is_no_answer)
{
    uint8_t nonce[GRANT_NONCE_BYTES] = {0xff};
    struct grant old = grant_of("lease-1", 1, 1);
    start();
    start_agent();
    UNTIL(questions() == 1);
    plane_grant(
        &plane,
        &(struct plane_grants){
            .nonce = nonce, .server_time = START, .sync_after_ms = SYNC_MS, .items = &old, .n = 1});
    UNTIL(logged("grants.unasked") == 1);
    ck_assert(a->asking && !meter_has_time(a->meter));
    ck_assert_uint_eq(fake_guard_installs(&guard), 0);
    answer(0, &old, 1);
    UNTIL(fake_guard_installs(&guard) == 1);
    answer(0, &old, 1); /* the same again */
    UNTIL(logged("grants.unasked") == 2);
    ck_assert_uint_eq(fake_guard_installs(&guard), 1);
    stop();
}
END_TEST

/* What was decided before a recall comes after it: on a stream that broke, or late. */
START_TEST(a_grant_set_that_comes_late_does_not_outlive_a_recall)
{
    struct grant old = grant_of("lease-1", 1, 1);
    start();
    start_agent();
    UNTIL(questions() == 1);
    plane_hang_up(&plane, NULL);
    UNTIL(!a->linked);
    advance_ms(1000);
    UNTIL(questions() == 2);
    answer(0, &old, 1); /* to the question of the stream that broke */
    answer(1, NULL, 0); /* lease-1 was recalled meanwhile */
    UNTIL(!a->asking);
    ck_assert_uint_eq(fake_guard_installs(&guard), 0);

    a->ask_at = 0;
    UNTIL(questions() == 3);
    plane_poke(&plane); /* recalled, while the answer to the question is under way */
    answer(2, &old, 1);
    UNTIL(questions() == 4);
    answer(3, NULL, 0);
    UNTIL(fake_guard_revokes(&guard) == 1);
    stop();
}
END_TEST

START_TEST(a_control_plane_that_never_answers_is_left_for_the_next)
{
    start();
    start_agent();
    UNTIL(questions() == 1);
    advance_ms(29000);
    turn_on();
    ck_assert_uint_eq(plane_streams(&plane), 1);
    advance_ms(1000);
    UNTIL(plane_streams(&plane) == 2);
    ck_assert_uint_eq(logged("link.silent"), 1);
    UNTIL(questions() == 2);
    stop();
}
END_TEST

START_TEST(a_question_that_the_guard_refuses_is_said_and_asked_again)
{
    start();
    guard.nonce_error = ERR_LIMIT;
    start_agent();
    UNTIL(logged("sync.not-sent") == 1);
    ck_assert_uint_eq(questions(), 0);
    guard.nonce_error = ERR_OK;
    advance_ms(5000);
    UNTIL(questions() == 1);
    stop();
}
END_TEST

START_TEST(an_answer_for_a_guard_that_is_gone_is_not_obeyed)
{
    struct grant old = grant_of("lease-1", 1, 1);
    start();
    start_agent();
    UNTIL(questions() == 1);
    fake_guard_hang_up(&guard, true);
    UNTIL(!a->guard);
    advance_ms(500);
    UNTIL(a->guard);
    answer(0, &old, 1);
    UNTIL(questions() == 2);
    ck_assert_uint_eq(fake_guard_installs(&guard), 0);
    answer(1, &old, 1);
    UNTIL(fake_guard_installs(&guard) == 1);
    stop();
}
END_TEST

START_TEST(nodes_do_not_come_back_together_and_wait_ten_seconds_at_most)
{
    int64_t wait_ms = AGENT_LINK_RETRY_MS;
    int64_t seen[8];
    start();
    start_agent();
    for (size_t i = 0; i < 8; i++) {
        UNTIL(a->linked && plane_count_of(&plane, PLANE_HELLO) == i + 1);
        wait_ms = 2 * wait_ms < 10000 ? 2 * wait_ms : 10000;
        plane_hang_up(&plane, NULL);
        UNTIL(!a->linked);
        seen[i] = (a->link_at - agent_now_ns(a)) / AGENT_NS_PER_MS;
        ck_assert_int_ge(seen[i], wait_ms * 3 / 4);
        ck_assert_int_le(seen[i], wait_ms * 5 / 4);
        advance_ms(12500);
    }
    ck_assert_int_ne(seen[6], seen[7]);
    stop();
}
END_TEST

/* ---- reports ---- */

/* One interval of lease-1 is in the journal, and the agent is away. */
static void leave_an_interval(void)
{
    start();
    start_agent();
    grant(1);
    advance_ms(10000);
    end_lease();
    UNTIL(logged("usage.interval") == 1);
    stop_agent();
}

START_TEST(nothing_is_reported_before_the_stream_has_answered)
{
    leave_an_interval();
    attentive = false;
    unsigned before = questions();
    start_agent();
    UNTIL(questions() == before + 1);
    unsigned reports = plane_count_of(&plane, PLANE_USAGE);
    turn_on();
    ck_assert_uint_eq(plane_count_of(&plane, PLANE_USAGE), reports);
    answer(before, NULL, 0);
    UNTIL(plane_count_of(&plane, PLANE_USAGE) == reports + 1);
    stop();
}
END_TEST

START_TEST(after_a_report_that_broke_the_stream_grants_go_on_for_a_minute)
{
    struct err why = ERR_INIT;
    leave_an_interval();
    start_agent();
    grant(0);
    unsigned reports = plane_count_of(&plane, PLANE_USAGE);
    UNTIL(a->reporting);
    (void)err_set(&why, ERR_INVALID, "no such interval");
    plane_hang_up(&plane, &why);
    UNTIL(!a->linked);
    advance_ms(1500);
    grant_both(0, 2);
    ck_assert_uint_eq(plane_count_of(&plane, PLANE_USAGE), reports);
    advance_ms(57500);
    grant_both(0, 2);
    ck_assert_uint_eq(plane_count_of(&plane, PLANE_USAGE), reports);
    advance_ms(1000);
    UNTIL(plane_count_of(&plane, PLANE_USAGE) == reports + 1);
    expect(reports, "lease-1", 1000, 1010, "ended");
    stop();
}
END_TEST

static void expect_signed(const Pumasi__V1__UsageInterval *u, const struct key *by)
{
    struct public_key public = key_public(by);
    struct id id = public_key_id(&public);
    struct interval line = {.node = id_literal(u->node),
                            .boot_id = u->boot_id,
                            .seq = u->seq,
                            .lease = id_literal(u->lease),
                            .units = {u->units},
                            .isolation = u->isolation,
                            .from = {u->from},
                            .to = {u->to},
                            .cause = u->cause,
                            .opens = u->opens,
                            .denials = u->denials};
    CLEANUP_BUF struct buf text;
    buf_init(&text, INTERVAL_LINE_MAX);
    interval_format(&line, &text);
    ck_assert_str_eq(u->key_id, id.text);
    ck_assert_int_eq(
        sign_verify(&public, buf_span(&text), span_of(u->signature.data, u->signature.len), NULL),
        0);
}

START_TEST(a_node_that_joined_again_signs_what_it_had_not_reported_anew)
{
    leave_an_interval();
    unsigned reports = plane_count_of(&plane, PLANE_USAGE);
    key_destroy(key);
    ck_assert_int_eq(key_generate(&key, NULL), 0);
    start_agent();
    grant(0);
    expect_signed(receive(reports), key);
    stop();
}
END_TEST

START_TEST(what_can_not_be_reported_is_left_out_and_holds_nothing_up)
{
    uint64_t seq;
    start();
    start_agent();
    grant(1);
    struct journal *own = a->journals[0].journal;
    ck_assert_int_eq(journal_add(own, span_text("no interval"), journal_last_mark(own), &seq, NULL),
                     0);
    turn_on();
    ck_assert_uint_eq(logged("usage.left-out"), 1); /* alone: said once a minute */
    advance_ms(60000);
    ck_assert_uint_eq(seq, 1);
    const Pumasi__V1__UsageInterval *u = receive(0);
    ck_assert_uint_eq(u->seq, 2);
    ck_assert(!journal_next_pending(own, 0, &seq, &(struct span){.len = 0}));
    stop();
}
END_TEST

/* ---- metering ---- */

START_TEST(a_lease_is_metered_from_install_to_empty_and_cut_in_between)
{
    start();
    start_agent();
    grant(1);
    advance_ms(60000);
    expect(0, "lease-1", 1000, 1060, "running");
    ck_assert_str_eq(reported(0)->model, "RTX 6000");
    expect_signed(reported(0), key);
    advance_ms(5000);
    fake_guard_set(&guard, "lease-1", GUARD_STATE_KILLING, GUARD_EVENT_REVOKED);
    end_lease();
    expect(1, "lease-1", 1060, 1065, "recalled");
    stop();
}
END_TEST

/* The guard tells the end of the first grant again; the second one runs. */
START_TEST(old_events_that_are_told_again_change_nothing)
{
    start();
    start_agent();
    grant(1);
    advance_ms(10000);
    end_lease();
    expect(0, "lease-1", 1000, 1010, "ended");
    advance_ms(10000);
    grant(2);
    advance_ms(10000);
    switch (_i) {
    case 0: /* the agent is started anew */
        stop_agent();
        start_agent();
        grant(2);
        break;
    case 1: /* only the connection is lost */
        fake_guard_hang_up(&guard, false);
        UNTIL(!a->guard);
        advance_ms(500);
        UNTIL(a->guard);
        break;
    }
    turn_on();
    ck_assert(!meter_is_idle(a->meter));
    advance_ms(1000);
    end_lease();
    expect(1, "lease-1", 1020, 1031, "ended");
    ck_assert_ptr_null(reported(2));
    stop();
}
END_TEST

START_TEST(a_guard_that_counts_from_one_again_is_heard)
{
    start();
    start_agent();
    grant(1);
    for (int i = 0; i < 20; i++) /* the agent has heard many events of the old guard */
        fake_guard_set(&guard, "lease-1", GUARD_STATE_HELD, GUARD_EVENT_MOVED);
    turn_on();
    advance_ms(10000);
    fake_guard_hang_up(&guard, true);
    fake_guard_set(&guard, "lease-1", GUARD_STATE_HELD, GUARD_EVENT_RECOVERED);
    UNTIL(!a->guard);
    advance_ms(500);
    UNTIL(a->guard);
    end_lease();
    expect(0, "lease-1", 1000, 1010, "ended");
    stop();
}
END_TEST

START_TEST(what_the_guard_holds_no_more_without_a_word_is_a_fault)
{
    start();
    start_agent();
    grant(1);
    advance_ms(30500); /* and known to be held */
    turn_on();
    advance_ms(10000);
    granted_count = 0;
    switch (_i) {
    case 0: /* it forgot it when it was started anew */
        fake_guard_hang_up(&guard, true);
        fake_guard_set(&guard, "lease-1", GUARD_STATE_FREE, GUARD_EVENT_KIND_COUNT);
        break;
    case 1: /* its end was among the events that were lost */
        fake_guard_lose(&guard, "lease-1");
        fake_guard_hang_up(&guard, false);
        break;
    }
    UNTIL(!a->guard);
    advance_ms(500);
    const Pumasi__V1__UsageInterval *u = receive(0);
    ck_assert_str_eq(u->cause, "fault");
    ck_assert_int_ge(u->to - START, 1030); /* or when the agent last found no event waiting */
    ck_assert_int_le(u->to - START, 1040);
    ck_assert(meter_is_idle(a->meter));
    stop();
}
END_TEST

START_TEST(a_jump_in_the_numbers_leads_to_a_listing)
{
    start();
    start_agent();
    grant(1);
    grant_both(1, 2);
    advance_ms(20000);
    turn_on();
    advance_ms(10000);
    fake_guard_lose(&guard, "lease-1");
    fake_guard_set(&guard, "lease-2", GUARD_STATE_HELD, GUARD_EVENT_MOVED);
    const Pumasi__V1__UsageInterval *u = receive(0);
    ck_assert_str_eq(u->lease, "lease-1");
    ck_assert_str_eq(u->cause, "fault");
    ck_assert_int_ge(u->to - START, 1020); /* or when the agent last found no event waiting */
    ck_assert_int_le(u->to - START, 1030);
    ck_assert(!meter_is_idle(a->meter)); /* lease-2 goes on */
    stop();
}
END_TEST

START_TEST(a_lease_that_went_while_the_agent_was_away_is_a_fault_at_its_last_mark)
{
    start();
    start_agent();
    grant(1);
    advance_ms(59000);
    turn_on();
    advance_ms(900); /* the mark of every minute is not due yet at the end */
    stop_agent();
    advance_ms(20000);
    fake_guard_hang_up(&guard, true);
    fake_guard_set(&guard, "lease-1", GUARD_STATE_FREE, GUARD_EVENT_KIND_COUNT);
    start_agent();
    grant(0);
    const Pumasi__V1__UsageInterval *u = receive(0);
    ck_assert_str_eq(u->cause, "fault");
    ck_assert_int_eq(u->from - START, 1000);
    ck_assert_int_le(u->to - START, 1059);
    stop();
}
END_TEST

START_TEST(an_interval_that_the_journal_does_not_take_is_not_lost)
{
    struct rlimit before, none;
    start();
    start_agent();
    grant(1);
    (void)signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    unsigned logs = logged("usage.waits");
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    log_destroy(logger); /* the log is a file, too */
    a->options.log = logger = NULL;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    for (int i = 0; i < 5; i++) {
        advance_ms(60000);
        turn_on();
    }
    ck_assert(a->journal_refuses);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_uint_eq(logs, 0);
    advance_ms(500);
    UNTIL(!a->journal_refuses);
    expect(0, "lease-1", 1000, 1300, "running");
    stop();
}
END_TEST

/* ---- journals ---- */

/* A journal of a boot that ended while two leases were open, known to be held until 500. */
static void leave_a_boot(void)
{
    struct meter *m = meter_create();
    struct metered_lease lease = {.lease = id_literal("lease-1"),
                                  .organisation = id_literal("upstage"),
                                  .project = id_literal("alpha"),
                                  .model = "RTX 6000",
                                  .units = {7000},
                                  .isolation = "whole",
                                  .fence = 1};
    struct journal *j;
    CLEANUP_BUF struct buf mark;
    buf_init(&mark, METER_MARK_MAX);
    meter_set_time(m, (struct instant){START}, 0);
    ck_assert_int_eq(meter_open(m, &lease, (uint64_t)(100 * NS), NULL), 0);
    lease.lease = id_literal("lease-2");
    ck_assert_int_eq(meter_open(m, &lease, (uint64_t)(500 * NS), NULL), 0);
    meter_know(m, (uint64_t)(500 * NS));
    meter_mark(m, &mark);
    meter_destroy(m);
    ck_assert_int_eq(journal_open(dir, OTHER, &j, NULL), 0);
    ck_assert_int_eq(journal_mark(j, buf_span(&mark), NULL), 0);
    journal_close(j);
}

static bool other_is_there(void)
{
    char path[200];
    (void)snprintf(path, sizeof path, "%s/usage-" OTHER ".journal", dir);
    return access(path, F_OK) == 0;
}

START_TEST(what_a_reboot_left_open_is_a_fault_of_the_boot_before)
{
    start();
    leave_a_boot();
    start_agent();
    stop_agent(); /* twice: it is billed once */
    start_agent();
    grant(0);
    expect(0, "lease-1", 100, 500, "fault");
    ck_assert_str_eq(reported(0)->boot_id, OTHER);
    ck_assert_uint_eq(reported(0)->seq, 1);
    expect_signed(reported(0), key);
    ck_assert(!other_is_there());
    turn_on();
    ck_assert_ptr_null(reported(1));
    stop();
}
END_TEST

START_TEST(a_boot_that_left_nothing_is_forgotten)
{
    struct journal *j;
    start();
    ck_assert_int_eq(journal_open(dir, OTHER, &j, NULL), 0);
    journal_close(j);
    start_agent();
    ck_assert(!other_is_there());
    ck_assert_uint_eq(a->journal_count, 1);
    stop();
}
END_TEST

START_TEST(a_journal_that_can_not_be_read_is_said_and_left_for_people)
{
    char path[200];
    start();
    (void)snprintf(path, sizeof path, "%s/usage-" OTHER ".journal", dir);
    ck_assert_int_eq(file_write(path, span_text("damaged"), 0600, NULL), 0);
    start_agent();
    ck_assert_uint_eq(logged("journal.unreadable"), 1);
    ck_assert(other_is_there());
    stop();
}
END_TEST

START_TEST(a_mark_that_can_not_be_read_is_said_and_dropped)
{
    start();
    start_agent();
    ck_assert_int_eq(journal_mark(a->journals[0].journal, span_text("a mark of old"), NULL), 0);
    stop_agent();
    start_agent();
    ck_assert_uint_eq(logged("usage.mark-dropped"), 1);
    grant(1);
    ck_assert(!meter_is_idle(a->meter));
    stop();
}
END_TEST

START_TEST(more_boots_than_there_are_places_for_are_taken_up_one_after_the_other)
{
    enum { BOOTS = AGENT_JOURNALS_MAX + 3 };
    struct metered_lease lease = {.lease = id_literal("lease-1"),
                                  .organisation = id_literal("upstage"),
                                  .project = id_literal("alpha"),
                                  .units = {7000},
                                  .isolation = "whole"};
    start();
    for (int i = 0; i < BOOTS; i++) {
        char boot[40];
        struct journal *j;
        struct meter *m = meter_create();
        CLEANUP_BUF struct buf mark;
        buf_init(&mark, METER_MARK_MAX);
        (void)snprintf(boot, sizeof boot, "%08d-4b5a-6978-8796-a5b4c3d2e1f0", i);
        meter_set_time(m, (struct instant){START}, 0);
        ck_assert_int_eq(meter_open(m, &lease, 0, NULL), 0);
        meter_know(m, (uint64_t)(50 * NS));
        meter_mark(m, &mark);
        meter_destroy(m);
        ck_assert_int_eq(journal_open(dir, boot, &j, NULL), 0);
        ck_assert_int_eq(journal_mark(j, buf_span(&mark), NULL), 0);
        journal_close(j);
    }
    start_agent();
    grant(0);
    for (unsigned i = 0; i < BOOTS; i++)
        expect(i, "lease-1", 0, 50, "fault");
    ck_assert_uint_eq(a->journal_count, 1);
    stop();
}
END_TEST

/* ---- the certificate ---- */

START_TEST(an_ageing_certificate_is_said_every_day_from_half_its_life_on)
{
    const int64_t day_s = 86400;
    start();
    start_agent();
    a->cert.valid = (struct window){{START}, {START + 30 * day_s}};
    for (int day = 0; day < 31; day++) {
        credentials_watch(a);
        credentials_watch(a);
        env_fake_advance(&fake, day_s);
    }
    ck_assert_uint_eq(logged("certificate.ageing"), 15);
    ck_assert_uint_eq(logged("certificate.expired"), 1);
    char text[65536] = "";
    ck_assert_int_gt(pread(log_fd, text, sizeof text - 1, 0), 0);
    ck_assert_ptr_nonnull(strstr(text, "pumasi node join"));
    stop();
}
END_TEST

static Suite *agent_suite(void)
{
    Suite *suite = suite_create("agent");
    TCase *tc = tcase_create("agent");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, there_is_one_question_at_a_time);
    tcase_add_test(tc, waiting_for_an_answer_does_not_spin);
    tcase_add_test(tc, news_of_the_guard_during_a_question_leads_to_the_next_one);
    tcase_add_test(tc, an_answer_with_another_nonce_is_no_answer);
    tcase_add_test(tc, a_grant_set_that_comes_late_does_not_outlive_a_recall);
    tcase_add_test(tc, a_control_plane_that_never_answers_is_left_for_the_next);
    tcase_add_test(tc, a_question_that_the_guard_refuses_is_said_and_asked_again);
    tcase_add_test(tc, an_answer_for_a_guard_that_is_gone_is_not_obeyed);
    tcase_add_test(tc, nodes_do_not_come_back_together_and_wait_ten_seconds_at_most);
    tcase_add_test(tc, nothing_is_reported_before_the_stream_has_answered);
    tcase_add_test(tc, after_a_report_that_broke_the_stream_grants_go_on_for_a_minute);
    tcase_add_test(tc, a_node_that_joined_again_signs_what_it_had_not_reported_anew);
    tcase_add_test(tc, what_can_not_be_reported_is_left_out_and_holds_nothing_up);
    tcase_add_test(tc, a_lease_is_metered_from_install_to_empty_and_cut_in_between);
    tcase_add_loop_test(tc, old_events_that_are_told_again_change_nothing, 0, 2);
    tcase_add_test(tc, a_guard_that_counts_from_one_again_is_heard);
    tcase_add_loop_test(tc, what_the_guard_holds_no_more_without_a_word_is_a_fault, 0, 2);
    tcase_add_test(tc, a_jump_in_the_numbers_leads_to_a_listing);
    tcase_add_test(tc, a_lease_that_went_while_the_agent_was_away_is_a_fault_at_its_last_mark);
    tcase_add_test(tc, an_interval_that_the_journal_does_not_take_is_not_lost);
    tcase_add_test(tc, what_a_reboot_left_open_is_a_fault_of_the_boot_before);
    tcase_add_test(tc, a_boot_that_left_nothing_is_forgotten);
    tcase_add_test(tc, a_journal_that_can_not_be_read_is_said_and_left_for_people);
    tcase_add_test(tc, a_mark_that_can_not_be_read_is_said_and_dropped);
    tcase_add_test(tc, more_boots_than_there_are_places_for_are_taken_up_one_after_the_other);
    tcase_add_test(tc, an_ageing_certificate_is_said_every_day_from_half_its_life_on);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(agent_suite)

#ifndef PUMASI_TESTS_UNIT_NODEAGENT_AGENT_AGENT_RIG_H
#define PUMASI_TESTS_UNIT_NODEAGENT_AGENT_AGENT_RIG_H

#include "lib/base/file.h"
#include "lib/pki/sign.h"
#include "nodeagent/agent/agent_internal.h"
#include "nodeagent/agent/agent_settings.h"
#include "nodeagent/agent/journals.h"
#include "tests/support/suite.h"
#include "tests/unit/nodeagent/agent/fake_guard.h"
#include "tests/unit/nodeagent/agent/plane.h"

#include <dirent.h>
#include <sys/mman.h>

/*
 * The agent between a guard and a control plane that do what the test says. Its clock is the
 * test's; it turns only when the test lets it. A test begins with start() and start_agent() and
 * ends with stop(); each runs in a process of its own.
 */
#define START   INT64_C(1764547200) /* the control plane's clock when the boot clock shows 0 */
#define NS      INT64_C(1000000000)
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

static inline void set(const char *name, const char *value)
{
    char text[200];
    (void)snprintf(text, sizeof text, "%s=%s", name, value);
    ck_assert_msg(config_set(config, text, &err) == 0, "%s", err.text);
}

static inline void set_in_dir(const char *name, const char *file)
{
    char path[100];
    (void)snprintf(path, sizeof path, "%s%s%s", dir, file[0] ? "/" : "", file);
    set(name, path);
}

/* As agent_create() does, without a certificate and GPUs. */
static inline void start_agent(void)
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

static inline void stop_agent(void)
{
    agent_destroy(a);
    a = NULL;
}

static inline void start(void)
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

static inline void stop(void)
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

static inline void advance_ms(int64_t ms)
{
    fake.boot.ns += ms * AGENT_NS_PER_MS;
    fake_guard_set_time(&guard, (uint64_t)fake.boot.ns);
}

/* How often the event was logged. */
static inline unsigned logged(const char *event)
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

static inline unsigned questions(void)
{
    return plane_count_of(&plane, PLANE_SYNC);
}

static inline struct grant grant_of(const char *lease, uint64_t fence, uint64_t seq)
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

static const char *ends_as; /* what every grant says of its end; NULL: nothing */

/* Answers the question of that index with these grants. */
static inline void answer(unsigned question, const struct grant *grants, size_t n)
{
    const Pumasi__V1__AgentMessage *asked = plane_nth(&plane, PLANE_SYNC, question);
    ck_assert_ptr_nonnull(asked);
    plane_grant(&plane, &(struct plane_grants){.nonce = asked->sync->nonce.data,
                                               .server_time = START + fake.boot.ns / NS,
                                               .sync_after_ms = SYNC_MS,
                                               .items = grants,
                                               .n = n,
                                               .ends_as = ends_as});
}

/* Once a test has granted something, every question is answered, with the same leases. */
static struct grant granted[2];
static size_t granted_count;
static unsigned answered;
static bool attentive;

static inline void attend(void)
{
    while (attentive && plane_is_attached(&plane) && answered < questions()) {
        for (size_t i = 0; i < granted_count; i++)
            granted[i].seq++;
        answer(answered++, granted, granted_count);
    }
}

static inline void turn(void)
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
static inline void turn_on(void)
{
    for (int i = 0; i < 15; i++)
        turn();
}

/* From now on lease-1 (lease-2) is granted under that fence; 0: not. In force on return. */
static inline void grant_both(uint64_t fence, uint64_t other_fence)
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
static inline void end_lease(void)
{
    granted_count = 0;
    fake_guard_return(&guard, "lease-1");
}

static inline void grant(uint64_t fence)
{
    grant_both(fence, 0);
}

/* The index-th interval that was reported, repetitions included; NULL: not so many. */
static inline const Pumasi__V1__UsageInterval *reported(unsigned index)
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
static inline const Pumasi__V1__UsageInterval *receive(unsigned index)
{
    UNTIL(reported(index) != NULL);
    const Pumasi__V1__UsageInterval *u = reported(index);
    plane_acknowledge(&plane, u->boot_id, u->seq);
    UNTIL(!a->reporting);
    return u;
}

static inline void expect(unsigned index, const char *lease, int64_t from_s, int64_t to_s,
                          const char *cause)
{
    const Pumasi__V1__UsageInterval *u = receive(index);
    ck_assert_str_eq(u->lease, lease);
    ck_assert_int_eq(u->from - START, from_s);
    ck_assert_int_eq(u->to - START, to_s);
    ck_assert_str_eq(u->cause, cause);
}

static inline void expect_signed(const Pumasi__V1__UsageInterval *u, const struct key *by)
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

#endif

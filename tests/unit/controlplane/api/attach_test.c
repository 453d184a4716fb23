/* NodeService.Attach as an agent sees it, over a real connection: who may attach, in which order
 * things are said, what ends a stream, and who is poked. What is answered: node_service_test.c. */
#include "tests/unit/controlplane/api/rig.h"

#include "lib/base/limits.h"

#include "pumasi/v1/node.pb-c.h"

#include <time.h>

#define BOOT     "00112233-4455-6677-8899-aabbccddeeff"
#define WAIT_S   10
#define SEEN_MAX 32

static const struct rpc_method attach = {&pumasi__v1__node_service__descriptor, "Attach"};

/* The client's end of a stream: what came, and how it ended. */
struct line {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct rpc_stream *stream;
    Pumasi__V1__ServerMessage *seen[SEEN_MAX];
    size_t n, taken;
    bool done;
    struct err err; /* ERR_OK: ended well */
};

static void on_message(void *arg, ProtobufCMessage *message)
{
    struct line *l = arg;
    pthread_mutex_lock(&l->lock);
    ENSURE(l->n < SEEN_MAX);
    l->seen[l->n++] = (Pumasi__V1__ServerMessage *)message;
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

static void on_done(void *arg, const struct rpc_status *status)
{
    struct line *l = arg;
    pthread_mutex_lock(&l->lock);
    l->err = ERR_INIT;
    (void)rpc_status_err(status, &l->err);
    l->done = true;
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

static void open_line(struct rig *r, const char *who, struct line *l)
{
    *l = (struct line){.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct rpc_stream_handler handler = {.message = on_message, .done = on_done, .arg = l};
    ck_assert_int_eq(rpc_stream_open(rig_channel(r, who), attach, NULL, &handler, &l->stream, NULL),
                     0);
}

/* With the lock held: waits for something to happen; false when nothing does. */
static bool wait_change(struct line *l)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += WAIT_S;
    return pthread_cond_clockwait(&l->changed, &l->lock, CLOCK_MONOTONIC, &until) == 0;
}

static void wait_end(struct line *l)
{
    pthread_mutex_lock(&l->lock);
    while (!l->done && wait_change(l))
        ;
    pthread_mutex_unlock(&l->lock);
    ck_assert(l->done);
}

/* The next message; it stays the line's. */
static const Pumasi__V1__ServerMessage *next(struct line *l)
{
    pthread_mutex_lock(&l->lock);
    while (l->taken == l->n && !l->done && wait_change(l))
        ;
    const Pumasi__V1__ServerMessage *m = l->taken < l->n ? l->seen[l->taken++] : NULL;
    pthread_mutex_unlock(&l->lock);
    ck_assert_msg(m != NULL, "no message: %s", l->err.text);
    return m;
}

static void expect_end(struct line *l, enum err_code code, const char *names)
{
    wait_end(l);
    ck_assert_msg(l->err.code == code, "%s: %s", err_name(l->err.code), l->err.text);
    ck_assert_msg(strstr(l->err.text, names) != NULL, "%s", l->err.text);
}

static void close_line(struct line *l)
{
    rpc_stream_destroy(l->stream);
    wait_end(l);
    for (size_t i = 0; i < l->n; i++)
        rpc_message_destroy(&l->seen[i]->base);
}

/* ---- saying things ---- */

static Pumasi__V1__Hello good_hello(void)
{
    Pumasi__V1__Hello hello = PUMASI__V1__HELLO__INIT;
    hello.node = "n1";
    hello.boot_id = BOOT;
    hello.agent_version = "test";
    hello.tier = "bpf";
    hello.model = "B200";
    return hello;
}

static uint8_t nonce[GRANT_NONCE_BYTES] = {7, 1, 7};

static Pumasi__V1__Sync good_sync(void)
{
    Pumasi__V1__Sync sync = PUMASI__V1__SYNC__INIT;
    sync.nonce = (ProtobufCBinaryData){.len = sizeof nonce, .data = nonce};
    return sync;
}

/* The stream may have been refused already. */
static void say(struct line *l, Pumasi__V1__AgentMessage *m)
{
    int rc = rpc_stream_send(l->stream, &m->base, NULL);
    ck_assert(rc == 0 || rc == -ERR_CANCELLED);
}

static void say_hello(struct line *l, Pumasi__V1__Hello hello)
{
    Pumasi__V1__AgentMessage m = PUMASI__V1__AGENT_MESSAGE__INIT;
    m.body_case = PUMASI__V1__AGENT_MESSAGE__BODY_HELLO;
    m.hello = &hello;
    say(l, &m);
}

static void say_sync(struct line *l, Pumasi__V1__Sync sync)
{
    Pumasi__V1__AgentMessage m = PUMASI__V1__AGENT_MESSAGE__INIT;
    m.body_case = PUMASI__V1__AGENT_MESSAGE__BODY_SYNC;
    m.sync = &sync;
    say(l, &m);
}

static const Pumasi__V1__GrantSet *ask(struct line *l)
{
    say_sync(l, good_sync());
    const Pumasi__V1__ServerMessage *m = next(l);
    ck_assert_int_eq(m->body_case, PUMASI__V1__SERVER_MESSAGE__BODY_GRANTS);
    return m->grants;
}

static void expect_poke(struct line *l)
{
    ck_assert_int_eq(next(l)->body_case, PUMASI__V1__SERVER_MESSAGE__BODY_SYNC);
}

/* Open, and attached: that a question is answered says so. */
static void open_attached(struct rig *r, struct line *l)
{
    open_line(r, "n1", l);
    say_hello(l, good_hello());
    (void)ask(l);
}

static void open_rig_with_node(struct rig *r)
{
    rig_open(r);
    rig_join(r, "node", "n1", "skt", NULL);
}

/* ---- what goes well ---- */

START_TEST(a_question_is_answered_with_its_nonce_and_the_servers_time)
{
    struct rig r;
    struct line l;
    open_rig_with_node(&r);
    open_attached(&r, &l);
    for (int i = 0; i < 3; i++) {
        nonce[0]++;
        const Pumasi__V1__GrantSet *grants = ask(&l);
        ck_assert_uint_eq(grants->nonce.len, sizeof nonce);
        ck_assert_mem_eq(grants->nonce.data, nonce, sizeof nonce);
        ck_assert_uint_eq(grants->n_grants, 0);
        ck_assert_int_le(llabs(grants->server_time - env_now(&r.env).s), 5);
        ck_assert_uint_ge(grants->sync_after_ms, 500);
        ck_assert_uint_le(grants->sync_after_ms, 60000);
    }
    rpc_stream_close_send(l.stream);
    expect_end(&l, ERR_OK, "");
    ck_assert_uint_eq(attached_count(r.attached), 0);
    close_line(&l);
    rig_close(&r);
}
END_TEST

START_TEST(a_poke_reaches_the_node)
{
    struct rig r;
    struct line l;
    open_rig_with_node(&r);
    open_attached(&r, &l);
    ck_assert_uint_eq(attached_count(r.attached), 1);
    attached_poke_all(r.attached);
    expect_poke(&l);
    (void)ask(&l);
    close_line(&l);
    rig_close(&r);
}
END_TEST

START_TEST(a_second_stream_of_a_node_takes_the_place_of_the_first)
{
    struct rig r;
    struct line old, new;
    open_rig_with_node(&r);
    open_attached(&r, &old);
    open_attached(&r, &new);
    rpc_stream_close_send(old.stream); /* its end must not take the new one away */
    expect_end(&old, ERR_OK, "");
    ck_assert_uint_eq(attached_count(r.attached), 1);
    attached_poke_all(r.attached);
    expect_poke(&new);
    close_line(&old);
    close_line(&new);
    rig_close(&r);
}
END_TEST

START_TEST(a_stopping_server_ends_the_streams_of_nodes)
{
    struct rig r;
    struct line l;
    open_rig_with_node(&r);
    open_attached(&r, &l);
    api_close(r.api);
    expect_end(&l, ERR_OK, "");
    close_line(&l);
    rig_close(&r);
}
END_TEST

/* ---- what ends a stream ---- */

START_TEST(a_stream_begins_with_hello)
{
    struct rig r;
    struct line l;
    Pumasi__V1__UsageReport usage = PUMASI__V1__USAGE_REPORT__INIT;
    open_rig_with_node(&r);
    for (int i = 0; i < 3; i++) {
        Pumasi__V1__AgentMessage m = PUMASI__V1__AGENT_MESSAGE__INIT;
        m.body_case = i == 0 ? PUMASI__V1__AGENT_MESSAGE__BODY_USAGE
                             : PUMASI__V1__AGENT_MESSAGE__BODY__NOT_SET;
        m.usage = i == 0 ? &usage : NULL;
        open_line(&r, "n1", &l);
        if (i < 2)
            say(&l, &m);
        else
            say_sync(&l, good_sync());
        expect_end(&l, ERR_INVALID, "begins with hello");
        close_line(&l);
    }
    rig_close(&r);
}
END_TEST

START_TEST(only_the_node_that_the_certificate_names_may_attach)
{
    static const struct {
        const char *who;
        enum err_code code;
    } rows[] = {{"op.skt", ERR_DENIED}, {NULL, ERR_UNAUTHENTICATED}, {"n2", ERR_DENIED}};
    struct rig r;
    struct line l;
    open_rig_with_node(&r);
    rig_join(&r, "node", "n2", "skt", NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        open_line(&r, rows[i].who, &l);
        say_hello(&l, good_hello());
        expect_end(&l, rows[i].code, "");
        close_line(&l);
    }
    ck_assert_uint_eq(attached_count(r.attached), 0);
    rig_close(&r);
}
END_TEST

static Pumasi__V1__Device device;
static Pumasi__V1__Device *devices[LIMIT_GPUS_PER_NODE + 1];

/* A hello that is wrong in one way; the field that has to be named, or NULL when there are no more.
 */
static const char *bad_hello(int i, Pumasi__V1__Hello *h, enum err_code *code)
{
    *h = good_hello();
    *code = ERR_INVALID;
    h->devices = devices;
    switch (i) {
    case 0:
        h->boot_id = "0011" BOOT;
        return "boot id";
    case 1:
        h->tier = "wishes";
        return "hello.tier";
    case 2:
        *code = ERR_LIMIT;
        h->n_devices = LIMIT_GPUS_PER_NODE + 1;
        return "hello.devices";
    case 3:
        h->model = "B300";
        return "B300";
    case 4:
        h->n_devices = 2; /* the same one twice */
        return "GPU-1";
    case 5:
        h->n_devices = 1;
        device.state = "shiny";
        return "state";
    default:
        return NULL;
    }
}

START_TEST(a_bad_hello_names_its_field)
{
    struct rig r;
    struct line l;
    Pumasi__V1__Hello hello;
    enum err_code code;
    const char *name;
    pumasi__v1__device__init(&device);
    device.uuid = "GPU-1";
    device.state = "delivered";
    for (size_t i = 0; i <= LIMIT_GPUS_PER_NODE; i++)
        devices[i] = &device;
    open_rig_with_node(&r);
    for (int i = 0; (name = bad_hello(i, &hello, &code)) != NULL; i++) {
        open_line(&r, "n1", &l);
        say_hello(&l, hello);
        expect_end(&l, code, name);
        close_line(&l);
    }
    rig_close(&r);
}
END_TEST

START_TEST(a_bad_question_names_its_field)
{
    static const struct {
        size_t nonce, held;
        const char *lease;
        enum err_code code;
        const char *names;
    } rows[] = {{GRANT_NONCE_BYTES - 1, 0, "lease-1", ERR_INVALID, "sync.nonce"},
                {GRANT_NONCE_BYTES, 129, "lease-1", ERR_LIMIT, "sync.held"},
                {GRANT_NONCE_BYTES, 1, "Not An Id", ERR_INVALID, "lease"}};
    struct rig r;
    struct line l;
    Pumasi__V1__HeldLease held = PUMASI__V1__HELD_LEASE__INIT;
    Pumasi__V1__HeldLease *many[129];
    for (size_t i = 0; i < 129; i++)
        many[i] = &held;
    open_rig_with_node(&r);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Pumasi__V1__Sync sync = good_sync();
        sync.nonce.len = rows[i].nonce;
        sync.n_held = rows[i].held;
        sync.held = many;
        held.lease = (char *)rows[i].lease;
        held.state = "active";
        open_attached(&r, &l);
        say_sync(&l, sync);
        expect_end(&l, rows[i].code, rows[i].names);
        close_line(&l);
    }
    rig_close(&r);
}
END_TEST

START_TEST(what_a_node_holds_of_nobody_is_not_granted_again)
{
    struct rig r;
    struct line l;
    Pumasi__V1__Sync sync = good_sync();
    Pumasi__V1__HeldLease held = PUMASI__V1__HELD_LEASE__INIT;
    Pumasi__V1__HeldLease *one[] = {&held};
    held.lease = "lease-4711";
    held.state = "active";
    held.fence = 3;
    held.seq = 5;
    sync.held = one;
    sync.n_held = 1;
    open_rig_with_node(&r);
    open_attached(&r, &l);
    say_sync(&l, sync);
    ck_assert_uint_eq(next(&l)->grants->n_grants, 0); /* so the node takes it back */
    close_line(&l);
    rig_close(&r);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("api/attach");
    TCase *c = tcase_create("attach");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_question_is_answered_with_its_nonce_and_the_servers_time);
    tcase_add_test(c, a_poke_reaches_the_node);
    tcase_add_test(c, a_second_stream_of_a_node_takes_the_place_of_the_first);
    tcase_add_test(c, a_stopping_server_ends_the_streams_of_nodes);
    tcase_add_test(c, a_stream_begins_with_hello);
    tcase_add_test(c, only_the_node_that_the_certificate_names_may_attach);
    tcase_add_test(c, a_bad_hello_names_its_field);
    tcase_add_test(c, a_bad_question_names_its_field);
    tcase_add_test(c, what_a_node_holds_of_nobody_is_not_granted_again);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(suite)

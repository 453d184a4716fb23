/*
 * The stream of a node's agent, over the whole way. What the node is to enforce is said by the test
 * and not by the state: enforce_each() is defined here, in place of the domain's.
 */
#include "controlplane/api/service.h"

#include "lib/grant/interval.h"
#include "tests/unit/controlplane/api/rig.h"

#include "pumasi/v1/node.pb-c.h"

#define BOOT "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"

/* ---- What the node is to enforce ------------------------------------------------------------- */

static size_t leases, devices; /* that many, with so many devices each; set before the rig opens */

void enforce_each(const struct state *s, const struct id *node, struct instant now,
                  enforce_visit_fn visit, void *arg)
{
    struct placement p = {.node = *node};
    (void)s;
    for (size_t i = 0; i < devices; i++) {
        struct placed_device *d = record_list_add(&p.devices, sizeof *d);
        (void)snprintf(d->uuid, sizeof d->uuid, "GPU-%zu", i);
        d->major = 195;
        d->minor = (uint32_t)i;
        d->units = share_gpus(1);
    }
    for (size_t i = 0; i < leases; i++) {
        struct lease l = {.id = id_number("lease", i),
                          .organisation = id_literal("upstage"),
                          .project = id_literal("alpha"),
                          .fence = 1};
        struct enforcement e = {
            .lease = &l, .placement = &p, .ttl_ms = 60000, .ends_at = instant_add(now, RIG_HOUR_S)};
        visit(&e, arg);
    }
    free(p.devices.items);
}

/* ---- The agent's end ------------------------------------------------------------------------- */

struct agent {
    struct rig *rig;
    struct rpc_stream *stream;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    Pumasi__V1__ServerMessage *last; /* grants or an acknowledgement; pokes are dropped */
    bool done;
    struct rpc_status status;
};

static void on_message(void *arg, ProtobufCMessage *message)
{
    struct agent *a = arg;
    Pumasi__V1__ServerMessage *m = (Pumasi__V1__ServerMessage *)message;
    if (m->body_case == PUMASI__V1__SERVER_MESSAGE__BODY_SYNC) {
        rpc_message_destroy(message);
        return;
    }
    pthread_mutex_lock(&a->lock);
    if (a->last)
        rpc_message_destroy(&a->last->base);
    a->last = m;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
}

static void on_end(void *arg, const struct rpc_status *status)
{
    struct agent *a = arg;
    pthread_mutex_lock(&a->lock);
    a->done = true;
    a->status = *status;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
}

static void say(struct agent *a, const Pumasi__V1__AgentMessage *message)
{
    struct err err = ERR_INIT;
    ck_assert_msg(rpc_stream_send(a->stream, &message->base, &err) == 0, "%s", err.text);
}

/* The next answer, the caller's; NULL: the stream has ended. */
static Pumasi__V1__ServerMessage *hear(struct agent *a)
{
    pthread_mutex_lock(&a->lock);
    while (!a->last && !a->done)
        pthread_cond_wait(&a->changed, &a->lock);
    Pumasi__V1__ServerMessage *m = a->last;
    a->last = NULL;
    pthread_mutex_unlock(&a->lock);
    return m;
}

static void expect_end(struct agent *a, enum err_code code, const char *text)
{
    Pumasi__V1__ServerMessage *m = hear(a);
    ck_assert_ptr_null(m);
    struct err err = ERR_INIT;
    rig_expect(rpc_status_err(&a->status, &err), code, &err);
    ck_assert_msg(strstr(err.text, text) != NULL, "%s", err.text);
}

static void say_hello(struct agent *a)
{
    Pumasi__V1__Hello hello = PUMASI__V1__HELLO__INIT;
    Pumasi__V1__AgentMessage message = PUMASI__V1__AGENT_MESSAGE__INIT;
    Pumasi__V1__Device device = PUMASI__V1__DEVICE__INIT;
    Pumasi__V1__Device *all[] = {&device};
    device.uuid = "GPU-0";
    hello.node = "n1";
    hello.boot_id = BOOT;
    hello.agent_version = "1";
    hello.tier = "bpf";
    hello.model = "B200";
    hello.n_devices = 1;
    hello.devices = all;
    message.body_case = PUMASI__V1__AGENT_MESSAGE__BODY_HELLO;
    message.hello = &hello;
    say(a, &message);
}

static void attach(struct agent *a, struct rig *r)
{
    struct rpc_stream_handler handler = {.message = on_message, .done = on_end, .arg = a};
    *a = (struct agent){
        .rig = r, .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    ck_assert_int_eq(
        rpc_stream_open(rig_channel(r, "n1"),
                        (struct rpc_method){&pumasi__v1__node_service__descriptor, "Attach"}, NULL,
                        &handler, &a->stream, NULL),
        0);
    say_hello(a);
}

static void detach(struct agent *a)
{
    rpc_stream_cancel(a->stream);
    pthread_mutex_lock(&a->lock);
    while (!a->done)
        pthread_cond_wait(&a->changed, &a->lock);
    pthread_mutex_unlock(&a->lock);
    rpc_stream_destroy(a->stream);
    if (a->last)
        rpc_message_destroy(&a->last->base);
}

static void open(struct rig *r, struct agent *a)
{
    rig_open(r);
    rig_join(r, "node", "n1", "skt", NULL);
    attach(a, r);
}

static void close_both(struct rig *r, struct agent *a)
{
    detach(a);
    rig_close(r);
}

/* ---- Syncs ----------------------------------------------------------------------------------- */

static void say_sync(struct agent *a, uint64_t held_seq)
{
    static uint8_t nonce[GRANT_NONCE_BYTES] = "0123456789abcdef";
    Pumasi__V1__Sync sync = PUMASI__V1__SYNC__INIT;
    Pumasi__V1__AgentMessage message = PUMASI__V1__AGENT_MESSAGE__INIT;
    Pumasi__V1__HeldLease held = PUMASI__V1__HELD_LEASE__INIT;
    Pumasi__V1__HeldLease *all[] = {&held};
    held.lease = "lease-0";
    held.fence = 1;
    held.seq = held_seq;
    held.state = "active";
    sync.nonce = (ProtobufCBinaryData){.len = sizeof nonce, .data = nonce};
    sync.n_held = 1;
    sync.held = all;
    message.body_case = PUMASI__V1__AGENT_MESSAGE__BODY_SYNC;
    message.sync = &sync;
    say(a, &message);
}

static uint64_t seq_granted(struct agent *a, uint64_t held_seq)
{
    struct grant g;
    say_sync(a, held_seq);
    Pumasi__V1__ServerMessage *m = hear(a);
    ck_assert_ptr_nonnull(m);
    ck_assert_int_eq(m->body_case, PUMASI__V1__SERVER_MESSAGE__BODY_GRANTS);
    ck_assert_uint_eq(m->grants->n_grants, 1);
    const Pumasi__V1__SignedGrant *first = m->grants->grants[0];
    ck_assert_int_eq(grant_decode(span_of(first->grant.data, first->grant.len), &g, NULL), 0);
    rpc_message_destroy(&m->base);
    return g.seq;
}

START_TEST(a_sync_is_answered_with_seqs_above_all_that_the_node_holds)
{
    struct rig r;
    struct agent a;
    leases = devices = 1;
    open(&r, &a);
    uint64_t first = seq_granted(&a, 0);
    ck_assert_uint_gt(seq_granted(&a, 0), first);
    uint64_t ahead = first + ((uint64_t)RIG_HOUR_S << 16); /* of the clock, whatever it does */
    ck_assert_uint_eq(seq_granted(&a, ahead), ahead + 1);
    ck_assert_uint_gt(seq_granted(&a, INT64_MAX), INT64_MAX);
    ck_assert_uint_gt(seq_granted(&a, 0), (uint64_t)INT64_MAX + 1);
    close_both(&r, &a);
}
END_TEST

START_TEST(a_seq_that_leaves_no_room_above_it_is_refused)
{
    struct rig r;
    struct agent a;
    leases = devices = 1;
    open(&r, &a);
    say_sync(&a, UINT64_MAX);
    expect_end(&a, ERR_INVALID, "ever had the seq 18446744073709551615");
    close_both(&r, &a);
}
END_TEST

/* A set without it would be an order to kill what runs. */
START_TEST(a_lease_that_cannot_be_granted_fails_the_sync)
{
    static const struct {
        size_t leases, devices;
        const char *text;
    } cases[] = {
        {1, GRANT_DEVICES_MAX + 1, "lease lease-0 can't be granted"},
        {129, 1, "lease lease-128 can't be granted"},
    };
    struct rig r;
    struct agent a;
    leases = cases[_i].leases;
    devices = cases[_i].devices;
    open(&r, &a);
    say_sync(&a, 0);
    expect_end(&a, ERR_INTERNAL, cases[_i].text);
    close_both(&r, &a);
}
END_TEST

START_TEST(as_many_leases_as_one_answer_holds_are_granted)
{
    struct rig r;
    struct agent a;
    leases = 128;
    devices = 1;
    open(&r, &a);
    say_sync(&a, 0);
    Pumasi__V1__ServerMessage *m = hear(&a);
    ck_assert_ptr_nonnull(m);
    ck_assert_uint_eq(m->grants->n_grants, 128);
    rpc_message_destroy(&m->base);
    close_both(&r, &a);
}
END_TEST

/* ---- Usage ----------------------------------------------------------------------------------- */

struct reported {
    Pumasi__V1__UsageInterval message;
    struct signature signature;
};

static void fill(const struct rig_person *node, uint64_t seq, struct reported *ret)
{
    Pumasi__V1__UsageInterval *m = &ret->message;
    pumasi__v1__usage_interval__init(m);
    m->node = "n1";
    m->boot_id = BOOT;
    m->seq = seq;
    m->lease = "lease-7";
    m->units = 7000;
    m->isolation = "whole";
    m->from = 1764547200;
    m->to = 1764550800;
    m->cause = "running";
    struct interval line = {.node = id_literal(m->node),
                            .boot_id = m->boot_id,
                            .seq = seq,
                            .lease = id_literal(m->lease),
                            .units = {m->units},
                            .isolation = m->isolation,
                            .from = {m->from},
                            .to = {m->to},
                            .cause = m->cause};
    CLEANUP_BUF struct buf text;
    buf_init(&text, INTERVAL_LINE_MAX);
    interval_format(&line, &text);
    ck_assert_int_eq(sign_bytes(node->key, buf_span(&text), &ret->signature, NULL), 0);
    m->signature = (ProtobufCBinaryData){.len = ret->signature.len, .data = ret->signature.data};
}

static void say_usage(struct agent *a, struct reported *reported, size_t n)
{
    Pumasi__V1__UsageInterval *all[INTERVAL_REPORT_MAX + 1];
    Pumasi__V1__UsageReport report = PUMASI__V1__USAGE_REPORT__INIT;
    Pumasi__V1__AgentMessage message = PUMASI__V1__AGENT_MESSAGE__INIT;
    for (size_t i = 0; i < n; i++)
        all[i] = &reported[i].message;
    report.n_intervals = n;
    report.intervals = all;
    message.body_case = PUMASI__V1__AGENT_MESSAGE__BODY_USAGE;
    message.usage = &report;
    say(a, &message);
}

static void expect_ack(struct agent *a, const char *boot, uint64_t seq)
{
    Pumasi__V1__ServerMessage *m = hear(a);
    ck_assert_msg(m != NULL, "%s", a->status.text);
    ck_assert_int_eq(m->body_case, PUMASI__V1__SERVER_MESSAGE__BODY_USAGE);
    ck_assert_str_eq(m->usage->boot_id, boot);
    ck_assert_uint_eq(m->usage->seq, seq);
    rpc_message_destroy(&m->base);
}

START_TEST(a_bad_interval_is_acknowledged_and_the_stream_goes_on)
{
    struct rig r;
    struct agent a;
    struct reported u[6];
    leases = 0;
    open(&r, &a);
    for (uint64_t i = 0; i < 6; i++)
        fill(rig_person(&r, "n1"), i + 1, &u[i]);
    u[1].message.units = 14000;               /* not what was signed */
    fill(rig_person(&r, "op.skt"), 3, &u[2]); /* by another key */
    u[3].message.lease = "Not An Id";         /* can't be read */
    u[4].message.signature.len = 0;
    u[5].message.isolation = "magic";
    for (int again = 0; again < 2; again++) {
        say_usage(&a, u, 6);
        expect_ack(&a, BOOT, 6);
    }
    struct engine_status status;
    engine_status(r.engine, &status);
    ck_assert(status.leader);
    close_both(&r, &a);
}
END_TEST

START_TEST(an_acknowledgement_is_of_one_boot)
{
    struct rig r;
    struct agent a;
    struct reported u[2];
    leases = 0;
    open(&r, &a);
    fill(rig_person(&r, "n1"), 90, &u[0]);
    fill(rig_person(&r, "n1"), 7, &u[1]);
    u[1].message.boot_id = "ffffffff-4b5a-6978-8796-a5b4c3d2e1f0";
    say_usage(&a, u, 2);
    expect_ack(&a, "ffffffff-4b5a-6978-8796-a5b4c3d2e1f0", 7);
    close_both(&r, &a);
}
END_TEST

START_TEST(a_report_has_at_most_as_many_as_a_transaction_takes)
{
    struct rig r;
    struct agent a;
    struct reported u[INTERVAL_REPORT_MAX + 1];
    leases = 0;
    open(&r, &a);
    for (uint64_t i = 0; i <= INTERVAL_REPORT_MAX; i++)
        fill(rig_person(&r, "n1"), i + 1, &u[i]);
    say_usage(&a, u, INTERVAL_REPORT_MAX);
    expect_ack(&a, BOOT, INTERVAL_REPORT_MAX);
    say_usage(&a, u, INTERVAL_REPORT_MAX + 1);
    expect_end(&a, ERR_LIMIT, "usage.intervals: 33, more than 32");
    close_both(&r, &a);
}
END_TEST

/* ---- Renewing -------------------------------------------------------------------------------- */

static void say_renew(struct agent *a, const char *csr_pem)
{
    Pumasi__V1__Renew renew = PUMASI__V1__RENEW__INIT;
    Pumasi__V1__AgentMessage message = PUMASI__V1__AGENT_MESSAGE__INIT;
    renew.csr_pem = (char *)csr_pem;
    message.body_case = PUMASI__V1__AGENT_MESSAGE__BODY_RENEW;
    message.renew = &renew;
    say(a, &message);
}

START_TEST(a_node_gets_a_new_certificate_on_its_stream_and_goes_on)
{
    struct rig r;
    struct agent a;
    struct cert cert;
    CLEANUP_BUF struct buf csr;
    buf_init(&csr, CSR_PEM_MAX);
    leases = 0;
    open(&r, &a);
    struct public_key public = key_public(rig_person(&r, "n1")->key);
    ck_assert_int_eq(csr_create(rig_person(&r, "n1")->key, &csr, NULL), 0);
    say_renew(&a, csr.data);
    Pumasi__V1__ServerMessage *m = hear(&a);
    ck_assert_msg(m != NULL, "%s", a.status.text);
    ck_assert_int_eq(m->body_case, PUMASI__V1__SERVER_MESSAGE__BODY_RENEWED);
    ck_assert_int_eq(cert_parse(span_text(m->renewed->certificate_pem), &cert, NULL), 0);
    ck_assert_str_eq(cert.subject.name.text, "n1");
    ck_assert_int_eq(cert.subject.kind, IDENTITY_NODE);
    ck_assert(public_key_equal(&cert.key, &public));
    ck_assert(span_equal(span_text(m->renewed->ca_pem), buf_span(&r.ca)));
    rpc_message_destroy(&m->base);
    say_sync(&a, 0);
    m = hear(&a);
    ck_assert_int_eq(m->body_case, PUMASI__V1__SERVER_MESSAGE__BODY_GRANTS);
    ck_assert_uint_eq(strlen(m->grants->trust), 64);
    rpc_message_destroy(&m->base);
    close_both(&r, &a);
}
END_TEST

START_TEST(a_renewal_that_proves_no_key_ends_the_stream)
{
    struct rig r;
    struct agent a;
    leases = 0;
    open(&r, &a);
    say_renew(&a, "none");
    expect_end(&a, ERR_INVALID, "");
    close_both(&r, &a);
}
END_TEST

static Suite *node_service_suite(void)
{
    Suite *s = suite_create("api/node_service");
    TCase *c = tcase_create("streams");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_sync_is_answered_with_seqs_above_all_that_the_node_holds);
    tcase_add_test(c, a_seq_that_leaves_no_room_above_it_is_refused);
    tcase_add_loop_test(c, a_lease_that_cannot_be_granted_fails_the_sync, 0, 2);
    tcase_add_test(c, as_many_leases_as_one_answer_holds_are_granted);
    tcase_add_test(c, a_bad_interval_is_acknowledged_and_the_stream_goes_on);
    tcase_add_test(c, an_acknowledgement_is_of_one_boot);
    tcase_add_test(c, a_report_has_at_most_as_many_as_a_transaction_takes);
    tcase_add_test(c, a_node_gets_a_new_certificate_on_its_stream_and_goes_on);
    tcase_add_test(c, a_renewal_that_proves_no_key_ends_the_stream);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(node_service_suite)

/* Owns its link, meter and key. What it holds is a short list; what it reports waits in memory. */
#include "tests/support/load/load_node.h"

#include "lib/base/text.h"
#include "nodeagent/agent/meter.h"

#include <stdio.h>
#include <stdlib.h>

#define NS_PER_MS   INT64_C(1000000)
#define NEVER_NS    INT64_MAX
#define ANSWER_MS   10000 /* a question is asked again after this long */
#define RETRY_MS    200
#define STAND_IN    4 /* character device major of the GPUs that are not there */
#define PENDING_MAX 1024

struct holding {
    struct metered_lease lease;
    uint64_t fence, seq;
    bool named;          /* by the last grant set */
    bool leaving;        /* no longer granted */
    bool told;           /* that it was returned */
    int64_t returned_at; /* boot clock, ns */
    struct holding *next;
};

struct load_node {
    struct load_node_options options;
    struct load_counts *counts;
    struct id name;
    char boot_id[40];
    struct key *key;
    struct id key_id;
    struct inventory inventory;
    struct link *link;
    struct meter *meter;
    struct holding *holdings;
    struct span pending[PENDING_MAX]; /* packed intervals, owned; a ring */
    size_t pending_first, pending_count;
    uint64_t next_seq;
    uint64_t asked_ns;
    int64_t link_at, sync_at;
    size_t reporting; /* intervals in the report under way */
    bool linked, answered, syncing;
};

static int64_t now_ns(const struct load_node *n)
{
    return env_boot(n->options.env).ns;
}

static void soon(struct load_node *n, int64_t ms)
{
    int64_t at = now_ns(n) + ms * NS_PER_MS;
    if (at < n->sync_at)
        n->sync_at = at;
}

/* ---- making ---- */

static void make_boot_id(struct load_node *n)
{
    uint8_t bytes[16];
    char hex[33];
    n->options.env->random(n->options.env->world, bytes, sizeof bytes);
    text_hex(hex, bytes, sizeof bytes);
    (void)snprintf(n->boot_id, sizeof n->boot_id, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
                   hex + 12, hex + 16, hex + 20);
}

static void make_inventory(struct load_node *n)
{
    n->inventory.count = n->options.gpus;
    for (uint32_t i = 0; i < n->options.gpus; i++) {
        struct inventory_device *d = &n->inventory.devices[i];
        *d = (struct inventory_device){
            .index = i, .major = STAND_IN, .minor = i + 1, .memory_mib = 183359};
        (void)snprintf(d->uuid, sizeof d->uuid, "GPU-%.38s-%02u", n->name.text, i % 100);
        (void)text_cut(d->model, sizeof d->model, n->options.model);
    }
}

int load_node_create(const struct load_node_options *options,
                     const struct load_node_identity *identity, struct load_counts *counts,
                     struct load_node **ret, struct err *err)
{
    struct load_node *n = calloc(1, sizeof *n);
    struct rpc_tls_pem pem = {
        .ca = identity->ca_pem, .cert = identity->cert_pem, .key = identity->key_pem};
    ENSURE(n && options->gpus >= 1 && options->gpus <= LIMIT_GPUS_PER_NODE);
    n->options = *options;
    n->counts = counts;
    n->name = identity->name;
    n->meter = meter_create();
    n->next_seq = 1;
    n->sync_at = NEVER_NS;
    make_boot_id(n);
    make_inventory(n);
    int rc = key_parse(identity->key_pem, &n->key, err);
    if (rc == 0)
        rc = link_create(options->loop, options->servers, &pem, &n->link, err);
    if (rc < 0) {
        load_node_destroy(n);
        return rc;
    }
    struct public_key public_half = key_public(n->key);
    n->key_id = public_key_id(&public_half);
    *ret = n;
    return 0;
}

static struct span *pending_at(struct load_node *n, size_t i)
{
    return &n->pending[(n->pending_first + i) % PENDING_MAX];
}

static void drop_pending(struct load_node *n, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free((void *)pending_at(n, i)->data);
    n->pending_first = (n->pending_first + count) % PENDING_MAX;
    n->pending_count -= count;
}

void load_node_destroy(struct load_node *n)
{
    if (!n)
        return;
    link_destroy(n->link);
    while (n->holdings) {
        struct holding *h = n->holdings;
        n->holdings = h->next;
        free(h);
    }
    drop_pending(n, n->pending_count);
    meter_destroy(n->meter);
    key_destroy(n->key);
    free(n);
}

int load_node_fd(const struct load_node *n)
{
    return link_fd(n->link);
}

/* ---- usage ---- */

static bool emit(const struct metered *metered, void *arg)
{
    struct load_node *n = arg;
    CLEANUP_BUF struct buf text;
    struct buf packed;
    buf_init(&text, INTERVAL_LINE_MAX);
    if (n->options.usage_period_s == 0 || n->pending_count == PENDING_MAX)
        return true;
    struct link_interval interval = {
        .interval = {.node = n->name,
                     .boot_id = n->boot_id,
                     .seq = n->next_seq++,
                     .lease = metered->lease.lease,
                     .units = metered->lease.units,
                     .isolation = metered->lease.isolation,
                     .from = metered->from,
                     .to = metered->to,
                     .cause = metered->cause},
        .organisation = metered->lease.organisation,
        .project = metered->lease.project,
        .model = metered->lease.model,
        .key_id = n->key_id,
    };
    buf_init(&packed, 4096);
    interval_format(&interval.interval, &text);
    ENSURE(sign_bytes(n->key, buf_span(&text), &interval.signature, NULL) == 0);
    link_pack_interval(&interval, &packed);
    size_t len = packed.len;
    *pending_at(n, n->pending_count++) = span_of(buf_detach(&packed), len);
    n->counts->intervals++;
    return true;
}

static void report(struct load_node *n)
{
    struct span intervals[LINK_USAGE_MAX];
    size_t count = n->pending_count < LINK_USAGE_MAX ? n->pending_count : LINK_USAGE_MAX;
    if (!n->answered || n->reporting > 0 || count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        intervals[i] = *pending_at(n, i);
    if (link_send_usage(n->link, intervals, count, NULL) == 0)
        n->reporting = count;
}

/* ---- holding ---- */

static struct holding *find(struct load_node *n, const struct id *lease)
{
    for (struct holding *h = n->holdings; h; h = h->next) {
        if (id_equal(&h->lease.lease, lease))
            return h;
    }
    return NULL;
}

static struct holding *take_up(struct load_node *n, const struct link_grant *from,
                               const struct grant *grant)
{
    struct holding *h = calloc(1, sizeof *h);
    ENSURE(h);
    h->lease = (struct metered_lease){.lease = from->lease,
                                      .organisation = from->organisation,
                                      .project = from->project,
                                      .units = grant->share};
    (void)text_cut(h->lease.model, sizeof h->lease.model, from->model);
    (void)text_cut(h->lease.isolation, sizeof h->lease.isolation,
                   grant_isolation_name(grant->isolation));
    h->next = n->holdings;
    n->holdings = h;
    n->counts->grants++;
    n->counts->held++;
    soon(n, 0);
    return h;
}

static void on_grant(struct load_node *n, const struct link_grant *from)
{
    struct grant grant;
    struct span bytes = span_of(from->install.grant.data, from->install.grant.len);
    ENSURE(grant_decode(bytes, &grant, NULL) == 0);
    struct holding *h = find(n, &from->lease);
    if (h && h->leaving)
        return; /* on its way back; granted anew after that */
    if (!h)
        h = take_up(n, from, &grant);
    h->fence = grant.fence;
    h->seq = grant.seq;
    h->named = true;
    if (meter_open(n->meter, &h->lease, (uint64_t)now_ns(n), NULL) < 0)
        h->named = false; /* more than a node can hold: goes back */
}

static void leave(struct load_node *n, struct holding *h)
{
    h->leaving = true;
    h->returned_at = now_ns(n) + (int64_t)n->options.return_ms * NS_PER_MS;
    meter_close(n->meter, &h->lease.lease, (uint64_t)now_ns(n), emit, n);
    n->counts->returns++;
    n->counts->held--;
    if (n->options.trace)
        printf("left %s %lld\n", h->lease.lease.text, (long long)now_ns(n));
    soon(n, n->options.return_ms);
}

static void forget_told(struct load_node *n)
{
    for (struct holding **at = &n->holdings; *at;) {
        struct holding *h = *at;
        if (h->told) {
            *at = h->next;
            free(h);
        } else {
            at = &h->next;
        }
    }
}

static void on_grants(struct load_node *n, const struct link_grants *grants)
{
    if (!n->answered)
        n->counts->attached++;
    n->answered = true;
    n->syncing = false;
    n->sync_at = now_ns(n) + (int64_t)grants->sync_after_ms * NS_PER_MS;
    if (n->options.heartbeat_s > 0)
        soon(n, (int64_t)n->options.heartbeat_s * 1000);
    meter_set_time(n->meter, grants->server_time, n->asked_ns);
    forget_told(n);
    for (struct holding *h = n->holdings; h; h = h->next)
        h->named = false;
    for (size_t i = 0; i < grants->n; i++)
        on_grant(n, &grants->items[i]);
    for (struct holding *h = n->holdings; h; h = h->next) {
        if (!h->named && !h->leaving)
            leave(n, h);
    }
}

/* ---- the link ---- */

static void ask(struct load_node *n)
{
    struct link_held held[GUARD_LEASES_MAX];
    uint8_t nonce[GRANT_NONCE_BYTES];
    size_t count = 0;
    n->options.env->random(n->options.env->world, nonce, sizeof nonce);
    n->asked_ns = (uint64_t)now_ns(n);
    n->sync_at = now_ns(n) + ANSWER_MS * NS_PER_MS;
    for (struct holding *h = n->holdings; h && count < GUARD_LEASES_MAX; h = h->next) {
        h->told = h->leaving && h->returned_at <= now_ns(n);
        held[count++] = (struct link_held){.lease = h->lease.lease,
                                           .fence = h->fence,
                                           .seq = h->seq,
                                           .state = h->told      ? "returned"
                                                    : h->leaving ? "draining"
                                                                 : "active"};
    }
    if (link_send_sync(n->link, nonce, n->asked_ns / (uint64_t)NS_PER_MS, held, count, NULL) == 0) {
        n->counts->syncs++;
        n->syncing = true;
    }
}

static void connect_again(struct load_node *n)
{
    struct link_hello hello = {.node = &n->name,
                               .boot_id = n->boot_id,
                               .version = PUMASI_VERSION,
                               .tier = "bpf",
                               .inventory = &n->inventory};
    n->link_at = now_ns(n) + RETRY_MS * NS_PER_MS;
    if (link_open(n->link, NULL) < 0 || link_send_hello(n->link, &hello, NULL) < 0)
        return;
    n->linked = true;
    n->syncing = false;
    n->sync_at = now_ns(n);
}

static void on_down(struct load_node *n, const struct err *why)
{
    (void)fprintf(stderr, "%s: %s\n", n->name.text, why->text);
    if (n->answered)
        n->counts->attached--;
    n->counts->downs++;
    n->linked = false;
    n->answered = false;
    n->reporting = 0;
    n->link_at = now_ns(n) + RETRY_MS * NS_PER_MS;
}

static void on_ack(struct load_node *n)
{
    drop_pending(n, n->reporting);
    n->counts->acks += n->reporting;
    n->reporting = 0;
}

void load_node_hear(struct load_node *n)
{
    struct link_event event;
    while (link_take(n->link, &event)) {
        switch (event.kind) {
        case LINK_GRANTS:
            on_grants(n, &event.grants);
            break;
        case LINK_ACK:
            on_ack(n);
            break;
        case LINK_RENEWED: /* never asked for */
        case LINK_POKE:
            soon(n, 0);
            break;
        case LINK_DOWN:
            on_down(n, &event.err);
            break;
        }
        link_event_fini(&event);
    }
}

void load_node_tick(struct load_node *n)
{
    int64_t now = now_ns(n);
    if (!n->linked && now >= n->link_at)
        connect_again(n);
    if (n->options.usage_period_s > 0)
        meter_cut(n->meter, (uint64_t)now, n->options.usage_period_s, emit, n);
    if (n->linked && now >= n->sync_at &&
        (!n->syncing || now >= (int64_t)n->asked_ns + ANSWER_MS * NS_PER_MS))
        ask(n);
    report(n);
}

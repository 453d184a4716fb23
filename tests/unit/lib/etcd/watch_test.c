#include "lib/etcd/watch.h"

#include "lib/base/buf.h"
#include "lib/etcd/maintenance.h"
#include "lib/rpc/server.h"
#include "lib/rpc/server_call.h"
#include "tests/unit/lib/etcd/etcd_fixture.h"

#include <etcd/rpc.pb-c.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Watches on a real etcd that is killed and compacted, and on a server that plays a script. */
#define WAIT_MS 5000

static struct fixture f;

/* What a watch showed, as text: "+key=value " and "-key ". */
struct seen {
    pthread_mutex_t mutex;
    struct buf text;
    size_t events;
    int64_t revision;
    bool disorder; /* revisions went back, or a batch's revision is not its last event's */
    atomic_int lost;
    _Atomic int64_t progress;
    _Atomic int64_t compacted;
};

static void note_event(struct seen *seen, const struct etcd_event *e)
{
    seen->disorder |= e->kv.mod_revision < seen->revision;
    seen->revision = e->kv.mod_revision;
    seen->events++;
    buf_append_char(&seen->text, e->deleted ? '-' : '+');
    buf_append(&seen->text, e->kv.key.data, e->kv.key.len);
    if (!e->deleted) {
        buf_append_char(&seen->text, '=');
        buf_append(&seen->text, e->kv.value.data, e->kv.value.len < 8 ? e->kv.value.len : 8);
    }
    buf_append_char(&seen->text, ' ');
}

static void on_events(const struct etcd_event *events, size_t n, int64_t revision, void *ud)
{
    struct seen *seen = ud;
    pthread_mutex_lock(&seen->mutex);
    seen->disorder |= seen->events > 0 && events[0].kv.mod_revision <= seen->revision;
    for (size_t i = 0; i < n; i++)
        note_event(seen, &events[i]);
    seen->disorder |= revision != seen->revision;
    pthread_mutex_unlock(&seen->mutex);
}

static void on_progress(int64_t revision, void *ud)
{
    struct seen *s = ud;
    atomic_store(&s->progress, revision);
}

static void on_lost(const struct err *err, void *ud)
{
    struct seen *seen = ud;
    if (err->code == ERR_UNAVAILABLE && err->text[0] != '\0')
        atomic_fetch_add(&seen->lost, 1);
}

static void on_compacted(int64_t compact_revision, void *ud)
{
    struct seen *seen = ud;
    atomic_store(&seen->compacted, compact_revision);
}

static const struct etcd_watch_ops ops = {.on_events = on_events,
                                          .on_progress = on_progress,
                                          .on_lost = on_lost,
                                          .on_compacted = on_compacted};

static struct seen seen;

static void set_up_script(void)
{
    memset(&seen, 0, sizeof(seen));
    pthread_mutex_init(&seen.mutex, NULL);
    buf_init(&seen.text, 1 << 20);
    fixture_init(&f);
}

static void set_up(void)
{
    set_up_script();
    fixture_start_etcd(&f);
}

static void tear_down(void)
{
    fixture_fini(&f);
    buf_fini(&seen.text);
    pthread_mutex_destroy(&seen.mutex);
}

static size_t seen_events(void)
{
    pthread_mutex_lock(&seen.mutex);
    size_t n = seen.events;
    pthread_mutex_unlock(&seen.mutex);
    return n;
}

static int64_t put(const char *key, const char *value)
{
    struct etcd_result result;
    etcd_put(f.client, span_text(key), span_text(value), 0, WAIT_MS, &result);
    ck_assert_msg(result.outcome == ETCD_OK, "%s", result.err.text);
    return result.revision;
}

static struct etcd_watch *watch(int64_t from)
{
    return etcd_watch_create(f.client, span_text("/w/"), from, &ops, &seen);
}

START_TEST(changes_of_the_prefix_come_from_the_revision_on)
{
    put("/w/old", "0");
    int64_t from = put("/w/a", "1");
    put("/v/a", "no");
    struct etcd_watch *w = watch(from);
    put("/w/a", "2");
    struct etcd_result result;
    etcd_delete(f.client, span_text("/w/a"), WAIT_MS, &result);
    EVENTUALLY(seen_events() == 3);
    etcd_watch_destroy(w);
    ck_assert_str_eq(seen.text.data, "+/w/a=1 +/w/a=2 -/w/a ");
    ck_assert_int_eq(seen.revision, result.revision);
    ck_assert(!seen.disorder);
    ck_assert_int_eq(atomic_load(&seen.lost), 0);
}
END_TEST

START_TEST(all_events_of_a_revision_come_in_one_batch)
{
    struct etcd_op op[20];
    char keys[20][16];
    struct etcd_result result;
    struct etcd_watch *w = watch(put("/v", "x") + 1);
    for (int i = 0; i < 20; i++) {
        snprintf(keys[i], sizeof(keys[i]), "/w/%02d", i);
        op[i] = (struct etcd_op){ETCD_PUT, .key = span_text(keys[i]), .value = span_text("v")};
    }
    etcd_txn_wait(f.client, &(struct etcd_txn){.ops = op, .op_count = 20}, WAIT_MS, &result);
    EVENTUALLY(seen_events() > 0);
    ck_assert_uint_eq(seen_events(), 20);
    etcd_watch_destroy(w);
}
END_TEST

START_TEST(a_batch_in_fragments_arrives_whole)
{
    /* 24 MiB of history in revisions of three 1 MiB values: etcd sends it in fragments */
    size_t size = 1 << 20;
    char *value = calloc(1, size + 1);
    memset(value, 'x', size);
    int64_t from = 0;
    for (int i = 0; i < 8; i++) {
        struct etcd_result result;
        const struct etcd_op op[] = {
            {ETCD_PUT, .key = span_text("/w/a"), .value = span_of(value, size)},
            {ETCD_PUT, .key = span_text("/w/b"), .value = span_of(value, size)},
            {ETCD_PUT, .key = span_text("/w/c"), .value = span_of(value, size)},
        };
        etcd_txn_wait(f.client, &(struct etcd_txn){.ops = op, .op_count = 3}, WAIT_MS, &result);
        ck_assert_msg(result.outcome == ETCD_OK, "%s", result.err.text);
        from = from ? from : result.revision;
    }
    free(value);
    struct etcd_watch *w = watch(from);
    EVENTUALLY(seen_events() == 24);
    etcd_watch_destroy(w);
    ck_assert(!seen.disorder);
    ck_assert_int_eq(atomic_load(&seen.lost), 0);
}
END_TEST

START_TEST(a_watch_goes_on_behind_the_last_event_after_etcd_was_killed)
{
    struct etcd_watch *w = watch(put("/w/a", "1"));
    EVENTUALLY(seen_events() == 1);
    fixture_kill_etcd(&f);
    struct etcd_result result = {.outcome = ETCD_UNKNOWN};
    while (result.outcome != ETCD_OK)
        etcd_put(f.client, span_text("/w/b"), span_text("2"), 0, WAIT_MS, &result);
    EVENTUALLY(seen_events() >= 2);
    put("/w/c", "3");
    EVENTUALLY(seen_events() >= 3);
    etcd_watch_destroy(w);
    ck_assert(!seen.disorder);
    ck_assert_int_ge(atomic_load(&seen.lost), 1);
    ck_assert_msg(strncmp(seen.text.data, "+/w/a=1 +/w/b=2 ", 16) == 0, "%s", seen.text.data);
}
END_TEST

START_TEST(a_watch_from_a_compacted_revision_ends)
{
    int64_t first = put("/w/a", "1");
    put("/w/a", "2");
    int64_t last = put("/w/a", "3");
    ck_assert_int_eq(etcd_compact(f.client, last, WAIT_MS, NULL), 0);
    struct etcd_watch *w = watch(first);
    EVENTUALLY(atomic_load(&seen.compacted) != 0);
    etcd_watch_destroy(w);
    ck_assert_int_eq(atomic_load(&seen.compacted), last);
    ck_assert_uint_eq(seen_events(), 0);
    ck_assert_int_eq(atomic_load(&seen.lost), 0);
}
END_TEST

START_TEST(a_live_watch_survives_a_compaction)
{
    int64_t first = put("/w/a", "1");
    struct etcd_watch *w = watch(first);
    EVENTUALLY(seen_events() == 1);
    int64_t last = put("/v", "x");
    ck_assert_int_eq(etcd_compact(f.client, last, WAIT_MS, NULL), 0);
    put("/w/a", "2");
    EVENTUALLY(seen_events() == 2);
    etcd_watch_destroy(w);
    ck_assert_int_eq(atomic_load(&seen.compacted), 0);
}
END_TEST

START_TEST(destroying_at_any_moment_is_quiet)
{
    int64_t from = put("/w/a", "1");
    for (int i = 0; i < 20; i++)
        etcd_watch_destroy(watch(from));
    struct etcd_client *nobody = fixture_client(&f, "127.0.0.1:1", 0);
    etcd_watch_destroy(etcd_watch_create(nobody, span_text("/"), 1, &ops, &seen));
    etcd_client_destroy(nobody);
    etcd_watch_destroy(NULL);
    size_t n = seen_events();
    put("/w/a", "2");
    ck_assert_uint_eq(seen_events(), n);
}
END_TEST

/* ---- by script ---- */

/* One answer: events of these revisions (0 ends them), or something else. */
struct answer {
    int64_t events[4];
    bool fragment;
    int64_t header; /* of an answer without events: progress */
    bool created, cancelled;
    int64_t compacted;
    const char *reason;
};

/* What each stream is answered, in order; then it breaks, the last one stays. */
struct scene {
    struct answer answers[4];
    int n;
};

struct stage {
    struct rpc_server *server;
    const struct scene *scenes;
    int scene_count;
    atomic_int opened;
    int64_t starts[4]; /* start_revision of each stream */
    char endpoint[96];
};

static void send_answer(struct rpc_call *call, const struct answer *a)
{
    Etcdserverpb__ResponseHeader header = ETCDSERVERPB__RESPONSE_HEADER__INIT;
    Etcdserverpb__WatchResponse r = ETCDSERVERPB__WATCH_RESPONSE__INIT;
    Mvccpb__KeyValue kvs[4];
    Mvccpb__Event events[4];
    Mvccpb__Event *list[4];
    header.revision = a->header ? a->header : 1000;
    r.header = &header;
    r.created = a->created;
    r.canceled = a->cancelled;
    r.compact_revision = a->compacted;
    r.cancel_reason = (char *)(a->reason ? a->reason : "");
    r.fragment = a->fragment;
    for (int i = 0; i < 4 && a->events[i] != 0; i++) {
        mvccpb__key_value__init(&kvs[i]);
        mvccpb__event__init(&events[i]);
        kvs[i].key = (ProtobufCBinaryData){3, (uint8_t *)"/w/"};
        kvs[i].mod_revision = a->events[i];
        events[i].kv = &kvs[i];
        list[i] = &events[i];
        r.n_events++;
    }
    r.events = list;
    if (rpc_call_send(call, &r.base, NULL) < 0)
        return; /* the client has gone: nothing to play for */
}

static void on_stream(struct rpc_call *call, const ProtobufCMessage *request, void *arg)
{
    struct stage *stage = arg;
    const Etcdserverpb__WatchRequest *r = (const Etcdserverpb__WatchRequest *)request;
    if (r == NULL) {
        rpc_call_end(call);
        return;
    }
    int k = atomic_load(&stage->opened);
    const struct scene *scene = &stage->scenes[k < stage->scene_count ? k : stage->scene_count - 1];
    if (k < 4)
        stage->starts[k] = r->create_request->start_revision;
    for (int i = 0; i < scene->n; i++)
        send_answer(call, &scene->answers[i]);
    atomic_fetch_add(&stage->opened, 1);
    if (k + 1 < stage->scene_count)
        rpc_call_end(call); /* etcd went away, politely */
    else
        rpc_call_next(call);
}

static const struct rpc_method_row rows[] = {
    {.name = "Watch", .kind = RPC_BIDI, .handler = on_stream}};

static struct etcd_watch *play(struct stage *stage, const struct scene *scenes, int n)
{
    struct err err = ERR_INIT;
    const struct rpc_service service = {
        .descriptor = &etcdserverpb__watch__descriptor, .rows = rows, .row_count = 1, .arg = stage};
    int port = 0;
    *stage = (struct stage){
        .server = rpc_server_create(f.loop, NULL), .scenes = scenes, .scene_count = n};
    ck_assert_msg(rpc_server_add(stage->server, &service, &err) == 0, "%s", err.text);
    ck_assert_msg(rpc_server_listen(stage->server, "127.0.0.1:0", NULL, &port, &err) == 0, "%s",
                  err.text);
    rpc_server_start(stage->server);
    snprintf(stage->endpoint, sizeof(stage->endpoint), "127.0.0.1:%d", port);
    f.client = fixture_client(&f, stage->endpoint, 0);
    return watch(10);
}

static void close_stage(struct stage *stage, struct etcd_watch *w)
{
    etcd_watch_destroy(w);
    etcd_client_destroy(f.client);
    f.client = NULL;
    rpc_server_destroy(stage->server);
}

START_TEST(it_resumes_behind_the_last_event_not_behind_a_header)
{
    static const struct scene scenes[] = {
        {{{.created = true}, {.events = {10, 11}}, {.header = 500}}, 3},
        {{{.created = true}, {.events = {12}}}, 2},
    };
    struct stage stage;
    struct etcd_watch *w = play(&stage, scenes, 2);
    EVENTUALLY(seen_events() == 3);
    close_stage(&stage, w);
    ck_assert_int_eq(stage.starts[0], 10);
    ck_assert_int_eq(stage.starts[1], 12);
    ck_assert_int_eq(atomic_load(&seen.progress), 500);
    ck_assert_int_eq(atomic_load(&seen.lost), 1);
}
END_TEST

START_TEST(events_that_come_again_are_dropped)
{
    static const struct scene scenes[] = {
        {{{.created = true}, {.events = {10, 11}}, {.events = {9, 10, 11, 12}}, {.events = {11}}},
         4},
        {{{.created = true}, {.events = {12, 13}}}, 2},
    };
    struct stage stage;
    struct etcd_watch *w = play(&stage, scenes, 2);
    EVENTUALLY(seen_events() == 4);
    close_stage(&stage, w);
    ck_assert_int_eq(stage.starts[1], 13);
    ck_assert(!seen.disorder);
    ck_assert_int_eq(seen.revision, 13);
}
END_TEST

START_TEST(fragments_are_one_batch_and_half_a_batch_is_none)
{
    static const struct scene scenes[] = {
        {{{.created = true},
          {.events = {10}, .fragment = true},
          {.events = {11}, .fragment = true}},
         3}, /* breaks in the middle */
        {{{.created = true}, {.events = {10}, .fragment = true}, {.events = {11, 11}}}, 3},
    };
    struct stage stage;
    struct etcd_watch *w = play(&stage, scenes, 2);
    EVENTUALLY(seen_events() == 3);
    close_stage(&stage, w);
    ck_assert_int_eq(stage.starts[1], 10);
    ck_assert_str_eq(seen.text.data, "+/w/= +/w/= +/w/= ");
}
END_TEST

START_TEST(a_cancelled_watch_is_opened_again_unless_compacted)
{
    static const struct scene scenes[] = {
        {{{.created = true}, {.cancelled = true, .reason = "etcdserver: no leader"}}, 2},
        {{{.created = true}, {.events = {20}}}, 2},
        {{{.created = true}, {.cancelled = true, .compacted = 77}, {.events = {80}}}, 3},
    };
    struct stage stage;
    struct etcd_watch *w = play(&stage, scenes, 3);
    EVENTUALLY(atomic_load(&seen.compacted) != 0);
    close_stage(&stage, w);
    ck_assert_int_eq(stage.starts[1], 10);
    ck_assert_int_eq(stage.starts[2], 21);
    ck_assert_int_eq(atomic_load(&seen.compacted), 77);
    ck_assert_int_eq(atomic_load(&seen.lost), 2);
    ck_assert_uint_eq(seen_events(), 1); /* nothing follows a compaction */
    ck_assert_int_eq(atomic_load(&stage.opened), 3);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lib/etcd/watch");
    TCase *t = tcase_create("real etcd");
    tcase_set_timeout(t, 40);
    tcase_add_checked_fixture(t, set_up, tear_down);
    if (fixture_has_etcd()) {
        tcase_add_test(t, changes_of_the_prefix_come_from_the_revision_on);
        tcase_add_test(t, all_events_of_a_revision_come_in_one_batch);
        tcase_add_test(t, a_batch_in_fragments_arrives_whole);
        tcase_add_test(t, a_watch_goes_on_behind_the_last_event_after_etcd_was_killed);
        tcase_add_test(t, a_watch_from_a_compacted_revision_ends);
        tcase_add_test(t, a_live_watch_survives_a_compaction);
        tcase_add_test(t, destroying_at_any_moment_is_quiet);
    }
    suite_add_tcase(s, t);
    TCase *script = tcase_create("script");
    tcase_set_timeout(script, 30);
    tcase_add_checked_fixture(script, set_up_script, tear_down);
    tcase_add_test(script, it_resumes_behind_the_last_event_not_behind_a_header);
    tcase_add_test(script, events_that_come_again_are_dropped);
    tcase_add_test(script, fragments_are_one_batch_and_half_a_batch_is_none);
    tcase_add_test(script, a_cancelled_watch_is_opened_again_unless_compacted);
    suite_add_tcase(s, script);
    return s;
}

SUITE_MAIN(suite)

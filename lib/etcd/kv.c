#include "lib/etcd/kv.h"

#include "lib/etcd/call.h"
#include "lib/etcd/prefix.h"
#include "lib/rpc/message.h"

#include <etcd/rpc.pb-c.h>
#include <stdlib.h>
#include <string.h>

/*
 * Owns the messages of reads and transactions. A read is a loop of pages on the caller's thread; a
 * transaction is one block of memory that holds its message tree and lives until it is done.
 */
#define PAGE_KEYS   5000
#define PAGE_SHRINK 8

static ProtobufCBinaryData bytes_of(struct span s)
{
    return (ProtobufCBinaryData){.len = s.len, .data = (uint8_t *)s.data};
}

static struct span span_of_bytes(ProtobufCBinaryData b)
{
    return span_of(b.data, b.len);
}

static int64_t revision_of(const Etcdserverpb__ResponseHeader *header)
{
    return header != NULL ? header->revision : 0;
}

/* ---- reading ---- */

struct scan {
    struct etcd_client *client;
    Etcdserverpb__RangeRequest request;
    int64_t deadline_ms;
    etcd_kv_fn each;
    void *ud;
    size_t shown;
};

/* Fetches one page. *ret is NULL when it was too large to receive: the page is smaller now. */
static int fetch_page(struct scan *scan, Etcdserverpb__RangeResponse **ret, struct err *err)
{
    int64_t left_ms = scan->deadline_ms - etcd_client_now_ms(scan->client);
    if (left_ms <= 0)
        return err_set(err, ERR_UNAVAILABLE, "etcd: the listing took too long");
    const struct etcd_call_spec spec = {
        .method = {&etcdserverpb__kv__descriptor, "Range"},
        .message = &scan->request.base,
        .repeat = ETCD_REPEAT_READ,
        .timeout_ms = (unsigned)left_ms,
    };
    struct rpc_status status;
    ProtobufCMessage *reply = NULL;
    etcd_call_wait(scan->client, &spec, &status, &reply);
    bool too_large = status.code == RPC_RESOURCE_EXHAUSTED && scan->request.limit > 1 &&
                     strstr(status.text, "larger than max") != NULL;
    if (too_large)
        scan->request.limit = (scan->request.limit + PAGE_SHRINK - 1) / PAGE_SHRINK;
    else if (reply == NULL)
        return etcd_set_err(err, &status);
    *ret = (Etcdserverpb__RangeResponse *)reply;
    return 0;
}

static int show_page(struct scan *scan, const Etcdserverpb__RangeResponse *page)
{
    for (size_t i = 0; i < page->n_kvs; i++) {
        const Mvccpb__KeyValue *kv = page->kvs[i];
        const struct etcd_kv shown = {
            .key = span_of_bytes(kv->key),
            .value = span_of_bytes(kv->value),
            .create_revision = kv->create_revision,
            .mod_revision = kv->mod_revision,
            .lease_id = kv->lease,
        };
        TRY(scan->each(&shown, scan->ud));
        scan->shown++;
    }
    return 0;
}

static size_t page_limit(const struct etcd_range *range, size_t shown)
{
    size_t page = range->page ? range->page : PAGE_KEYS;
    size_t left = range->limit - shown;
    return range->limit != 0 && left < page ? left : page;
}

/* Shows the pages one after the other; all of the first one's revision. */
static int scan_pages(struct scan *scan, const struct etcd_range *range, struct etcd_prefix *prefix,
                      struct err *err)
{
    scan->request.limit = (int64_t)page_limit(range, 0);
    for (;;) {
        scan->request.key = bytes_of(span_of(prefix->start, prefix->start_len));
        Etcdserverpb__RangeResponse *page = NULL;
        TRY(fetch_page(scan, &page, err));
        if (page == NULL)
            continue;
        if (scan->request.revision == 0)
            scan->request.revision = revision_of(page->header);
        int rc = show_page(scan, page);
        bool more = page->more && page->n_kvs > 0;
        if (more)
            etcd_prefix_start_after(prefix, span_of_bytes(page->kvs[page->n_kvs - 1]->key));
        rpc_message_destroy(&page->base);
        if (rc < 0)
            return rc;
        if (!more || scan->shown == range->limit)
            return 0;
        int64_t limit = (int64_t)page_limit(range, scan->shown);
        if (limit < scan->request.limit)
            scan->request.limit = limit;
    }
}

int etcd_range(struct etcd_client *client, const struct etcd_range *range, etcd_kv_fn each,
               void *ud, int64_t *ret_revision, struct err *err)
{
    ENSURE(range->timeout_ms >= 1 && range->timeout_ms <= ETCD_TIMEOUT_MAX_MS);
    ENSURE(range->after.len == 0 || span_starts_with(range->after, range->prefix));
    struct etcd_prefix prefix;
    etcd_prefix_init(&prefix, range->prefix);
    if (range->after.len > 0)
        etcd_prefix_start_after(&prefix, range->after);
    struct scan scan = {
        .client = client,
        .request = ETCDSERVERPB__RANGE_REQUEST__INIT,
        .deadline_ms = etcd_client_now_ms(client) + range->timeout_ms,
        .each = each,
        .ud = ud,
    };
    scan.request.range_end = bytes_of(span_of(prefix.end, prefix.end_len));
    scan.request.revision = range->revision;
    scan.request.keys_only = range->keys_only;
    int rc = scan_pages(&scan, range, &prefix, err);
    etcd_prefix_fini(&prefix);
    if (rc == 0)
        *ret_revision = scan.request.revision;
    return rc;
}

int etcd_get(struct etcd_client *client, struct span key, unsigned timeout_ms, etcd_kv_fn each,
             void *ud, int64_t *ret_revision, struct err *err)
{
    struct scan scan = {
        .client = client,
        .request = ETCDSERVERPB__RANGE_REQUEST__INIT,
        .deadline_ms = etcd_client_now_ms(client) + timeout_ms,
        .each = each,
        .ud = ud,
    };
    scan.request.key = bytes_of(key);
    Etcdserverpb__RangeResponse *page = NULL;
    TRY(fetch_page(&scan, &page, err));
    int64_t revision = revision_of(page->header);
    int rc = show_page(&scan, page);
    rpc_message_destroy(&page->base);
    if (rc == 0)
        *ret_revision = revision;
    return rc;
}

/* ---- writing ---- */

/* One op with the message of its kind. */
struct op_message {
    Etcdserverpb__RequestOp op;
    union {
        Etcdserverpb__PutRequest put;
        Etcdserverpb__DeleteRangeRequest delete_range;
    } of;
};

struct txn_call {
    Etcdserverpb__TxnRequest request;
    etcd_result_fn done;
    void *ud;
    Etcdserverpb__Compare *compares;
    Etcdserverpb__Compare **compare_list;
    struct op_message *ops;
    Etcdserverpb__RequestOp **op_list;
};

static void *array_of(size_t n, size_t size)
{
    void *array = calloc(n ? n : 1, size);
    ENSURE(array != NULL);
    return array;
}

static void fill_compare(Etcdserverpb__Compare *c, const struct etcd_compare *from)
{
    etcdserverpb__compare__init(c);
    c->result = ETCDSERVERPB__COMPARE__COMPARE_RESULT__EQUAL;
    c->key = bytes_of(from->key);
    if (from->kind == ETCD_COMPARE_MOD) {
        c->target = ETCDSERVERPB__COMPARE__COMPARE_TARGET__MOD;
        c->target_union_case = ETCDSERVERPB__COMPARE__TARGET_UNION_MOD_REVISION;
        c->mod_revision = from->revision;
    } else {
        c->target = ETCDSERVERPB__COMPARE__COMPARE_TARGET__CREATE;
        c->target_union_case = ETCDSERVERPB__COMPARE__TARGET_UNION_CREATE_REVISION;
        c->create_revision = from->revision;
    }
}

static void fill_op(struct op_message *m, const struct etcd_op *from)
{
    etcdserverpb__request_op__init(&m->op);
    if (from->kind == ETCD_PUT) {
        etcdserverpb__put_request__init(&m->of.put);
        m->of.put.key = bytes_of(from->key);
        m->of.put.value = bytes_of(from->value);
        m->of.put.lease = from->lease_id;
        m->op.request_case = ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_PUT;
        m->op.request_put = &m->of.put;
    } else {
        etcdserverpb__delete_range_request__init(&m->of.delete_range);
        m->of.delete_range.key = bytes_of(from->key);
        m->op.request_case = ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_DELETE_RANGE;
        m->op.request_delete_range = &m->of.delete_range;
    }
}

static struct txn_call *txn_call_create(const struct etcd_txn *txn)
{
    struct txn_call *call = array_of(1, sizeof(*call));
    call->compares = array_of(txn->compare_count, sizeof(call->compares[0]));
    call->compare_list = array_of(txn->compare_count, sizeof(call->compare_list[0]));
    call->ops = array_of(txn->op_count, sizeof(call->ops[0]));
    call->op_list = array_of(txn->op_count, sizeof(call->op_list[0]));
    for (size_t i = 0; i < txn->compare_count; i++) {
        fill_compare(&call->compares[i], &txn->compares[i]);
        call->compare_list[i] = &call->compares[i];
    }
    for (size_t i = 0; i < txn->op_count; i++) {
        fill_op(&call->ops[i], &txn->ops[i]);
        call->op_list[i] = &call->ops[i].op;
    }
    etcdserverpb__txn_request__init(&call->request);
    call->request.compare = call->compare_list;
    call->request.n_compare = txn->compare_count;
    call->request.success = call->op_list;
    call->request.n_success = txn->op_count;
    return call;
}

static void txn_call_destroy(struct txn_call *call)
{
    free(call->compares);
    free(call->compare_list);
    free(call->ops);
    free(call->op_list);
    free(call);
}

static struct etcd_result result_of(const struct rpc_status *status, const ProtobufCMessage *reply)
{
    struct etcd_result result = {.outcome = etcd_outcome_of(status), .err = ERR_INIT};
    if (reply == NULL) {
        (void)etcd_set_err(&result.err, status);
        if (result.outcome == ETCD_UNKNOWN)
            result.err.code = ERR_UNKNOWN_OUTCOME;
        return result;
    }
    const Etcdserverpb__TxnResponse *r = (const Etcdserverpb__TxnResponse *)reply;
    result.revision = revision_of(r->header);
    result.outcome = r->succeeded ? ETCD_OK : ETCD_COMPARE_FAILED;
    if (result.revision <= 0) {
        result.outcome = ETCD_UNKNOWN;
        (void)err_set(&result.err, ERR_UNKNOWN_OUTCOME, "etcd: a reply without a revision");
    }
    return result;
}

static void on_txn(void *ud, const struct rpc_status *status, ProtobufCMessage *reply)
{
    struct txn_call *call = ud;
    struct etcd_result result = result_of(status, reply);
    rpc_message_destroy(reply);
    call->done(&result, call->ud);
    txn_call_destroy(call);
}

static struct etcd_call_spec txn_spec(const struct txn_call *call, unsigned timeout_ms)
{
    return (struct etcd_call_spec){
        .method = {&etcdserverpb__kv__descriptor, "Txn"},
        .message = &call->request.base,
        .repeat = ETCD_REPEAT_WRITE,
        .timeout_ms = timeout_ms,
    };
}

void etcd_txn_start(struct etcd_client *client, const struct etcd_txn *txn, unsigned timeout_ms,
                    etcd_result_fn done, void *ud)
{
    ENSURE(txn->op_count >= 1 && done != NULL);
    struct txn_call *call = txn_call_create(txn);
    call->done = done;
    call->ud = ud;
    const struct etcd_call_spec spec = txn_spec(call, timeout_ms);
    etcd_call_start(client, &spec, on_txn, call);
}

void etcd_txn_wait(struct etcd_client *client, const struct etcd_txn *txn, unsigned timeout_ms,
                   struct etcd_result *ret)
{
    struct txn_call *call = txn_call_create(txn);
    const struct etcd_call_spec spec = txn_spec(call, timeout_ms);
    struct rpc_status status;
    ProtobufCMessage *reply = NULL;
    etcd_call_wait(client, &spec, &status, &reply);
    *ret = result_of(&status, reply);
    rpc_message_destroy(reply);
    txn_call_destroy(call);
}

void etcd_put(struct etcd_client *client, struct span key, struct span value, int64_t lease_id,
              unsigned timeout_ms, struct etcd_result *ret)
{
    const struct etcd_op op = {ETCD_PUT, .key = key, .value = value, .lease_id = lease_id};
    etcd_txn_wait(client, &(struct etcd_txn){.ops = &op, .op_count = 1}, timeout_ms, ret);
}

void etcd_delete(struct etcd_client *client, struct span key, unsigned timeout_ms,
                 struct etcd_result *ret)
{
    const struct etcd_op op = {ETCD_DELETE, .key = key};
    etcd_txn_wait(client, &(struct etcd_txn){.ops = &op, .op_count = 1}, timeout_ms, ret);
}

#include "lib/store/txn.h"

#include "lib/base/limits.h"
#include "lib/store/store_internal.h"

#include <stdlib.h>

/*
 * Owns guards and operations; their bytes lie one after the other in one buffer, so entries hold
 * offsets. Pure but for memory.
 */
struct txn_guard {
    enum store_guard_kind kind;
    size_t key_at, key_len;
    int64_t revision;
};

struct txn_op {
    enum store_op_kind kind;
    size_t key_at, key_len;
    size_t value_at, value_len;
    int64_t lease_id;
};

struct store_txn {
    struct txn_guard guards[LIMIT_TXN_OPS];
    struct txn_op ops[LIMIT_TXN_OPS];
    size_t guard_count;
    size_t op_count;
    struct buf bytes;
};

struct store_txn *store_txn_create(void)
{
    struct store_txn *txn = calloc(1, sizeof(*txn));
    ENSURE(txn != NULL);
    buf_init(&txn->bytes, STORE_TXN_BYTES);
    return txn;
}

void store_txn_destroy(struct store_txn *txn)
{
    if (txn == NULL)
        return;
    buf_fini(&txn->bytes);
    free(txn);
}

struct store_txn *store_txn_clone(const struct store_txn *txn)
{
    struct store_txn *copy = store_txn_create();
    struct buf bytes = copy->bytes;
    *copy = *txn;
    copy->bytes = bytes;
    buf_append(&copy->bytes, txn->bytes.data, txn->bytes.len);
    return copy;
}

void store_txn_reset(struct store_txn *txn)
{
    txn->guard_count = 0;
    txn->op_count = 0;
    buf_reset(&txn->bytes);
}

bool store_txn_has_room(const struct store_txn *txn, size_t ops, size_t guards, size_t bytes)
{
    return txn->op_count + ops <= LIMIT_TXN_OPS && txn->guard_count + guards <= LIMIT_TXN_OPS &&
           txn->bytes.len + bytes <= STORE_TXN_BYTES;
}

/* Appends the bytes, for which there is room, and returns where. */
static size_t keep(struct store_txn *txn, struct span bytes)
{
    size_t at = txn->bytes.len;
    buf_append(&txn->bytes, bytes.data, bytes.len);
    ENSURE(!txn->bytes.full);
    return at;
}

static void ensure_key(struct span key)
{
    ENSURE(key.len >= 1 && key.len <= STORE_KEY_BYTES);
}

static int add_guard(struct store_txn *txn, enum store_guard_kind kind, struct span key,
                     int64_t revision)
{
    ensure_key(key);
    if (!store_txn_has_room(txn, 0, 1, key.len))
        return -ERR_LIMIT;
    struct txn_guard *g = &txn->guards[txn->guard_count++];
    *g = (struct txn_guard){.kind = kind, .key_len = key.len, .revision = revision};
    g->key_at = keep(txn, key);
    return 0;
}

int store_txn_guard_mod(struct store_txn *txn, struct span key, int64_t mod_revision)
{
    ENSURE(mod_revision > 0);
    return add_guard(txn, STORE_GUARD_MOD, key, mod_revision);
}

int store_txn_guard_create(struct store_txn *txn, struct span key, int64_t create_revision)
{
    ENSURE(create_revision >= 0);
    return add_guard(txn, STORE_GUARD_CREATE, key, create_revision);
}

static struct span span_at(const struct store_txn *txn, size_t at, size_t len)
{
    return span_of(txn->bytes.data + at, len);
}

static bool has_op_on(const struct store_txn *txn, struct span key)
{
    for (size_t i = 0; i < txn->op_count; i++)
        if (span_equal(span_at(txn, txn->ops[i].key_at, txn->ops[i].key_len), key))
            return true;
    return false;
}

static int add_op(struct store_txn *txn, enum store_op_kind kind, struct span key,
                  struct span value, int64_t lease_id)
{
    ensure_key(key);
    ENSURE(value.len <= LIMIT_VALUE_BYTES);
    if (!store_txn_has_room(txn, 1, 0, key.len + value.len))
        return -ERR_LIMIT;
    if (has_op_on(txn, key))
        return -ERR_EXISTS;
    struct txn_op *op = &txn->ops[txn->op_count++];
    *op = (struct txn_op){
        .kind = kind, .key_len = key.len, .value_len = value.len, .lease_id = lease_id};
    op->key_at = keep(txn, key);
    op->value_at = keep(txn, value);
    return 0;
}

int store_txn_put(struct store_txn *txn, struct span key, struct span value,
                  const struct store_lease *lease)
{
    return add_op(txn, STORE_OP_PUT, key, value, lease != NULL ? lease->id : 0);
}

int store_txn_delete(struct store_txn *txn, struct span key)
{
    return add_op(txn, STORE_OP_DELETE, key, span_of(NULL, 0), 0);
}

size_t store_txn_ops(const struct store_txn *txn)
{
    return txn->op_count;
}

size_t store_txn_guards(const struct store_txn *txn)
{
    return txn->guard_count;
}

size_t store_txn_bytes(const struct store_txn *txn)
{
    return txn->bytes.len;
}

struct store_guard store_txn_guard_at(const struct store_txn *txn, size_t i)
{
    ENSURE(i < txn->guard_count);
    const struct txn_guard *g = &txn->guards[i];
    return (struct store_guard){g->kind, span_at(txn, g->key_at, g->key_len), g->revision};
}

struct store_op store_txn_op_at(const struct store_txn *txn, size_t i)
{
    ENSURE(i < txn->op_count);
    const struct txn_op *op = &txn->ops[i];
    return (struct store_op){op->kind, span_at(txn, op->key_at, op->key_len),
                             span_at(txn, op->value_at, op->value_len), op->lease_id};
}

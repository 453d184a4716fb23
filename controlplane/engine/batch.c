/* A batch: touched objects as encoded bytes by key, and the commit entry that grows beside them. */
#include "controlplane/engine/batch.h"

#include "controlplane/engine/keys.h"
#include "lib/base/limits.h"
#include "lib/pki/digest.h"

#include <stdlib.h>
#include <uthash.h>

struct touched {
    struct store_key key;
    enum entity_kind kind;
    struct id id;
    bool deleted;
    struct buf value;
    UT_hash_handle hh;
};

struct batch {
    struct touched *objects; /* in order of the first touch */
    struct commit commit;
    struct store_txn *txn;
    size_t bytes;     /* of the objects' values */
    size_t log_bytes; /* at least what the log entry will take */
    bool sealed;
    uint8_t digest[DIGEST_BYTES]; /* of the log entry, once sealed */
};

struct batch *batch_create(void)
{
    struct batch *b = calloc(1, sizeof *b);
    ENSURE(b);
    b->txn = store_txn_create();
    return b;
}

void batch_reset(struct batch *b)
{
    struct touched *t, *tmp;
    HASH_ITER(hh, b->objects, t, tmp)
    {
        HASH_DEL(b->objects, t);
        buf_fini(&t->value);
        free(t);
    }
    record_fini(&commit_type, &b->commit);
    store_txn_reset(b->txn);
    b->bytes = 0;
    b->log_bytes = 0;
    b->sealed = false;
}

void batch_destroy(struct batch *b)
{
    if (!b)
        return;
    batch_reset(b);
    store_txn_destroy(b->txn);
    free(b);
}

bool batch_is_empty(const struct batch *b)
{
    return HASH_COUNT(b->objects) == 0 && b->commit.outcomes.n == 0 && b->commit.entries.n == 0;
}

static struct touched *find(const struct batch *b, const struct store_key *key)
{
    struct touched *t;
    HASH_FIND_STR(b->objects, key->text, t);
    return t;
}

bool batch_has_room(const struct batch *b, const struct parcel *parcel)
{
    size_t objects = HASH_COUNT(b->objects);
    size_t bytes = b->bytes + parcel->bytes;
    for (size_t i = 0; i < parcel->n; i++) {
        const struct touched *t = find(b, &parcel->objects[i].key);
        if (t)
            bytes -= t->value.len;
        else
            objects++;
    }
    return objects <= PARCEL_OBJECTS && bytes <= PARCEL_BYTES &&
           b->log_bytes + parcel->log_bytes <= PARCEL_LOG_BYTES;
}

static struct touched *touch(struct batch *b, const struct parcel_object *object)
{
    struct touched *t = find(b, &object->key);
    if (t)
        return t;
    t = calloc(1, sizeof *t);
    ENSURE(t);
    t->key = object->key;
    t->kind = object->kind;
    t->id = object->id;
    buf_init(&t->value, LIMIT_VALUE_BYTES);
    HASH_ADD_STR(b->objects, key.text, t);
    return t;
}

static void add_object(struct batch *b, struct parcel_object *object)
{
    struct touched *t = touch(b, object);
    struct buf old = t->value;
    b->bytes = b->bytes - old.len + object->value.len;
    t->value = object->value;
    t->deleted = object->deleted;
    object->value = old; /* goes with the parcel */
}

void batch_add(struct batch *b, struct parcel *parcel)
{
    ENSURE(!b->sealed && batch_has_room(b, parcel));
    for (size_t i = 0; i < parcel->n; i++)
        add_object(b, &parcel->objects[i]);
    LIST_EACH(const struct ledger_entry, entry, &parcel->entries)
    {
        struct ledger_entry *copy = record_list_add(&b->commit.entries, sizeof *copy);
        record_copy(&ledger_entry_type, copy, entry);
    }
    if (parcel->has_outcome) {
        struct outcome *copy = record_list_add(&b->commit.outcomes, sizeof *copy);
        *copy = parcel->outcome;
    }
    b->log_bytes += parcel->log_bytes;
    parcel_fini(parcel);
}

static void seal_object(struct batch *b, const struct mirror *m, const struct touched *t)
{
    struct span key = span_text(t->key.text);
    int64_t version = mirror_version(m, t->kind, &t->id);
    int rc = version ? store_txn_guard_mod(b->txn, key, version)
                     : store_txn_guard_create(b->txn, key, 0);
    ENSURE(rc == 0);
    rc = t->deleted ? store_txn_delete(b->txn, key)
                    : store_txn_put(b->txn, key, buf_span(&t->value), NULL);
    ENSURE(rc == 0);
}

const struct store_txn *batch_seal(struct batch *b, const struct mirror *m,
                                   const struct batch_seal *seal)
{
    ENSURE(!b->sealed && !batch_is_empty(b));
    b->sealed = true;
    b->commit.seq = mirror_seq(m) + 1;
    b->commit.writer = seal->writer;
    b->commit.write_id.len = sizeof seal->write_id;
    memcpy(b->commit.write_id.data, seal->write_id, sizeof seal->write_id);
    b->commit.at = seal->at;
    b->commit.next_number = seal->next_number;
    if (mirror_digest(m)) {
        b->commit.previous.len = DIGEST_BYTES;
        memcpy(b->commit.previous.data, mirror_digest(m), DIGEST_BYTES);
    }

    struct store_key log_key = keys_of_commit(b->commit.seq);
    CLEANUP_BUF struct buf entry;
    buf_init(&entry, LIMIT_VALUE_BYTES);
    codec_encode_commit(&b->commit, &entry);
    ENSURE(!entry.full);
    digest_sha256(buf_span(&entry), b->digest);
    int rc = store_txn_guard_mod(b->txn, span_text(KEY_LEADER), seal->fence);
    ENSURE(rc == 0);
    rc = store_txn_guard_create(b->txn, span_text(log_key.text), 0);
    ENSURE(rc == 0);
    rc = store_txn_put(b->txn, span_text(log_key.text), buf_span(&entry), NULL);
    ENSURE(rc == 0);
    for (const struct touched *t = b->objects; t; t = t->hh.next)
        seal_object(b, m, t);
    return b->txn;
}

const struct store_txn *batch_txn(const struct batch *b)
{
    ENSURE(b->sealed);
    return b->txn;
}

const struct commit *batch_commit(const struct batch *b)
{
    ENSURE(b->sealed);
    return &b->commit;
}

const uint8_t *batch_digest(const struct batch *b)
{
    ENSURE(b->sealed);
    return b->digest;
}

void batch_each(const struct batch *b, batch_visit_fn visit, void *arg)
{
    for (const struct touched *t = b->objects; t; t = t->hh.next)
        visit(t->kind, &t->id, t->deleted, arg);
}

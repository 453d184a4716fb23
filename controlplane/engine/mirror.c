/* The mirror: state, outcomes, and a map from key to the revision it was last put at. */
#include "controlplane/engine/mirror.h"

#include "controlplane/engine/codec.h"
#include "controlplane/engine/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

struct version {
    struct store_key key;
    int64_t revision;
    UT_hash_handle hh;
};

struct mirror {
    struct state *state;
    struct outcomes *outcomes;
    struct version *versions;
    uint64_t seq;
    int64_t revision;
    struct instant committed_at;
    uint8_t digest[DIGEST_BYTES]; /* of the last commit, unless seq = 0 */
};

static struct version *find(const struct mirror *m, const struct store_key *key)
{
    struct version *v;
    HASH_FIND_STR(m->versions, key->text, v);
    return v;
}

static void set_version(struct mirror *m, const struct store_key *key, int64_t revision)
{
    struct version *v = find(m, key);
    if (!v) {
        v = calloc(1, sizeof *v);
        ENSURE(v);
        v->key = *key;
        HASH_ADD_STR(m->versions, key.text, v);
    }
    v->revision = revision;
}

static void drop_version(struct mirror *m, const struct store_key *key)
{
    struct version *v = find(m, key);
    if (!v)
        return;
    HASH_DEL(m->versions, v);
    free(v);
}

struct loading {
    struct mirror *mirror;
    struct err *err;
};

/* Commits come in order. The first one that is still there may follow one that was sealed away. */
static bool follows(const struct mirror *m, const struct commit *commit)
{
    if (m->seq == 0)
        return true;
    return commit->seq == m->seq + 1 && commit->previous.len == DIGEST_BYTES &&
           memcmp(commit->previous.data, m->digest, DIGEST_BYTES) == 0;
}

static int load_commit(struct loading *l, const struct store_kv *kv, uint64_t seq)
{
    struct commit commit;
    TRY(codec_decode_commit(kv->value, &commit, l->err));
    if (commit.seq != seq || !follows(l->mirror, &commit)) {
        record_fini(&commit_type, &commit);
        return err_set(l->err, ERR_CORRUPT,
                       "it does not follow from the commit before: the log was edited");
    }
    LIST_EACH(const struct outcome, outcome, &commit.outcomes)
    {
        outcomes_add(l->mirror->outcomes, outcome, commit.at);
    }
    l->mirror->seq = seq;
    l->mirror->committed_at = commit.at;
    digest_sha256(kv->value, l->mirror->digest);
    state_set_next_number(l->mirror->state, commit.next_number);
    record_fini(&commit_type, &commit);
    return 0;
}

static int load_object(struct loading *l, const struct store_kv *kv, enum entity_kind kind,
                       const struct id *id)
{
    void *record;
    TRY(codec_decode_object(kind, kv->value, &record, l->err));
    if (!id_equal(entity_id(kind, record), id)) {
        record_destroy(entity_type(kind), record);
        return err_set(l->err, ERR_CORRUPT, "the object inside has another id");
    }
    state_load(l->mirror->state, kind, id, record);
    struct store_key key = keys_of(kind, id);
    set_version(l->mirror, &key, kv->mod_revision);
    return 0;
}

static int load_one(const struct store_kv *kv, void *ud)
{
    struct loading *l = ud;
    enum entity_kind kind;
    struct id id;
    uint64_t seq;
    int rc = 0;
    switch (keys_parse(kv->key, &kind, &id, &seq)) {
    case KEY_CLASS_OBJECT:
        rc = load_object(l, kv, kind, &id);
        break;
    case KEY_CLASS_COMMIT:
        rc = load_commit(l, kv, seq);
        break;
    case KEY_CLASS_LEADER:
        break;
    case KEY_CLASS_FOREIGN:
        rc = err_set(l->err, ERR_CORRUPT, "not a key of this version");
        break;
    }
    if (rc < 0)
        return err_prefix(l->err, rc, "key %.*s", (int)kv->key.len, (const char *)kv->key.data);
    return 0;
}

int mirror_load(struct store *store, struct mirror **ret, struct err *err)
{
    struct mirror *m = calloc(1, sizeof *m);
    ENSURE(m);
    m->state = state_create();
    m->outcomes = outcomes_create();
    struct loading loading = {.mirror = m, .err = err};
    struct store_range range = {.prefix = span_text(KEY_ROOT), .timeout_ms = MIRROR_LOAD_MS};
    int rc = store_range(store, &range, load_one, &loading, &m->revision, err);
    if (rc < 0) {
        mirror_destroy(m);
        return rc;
    }
    *ret = m;
    return 0;
}

void mirror_destroy(struct mirror *m)
{
    if (!m)
        return;
    struct version *v, *tmp;
    HASH_ITER(hh, m->versions, v, tmp)
    {
        HASH_DEL(m->versions, v);
        free(v);
    }
    outcomes_destroy(m->outcomes);
    state_destroy(m->state);
    free(m);
}

struct state *mirror_state(struct mirror *m)
{
    return m->state;
}

struct outcomes *mirror_outcomes(struct mirror *m)
{
    return m->outcomes;
}

uint64_t mirror_seq(const struct mirror *m)
{
    return m->seq;
}

int64_t mirror_revision(const struct mirror *m)
{
    return m->revision;
}

struct instant mirror_committed_at(const struct mirror *m)
{
    return m->committed_at;
}

int64_t mirror_version(const struct mirror *m, enum entity_kind kind, const struct id *id)
{
    struct store_key key = keys_of(kind, id);
    const struct version *v = find(m, &key);
    return v ? v->revision : 0;
}

void mirror_note(struct mirror *m, enum entity_kind kind, const struct id *id, int64_t revision,
                 bool deleted)
{
    struct store_key key = keys_of(kind, id);
    if (deleted)
        drop_version(m, &key);
    else
        set_version(m, &key, revision);
}

void mirror_note_commit(struct mirror *m, uint64_t seq, int64_t revision,
                        const uint8_t digest[DIGEST_BYTES])
{
    ENSURE(seq == m->seq + 1 && revision > m->revision);
    m->seq = seq;
    m->revision = revision;
    memcpy(m->digest, digest, DIGEST_BYTES);
}

const uint8_t *mirror_digest(const struct mirror *m)
{
    return m->seq ? m->digest : NULL;
}

struct checking {
    const struct mirror *mirror;
    size_t objects;
    int64_t revision; /* of the first listing; the others are as of that one */
    struct err *err;
};

static int changed(const struct checking *c, const struct store_kv *kv)
{
    return err_set(c->err, ERR_CONFLICT, "key %.*s was changed by someone else at revision %lld",
                   (int)kv->key.len, (const char *)kv->key.data, (long long)kv->mod_revision);
}

static int check_object(const struct store_kv *kv, void *ud)
{
    struct checking *c = ud;
    enum entity_kind kind;
    struct id id;
    c->objects++;
    if (keys_parse(kv->key, &kind, &id, NULL) == KEY_CLASS_OBJECT &&
        mirror_version(c->mirror, kind, &id) == kv->mod_revision)
        return 0;
    return changed(c, kv);
}

static int check_commit(const struct store_kv *kv, void *ud)
{
    return changed(ud, kv); /* one that came after the last of ours */
}

static int list(struct checking *c, struct store *store, const char *prefix, const char *after,
                store_kv_fn each)
{
    struct store_range range = {.prefix = span_text(prefix),
                                .after = span_text(after),
                                .revision = c->revision,
                                .timeout_ms = MIRROR_LOAD_MS,
                                .keys_only = true};
    return store_range(store, &range, each, c, &c->revision, c->err);
}

int mirror_check(struct mirror *m, struct store *store, struct err *err)
{
    struct checking checking = {.mirror = m, .err = err};
    struct store_key last = keys_of_commit(m->seq);
    TRY(list(&checking, store, KEY_LOG, last.text, check_commit));
    for (int kind = 0; kind < ENTITY_KIND_COUNT; kind++) {
        char prefix[KEY_CAP];
        (void)snprintf(prefix, sizeof prefix, KEY_ROOT "%s/",
                       entity_prefix((enum entity_kind)kind));
        TRY(list(&checking, store, prefix, "", check_object));
    }
    if (checking.objects != HASH_COUNT(m->versions))
        return err_set(err, ERR_CONFLICT, "the store holds %zu objects, %u are known here",
                       checking.objects, HASH_COUNT(m->versions));
    m->revision = checking.revision;
    return 0;
}

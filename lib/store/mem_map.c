#include "lib/store/mem_map.h"

#include "lib/base/err.h"

#include <stdlib.h>

/*
 * Owns keys, versions and the list of changes. Invariants: keys are sorted and each has at least
 * one version; the versions of a key and the changes are sorted by mod_revision; a change shares
 * the bytes of its version (refs). A deletion is a version with create_revision 0. Pure but for
 * memory.
 */
struct bytes {
    size_t refs;
    size_t len;
    uint8_t data[];
};

struct version {
    struct bytes *value;
    int64_t create_revision;
    int64_t mod_revision;
    int64_t lease_id;
};

struct key {
    struct bytes *name;
    struct version *versions;
    size_t count, capacity;
};

struct change {
    struct bytes *name;
    struct version version;
};

struct mem_map {
    struct key **keys;
    size_t key_count, key_capacity;
    struct change *changes;
    size_t change_count, change_capacity;
    int64_t revision;
    int64_t compacted;
    size_t size;
};

/* ---- memory ---- */

static struct bytes *bytes_create(struct span s)
{
    struct bytes *b = malloc(sizeof(*b) + s.len);
    ENSURE(b != NULL);
    b->refs = 1;
    b->len = s.len;
    if (s.len > 0)
        memcpy(b->data, s.data, s.len);
    return b;
}

static struct bytes *bytes_ref(struct bytes *b)
{
    b->refs++;
    return b;
}

static void bytes_unref(struct bytes *b)
{
    ENSURE(b->refs > 0);
    if (--b->refs == 0)
        free(b);
}

static struct span bytes_span(const struct bytes *b)
{
    return span_of(b->data, b->len);
}

/* Makes room for one more item. */
static void *grow(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity ? 2 * *capacity : 8;
    items = realloc(items, *capacity * size);
    ENSURE(items != NULL);
    return items;
}

static void key_destroy(struct key *k)
{
    for (size_t i = 0; i < k->count; i++)
        bytes_unref(k->versions[i].value);
    bytes_unref(k->name);
    free(k->versions);
    free(k);
}

struct mem_map *mem_map_create(void)
{
    struct mem_map *m = calloc(1, sizeof(*m));
    ENSURE(m != NULL);
    m->revision = 1;
    return m;
}

static void drop_changes(struct mem_map *m, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bytes_unref(m->changes[i].name);
        bytes_unref(m->changes[i].version.value);
    }
    m->change_count -= n;
    if (m->change_count > 0)
        memmove(m->changes, m->changes + n, m->change_count * sizeof(m->changes[0]));
}

void mem_map_destroy(struct mem_map *m)
{
    if (m == NULL)
        return;
    drop_changes(m, m->change_count);
    for (size_t i = 0; i < m->key_count; i++)
        key_destroy(m->keys[i]);
    free(m->changes);
    free(m->keys);
    free(m);
}

int64_t mem_map_revision(const struct mem_map *m)
{
    return m->revision;
}

int64_t mem_map_compacted(const struct mem_map *m)
{
    return m->compacted;
}

size_t mem_map_bytes(const struct mem_map *m)
{
    return m->size;
}

/* ---- places ---- */

size_t mem_map_seek(const struct mem_map *m, struct span key)
{
    size_t low = 0, high = m->key_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (span_compare(bytes_span(m->keys[mid]->name), key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

size_t mem_map_places(const struct mem_map *m)
{
    return m->key_count;
}

struct span mem_map_key_at(const struct mem_map *m, size_t place)
{
    ENSURE(place < m->key_count);
    return bytes_span(m->keys[place]->name);
}

static bool is_key_at(const struct mem_map *m, size_t place, struct span key)
{
    return place < m->key_count && span_equal(bytes_span(m->keys[place]->name), key);
}

static struct mem_entry entry_of(const struct bytes *name, const struct version *v)
{
    return (struct mem_entry){.key = bytes_span(name),
                              .value = bytes_span(v->value),
                              .create_revision = v->create_revision,
                              .mod_revision = v->mod_revision,
                              .lease_id = v->lease_id};
}

bool mem_map_at(const struct mem_map *m, size_t place, int64_t revision, struct mem_entry *ret)
{
    ENSURE(place < m->key_count && revision >= m->compacted);
    const struct key *k = m->keys[place];
    size_t i = k->count;
    while (i > 0 && k->versions[i - 1].mod_revision > revision)
        i--;
    if (i == 0 || k->versions[i - 1].create_revision == 0)
        return false;
    *ret = entry_of(k->name, &k->versions[i - 1]);
    return true;
}

bool mem_map_find(const struct mem_map *m, struct span key, int64_t revision, struct mem_entry *ret)
{
    size_t place = mem_map_seek(m, key);
    return is_key_at(m, place, key) && mem_map_at(m, place, revision, ret);
}

/* ---- changing ---- */

static struct key *insert_key(struct mem_map *m, size_t place, struct span name)
{
    struct key *k = calloc(1, sizeof(*k));
    ENSURE(k != NULL);
    k->name = bytes_create(name);
    m->keys = grow(m->keys, m->key_count, &m->key_capacity, sizeof(m->keys[0]));
    memmove(&m->keys[place + 1], &m->keys[place], (m->key_count - place) * sizeof(m->keys[0]));
    m->keys[place] = k;
    m->key_count++;
    return k;
}

static void add_version(struct mem_map *m, struct key *k, struct version v)
{
    k->versions = grow(k->versions, k->count, &k->capacity, sizeof(k->versions[0]));
    k->versions[k->count++] = v;
    m->changes = grow(m->changes, m->change_count, &m->change_capacity, sizeof(m->changes[0]));
    m->changes[m->change_count++] = (struct change){.name = bytes_ref(k->name), .version = v};
    bytes_ref(v.value);
    m->size += k->name->len + v.value->len;
}

static int64_t create_revision_now(const struct key *k)
{
    return k->count > 0 ? k->versions[k->count - 1].create_revision : 0;
}

void mem_map_put(struct mem_map *m, struct span key, struct span value, int64_t lease_id)
{
    size_t place = mem_map_seek(m, key);
    struct key *k = is_key_at(m, place, key) ? m->keys[place] : insert_key(m, place, key);
    int64_t created = create_revision_now(k);
    struct version v = {.value = bytes_create(value),
                        .create_revision = created ? created : m->revision + 1,
                        .mod_revision = m->revision + 1,
                        .lease_id = lease_id};
    add_version(m, k, v);
}

void mem_map_delete(struct mem_map *m, struct span key)
{
    size_t place = mem_map_seek(m, key);
    if (!is_key_at(m, place, key) || create_revision_now(m->keys[place]) == 0)
        return;
    struct version v = {.value = bytes_create(span_of(NULL, 0)), .mod_revision = m->revision + 1};
    add_version(m, m->keys[place], v);
}

int64_t mem_map_advance(struct mem_map *m)
{
    size_t n = m->change_count;
    if (n > 0 && m->changes[n - 1].version.mod_revision > m->revision)
        m->revision++;
    return m->revision;
}

/* Drops the first n versions. */
static void drop_versions(struct mem_map *m, struct key *k, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        m->size -= k->name->len + k->versions[i].value->len;
        bytes_unref(k->versions[i].value);
    }
    k->count -= n;
    if (k->count > 0)
        memmove(k->versions, k->versions + n, k->count * sizeof(k->versions[0]));
}

/* How many of the first versions nobody can see from `revision` on. */
static size_t unseen_versions(const struct key *k, int64_t revision)
{
    size_t n = 0;
    while (n + 1 < k->count && k->versions[n + 1].mod_revision <= revision)
        n++;
    const struct version *v = &k->versions[n];
    bool long_gone = v->create_revision == 0 && v->mod_revision < revision;
    return long_gone ? n + 1 : n;
}

void mem_map_compact(struct mem_map *m, int64_t revision)
{
    ENSURE(revision > m->compacted && revision <= m->revision);
    drop_changes(m, mem_map_change_seek(m, revision));
    size_t kept = 0;
    for (size_t i = 0; i < m->key_count; i++) {
        struct key *k = m->keys[i];
        drop_versions(m, k, unseen_versions(k, revision));
        if (k->count > 0)
            m->keys[kept++] = k;
        else
            key_destroy(k);
    }
    m->key_count = kept;
    m->compacted = revision;
}

/* ---- changes ---- */

size_t mem_map_change_seek(const struct mem_map *m, int64_t revision)
{
    size_t low = 0, high = m->change_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (m->changes[mid].version.mod_revision < revision)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

size_t mem_map_changes(const struct mem_map *m)
{
    return m->change_count;
}

struct mem_entry mem_map_change_at(const struct mem_map *m, size_t i)
{
    ENSURE(i < m->change_count);
    return entry_of(m->changes[i].name, &m->changes[i].version);
}

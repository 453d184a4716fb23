#include "lib/store/store_mem.h"

#include "lib/store/mem_map.h"
#include "lib/store/store_internal.h"
#include "lib/store/txn.h"

#include <stdlib.h>

/*
 * Owns the queue of commits, the watches and the leases over one mem_map. One thread.
 *
 * All work goes through step_once(), never nested: while it runs (or a listing shows keys),
 * `running` is set and what callbacks start only joins the queue. An immediate store steps until
 * nothing is left whenever it is called from outside.
 */
#define NS_PER_S INT64_C(1000000000)

struct pending {
    struct pending *next;
    const struct store_txn *txn;
    store_done_fn done;
    void *ud;
};

struct mem_watch {
    struct store_watch base;
    struct mem_watch *next_watch;
    uint8_t *prefix;
    size_t prefix_len;
    int64_t next; /* the first revision not shown yet */
    bool over;
    const struct store_watch_ops *ops;
    void *ud;
};

struct mem_lease {
    struct store_lease base;
    struct mem_lease *next_lease;
    int64_t ttl_ns;
    int64_t expires_ns;
    bool alive; /* in the store */
    bool held;  /* the handle is out, so it is kept alive */
    bool told;
    store_lost_fn lost;
    void *ud;
};

struct mem_store {
    struct store base;
    enum store_mem_mode mode;
    struct mem_map *map;
    struct pending *first, **last; /* commits, oldest first */
    struct mem_watch *watches;     /* in the order of their making */
    struct mem_lease *leases;      /* with a handle or alive */
    int64_t next_lease_id;
    int64_t now_ns;
    bool running;
};

static struct mem_store *self(struct store *s)
{
    return (struct mem_store *)s;
}

/* ---- leases of the map ---- */

static struct mem_lease *find_lease(struct mem_store *s, int64_t id)
{
    for (struct mem_lease *l = s->leases; l != NULL; l = l->next_lease)
        if (l->base.id == id && l->alive)
            return l;
    return NULL;
}

/* The lease and its keys vanish, as one revision. */
static void end_lease(struct mem_store *s, struct mem_lease *lease)
{
    struct mem_entry entry;
    lease->alive = false;
    for (size_t i = 0; i < mem_map_places(s->map); i++)
        if (mem_map_at(s->map, i, mem_map_revision(s->map), &entry) &&
            entry.lease_id == lease->base.id)
            mem_map_delete(s->map, entry.key);
    (void)mem_map_advance(s->map);
}

static void free_lease(struct mem_store *s, struct mem_lease *lease)
{
    struct mem_lease **at = &s->leases;
    while (*at != lease)
        at = &(*at)->next_lease;
    *at = lease->next_lease;
    free(lease);
}

/* ---- commits ---- */

static bool guard_holds(const struct mem_store *s, struct store_guard guard)
{
    struct mem_entry entry = {.create_revision = 0, .mod_revision = 0};
    (void)mem_map_find(s->map, guard.key, mem_map_revision(s->map), &entry);
    int64_t is = guard.kind == STORE_GUARD_MOD ? entry.mod_revision : entry.create_revision;
    return is == guard.revision;
}

static bool guards_hold(const struct mem_store *s, const struct store_txn *txn)
{
    for (size_t i = 0; i < store_txn_guards(txn); i++)
        if (!guard_holds(s, store_txn_guard_at(txn, i)))
            return false;
    return true;
}

static bool leases_exist(struct mem_store *s, const struct store_txn *txn)
{
    for (size_t i = 0; i < store_txn_ops(txn); i++) {
        int64_t id = store_txn_op_at(txn, i).lease_id;
        if (id != 0 && find_lease(s, id) == NULL)
            return false;
    }
    return true;
}

static struct store_result apply(struct mem_store *s, const struct store_txn *txn)
{
    struct store_result result = {.outcome = STORE_OK, .err = ERR_INIT};
    if (!guards_hold(s, txn)) {
        result.outcome = STORE_COMPARE_FAILED;
        result.revision = mem_map_revision(s->map);
        return result;
    }
    if (!leases_exist(s, txn)) {
        result.outcome = STORE_NOT_APPLIED;
        (void)err_set(&result.err, ERR_NOT_FOUND, "store: requested lease not found");
        return result;
    }
    for (size_t i = 0; i < store_txn_ops(txn); i++) {
        struct store_op op = store_txn_op_at(txn, i);
        if (op.kind == STORE_OP_PUT)
            mem_map_put(s->map, op.key, op.value, op.lease_id);
        else
            mem_map_delete(s->map, op.key);
    }
    result.revision = mem_map_advance(s->map);
    return result;
}

static void finish_first(struct mem_store *s, const struct store_result *result)
{
    struct pending *p = s->first;
    s->first = p->next;
    if (s->first == NULL)
        s->last = &s->first;
    p->done(result, p->ud);
    free(p);
}

/* ---- watches ---- */

static struct store_event event_of(const struct mem_entry *entry)
{
    return (struct store_event){
        .kind = entry->create_revision != 0 ? STORE_EVENT_PUT : STORE_EVENT_DELETE,
        .kv = {.key = entry->key,
               .value = entry->value,
               .create_revision = entry->create_revision,
               .mod_revision = entry->mod_revision},
    };
}

/* Shows the watch what is new for it; false if there was nothing to show. */
static bool show_watch(struct mem_store *s, struct mem_watch *w)
{
    if (w->over)
        return false;
    if (w->next < mem_map_compacted(s->map)) {
        w->over = true;
        if (w->ops->on_compacted != NULL)
            w->ops->on_compacted(mem_map_compacted(s->map), w->ud);
        return true;
    }
    size_t from = mem_map_change_seek(s->map, w->next);
    size_t to = mem_map_changes(s->map);
    struct store_event *events = calloc(to - from + 1, sizeof(*events));
    ENSURE(events != NULL);
    size_t n = 0;
    for (size_t i = from; i < to; i++) {
        struct mem_entry entry = mem_map_change_at(s->map, i);
        if (span_starts_with(entry.key, span_of(w->prefix, w->prefix_len)))
            events[n++] = event_of(&entry);
    }
    if (w->next <= mem_map_revision(s->map))
        w->next = mem_map_revision(s->map) + 1;
    if (n > 0)
        w->ops->on_events(events, n, events[n - 1].kv.mod_revision, w->ud);
    free(events);
    return n > 0;
}

/* ---- stepping ---- */

static bool step_once(struct mem_store *s)
{
    ENSURE(!s->running);
    s->running = true;
    bool worked = s->first != NULL;
    if (worked) {
        struct store_result result = apply(s, s->first->txn);
        finish_first(s, &result);
    }
    for (struct mem_watch *w = s->watches; w != NULL && !worked; w = w->next_watch)
        worked = show_watch(s, w);
    s->running = false;
    return worked;
}

static void settle(struct mem_store *s)
{
    if (s->mode != STORE_MEM_IMMEDIATE || s->running)
        return;
    while (step_once(s))
        ;
}

static bool mem_step(struct store *store)
{
    struct mem_store *s = self(store);
    return !s->running && step_once(s);
}

static void mem_commit(struct store *store, const struct store_txn *txn, int timeout_ms,
                       store_done_fn done, void *ud)
{
    struct mem_store *s = self(store);
    (void)timeout_ms;
    struct pending *p = malloc(sizeof(*p));
    ENSURE(p != NULL);
    *p = (struct pending){.txn = txn, .done = done, .ud = ud};
    *s->last = p;
    s->last = &p->next;
    settle(s);
}

static struct store_watch *mem_watch(struct store *store, struct span prefix, int64_t from_revision,
                                     const struct store_watch_ops *ops, void *ud)
{
    struct mem_store *s = self(store);
    struct mem_watch *w = calloc(1, sizeof(*w));
    ENSURE(w != NULL);
    *w = (struct mem_watch){.base = {store}, .next = from_revision, .ops = ops, .ud = ud};
    w->prefix = malloc(prefix.len);
    ENSURE(w->prefix != NULL);
    memcpy(w->prefix, prefix.data, prefix.len);
    w->prefix_len = prefix.len;
    struct mem_watch **at = &s->watches;
    while (*at != NULL)
        at = &(*at)->next_watch;
    *at = w;
    settle(s);
    return &w->base;
}

static void mem_unwatch(struct store_watch *watch)
{
    struct mem_watch *w = (struct mem_watch *)watch;
    struct mem_store *s = self(w->base.store);
    ENSURE(!s->running);
    struct mem_watch **at = &s->watches;
    while (*at != w)
        at = &(*at)->next_watch;
    *at = w->next_watch;
    free(w->prefix);
    free(w);
}

/* ---- reading ---- */

static int mem_get(struct store *store, struct span key, int timeout_ms, struct buf *ret_value,
                   struct store_version *ret_version, struct err *err)
{
    struct mem_map *map = self(store)->map;
    struct mem_entry entry = {.create_revision = 0, .mod_revision = 0};
    (void)timeout_ms;
    bool found = mem_map_find(map, key, mem_map_revision(map), &entry);
    if (ret_version != NULL)
        *ret_version = (struct store_version){.create_revision = entry.create_revision,
                                              .mod_revision = entry.mod_revision,
                                              .read_revision = mem_map_revision(map)};
    if (!found)
        return err_set(err, ERR_NOT_FOUND, "store: no key %.*s", (int)key.len,
                       (const char *)key.data);
    if (ret_value != NULL)
        buf_append(ret_value, entry.value.data, entry.value.len);
    return 0;
}

static int check_revision(const struct mem_map *map, int64_t revision, struct err *err)
{
    if (revision > mem_map_revision(map))
        return err_set(err, ERR_INVALID, "store: required revision is a future revision");
    if (revision < mem_map_compacted(map))
        return err_set(err, ERR_CONFLICT, "store: required revision has been compacted");
    return 0;
}

static int show_range(const struct mem_map *map, const struct store_range *range, int64_t revision,
                      store_kv_fn each, void *ud)
{
    size_t shown = 0;
    struct mem_entry entry;
    struct span from = range->after.len > 0 ? range->after : range->prefix;
    for (size_t i = mem_map_seek(map, from); i < mem_map_places(map); i++) {
        struct span key = mem_map_key_at(map, i);
        if (!span_starts_with(key, range->prefix) || (range->limit && shown == range->limit))
            break;
        bool before = range->after.len > 0 && span_equal(key, range->after);
        if (before || !mem_map_at(map, i, revision, &entry))
            continue;
        const struct store_kv kv = {.key = entry.key,
                                    .value = entry.value,
                                    .create_revision = entry.create_revision,
                                    .mod_revision = entry.mod_revision};
        TRY(each(&kv, ud));
        shown++;
    }
    return 0;
}

static int mem_range(struct store *store, const struct store_range *range, store_kv_fn each,
                     void *ud, int64_t *ret_revision, struct err *err)
{
    struct mem_store *s = self(store);
    int64_t revision = range->revision ? range->revision : mem_map_revision(s->map);
    TRY(check_revision(s->map, revision, err));
    bool outer = !s->running;
    s->running = true; /* what the callback commits must not move the map under the walk */
    int rc = show_range(s->map, range, revision, each, ud);
    if (outer)
        s->running = false;
    settle(s);
    if (rc == 0)
        *ret_revision = revision;
    return rc;
}

/* ---- leases ---- */

static int mem_lease_grant(struct store *store, int ttl_s, int timeout_ms, store_lost_fn lost,
                           void *ud, struct store_lease **ret, struct err *err)
{
    struct mem_store *s = self(store);
    (void)timeout_ms;
    (void)err;
    struct mem_lease *l = calloc(1, sizeof(*l));
    ENSURE(l != NULL);
    *l = (struct mem_lease){
        .base = {.store = store, .id = ++s->next_lease_id},
        .next_lease = s->leases,
        .ttl_ns = ttl_s * NS_PER_S,
        .expires_ns = s->now_ns + ttl_s * NS_PER_S,
        .alive = true,
        .held = true,
        .lost = lost,
        .ud = ud,
    };
    s->leases = l;
    *ret = &l->base;
    return 0;
}

static int mem_lease_revoke(struct store_lease *lease, int timeout_ms, struct err *err)
{
    struct mem_lease *l = (struct mem_lease *)lease;
    struct mem_store *s = self(l->base.store);
    (void)timeout_ms;
    (void)err;
    ENSURE(!s->running);
    if (l->alive)
        end_lease(s, l);
    free_lease(s, l);
    settle(s);
    return 0;
}

static void mem_lease_abandon(struct store_lease *lease)
{
    struct mem_lease *l = (struct mem_lease *)lease;
    struct mem_store *s = self(l->base.store);
    ENSURE(!s->running);
    l->held = false;
    if (!l->alive)
        free_lease(s, l);
}

void store_mem_lease_kill(struct store *store, const struct store_lease *lease)
{
    struct mem_store *s = self(store);
    struct mem_lease *l = find_lease(s, lease->id);
    if (l == NULL)
        return;
    end_lease(s, l);
    settle(s);
}

/* Brings one lease to the present; may free it. */
static void advance_lease(struct mem_store *s, struct mem_lease *l)
{
    if (l->alive && l->held)
        l->expires_ns = s->now_ns + l->ttl_ns;
    if (l->alive && l->expires_ns <= s->now_ns)
        end_lease(s, l);
    if (l->alive)
        return;
    if (!l->held) {
        free_lease(s, l);
    } else if (!l->told) {
        l->told = true;
        if (l->lost != NULL)
            l->lost(l->ud);
    }
}

void store_mem_advance(struct store *store, struct boot_time now)
{
    struct mem_store *s = self(store);
    ENSURE(now.ns >= s->now_ns && !s->running);
    s->now_ns = now.ns;
    s->running = true;
    for (struct mem_lease *l = s->leases, *next; l != NULL; l = next) {
        next = l->next_lease;
        advance_lease(s, l);
    }
    s->running = false;
    settle(s);
}

/* ---- housekeeping ---- */

static int mem_compact(struct store *store, int64_t revision, int timeout_ms, struct err *err)
{
    struct mem_store *s = self(store);
    (void)timeout_ms;
    ENSURE(!s->running);
    TRY(check_revision(s->map, revision, err));
    if (revision == mem_map_compacted(s->map))
        return err_set(err, ERR_CONFLICT, "store: required revision has been compacted");
    mem_map_compact(s->map, revision);
    settle(s);
    return 0;
}

static int mem_status(struct store *store, int timeout_ms, struct store_status *ret,
                      struct err *err)
{
    struct mem_map *map = self(store)->map;
    (void)timeout_ms;
    (void)err;
    *ret = (struct store_status){.revision = mem_map_revision(map),
                                 .size_bytes = (int64_t)mem_map_bytes(map),
                                 .has_leader = true};
    return 0;
}

static void mem_destroy(struct store *store)
{
    struct mem_store *s = self(store);
    ENSURE(!s->running && s->watches == NULL);
    struct store_result unknown = {.outcome = STORE_UNKNOWN};
    (void)err_set(&unknown.err, ERR_UNKNOWN_OUTCOME, "store: closed before an answer");
    s->running = true;
    while (s->first != NULL)
        finish_first(s, &unknown);
    while (s->leases != NULL) {
        ENSURE(!s->leases->held);
        free_lease(s, s->leases);
    }
    mem_map_destroy(s->map);
    free(s);
}

struct store *store_mem_create(enum store_mem_mode mode)
{
    static const struct store_vtable vtable = {
        .destroy = mem_destroy,
        .step = mem_step,
        .get = mem_get,
        .range = mem_range,
        .commit = mem_commit,
        .watch = mem_watch,
        .unwatch = mem_unwatch,
        .lease_grant = mem_lease_grant,
        .lease_revoke = mem_lease_revoke,
        .lease_abandon = mem_lease_abandon,
        .compact = mem_compact,
        .status = mem_status,
    };
    ENSURE((unsigned)mode < STORE_MEM_MODE_COUNT);
    struct mem_store *s = calloc(1, sizeof(*s));
    ENSURE(s != NULL);
    s->base.vtable = &vtable;
    s->mode = mode;
    s->map = mem_map_create();
    s->last = &s->first;
    return &s->base;
}

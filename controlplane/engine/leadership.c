/*
 * Leadership: one key on a lease of the store. Owns the lease and the fence. Runs on the writer's
 * thread alone; the store's lost-callback is not used, since the fence tells what the hint can't.
 */
#include "controlplane/engine/leadership.h"

#include "controlplane/engine/keys.h"
#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/store/txn.h"

#include <stdlib.h>

#define VALUE_CAP 512
#define NS_PER_MS INT64_C(1000000)

struct leadership {
    struct leadership_options options;
    struct store_lease *lease;
    int64_t fence; /* 0: not the leader */
    struct boot_time confirmed;
    int64_t store_revision; /* when the key was last read */
    char address[VALUE_CAP];
};

struct leadership *leadership_create(const struct leadership_options *options)
{
    struct leadership *l = calloc(1, sizeof *l);
    ENSURE(l && options->store && options->env && options->ttl_s > 0);
    l->options = *options;
    return l;
}

void leadership_destroy(struct leadership *l)
{
    if (!l)
        return;
    if (l->lease && l->fence)
        (void)store_lease_revoke(l->lease, LEADERSHIP_CALL_MS, NULL);
    else
        store_lease_abandon(l->lease);
    free(l);
}

/* The value is "NAME ADDRESS". */
static void remember_leader(struct leadership *l, struct span value)
{
    const uint8_t *space = value.len ? memchr(value.data, ' ', value.len) : NULL;
    size_t skip = space ? (size_t)(space - value.data) + 1 : value.len;
    if (text_set(l->address, sizeof l->address, span_of(value.data + skip, value.len - skip),
                 "leader", NULL) < 0)
        l->address[0] = '\0';
}

/* Name and address: two processes that were given one name by mistake do not take the key from each
 * other for ever. */
static void write_own(const struct leadership *l, struct buf *dst)
{
    buf_printf(dst, "%s %s", l->options.name.text, l->options.address);
}

static bool is_own(const struct leadership *l, struct span value)
{
    CLEANUP_BUF struct buf own;
    buf_init(&own, VALUE_CAP);
    write_own(l, &own);
    return span_equal(value, buf_span(&own));
}

static int look(struct leadership *l, struct buf *value, struct store_version *version,
                struct err *err)
{
    int rc =
        store_get(l->options.store, span_text(KEY_LEADER), LEADERSHIP_CALL_MS, value, version, err);
    if (rc == 0 || rc == -ERR_NOT_FOUND)
        l->store_revision = version->read_revision;
    if (rc < 0) {
        l->address[0] = '\0'; /* nobody leads, or nobody can know */
        return rc == -ERR_NOT_FOUND ? 0 : rc;
    }
    remember_leader(l, buf_span(value));
    return 0;
}

static int ensure_lease(struct leadership *l, struct err *err)
{
    if (l->lease)
        return 0;
    return store_lease_grant(l->options.store, l->options.ttl_s, LEADERSHIP_CALL_MS, NULL, NULL,
                             &l->lease, err);
}

static int put_key(struct leadership *l, const struct store_version *seen,
                   struct store_result *result, struct err *err)
{
    struct store_txn *txn = store_txn_create();
    struct buf value;
    buf_init(&value, VALUE_CAP);
    write_own(l, &value);
    struct span key = span_text(KEY_LEADER);
    int rc = seen->mod_revision ? store_txn_guard_mod(txn, key, seen->mod_revision)
                                : store_txn_guard_create(txn, key, 0);
    if (rc == 0)
        rc = store_txn_put(txn, key, buf_span(&value), l->lease);
    ENSURE(rc == 0);
    store_commit_wait(l->options.store, txn, LEADERSHIP_CALL_MS, result);
    store_txn_destroy(txn);
    buf_fini(&value);
    if (result->outcome == STORE_OK)
        return 0;
    if (result->outcome == STORE_COMPARE_FAILED)
        return err_set(err, ERR_NOT_LEADER, "another control plane became leader first");
    return err_set(err, ERR_UNAVAILABLE, "the store did not answer the campaign: %s",
                   result->err.text);
}

int leadership_campaign(struct leadership *l, struct err *err)
{
    ENSURE(!l->fence);
    struct boot_time before = env_boot(l->options.env);
    struct store_version seen = {0};
    struct store_result result;
    CLEANUP_BUF struct buf value;
    buf_init(&value, VALUE_CAP);
    TRY(look(l, &value, &seen, err));
    if (seen.mod_revision && !is_own(l, buf_span(&value)))
        return err_set(err, ERR_NOT_LEADER, "the leader is %s", l->address);
    TRY(ensure_lease(l, err));
    int rc = put_key(l, &seen, &result, err);
    if (rc < 0) {
        leadership_lost(l); /* the lease may be the trouble: take a new one next time */
        return rc;
    }
    l->fence = result.revision;
    leadership_confirm(l, before);
    (void)text_cut(l->address, sizeof l->address, l->options.address);
    return 0;
}

void leadership_lost(struct leadership *l)
{
    store_lease_abandon(l->lease);
    l->lease = NULL;
    l->fence = 0;
}

bool leadership_held(const struct leadership *l)
{
    return l->fence != 0;
}

int64_t leadership_fence(const struct leadership *l)
{
    ENSURE(l->fence != 0);
    return l->fence;
}

void leadership_confirm(struct leadership *l, struct boot_time before_the_call)
{
    if (before_the_call.ns > l->confirmed.ns)
        l->confirmed = before_the_call;
}

/* Less than half the time to live: whoever was paused long enough for another one to lead asks. */
static int64_t fresh_ns(const struct leadership *l)
{
    int64_t half_ms = (int64_t)l->options.ttl_s * 1000 / 2;
    return (half_ms < LEADERSHIP_CONFIRMED_MS ? half_ms : LEADERSHIP_CONFIRMED_MS) * NS_PER_MS;
}

bool leadership_is_fresh(struct leadership *l)
{
    if (!l->fence)
        return false;
    return env_boot(l->options.env).ns - l->confirmed.ns < fresh_ns(l) || leadership_stands(l);
}

bool leadership_stands(struct leadership *l)
{
    struct boot_time now = env_boot(l->options.env);
    struct store_version seen = {0};
    CLEANUP_BUF struct buf value;
    buf_init(&value, VALUE_CAP);
    if (!l->fence || look(l, &value, &seen, NULL) < 0 || seen.mod_revision != l->fence)
        return false;
    leadership_confirm(l, now);
    return true;
}

int64_t leadership_store_revision(const struct leadership *l)
{
    return l->store_revision;
}

const char *leadership_address(const struct leadership *l)
{
    return l->address;
}

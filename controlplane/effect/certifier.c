/* The authority in force and the roots believed, under one lock; what is issued is the caller's. */
#include "controlplane/effect/certifier.h"

#include "lib/base/limits.h"
#include "lib/base/text.h"

#include <pthread.h>
#include <stdlib.h>

#define CLOCK_TOLERANCE_S 300 /* a certificate is valid this long before it was made */

struct certifier {
    struct certifier_options options;
    pthread_mutex_t lock; /* over the rest */
    struct authority *authority;
    struct buf roots;
    char trust[2 * DIGEST_BYTES + 1];
};

struct certifier *certifier_create(const struct certifier_options *options)
{
    struct certifier *c = calloc(1, sizeof *c);
    ENSURE(c && options->env && options->user_life_s > 0 && options->node_life_s > 0);
    ENSURE(pthread_mutex_init(&c->lock, NULL) == 0);
    c->options = *options;
    buf_init(&c->roots, LIMIT_FILE_BYTES);
    return c;
}

void certifier_destroy(struct certifier *c)
{
    if (!c)
        return;
    authority_destroy(c->authority);
    buf_fini(&c->roots);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

int certifier_load(struct certifier *c, struct span roots_pem, const struct key *key,
                   struct err *err)
{
    struct authority *authority = NULL;
    uint8_t digest[DIGEST_BYTES];
    if (roots_pem.len >= LIMIT_FILE_BYTES)
        return err_set(err, ERR_INVALID, "the roots are %zu bytes long", roots_pem.len);
    TRY(authority_open(roots_pem, key, &authority, err));
    digest_sha256(roots_pem, digest);
    pthread_mutex_lock(&c->lock);
    authority_destroy(c->authority);
    c->authority = authority;
    buf_reset(&c->roots);
    buf_append(&c->roots, roots_pem.data, roots_pem.len);
    text_hex(c->trust, digest, sizeof digest);
    pthread_mutex_unlock(&c->lock);
    return 0;
}

void certificate_fini(struct certificate *c)
{
    buf_fini(&c->pem);
    *c = (struct certificate){.serial = ""};
}

/* With the lock held. */
static int life_of(const struct certifier *c, enum identity_kind kind, struct window *ret,
                   struct err *err)
{
    struct instant now = env_now(c->options.env);
    struct window whole = authority_valid(c->authority);
    int64_t life_s = kind == IDENTITY_NODE ? c->options.node_life_s : c->options.user_life_s;
    int64_t tolerance_s = life_s / 10 < CLOCK_TOLERANCE_S ? life_s / 10 : CLOCK_TOLERANCE_S;
    struct instant from = instant_add(now, -tolerance_s);
    if (whole.to.s <= now.s)
        return err_set(err, ERR_STATE,
                       "the certificate authority is over: `pumasi ca rotate` makes another");
    ret->from = from.s > whole.from.s ? from : whole.from;
    ret->to = instant_min(instant_add(now, life_s), whole.to);
    return 0;
}

int certifier_issue(struct certifier *c, const struct identity *subject,
                    const struct public_key *key, struct certificate *ret, struct err *err)
{
    struct authority_leaf leaf = {.subject = *subject, .uses = CERT_CLIENT};
    ENSURE(subject->kind == IDENTITY_USER || subject->kind == IDENTITY_NODE);
    buf_init(&ret->pem, CERT_PEM_MAX);
    authority_serial(c->options.env, leaf.serial);
    pthread_mutex_lock(&c->lock);
    ENSURE(c->authority);
    int rc = life_of(c, subject->kind, &leaf.valid, err);
    if (rc == 0)
        rc = authority_issue(c->authority, key, &leaf, &ret->pem, err);
    pthread_mutex_unlock(&c->lock);
    TRY(rc);
    text_hex(ret->serial, leaf.serial, sizeof leaf.serial);
    ret->key_id = public_key_id(key);
    ret->expires_at = leaf.valid.to;
    return 0;
}

void certifier_roots(struct certifier *c, struct buf *dst)
{
    pthread_mutex_lock(&c->lock);
    buf_append(dst, c->roots.data, c->roots.len);
    pthread_mutex_unlock(&c->lock);
}

void certifier_trust(struct certifier *c, char ret[2 * DIGEST_BYTES + 1])
{
    pthread_mutex_lock(&c->lock);
    memcpy(ret, c->trust, sizeof c->trust);
    pthread_mutex_unlock(&c->lock);
}

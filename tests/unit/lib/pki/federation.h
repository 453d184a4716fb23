#ifndef PUMASI_TESTS_UNIT_LIB_PKI_FEDERATION_H
#define PUMASI_TESTS_UNIT_LIB_PKI_FEDERATION_H

#include "lib/base/env.h"
#include "lib/pki/authority.h"
#include "lib/pki/csr.h"
#include "lib/pki/trust.h"

#include <check.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A federation for the tests of this room: a root with its key, valid from FEDERATION_FROM to
 * FEDERATION_TO, and helpers that issue from it. Failures end the test.
 */
#define FEDERATION_FROM INT64_C(1760000000)
#define FEDERATION_TO   INT64_C(1860000000)
#define FEDERATION_NOW  INT64_C(1770000000)

struct federation {
    struct env_fake fake;
    struct env env;
    struct key *key;
    struct buf root_pem;
    struct authority *root;
    struct trust *trust;
};

#define MUST(call)                                                                                 \
    do {                                                                                           \
        struct err must_err_ = ERR_INIT, *err = &must_err_;                                        \
        ck_assert_msg((call) == 0, "%s: %s", #call, must_err_.text);                               \
    } while (0)

static inline struct window window_from(int64_t from, int64_t to)
{
    return (struct window){{from}, {to}};
}

static inline struct authority_spec spec_of(struct federation *f, const char *name,
                                            const char *organisation)
{
    struct authority_spec spec = {.name = id_literal(name),
                                  .valid = window_from(FEDERATION_FROM, FEDERATION_TO)};
    if (organisation)
        spec.organisation = id_literal(organisation);
    authority_serial(&f->env, spec.serial);
    return spec;
}

/* A client of one day at FEDERATION_NOW; the caller changes what it wants. */
static inline struct authority_leaf leaf_of(struct federation *f, enum identity_kind kind,
                                            const char *organisation, const char *name)
{
    struct authority_leaf leaf = {
        .subject = {kind, id_literal(organisation), id_literal(name)},
        .valid = window_from(FEDERATION_NOW, FEDERATION_NOW + 86400),
        .uses = CERT_CLIENT,
    };
    authority_serial(&f->env, leaf.serial);
    return leaf;
}

static inline void federation_init(struct federation *f, uint64_t seed)
{
    memset(f, 0, sizeof(*f));
    f->fake.seed = seed;
    f->env = env_of_fake(&f->fake);
    buf_init(&f->root_pem, CERT_PEM_MAX);
    struct authority_spec spec = spec_of(f, "pumasi-root", NULL);
    MUST(key_generate(&f->key, err));
    MUST(authority_create_root(f->key, &spec, &f->root_pem, err));
    MUST(authority_open(buf_span(&f->root_pem), f->key, &f->root, err));
    MUST(trust_create(buf_span(&f->root_pem), &f->trust, err));
}

static inline void federation_fini(struct federation *f)
{
    trust_destroy(f->trust);
    authority_destroy(f->root);
    key_destroy(f->key);
    buf_fini(&f->root_pem);
}

/* Appends the leaf that `by` issues for a fresh key. */
static inline void issue_to(const struct authority *by, const struct authority_leaf *leaf,
                            struct buf *dst)
{
    CLEANUP_KEY struct key *key = NULL;
    MUST(key_generate(&key, err));
    struct public_key public_half = key_public(key);
    MUST(authority_issue(by, &public_half, leaf, dst, err));
}

/* The bytes inside the first PEM block of the text. Returns their number. */
static inline size_t pem_to_der(struct span pem, uint8_t *dst, size_t cap)
{
    size_t n = 0;
    unsigned bits = 0, have = 0;
    const uint8_t *at = memchr(pem.data, '\n', pem.len);
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (; at < pem.data + pem.len && *at != '-'; at++) {
        const char *digit = *at ? strchr(digits, *at) : NULL;
        if (!digit)
            continue;
        bits = (bits << 6 | (unsigned)(digit - digits)) & 0xffff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            ck_assert_uint_lt(n, cap);
            dst[n++] = (uint8_t)(bits >> have);
        }
    }
    return n;
}

/* Runs the openssl command without output and returns its exit status. */
static inline int openssl_command(const char *const *argv)
{
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&quiet, 1, 2);
    pid_t pid = -1;
    int status = -1;
    ck_assert_int_eq(posix_spawnp(&pid, "openssl", &quiet, NULL, (char *const *)argv, environ), 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    posix_spawn_file_actions_destroy(&quiet);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A fresh directory for what the openssl command is to read. */
struct scratch {
    char dir[64];
    char *path[8];
    int count;
};

static inline void scratch_init(struct scratch *s)
{
    memset(s, 0, sizeof(*s));
    snprintf(s->dir, sizeof(s->dir), "/tmp/pumasi-pki-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(s->dir));
}

/* The path of a file of that name, which need not exist; removed by scratch_fini(). */
static inline const char *scratch_path(struct scratch *s, const char *name)
{
    ck_assert_int_lt(s->count, 8);
    char **path = &s->path[s->count++];
    ck_assert_int_gt(asprintf(path, "%s/%s", s->dir, name), 0);
    return *path;
}

static inline const char *scratch_put(struct scratch *s, const char *name, struct span bytes)
{
    const char *path = scratch_path(s, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes.data, 1, bytes.len, file), bytes.len);
    fclose(file);
    return path;
}

static inline void scratch_fini(struct scratch *s)
{
    while (s->count > 0) {
        char *path = s->path[--s->count];
        unlink(path);
        free(path);
    }
    rmdir(s->dir);
}

#endif

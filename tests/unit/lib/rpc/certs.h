#ifndef PUMASI_TESTS_UNIT_LIB_RPC_CERTS_H
#define PUMASI_TESTS_UNIT_LIB_RPC_CERTS_H

#include "lib/rpc/tls.h"
#include "tests/support/suite.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Certificates in a directory of their own (make_certs.sh says which). They are made once for a
 * test program, in its parent: certs_origin_make() and certs_origin_remove() are its unchecked
 * fixture. Each test has a copy that it may spoil.
 */
struct certs {
    char dir[64];
    char path[3][128];
};

static char certs_origin[64];

static inline void certs_run(const char *script, const char *from, const char *to)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", script, "sh", from, to, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

static inline void certs_origin_make(void)
{
    snprintf(certs_origin, sizeof(certs_origin), "/tmp/pumasi-certs-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(certs_origin));
    certs_run("exec sh \"$1\" \"$2\"", PUMASI_SOURCE_DIR "/tests/unit/lib/rpc/make_certs.sh",
              certs_origin);
}

static inline void certs_make(struct certs *certs)
{
    memset(certs, 0, sizeof(*certs));
    snprintf(certs->dir, sizeof(certs->dir), "/tmp/pumasi-certs-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(certs->dir));
    certs_run("exec cp -p \"$1\"/* \"$2\"", certs_origin, certs->dir);
}

static inline void certs_remove_dir(const char *path)
{
    DIR *dir = opendir(path);
    ck_assert_ptr_nonnull(dir);
    struct dirent *entry;
    while ((entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    rmdir(path);
}

static inline void certs_remove(struct certs *certs)
{
    certs_remove_dir(certs->dir);
}

static inline void certs_origin_remove(void)
{
    certs_remove_dir(certs_origin);
}

/* The files of one identity; name NULL: the authority alone. Valid until the next call. */
static inline struct rpc_tls_files certs_files(struct certs *certs, const char *ca,
                                               const char *name)
{
    snprintf(certs->path[0], sizeof(certs->path[0]), "%s/%s.pem", certs->dir, ca);
    snprintf(certs->path[1], sizeof(certs->path[1]), "%s/%s.pem", certs->dir, name ? name : "");
    snprintf(certs->path[2], sizeof(certs->path[2]), "%s/%s.key", certs->dir, name ? name : "");
    return (struct rpc_tls_files){.ca = certs->path[0],
                                  .cert = name ? certs->path[1] : NULL,
                                  .key = name ? certs->path[2] : NULL};
}

static inline struct rpc_tls_bundle *certs_load(struct certs *certs, const char *ca,
                                                const char *name)
{
    struct rpc_tls_files files = certs_files(certs, ca, name);
    struct rpc_tls_bundle *bundle = NULL;
    struct err err = ERR_INIT;
    ck_assert_msg(rpc_tls_bundle_load(&files, &bundle, &err) == 0, "%s", err.text);
    return bundle;
}

/* Puts one file in place of another, as a rotation does: by rename. */
static inline void certs_replace(struct certs *certs, const char *from, const char *to)
{
    char source[128], copy[128], target[128];
    snprintf(source, sizeof(source), "%s/%s", certs->dir, from);
    snprintf(copy, sizeof(copy), "%s/%s.new", certs->dir, to);
    snprintf(target, sizeof(target), "%s/%s", certs->dir, to);
    unlink(copy);
    ck_assert_int_eq(link(source, copy), 0);
    ck_assert_int_eq(rename(copy, target), 0);
}

#endif

/* Loads and asks the keys that this node believes. Owns nothing after loading. */
#include "nodeagent/guard/keyring.h"

#include "lib/base/file.h"
#include "lib/pki/sign.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int load_one(const char *dir, const char *name, struct public_key *ret, struct err *err)
{
    char path[4096];
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, KEY_PEM_MAX);
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    TRY(file_read(path, &pem, err));
    int rc = public_key_parse(buf_span(&pem), ret, err);
    return rc < 0 ? err_prefix(err, rc, "%s", path) : 0;
}

int keyring_load(const char *dir, struct keyring *ret, struct err *err)
{
    struct keyring ring = {.count = 0};
    int rc = 0;
    DIR *d = opendir(dir);
    if (!d)
        return err_set(err, ERR_NOT_FOUND, "keys in %s: %s", dir, strerror(errno));
    for (struct dirent *entry; rc == 0 && (entry = readdir(d)) != NULL;) {
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, ".pem") != 0)
            continue;
        if (ring.count == KEYRING_MAX) {
            rc = err_set(err, ERR_LIMIT, "more than %d keys in %s", KEYRING_MAX, dir);
            break;
        }
        rc = load_one(dir, entry->d_name, &ring.keys[ring.count], err);
        if (rc == 0)
            ring.ids[ring.count] = public_key_id(&ring.keys[ring.count]);
        ring.count += rc == 0;
    }
    closedir(d);
    if (rc == 0)
        *ret = ring;
    return rc;
}

int keyring_verify(const struct keyring *ring, const struct id *key, struct span bytes,
                   struct span signature, struct err *err)
{
    ENSURE(ring->count <= KEYRING_MAX);
    for (size_t i = 0; i < ring->count; i++) {
        if (id_equal(&ring->ids[i], key))
            return sign_verify(&ring->keys[i], bytes, signature, err);
    }
    return err_set(err, ERR_VERIFICATION, "key %s is not believed on this node", key->text);
}

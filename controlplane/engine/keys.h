#ifndef PUMASI_CONTROLPLANE_ENGINE_KEYS_H
#define PUMASI_CONTROLPLANE_ENGINE_KEYS_H

#include "controlplane/domain/entity.h"

/*
 * Where things stand in the store (docs/spec/keys.md):
 *
 *     /pumasi/v1/PREFIX/ID         one object: "leases/lease-1042"
 *     /pumasi/v1/log/SEQ           one commit, SEQ with 20 digits
 *     /pumasi/v1/leader            who may write, on a lease of the store
 */
#define KEY_ROOT   "/pumasi/v1/"
#define KEY_LEADER KEY_ROOT "leader"
#define KEY_LOG    KEY_ROOT "log/"
#define KEY_CAP    128

struct store_key {
    char text[KEY_CAP];
};

struct store_key keys_of(enum entity_kind kind, const struct id *id);
struct store_key keys_of_commit(uint64_t seq);

enum key_class { KEY_CLASS_OBJECT, KEY_CLASS_COMMIT, KEY_CLASS_LEADER, KEY_CLASS_FOREIGN };

/* What a key names. Fills kind and id for an object, seq for a commit; any pointer may be NULL. */
enum key_class keys_parse(struct span key, enum entity_kind *ret_kind, struct id *ret_id,
                          uint64_t *ret_seq);

#endif

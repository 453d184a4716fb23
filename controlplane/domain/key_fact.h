#ifndef PUMASI_CONTROLPLANE_DOMAIN_KEY_FACT_H
#define PUMASI_CONTROLPLANE_DOMAIN_KEY_FACT_H

#include "lib/base/err.h"
#include "lib/base/record.h"

/*
 * The key history of a user or a node: which key was theirs from when to when. What was signed
 * under a key stays verifiable after another has taken its place: decisions, permits and usage
 * intervals name their key by its id. A former key signs nobody in. Plain values, pure functions.
 */
struct key_fact {
    struct id key_id;
    struct blob public_key; /* SubjectPublicKeyInfo, DER */
    struct instant from;
    struct instant to; /* when another key took its place */
};
extern const struct record_type key_fact_type;

/* How many former keys are kept; none is ever dropped. */
#define KEY_FACTS_MAX 64

/* Puts a key of which the place is being taken at the end of the history: it was the owner's since
 * the last one went, or since `first`. ERR_LIMIT beyond KEY_FACTS_MAX. */
MUST_CHECK int key_facts_add(struct list *former, const struct id *key_id,
                             const struct blob *public_key, struct instant first,
                             struct instant now, struct err *err);

/* The former key of that id, the latest first; NULL when there was none. Borrowed. */
const struct key_fact *key_facts_find(const struct list *former, const struct id *key_id);

#endif

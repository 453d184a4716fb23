/* Key histories: a list that only grows. Pure. */
#include "controlplane/domain/key_fact.h"

static const struct field key_fact_fields[] = {
    F_ID(struct key_fact, key_id),
    F_BYTES(struct key_fact, public_key),
    F_INSTANT(struct key_fact, from),
    F_INSTANT(struct key_fact, to),
    F_END,
};
const struct record_type key_fact_type = {"key_fact", sizeof(struct key_fact), key_fact_fields};

static const struct key_fact *at(const struct list *former, size_t i)
{
    return (const struct key_fact *)former->items + i;
}

int key_facts_add(struct list *former, const struct id *key_id, const struct blob *public_key,
                  struct instant first, struct instant now, struct err *err)
{
    struct instant from = former->n > 0 ? at(former, former->n - 1)->to : first;
    if (former->n >= KEY_FACTS_MAX)
        return err_set(err, ERR_LIMIT,
                       "there were %d keys under this name already: keep the one in force",
                       KEY_FACTS_MAX);
    struct key_fact *fact = record_list_add(former, sizeof *fact);
    *fact =
        (struct key_fact){.key_id = *key_id, .public_key = *public_key, .from = from, .to = now};
    return 0;
}

const struct key_fact *key_facts_find(const struct list *former, const struct id *key_id)
{
    for (size_t i = former->n; i > 0; i--) {
        if (id_equal(&at(former, i - 1)->key_id, key_id))
            return at(former, i - 1);
    }
    return NULL;
}

/* Packing decisions. Pure but for memory. */
#include "controlplane/engine/parcel.h"

#include "lib/base/limits.h"

#include <stdlib.h>
#include <string.h>

/* Tags, lengths and numbers of one record in the log, generously. */
#define RECORD_OVERHEAD 160

void parcel_fini(struct parcel *p)
{
    for (size_t i = 0; i < p->n; i++)
        buf_fini(&p->objects[i].value);
    free(p->objects);
    LIST_EACH(struct ledger_entry, entry, &p->entries)
    {
        record_fini(&ledger_entry_type, entry);
    }
    free(p->entries.items);
    *p = (struct parcel){.n = 0};
}

static int pack_object(const struct change *change, struct parcel_object *to, struct err *err)
{
    *to = (struct parcel_object){.key = keys_of(change->kind, &change->id),
                                 .kind = change->kind,
                                 .id = change->id,
                                 .deleted = change->record == NULL};
    buf_init(&to->value, LIMIT_VALUE_BYTES);
    if (change->record)
        codec_encode_object(change->kind, change->record, &to->value);
    if (to->value.full)
        return err_set(err, ERR_LIMIT, "%s %s would be larger than %d bytes: split it",
                       entity_name(change->kind), change->id.text, LIMIT_VALUE_BYTES);
    return 0;
}

static int pack_objects(const struct changes *changes, struct parcel *p, struct err *err)
{
    if (changes->n > PARCEL_OBJECTS)
        return err_set(
            err, ERR_LIMIT,
            "this would change %zu objects at once, more than the %d of one transaction: "
            "ask for it in parts",
            changes->n, PARCEL_OBJECTS);
    p->objects = calloc(changes->n + 1, sizeof *p->objects);
    ENSURE(p->objects);
    for (size_t i = 0; i < changes->n; i++) {
        p->n++;
        TRY(pack_object(&changes->items[i], &p->objects[i], err));
        p->bytes += p->objects[i].value.len;
    }
    return 0;
}

static size_t entry_bytes(const struct ledger_entry *e)
{
    return RECORD_OVERHEAD + strlen(e->subject_kind.text) + strlen(e->subject.text) +
           strlen(e->organisation.text) + strlen(e->project.text) + strlen(e->actor.text) +
           strlen(e->paper) + strlen(e->reason);
}

static void pack_log(const struct changes *changes, const struct outcome *outcome, struct parcel *p)
{
    LIST_EACH(const struct ledger_entry, entry, &changes->entries)
    {
        struct ledger_entry *copy = record_list_add(&p->entries, sizeof *copy);
        record_copy(&ledger_entry_type, copy, entry);
        p->log_bytes += entry_bytes(entry);
    }
    if (!outcome)
        return;
    p->has_outcome = true;
    p->outcome = *outcome;
    p->log_bytes += sizeof *outcome + RECORD_OVERHEAD;
}

int parcel_pack(const struct changes *changes, const struct outcome *outcome, struct parcel *ret,
                struct err *err)
{
    struct parcel p = {.n = 0};
    int rc = pack_objects(changes, &p, err);
    if (rc == 0)
        pack_log(changes, outcome, &p);
    if (rc == 0 && (p.bytes > PARCEL_BYTES || p.log_bytes > PARCEL_LOG_BYTES))
        rc = err_set(err, ERR_LIMIT,
                     "this would write %zu bytes at once, more than one transaction holds: ask for "
                     "it in parts",
                     p.bytes + p.log_bytes);
    if (rc < 0) {
        parcel_fini(&p);
        return rc;
    }
    *ret = p;
    return 0;
}

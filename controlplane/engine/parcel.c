/* Packing decisions. Pure but for memory. */
#include "controlplane/engine/parcel.h"

#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/pki/digest.h"

#include <stdlib.h>
#include <string.h>

/* Tags, lengths and numbers of one record in the log, generously. */
#define RECORD_OVERHEAD 320

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

/* Entries about what is read again much later name the bytes that they are about. */
static bool binds_subject(enum ledger_kind kind)
{
    return kind == LEDGER_RATE || kind == LEDGER_CONTRIBUTION || kind == LEDGER_ISSUE ||
           kind == LEDGER_CLOSE || kind == LEDGER_SEAL || kind == LEDGER_DISPUTE;
}

static void bind_subject(const struct parcel *p, struct ledger_entry *entry)
{
    uint8_t digest[DIGEST_BYTES];
    for (size_t i = 0; binds_subject(entry->kind) && i < p->n; i++) {
        const struct parcel_object *o = &p->objects[i];
        if (o->deleted || !id_equal(&o->id, &entry->subject) ||
            strcmp(entity_name(o->kind), entry->subject_kind.text) != 0)
            continue;
        digest_sha256(buf_span(&o->value), digest);
        text_hex(entry->subject_sha256, digest, sizeof digest);
    }
}

static size_t entry_bytes(const struct ledger_entry *e)
{
    size_t n = RECORD_OVERHEAD + e->signature.len;
    for (const struct field *f = ledger_entry_type.fields; f->name; f++) {
        if (f->kind == FIELD_ID || f->kind == FIELD_TEXT)
            n += strlen((const char *)e + f->offset);
    }
    return n;
}

static void pack_log(const struct changes *changes, const struct outcome *outcome, struct parcel *p)
{
    LIST_EACH(const struct ledger_entry, entry, &changes->entries)
    {
        struct ledger_entry *copy = record_list_add(&p->entries, sizeof *copy);
        record_copy(&ledger_entry_type, copy, entry);
        bind_subject(p, copy);
        p->log_bytes += entry_bytes(copy);
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

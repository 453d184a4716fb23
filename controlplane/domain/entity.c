/* The kinds of objects: one row each. */
#include "controlplane/domain/entity.h"

#include "controlplane/domain/allocation.h"
#include "controlplane/domain/approval.h"
#include "controlplane/domain/closing.h"
#include "controlplane/domain/contribution.h"
#include "controlplane/domain/issued.h"
#include "controlplane/domain/lease.h"
#include "controlplane/domain/loan.h"
#include "controlplane/domain/node.h"
#include "controlplane/domain/organisation.h"
#include "controlplane/domain/pool.h"
#include "controlplane/domain/programme.h"
#include "controlplane/domain/project.h"
#include "controlplane/domain/recall.h"
#include "controlplane/domain/stage.h"
#include "controlplane/domain/usage.h"
#include "controlplane/domain/user.h"

static const struct entity_row {
    const char *name;
    const char *prefix;
    const struct record_type *type;
} rows[ENTITY_KIND_COUNT] = {
#define X(kind, prefix, name, type) [ENTITY_##kind] = {name, prefix, &type##_type},
    ENTITY_KINDS(X)
#undef X
};

static const struct entity_row *row_of(enum entity_kind kind)
{
    ENSURE(kind >= 0 && kind < ENTITY_KIND_COUNT);
    return &rows[kind];
}

const struct record_type *entity_type(enum entity_kind kind)
{
    return row_of(kind)->type;
}

const char *entity_name(enum entity_kind kind)
{
    return row_of(kind)->name;
}

const char *entity_prefix(enum entity_kind kind)
{
    return row_of(kind)->prefix;
}

const struct id *entity_id(enum entity_kind kind, const void *record)
{
    const struct field *first = row_of(kind)->type->fields;
    ENSURE(first->kind == FIELD_ID && first->offset == 0);
    return record;
}

int entity_kind_by_name(struct span name, enum entity_kind *ret)
{
    for (int k = 0; k < ENTITY_KIND_COUNT; k++) {
        if (span_equal(name, span_text(rows[k].name))) {
            *ret = (enum entity_kind)k;
            return 0;
        }
    }
    return -ERR_NOT_FOUND;
}

int entity_kind_by_prefix(struct span prefix, enum entity_kind *ret)
{
    for (int k = 0; k < ENTITY_KIND_COUNT; k++) {
        if (span_equal(prefix, span_text(rows[k].prefix))) {
            *ret = (enum entity_kind)k;
            return 0;
        }
    }
    return -ERR_NOT_FOUND;
}

/* Organisations: fields and the checks that need no other object. */
#include "controlplane/domain/organisation.h"

#include "lib/base/korea.h"

static const struct field size_fact_fields[] = {
    F_INSTANT(struct size_fact, from),
    F_ENUM(struct size_fact, size, &size_class_names),
    F_ENUM(struct size_fact, legal_size, &size_class_names),
    F_TEXT(struct size_fact, evidence),
    F_END,
};
static const struct record_type size_fact_type = {"size_fact", sizeof(struct size_fact),
                                                  size_fact_fields};

static const struct field lab_fields[] = {F_ID(struct lab, name), F_END};
static const struct record_type lab_type = {"lab", sizeof(struct lab), lab_fields};

static const struct field organisation_fields[] = {
    F_ID(struct organisation, id),
    F_TEXT(struct organisation, name_ko),
    F_TEXT(struct organisation, name_en),
    F_BOOL(struct organisation, supplier),
    F_BOOL(struct organisation, agency),
    F_LIST(struct organisation, sizes, &size_fact_type),
    F_LIST(struct organisation, labs, &lab_type),
    F_END,
};
const struct record_type organisation_type = {"organisation", sizeof(struct organisation),
                                              organisation_fields};

const struct size_fact *organisation_size_at(const struct organisation *o, struct instant t)
{
    const struct size_fact *in_force = NULL;
    LIST_EACH(const struct size_fact, fact, &o->sizes)
    {
        if (fact->from.s <= t.s)
            in_force = fact;
    }
    return in_force;
}

static int check_sizes(const struct organisation *o, struct err *err)
{
    if (o->sizes.n == 0)
        return err_set(err, ERR_INVALID, "organisation %s: sizes: state at least one size class",
                       o->id.text);
    const struct size_fact *last = NULL;
    LIST_EACH(const struct size_fact, fact, &o->sizes)
    {
        if (last && fact->from.s <= last->from.s)
            return err_set(err, ERR_INVALID,
                           "organisation %s: sizes: dates must rise, and none may stand twice",
                           o->id.text);
        if (fact->size == SIZE_STARTUP && fact->legal_size == SIZE_STARTUP)
            return err_set(err, ERR_INVALID,
                           "organisation %s: sizes: a startup needs legal_size, the class whose "
                           "rate it bears",
                           o->id.text);
        last = fact;
    }
    return 0;
}

int organisation_check(const struct organisation *o, struct err *err)
{
    if (id_is_none(&o->id))
        return err_set(err, ERR_INVALID, "organisation: id is missing");
    if (strchr(o->id.text, '.'))
        return err_set(err, ERR_INVALID,
                       "organisation %s: id must not hold a dot: it ends the names of its users",
                       o->id.text);
    if (o->name_ko[0] == '\0' && o->name_en[0] == '\0')
        return err_set(err, ERR_INVALID, "organisation %s: name_ko or name_en is needed",
                       o->id.text);
    return check_sizes(o, err);
}

/* Sites and pools: fields and the checks that need no other object. */
#include "controlplane/domain/pool.h"

static const struct field site_fields[] = {
    F_ID(struct site, id),
    F_ID(struct site, operator),
    F_TEXT(struct site, name_ko),
    F_TEXT(struct site, name_en),
    F_END,
};
const struct record_type site_type = {"site", sizeof(struct site), site_fields};

static const struct field pool_fields[] = {
    F_ID(struct pool, id),
    F_ID(struct pool, owner),
    F_ID(struct pool, site),
    F_TEXT(struct pool, model),
    F_SHARE(struct pool, contracted_units),
    F_SHARE(struct pool, lend_limit_units),
    F_END,
};
const struct record_type pool_type = {"pool", sizeof(struct pool), pool_fields};

int site_check(const struct site *s, struct err *err)
{
    if (id_is_none(&s->id))
        return err_set(err, ERR_INVALID, "site: id is missing");
    if (id_is_none(&s->operator))
        return err_set(err, ERR_INVALID, "site %s: operator is missing", s->id.text);
    return 0;
}

int pool_check(const struct pool *p, struct err *err)
{
    if (id_is_none(&p->id))
        return err_set(err, ERR_INVALID, "pool: id is missing");
    if (id_is_none(&p->owner) || id_is_none(&p->site) || p->model[0] == '\0')
        return err_set(err, ERR_INVALID, "pool %s: owner, site and model are needed", p->id.text);
    if (p->contracted_units.units < 0 || p->lend_limit_units.units < 0)
        return err_set(err, ERR_INVALID,
                       "pool %s: contracted_units and lend_limit_units must not be negative",
                       p->id.text);
    return 0;
}

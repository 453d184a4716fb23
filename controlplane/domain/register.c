/* Upserts with their checks, from the bottom up: references, history, whoever relies on it. */
#include "controlplane/domain/register.h"

#include "controlplane/domain/approving.h"
#include "controlplane/domain/pool_limit.h"
#include "controlplane/domain/eligibility.h"

/* ---- What all share ----------------------------------------------------------------------------
 */

static void enter(struct turn *t, enum entity_kind kind, const void *record)
{
    turn_put(t, kind, record);
    turn_entry(t, kind == ENTITY_PROGRAMME ? LEDGER_RATE : LEDGER_REGISTER, kind,
               entity_id(kind, record));
    turn_answer(t, kind, entity_id(kind, record), NULL);
    approving_refresh(t);
}

/* A list of dated facts: rows of one record type with an instant called "from". */
struct dated {
    const struct list *rows;
    const struct record_type *type;
    const struct field *from;
};

static struct dated dated_of(const struct record_type *owner, const char *name,
                             const struct list *rows)
{
    const struct field *list = record_field(owner, name);
    ENSURE(list != NULL && list->kind == FIELD_LIST);
    const struct field *from = record_field(list->type, "from");
    ENSURE(from != NULL && from->kind == FIELD_INSTANT);
    return (struct dated){.rows = rows, .type = list->type, .from = from};
}

static const char *row_at(const struct dated *d, size_t i)
{
    return (const char *)d->rows->items + i * d->type->size;
}

static bool in_force(const struct dated *d, size_t i, struct instant now)
{
    struct instant from;
    memcpy(&from, row_at(d, i) + d->from->offset, sizeof from);
    return from.s <= now.s || from.s == INSTANT_NEVER.s; /* never: since ever */
}

/* Every fact of `these` that is in force stands in `those` as well. */
static bool keeps(const struct dated *these, const struct dated *those, struct instant now)
{
    for (size_t i = 0; i < these->rows->n; i++) {
        bool kept = !in_force(these, i, now);
        for (size_t k = 0; !kept && k < those->rows->n; k++)
            kept = record_equal(these->type, row_at(these, i), row_at(those, k));
        if (!kept)
            return false;
    }
    return true;
}

/* Facts that have begun to count are neither changed, removed nor added afterwards. */
static int check_history(const struct turn *t, struct dated before, struct dated after,
                         const char *what, struct err *err)
{
    if (keeps(&before, &after, turn_now(t)) && keeps(&after, &before, turn_now(t)))
        return 0;
    return err_set(err, ERR_INVALID,
                   "%s: a line whose date has come can't be changed, removed or added: add a line "
                   "from a date to come",
                   what);
}

/* ---- Organisations ------------------------------------------------------------------------------
 */

int decide_apply_organisation(struct turn *t, const void *args, struct err *err)
{
    const struct apply_organisation_request *r = args;
    const struct organisation *now = &r->organisation;
    TRY(organisation_check(now, err));
    const struct organisation *before = turn_find(t, ENTITY_ORGANISATION, &now->id);
    if (before)
        TRY(check_history(t, dated_of(&organisation_type, "sizes", &before->sizes),
                          dated_of(&organisation_type, "sizes", &now->sizes), "sizes", err));
    enter(t, ENTITY_ORGANISATION, now);
    eligibility_review(t, NULL, &now->id);
    return 0;
}

/* ---- Programmes ---------------------------------------------------------------------------------
 */

int decide_apply_programme(struct turn *t, const void *args, struct err *err)
{
    const struct apply_programme_request *r = args;
    const struct programme *now = &r->programme;
    TRY(programme_check(now, err));
    int rc = policy_check(&now->policy, err);
    if (rc < 0)
        return err_prefix(err, rc, "programme %s", now->id.text);
    const struct programme *before = turn_find(t, ENTITY_PROGRAMME, &now->id);
    if (before) {
        TRY(check_history(t, dated_of(&cofunding_policy_type, "prices", &before->policy.prices),
                          dated_of(&cofunding_policy_type, "prices", &now->policy.prices), "prices",
                          err));
        if (before->policy.part_month != now->policy.part_month ||
            before->policy.grain != now->policy.grain)
            return err_set(err, ERR_INVALID,
                           "programme %s: part_month and grain price every month since the first: "
                           "they can't be changed",
                           now->id.text);
    }
    enter(t, ENTITY_PROGRAMME, now);
    eligibility_review(t, &now->id, NULL);
    return 0;
}

/* ---- Projects -----------------------------------------------------------------------------------
 */

static bool has_lab(const struct organisation *o, const struct id *lab)
{
    LIST_EACH(const struct lab, l, &o->labs)
    {
        if (id_equal(&l->name, lab))
            return true;
    }
    return false;
}

static int check_members_exist(const struct turn *t, const struct project *p, struct err *err)
{
    LIST_EACH(const struct member, m, &p->members)
    {
        const struct organisation *o = turn_find(t, ENTITY_ORGANISATION, &m->organisation);
        if (!o)
            return err_set(err, ERR_NOT_FOUND,
                           "project %s: members: organisation %s does not exist", p->id.text,
                           m->organisation.text);
        if (!id_is_none(&m->lab) && !has_lab(o, &m->lab))
            return err_set(err, ERR_NOT_FOUND, "project %s: members: %s has no lab %s", p->id.text,
                           m->organisation.text, m->lab.text);
    }
    return 0;
}

struct leavers {
    const struct project *after;
    const struct lease *lease;
};

static bool visit_leaver(const void *record, void *arg)
{
    struct leavers *l = arg;
    const struct lease *lease = record;
    if (lease_holds_capacity(lease) && !project_member(l->after, &lease->organisation))
        l->lease = lease;
    return !l->lease;
}

static int check_project_change(const struct turn *t, const struct project *before,
                                const struct project *now, struct err *err)
{
    if (!id_equal(&before->programme, &now->programme))
        return err_set(err, ERR_INVALID, "project %s: it can't move from programme %s to %s",
                       now->id.text, before->programme.text, now->programme.text);
    struct leavers l = {.after = now};
    turn_each_linked(t, LINK_LEASE_PROJECT, ENTITY_LEASE, &now->id, visit_leaver, &l);
    if (l.lease)
        return err_set(err, ERR_STATE,
                       "project %s: members: %s can't leave while it has %s: release that first",
                       now->id.text, l.lease->organisation.text, l.lease->id.text);
    return check_history(t, dated_of(&project_type, "openness", &before->openness),
                         dated_of(&project_type, "openness", &now->openness), "openness", err);
}

/* How its stages go is decided elsewhere: never taken from a registration of a known project. */
static void keep_course(const struct project *before, struct project *now)
{
    now->eliminated_by = before ? before->eliminated_by : ID_NONE;
    LIST_EACH(struct project_stage, stage, &now->stages)
    {
        const struct project_stage *known = before ? project_stage(before, &stage->id) : NULL;
        if (known)
            stage->state = known->state;
    }
}

int decide_apply_project(struct turn *t, const void *args, struct err *err)
{
    const struct apply_project_request *r = args;
    const struct project *now = &r->project;
    TRY(project_check(now, err));
    const struct programme *programme = turn_find(t, ENTITY_PROGRAMME, &now->programme);
    if (!programme)
        return err_set(err, ERR_NOT_FOUND, "project %s: programme %s does not exist", now->id.text,
                       now->programme.text);
    TRY(check_members_exist(t, now, err));
    const struct project *before = turn_find(t, ENTITY_PROJECT, &now->id);
    if (before)
        TRY(check_project_change(t, before, now, err));
    TRY(eligibility_check(t, programme, now, err));
    enter(t, ENTITY_PROJECT, now);
    keep_course(before, turn_edit(t, ENTITY_PROJECT, &now->id));
    return 0;
}

/* ---- Sites and pools ----------------------------------------------------------------------------
 */

static int need_supplier(const struct turn *t, const struct id *id, const char *what,
                         struct err *err)
{
    const struct organisation *o = turn_find(t, ENTITY_ORGANISATION, id);
    if (!o)
        return err_set(err, ERR_NOT_FOUND, "%s: organisation %s does not exist", what, id->text);
    if (!o->supplier)
        return err_set(err, ERR_INVALID, "%s: organisation %s is no supplier", what, id->text);
    return 0;
}

int decide_apply_site(struct turn *t, const void *args, struct err *err)
{
    const struct apply_site_request *r = args;
    const struct site *now = &r->site;
    const uint32_t agency = ROLE_BIT(ROLE_AGENCY_ADMIN);
    TRY(site_check(now, err));
    TRY(turn_own(t, &now->operator, agency, "a site of", err));
    TRY(need_supplier(t, &now->operator, "operator", err));
    const struct site *before = turn_find(t, ENTITY_SITE, &now->id);
    if (before)
        TRY(turn_own(t, &before->operator, agency, "the site of", err));
    enter(t, ENTITY_SITE, now);
    return 0;
}

static int check_pool_change(const struct turn *t, const struct pool *before,
                             const struct pool *now, struct err *err)
{
    TRY(turn_own(t, &before->owner, ROLE_BIT(ROLE_AGENCY_ADMIN), "the pool of", err));
    if (!id_equal(&before->owner, &now->owner) || !id_equal(&before->site, &now->site) ||
        strcmp(before->model, now->model) != 0)
        return err_set(err, ERR_INVALID,
                       "pool %s: owner, site and model stay: make a new pool for others",
                       now->id.text);
    return pool_limit_check(t, now, err);
}

int decide_apply_pool(struct turn *t, const void *args, struct err *err)
{
    const struct apply_pool_request *r = args;
    const struct pool *now = &r->pool;
    TRY(pool_check(now, err));
    TRY(turn_own(t, &now->owner, ROLE_BIT(ROLE_AGENCY_ADMIN), "a pool of", err));
    TRY(need_supplier(t, &now->owner, "owner", err));
    if (!turn_find(t, ENTITY_SITE, &now->site))
        return err_set(err, ERR_NOT_FOUND, "pool %s: site %s does not exist", now->id.text,
                       now->site.text);
    const struct pool *before = turn_find(t, ENTITY_POOL, &now->id);
    if (before)
        TRY(check_pool_change(t, before, now, err));
    enter(t, ENTITY_POOL, now);
    return 0;
}

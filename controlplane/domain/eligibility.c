/* One function a rule kind. Pure. */
#include "controlplane/domain/eligibility.h"

#include "lib/base/buf.h"

struct consortium {
    const struct turn *turn;
    const struct programme *programme;
    const struct project *project;
    const struct eligibility_rule *rule;
    struct instant at;
};

static bool among(const struct list *values, const char *text)
{
    LIST_EACH(const struct id, value, values)
    {
        if (strcmp(value->text, text) == 0)
            return true;
    }
    return false;
}

/* The size class of an organisation at the instant that counts: "none" before its first fact. */
static const char *size_of(const struct consortium *c, const struct id *organisation)
{
    const struct organisation *o = turn_find(c->turn, ENTITY_ORGANISATION, organisation);
    const struct size_fact *fact = o ? organisation_size_at(o, c->at) : NULL;
    return enum_name(&size_class_names, fact ? (int)fact->size : SIZE_NONE);
}

static int refuse(const struct consortium *c, const char *why, const char *who, const char *what,
                  struct err *err)
{
    return err_set(err, ERR_INVALID, "project %s: rule %s of programme %s: %s %s (%s)",
                   c->project->id.text, enum_name(&eligibility_rule_names, (int)c->rule->rule),
                   c->programme->id.text, who, why, what);
}

static int lead_size_barred(const struct consortium *c, struct err *err)
{
    const struct member *lead = project_lead(c->project);
    const char *size = size_of(c, &lead->organisation);
    if (!among(&c->rule->values, size))
        return 0;
    return refuse(c, "may take part but not lead, because of its size class",
                  lead->organisation.text, size, err);
}

static int lead_organisation_barred(const struct consortium *c, struct err *err)
{
    const struct member *lead = project_lead(c->project);
    if (!among(&c->rule->values, lead->organisation.text))
        return 0;
    return refuse(c, "may not lead", lead->organisation.text, "named in the rule", err);
}

static int member_size_required(const struct consortium *c, struct err *err)
{
    CLEANUP_BUF struct buf sizes;
    buf_init(&sizes, ERR_TEXT_MAX);
    LIST_EACH(const struct member, m, &c->project->members)
    {
        if (among(&c->rule->values, size_of(c, &m->organisation)))
            return 0;
    }
    LIST_EACH(const struct id, value, &c->rule->values)
    {
        buf_printf(&sizes, "%s%s", sizes.len > 0 ? ", " : "", value->text);
    }
    return refuse(c, "is missing: one must take part", "a member of size class", sizes.data, err);
}

/* ---- Rules across the projects of the programme ------------------------------------------------
 */

struct rival {
    const struct consortium *consortium;
    const struct member *member;
    const struct project *found;
};

static bool is_rival(const struct rival *r, const struct project *other)
{
    return id_equal(&other->programme, &r->consortium->programme->id) &&
           !id_equal(&other->id, &r->consortium->project->id);
}

static bool visit_lead(const void *record, void *arg)
{
    struct rival *r = arg;
    const struct project *other = record;
    if (is_rival(r, other) &&
        id_equal(&project_lead(other)->organisation, &r->member->organisation))
        r->found = other;
    return !r->found;
}

static int one_lead(const struct consortium *c, struct err *err)
{
    struct rival r = {.consortium = c, .member = project_lead(c->project)};
    turn_each(c->turn, ENTITY_PROJECT, visit_lead, &r);
    if (!r.found)
        return 0;
    return refuse(c, "leads another consortium already", r.member->organisation.text,
                  r.found->id.text, err);
}

static bool visit_lab(const void *record, void *arg)
{
    struct rival *r = arg;
    const struct project *other = record;
    if (!is_rival(r, other))
        return true;
    const struct member *m = project_member(other, &r->member->organisation);
    if (m && id_equal(&m->lab, &r->member->lab))
        r->found = other;
    return !r->found;
}

static int one_lab(const struct consortium *c, struct err *err)
{
    LIST_EACH(const struct member, m, &c->project->members)
    {
        struct rival r = {.consortium = c, .member = m};
        if (id_is_none(&m->lab))
            continue;
        turn_each(c->turn, ENTITY_PROJECT, visit_lab, &r);
        if (r.found)
            return refuse(c, "has joined another consortium already", m->lab.text, r.found->id.text,
                          err);
    }
    return 0;
}

/* ---- All rules ---------------------------------------------------------------------------------
 */

static int (*const rules[ELIGIBILITY_RULE_COUNT])(const struct consortium *c, struct err *err) = {
    [ELIGIBILITY_LEAD_SIZE_BARRED] = lead_size_barred,
    [ELIGIBILITY_LEAD_ORGANISATION_BARRED] = lead_organisation_barred,
    [ELIGIBILITY_MEMBER_SIZE_REQUIRED] = member_size_required,
    [ELIGIBILITY_ONE_LEAD] = one_lead,
    [ELIGIBILITY_ONE_LAB] = one_lab,
};

static int check_at(const struct turn *t, const struct programme *programme,
                    const struct project *project, struct instant at, struct err *err)
{
    struct consortium c = {.turn = t,
                           .programme = programme,
                           .project = project,
                           .at = instant_max(at, programme->from)};
    LIST_EACH(const struct eligibility_rule, rule, &programme->eligibility)
    {
        ENSURE(rule->rule >= 0 && rule->rule < ELIGIBILITY_RULE_COUNT);
        c.rule = rule;
        TRY(rules[rule->rule](&c, err));
    }
    return 0;
}

int eligibility_check(const struct turn *t, const struct programme *programme,
                      const struct project *project, struct err *err)
{
    return check_at(t, programme, project, turn_now(t), err);
}

/* ---- Looking again -----------------------------------------------------------------------------
 */

static const struct list no_facts;

struct review {
    struct turn *turn;
    const struct id *programme, *organisation; /* NULL: any */
    struct instant at;
    size_t left;
};

static bool visit_consortium(const void *record, void *arg)
{
    struct review *r = arg;
    const struct project *p = record;
    struct err why = ERR_INIT;
    if (r->programme && !id_equal(&p->programme, r->programme))
        return true;
    if (r->organisation && !project_member(p, r->organisation))
        return true;
    const struct programme *programme = turn_find(r->turn, ENTITY_PROGRAMME, &p->programme);
    if (!programme || check_at(r->turn, programme, p, r->at, &why) == 0)
        return true;
    changes_note(r->turn->out, "no longer eligible: %s", why.text);
    return --r->left > 0;
}

void eligibility_review(struct turn *t, const struct id *programme, const struct id *organisation)
{
    struct review r = {.turn = t,
                       .programme = programme,
                       .organisation = organisation,
                       .at = turn_now(t),
                       .left = ELIGIBILITY_NOTES_MAX};
    const struct organisation *o =
        organisation ? turn_find(t, ENTITY_ORGANISATION, organisation) : NULL;
    LIST_EACH(const struct size_fact, fact, o ? &o->sizes : &no_facts)
    {
        r.at = instant_max(r.at, fact->from); /* a new line counts from its date */
    }
    turn_each(t, ENTITY_PROJECT, visit_consortium, &r);
}

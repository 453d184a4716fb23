/* Projects: fields and the checks that need no other object. */
#include "controlplane/domain/project.h"

static const char *const role_texts[] = {"lead", "participant", "co_research", "subcontracted"};
const struct enum_names member_role_names = {role_texts, MEMBER_ROLE_COUNT};

static const struct field member_fields[] = {
    F_ID(struct member, organisation),
    F_ENUM(struct member, role, &member_role_names),
    F_ID(struct member, lab),
    F_END,
};
static const struct record_type member_type = {"member", sizeof(struct member), member_fields};

static const struct field openness_fact_fields[] = {
    F_INSTANT(struct openness_fact, from),
    F_ENUM(struct openness_fact, openness, &openness_names),
    F_TEXT(struct openness_fact, evidence),
    F_END,
};
static const struct record_type openness_fact_type = {"openness_fact", sizeof(struct openness_fact),
                                                      openness_fact_fields};

static const struct field project_fields[] = {
    F_ID(struct project, id),
    F_ID(struct project, programme),
    F_TEXT(struct project, name_ko),
    F_TEXT(struct project, name_en),
    F_TEXT(struct project, agreement_number),
    F_LIST(struct project, members, &member_type),
    F_LIST(struct project, openness, &openness_fact_type),
    F_LIST(struct project, stages, &project_stage_type),
    F_ID(struct project, eliminated_by),
    F_END,
};
const struct record_type project_type = {"project", sizeof(struct project), project_fields};

const struct member *project_member(const struct project *p, const struct id *organisation)
{
    LIST_EACH(const struct member, m, &p->members)
    {
        if (id_equal(&m->organisation, organisation))
            return m;
    }
    return NULL;
}

const struct member *project_lead(const struct project *p)
{
    LIST_EACH(const struct member, m, &p->members)
    {
        if (m->role == MEMBER_LEAD)
            return m;
    }
    return NULL;
}

const struct project_stage *project_stage(const struct project *p, const struct id *stage)
{
    LIST_EACH(const struct project_stage, s, &p->stages)
    {
        if (id_equal(&s->id, stage))
            return s;
    }
    return NULL;
}

bool project_eliminated(const struct project *p)
{
    return !id_is_none(&p->eliminated_by);
}

static int check_members(const struct project *p, struct err *err)
{
    size_t leads = 0;
    LIST_EACH(const struct member, m, &p->members)
    {
        if (id_is_none(&m->organisation))
            return err_set(err, ERR_INVALID, "project %s: members: organisation is missing",
                           p->id.text);
        if (project_member(p, &m->organisation) != m)
            return err_set(err, ERR_INVALID, "project %s: members: %s stands twice", p->id.text,
                           m->organisation.text);
        leads += m->role == MEMBER_LEAD;
    }
    if (leads != 1)
        return err_set(err, ERR_INVALID, "project %s: members: exactly one lead, not %zu",
                       p->id.text, leads);
    return 0;
}

static int check_openness(const struct project *p, struct err *err)
{
    if (p->openness.n == 0)
        return err_set(err, ERR_INVALID, "project %s: openness: state at least one level",
                       p->id.text);
    const struct openness_fact *last = NULL;
    LIST_EACH(const struct openness_fact, fact, &p->openness)
    {
        if (last && fact->from.s <= last->from.s)
            return err_set(err, ERR_INVALID,
                           "project %s: openness: dates must rise, and none may stand twice",
                           p->id.text);
        last = fact;
    }
    return 0;
}

static int check_stages(const struct project *p, struct err *err)
{
    LIST_EACH(const struct project_stage, stage, &p->stages)
    {
        if (id_is_none(&stage->id) || stage->from.s >= stage->to.s)
            return err_set(err, ERR_INVALID,
                           "project %s: stages: each needs an id and from before to", p->id.text);
        if (project_stage(p, &stage->id) != stage)
            return err_set(err, ERR_INVALID, "project %s: stages: %s stands twice", p->id.text,
                           stage->id.text);
    }
    return 0;
}

int project_check(const struct project *p, struct err *err)
{
    if (id_is_none(&p->id))
        return err_set(err, ERR_INVALID, "project: id is missing");
    if (id_is_none(&p->programme))
        return err_set(err, ERR_INVALID, "project %s: programme is missing", p->id.text);
    TRY(check_members(p, err));
    TRY(check_openness(p, err));
    return check_stages(p, err);
}

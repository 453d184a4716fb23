/* Gathers the basis of a statement, list by list. */
#include "controlplane/domain/stating.h"

#include "controlplane/domain/allocation.h"
#include "controlplane/domain/approval.h"
#include "controlplane/domain/close.h"
#include "controlplane/domain/contribution.h"
#include "controlplane/domain/lease.h"
#include "controlplane/domain/loan.h"
#include "controlplane/domain/organisation.h"
#include "controlplane/domain/programme.h"
#include "controlplane/domain/project.h"
#include "controlplane/domain/stretches.h"
#include "lib/base/text.h"

struct gathering {
    const struct state *state;
    const struct stating_request *request;
    const struct project *project;
    struct basis *basis;
};

static bool takes_part(const struct gathering *g, const struct id *organisation)
{
    if (g->request->only && !id_equal(g->request->only, organisation))
        return false;
    return project_member(g->project, organisation) != NULL;
}

/* ---- Names ----------------------------------------------------------------------------------- */

static void copy_text(char dst[LIMIT_NAME_BYTES], const char *text)
{
    text_cut(dst, LIMIT_NAME_BYTES, text);
}

static void add_name(struct basis *b, const struct id *id, const char *ko, const char *en)
{
    LIST_EACH(const struct basis_name, known, &b->names)
    {
        if (id_equal(&known->id, id))
            return;
    }
    struct basis_name *name = record_list_add(&b->names, sizeof *name);
    name->id = *id;
    copy_text(name->ko, ko);
    copy_text(name->en, en);
}

static void add_organisation_name(struct gathering *g, const struct id *id)
{
    const struct organisation *o = state_find(g->state, ENTITY_ORGANISATION, id);
    if (o)
        add_name(g->basis, id, o->name_ko, o->name_en);
}

static bool find_agency(const void *record, void *arg)
{
    const struct organisation *o = record;
    struct gathering *g = arg;
    if (!o->agency)
        return true;
    g->basis->agency = o->id;
    add_organisation_name(g, &o->id);
    return false;
}

/* ---- Members --------------------------------------------------------------------------------- */

static void gather_member(struct gathering *g, const struct member *m, const struct organisation *o)
{
    struct basis_member *member = record_list_add(&g->basis->members, sizeof *member);
    member->organisation = o->id;
    member->role = id_literal(enum_name(&member_role_names, (int)m->role));
    LIST_EACH(const struct size_fact, fact, &o->sizes)
    {
        struct basis_size *size = record_list_add(&member->sizes, sizeof *size);
        *size = (struct basis_size){
            .from = fact->from, .size = fact->size, .legal_size = fact->legal_size};
        copy_text(size->evidence, fact->evidence);
    }
}

static int gather_members(struct gathering *g, struct err *err)
{
    LIST_EACH(const struct member, m, &g->project->members)
    {
        const struct organisation *o = state_find(g->state, ENTITY_ORGANISATION, &m->organisation);
        if (!o)
            return err_set(err, ERR_NOT_FOUND, "organisation %s is gone", m->organisation.text);
        if (m->role == MEMBER_LEAD) {
            g->basis->lead = o->id;
            add_organisation_name(g, &o->id);
        }
        if (!takes_part(g, &m->organisation))
            continue;
        gather_member(g, m, o);
        add_organisation_name(g, &o->id);
    }
    LIST_EACH(const struct openness_fact, fact, &g->project->openness)
    {
        struct basis_openness *level = record_list_add(&g->basis->openness, sizeof *level);
        *level = (struct basis_openness){.from = fact->from, .openness = fact->openness};
        copy_text(level->evidence, fact->evidence);
    }
    return 0;
}

/* ---- Use ------------------------------------------------------------------------------------- */

static bool gather_lease(const void *record, void *arg)
{
    const struct lease *l = record;
    struct gathering *g = arg;
    if (!takes_part(g, &l->organisation))
        return true;
    const struct loan *loan =
        id_is_none(&l->loan) ? NULL : state_find(g->state, ENTITY_LOAN, &l->loan);
    stretches_of_lease(g->state, l, loan, g->request->period, g->request->as_of, g->basis);
    if (loan)
        add_organisation_name(g, &loan->lender);
    return true;
}

static bool gather_contribution(const void *record, void *arg)
{
    const struct contribution *c = record;
    struct gathering *g = arg;
    bool known = g->request->as_of.s == INSTANT_NEVER.s || c->recorded_at.s == INSTANT_NEVER.s ||
                 c->recorded_at.s < g->request->as_of.s;
    if (!known || !id_equal(&c->project, &g->project->id) || !takes_part(g, &c->organisation) ||
        !window_contains(g->request->period, c->at))
        return true;
    struct basis_contribution *row = record_list_add(&g->basis->contributions, sizeof *row);
    *row = (struct basis_contribution){.id = c->id,
                                       .organisation = c->organisation,
                                       .kind = c->kind,
                                       .krw = c->krw,
                                       .at = c->at,
                                       .from = c->from,
                                       .to = c->to};
    copy_text(row->reference, c->reference);
    return true;
}

/* ---- What was awarded, and what changed -------------------------------------------------------
 */

/* The paper of the approval that decided on the subject, if any. */
struct paper_search {
    const struct id *subject;
    char *paper;
};

static bool find_paper(const void *record, void *arg)
{
    const struct approval *a = record;
    struct paper_search *s = arg;
    if (!id_equal(&a->subject, s->subject))
        return true;
    LIST_EACH(const struct decision, d, &a->decisions)
    {
        if (d->verdict == VERDICT_APPROVED && d->paper[0])
            copy_text(s->paper, d->paper);
    }
    return true;
}

static bool gather_allocation(const void *record, void *arg)
{
    const struct allocation *a = record;
    struct gathering *g = arg;
    struct window window = window_intersect((struct window){a->from, a->to}, g->request->period);
    if (!id_equal(&a->project, &g->project->id) || a->state != REQUEST_APPROVED ||
        window_empty(window))
        return true;
    struct basis_allocation *row = record_list_add(&g->basis->allocations, sizeof *row);
    *row = (struct basis_allocation){
        .id = a->id, .from = a->from, .to = a->to, .units = a->awarded_units};
    memcpy(row->model, a->model, sizeof row->model);
    struct paper_search search = {&a->id, row->paper};
    state_each(g->state, ENTITY_APPROVAL, NULL, find_paper, &search);
    return true;
}

static void fill_head(struct gathering *g, const struct programme *programme)
{
    const struct project *p = g->project;
    struct basis *b = g->basis;
    *b = (struct basis){.format = BASIS_FORMAT,
                        .programme = p->programme,
                        .project = p->id,
                        .only = g->request->only ? *g->request->only : ID_NONE,
                        .from = g->request->period.from,
                        .to = g->request->period.to,
                        .issued_at = INSTANT_NEVER};
    copy_text(b->agreement_number, p->agreement_number);
    add_name(b, &p->programme, programme->name_ko, programme->name_en);
    add_name(b, &p->id, p->name_ko, p->name_en);
    record_copy(&cofunding_policy_type, &b->policy, &programme->policy);
    state_each(g->state, ENTITY_ORGANISATION, NULL, find_agency, g);
}

int stating_basis(const struct state *s, const struct stating_request *request, struct basis *ret,
                  struct err *err)
{
    struct gathering g = {.state = s, .request = request, .basis = ret};
    g.project = state_find(s, ENTITY_PROJECT, &request->project);
    const struct programme *programme =
        g.project ? state_find(s, ENTITY_PROGRAMME, &g.project->programme) : NULL;
    if (!programme)
        return err_set(err, ERR_NOT_FOUND, "there is no project %s", request->project.text);
    if (request->only && !project_member(g.project, request->only))
        return err_set(err, ERR_NOT_FOUND, "%s takes no part in project %s", request->only->text,
                       request->project.text);
    if (request->period.from.s < close_archived(s).s)
        return err_set(err, ERR_STATE,
                       "part of that time is archived: its sealed segments and issued statements "
                       "tell of it");
    fill_head(&g, programme);
    int rc = gather_members(&g, err);
    if (rc < 0) {
        record_fini(&basis_type, ret);
        return rc;
    }
    state_each_linked(s, LINK_LEASE_PROJECT, &request->project, gather_lease, &g);
    state_each(s, ENTITY_CONTRIBUTION, NULL, gather_contribution, &g);
    state_each(s, ENTITY_ALLOCATION, NULL, gather_allocation, &g);
    basis_sort(ret);
    return 0;
}

static int state_it(const struct state *s, const struct stating_request *request,
                    struct statement **ret, struct err *err)
{
    struct basis basis;
    TRY(stating_basis(s, request, &basis, err));
    return statement_of_basis(&basis, ret, err);
}

int stating_project(const struct state *s, const struct id *project, struct window period,
                    struct statement **ret, struct err *err)
{
    struct stating_request request = {
        .project = *project, .period = period, .as_of = INSTANT_NEVER};
    return state_it(s, &request, ret, err);
}

int stating_member(const struct state *s, const struct id *project, const struct id *organisation,
                   struct window period, struct statement **ret, struct err *err)
{
    struct stating_request request = {
        .project = *project, .only = organisation, .period = period, .as_of = INSTANT_NEVER};
    return state_it(s, &request, ret, err);
}

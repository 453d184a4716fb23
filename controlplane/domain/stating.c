/* Gathers the input of a statement; the rows live in lists that are freed at the end. */
#include "controlplane/domain/stating.h"

#include "controlplane/domain/close.h"
#include "controlplane/domain/contribution.h"
#include "controlplane/domain/lease.h"
#include "controlplane/domain/loan.h"
#include "controlplane/domain/organisation.h"
#include "controlplane/domain/programme.h"
#include "controlplane/domain/project.h"
#include "controlplane/domain/usage.h"
#include "lib/base/text.h"

#include <stdlib.h>

struct gathering {
    const struct state *state;
    const struct project *project;
    const struct id *only; /* this member's lines alone; NULL: everybody's */
    struct window period;
    struct list sizes;         /* struct list of struct dated_size: one for each member */
    struct list members;       /* struct cofunding_member */
    struct list openness;      /* struct dated_openness */
    struct list usage;         /* struct cofunding_usage */
    struct list contributions; /* struct cofunding_contribution */
    struct won price_krw;      /* of the lease whose intervals are being visited */
};

static void gathering_fini(struct gathering *g)
{
    LIST_EACH(struct list, sizes, &g->sizes)
    {
        free(sizes->items);
    }
    free(g->sizes.items);
    free(g->members.items);
    free(g->openness.items);
    free(g->usage.items);
    free(g->contributions.items);
}

/* The place of an organisation among the members gathered, or -1. */
static int64_t member_index(const struct gathering *g, const struct id *organisation)
{
    for (size_t i = 0; i < g->members.n; i++) {
        const struct cofunding_member *member =
            LIST_AT(const struct cofunding_member, &g->members, i);
        if (strcmp(member->organisation, organisation->text) == 0)
            return (int64_t)i;
    }
    return -1;
}

static void gather_sizes(struct gathering *g, const struct organisation *o)
{
    struct list *sizes = record_list_add(&g->sizes, sizeof *sizes);
    LIST_EACH(const struct size_fact, fact, &o->sizes)
    {
        struct dated_size *size = record_list_add(sizes, sizeof *size);
        *size = (struct dated_size){fact->from, fact->size, fact->legal_size};
    }
    struct cofunding_member *member = record_list_add(&g->members, sizeof *member);
    *member = (struct cofunding_member){
        .organisation = o->id.text, .sizes = sizes->items, .n_sizes = sizes->n};
}

static int gather_members(struct gathering *g, struct err *err)
{
    LIST_EACH(const struct member, m, &g->project->members)
    {
        if (g->only && !id_equal(g->only, &m->organisation))
            continue;
        const struct organisation *o = state_find(g->state, ENTITY_ORGANISATION, &m->organisation);
        if (!o)
            return err_set(err, ERR_NOT_FOUND, "organisation %s is gone", m->organisation.text);
        gather_sizes(g, o);
    }
    LIST_EACH(const struct openness_fact, fact, &g->project->openness)
    {
        struct dated_openness *level = record_list_add(&g->openness, sizeof *level);
        *level = (struct dated_openness){fact->from, fact->openness};
    }
    return 0;
}

static bool gather_interval(const void *record, void *arg)
{
    const struct usage_interval *u = record;
    struct gathering *g = arg;
    struct window window = window_intersect((struct window){u->from, u->to}, g->period);
    int64_t member = member_index(g, &u->organisation);
    if (window_empty(window) || member < 0)
        return true;
    struct cofunding_usage *row = record_list_add(&g->usage, sizeof *row);
    *row = (struct cofunding_usage){.member = (uint32_t)member,
                                    .model = u->model,
                                    .window = window,
                                    .units = u->units.units,
                                    .terms = {.price_krw = g->price_krw}};
    return true;
}

static bool gather_lease(const void *record, void *arg)
{
    const struct lease *l = record;
    struct gathering *g = arg;
    const struct loan *loan =
        id_is_none(&l->loan) ? NULL : state_find(g->state, ENTITY_LOAN, &l->loan);
    g->price_krw = loan ? loan->price_krw : WON_ZERO;
    state_each_linked(g->state, LINK_USAGE_LEASE, &l->id, gather_interval, g);
    return true;
}

static bool gather_contribution(const void *record, void *arg)
{
    const struct contribution *c = record;
    struct gathering *g = arg;
    int64_t member = member_index(g, &c->organisation);
    if (!id_equal(&c->project, &g->project->id) || member < 0 || !window_contains(g->period, c->at))
        return true;
    struct cofunding_contribution *row = record_list_add(&g->contributions, sizeof *row);
    *row = (struct cofunding_contribution){
        .member = (uint32_t)member, .kind = c->kind.text, .krw = c->krw};
    return true;
}

static int fill_head(const struct project *p, struct window period, struct statement_head *head,
                     struct err *err)
{
    *head = (struct statement_head){.period = period, .version = 0, .issued_at = INSTANT_NEVER};
    TRY(text_set(head->programme, sizeof head->programme, span_text(p->programme.text), "programme",
                 err));
    TRY(text_set(head->project, sizeof head->project, span_text(p->id.text), "project", err));
    TRY(text_set(head->project_name_ko, sizeof head->project_name_ko, span_text(p->name_ko),
                 "name_ko", err));
    TRY(text_set(head->project_name_en, sizeof head->project_name_en, span_text(p->name_en),
                 "name_en", err));
    return text_set(head->agreement_number, sizeof head->agreement_number,
                    span_text(p->agreement_number), "agreement_number", err);
}

static int state_it(struct gathering *g, const struct programme *programme, struct statement **ret,
                    struct err *err)
{
    struct statement_head head;
    TRY(fill_head(g->project, g->period, &head, err));
    struct cofunding_input in = {
        .policy = &programme->policy,
        .openness = g->openness.items,
        .n_openness = g->openness.n,
        .members = g->members.items,
        .n_members = g->members.n,
        .usage = g->usage.items,
        .n_usage = g->usage.n,
        .contributions = g->contributions.items,
        .n_contributions = g->contributions.n,
        .period_end = g->period.to,
    };
    return statement_create(&head, &in, ret, err);
}

static int make(struct gathering *g, const struct id *project, struct statement **ret,
                struct err *err)
{
    g->project = state_find(g->state, ENTITY_PROJECT, project);
    const struct programme *programme =
        g->project ? state_find(g->state, ENTITY_PROGRAMME, &g->project->programme) : NULL;
    if (!programme)
        return err_set(err, ERR_NOT_FOUND, "there is no project %s", project->text);
    if (g->only && !project_member(g->project, g->only))
        return err_set(err, ERR_NOT_FOUND, "%s takes no part in project %s", g->only->text,
                       project->text);
    if (g->period.from.s < close_archived(g->state).s)
        return err_set(err, ERR_STATE,
                       "part of that time is archived: its sealed segments and issued statements "
                       "tell of it");
    TRY(gather_members(g, err));
    state_each_linked(g->state, LINK_LEASE_PROJECT, project, gather_lease, g);
    state_each(g->state, ENTITY_CONTRIBUTION, NULL, gather_contribution, g);
    return state_it(g, programme, ret, err);
}

int stating_project(const struct state *s, const struct id *project, struct window period,
                    struct statement **ret, struct err *err)
{
    struct gathering g = {.state = s, .period = period};
    int rc = make(&g, project, ret, err);
    gathering_fini(&g);
    return rc;
}

int stating_member(const struct state *s, const struct id *project, const struct id *organisation,
                   struct window period, struct statement **ret, struct err *err)
{
    struct gathering g = {.state = s, .only = organisation, .period = period};
    int rc = make(&g, project, ret, err);
    gathering_fini(&g);
    return rc;
}

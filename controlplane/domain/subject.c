/* One row a kind of subject; the rules stand in the deciders' own files. */
#include "controlplane/domain/subject.h"

#include "controlplane/domain/lending.h"
#include "controlplane/domain/recall.h"
#include "controlplane/domain/recalling.h"
#include "controlplane/domain/staging.h"

static bool is_member(const struct turn *t, const struct id *project_id,
                      const struct id *organisation)
{
    const struct project *project = turn_find(t, ENTITY_PROJECT, project_id);
    return project && project_member(project, organisation);
}

/* ---- Loans ------------------------------------------------------------------------------------
 */

static bool loan_is_party(const struct turn *t, const void *record, const struct id *organisation)
{
    const struct loan *l = record;
    return id_equal(&l->lender, organisation) || is_member(t, &l->borrower, organisation);
}

static int refuse_loan(struct turn *t, const struct id *id, enum request_event event,
                       struct err *err)
{
    (void)event;
    struct loan *l = turn_edit(t, ENTITY_LOAN, id);
    return loan_next(l->state, LOAN_EVENT_CLOSE, &l->state, err);
}

/* ---- Allocations ------------------------------------------------------------------------------
 */

static bool allocation_is_party(const struct turn *t, const void *record,
                                const struct id *organisation)
{
    return is_member(t, &((const struct allocation *)record)->project, organisation);
}

static int approve_allocation(struct turn *t, const struct id *id, struct err *err)
{
    struct allocation *x = turn_edit(t, ENTITY_ALLOCATION, id);
    if (x->state == REQUEST_SUBMITTED)
        TRY(request_next(x->state, REQUEST_EVENT_TAKE_UP, &x->state, err));
    TRY(request_next(x->state, REQUEST_EVENT_APPROVE, &x->state, err));
    x->recommended_units = x->requested_units;
    x->awarded_units = x->requested_units;
    return 0;
}

static int refuse_allocation(struct turn *t, const struct id *id, enum request_event event,
                             struct err *err)
{
    struct allocation *x = turn_edit(t, ENTITY_ALLOCATION, id);
    return request_next(x->state, event, &x->state, err);
}

/* ---- Stage decisions ---------------------------------------------------------------------------
 */

static bool stage_is_party(const struct turn *t, const void *record, const struct id *organisation)
{
    return is_member(t, &((const struct stage_decision *)record)->project, organisation);
}

/* ---- All ---------------------------------------------------------------------------------------
 */

static const struct subject {
    bool (*is_party)(const struct turn *t, const void *record, const struct id *organisation);
    int (*approve)(struct turn *t, const struct id *id, struct err *err);
    int (*refuse)(struct turn *t, const struct id *id, enum request_event event, struct err *err);
} subjects[ENTITY_KIND_COUNT] = {
    [ENTITY_LOAN] = {loan_is_party, lending_approve, refuse_loan},
    [ENTITY_ALLOCATION] = {allocation_is_party, approve_allocation, refuse_allocation},
    [ENTITY_RECALL] = {recalling_is_party, recalling_approve, recalling_refuse},
    [ENTITY_STAGE_DECISION] = {stage_is_party, staging_approve, staging_refuse},
};

static const struct list no_list;

static const struct subject *row_of(const struct approval *a, enum entity_kind *ret_kind)
{
    enum entity_kind kind = ENTITY_KIND_COUNT;
    ENSURE(entity_kind_by_name(span_text(a->subject_kind.text), &kind) == 0);
    ENSURE(subjects[kind].approve != NULL);
    *ret_kind = kind;
    return &subjects[kind];
}

/* NULL: the object is gone. */
static const struct programme *programme_of(const struct turn *t, enum entity_kind kind,
                                            const void *record)
{
    const struct id *programme = NULL;
    const struct loan *loan = NULL;
    switch (kind) {
    case ENTITY_ALLOCATION:
        programme = &((const struct allocation *)record)->programme;
        break;
    case ENTITY_STAGE_DECISION:
        programme = &((const struct stage_decision *)record)->programme;
        break;
    case ENTITY_RECALL:
        loan = turn_find(t, ENTITY_LOAN, &((const struct recall *)record)->loan);
        programme = loan ? &loan->programme : NULL;
        break;
    default:
        ENSURE(kind == ENTITY_LOAN);
        programme = &((const struct loan *)record)->programme;
        break;
    }
    return programme ? turn_find(t, ENTITY_PROGRAMME, programme) : NULL;
}

bool subject_is_party(const struct turn *t, const struct approval *a, const struct id *organisation)
{
    enum entity_kind kind;
    const struct subject *row = row_of(a, &kind);
    const void *record = turn_find(t, kind, &a->subject);
    if (!record)
        return false;
    if (row->is_party(t, record, organisation))
        return true;
    const struct programme *programme = programme_of(t, kind, record);
    LIST_EACH(const struct conflict_of_interest, c, programme ? &programme->conflicts : &no_list)
    {
        if (id_equal(&c->organisation, organisation) && row->is_party(t, record, &c->other))
            return true;
        if (id_equal(&c->other, organisation) && row->is_party(t, record, &c->organisation))
            return true;
    }
    return false;
}

bool subject_needs_two_organisations(const struct approval *a)
{
    return a->approvers_needed > 1;
}

int subject_approve(struct turn *t, const struct approval *a, struct err *err)
{
    enum entity_kind kind;
    return row_of(a, &kind)->approve(t, &a->subject, err);
}

int subject_refuse(struct turn *t, const struct approval *a, enum request_event event,
                   struct err *err)
{
    enum entity_kind kind;
    return row_of(a, &kind)->refuse(t, &a->subject, event, err);
}

/* Plans as lines of plain English, in a fixed order. Pure. */
#include "controlplane/domain/plan.h"

#include "controlplane/domain/quoting.h"
#include "controlplane/domain/recall.h"
#include "controlplane/domain/stage.h"
#include "controlplane/domain/timetable.h"
#include "lib/base/text.h"

#include <stdarg.h>
#include <stdio.h>

/* Of members and of conflicts so many have a line: a plan is to be read. */
#define PLAN_LISTED 12

static void line(struct plan *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void plan_vadd(struct plan *p, const char *fmt, va_list ap)
{
    struct plan_line *l = record_list_add(&p->lines, sizeof *l);
    char text[4 * PLAN_LINE_CAP];
    vsnprintf(text, sizeof text, fmt, ap);
    /* A line is one line: what people wrote must not look like another fact. */
    for (char *c = text; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    }
    text_cut(l->text, sizeof l->text, text);
}

static void line(struct plan *p, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    plan_vadd(p, fmt, ap);
    va_end(ap);
}

void plan_text(const struct plan *p, struct buf *out)
{
    LIST_EACH(const struct plan_line, l, &p->lines)
    {
        buf_append_text(out, l->text);
        buf_append_char(out, '\n');
    }
}

void plan_seal(const struct turn *t, struct plan *p)
{
    CLEANUP_BUF struct buf text;
    uint8_t digest[32];
    buf_init(&text, PLAN_TEXT_MAX);
    plan_text(p, &text);
    ENSURE(!text.full);
    t->ctx->sha256(buf_span(&text), digest);
    text_hex(p->hash, digest, sizeof digest);
}

/* ---- Facts that every plan has ----------------------------------------------------------------
 */

static void line_window(struct plan *p, struct instant from, struct instant to)
{
    char a[INSTANT_TEXT_CAP], b[INSTANT_TEXT_CAP];
    line(p, "window: from %s to %s (exclusive)", instant_format(from, a), instant_format(to, b));
}

static void head(struct plan *p, const struct approval *a, const struct id *programme)
{
    line(p, "kind: %s", a->subject_kind.text);
    line(p, "subject: %s", a->subject.text);
    line(p, "approval: %s", a->id.text);
    line(p, "programme: %s", programme->text);
    line(p, "proposer: %s of %s", a->proposer.text, a->organisation.text);
}

static void line_conflicts(struct plan *p, const struct programme *programme)
{
    size_t left = PLAN_LISTED;
    LIST_EACH(const struct conflict_of_interest, c, &programme->conflicts)
    {
        if (left-- == 0)
            break;
        line(p, "conflict: of %s and %s neither decides where the other is a party",
             c->organisation.text, c->other.text);
    }
}

static void tail(struct plan *p, const struct approval *a, const struct programme *programme,
                 uint32_t approvers)
{
    char expires[INSTANT_TEXT_CAP];
    line_conflicts(p, programme);
    if (approvers > 1)
        line(p, "approvers: %u of two organisations, one the agency, none of a party to it",
             approvers);
    else
        line(p, "approvers: 1, none of a party to it");
    line(p, "expires: %s", instant_format(a->expires_at, expires));
}

static uint32_t approvers_for(const struct programme *programme, struct won amount)
{
    struct won limit = programme->two_approvers_above_krw;
    return limit.krw > 0 && won_compare(amount, limit) > 0 ? 2 : 1;
}

/* ---- Prices and conflicts ----------------------------------------------------------------------
 */

static void line_model_price(struct plan *p, const struct programme *programme, const char *model,
                             struct instant at)
{
    char text[WON_TEXT_CAP];
    const struct price *price = policy_price_at(&programme->policy, model, at);
    if (price)
        line(p, "price: %s KRW per %s-month at its beginning",
             won_format(price->krw_per_gpu_month, text), model);
}

static const struct openness_fact *openness_at(const struct project *p, struct instant at)
{
    const struct openness_fact *found = NULL;
    LIST_EACH(const struct openness_fact, fact, &p->openness)
    {
        if (fact->from.s <= at.s)
            found = fact;
    }
    return found;
}

/* What each member bears of the value of what it uses, as the rules stand at the beginning. */
static void line_shares(const struct turn *t, struct plan *p, const struct programme *programme,
                        const struct project *project, struct instant at)
{
    const struct openness_fact *open = openness_at(project, at);
    size_t left = PLAN_LISTED;
    LIST_EACH(const struct member, m, &project->members)
    {
        const struct organisation *o = turn_find(t, ENTITY_ORGANISATION, &m->organisation);
        const struct size_fact *size = o ? organisation_size_at(o, at) : NULL;
        if (!open || !size || left == 0)
            continue;
        left--;
        enum size_class class =
            policy_class_at(&programme->policy, open->openness, size->size, size->legal_size, at);
        const struct rate *rate = policy_rate_at(&programme->policy, open->openness, class, at);
        if (rate)
            line(p, "bears: %s, %s of the value of what it uses%s", o->id.text, rate->rate,
                 rate->confirmed ? "" : " (rate not confirmed)");
    }
}

/* ---- Loans ------------------------------------------------------------------------------------
 */

static void line_isolation(struct plan *p, const struct loan *l)
{
    CLEANUP_BUF struct buf names;
    buf_init(&names, PLAN_LINE_CAP);
    LIST_EACH(const struct id, name, &l->isolation)
    {
        buf_printf(&names, "%s%s", names.len > 0 ? ", " : "", name->text);
    }
    line(p, "isolation: %s", names.data);
}

static const char *payer_text(enum payer payer, enum time_kind time)
{
    return enum_name(&payer_names, (int)payer_of(payer, time));
}

static void line_terms(struct plan *p, const struct loan *l)
{
    line(p, "recall: notice %lld s, protected runtime %lld s, cool-down %lld s",
         (long long)l->notice_s, (long long)l->protected_s, (long long)l->cooldown_s);
    /* A node that hears nothing from the recall on stops when its grant is over. */
    line(p, "worst case: a silent node gives back within %lld s of a recall",
         (long long)(l->silence_s + TIMETABLE_RETURN_MARGIN_S));
    line(p, "pays: idle %s, notice %s, handover %s, fault %s", payer_text(l->pays_idle, TIME_IDLE),
         payer_text(l->pays_notice, TIME_NOTICE), payer_text(l->pays_handover, TIME_HANDOVER),
         payer_text(l->pays_fault, TIME_FAULT));
}

static void line_price(struct plan *p, const struct loan *l, struct won value)
{
    char price[WON_TEXT_CAP], total[WON_TEXT_CAP];
    if (l->price_krw.krw > 0)
        line(p, "price: %s KRW per GPU-month, of this loan", won_format(l->price_krw, price));
    else
        line(p, "price: of the programme");
    line(p, "value: %s KRW for the guaranteed GPUs over the whole window",
         won_format(value, total));
}

static int loan_plan(const struct turn *t, const struct approval *a, struct plan_facts *f,
                     struct err *err)
{
    const struct loan *l = turn_find(t, ENTITY_LOAN, &a->subject);
    const struct project *borrower = l ? turn_find(t, ENTITY_PROJECT, &l->borrower) : NULL;
    const struct programme *programme = l ? turn_find(t, ENTITY_PROGRAMME, &l->programme) : NULL;
    if (!borrower || !programme)
        return err_set(err, ERR_NOT_FOUND, "loan %s or its parties are gone", a->subject.text);
    TRY(quote_loan(t, l, &f->amount_krw, err));
    f->approvers_needed = approvers_for(programme, f->amount_krw);
    char guaranteed[SHARE_TEXT_CAP], burst[SHARE_TEXT_CAP];
    share_format(l->guaranteed_units, guaranteed);
    share_format(l->burst_units, burst);
    head(&f->plan, a, &l->programme);
    line_window(&f->plan, l->from, l->to);
    line(&f->plan, "loses: %s, %s %s guaranteed and %s more while free, of pool %s", l->lender.text,
         guaranteed, l->model, burst, l->pool.text);
    line(&f->plan, "gains: project %s led by %s, the same", l->borrower.text,
         project_lead(borrower)->organisation.text);
    line_terms(&f->plan, l);
    line_isolation(&f->plan, l);
    line_price(&f->plan, l, f->amount_krw);
    line_shares(t, &f->plan, programme, borrower, l->from);
    line(&f->plan, "consented by: %s", l->consented_by.text);
    if (loan_follows(l))
        line(&f->plan, "begins: in the act that %s takes effect in", l->follows.text);
    tail(&f->plan, a, programme, f->approvers_needed);
    return 0;
}

/* ---- Allocations ------------------------------------------------------------------------------
 */

static int allocation_plan(const struct turn *t, const struct approval *a, struct plan_facts *f,
                           struct err *err)
{
    const struct allocation *x = turn_find(t, ENTITY_ALLOCATION, &a->subject);
    const struct project *project = x ? turn_find(t, ENTITY_PROJECT, &x->project) : NULL;
    const struct programme *programme = x ? turn_find(t, ENTITY_PROGRAMME, &x->programme) : NULL;
    if (!project || !programme)
        return err_set(err, ERR_NOT_FOUND, "allocation %s or its project is gone", a->subject.text);
    f->amount_krw = x->budget_krw;
    f->approvers_needed = approvers_for(programme, f->amount_krw);
    char units[SHARE_TEXT_CAP], budget[WON_TEXT_CAP];
    head(&f->plan, a, &x->programme);
    line_window(&f->plan, x->from, x->to);
    line(&f->plan, "gains: project %s led by %s, the right to book up to %s %s at a time",
         x->project.text, project_lead(project)->organisation.text,
         share_format(x->requested_units, units), x->model);
    line(&f->plan, "loses: nobody; loans bring the GPUs");
    line(&f->plan, "budget: at most %s KRW of GPU time", won_format(x->budget_krw, budget));
    line_model_price(&f->plan, programme, x->model, x->from);
    line_shares(t, &f->plan, programme, project, x->from);
    if (x->purpose[0])
        line(&f->plan, "purpose: %s", x->purpose);
    tail(&f->plan, a, programme, f->approvers_needed);
    return 0;
}

/* ---- Recalls ----------------------------------------------------------------------------------
 */

static int recall_plan(const struct turn *t, const struct approval *a, struct plan_facts *f,
                       struct err *err)
{
    const struct recall *r = turn_find(t, ENTITY_RECALL, &a->subject);
    const struct loan *l = r ? turn_find(t, ENTITY_LOAN, &r->loan) : NULL;
    const struct programme *programme = l ? turn_find(t, ENTITY_PROGRAMME, &l->programme) : NULL;
    if (!programme)
        return err_set(err, ERR_NOT_FOUND, "recall %s or its loan is gone", a->subject.text);
    char units[SHARE_TEXT_CAP], left[SHARE_TEXT_CAP], by[INSTANT_TEXT_CAP];
    share_format(r->units, units);
    share_format((struct share){l->guaranteed_units.units - r->units.units}, left);
    bool emergency = r->cause == RECALL_EMERGENCY;
    f->approvers_needed = emergency ? 2 : approvers_for(programme, f->amount_krw);
    head(&f->plan, a, &l->programme);
    line(&f->plan, "cause: %s", enum_name(&recall_cause_names, (int)r->cause));
    line(&f->plan, "loses: project %s, %s %s of loan %s; %s remain", l->borrower.text, units,
         l->model, l->id.text, left);
    line(&f->plan, "gains: %s, the same, in pool %s", l->lender.text, l->pool.text);
    if (r->by.s == INSTANT_NEVER.s)
        line(&f->plan, "by: the loan's notice of %lld s after the last signature",
             (long long)l->notice_s);
    else
        line(&f->plan, "by: %s, which is less than the notice of %lld s", instant_format(r->by, by),
             (long long)l->notice_s);
    line(&f->plan, "who is in the way moves where devices are free, and is stopped otherwise");
    line(&f->plan, "reason: %s", r->reason);
    if (emergency)
        line(&f->plan, "no rival of the borrower approves it");
    tail(&f->plan, a, programme, f->approvers_needed);
    return 0;
}

/* ---- Stage decisions --------------------------------------------------------------------------
 */

struct listing {
    struct plan *plan;
    bool follows;
    size_t left; /* lines that may still be written */
};

static bool line_loan(const void *record, void *arg)
{
    struct listing *g = arg;
    const struct loan *l = record;
    char units[SHARE_TEXT_CAP];
    bool counts =
        g->follows ? loan_follows(l) : l->state >= LOAN_APPROVED && l->state <= LOAN_RECALLING;
    if (!counts || g->left == 0)
        return true;
    g->left--;
    share_format(l->guaranteed_units, units);
    if (g->follows)
        line(g->plan, "gains: project %s, %s %s of pool %s by loan %s", l->borrower.text, units,
             l->model, l->pool.text, l->id.text);
    else
        line(g->plan, "gains: %s, %s %s back in pool %s, loan %s ends", l->lender.text, units,
             l->model, l->pool.text, l->id.text);
    return true;
}

#define STAGE_PLAN_LOANS 20

static int stage_plan(const struct turn *t, const struct approval *a, struct plan_facts *f,
                      struct err *err)
{
    const struct stage_decision *d = turn_find(t, ENTITY_STAGE_DECISION, &a->subject);
    const struct programme *programme = d ? turn_find(t, ENTITY_PROGRAMME, &d->programme) : NULL;
    if (!programme)
        return err_set(err, ERR_NOT_FOUND, "stage decision %s is gone", a->subject.text);
    char when[INSTANT_TEXT_CAP];
    f->approvers_needed = 1;
    head(&f->plan, a, &d->programme);
    line(&f->plan, "verdict: %s, stage %s of project %s",
         enum_name(&stage_verdict_names, (int)d->verdict), d->stage.text, d->project.text);
    line(&f->plan, "takes effect: %s", instant_format(d->effective_at, when));
    line(&f->plan, "objections: for %lld s after the approval; an open one holds it up",
         (long long)programme->objection_s);
    if (d->verdict == STAGE_VERDICT_ELIMINATE) {
        struct listing ended = {.plan = &f->plan, .left = STAGE_PLAN_LOANS};
        struct listing started = {.plan = &f->plan, .follows = true, .left = STAGE_PLAN_LOANS};
        line(&f->plan, "loses: project %s, all leases, loans and allocations in one act",
             d->project.text);
        turn_each_linked(t, LINK_LOAN_BORROWER, ENTITY_LOAN, &d->project, line_loan, &ended);
        turn_each_linked(t, LINK_LOAN_FOLLOWS, ENTITY_LOAN, &d->id, line_loan, &started);
    }
    line(&f->plan, "reason: %s", d->reason);
    line(&f->plan, "paper: %s", d->paper);
    tail(&f->plan, a, programme, f->approvers_needed);
    return 0;
}

/* ---- All --------------------------------------------------------------------------------------
 */

void plan_facts_fini(struct plan_facts *f)
{
    record_fini(&plan_type, &f->plan);
    *f = (struct plan_facts){0};
}

static int (*const plans[ENTITY_KIND_COUNT])(const struct turn *t, const struct approval *a,
                                             struct plan_facts *f, struct err *err) = {
    [ENTITY_LOAN] = loan_plan,
    [ENTITY_ALLOCATION] = allocation_plan,
    [ENTITY_RECALL] = recall_plan,
    [ENTITY_STAGE_DECISION] = stage_plan,
};

int plan_compute(const struct turn *t, const struct approval *a, struct plan_facts *ret,
                 struct err *err)
{
    struct plan_facts f = {0};
    enum entity_kind kind = ENTITY_KIND_COUNT;
    ENSURE(entity_kind_by_name(span_text(a->subject_kind.text), &kind) == 0);
    ENSURE(plans[kind] != NULL);
    int rc = plans[kind](t, a, &f, err);
    if (rc < 0) {
        plan_facts_fini(&f);
        return rc;
    }
    plan_seal(t, &f.plan);
    *ret = f;
    return 0;
}

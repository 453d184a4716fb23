/* What stands in the way of a close, and what is to be known before it. */
#include "controlplane/domain/checklist.h"

#include "billing/statement.h"
#include "controlplane/domain/plan.h"
#include "controlplane/domain/stating.h"
#include "controlplane/domain/usage.h"
#include "lib/grant/interval.h"

#include <stdio.h>

#define TOLERANCE_S 60 /* between the control plane's word for "active" and the node's clock */

enum line_kind { LINE_OPEN, LINE_GAP, LINE_UNMATCHED, LINE_UNPAID, LINE_KIND_COUNT };
static const char *const line_names[] = {"open", "gap", "unmatched", "unpaid"};

struct making {
    const struct turn *turn;
    struct window window;
    struct plan *plan;
    size_t lines[LINE_KIND_COUNT];
    size_t intervals, leases;
    const struct lease *lease; /* whose placements are looked at */
    const struct id *node;
    int64_t metered_s;
};

static void plain(struct plan *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void plain(struct plan *p, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    plan_vadd(p, fmt, ap);
    va_end(ap);
}

static void line(struct making *m, enum line_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void line(struct making *m, enum line_kind kind, const char *fmt, ...)
{
    char text[2 * PLAN_LINE_CAP];
    va_list ap;
    if (m->lines[kind]++ >= CHECKLIST_LINES)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    plain(m->plan, "%s: %s", line_names[kind], text);
}

static void say_how_many_more(struct making *m)
{
    for (int kind = 0; kind < LINE_KIND_COUNT; kind++) {
        if (m->lines[kind] > CHECKLIST_LINES)
            plain(m->plan, "%s: %zu more", line_names[kind], m->lines[kind] - CHECKLIST_LINES);
    }
}

/* ---- Intervals and leases -------------------------------------------------------------------- */

static bool visit_interval(const void *record, void *arg)
{
    const struct usage_interval *u = record;
    struct making *m = arg;
    if (u->from.s >= m->window.to.s || u->to.s <= m->window.from.s)
        return true;
    m->intervals++;
    struct interval before = {.node = u->node, .boot_id = u->boot_id, .seq = u->seq - 1};
    struct id id = u->seq > 1 ? interval_id(&before) : ID_NONE;
    if (!id_is_none(&id) && !turn_find(m->turn, ENTITY_USAGE_INTERVAL, &id))
        line(m, LINE_GAP, "%s was never told", id.text);
    return true;
}

static int64_t seconds_inside(struct window outer, struct window inner)
{
    struct window both = window_intersect(outer, inner);
    return window_empty(both) ? 0 : both.to.s - both.from.s;
}

static bool add_metered(const void *record, void *arg)
{
    const struct usage_interval *u = record;
    struct making *m = arg;
    if (id_equal(&u->node, m->node))
        m->metered_s += seconds_inside(m->window, (struct window){u->from, u->to});
    return true;
}

static void match_placement(struct making *m, const struct placement *p)
{
    const struct lease *l = m->lease;
    struct instant end = instant_min(l->ends_at, l->ended_at);
    int64_t granted = seconds_inside(m->window, (struct window){l->active_at, end});
    m->node = &p->node;
    m->metered_s = 0;
    state_each_linked(m->turn->state, LINK_USAGE_LEASE, &l->id, add_metered, m);
    int64_t apart = granted - m->metered_s;
    if (apart > TOLERANCE_S || apart < -TOLERANCE_S)
        line(m, LINE_UNMATCHED, "%s on %s: granted %lld s, metered %lld s", l->id.text,
             p->node.text, (long long)granted, (long long)m->metered_s);
}

static bool visit_lease(const void *record, void *arg)
{
    const struct lease *l = record;
    struct making *m = arg;
    struct window ran = {l->active_at, instant_min(l->ends_at, l->ended_at)};
    if (l->active_at.s == INSTANT_NEVER.s || seconds_inside(m->window, ran) == 0)
        return true;
    m->leases++;
    m->lease = l;
    LIST_EACH(const struct placement, p, &l->placements)
    {
        match_placement(m, p);
    }
    return true;
}

/* ---- Money ----------------------------------------------------------------------------------- */

static void line_unpaid(struct making *m, const struct project *p,
                        const struct cofunding_result *result)
{
    char krw[WON_TEXT_CAP];
    for (size_t i = 0; i < result->n_members; i++) {
        const struct cofunding_share *member = &result->members[i];
        if (member->cash_shortfall_krw.krw > 0)
            line(m, LINE_UNPAID, "project %s, %s: %s KRW in cash are missing", p->id.text,
                 member->organisation, won_format(member->cash_shortfall_krw, krw));
    }
}

/* A statement that can't be made stands in the way: a price, a rate or a size class is missing. */
static bool visit_project(const void *record, void *arg)
{
    const struct project *p = record;
    struct making *m = arg;
    struct statement *statement;
    struct err err = ERR_INIT;
    if (stating_project(m->turn->state, &p->id, m->window, &statement, &err) < 0) {
        line(m, LINE_OPEN, "project %s: %s", p->id.text, err.text);
        return true;
    }
    line_unpaid(m, p, statement->result);
    statement_destroy(statement);
    return true;
}

void checklist_make(const struct turn *t, struct month month, struct plan *ret, uint32_t *ret_open)
{
    struct plan plan = {.hash = ""};
    char text[MONTH_TEXT_CAP];
    struct making m = {.turn = t, .window = month_window(month), .plan = &plan};
    state_each(t->state, ENTITY_PROJECT, NULL, visit_project, &m);
    state_each(t->state, ENTITY_USAGE_INTERVAL, NULL, visit_interval, &m);
    state_each(t->state, ENTITY_LEASE, NULL, visit_lease, &m);
    say_how_many_more(&m);
    plain(&plan, "month: %s, intervals %zu, leases %zu", month_format(month, text), m.intervals,
          m.leases);
    plan_seal(t, &plan);
    *ret = plan;
    *ret_open = (uint32_t)m.lines[LINE_OPEN];
}

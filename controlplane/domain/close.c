/* Closing, sealing and archiving months. Pure. */
#include "controlplane/domain/close.h"

#include "controlplane/domain/checklist.h"
#include "controlplane/domain/command.h"
#include "controlplane/domain/plan.h"
#include "controlplane/domain/usage.h"
#include "controlplane/domain/user.h"
#include "lib/base/text.h"

/* ---- Where the months stand ------------------------------------------------------------------ */

struct horizons {
    struct instant closed, archived;
    const struct closing *last;     /* closed, or later */
    const struct closing *unsealed; /* closed and not sealed yet */
};

static bool visit_closing(const void *record, void *arg)
{
    const struct closing *c = record;
    struct horizons *h = arg;
    if (c->state == CLOSING_PROPOSED)
        return true;
    h->last = c; /* they come in order of their months */
    h->closed = month_window(closing_month(c)).to;
    if (c->state == CLOSING_ARCHIVED)
        h->archived = h->closed;
    if (c->state == CLOSING_CLOSED)
        h->unsealed = c;
    return true;
}

static struct horizons horizons_of(const struct state *s)
{
    struct horizons h = {.closed = {INSTANT_MIN_S}, .archived = {INSTANT_MIN_S}};
    state_each(s, ENTITY_CLOSING, NULL, visit_closing, &h);
    return h;
}

struct instant close_horizon(const struct turn *t)
{
    return horizons_of(t->state).closed;
}

struct instant close_archived(const struct state *s)
{
    return horizons_of(s).archived;
}

/* ---- Closing --------------------------------------------------------------------------------- */

static int check_order(const struct turn *t, const struct id *id, struct month month,
                       struct err *err)
{
    struct horizons h = horizons_of(t->state);
    struct window window = month_window(month);
    if (window.to.s > turn_now(t).s)
        return err_set(err, ERR_STATE, "%s is not over yet", id->text);
    if (h.last && window.to.s <= h.closed.s)
        return err_set(err, ERR_STATE, "%s is closed, or lies before %s, which is", id->text,
                       h.last->id.text);
    if (h.unsealed)
        return err_set(err, ERR_STATE, "%s is being sealed: try again shortly",
                       h.unsealed->id.text);
    return 0;
}

static struct ledger_entry *enter(struct turn *t, enum ledger_kind kind, const struct closing *c,
                                  const char *reason)
{
    struct ledger_entry *entry = turn_entry(t, kind, ENTITY_CLOSING, &c->id);
    text_cut(entry->reason, sizeof entry->reason, reason);
    return entry;
}

static void show(struct turn *t, const struct closing *c)
{
    struct answer *answer = &t->out->answer;
    record_fini(&plan_type, &answer->plan);
    record_copy(&plan_type, &answer->plan, &c->checklist);
    answer->has_plan = true;
    turn_answer(t, ENTITY_CLOSING, &c->id, enum_name(&closing_state_names, (int)c->state));
}

static void propose(struct turn *t, const struct closing *draft, const char *reason)
{
    struct closing *c = turn_put(t, ENTITY_CLOSING, draft);
    c->state = CLOSING_PROPOSED;
    c->proposed_by = t->ctx->actor.user;
    c->proposed_at = turn_now(t);
    (void)enter(t, LEDGER_PROPOSE, c, reason);
    show(t, c);
    changes_note(t->out, "somebody else of the agency closes %s with this checklist's hash",
                 c->id.text);
}

static int close_it(struct turn *t, struct closing *draft, const char *reason, struct err *err)
{
    if (draft->open_points > 0)
        return err_set(err, ERR_STATE, "%s: %u open points stand in the way: see its checklist",
                       draft->id.text, draft->open_points);
    TRY(closing_next(draft->state, CLOSING_EVENT_CLOSE, &draft->state, err));
    struct closing *c = turn_put(t, ENTITY_CLOSING, draft);
    c->closed_by = t->ctx->actor.user;
    c->closed_at = turn_now(t);
    (void)enter(t, LEDGER_CLOSE, c, reason);
    show(t, c);
    return 0;
}

/* before: what was proposed, or NULL; draft holds the checklist as of now. */
static int propose_or_close(struct turn *t, const struct close_month_request *r,
                            const struct closing *before, struct closing *draft, struct err *err)
{
    bool same = before && strcmp(draft->checklist.hash, before->checklist.hash) == 0;
    bool agreed = same && strcmp(r->checklist_hash, before->checklist.hash) == 0;
    if (agreed && id_equal(&before->proposed_by, &t->ctx->actor.user))
        return err_set(err, ERR_DENIED, "%s: %s proposed it; somebody else has to close it",
                       draft->id.text, before->proposed_by.text);
    if (agreed)
        return close_it(t, draft, r->reason, err);
    if (before && r->checklist_hash[0])
        changes_note(t->out, "the facts have moved since that checklist: this is the new one");
    propose(t, draft, r->reason);
    return 0;
}

int decide_close_month(struct turn *t, const void *args, struct err *err)
{
    const struct close_month_request *r = args;
    struct month month;
    TRY(month_parse(span_text(r->month.text), &month, err));
    TRY(check_order(t, &r->month, month, err));
    const struct closing *before = turn_find(t, ENTITY_CLOSING, &r->month);
    struct closing draft = {.id = r->month};
    if (before)
        draft = *before; /* but for its checklist */
    else
        draft.closed_at = draft.sealed_at = INSTANT_NEVER;
    checklist_make(t, month, &draft.checklist, &draft.open_points);
    int rc = propose_or_close(t, r, before, &draft, err);
    record_fini(&plan_type, &draft.checklist);
    return rc;
}

/* ---- Sealing --------------------------------------------------------------------------------- */

int decide_seal_month(struct turn *t, const void *args, struct err *err)
{
    const struct seal_month_command *r = args;
    const struct closing *before = turn_find(t, ENTITY_CLOSING, &r->month);
    if (!before)
        return err_set(err, ERR_NOT_FOUND, "%s was never closed", r->month.text);
    if (before->state >= CLOSING_SEALED) {
        turn_answer(t, ENTITY_CLOSING, &r->month, "sealed");
        return strcmp(before->note_sha256, r->note_sha256) == 0
                   ? 0
                   : err_set(err, ERR_CONFLICT, "%s was sealed with other segments", r->month.text);
    }
    struct closing *c = turn_edit(t, ENTITY_CLOSING, &r->month);
    TRY(closing_next(c->state, CLOSING_EVENT_SEAL, &c->state, err));
    c->first_commit = r->first_commit;
    c->last_commit = r->last_commit;
    memcpy(c->note_sha256, r->note_sha256, sizeof c->note_sha256);
    c->sealed_at = turn_now(t);
    const struct user *closer = turn_find(t, ENTITY_USER, &c->closed_by);
    struct ledger_entry *entry = enter(t, LEDGER_SEAL, c, "");
    if (closer)
        entry->organisation = closer->organisation;
    turn_answer(t, ENTITY_CLOSING, &r->month, "sealed");
    return 0;
}

/* ---- Archiving ------------------------------------------------------------------------------- */

struct forgetting {
    struct turn *turn;
    struct instant before;
    size_t n;
    bool more;
};

static bool forget(struct forgetting *f, enum entity_kind kind, const struct id *id)
{
    f->more = f->n == ARCHIVE_OBJECTS;
    if (f->more)
        return false;
    changes_delete(f->turn->out, kind, id);
    f->n++;
    return true;
}

static bool visit_interval(const void *record, void *arg)
{
    const struct usage_interval *u = record;
    struct forgetting *f = arg;
    return u->to.s > f->before.s || forget(f, ENTITY_USAGE_INTERVAL, &u->id);
}

static bool visit_token(const void *record, void *arg)
{
    const struct join_token *token = record;
    struct forgetting *f = arg;
    bool used_before = token->used_at.s < f->before.s;
    return !used_before || forget(f, ENTITY_JOIN_TOKEN, &token->id);
}

int decide_archive_month(struct turn *t, const void *args, struct err *err)
{
    const struct archive_month_command *r = args;
    const struct closing *before = turn_find(t, ENTITY_CLOSING, &r->month);
    if (!before)
        return err_set(err, ERR_NOT_FOUND, "%s was never closed", r->month.text);
    enum closing_state next;
    TRY(closing_next(before->state, CLOSING_EVENT_ARCHIVE, &next, err));
    struct forgetting f = {.turn = t, .before = month_window(closing_month(before)).to};
    state_each(t->state, ENTITY_USAGE_INTERVAL, NULL, visit_interval, &f);
    state_each(t->state, ENTITY_JOIN_TOKEN, NULL, visit_token, &f);
    if (next != before->state)
        ((struct closing *)turn_edit(t, ENTITY_CLOSING, &r->month))->state = next;
    if (f.more)
        changes_note(t->out, "more");
    turn_answer(t, ENTITY_CLOSING, &r->month, "archived");
    return 0;
}

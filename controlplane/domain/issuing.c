/* From a period and a project to an issued statement. */
#include "controlplane/domain/issuing.h"

#include "billing/statement_json.h"
#include "controlplane/domain/authorise.h"
#include "controlplane/domain/posting.h"
#include "controlplane/domain/stating.h"
#include "lib/base/korea.h"
#include "lib/base/text.h"

#include <stdio.h>
#include <stdlib.h>

#define DOCUMENT_MAX (32 << 20)

/* ---- The document ---------------------------------------------------------------------------- */

/* Computes the statement, and keeps the facts: takes the basis over. */
static int hash_document(struct basis *basis, void (*sha256)(struct span bytes, uint8_t out[32]),
                         char ret_hex[65], struct won *ret_burden, struct err *err)
{
    struct statement *statement;
    struct basis copy;
    uint8_t digest[32];
    CLEANUP_BUF struct buf json;
    buf_init(&json, DOCUMENT_MAX);
    record_copy(&basis_type, &copy, basis);
    TRY(statement_of_basis(&copy, &statement, err));
    statement_json(statement, &json);
    *ret_burden = statement->result->total.burden_krw;
    statement_destroy(statement);
    if (json.full)
        return err_set(err, ERR_LIMIT, "the statement is too large: issue a shorter period");
    sha256(buf_span(&json), digest);
    text_hex(ret_hex, digest, sizeof digest);
    return 0;
}

/* ---- Which one ------------------------------------------------------------------------------- */

static const struct project_stage *find_stage(const struct project *p, const struct id *id)
{
    LIST_EACH(const struct project_stage, stage, &p->stages)
    {
        if (id_equal(&stage->id, id))
            return stage;
    }
    return NULL;
}

static int find_period(const struct turn *t, const struct project *p,
                       const struct issue_statement_request *r, struct window *ret,
                       char label[LIMIT_NAME_BYTES], struct err *err)
{
    struct month month;
    if ((r->month[0] != '\0') == !id_is_none(&r->stage))
        return err_set(err, ERR_INVALID, "name a month or a stage, one of them");
    if (r->month[0]) {
        TRY(month_parse(span_text(r->month), &month, err));
        *ret = month_window(month);
        snprintf(label, LIMIT_NAME_BYTES, "%s", r->month);
    } else {
        const struct project_stage *stage = find_stage(p, &r->stage);
        if (!stage)
            return err_set(err, ERR_NOT_FOUND, "project %s has no stage %s", p->id.text,
                           r->stage.text);
        *ret = (struct window){stage->from, stage->to};
        snprintf(label, LIMIT_NAME_BYTES, "%s%s", r->settlement ? "settlement-" : "",
                 r->stage.text);
    }
    if (r->settlement && r->month[0])
        return err_set(err, ERR_INVALID, "a settlement is of a stage, not of a month");
    if (r->settlement && ret->to.s > turn_now(t).s)
        return err_set(err, ERR_STATE, "stage %s is not over: it can't be settled", r->stage.text);
    ret->to = instant_min(ret->to, turn_now(t));
    if (window_empty(*ret))
        return err_set(err, ERR_STATE, "the period has not begun");
    return 0;
}

/* The last version of the line, if there is one. */
struct version_search {
    const struct id *project;
    const char *label;
    const struct issued_statement *last;
};

static bool find_version(const void *record, void *arg)
{
    const struct issued_statement *s = record;
    struct version_search *search = arg;
    if (!id_equal(&s->project, search->project) || strcmp(s->label, search->label) != 0)
        return true;
    if (!search->last || search->last->facts.version < s->facts.version)
        search->last = s;
    return true;
}

/* ---- Issuing --------------------------------------------------------------------------------- */

static void enter(struct turn *t, const struct issued_statement *s, enum ledger_kind kind,
                  struct won burden, const char *reason)
{
    LIST_EACH(const struct basis_member, m, &s->facts.members)
    {
        struct ledger_entry *entry = turn_entry(t, kind, ENTITY_STATEMENT, &s->id);
        entry->organisation = m->organisation;
        entry->project = s->project;
        entry->amount_krw = burden;
        snprintf(entry->paper, sizeof entry->paper, "sha256:%s", s->document_sha256);
        text_cut(entry->reason, sizeof entry->reason, reason);
        posting_counterparty(entry, &s->facts.agency);
    }
}

static int supersede(struct turn *t, const struct issued_statement *last,
                     const struct issue_statement_request *r, struct basis *basis, struct err *err)
{
    basis->version = last ? last->facts.version + 1 : 1;
    if (!last)
        return 0;
    if (r->reason[0] == '\0')
        return err_set(err, ERR_INVALID,
                       "reason: %s is issued already (%s): say why there is to be version %u",
                       last->label, last->id.text, basis->version);
    basis->supersedes = last->id;
    text_cut(basis->reason, sizeof basis->reason, r->reason);
    struct issued_statement *edited = turn_edit(t, ENTITY_STATEMENT, &last->id);
    return issued_next(edited->state, STATEMENT_EVENT_SUPERSEDE, &edited->state, err);
}

static void drop_uses(struct basis *b)
{
    free(b->uses.items);
    free(b->waits.items);
    b->uses = b->waits = (struct list){0};
}

static int issue(struct turn *t, struct issued_statement *draft,
                 const struct issue_statement_request *r, struct err *err)
{
    struct version_search search = {.project = &draft->project, .label = draft->label};
    struct won burden;
    turn_each(t, ENTITY_STATEMENT, find_version, &search);
    draft->id = id_number("statement", turn_number(t));
    draft->facts.id = draft->id;
    draft->facts.kind = r->settlement ? STATEMENT_SETTLEMENT
                        : r->month[0] ? STATEMENT_MONTH
                                      : STATEMENT_STAGE;
    draft->facts.stage = r->stage;
    draft->facts.issued_at = turn_now(t);
    draft->facts.issued_by = t->ctx->actor.user;
    TRY(supersede(t, search.last, r, &draft->facts, err));
    TRY(hash_document(&draft->facts, t->ctx->sha256, draft->document_sha256, &burden, err));
    drop_uses(&draft->facts);
    turn_put(t, ENTITY_STATEMENT, draft);
    enter(t, draft, LEDGER_ISSUE, burden, r->reason);
    changes_note(t->out, "%s, version %u: burden %lld won, sha256 %s", draft->id.text,
                 draft->facts.version, (long long)burden.krw, draft->document_sha256);
    turn_answer(t, ENTITY_STATEMENT, &draft->id, enum_name(&issued_state_names, draft->state));
    return 0;
}

int decide_issue_statement(struct turn *t, const void *args, struct err *err)
{
    const struct issue_statement_request *r = args;
    struct issued_statement draft = {.project = r->project, .closed_at = INSTANT_NEVER};
    struct window period;
    const void *project;
    TRY(turn_need(t, ENTITY_PROJECT, &r->project, &project, err));
    TRY(find_period(t, project, r, &period, draft.label, err));
    struct stating_request request = {
        .project = r->project, .period = period, .as_of = turn_now(t)};
    TRY(stating_basis(t->state, &request, &draft.facts, err));
    int rc = issue(t, &draft, r, err);
    record_fini(&issued_statement_type, &draft);
    return rc;
}

int issuing_basis(const struct state *s, const struct issued_statement *issued,
                  void (*sha256)(struct span bytes, uint8_t out[32]), struct basis *ret,
                  struct err *err)
{
    const struct basis *facts = &issued->facts;
    struct stating_request request = {
        .project = issued->project, .period = {facts->from, facts->to}, .as_of = facts->issued_at};
    char hex[65];
    struct won burden;
    struct basis basis, now;
    TRY(stating_basis(s, &request, &now, err));
    record_copy(&basis_type, &basis, facts);
    basis.uses = now.uses;
    basis.waits = now.waits;
    now.uses = now.waits = (struct list){0};
    record_fini(&basis_type, &now);
    int rc = hash_document(&basis, sha256, hex, &burden, err);
    if (rc == 0 && strcmp(hex, issued->document_sha256) != 0)
        rc = err_set(err, ERR_VERIFICATION,
                     "%s can't be computed again: what was metered before it was issued is not all "
                     "here any more; read the sealed segments",
                     issued->id.text);
    if (rc < 0)
        record_fini(&basis_type, &basis);
    else
        *ret = basis;
    return rc;
}

/* ---- Objections, the end --------------------------------------------------------------------- */

static int move(struct turn *t, const struct id *id, enum issued_event event,
                struct issued_statement **ret, struct err *err)
{
    const void *found;
    TRY(turn_need(t, ENTITY_STATEMENT, id, &found, err));
    struct issued_statement *s = turn_edit(t, ENTITY_STATEMENT, id);
    TRY(issued_next(s->state, event, &s->state, err));
    turn_answer(t, ENTITY_STATEMENT, id, enum_name(&issued_state_names, s->state));
    *ret = s;
    return 0;
}

int decide_dispute_statement(struct turn *t, const void *args, struct err *err)
{
    const struct dispute_statement_request *r = args;
    struct issued_statement *s;
    if (r->reason[0] == '\0')
        return err_set(err, ERR_INVALID, "reason: an objection says what it is about, and why");
    TRY(move(t, &r->id, STATEMENT_EVENT_DISPUTE, &s, err));
    struct objection *o = record_list_add(&s->objections, sizeof *o);
    *o = (struct objection){
        .user = t->ctx->actor.user, .organisation = t->ctx->actor.organisation, .at = turn_now(t)};
    memcpy(o->reason, r->reason, sizeof o->reason);
    enter(t, s, LEDGER_DISPUTE, WON_ZERO, r->reason);
    return 0;
}

int decide_close_statement(struct turn *t, const void *args, struct err *err)
{
    const struct close_statement_request *r = args;
    struct issued_statement *s;
    TRY(move(t, &r->id, STATEMENT_EVENT_CLOSE, &s, err));
    if (s->objections.n > 0 && r->reason[0] == '\0')
        return err_set(err, ERR_INVALID, "reason: %zu objection(s) to %s: say what came of them",
                       s->objections.n, s->id.text);
    s->closed_at = turn_now(t);
    s->closed_by = t->ctx->actor.user;
    enter(t, s, LEDGER_CLOSE, WON_ZERO, r->reason);
    return 0;
}

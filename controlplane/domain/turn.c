/* Reading and writing inside one decision. */
#include "controlplane/domain/turn.h"

#include "controlplane/domain/authorise.h"

struct turn turn_begin(const struct state *s, const struct decide_context *ctx, struct changes *out)
{
    return (struct turn){
        .state = s, .ctx = ctx, .out = out, .draft = NULL, .object_limit = SIZE_MAX};
}

void turn_end(struct turn *t)
{
    calendar_destroy(t->draft);
    t->draft = NULL;
}

/* ---- Reading -------------------------------------------------------------------------------- */

const void *turn_find(const struct turn *t, enum entity_kind kind, const struct id *id)
{
    if (changes_touches(t->out, kind, id))
        return changes_find(t->out, kind, id);
    return state_find(t->state, kind, id);
}

int turn_need(const struct turn *t, enum entity_kind kind, const struct id *id, const void **ret,
              struct err *err)
{
    if (id_is_none(id))
        return err_set(err, ERR_INVALID, "%s: the name is missing", entity_name(kind));
    const void *record = turn_find(t, kind, id);
    if (!record || !authorise_view(t->state, &t->ctx->actor, kind, record))
        return err_set(err, ERR_NOT_FOUND, "%s %s does not exist", entity_name(kind), id->text);
    *ret = record;
    return 0;
}

struct overlay {
    const struct turn *turn;
    enum entity_kind kind;
    state_visit_fn visit;
    void *arg;
};

static bool visit_newest(const void *record, void *arg)
{
    const struct overlay *o = arg;
    const void *newest = turn_find(o->turn, o->kind, entity_id(o->kind, record));
    return newest ? o->visit(newest, o->arg) : true;
}

void turn_each(const struct turn *t, enum entity_kind kind, state_visit_fn visit, void *arg)
{
    struct overlay o = {.turn = t, .kind = kind, .visit = visit, .arg = arg};
    state_each(t->state, kind, NULL, visit_newest, &o);
}

void turn_each_linked(const struct turn *t, enum state_link link, enum entity_kind kind,
                      const struct id *id, state_visit_fn visit, void *arg)
{
    struct overlay o = {.turn = t, .kind = kind, .visit = visit, .arg = arg};
    state_each_linked(t->state, link, id, visit_newest, &o);
}

const struct calendar *turn_calendar(const struct turn *t)
{
    return t->draft ? t->draft : state_calendar(t->state);
}

struct calendar *turn_draft(struct turn *t)
{
    if (!t->draft)
        t->draft = calendar_copy(state_calendar(t->state));
    return t->draft;
}

/* ---- Writing -------------------------------------------------------------------------------- */

void *turn_edit(struct turn *t, enum entity_kind kind, const struct id *id)
{
    const void *record = turn_find(t, kind, id);
    ENSURE(record != NULL);
    if (changes_touches(t->out, kind, id))
        return (void *)record; /* the decision's own copy */
    return changes_put(t->out, kind, record);
}

void *turn_put(struct turn *t, enum entity_kind kind, const void *record)
{
    return changes_put(t->out, kind, record);
}

uint64_t turn_number(struct turn *t)
{
    return state_next_number(t->state) + t->out->numbers_taken++;
}

struct ledger_entry *turn_entry(struct turn *t, enum ledger_kind ledger, enum entity_kind kind,
                                const struct id *id)
{
    const struct actor *actor = &t->ctx->actor;
    struct ledger_entry *entry = changes_entry(t->out, ledger);
    entry->subject_kind = id_literal(entity_name(kind));
    entry->subject = *id;
    entry->organisation =
        id_is_none(&actor->organisation) ? id_literal(LEDGER_OWN_LOG) : actor->organisation;
    entry->actor = id_is_none(&actor->user) ? actor->name : actor->user;
    entry->at = t->ctx->now;
    return entry;
}

void turn_answer(struct turn *t, enum entity_kind kind, const struct id *id, const char *state_name)
{
    t->out->answer.kind = kind;
    t->out->answer.id = *id;
    t->out->answer.state = state_name ? id_literal(state_name) : ID_NONE;
}

/* ---- Who asks ------------------------------------------------------------------------------- */

bool turn_has_role(const struct turn *t, enum role role)
{
    return (t->ctx->actor.roles & ROLE_BIT(role)) != 0;
}

int turn_own(const struct turn *t, const struct id *organisation, uint32_t others, const char *what,
             struct err *err)
{
    const struct actor *actor = &t->ctx->actor;
    if (id_equal(&actor->organisation, organisation) || (actor->roles & others) != 0)
        return 0;
    return err_set(err, ERR_DENIED, "%s %s is not for %s to change: ask someone of %s", what,
                   organisation->text, actor->organisation.text, organisation->text);
}

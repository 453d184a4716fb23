/* The run. Events of the timeline are months' ends and steps; what time alone makes due is asked of
 * the state each time. */
#include "controlplane/sim/simulation.h"

#include "controlplane/domain/plan.h"
#include "controlplane/sim/people.h"
#include "controlplane/sim/sim_node.h"
#include "controlplane/sim/timeline.h"
#include "lib/base/korea.h"
#include "lib/base/text.h"

#include <stdio.h>
#include <stdlib.h>

/* At one instant what was used is told before anybody asks for more. */
enum rank { RANK_MONTH, RANK_STEP };

#define SETTLE_ROUNDS 1000

struct outcome {
    struct id as;
    struct id id;
    struct id approval;
};

struct simulation {
    const struct scenario *scenario;
    struct world world;
    struct timeline *timeline;
    struct conservation conservation;
    struct list nodes;    /* struct sim_node */
    struct list outcomes; /* struct outcome: of steps that have a name */
};

struct simulation *simulation_create(const struct scenario *s)
{
    struct simulation *sim = calloc(1, sizeof *sim);
    ENSURE(sim != NULL);
    sim->scenario = s;
    sim->timeline = timeline_create();
    world_init(&sim->world, s->start);
    return sim;
}

void simulation_destroy(struct simulation *sim)
{
    if (!sim)
        return;
    LIST_EACH(struct sim_node, n, &sim->nodes)
    {
        sim_node_fini(n);
    }
    free(sim->nodes.items);
    free(sim->outcomes.items);
    conservation_fini(&sim->conservation);
    timeline_destroy(sim->timeline);
    world_fini(&sim->world);
    free(sim);
}

const struct world *simulation_world(const struct simulation *sim)
{
    return &sim->world;
}

const struct conservation *simulation_conservation(const struct simulation *sim)
{
    return &sim->conservation;
}

/* ---- Coming to rest -------------------------------------------------------------------------- */

static int settle(struct simulation *sim, struct err *err)
{
    bool moved = true;
    for (int round = 0; moved; round++) {
        ENSURE(round < SETTLE_ROUNDS);
        moved = false;
        world_let_time_pass(&sim->world);
        LIST_EACH(struct sim_node, n, &sim->nodes)
        {
            bool this_moved;
            TRY(sim_node_settle(n, &sim->world, &this_moved, err));
            moved |= this_moved;
        }
    }
    return 0;
}

static int meter(struct simulation *sim, struct err *err)
{
    LIST_EACH(struct sim_node, n, &sim->nodes)
    {
        TRY(sim_node_meter(n, &sim->world, err));
    }
    return 0;
}

/* ---- Steps ----------------------------------------------------------------------------------- */

static int resolve(struct span name, void *arg, struct id *ret, struct err *err)
{
    const struct simulation *sim = arg;
    struct span as;
    bool approval = scenario_reference(name, &as);
    LIST_EACH(const struct outcome, o, &sim->outcomes)
    {
        if (!span_equal(span_text(o->as.text), as))
            continue;
        *ret = approval ? o->approval : o->id;
        if (!id_is_none(ret))
            return 0;
        return err_set(err, ERR_INVALID, "the step \"%s\" waits for no approval", o->as.text);
    }
    return err_set(err, ERR_INVALID, "the step \"%.*s\" came to nothing", (int)as.len,
                   (const char *)as.data);
}

static void remember(struct simulation *sim, const struct scenario_step *step)
{
    if (id_is_none(&step->as))
        return;
    const struct answer *answer = &sim->world.changes.answer;
    struct outcome *o = record_list_add(&sim->outcomes, sizeof *o);
    *o = (struct outcome){.as = step->as, .id = answer->id, .approval = answer->approval};
}

/* What a person's own program would add: the lender's permit, the signature of what was shown. */
static void sign(struct simulation *sim, const struct actor *actor, enum command_kind kind,
                 void *args)
{
    const struct user *user = state_find(sim->world.state, ENTITY_USER, &actor->user);
    struct span key = span_of(user->public_key.data, user->public_key.len);
    if (kind == COMMAND_PROPOSE_LOAN) {
        struct loan *loan = &((struct propose_loan_request *)args)->loan;
        loan->permit.len = (uint32_t)strlen(loan->id.text);
        memcpy(loan->permit.data, loan->id.text, loan->permit.len);
        world_sign(key, span_of(loan->permit.data, loan->permit.len), &loan->permit_signature);
    }
    if (kind == COMMAND_SIGN_APPROVAL) {
        struct sign_approval_request *r = args;
        const struct approval *approval = state_find(sim->world.state, ENTITY_APPROVAL, &r->id);
        if (!approval)
            return; /* the decider will say so */
        CLEANUP_BUF struct buf text;
        buf_init(&text, PLAN_TEXT_MAX);
        plan_text(&approval->plan, &text);
        memcpy(r->plan_hash, approval->plan.hash, sizeof r->plan_hash);
        world_sign(key, buf_span(&text), &r->signature);
    }
}

static void tell(struct simulation *sim, const struct scenario_step *step, const char *state,
                 const char *note)
{
    const struct answer *answer = &sim->world.changes.answer;
    struct chronicle_line *line = chronicle_add(&sim->world.chronicle);
    line->at = sim->world.now;
    line->who = step->by;
    line->what = command_name(step->command);
    line->subject = answer->id;
    line->state = state;
    text_cut(line->note, sizeof line->note, note);
}

/* A copy that lives as long as the program: names of states come from tables. */
static const char *state_text(const struct world *w, const struct answer *answer)
{
    const void *record = state_find(w->state, answer->kind, &answer->id);
    if (!record || id_is_none(&answer->state))
        return "";
    switch (answer->kind) {
    case ENTITY_LOAN:
        return enum_name(&loan_state_names, (int)((const struct loan *)record)->state);
    case ENTITY_ALLOCATION:
        return enum_name(&request_state_names, (int)((const struct allocation *)record)->state);
    case ENTITY_APPROVAL:
        return enum_name(&request_state_names, (int)((const struct approval *)record)->state);
    case ENTITY_LEASE:
        return enum_name(&lease_state_names, (int)((const struct lease *)record)->state);
    default:
        return "";
    }
}

static void tell_done(struct simulation *sim, const struct scenario_step *step)
{
    const struct answer *answer = &sim->world.changes.answer;
    char note[LIMIT_NAME_BYTES] = "", won[WON_TEXT_CAP];
    if (answer->has_quote)
        snprintf(note, sizeof note, "price %s won", won_format(answer->quote.value_krw, won));
    else if (answer->notes.n > 0)
        text_cut(note, sizeof note, LIST_AT(struct plan_line, &answer->notes, 0)->text);
    tell(sim, step, state_text(&sim->world, answer), note);
}

/* The decider has refused: as the scenario says, or not. */
static int take_refusal(struct simulation *sim, const struct scenario_step *step, int rc,
                        const struct err *why, struct err *err)
{
    if (step->refused == ERR_OK)
        return strict_error(&step->item, why->code, err, "%s", why->text);
    ENSURE(rc < 0);
    changes_reset(&sim->world.changes);
    tell(sim, step, "refused", why->text);
    if (why->code != step->refused)
        conservation_violated(&sim->conservation, sim->world.now,
                              "refusal: %s by %s was refused as %s, not as %s",
                              command_name(step->command), step->by.text, err_name(why->code),
                              err_name(step->refused));
    return 0;
}

static int ask(struct simulation *sim, const struct scenario_step *step, void *args,
               struct err *err)
{
    struct actor actor;
    struct err why = ERR_INIT;
    int rc = world_user(&sim->world, &step->by, &actor, &why);
    if (rc == 0) {
        sign(sim, &actor, step->command, args);
        rc = world_ask(&sim->world, &actor, step->command, args, &why);
    }
    if (rc < 0)
        return take_refusal(sim, step, rc, &why, err);
    remember(sim, step);
    tell_done(sim, step);
    if (step->refused != ERR_OK)
        conservation_violated(&sim->conservation, sim->world.now,
                              "refusal: %s by %s was not refused as %s",
                              command_name(step->command), step->by.text, err_name(step->refused));
    return 0;
}

static int play(struct simulation *sim, const struct scenario_step *step, struct err *err)
{
    const struct record_type *type = command_type(step->command);
    void *args = calloc(1, type->size);
    ENSURE(args != NULL);
    int rc = scenario_read_step(step, resolve, sim, args, err);
    if (rc == 0)
        rc = ask(sim, step, args, err);
    record_destroy(type, args);
    return rc;
}

/* ---- The beginning --------------------------------------------------------------------------- */

static int add_node(struct simulation *sim, const struct scenario_nodes *group, int64_t number,
                    struct err *err)
{
    struct id id;
    int n = snprintf(id.text, sizeof id.text, "%s-%03lld", group->name.text, (long long)number);
    ENSURE(n > 0 && (size_t)n < sizeof id.text);
    memset(id.text + n, 0, sizeof id.text - (size_t)n);
    TRY(people_join_node(&sim->world, sim->scenario, &id, &group->pool, err));
    struct sim_node *node = record_list_add(&sim->nodes, sizeof *node);
    sim_node_init(node, &id, &group->pool);
    return sim_node_attach(node, &sim->world, group->gpus, err);
}

static void put_events(struct simulation *sim)
{
    const struct scenario *s = sim->scenario;
    for (struct month m = {month_of(s->start).index + 1}; month_window(m).from.s <= s->until.s;
         m.index++)
        timeline_add(sim->timeline,
                     (struct timeline_event){.at = month_window(m).from, .rank = RANK_MONTH});
    timeline_add(sim->timeline, (struct timeline_event){.at = s->until, .rank = RANK_MONTH});
    for (size_t i = 0; i < s->n_steps; i++)
        timeline_add(sim->timeline,
                     (struct timeline_event){.at = s->steps[i].at, .rank = RANK_STEP, .tag = i});
}

static int begin(struct simulation *sim, struct err *err)
{
    const struct scenario *s = sim->scenario;
    TRY(people_join(&sim->world, s, err));
    for (size_t i = 0; i < s->n_nodes; i++) {
        for (int64_t k = 1; k <= s->nodes[i].count; k++)
            TRY(add_node(sim, &s->nodes[i], k, err));
    }
    put_events(sim);
    return 0;
}

/* ---- The run --------------------------------------------------------------------------------- */

static int happen(struct simulation *sim, const struct timeline_event *event, struct err *err)
{
    if (event->rank == RANK_MONTH)
        return meter(sim, err);
    TRY(play(sim, &sim->scenario->steps[event->tag], err));
    return settle(sim, err);
}

int simulation_run(struct simulation *sim, struct err *err)
{
    struct world *w = &sim->world;
    TRY(begin(sim, err));
    for (;;) {
        struct instant next = instant_min(timeline_next(sim->timeline), state_next_due(w->state));
        if (next.s > sim->scenario->until.s)
            return 0;
        w->now = instant_max(w->now, next);
        struct timeline_event event;
        TRY(settle(sim, err));
        while (timeline_take(sim->timeline, w->now, &event))
            TRY(happen(sim, &event, err));
        conservation_check(&sim->conservation, w->state, w->now);
    }
}

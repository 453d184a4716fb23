/* A world made by decisions. Aborts where a step that must work does not. */
#include "tests/support/world/world.h"

#include "controlplane/domain/delegating.h"
#include "controlplane/domain/enforce.h"
#include "controlplane/domain/plan.h"
#include "lib/base/korea.h"
#include "lib/base/text.h"

#include <stdio.h>
#include <stdlib.h>

#define DUE_LIMIT  64
#define DUE_ROUNDS 10000
#define FACTS_FROM                                                                                 \
    ((struct instant){WORLD_START.s - 365 * WORLD_DAY}) /* on the wire 0 is never                  \
                                                         */

/* ---- Toy cryptography
 * ------------------------------------------------------------------------------ */

static uint64_t mix(uint64_t h, struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        h = (h ^ bytes.data[i]) * UINT64_C(0x100000001b3);
    return h;
}

void world_sha256(struct span bytes, uint8_t out[32])
{
    for (uint64_t lane = 0; lane < 4; lane++) {
        uint64_t h = mix(UINT64_C(0xcbf29ce484222325) + lane, bytes);
        memcpy(out + 8 * lane, &h, sizeof h);
    }
}

uint64_t world_seal(struct span key, struct span bytes)
{
    return mix(mix(UINT64_C(0xcbf29ce484222325), key), bytes);
}

bool world_verify(struct span public_key, struct span bytes, struct span signature)
{
    uint64_t seal = world_seal(public_key, bytes);
    return signature.len == sizeof seal && memcmp(signature.data, &seal, sizeof seal) == 0;
}

void world_signature(const struct world *w, const char *user, struct span bytes, struct blob *ret)
{
    struct id id = id_literal(user);
    const struct user *u = state_find(w->state, ENTITY_USER, &id);
    ENSURE(u != NULL);
    uint64_t seal = world_seal(span_of(u->public_key.data, u->public_key.len), bytes);
    *ret = (struct blob){.len = sizeof seal};
    memcpy(ret->data, &seal, sizeof seal);
}

/* ---- Deciding
 * --------------------------------------------------------------------------------------- */

struct instant world_at(int64_t seconds)
{
    return instant_add(WORLD_START, seconds);
}

struct actor world_actor(const struct world *w, const char *name)
{
    if (strncmp(name, "node:", 5) == 0) {
        struct id id = id_literal(name + 5);
        const struct node *n = state_find(w->state, ENTITY_NODE, &id);
        return (struct actor){
            .kind = ACTOR_NODE, .name = id, .organisation = n ? n->owner : ID_NONE};
    }
    if (strcmp(name, "service") == 0)
        return (struct actor){.kind = ACTOR_SERVICE, .name = id_literal("service")};
    if (strcmp(name, "nobody") == 0)
        return (struct actor){.kind = ACTOR_ANONYMOUS};
    struct id id = id_literal(name);
    const struct user *u = state_find(w->state, ENTITY_USER, &id);
    ENSURE(u != NULL);
    return (struct actor){.kind = ACTOR_USER,
                          .organisation = u->organisation,
                          .name = u->name,
                          .user = u->id,
                          .roles = user_roles(u),
                          .delegated = delegated_roles(w->state, u, w->now)};
}

static struct decide_context context(const struct world *w, const char *actor)
{
    return (struct decide_context){.now = w->now,
                                   .actor = world_actor(w, actor),
                                   .sha256 = world_sha256,
                                   .verify = world_verify};
}

static void apply(struct world *w)
{
    w->decided++;
    w->entries += w->changes.entries.n;
    state_apply(w->state, &w->changes);
}

int world_decide(struct world *w, const char *actor, enum command_kind kind, const void *args)
{
    struct decide_context ctx = context(w, actor);
    changes_reset(&w->changes);
    w->err = ERR_INIT;
    int rc = decide(w->state, kind, args, &ctx, &w->changes, &w->err);
    if (rc == 0 && !command_head(kind, args)->dry_run)
        apply(w);
    return rc;
}

void world_must(const struct world *w, int rc)
{
    if (rc == 0)
        return;
    fprintf(stderr, "world: %s: %s\n", err_name(w->err.code), w->err.text);
    abort();
}

void world_due(struct world *w)
{
    struct decide_context ctx = context(w, "service");
    for (int round = 0; state_next_due(w->state).s <= w->now.s; round++) {
        ENSURE(round < DUE_ROUNDS);
        changes_reset(&w->changes);
        decide_due(w->state, &ctx, DUE_LIMIT, &w->changes);
        ENSURE(w->changes.n > 0);
        apply(w);
    }
}

void world_advance(struct world *w, int64_t seconds)
{
    struct instant until = instant_add(w->now, seconds);
    while (w->now.s < until.s) {
        w->now = instant_min(instant_max(state_next_due(w->state), w->now), until);
        world_due(w);
    }
}

/* ---- Looking
 * ---------------------------------------------------------------------------------------- */

static const void *need(const struct world *w, enum entity_kind kind, const char *name)
{
    struct id id = id_literal(name);
    const void *record = state_find(w->state, kind, &id);
    ENSURE(record != NULL);
    return record;
}

const struct lease *world_lease(const struct world *w, const char *id)
{
    return need(w, ENTITY_LEASE, id);
}
const struct loan *world_loan(const struct world *w, const char *id)
{
    return need(w, ENTITY_LOAN, id);
}
const struct allocation *world_allocation(const struct world *w, const char *id)
{
    return need(w, ENTITY_ALLOCATION, id);
}
const struct approval *world_approval(const struct world *w, const char *id)
{
    return need(w, ENTITY_APPROVAL, id);
}
const struct node *world_node(const struct world *w, const char *id)
{
    return need(w, ENTITY_NODE, id);
}

const char *world_answer(const struct world *w)
{
    return w->changes.answer.id.text;
}

const char *world_note(const struct world *w, const char *holds)
{
    LIST_EACH(const struct plan_line, line, &w->changes.answer.notes)
    {
        if (strstr(line->text, holds))
            return line->text;
    }
    return NULL;
}

static void add_enforced(const struct enforcement *e, void *arg)
{
    int64_t *units = arg;
    LIST_EACH(const struct placed_device, d, &e->placement->devices)
    {
        *units += d->units.units;
    }
}

int64_t world_enforced(const struct world *w, const char *node)
{
    struct id id = id_literal(node);
    int64_t units = 0;
    enforce_each(w->state, &id, w->now, add_enforced, &units);
    return units;
}

/* ---- People
 * ----------------------------------------------------------------------------------------- */

static void add_id(struct list *list, const char *text)
{
    struct id *id = record_list_add(list, sizeof *id);
    *id = id_literal(text);
}

static void key_of(const char *name, struct blob *ret)
{
    *ret = (struct blob){.len = (uint32_t)strlen(name)};
    memcpy(ret->data, name, strlen(name));
}

/* A token made by admin.nipa, or by the pool's owner for a node, and used at once. */
static void join(struct world *w, const char *maker, struct create_join_token_command *r)
{
    char key[160];
    r->token.id = id_number("token", w->decided);
    memset(r->token.secret_hash, 'a', 64);
    world_must(w, world_decide(w, maker, COMMAND_CREATE_JOIN_TOKEN, r));
    snprintf(key, sizeof key, "key-%s-%s", r->token.name.text, r->token.organisation.text);
    struct join_command use = {.token = r->token.id,
                               .key_id = id_literal(key),
                               .certificate_expires_at = instant_add(w->now, 1000 * WORLD_DAY)};
    memset(use.secret_hash, 'a', 64);
    key_of(key, &use.public_key);
    world_must(w, world_decide(w, "nobody", COMMAND_JOIN, &use));
    record_fini(&create_join_token_command_type, r);
}

void world_make_user(struct world *w, const char *name, const char *organisation, const char *role)
{
    struct create_join_token_command r = {.token = {.purpose = JOIN_USER}};
    r.token.organisation = id_literal(organisation);
    r.token.name = id_literal(name);
    add_id(&r.token.roles, role);
    join(w, "admin.nipa", &r);
}

static void bootstrap(struct world *w)
{
    struct bootstrap_command r = {.user = {.expires_at = INSTANT_NEVER}};
    r.organisation.id = id_literal("nipa");
    memcpy(r.organisation.name_en, "NIPA", 5);
    struct size_fact *size = record_list_add(&r.organisation.sizes, sizeof *size);
    size->size = SIZE_AGENCY;
    r.user.name = id_literal("admin");
    r.user.key_id = id_literal("key-admin");
    key_of("key-admin", &r.user.public_key);
    add_id(&r.user.roles, "agency-admin");
    world_must(w, world_decide(w, "service", COMMAND_BOOTSTRAP, &r));
    record_fini(&bootstrap_command_type, &r);
}

static void make_organisation(struct world *w, const char *name, enum size_class size,
                              enum size_class legal, bool supplier)
{
    struct apply_organisation_request r = {.organisation = {.supplier = supplier}};
    r.organisation.id = id_literal(name);
    text_cut(r.organisation.name_en, sizeof r.organisation.name_en, name);
    struct size_fact *fact = record_list_add(&r.organisation.sizes, sizeof *fact);
    fact->from = FACTS_FROM;
    fact->size = size;
    fact->legal_size = legal;
    if (size == SIZE_UNIVERSITY) {
        struct lab *lab = record_list_add(&r.organisation.labs, sizeof *lab);
        lab->name = id_literal("vision");
    }
    world_must(w, world_decide(w, "admin.nipa", COMMAND_APPLY_ORGANISATION, &r));
    record_fini(&apply_organisation_request_type, &r);
}

/* ---- What there is
 * ------------------------------------------------------------------------------------ */

static void make_programme(struct world *w)
{
    struct apply_programme_request r = {.programme = {.cleaning_s = 300, .reclaim_s = 300}};
    struct window year = date_range((struct date){2025, 11, 1}, (struct date){2026, 12, 31});
    r.programme.id = id_literal(WORLD_PROGRAMME);
    memcpy(r.programme.name_en, "Specialised", 12);
    r.programme.from = year.from;
    r.programme.to = year.to;
    r.programme.two_approvers_above_krw = (struct won){WORLD_BUDGET};
    policy_init_default(&r.programme.policy);
    struct price *price = record_list_add(&r.programme.policy.prices, sizeof *price);
    memcpy(price->model, "B200", 5);
    price->krw_per_gpu_month = (struct won){6600000};
    price->from = year.from;
    world_must(w, world_decide(w, "admin.nipa", COMMAND_APPLY_PROGRAMME, &r));
    record_fini(&apply_programme_request_type, &r);
}

static void make_project(struct world *w, const char *name, const char *lead, const char *other)
{
    struct apply_project_request r = {.project = {.programme = id_literal(WORLD_PROGRAMME)}};
    r.project.id = id_literal(name);
    memcpy(r.project.name_en, "Model", 6);
    struct member *m = record_list_add(&r.project.members, sizeof *m);
    *m = (struct member){.organisation = id_literal(lead), .role = MEMBER_LEAD};
    if (other) {
        m = record_list_add(&r.project.members, sizeof *m);
        *m = (struct member){.organisation = id_literal(other),
                             .role = MEMBER_PARTICIPANT,
                             .lab = id_literal("vision")};
    }
    struct openness_fact *fact = record_list_add(&r.project.openness, sizeof *fact);
    fact->from = FACTS_FROM;
    fact->openness = OPENNESS_OPEN_COMMERCIAL;
    world_must(w, world_decide(w, "admin.nipa", COMMAND_APPLY_PROJECT, &r));
    record_fini(&apply_project_request_type, &r);
}

static void make_pool(struct world *w, const char *site, const char *pool, const char *owner)
{
    struct apply_site_request s = {.site = {.operator= id_literal(owner)}};
    struct apply_pool_request p = {.pool = {.owner = id_literal(owner)}};
    s.site.id = id_literal(site);
    memcpy(s.site.name_en, "Site", 5);
    p.pool.id = id_literal(pool);
    p.pool.site = s.site.id;
    memcpy(p.pool.model, "B200", 5);
    p.pool.contracted_units = share_gpus(64);
    p.pool.lend_limit_units = share_gpus(64);
    world_must(w, world_decide(w, "admin.nipa", COMMAND_APPLY_SITE, &s));
    world_must(w, world_decide(w, "admin.nipa", COMMAND_APPLY_POOL, &p));
}

void world_init(struct world *w)
{
    static const char *const people[][3] = {
        {"ok1", "nipa", "agency-approver"},     {"ok2", "nipa", "agency-approver"},
        {"audit", "nipa", "auditor"},           {"op", "skt", "supplier-operator"},
        {"sign", "skt", "supplier-approver"},   {"op", "naver", "supplier-operator"},
        {"sign", "naver", "supplier-approver"}, {"kim", "upstage", "org-member"},
        {"boss", "upstage", "org-approver"},    {"fin", "upstage", "finance"},
        {"lee", "kaist", "org-member"},         {"han", "lunit", "org-member"},
        {"boss", "lunit", "org-approver"},
    };
    *w = (struct world){.state = state_create(), .now = WORLD_START};
    changes_init(&w->changes);
    bootstrap(w);
    make_organisation(w, "skt", SIZE_LARGE, SIZE_NONE, true);
    make_organisation(w, "naver", SIZE_LARGE, SIZE_NONE, true);
    make_organisation(w, "upstage", SIZE_SME, SIZE_NONE, false);
    make_organisation(w, "kaist", SIZE_UNIVERSITY, SIZE_NONE, false);
    make_organisation(w, "lunit", SIZE_STARTUP, SIZE_SME, false);
    for (size_t i = 0; i < sizeof people / sizeof people[0]; i++)
        world_make_user(w, people[i][0], people[i][1], people[i][2]);
    make_programme(w);
    make_project(w, "alpha", "upstage", "kaist");
    make_project(w, "beta", "lunit", NULL);
    make_pool(w, "skt-dc", "skt-b200", "skt");
    make_pool(w, "naver-dc", "naver-b200", "naver");
}

void world_fini(struct world *w)
{
    changes_fini(&w->changes);
    state_destroy(w->state);
    *w = (struct world){0};
}

/* ---- Nodes
 * -------------------------------------------------------------------------------------------- */

void world_attach(struct world *w, const char *name, size_t gpus, enum enforcement_tier tier)
{
    char actor[80];
    struct attach_node_command r = {.node = {.id = id_literal(name), .tier = tier}};
    snprintf(actor, sizeof actor, "node:%s", name);
    memcpy(r.node.model, "B200", 5);
    memcpy(r.node.boot_id, "00000000-0000-0000-0000-000000000001", 37);
    for (size_t i = 0; i < gpus; i++) {
        struct device *d = record_list_add(&r.node.devices, sizeof *d);
        snprintf(d->uuid, sizeof d->uuid, "GPU-%s-%zu", name, i);
        d->index = (uint32_t)i;
        d->major = 195;
        d->minor = (uint32_t)i;
    }
    world_must(w, world_decide(w, actor, COMMAND_ATTACH_NODE, &r));
    record_fini(&attach_node_command_type, &r);
}

void world_make_node(struct world *w, const char *name, const char *pool, size_t gpus)
{
    const struct pool *p = need(w, ENTITY_POOL, pool);
    char maker[80];
    struct create_join_token_command r = {
        .token = {.purpose = JOIN_NODE, .pool = p->id, .organisation = p->owner}};
    r.token.name = id_literal(name);
    snprintf(maker, sizeof maker, "op.%s", p->owner.text);
    join(w, maker, &r);
    world_attach(w, name, gpus, TIER_BPF);
}

/* ---- Loans
 * -------------------------------------------------------------------------------------------- */

static const char *operator_of(const struct world *w, const struct id *pool)
{
    const struct pool *p = need(w, ENTITY_POOL, pool->text);
    return strcmp(p->owner.text, "skt") == 0 ? "op.skt" : "op.naver";
}

void world_loan_request(const struct world *w, const struct world_loan_terms *terms,
                        struct propose_loan_request *ret)
{
    *ret = (struct propose_loan_request){0};
    struct loan *l = &ret->loan;
    l->id = id_literal(terms->id);
    l->programme = id_literal(WORLD_PROGRAMME);
    l->pool = id_literal(terms->pool ? terms->pool : "skt-b200");
    l->borrower = id_literal(terms->project ? terms->project : "alpha");
    const struct pool *pool = need(w, ENTITY_POOL, l->pool.text);
    l->lender = pool->owner;
    memcpy(l->model, "B200", 5);
    bool open = terms->from.s == 0 && terms->to.s == 0;
    l->from = open ? w->now : terms->from;
    l->to = open ? instant_add(w->now, 100 * WORLD_DAY) : terms->to;
    l->guaranteed_units = share_gpus(terms->gpus);
    l->burst_units = share_gpus(terms->burst);
    l->notice_s = terms->notice_s;
    l->silence_s = terms->silence_s;
    l->cooldown_s = terms->cooldown_s;
    add_id(&l->isolation, terms->isolation ? terms->isolation : "whole");
    if (!terms->isolation)
        add_id(&l->isolation, "mig");
    l->permit.len = (uint32_t)strlen(terms->id);
    memcpy(l->permit.data, terms->id, l->permit.len);
    world_signature(w, operator_of(w, &l->pool), span_of(l->permit.data, l->permit.len),
                    &l->permit_signature);
}

void world_propose_and_consent(struct world *w, const struct world_loan_terms *terms)
{
    struct propose_loan_request r;
    world_loan_request(w, terms, &r);
    world_must(w, world_decide(w, operator_of(w, &r.loan.pool), COMMAND_PROPOSE_LOAN, &r));
    bool alpha = strcmp(r.loan.borrower.text, "alpha") == 0;
    record_fini(&propose_loan_request_type, &r);
    struct consent_loan_request c = {.id = id_literal(terms->id)};
    world_must(w, world_decide(w, alpha ? "boss.upstage" : "boss.lunit", COMMAND_CONSENT_LOAN, &c));
}

int world_sign(struct world *w, const char *actor, const char *approval)
{
    const struct approval *a = world_approval(w, approval);
    struct sign_approval_request r = {.id = a->id};
    CLEANUP_BUF struct buf text;
    buf_init(&text, PLAN_TEXT_MAX);
    plan_text(&a->plan, &text);
    memcpy(r.plan_hash, a->plan.hash, sizeof r.plan_hash);
    world_signature(w, actor, buf_span(&text), &r.signature);
    return world_decide(w, actor, COMMAND_SIGN_APPROVAL, &r);
}

/* The second approver has to be of another organisation: the ministry's, there once it is needed.
 */
static void need_ministry(struct world *w)
{
    struct id id = id_literal("ok.msit");
    if (state_find(w->state, ENTITY_USER, &id))
        return;
    struct apply_organisation_request r = {
        .organisation = {.id = id_literal("msit"), .name_en = "MSIT", .agency = true}};
    struct size_fact *fact = record_list_add(&r.organisation.sizes, sizeof *fact);
    *fact = (struct size_fact){.from = FACTS_FROM, .size = SIZE_AGENCY};
    world_must(w, world_decide(w, "admin.nipa", COMMAND_APPLY_ORGANISATION, &r));
    record_fini(&apply_organisation_request_type, &r);
    world_make_user(w, "ok", "msit", "agency-approver");
}

void world_approve(struct world *w, const struct id *approval)
{
    struct id id = *approval;
    uint32_t needed = world_approval(w, id.text)->approvers_needed;
    world_must(w, world_sign(w, "ok1.nipa", id.text));
    if (needed < 2)
        return;
    need_ministry(w);
    world_must(w, world_sign(w, "ok.msit", id.text));
}

void world_make_loan(struct world *w, const struct world_loan_terms *terms)
{
    world_propose_and_consent(w, terms);
    world_approve(w, &w->changes.answer.approval);
}

/* ---- Allocations and leases
 * ----------------------------------------------------------------------------- */

struct id world_make_allocation(struct world *w, const char *project, int64_t gpus,
                                int64_t budget_krw)
{
    bool alpha = strcmp(project, "alpha") == 0;
    struct request_allocation_request r = {.project = id_literal(project),
                                           .from = w->now,
                                           .to = instant_add(w->now, 100 * WORLD_DAY),
                                           .units = share_gpus(gpus),
                                           .budget_krw = {budget_krw}};
    memcpy(r.model, "B200", 5);
    memcpy(r.purpose, "training", 9);
    world_must(
        w, world_decide(w, alpha ? "kim.upstage" : "han.lunit", COMMAND_REQUEST_ALLOCATION, &r));
    struct id id = w->changes.answer.id;
    world_approve(w, &w->changes.answer.approval);
    return id;
}

int world_book(struct world *w, const struct world_booking *b)
{
    struct book_lease_request r = {.head = {.dry_run = b->dry_run},
                                   .allocation = b->allocation,
                                   .gpus = b->gpus,
                                   .units_per_gpu = {b->units},
                                   .priority = b->priority,
                                   .from = b->from,
                                   .to = b->to,
                                   .one_node = b->one_node};
    if (b->isolation)
        r.isolation = id_literal(b->isolation);
    if (b->service_class)
        r.service_class = id_literal(b->service_class);
    return world_decide(w, b->actor ? b->actor : "kim.upstage", COMMAND_BOOK_LEASE, &r);
}

int world_release(struct world *w, const char *actor, const char *lease)
{
    struct release_lease_request r = {.id = id_literal(lease)};
    return world_decide(w, actor, COMMAND_RELEASE_LEASE, &r);
}

int world_recall(struct world *w, const char *actor, const char *loan, int64_t gpus,
                 struct instant by)
{
    struct recall_loan_request r = {
        .id = id_literal(loan), .units = share_gpus(gpus), .by = by, .reason = "needed back"};
    return world_decide(w, actor, COMMAND_RECALL_LOAN, &r);
}

/* ---- What nodes say
 * --------------------------------------------------------------------------------------- */

static void add_held(struct list *held, const struct lease *l, const char *word)
{
    struct held_lease *h = record_list_add(held, sizeof *h);
    h->lease = l->id;
    h->fence = l->fence;
    h->state = id_literal(word);
}

struct speech {
    const char *word;
    struct list held;
};

static void add_granted(const struct enforcement *e, void *arg)
{
    struct speech *s = arg;
    add_held(&s->held, e->lease, s->word);
}

static bool add_returning(const void *record, void *arg)
{
    const struct lease *l = record;
    if (l->state == LEASE_RETURNING)
        add_held(&((struct speech *)arg)->held, l, "returned");
    return true;
}

static int report(struct world *w, const char *node, const struct list *held)
{
    char actor[80];
    struct report_held_command r = {.node = id_literal(node), .held = *held};
    snprintf(actor, sizeof actor, "node:%s", node);
    return world_decide(w, actor, COMMAND_REPORT_HELD, &r);
}

void world_report(struct world *w, const char *node, const char *word)
{
    struct speech s = {.word = word};
    struct id id = id_literal(node);
    enforce_each(w->state, &id, w->now, add_granted, &s);
    state_each_lease_on(w->state, &id, add_returning, &s);
    world_must(w, report(w, node, &s.held));
    free(s.held.items);
}

int world_report_one(struct world *w, const char *node, const char *lease, const char *word)
{
    struct list held = {0};
    add_held(&held, world_lease(w, lease), word);
    int rc = report(w, node, &held);
    free(held.items);
    return rc;
}

int world_use(struct world *w, const char *node, uint64_t seq, const char *lease,
              struct instant from, struct instant to)
{
    char actor[80];
    const struct lease *l = world_lease(w, lease);
    struct report_usage_command r = {.node = id_literal(node)};
    struct usage_interval *u = record_list_add(&r.intervals, sizeof *u);
    *u = (struct usage_interval){
        .node = r.node, .seq = seq, .lease = l->id, .from = from, .to = to, .opens = 1};
    memcpy(u->boot_id, "00000000-0000-0000-0000-000000000001", 37);
    LIST_EACH(const struct placement, p, &l->placements)
    {
        LIST_EACH(const struct placed_device, d, &p->devices)
        {
            if (id_equal(&p->node, &r.node))
                u->units.units += d->units.units;
        }
    }
    snprintf(actor, sizeof actor, "node:%s", node);
    int rc = world_decide(w, actor, COMMAND_REPORT_USAGE, &r);
    free(r.intervals.items);
    return rc;
}

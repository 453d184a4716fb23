/* One request at a time for each person. A person is never killed. */
#include "tests/sim/people.h"

#include "controlplane/domain/lease.h"
#include "lib/base/text.h"
#include "lib/rpc/client.h"
#include "lib/rpc/message.h"
#include "tests/sim/bed.h"
#include "tests/sim/bed_keys.h"
#include "tests/sim/bed_rpc.h"
#include "tests/sim/truth.h"
#include "tests/support/world/world.h"

#include "pumasi/v1/allocation.pb-c.h"
#include "pumasi/v1/approval.pb-c.h"
#include "pumasi/v1/lease.pb-c.h"
#include "pumasi/v1/loan.pb-c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMBERS       2 /* the first of them */
#define TIMEOUT_MS    5000
#define RETRY_NS      (300 * BED_MS)
#define MINE_MAX      4096
#define REPEAT_ONE_IN 12 /* of what was answered is asked again, under its request id */

/* What a person knows of a lease. */
struct mine {
    struct id lease;
    char request[32];
    int state; /* the latest that was seen */
};

struct person {
    int host;
    struct id name; /* "kim.upstage" */
    const char *organisation;
    const char *project;
    const char *loan; /* of a lender */
    struct bed_identity identity;
    struct rpc_channel *channels[BED_REPLICAS];
    int server;
    void (*act)(struct person *p);

    /* the request under way */
    bool asking;
    struct rpc_method method;
    ProtobufCMessage *message; /* packed anew for each attempt */
    void (*told)(struct person *p, const ProtobufCMessage *reply);
    char request[32];
    bool repeated; /* it was answered before, with this: */
    char answer[64];

    uint64_t requests;
    struct mine mine[MINE_MAX];
    size_t n;
    struct id allocation;
};

static struct {
    struct person *all[BED_PEOPLE];
    size_t n;
    bool stopped;
    uint64_t acknowledged, refused;
} people;

static struct chance *dice(void)
{
    return &bed()->chance;
}

/* ---- asking ---- */

static void attempt(void *arg);
static void auditor_acts(struct person *p);

static void think(void *arg)
{
    struct person *p = arg;
    if (!people.stopped && !p->asking)
        p->act(p);
    int64_t most_ms = p->act == auditor_acts ? 300 : 6000;
    bed_after(chance_between(dice(), most_ms / 12, most_ms) * BED_MS, NULL, think, p);
}

static void end_request(struct person *p)
{
    p->asking = false;
    protobuf_c_message_free_unpacked(p->message, NULL);
    p->message = NULL;
}

static bool wants_again(enum err_code code)
{
    return code == ERR_NOT_LEADER || code == ERR_UNAVAILABLE || code == ERR_UNKNOWN_OUTCOME ||
           code == ERR_LIMIT || code == ERR_CANCELLED;
}

static void answered(void *arg, const struct rpc_status *status, ProtobufCMessage *reply)
{
    struct person *p = arg;
    if (wants_again(status->err)) {
        p->server = (p->server + 1) % BED_REPLICAS;
        bed_after(RETRY_NS, NULL, attempt, p);
        return;
    }
    if (status->err != ERR_OK) {
        bed_trace("%s: %s refused: %s", p->name.text, p->method.name, status->text);
        people.refused++;
        if (p->repeated)
            bed_violated("I6", "%s: request %s took effect, and asked again it is refused: %s",
                         p->name.text, p->request, status->text);
        end_request(p);
        return;
    }
    people.acknowledged++;
    const ProtobufCMessage *message = p->message;
    p->told(p, reply);
    rpc_message_destroy(reply);
    if (p->message != message)
        return; /* it has led to the next request */
    if (p->request[0] && !p->repeated && chance_one_in(dice(), REPEAT_ONE_IN)) {
        p->repeated = true;
        bed_after(RETRY_NS, NULL, attempt, p);
        return;
    }
    end_request(p);
}

static void attempt(void *arg)
{
    struct person *p = arg;
    struct err err = ERR_INIT;
    struct rpc_request request = {
        .method = p->method, .message = p->message, .timeout_ms = TIMEOUT_MS};
    int rc = rpc_client_start(p->channels[p->server], &request, answered, p, &err);
    ENSURE(rc == 0);
}

/* message: of static or longer life but for what it points to in p. Copied by packing. */
static void ask(struct person *p, const ProtobufCServiceDescriptor *service, const char *method,
                const ProtobufCMessage *message,
                void (*told)(struct person *p, const ProtobufCMessage *reply))
{
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = malloc(len + 1);
    ENSURE(bytes && !p->asking);
    (void)protobuf_c_message_pack(message, bytes);
    p->message = protobuf_c_message_unpack(message->descriptor, NULL, len, bytes);
    free(bytes);
    ENSURE(p->message);
    p->method = (struct rpc_method){service, method};
    p->told = told;
    p->asking = true;
    p->repeated = false;
    attempt(p);
}

static Pumasi__V1__RequestHead head_of(struct person *p)
{
    Pumasi__V1__RequestHead head = PUMASI__V1__REQUEST_HEAD__INIT;
    (void)snprintf(p->request, sizeof p->request, "r-%d-%llu", p->host,
                   (unsigned long long)++p->requests);
    head.request_id = p->request;
    return head;
}

/* ---- members ---- */

static struct mine *find_mine(struct person *p, const char *lease)
{
    for (size_t i = 0; i < p->n; i++) {
        if (strcmp(p->mine[i].lease.text, lease) == 0)
            return &p->mine[i];
    }
    return NULL;
}

static void told_booking(struct person *p, const ProtobufCMessage *reply)
{
    const Pumasi__V1__ChangeReply *r = (const Pumasi__V1__ChangeReply *)reply;
    struct mine *known = find_mine(p, r->id);
    if (p->repeated) {
        if (strcmp(p->answer, r->id) != 0)
            bed_violated("I6", "%s: request %s made %s, and asked again %s", p->name.text,
                         p->request, p->answer, r->id);
        return;
    }
    (void)snprintf(p->answer, sizeof p->answer, "%s", r->id);
    if (known) {
        bed_violated("I6", "%s: requests %s and %s made one lease, %s", p->name.text,
                     known->request, p->request, r->id);
        return;
    }
    ENSURE(p->n < MINE_MAX);
    struct mine *m = &p->mine[p->n++];
    *m = (struct mine){.lease = id_literal(r->id), .state = LEASE_BOOKED};
    bed_trace("%s: %s for request %s", p->name.text, r->id, p->request);
    memcpy(m->request, p->request, sizeof m->request);
}

static void book(struct person *p)
{
    static const uint32_t counts[] = {1, 1, 2, 4, 8};
    static const int64_t parts[] = {0, 0, 0, 3500, 1750};
    Pumasi__V1__BookLeaseRequest r = PUMASI__V1__BOOK_LEASE_REQUEST__INIT;
    Pumasi__V1__RequestHead head = head_of(p);
    Pumasi__V1__UserId uid = PUMASI__V1__USER_ID__INIT;
    Pumasi__V1__UserId *uids[] = {&uid};
    uid.uid = 1000;
    r.head = &head;
    r.allocation = p->allocation.text;
    r.units_per_gpu = parts[chance_between(dice(), 0, 4)];
    r.gpus = r.units_per_gpu ? 1 : counts[chance_between(dice(), 0, 4)];
    r.isolation = r.units_per_gpu ? "mig" : "whole";
    r.from = chance_one_in(dice(), 3) ? bed_wall().s + chance_between(dice(), 1, 200) : 0;
    r.length_s = chance_between(dice(), 20, 400);
    r.priority = (uint32_t)chance_between(dice(), 0, 3);
    r.n_uids = 1;
    r.uids = uids;
    ask(p, &pumasi__v1__lease_service__descriptor, "BookLease", &r.base, told_booking);
}

static struct mine *any_mine(struct person *p)
{
    if (p->n == 0)
        return NULL;
    size_t last = p->n < 12 ? p->n : 12; /* of the newest */
    return &p->mine[p->n - (size_t)chance_between(dice(), 1, (int64_t)last)];
}

static void told_nothing(struct person *p, const ProtobufCMessage *reply)
{
    (void)p;
    (void)reply;
}

static void release_one(struct person *p)
{
    Pumasi__V1__ReleaseLeaseRequest r = PUMASI__V1__RELEASE_LEASE_REQUEST__INIT;
    struct mine *m = any_mine(p);
    if (!m)
        return;
    Pumasi__V1__RequestHead head = head_of(p);
    r.head = &head;
    r.id = m->lease.text;
    ask(p, &pumasi__v1__lease_service__descriptor, "ReleaseLease", &r.base, told_nothing);
}

static void see(struct person *p, const Pumasi__V1__Lease *l)
{
    int state = -1;
    struct err err = ERR_INIT;
    struct mine *m = find_mine(p, l->id);
    if (p->project[0] && strcmp(l->project, p->project) != 0)
        bed_violated("I11", "%s was shown %s of project %s", p->name.text, l->id, l->project);
    if (!m || enum_parse(&lease_state_names, span_text(l->state), "state", &state, &err) < 0)
        return;
    if (state < m->state)
        bed_violated("I12", "%s saw %s go back to %s", p->name.text, l->id, l->state);
    m->state = state;
}

/* Whoever looks asks anybody: also one who led until a moment ago. */
static void look(struct person *p, const char *method, const ProtobufCMessage *request,
                 void (*told)(struct person *p, const ProtobufCMessage *reply))
{
    p->request[0] = '\0';
    p->server = (int)chance_between(dice(), 0, BED_REPLICAS - 1);
    ask(p, &pumasi__v1__lease_service__descriptor, method, request, told);
}

static void told_lease(struct person *p, const ProtobufCMessage *reply)
{
    see(p, (const Pumasi__V1__Lease *)reply);
}

static void look_at_one(struct person *p)
{
    Pumasi__V1__GetRequest r = PUMASI__V1__GET_REQUEST__INIT;
    struct mine *m = any_mine(p);
    if (!m)
        return;
    r.id = m->lease.text;
    look(p, "GetLease", &r.base, told_lease);
}

static void told_leases(struct person *p, const ProtobufCMessage *reply)
{
    const Pumasi__V1__ListLeasesReply *r = (const Pumasi__V1__ListLeasesReply *)reply;
    for (size_t i = 0; i < r->n_items; i++)
        see(p, r->items[i]);
}

static void look_at_all(struct person *p)
{
    Pumasi__V1__ListRequest r = PUMASI__V1__LIST_REQUEST__INIT;
    r.page_size = 1000;
    look(p, "ListLeases", &r.base, told_leases);
}

static void ask_for_more(struct person *p)
{
    Pumasi__V1__RequestAllocationRequest r = PUMASI__V1__REQUEST_ALLOCATION_REQUEST__INIT;
    Pumasi__V1__RequestHead head = head_of(p);
    r.head = &head;
    r.project = (char *)p->project;
    r.model = "B200";
    r.from = bed_wall().s;
    r.to = r.from + 30 * 24 * 3600;
    r.units = SHARE_PER_GPU;
    r.budget_krw = chance_one_in(dice(), 2) ? 1000000 : 200000000000;
    r.purpose = "more";
    ask(p, &pumasi__v1__allocation_service__descriptor, "RequestAllocation", &r.base, told_nothing);
}

static void member_acts(struct person *p)
{
    int64_t d = chance_between(dice(), 1, 100);
    if (d <= 50)
        book(p);
    else if (d <= 72)
        release_one(p);
    else if (d <= 86)
        look_at_one(p);
    else if (d <= 96)
        look_at_all(p);
    else
        ask_for_more(p);
}

/* ---- lenders ---- */

static void lender_acts(struct person *p)
{
    Pumasi__V1__RecallLoanRequest r = PUMASI__V1__RECALL_LOAN_REQUEST__INIT;
    if (!chance_one_in(dice(), 40))
        return;
    Pumasi__V1__RequestHead head = head_of(p);
    r.head = &head;
    r.id = (char *)p->loan;
    r.units = SHARE_PER_GPU * chance_between(dice(), 1, 2);
    r.reason = "needed back";
    ask(p, &pumasi__v1__loan_service__descriptor, "RecallLoan", &r.base, told_nothing);
}

/* ---- approvers ---- */

static void sign_one(struct person *p, const Pumasi__V1__Approval *a)
{
    Pumasi__V1__SignApprovalRequest r = PUMASI__V1__SIGN_APPROVAL_REQUEST__INIT;
    CLEANUP_BUF struct buf text;
    buf_init(&text, 1 << 20);
    for (size_t i = 0; i < a->plan->n_lines; i++)
        buf_printf(&text, "%s\n", a->plan->lines[i]->text);
    uint64_t seal = world_seal(span_text((const char *)p->identity.key.spki), buf_span(&text));
    Pumasi__V1__RequestHead head = head_of(p);
    r.head = &head;
    r.id = a->id;
    r.plan_hash = a->plan->hash;
    r.signature = (ProtobufCBinaryData){.len = sizeof seal, .data = (uint8_t *)&seal};
    r.reason = "fine";
    ask(p, &pumasi__v1__approval_service__descriptor, "SignApproval", &r.base, told_nothing);
}

static bool waits_for(const struct person *p, const Pumasi__V1__Approval *a)
{
    bool mine = false;
    for (size_t i = 0; i < a->n_decisions; i++)
        mine |= strcmp(a->decisions[i]->user, p->name.text) == 0;
    bool open = strcmp(a->state, "submitted") == 0 || strcmp(a->state, "review") == 0;
    return open && a->plan && (!mine || chance_one_in(dice(), 10));
}

static void sign_first(struct person *p, const Pumasi__V1__ListApprovalsReply *r)
{
    for (size_t i = 0; i < r->n_items; i++) {
        if (waits_for(p, r->items[i])) {
            end_request(p);
            sign_one(p, r->items[i]);
            return;
        }
    }
}

static void told_approvals(struct person *p, const ProtobufCMessage *reply)
{
    sign_first(p, (const Pumasi__V1__ListApprovalsReply *)reply);
}

static void approver_acts(struct person *p)
{
    Pumasi__V1__ListRequest r = PUMASI__V1__LIST_REQUEST__INIT;
    Pumasi__V1__Filter filter = PUMASI__V1__FILTER__INIT;
    Pumasi__V1__Filter *filters[] = {&filter};
    static const char *const states[] = {"submitted", "review"};
    filter.field = "state";
    filter.value = (char *)states[chance_between(dice(), 0, 1)];
    r.n_filters = 1;
    r.filters = filters;
    p->request[0] = '\0';
    ask(p, &pumasi__v1__approval_service__descriptor, "ListApprovals", &r.base, told_approvals);
}

/* ---- the auditor: looks at what was booked lately, at anybody's, all the time ---- */

static void auditor_acts(struct person *p)
{
    Pumasi__V1__GetRequest r = PUMASI__V1__GET_REQUEST__INIT;
    struct mine *m = any_mine(people.all[chance_between(dice(), 0, MEMBERS - 1)]);
    if (!m)
        return;
    if (!find_mine(p, m->lease.text)) {
        ENSURE(p->n < MINE_MAX);
        p->mine[p->n++] = (struct mine){.lease = m->lease, .state = LEASE_REQUESTED};
    }
    r.id = m->lease.text;
    look(p, "GetLease", &r.base, told_lease);
}

/* ---- all ---- */

static struct person *add(const char *name, const char *organisation, void (*act)(struct person *p))
{
    char user[64];
    char key[64];
    struct person *p = calloc(1, sizeof *p);
    ENSURE(p && people.n < BED_PEOPLE);
    (void)snprintf(user, sizeof user, "%s.%s", name, organisation);
    (void)snprintf(key, sizeof key, "key-%s-%s", name, organisation);
    p->host = BED_FIRST_PERSON + (int)people.n;
    p->name = id_literal(user);
    p->organisation = organisation;
    p->act = act;
    p->project = "";
    p->identity = (struct bed_identity){.principal = {.kind = ACTOR_USER,
                                                      .organisation = id_literal(organisation),
                                                      .name = id_literal(name),
                                                      .key_id = id_literal(key)},
                                        .key = bed_public(key)};
    bed_rpc_identity(p->host, &p->identity, sizeof p->identity);
    for (int i = 0; i < BED_REPLICAS; i++)
        p->channels[i] = bed_channel(p->host, i);
    people.all[people.n++] = p;
    bed_after(chance_between(dice(), 1000, 4000) * BED_MS, NULL, think, p);
    return p;
}

void people_start(const struct federation *f)
{
    struct person *p = add("kim", "upstage", member_acts);
    p->allocation = f->alpha;
    p->project = "alpha";
    p = add("han", "lunit", member_acts);
    p->allocation = f->beta;
    p->project = "beta";
    add("op", "skt", lender_acts)->loan = "loan-a";
    add("op", "naver", lender_acts)->loan = "loan-b";
    (void)add("ok1", "nipa", approver_acts);
    (void)add("ok2", "nipa", approver_acts);
    (void)add("audit", "nipa", auditor_acts);
}

void people_stop(void)
{
    people.stopped = true;
}

bool people_are_done(void)
{
    for (size_t i = 0; i < people.n; i++) {
        if (people.all[i]->asking)
            return false;
    }
    return true;
}

void people_check(void)
{
    for (size_t i = 0; i < people.n; i++) {
        struct person *p = people.all[i];
        for (size_t k = 0; k < p->n; k++) {
            if (!state_find(truth_state(), ENTITY_LEASE, &p->mine[k].lease))
                bed_violated("I5", "%s was told of %s (request %s), and it is gone", p->name.text,
                             p->mine[k].lease.text, p->mine[k].request);
        }
        size_t booked = truth_booked_by(&p->name);
        if (!p->asking && p->act == member_acts && booked != p->n)
            bed_violated("I6", "%s has %zu leases, and was told of %zu", p->name.text, booked,
                         p->n);
    }
}

uint64_t people_acknowledged(void)
{
    return people.acknowledged;
}

uint64_t people_refused(void)
{
    return people.refused;
}

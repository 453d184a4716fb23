#ifndef PUMASI_TESTS_SUPPORT_WORLD_WORLD_H
#define PUMASI_TESTS_SUPPORT_WORLD_WORLD_H

#include "controlplane/domain/decide.h"

/*
 * A small world for tests of everything above the decider: a state, a clock that stands still until
 * it is moved, and people. Everything in it came about through decide(), so it is never in a state
 * that the product could not reach. Cryptography is a toy: signatures are a keyed checksum.
 *
 * Built by world_init():
 *   nipa      agency     admin.nipa (agency-admin), ok1.nipa and ok2.nipa (agency-approver),
 *                        audit.nipa (auditor)
 *   skt       supplier   op.skt (supplier-operator), sign.skt (supplier-approver)
 *   naver     supplier   op.naver (supplier-operator), sign.naver (supplier-approver)
 *   upstage   sme        kim.upstage (org-member), boss.upstage (org-approver), fin.upstage
 * (finance) kaist     university lee.kaist (org-member) lunit     startup (sme) han.lunit
 * (org-member), boss.lunit (org-approver) spec      programme 2025-11-01..2026-12-31, B200 at
 * 6,600,000 KRW, cleaning 300 s alpha     project of upstage (lead) and kaist; beta: project of
 * lunit skt-dc    site; skt-b200: pool of skt, lends at most 64 GPUs; naver-dc, naver-b200: the
 * same The clock stands at WORLD_START.
 */
#define WORLD_START     ((struct instant){INT64_C(1761955200)}) /* 2025-11-01T09:00:00+09:00 */
#define WORLD_HOUR      INT64_C(3600)
#define WORLD_DAY       (24 * WORLD_HOUR)
#define WORLD_BUDGET    INT64_C(100000000000)
#define WORLD_PROGRAMME "spec"

struct world {
    struct state *state;
    struct instant now;
    struct changes changes; /* of the last decision that was applied: answer and entries */
    struct err err;         /* of the last decision that was refused */
    uint64_t decided;       /* decisions applied, for names that must differ */
    uint64_t entries;       /* ledger entries written by them */
};

void world_init(struct world *w);
void world_fini(struct world *w);

/* ---- Toy cryptography: what the decider is given to check with ------------------------------ */

void world_sha256(struct span bytes, uint8_t out[32]);
uint64_t world_seal(struct span key, struct span bytes);
bool world_verify(struct span public_key, struct span bytes, struct span signature);

/* ---- Deciding ------------------------------------------------------------------------------ */

/* The actor behind "kim.upstage", with the roles that the state gives; "node:n1" is a node. */
struct actor world_actor(const struct world *w, const char *name);

/* Decides and, unless it is refused or a dry run, applies. args stays the caller's. */
MUST_CHECK int world_decide(struct world *w, const char *actor, enum command_kind kind,
                            const void *args);

/* Aborts with the error's text unless rc is 0. */
void world_must(const struct world *w, int rc);

/* Everything that is due by now. Aborts when it does not come to an end. */
void world_due(struct world *w);

/* Moves the clock, stopping at every instant at which something is due. */
void world_advance(struct world *w, int64_t seconds);

/* WORLD_START + seconds. */
struct instant world_at(int64_t seconds);

/* ---- Looking ------------------------------------------------------------------------------- */

/* They abort when there is none. Borrowed until the next decision. */
const struct lease *world_lease(const struct world *w, const char *id);
const struct loan *world_loan(const struct world *w, const char *id);
const struct allocation *world_allocation(const struct world *w, const char *id);
const struct approval *world_approval(const struct world *w, const char *id);
const struct node *world_node(const struct world *w, const char *id);

/* The id in the last answer, and the first note that holds the text, or NULL. */
const char *world_answer(const struct world *w);
const char *world_note(const struct world *w, const char *holds);

/* How many GPUs' worth of grants the node is to enforce now, in units. */
int64_t world_enforced(const struct world *w, const char *node);

/* ---- Making -------------------------------------------------------------------------------- */

/* A user of an organisation with one role, joined by a token. */
void world_make_user(struct world *w, const char *name, const char *organisation, const char *role);

/* A node with GPUs, joined and attached: "GPU-<name>-<index>". */
void world_make_node(struct world *w, const char *name, const char *pool, size_t gpus);
/* The node attaches again with these device states; n of them. */
void world_attach(struct world *w, const char *name, size_t gpus, enum enforcement_tier tier);

struct world_loan_terms {
    const char *id;
    const char *pool;    /* NULL: skt-b200 */
    const char *project; /* NULL: alpha */
    int64_t gpus;
    int64_t burst;
    int64_t notice_s;
    int64_t silence_s; /* 0: the notice */
    int64_t cooldown_s;
    struct instant from, to; /* both 0: from now for 100 days */
    const char *isolation;   /* NULL: whole and mig */
};
/* Fills a request; free it with record_fini(&propose_loan_request_type, r). The signer is the
 * supplier-operator of the pool's owner. */
void world_loan_request(const struct world *w, const struct world_loan_terms *terms,
                        struct propose_loan_request *ret);
/* Proposed, consented by the borrower's org-approver, signed by ok1.nipa. */
void world_make_loan(struct world *w, const struct world_loan_terms *terms);
/* As far as consent; the approval's id is in the answer. */
void world_propose_and_consent(struct world *w, const struct world_loan_terms *terms);

/* Approved allocation of B200 over 100 days from now. */
struct id world_make_allocation(struct world *w, const char *project, int64_t gpus,
                                int64_t budget_krw);

/* Signed by ok1.nipa and, where two are needed, by ok.msit, who comes into the world for that. */
void world_approve(struct world *w, const struct id *approval);

/* Signs the approval as shown now. */
MUST_CHECK int world_sign(struct world *w, const char *actor, const char *approval);

struct world_booking {
    const char *actor; /* NULL: kim.upstage */
    struct id allocation;
    uint32_t gpus;
    int64_t units; /* of each; 0: whole */
    const char *isolation;
    const char *service_class;
    uint32_t priority;
    struct instant from, to;
    bool one_node;
    bool dry_run;
};
MUST_CHECK int world_book(struct world *w, const struct world_booking *b);
MUST_CHECK int world_release(struct world *w, const char *actor, const char *lease);
MUST_CHECK int world_recall(struct world *w, const char *actor, const char *loan, int64_t gpus,
                            struct instant by);

/* The node reports that it holds what it shall enforce, with this word ("active"); leases that it
 * has and shall not enforce it reports returned. */
void world_report(struct world *w, const char *node, const char *word);
/* The node reports one lease with one word, and nothing else. */
MUST_CHECK int world_report_one(struct world *w, const char *node, const char *lease,
                                const char *word);
/* The node reports an interval of the lease's units there. */
MUST_CHECK int world_use(struct world *w, const char *node, uint64_t seq, const char *lease,
                         struct instant from, struct instant to);

/* The toy signature that world's verify accepts for the user's key. */
void world_signature(const struct world *w, const char *user, struct span bytes, struct blob *ret);

#endif

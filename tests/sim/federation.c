#include "tests/sim/federation.h"

#include "controlplane/engine/codec.h"
#include "controlplane/engine/keys.h"
#include "lib/base/limits.h"
#include "lib/grant/permit.h"
#include "lib/store/txn.h"
#include "tests/sim/bed.h"
#include "tests/support/world/world.h"

#include <stdio.h>
#include <stdlib.h>

#define PER_TXN 100

/* ---- into the store ---- */

struct writing {
    struct store *store;
    struct store_txn *txn;
    enum entity_kind kind;
};

static void commit(struct writing *w)
{
    struct store_result result;
    if (store_txn_ops(w->txn) == 0)
        return;
    store_commit_wait(w->store, w->txn, 1000, &result);
    ENSURE(result.outcome == STORE_OK);
    store_txn_reset(w->txn);
}

static bool write_object(const void *record, void *arg)
{
    struct writing *w = arg;
    struct store_key key = keys_of(w->kind, entity_id(w->kind, record));
    CLEANUP_BUF struct buf value;
    buf_init(&value, LIMIT_VALUE_BYTES);
    codec_encode_object(w->kind, record, &value);
    ENSURE(store_txn_put(w->txn, span_text(key.text), buf_span(&value), NULL) == 0);
    if (store_txn_ops(w->txn) == PER_TXN)
        commit(w);
    return true;
}

static void write_log(struct writing *w, const struct world *world)
{
    struct commit entry = {.seq = 1,
                           .writer = id_literal("founder"),
                           .write_id = {.len = 16},
                           .at = world->now,
                           .next_number = state_next_number(world->state)};
    struct store_key key = keys_of_commit(1);
    CLEANUP_BUF struct buf value;
    buf_init(&value, LIMIT_VALUE_BYTES);
    codec_encode_commit(&entry, &value);
    ENSURE(store_txn_put(w->txn, span_text(key.text), buf_span(&value), NULL) == 0);
    commit(w);
}

static void write_all(struct store *store, const struct world *world)
{
    struct writing w = {.store = store, .txn = store_txn_create()};
    for (int kind = ENTITY_KIND_COUNT; kind > 0; kind--) {
        w.kind = (enum entity_kind)(kind - 1); /* approvals before what they approve */
        state_each(world->state, w.kind, NULL, write_object, &w);
        commit(&w);
    }
    write_log(&w, world);
    store_txn_destroy(w.txn);
}

/* ---- loans ---- */

static void sign_permit(const struct world *w, struct loan *l, const char *signer)
{
    char key[64];
    struct permit_bytes bytes;
    struct err err = ERR_INIT;
    (void)snprintf(key, sizeof key, "key-op-%.40s", l->lender.text);
    struct permit p = {.loan = l->id,
                       .lender = l->lender,
                       .borrower = l->borrower,
                       .pool = l->pool,
                       .key = id_literal(key),
                       .window = {l->from, l->to},
                       .max_share = {l->guaranteed_units.units + l->burst_units.units},
                       .isolations = 1u << GRANT_ISOLATION_WHOLE | 1u << GRANT_ISOLATION_MIG,
                       .silence_tolerance_s = l->silence_s};
    ENSURE(permit_encode(&p, &bytes, &err) == 0 && bytes.len <= sizeof l->permit.data);
    l->permit.len = (uint32_t)bytes.len;
    memcpy(l->permit.data, bytes.data, bytes.len);
    world_signature(w, signer, span_of(bytes.data, bytes.len), &l->permit_signature);
    l->permit_key_id = id_literal(key);
}

struct wanted_loan {
    struct world_loan_terms terms;
    const char *lender_operator;
    const char *borrower_approver;
};

static void make_loan(struct world *w, const struct wanted_loan *wanted)
{
    struct propose_loan_request r;
    world_loan_request(w, &wanted->terms, &r);
    sign_permit(w, &r.loan, wanted->lender_operator);
    world_must(w, world_decide(w, wanted->lender_operator, COMMAND_PROPOSE_LOAN, &r));
    struct consent_loan_request consent = {.id = r.loan.id};
    record_fini(&propose_loan_request_type, &r);
    world_must(w, world_decide(w, wanted->borrower_approver, COMMAND_CONSENT_LOAN, &consent));
    world_approve(w, &w->changes.answer.approval);
}

void federation_found(struct store *store, struct federation *ret)
{
    static const struct wanted_loan loans[] = {
        {{.id = "loan-a", .gpus = 24, .burst = 4}, "op.skt", "boss.upstage"},
        {{.id = "loan-b", .gpus = 16, .project = "beta", .pool = "naver-b200"},
         "op.naver",
         "boss.lunit"},
        {{.id = "loan-c", .gpus = 12, .pool = "naver-b200"}, "op.naver", "boss.upstage"},
    };
    struct world w;
    world_init(&w);
    for (int i = 0; i < BED_NODES; i++)
        world_make_node(&w, bed_host(BED_FIRST_NODE + i)->name,
                        i < BED_NODES / 2 ? "skt-b200" : "naver-b200", 8);
    for (size_t i = 0; i < sizeof loans / sizeof *loans; i++) {
        struct wanted_loan wanted = loans[i];
        wanted.terms.notice_s = FEDERATION_NOTICE_S;
        wanted.terms.silence_s = FEDERATION_SILENCE_S;
        wanted.terms.cooldown_s = 10;
        make_loan(&w, &wanted);
    }
    ret->alpha = world_make_allocation(&w, "alpha", 36, WORLD_BUDGET - 1);
    ret->beta = world_make_allocation(&w, "beta", 16, WORLD_BUDGET - 1);
    world_due(&w);
    bed()->epoch = w.now;
    write_all(store, &w);
    world_fini(&w);
}

/* The blocks at the end of a report; amounts are billing's. */
#include "documents/blocks_end.h"

#include "billing/statement_words.h"
#include "documents/phrase.h"
#include "lib/base/korea.h"

/* ---- Cash due -------------------------------------------------------------------------------- */

static void put_due(struct building *b, struct report_block *block,
                    const struct cofunding_share *share, int64_t i, int64_t *paid)
{
    const struct cofunding_policy *p = &b->basis->policy;
    int64_t n = p->instalments > 0 ? p->instalments : 1;
    struct instant due = INSTANT_NEVER;
    char text[PHRASE_CAP];
    if (p->cash_due_days > 0)
        due = instant_add(b->basis->from, (p->cash_due_days + 30 * i) * DAY_SECONDS);
    struct won part = instalment(share->cash_floor_krw, n, i, 10);
    int64_t covered = *paid < part.krw ? *paid : part.krw;
    *paid -= covered;
    struct report_cell *row = report_row(block);
    building_organisation(b, &row[0], share->organisation);
    report_set_int(&row[1], i + 1);
    phrase_day(due, false, text);
    report_set(&row[2], text[0] ? text : building_word(b, WORD_NO_DUE));
    report_set_won(&row[3], part.krw);
    report_set_won(&row[4], covered);
    report_set_won(&row[5], part.krw - covered);
    report_set_formula(&row[5], (double)(part.krw - covered), "={3}-{4}");
    bool late = due.s != INSTANT_NEVER.s && due.s < b->basis->to.s && covered < part.krw;
    report_set(&row[6], late ? building_word(b, WORD_SUSPEND) : "");
}

void blocks_add_dues(struct building *b)
{
    static const struct column_row columns[] = {
        {WORD_ORGANISATION, 15, REPORT_LEFT, false}, {WORD_INSTALMENT, 6, REPORT_RIGHT, false},
        {WORD_DUE, 14, REPORT_CENTRE, false},        {WORD_AMOUNT, 12, REPORT_RIGHT, false},
        {WORD_PAID, 12, REPORT_RIGHT, false},        {WORD_MISSING, 12, REPORT_RIGHT, false},
        {WORD_PROPOSAL, 22, REPORT_LEFT, false},
    };
    int64_t n = b->basis->policy.instalments > 0 ? b->basis->policy.instalments : 1;
    struct report_block *block = NULL;
    for (size_t m = 0; m < b->s->result->n_members; m++) {
        const struct cofunding_share *share = &b->s->result->members[m];
        int64_t paid = share->cash_paid_krw.krw;
        if (share->cash_floor_krw.krw == 0)
            continue;
        block = block ? block : building_block(b, "dues", WORD_DUES, COLUMNS(columns));
        for (int64_t i = 0; i < n; i++)
            put_due(b, block, share, i, &paid);
    }
}

/* ---- Rules, checks, evidence, signatures ----------------------------------------------------- */

static void add_rules(struct building *b)
{
    static const struct column_row columns[] = {{WORD_RULE, 12, REPORT_LEFT, false},
                                                {WORD_MARK, 2, REPORT_CENTRE, false}};
    struct statement_rule rules[STATEMENT_RULES_MAX];
    size_t n = statement_rules(b->s, rules);
    struct report_block *block = building_block(b, "rules", WORD_RULES, COLUMNS(columns));
    for (size_t i = 0; i < n; i++) {
        struct report_cell *row = report_row(block);
        report_set(&row[0], b->ko ? rules[i].ko : rules[i].en);
        report_set(&row[1], building_mark(b, rules[i].confirmed));
    }
    block->new_page = true;
}

static void put_check(struct building *b, struct report_block *block, enum word what, int64_t left,
                      int64_t right)
{
    struct report_cell *row = report_row(block);
    report_set(&row[0], building_word(b, what));
    report_set_won(&row[1], left);
    report_set_won(&row[2], right);
}

static void add_checks(struct building *b)
{
    static const struct column_row columns[] = {{WORD_CHECK, 10, REPORT_LEFT, false},
                                                {WORD_LEFT, 4, REPORT_RIGHT, false},
                                                {WORD_RIGHT, 4, REPORT_RIGHT, false}};
    const struct cofunding_result *r = b->s->result;
    struct exact sum;
    struct won value;
    int64_t burden = 0;
    exact_zero(&sum);
    for (size_t i = 0; i < r->n_members; i++) {
        int rc = exact_add(&sum, &r->members[i].value, &sum);
        ENSURE(rc == 0); /* the total was added up before */
        burden += r->members[i].burden_krw.krw;
    }
    int rc = exact_round_down(&sum, 1, &value);
    ENSURE(rc == 0);
    struct report_block *block = building_block(b, "checks", WORD_CHECKS, COLUMNS(columns));
    put_check(b, block, WORD_CHECK_VALUE, value.krw, r->total.value_krw.krw);
    put_check(b, block, WORD_CHECK_BURDEN, burden, r->total.burden_krw.krw);
    put_check(b, block, WORD_CHECK_PARTS,
              r->total.cash_floor_krw.krw + r->total.in_kind_max_krw.krw, r->total.burden_krw.krw);
    block->note = building_word(b, WORD_CHECK_LINE);
}

static void add_evidence(struct building *b)
{
    static const struct column_row columns[] = {{WORD_EVIDENCES, 4, REPORT_LEFT, false},
                                                {WORD_CONTENT, 8, REPORT_LEFT, false}};
    static const enum word rows[] = {WORD_EVIDENCE_CASH, WORD_EVIDENCE_TAX, WORD_EVIDENCE_LABOUR,
                                     WORD_EVIDENCE_ASSET};
    struct report_block *block = building_block(b, "evidence", WORD_EVIDENCES, COLUMNS(columns));
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        building_pair(block, building_word(b, rows[i]), "");
    building_pair(block, building_word(b, WORD_EVIDENCE_RAW),
                  b->extra->basis_sha256 ? b->extra->basis_sha256 : building_word(b, WORD_NONE));
}

static void add_signatures(struct building *b)
{
    static const struct column_row columns[] = {{WORD_WHO, 6, REPORT_LEFT, false},
                                                {WORD_NAME, 6, REPORT_LEFT, false},
                                                {WORD_POSITION, 6, REPORT_LEFT, false},
                                                {WORD_DATE, 6, REPORT_LEFT, false},
                                                {WORD_SEAL, 6, REPORT_LEFT, false}};
    static const enum word rows[] = {WORD_AUTHOR,        WORD_ACCOUNTANT, WORD_DIRECTOR,
                                     WORD_SUPPLIER_SIGN, WORD_REVIEWER,   WORD_APPROVER};
    struct report_block *block = building_block(b, "signatures", WORD_SIGNATURES, COLUMNS(columns));
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        report_set(&report_row(block)[0], building_word(b, rows[i]));
}

void blocks_add_end(struct building *b)
{
    add_rules(b);
    add_checks(b);
    add_evidence(b);
    add_signatures(b);
}

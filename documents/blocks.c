/*
 * One function a block. Invariant: a block that other blocks' formulas name (usage, credits,
 * contributions) is added before them, and is not named when it has no rows.
 */
#include "documents/blocks.h"

#include "billing/statement_words.h"
#include "documents/blocks_end.h"
#include "documents/blocks_use.h"
#include "documents/phrase.h"
#include "lib/base/korea.h"

#include <stdio.h>
#include <stdlib.h>

const char *building_word(const struct building *b, enum word which)
{
    return word(b->ko, which);
}

static const char *named(const struct building *b, const char *name)
{
    const char *found = word_for(b->ko, name);
    return found ? found : name;
}

const char *building_mark(const struct building *b, bool confirmed)
{
    return building_word(b, confirmed ? WORD_CONFIRMED : WORD_UNCONFIRMED);
}

/* ---- Columns --------------------------------------------------------------------------------- */

/* The table in the document's language; kept by the report for as long as it lives. */
struct report_block *building_block(struct building *b, const char *key, enum word title,
                                    const struct column_row *rows, size_t n)
{
    struct report_column *columns = report_columns(b->r, n);
    for (size_t i = 0; i < n; i++)
        columns[i] = (struct report_column){building_word(b, rows[i].title), rows[i].weight,
                                            rows[i].align, rows[i].workbook_only};
    return report_add(b->r, key, building_word(b, title), columns, n);
}

/* ---- Head ------------------------------------------------------------------------------------ */

void building_pair(struct report_block *block, const char *name, const char *text)
{
    struct report_cell *row = report_row(block);
    report_set(&row[0], name);
    report_set(&row[1], text);
}

/* "업스테이지 (upstage)". */
static void organisation_text(const struct building *b, const struct id *id, struct buf *out)
{
    const char *name = basis_name(b->basis, id, b->ko);
    if (strcmp(name, id->text) == 0)
        buf_append_text(out, name);
    else
        buf_printf(out, "%s (%s)", name, id->text);
}

void building_organisation(const struct building *b, struct report_cell *cell, const char *id)
{
    struct id of = {""};
    CLEANUP_BUF struct buf text;
    buf_init(&text, 4 * LIMIT_NAME_BYTES);
    memcpy(of.text, id, strnlen(id, ID_CAP - 1));
    organisation_text(b, &of, &text);
    report_set(cell, text.data);
}

static void list_members(const struct building *b, bool suppliers, struct buf *out)
{
    struct id last = ID_NONE;
    if (!suppliers) {
        LIST_EACH(const struct basis_member, m, &b->basis->members)
        {
            if (id_equal(&m->organisation, &b->basis->lead))
                continue;
            buf_append_text(out, out->len > 0 ? ", " : "");
            organisation_text(b, &m->organisation, out);
        }
        return;
    }
    LIST_EACH(const struct basis_use, u, &b->basis->uses)
    {
        char pattern[ID_CAP + 4];
        if (id_is_none(&u->supplier) || id_equal(&u->supplier, &last))
            continue;
        last = u->supplier;
        snprintf(pattern, sizeof(pattern), "(%s)", u->supplier.text);
        if (strstr(out->data, pattern))
            continue;
        buf_append_text(out, out->len > 0 ? ", " : "");
        organisation_text(b, &u->supplier, out);
    }
}

static void put_organisations(const struct building *b, struct report_block *block, enum word name,
                              const struct id *one, bool suppliers)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, 16 << 10);
    if (one && !id_is_none(one))
        organisation_text(b, one, &text);
    else if (!one)
        list_members(b, suppliers, &text);
    building_pair(block, building_word(b, name),
                  text.len > 0 ? text.data : building_word(b, WORD_NONE));
}

static void put_head_dates(const struct building *b, struct report_block *block)
{
    const struct statement_head *head = &b->s->head;
    char from[PHRASE_CAP], to[PHRASE_CAP], text[2 * PHRASE_CAP + 8];
    snprintf(text, sizeof(text), "%s ~ %s", phrase_day(head->period.from, false, from),
             phrase_day(head->period.to, true, to));
    building_pair(block, building_word(b, WORD_PERIOD), text);
    phrase_day(head->issued_at, false, from);
    building_pair(block, building_word(b, WORD_ISSUED),
                  from[0] ? from : building_word(b, WORD_DRAFT));
    building_pair(block, building_word(b, WORD_NUMBER),
                  id_is_none(&head->id) ? building_word(b, WORD_NONE) : head->id.text);
    snprintf(text, sizeof(text), "%u", head->version);
    building_pair(block, building_word(b, WORD_VERSION), text);
    if (!id_is_none(&head->supersedes))
        building_pair(block, building_word(b, WORD_REPLACES), head->supersedes.text);
    if (head->reason[0])
        building_pair(block, building_word(b, WORD_REASON), head->reason);
}

static void add_head(struct building *b)
{
    static const struct column_row columns[] = {{WORD_ITEM, 2, REPORT_LEFT, false},
                                                {WORD_CONTENT, 8, REPORT_LEFT, false}};
    const struct statement_head *head = &b->s->head;
    struct report_block *block = building_block(b, "head", WORD_HEAD, COLUMNS(columns));
    building_pair(block, building_word(b, WORD_PROGRAMME),
                  basis_name(b->basis, &b->basis->programme, b->ko));
    building_pair(block, building_word(b, WORD_PROJECT),
                  basis_name(b->basis, &b->basis->project, b->ko));
    building_pair(block, building_word(b, WORD_PROJECT_NUMBER), head->project);
    building_pair(block, building_word(b, WORD_AGREEMENT), head->agreement_number);
    if (!id_is_none(&head->stage))
        building_pair(block, building_word(b, WORD_STAGE), head->stage.text);
    put_organisations(b, block, WORD_LEAD, &b->basis->lead, false);
    building_pair(block, building_word(b, WORD_DIRECTOR), "");
    put_organisations(b, block, WORD_PARTICIPANTS, NULL, false);
    put_organisations(b, block, WORD_AGENCY, &b->basis->agency, false);
    put_organisations(b, block, WORD_SUPPLIERS, NULL, true);
    put_head_dates(b, block);
    building_pair(block, building_word(b, WORD_UNIT), "");
}

/* ---- Usage ----------------------------------------------------------------------------------- */

enum usage_column {
    U_ORG,
    U_MODEL,
    U_KIND,
    U_FROM,
    U_TO,
    U_LENGTH,
    U_MONTHS,
    U_NUM,
    U_DEN,
    U_PRICE,
    U_UNIT,
    U_AMOUNT,
    U_RATE,
    U_BURDEN,
    U_PAYER,
    U_MARK
};

static const struct column_row usage_columns[] = {
    {WORD_ORGANISATION, 15, REPORT_LEFT, false}, {WORD_MODEL, 6, REPORT_LEFT, false},
    {WORD_KIND, 8, REPORT_LEFT, false},          {WORD_FROM, 9, REPORT_CENTRE, false},
    {WORD_TO, 9, REPORT_CENTRE, false},          {WORD_LENGTH, 7, REPORT_RIGHT, false},
    {WORD_MONTHS, 12, REPORT_RIGHT, false},      {WORD_MONTHS_NUM, 0, REPORT_RIGHT, true},
    {WORD_MONTHS_DEN, 0, REPORT_RIGHT, true},    {WORD_PRICE, 9, REPORT_RIGHT, false},
    {WORD_PRICE_UNIT, 5, REPORT_RIGHT, false},   {WORD_AMOUNT, 14, REPORT_RIGHT, false},
    {WORD_RATE, 6, REPORT_RIGHT, false},         {WORD_LINE_BURDEN, 13, REPORT_RIGHT, false},
    {WORD_PAYER, 7, REPORT_CENTRE, false},       {WORD_MARK, 6, REPORT_CENTRE, false},
};

static void set_exact(struct report_cell *cell, const struct exact *amount)
{
    char text[PHRASE_CAP];
    struct won whole;
    int rc = exact_round_down(amount, 1, &whole);
    ENSURE(rc == 0);
    report_set(cell, phrase_exact(amount, text));
    cell->kind = REPORT_EXACT;
    cell->value = whole.krw;
    cell->shown = phrase_approximate(amount);
}

/* Numerator and denominator as whole numbers where a spreadsheet holds them. Whether it does. */
static bool set_months(struct report_cell *row, const struct exact *months)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, EXACT_TEXT_MAX);
    exact_format(months, &text);
    report_set(&row[U_MONTHS], text.len <= 24 ? text.data : "…");
    char *slash = strchr(text.data, '/');
    const char *den = slash ? slash + 1 : "1";
    if (slash)
        *slash = '\0';
    report_set(&row[U_NUM], text.data);
    report_set(&row[U_DEN], den);
    if (strlen(text.data) > 15 || strlen(den) > 15)
        return false;
    row[U_NUM].kind = row[U_DEN].kind = REPORT_INT;
    row[U_NUM].value = strtoll(text.data, NULL, 10);
    row[U_DEN].value = strtoll(den, NULL, 10);
    return true;
}

static void set_line_formulas(const struct building *b, const struct cofunding_line *line,
                              struct report_cell *row)
{
    const char *part = line->opportunistic[0] ? line->opportunistic : "100%";
    if (line->charged)
        report_set_formula(&row[U_AMOUNT], row[U_AMOUNT].shown, "={%d}*{%d}*%s/{%d}/{%d}", U_NUM,
                           U_PRICE, part, U_DEN, U_UNIT);
    if (b->s->burden_base == BURDEN_TOTAL_COST)
        report_set_formula(&row[U_BURDEN], row[U_BURDEN].shown, "={%d}*%s/(1-%s)", U_AMOUNT,
                           line->rate, line->rate);
    else
        report_set_formula(&row[U_BURDEN], row[U_BURDEN].shown, "={%d}*%s", U_AMOUNT, line->rate);
}

static void put_line(struct building *b, struct report_block *block, const char *organisation,
                     const struct cofunding_line *line)
{
    char from[PHRASE_CAP], to[PHRASE_CAP], length[PHRASE_CAP];
    struct report_cell *row = report_row(block);
    const char *kind = named(b, enum_name(&time_kind_names, (int)line->terms.time));
    building_organisation(b, &row[U_ORG], organisation);
    report_set(&row[U_MODEL], line->model);
    if (line->terms.opportunistic)
        report_setf(&row[U_KIND], "%s (%s %s)", kind, building_word(b, WORD_OPPORTUNISTIC),
                    line->opportunistic);
    else if (line->terms.isolation[0] && strcmp(line->terms.isolation, "whole") != 0)
        report_setf(&row[U_KIND], "%s (%s)", kind, named(b, line->terms.isolation));
    else
        report_set(&row[U_KIND], kind);
    report_set(&row[U_FROM], phrase_day(line->window.from, false, from));
    report_set(&row[U_TO], phrase_day(line->window.to, true, to));
    report_set(&row[U_LENGTH], phrase_length(line->window, b->ko, length));
    bool whole = set_months(row, &line->months);
    report_set_won(&row[U_PRICE], line->price_krw.krw);
    report_set_int(&row[U_UNIT], line->gpus_per_unit);
    set_exact(&row[U_AMOUNT], &line->value);
    report_set(&row[U_RATE], line->rate);
    set_exact(&row[U_BURDEN], &line->burden);
    if (whole)
        set_line_formulas(b, line, row);
    report_set(&row[U_PAYER], named(b, statement_payer(line)));
    report_set(&row[U_MARK], building_mark(b, line->confirmed));
}

static void add_usage(struct building *b)
{
    struct report_block *block = building_block(b, "usage", WORD_USAGE, COLUMNS(usage_columns));
    const struct cofunding_result *result = b->s->result;
    for (size_t i = 0; i < result->n_members; i++) {
        for (size_t j = 0; j < result->members[i].n_lines; j++)
            put_line(b, block, result->members[i].organisation, &result->members[i].lines[j]);
    }
    block->new_page = true;
}

/* An hour is 1/720 of a month. */
static void set_credit_formulas(const struct building *b, const struct cofunding_credit *c,
                                struct report_cell *row)
{
    report_set_formula(&row[6], row[6].shown, "={5}*%lld/7000*%lld/%lld/720*%s",
                       (long long)c->units, (long long)c->price_krw.krw,
                       (long long)c->gpus_per_unit, b->basis->policy.fault_discount);
    if (b->s->burden_base == BURDEN_TOTAL_COST)
        report_set_formula(&row[7], row[7].shown, "={6}*%s/(1-%s)", c->rate, c->rate);
    else
        report_set_formula(&row[7], row[7].shown, "={6}*%s", c->rate);
}

static void add_credits(struct building *b)
{
    static const struct column_row columns[] = {
        {WORD_ORGANISATION, 15, REPORT_LEFT, false}, {WORD_MODEL, 6, REPORT_LEFT, false},
        {WORD_FROM, 12, REPORT_CENTRE, false},       {WORD_TO, 12, REPORT_CENTRE, false},
        {WORD_GPUS, 6, REPORT_RIGHT, false},         {WORD_HOURS, 10, REPORT_RIGHT, false},
        {WORD_AMOUNT, 14, REPORT_RIGHT, false},      {WORD_LINE_BURDEN, 14, REPORT_RIGHT, false},
    };
    char text[PHRASE_CAP], gpus[SHARE_TEXT_CAP];
    struct report_block *block = NULL;
    for (size_t i = 0; i < b->s->result->n_members; i++) {
        const struct cofunding_share *share = &b->s->result->members[i];
        for (size_t j = 0; j < share->n_credits; j++) {
            const struct cofunding_credit *c = &share->credits[j];
            block = block ? block : building_block(b, "credits", WORD_CREDITS, COLUMNS(columns));
            struct report_cell *row = report_row(block);
            building_organisation(b, &row[0], share->organisation);
            report_set(&row[1], c->model);
            report_set(&row[2], phrase_day(c->window.from, false, text));
            report_set(&row[3], phrase_day(c->window.to, true, text));
            report_set(&row[4], share_format((struct share){c->units}, gpus));
            report_set_int(&row[5], c->hours);
            set_exact(&row[6], &c->value);
            set_exact(&row[7], &c->burden);
            set_credit_formulas(b, c, row);
        }
    }
}

/* ---- Contributions --------------------------------------------------------------------------- */

static void put_contribution(struct building *b, struct report_block *block,
                             const struct basis_contribution *c)
{
    char from[PHRASE_CAP], to[PHRASE_CAP];
    bool cash = strcmp(c->kind.text, CONTRIBUTION_CASH) == 0;
    bool accepted = cash || policy_accepts_in_kind(&b->basis->policy, c->kind.text);
    bool data = strcmp(c->kind.text, CONTRIBUTION_DATA) == 0;
    const char *reason = data ? "own-data" : "kind-not-accepted";
    const char *kind = word_for(b->ko, c->kind.text);
    struct report_cell *row = report_row(block);
    building_organisation(b, &row[0], c->organisation.text);
    if (kind)
        report_set(&row[1], kind);
    else
        report_setf(&row[1], "%s (%s)", building_word(b, WORD_OTHER_KIND), c->kind.text);
    report_set(&row[2], phrase_day(c->at, false, from));
    phrase_day(c->from, false, from);
    phrase_day(c->to, true, to);
    report_setf(&row[3], "%s%s%s", from, to[0] ? " ~ " : "", to);
    report_set_won(&row[4], c->krw.krw);
    report_set(&row[5], c->reference);
    report_set(&row[6], accepted ? building_word(b, WORD_ACCEPTED)
                        : b->ko  ? refusal_words_ko(reason)
                                 : refusal_words(reason));
}

static void add_contributions(struct building *b)
{
    static const struct column_row columns[] = {
        {WORD_ORGANISATION, 15, REPORT_LEFT, false}, {WORD_KIND, 9, REPORT_LEFT, false},
        {WORD_DATE, 10, REPORT_CENTRE, false},       {WORD_WORKED, 16, REPORT_CENTRE, false},
        {WORD_AMOUNT, 12, REPORT_RIGHT, false},      {WORD_REFERENCE, 18, REPORT_LEFT, false},
        {WORD_RESULT, 18, REPORT_LEFT, false},
    };
    if (b->basis->contributions.n == 0)
        return;
    struct report_block *block =
        building_block(b, "contributions", WORD_CONTRIBUTIONS, COLUMNS(columns));
    LIST_EACH(const struct basis_contribution, c, &b->basis->contributions)
    {
        put_contribution(b, block, c);
    }
}

/* ---- Co-funding ------------------------------------------------------------------------------ */

enum share_column {
    S_ORG,
    S_SIZE,
    S_OPENNESS,
    S_VALUE,
    S_BURDEN,
    S_FLOOR_RATE,
    S_FLOOR,
    S_IN_KIND_MAX,
    S_CASH,
    S_LABOUR,
    S_ASSET,
    S_CASH_SHORT,
    S_SHORT,
    S_MARK
};

static const struct column_row share_columns[] = {
    {WORD_ORGANISATION, 15, REPORT_LEFT, false}, {WORD_SIZE, 13, REPORT_LEFT, false},
    {WORD_OPENNESS, 9, REPORT_LEFT, false},      {WORD_VALUE, 13, REPORT_RIGHT, false},
    {WORD_BURDEN, 12, REPORT_RIGHT, false},      {WORD_FLOOR_RATE, 6, REPORT_RIGHT, false},
    {WORD_FLOOR, 11, REPORT_RIGHT, false},       {WORD_IN_KIND_MAX, 11, REPORT_RIGHT, false},
    {WORD_CASH_PAID, 11, REPORT_RIGHT, false},   {WORD_LABOUR_PAID, 11, REPORT_RIGHT, false},
    {WORD_ASSET_PAID, 11, REPORT_RIGHT, false},  {WORD_CASH_SHORT, 11, REPORT_RIGHT, false},
    {WORD_SHORT, 11, REPORT_RIGHT, false},       {WORD_MARK, 6, REPORT_CENTRE, false},
};

/* The class at the end of the period, with its paper. */
static void set_size(const struct building *b, struct report_cell *cell, size_t member)
{
    const struct basis_member *m = LIST_AT(const struct basis_member, &b->basis->members, member);
    const struct basis_size *last = NULL;
    LIST_EACH(const struct basis_size, size, &m->sizes)
    {
        if (size->from.s < b->basis->to.s)
            last = size;
    }
    if (last)
        report_setf(cell, "%s%s%s%s", named(b, enum_name(&size_class_names, (int)last->size)),
                    last->evidence[0] ? " (" : "", last->evidence, last->evidence[0] ? ")" : "");
}

static void set_openness(const struct building *b, struct report_cell *cell)
{
    LIST_EACH(const struct basis_openness, o, &b->basis->openness)
    {
        if (o->from.s < b->basis->to.s)
            report_set(cell, named(b, enum_name(&openness_names, (int)o->openness)));
    }
}

static int64_t sum_of_kind(const struct building *b, const char *organisation, const char *kind)
{
    int64_t sum = 0;
    LIST_EACH(const struct basis_contribution, c, &b->basis->contributions)
    {
        bool counts =
            strcmp(kind, CONTRIBUTION_CASH) == 0 || policy_accepts_in_kind(&b->basis->policy, kind);
        if (counts && strcmp(c->organisation.text, organisation) == 0 &&
            strcmp(c->kind.text, kind) == 0)
            sum += c->krw.krw; /* cofunding_eval() has added them up */
    }
    return sum;
}

static void set_paid(const struct building *b, struct report_cell *row, enum share_column column,
                     const struct cofunding_share *share, const char *kind)
{
    int64_t krw = sum_of_kind(b, share->organisation, kind);
    report_set_won(&row[column], krw);
    if (krw > 0)
        report_set_formula(&row[column], (double)krw,
                           "=SUMIFS({contributions.4:},{contributions.0:},{%d},"
                           "{contributions.1:},\"%s\")",
                           S_ORG, named(b, kind));
}

/* ROUND(…, 4) takes the noise out of the spreadsheet's binary sums before anything is dropped. */
static void set_share_formulas(const struct building *b, struct report_cell *row,
                               const struct cofunding_share *share)
{
    const char *less[] = {share->n_credits ? "-SUMIF({credits.0:},{0},{credits.6:})" : "",
                          share->n_credits ? "-SUMIF({credits.0:},{0},{credits.7:})" : ""};
    long long unit = (long long)b->s->payable_truncate_krw;
    if (share->n_lines > 0) {
        report_set_formula(&row[S_VALUE], (double)share->value_krw.krw,
                           "=ROUNDDOWN(ROUND(SUMIF({usage.%d:},{0},{usage.%d:})%s,4),0)", U_ORG,
                           U_AMOUNT, less[0]);
        report_set_formula(&row[S_BURDEN], (double)share->burden_krw.krw,
                           "=ROUNDDOWN(ROUND(SUMIF({usage.%d:},{0},{usage.%d:})%s,4)/%lld,0)*%lld",
                           U_ORG, U_BURDEN, less[1], unit, unit);
    }
    if (share->cash_floor_rate[0])
        report_set_formula(&row[S_FLOOR], (double)share->cash_floor_krw.krw,
                           "=MIN(ROUNDUP(ROUND({%d}*%s,4)/10,0)*10,{%d})", S_BURDEN,
                           share->cash_floor_rate, S_BURDEN);
    report_set_formula(&row[S_IN_KIND_MAX], (double)share->in_kind_max_krw.krw, "={%d}-{%d}",
                       S_BURDEN, S_FLOOR);
    report_set_formula(&row[S_CASH_SHORT], (double)share->cash_shortfall_krw.krw,
                       "=MAX(ROUNDUP(ROUND({%d}*%s,4),0)-{%d},0)", S_BURDEN,
                       share->cash_floor_rate[0] ? share->cash_floor_rate : "0%", S_CASH);
}

static void put_share(struct building *b, struct report_block *block, size_t i)
{
    const struct cofunding_share *share = &b->s->result->members[i];
    struct report_cell *row = report_row(block);
    building_organisation(b, &row[S_ORG], share->organisation);
    set_size(b, &row[S_SIZE], i);
    set_openness(b, &row[S_OPENNESS]);
    report_set_won(&row[S_VALUE], share->value_krw.krw);
    report_set_won(&row[S_BURDEN], share->burden_krw.krw);
    report_set(&row[S_FLOOR_RATE], share->cash_floor_rate);
    report_set_won(&row[S_FLOOR], share->cash_floor_krw.krw);
    report_set_won(&row[S_IN_KIND_MAX], share->in_kind_max_krw.krw);
    set_paid(b, row, S_CASH, share, CONTRIBUTION_CASH);
    set_paid(b, row, S_LABOUR, share, CONTRIBUTION_LABOUR);
    set_paid(b, row, S_ASSET, share, CONTRIBUTION_TANGIBLE_ASSET);
    report_set_won(&row[S_CASH_SHORT], share->cash_shortfall_krw.krw);
    report_set_won(&row[S_SHORT], share->shortfall_krw.krw);
    report_set(&row[S_MARK], building_mark(b, share->confirmed));
    set_share_formulas(b, row, share);
}

static void put_share_sum(struct building *b, struct report_block *block)
{
    const struct cofunding_share *t = &b->s->result->total;
    struct report_cell *row = report_row(block);
    const struct {
        enum share_column column;
        int64_t krw;
    } sums[] = {{S_BURDEN, t->burden_krw.krw},
                {S_FLOOR, t->cash_floor_krw.krw},
                {S_IN_KIND_MAX, t->in_kind_max_krw.krw},
                {S_CASH, t->cash_paid_krw.krw},
                {S_CASH_SHORT, t->cash_shortfall_krw.krw},
                {S_SHORT, t->shortfall_krw.krw}};
    report_set(&row[S_ORG], building_word(b, WORD_SUM));
    for (size_t i = 0; i < sizeof(sums) / sizeof(*sums); i++) {
        report_set_won(&row[sums[i].column], sums[i].krw);
        report_set_formula(&row[sums[i].column], (double)sums[i].krw, "=SUM({%d:})",
                           sums[i].column);
    }
    report_set_won(&row[S_VALUE], t->value_krw.krw); /* from the exact sum: not of the rounded */
    if (report_find(b->r, "usage")->n_rows > 0)
        report_set_formula(&row[S_VALUE], (double)t->value_krw.krw,
                           "=ROUNDDOWN(ROUND(SUM({usage.%d:})%s,4),0)", U_AMOUNT,
                           report_find(b->r, "credits") ? "-SUM({credits.6:})" : "");
    report_set(&row[S_MARK], building_mark(b, t->confirmed));
    block->sum = true;
}

static void add_shares(struct building *b)
{
    enum word title = b->s->charge == CHARGE_FEE ? WORD_FEE_BLOCK : WORD_BURDEN_BLOCK;
    struct report_block *block = building_block(b, "shares", title, COLUMNS(share_columns));
    for (size_t i = 0; i < b->s->result->n_members; i++)
        put_share(b, block, i);
    put_share_sum(b, block);
}

/* ---- The whole ------------------------------------------------------------------------------- */

static char *title_of(const struct building *b)
{
    const struct statement_head *head = &b->s->head;
    char month[MONTH_TEXT_CAP];
    struct buf text;
    buf_init(&text, 1024);
    buf_append_text(&text,
                    building_word(b, head->kind == STATEMENT_SETTLEMENT ? WORD_SETTLEMENT
                                                                        : WORD_USAGE_STATEMENT));
    if (head->kind == STATEMENT_MONTH)
        buf_printf(&text, " %s", month_format(month_of(head->period.from), month));
    else
        buf_printf(&text, " %s %s", building_word(b, WORD_STAGE), head->stage.text);
    return buf_detach(&text);
}

static char *subtitle_of(const struct building *b)
{
    const struct statement_head *head = &b->s->head;
    struct buf text;
    buf_init(&text, 1024);
    buf_printf(&text, "%s · %s %u", basis_name(b->basis, &b->basis->project, b->ko),
               building_word(b, WORD_VERSION), head->version);
    if (head->version == 0)
        buf_printf(&text, " · %s", building_word(b, WORD_DRAFT));
    return buf_detach(&text);
}

struct report *blocks_of_statement(const struct statement *s, const struct blocks_extra *extra,
                                   bool korean)
{
    ENSURE(s->basis != NULL);
    struct building b = {
        .s = s, .basis = s->basis, .extra = extra, .r = report_create(korean), .ko = korean};
    b.r->title = title_of(&b);
    b.r->subtitle = subtitle_of(&b);
    b.r->at = s->head.issued_at;
    if (!id_is_none(&s->head.only))
        b.r->warning = building_word(&b, WORD_PARTIAL);
    if (extra->checkpoint) {
        b.r->checkpoint = strdup(extra->checkpoint);
        ENSURE(b.r->checkpoint != NULL);
    }
    add_head(&b);
    add_usage(&b);
    add_credits(&b);
    add_contributions(&b);
    add_shares(&b);
    blocks_add_dues(&b);
    blocks_add_utilisation(b.r, s->basis);
    blocks_add_allocations(b.r, s->basis);
    blocks_add_stretches(b.r, s->basis);
    blocks_add_end(&b);
    return b.r;
}

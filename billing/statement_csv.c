/*
 * One table of one width: a row is an array of cells by column, NULL where it has none, and numbers
 * are told from texts so that only texts are guarded against formulas.
 */
#include "billing/statement_csv.h"

#include "billing/statement_words.h"
#include "lib/base/csv.h"

#include <stdio.h>

#define COLUMNS(X)                                                                                 \
    X(RECORD, "record", false)                                                                     \
    X(ORGANISATION, "organisation", false)                                                         \
    X(MODEL, "model", false)                                                                       \
    X(FROM, "from", false)                                                                         \
    X(TO, "to", false)                                                                             \
    X(SIZE, "size", false)                                                                         \
    X(OPENNESS, "openness", false)                                                                 \
    X(MONTHS_NUM, "gpu_months_num", true)                                                          \
    X(MONTHS_DEN, "gpu_months_den", true)                                                          \
    X(PRICE, "price_krw", true)                                                                    \
    X(PRICE_BY, "price_by", false)                                                                 \
    X(VALUE, "value_krw", true)                                                                    \
    X(VALUE_NUM, "value_num", true)                                                                \
    X(VALUE_DEN, "value_den", true)                                                                \
    X(RATE, "rate", false)                                                                         \
    X(BURDEN, "burden_krw", true)                                                                  \
    X(CASH_FLOOR_RATE, "cash_floor_rate", false)                                                   \
    X(CASH_FLOOR, "cash_floor_krw", true)                                                          \
    X(IN_KIND_MAX, "in_kind_max_krw", true)                                                        \
    X(CASH_PAID, "cash_paid_krw", true)                                                            \
    X(IN_KIND_ACCEPTED, "in_kind_accepted_krw", true)                                              \
    X(CASH_SHORTFALL, "cash_shortfall_krw", true)                                                  \
    X(SHORTFALL, "shortfall_krw", true)                                                            \
    X(TIME, "time", false)                                                                         \
    X(PAYER, "payer", false)                                                                       \
    X(CHARGED, "charged", true)                                                                    \
    X(GPUS_PER_UNIT, "gpus_per_unit", true)                                                        \
    X(OPPORTUNISTIC, "opportunistic", false)                                                       \
    X(ISOLATION, "isolation", false)                                                               \
    X(HOURS, "hours", true)                                                                        \
    X(MARK, "mark", false)                                                                         \
    X(KEY, "key", false)                                                                           \
    X(TEXT_KO, "text_ko", false)                                                                   \
    X(TEXT_EN, "text_en", false)

enum column {
#define X(id, name, number) COLUMN_##id,
    COLUMNS(X)
#undef X
        COLUMN_COUNT
};

static const char *const column_names[] = {
#define X(id, name, number) name,
    COLUMNS(X)
#undef X
};

static const bool column_is_number[] = {
#define X(id, name, number) number,
    COLUMNS(X)
#undef X
};

#define NUMBER_CAP 24

struct row {
    const char *cells[COLUMN_COUNT];
    char numbers[COLUMN_COUNT][NUMBER_CAP]; /* behind the cells that set_won() sets */
};

static void set_won(struct row *row, enum column column, struct won won)
{
    ENSURE(column_is_number[column]);
    snprintf(row->numbers[column], NUMBER_CAP, "%lld", (long long)won.krw);
    row->cells[column] = row->numbers[column];
}

/*
 * A fraction as two whole numbers: "10/31" in one cell is a date to a spreadsheet. text holds them
 * and must live as long as the row.
 */
static void set_exact(struct row *row, enum column num, enum column den, const struct exact *value,
                      struct buf *text)
{
    buf_init(text, EXACT_TEXT_MAX);
    exact_format(value, text);
    char *slash = strchr(text->data, '/');
    row->cells[num] = text->data;
    row->cells[den] = slash ? slash + 1 : "1";
    if (slash)
        *slash = '\0';
}

static void put_row(struct buf *out, const struct row *row)
{
    for (int i = 0; i < COLUMN_COUNT; i++)
        csv_field(out, row->cells[i] ? row->cells[i] : "", column_is_number[i], i == 0);
    csv_end_row(out);
}

static void put_names(struct buf *out)
{
    for (int i = 0; i < COLUMN_COUNT; i++)
        csv_field(out, column_names[i], false, i == 0);
    csv_end_row(out);
}

static void put_fact(struct buf *out, const char *key, const char *ko, const char *en)
{
    struct row row = {.cells = {[COLUMN_RECORD] = "head",
                                [COLUMN_KEY] = key,
                                [COLUMN_TEXT_KO] = ko,
                                [COLUMN_TEXT_EN] = en}};
    put_row(out, &row);
}

static void put_head(struct buf *out, const struct statement_head *head)
{
    char from[INSTANT_TEXT_CAP], to[INSTANT_TEXT_CAP], issued[INSTANT_TEXT_CAP],
        version[NUMBER_CAP];
    instant_format(head->issued_at, issued);
    snprintf(version, sizeof(version), "%u", (unsigned)head->version);
    put_fact(out, "programme", head->programme, head->programme);
    put_fact(out, "project", head->project, head->project);
    put_fact(out, "project_name", head->project_name_ko, head->project_name_en);
    put_fact(out, "agreement_number", head->agreement_number, head->agreement_number);
    put_fact(out, "kind", enum_name(&statement_kind_names, (int)head->kind),
             enum_name(&statement_kind_names, (int)head->kind));
    put_fact(out, "id", head->id.text, head->id.text);
    put_fact(out, "stage", head->stage.text, head->stage.text);
    put_fact(out, "version", version, version);
    put_fact(out, "supersedes", head->supersedes.text, head->supersedes.text);
    put_fact(out, "reason", head->reason, head->reason);
    put_fact(out, "only", head->only.text, head->only.text);
    put_fact(out, "issued_at", issued, issued);
    struct row period = {.cells = {[COLUMN_RECORD] = "head",
                                   [COLUMN_FROM] = instant_format(head->period.from, from),
                                   [COLUMN_TO] = instant_format(head->period.to, to),
                                   [COLUMN_KEY] = "period"}};
    put_row(out, &period);
}

static void put_line(struct buf *out, const char *organisation, const struct cofunding_line *line)
{
    char from[INSTANT_TEXT_CAP], to[INSTANT_TEXT_CAP];
    CLEANUP_BUF struct buf months, value;
    struct won krw;
    int rc = exact_round_down(&line->value, 1, &krw);
    ENSURE(rc == 0); /* the sum of the lines was rounded before */
    struct row row = {.cells = {[COLUMN_RECORD] = "usage",
                                [COLUMN_ORGANISATION] = organisation,
                                [COLUMN_MODEL] = line->model,
                                [COLUMN_FROM] = instant_format(line->window.from, from),
                                [COLUMN_TO] = instant_format(line->window.to, to),
                                [COLUMN_SIZE] = enum_name(&size_class_names, (int)line->size),
                                [COLUMN_OPENNESS] = enum_name(&openness_names, (int)line->openness),
                                [COLUMN_PRICE_BY] = line->price_override ? "loan" : "programme",
                                [COLUMN_RATE] = line->rate,
                                [COLUMN_TIME] = enum_name(&time_kind_names, (int)line->terms.time),
                                [COLUMN_PAYER] = statement_payer(line),
                                [COLUMN_CHARGED] = line->charged ? "1" : "0",
                                [COLUMN_OPPORTUNISTIC] = line->opportunistic,
                                [COLUMN_ISOLATION] = line->terms.isolation,
                                [COLUMN_MARK] = statement_mark(line->confirmed)}};
    set_exact(&row, COLUMN_MONTHS_NUM, COLUMN_MONTHS_DEN, &line->months, &months);
    set_exact(&row, COLUMN_VALUE_NUM, COLUMN_VALUE_DEN, &line->value, &value);
    set_won(&row, COLUMN_PRICE, line->price_krw);
    set_won(&row, COLUMN_GPUS_PER_UNIT, (struct won){line->gpus_per_unit});
    set_won(&row, COLUMN_VALUE, krw);
    put_row(out, &row);
}

/* A credit is taken off: its exact amount stands in the value columns. */
static void put_credit(struct buf *out, const char *organisation,
                       const struct cofunding_credit *credit)
{
    char from[INSTANT_TEXT_CAP], to[INSTANT_TEXT_CAP];
    CLEANUP_BUF struct buf value;
    struct row row = {.cells = {[COLUMN_RECORD] = "credit",
                                [COLUMN_ORGANISATION] = organisation,
                                [COLUMN_MODEL] = credit->model,
                                [COLUMN_FROM] = instant_format(credit->window.from, from),
                                [COLUMN_TO] = instant_format(credit->window.to, to),
                                [COLUMN_RATE] = credit->rate}};
    set_exact(&row, COLUMN_VALUE_NUM, COLUMN_VALUE_DEN, &credit->value, &value);
    set_won(&row, COLUMN_PRICE, credit->price_krw);
    set_won(&row, COLUMN_GPUS_PER_UNIT, (struct won){credit->gpus_per_unit});
    set_won(&row, COLUMN_HOURS, (struct won){credit->hours});
    put_row(out, &row);
}

static void put_share(struct buf *out, const char *record, const struct cofunding_share *share)
{
    CLEANUP_BUF struct buf value;
    struct row row = {.cells = {[COLUMN_RECORD] = record,
                                [COLUMN_ORGANISATION] = share->organisation,
                                [COLUMN_CASH_FLOOR_RATE] = share->cash_floor_rate,
                                [COLUMN_MARK] = statement_mark(share->confirmed)}};
    set_exact(&row, COLUMN_VALUE_NUM, COLUMN_VALUE_DEN, &share->value, &value);
    set_won(&row, COLUMN_VALUE, share->value_krw);
    set_won(&row, COLUMN_BURDEN, share->burden_krw);
    set_won(&row, COLUMN_CASH_FLOOR, share->cash_floor_krw);
    set_won(&row, COLUMN_IN_KIND_MAX, share->in_kind_max_krw);
    set_won(&row, COLUMN_CASH_PAID, share->cash_paid_krw);
    set_won(&row, COLUMN_IN_KIND_ACCEPTED, share->in_kind_accepted_krw);
    set_won(&row, COLUMN_CASH_SHORTFALL, share->cash_shortfall_krw);
    set_won(&row, COLUMN_SHORTFALL, share->shortfall_krw);
    put_row(out, &row);
}

static void put_refusal(struct buf *out, const char *organisation,
                        const struct cofunding_refusal *refusal)
{
    struct row row = {.cells = {[COLUMN_RECORD] = "refused",
                                [COLUMN_ORGANISATION] = organisation,
                                [COLUMN_KEY] = refusal->kind,
                                [COLUMN_TEXT_KO] = refusal_words_ko(refusal->reason),
                                [COLUMN_TEXT_EN] = refusal_words(refusal->reason)}};
    set_won(&row, COLUMN_VALUE, refusal->krw);
    put_row(out, &row);
}

static void put_rules(struct buf *out, const struct statement *s)
{
    struct statement_rule rules[STATEMENT_RULES_MAX];
    size_t n = statement_rules(s, rules);
    for (size_t i = 0; i < n; i++) {
        struct row row = {.cells = {[COLUMN_RECORD] = "rule",
                                    [COLUMN_MARK] = statement_mark(rules[i].confirmed),
                                    [COLUMN_KEY] = rules[i].key,
                                    [COLUMN_TEXT_KO] = rules[i].ko,
                                    [COLUMN_TEXT_EN] = rules[i].en}};
        put_row(out, &row);
    }
}

void statement_csv(const struct statement *s, struct buf *out)
{
    const struct cofunding_result *r = s->result;
    csv_begin(out);
    put_names(out);
    put_head(out, &s->head);
    for (size_t i = 0; i < r->n_members; i++) {
        for (size_t j = 0; j < r->members[i].n_lines; j++)
            put_line(out, r->members[i].organisation, &r->members[i].lines[j]);
        for (size_t j = 0; j < r->members[i].n_credits; j++)
            put_credit(out, r->members[i].organisation, &r->members[i].credits[j]);
    }
    for (size_t i = 0; i < r->n_members; i++)
        put_share(out, "share", &r->members[i]);
    put_share(out, "total", &r->total);
    for (size_t i = 0; i < r->n_members; i++) {
        for (size_t j = 0; j < r->members[i].n_refusals; j++)
            put_refusal(out, r->members[i].organisation, &r->members[i].refusals[j]);
    }
    put_rules(out, s);
}

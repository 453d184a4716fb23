/* One row of texts a line, in the order of the names. */
#include "billing/statement_focus.h"

#include "billing/statement_words.h"
#include "lib/base/csv.h"

#include <stdio.h>

static const char *const names[] = {"BillingPeriodStart", "BillingPeriodEnd",  "ChargePeriodStart",
                                    "ChargePeriodEnd",    "BillingAccountId",  "SubAccountId",
                                    "ProviderName",       "ServiceCategory",   "ServiceName",
                                    "ChargeCategory",     "ChargeDescription", "PricingCategory",
                                    "PricingUnit",        "ListUnitPrice",     "ListCost",
                                    "BilledCost",         "EffectiveCost",     "BillingCurrency",
                                    "x_GpuMonths",        "x_CostExact",       "x_BurdenRate"};
enum {
    COLUMNS = sizeof(names) / sizeof(*names),
    PRICE = 13,
    LIST = 14,
    BILLED = 15,
    CELL_CAP = 40
};

struct row {
    const char *cells[COLUMNS];
};

static void put(struct buf *out, const struct row *row)
{
    for (int i = 0; i < COLUMNS; i++)
        csv_field(out, row->cells[i] ? row->cells[i] : "", i >= PRICE && i <= BILLED + 1, i == 0);
    csv_end_row(out);
}

static const char *whole(const struct exact *amount, const char *sign, char dst[CELL_CAP])
{
    struct won krw;
    int rc = exact_round_down(amount, 1, &krw);
    ENSURE(rc == 0); /* the sum of the lines was rounded before */
    snprintf(dst, CELL_CAP, "%s%lld", krw.krw ? sign : "", (long long)krw.krw);
    return dst;
}

struct period {
    char from[INSTANT_TEXT_CAP], to[INSTANT_TEXT_CAP];
};

static void put_line(const struct statement *s, const struct period *p, const char *organisation,
                     const struct cofunding_line *line, struct buf *out)
{
    char from[INSTANT_TEXT_CAP], to[INSTANT_TEXT_CAP], price[CELL_CAP], listed[CELL_CAP],
        billed[CELL_CAP];
    CLEANUP_BUF struct buf months, value;
    buf_init(&months, EXACT_TEXT_MAX);
    buf_init(&value, EXACT_TEXT_MAX);
    exact_format(&line->months, &months);
    exact_format(&line->value, &value);
    snprintf(price, sizeof(price), "%lld", (long long)line->price_krw.krw);
    whole(&line->value, "", billed);
    struct row row = {{p->from,
                       p->to,
                       instant_format(line->window.from, from),
                       instant_format(line->window.to, to),
                       s->head.project,
                       organisation,
                       "Pumasi",
                       "Compute",
                       line->model,
                       "Usage",
                       enum_name(&time_kind_names, (int)line->terms.time),
                       line->terms.opportunistic ? "Dynamic" : "Standard",
                       "GPU-month",
                       price,
                       whole(&line->listed, "", listed),
                       billed,
                       billed,
                       "KRW",
                       months.data,
                       value.data,
                       line->rate}};
    put(out, &row);
}

static void put_credit(const struct statement *s, const struct period *p, const char *organisation,
                       const struct cofunding_credit *credit, struct buf *out)
{
    char from[INSTANT_TEXT_CAP], to[INSTANT_TEXT_CAP], billed[CELL_CAP];
    CLEANUP_BUF struct buf value;
    buf_init(&value, EXACT_TEXT_MAX);
    buf_append_char(&value, '-');
    exact_format(&credit->value, &value);
    whole(&credit->value, "-", billed);
    struct row row = {{p->from,
                       p->to,
                       instant_format(credit->window.from, from),
                       instant_format(credit->window.to, to),
                       s->head.project,
                       organisation,
                       "Pumasi",
                       "Compute",
                       credit->model,
                       "Credit",
                       "fault",
                       "Standard",
                       "GPU-month",
                       "",
                       "",
                       billed,
                       billed,
                       "KRW",
                       "",
                       value.data,
                       credit->rate}};
    put(out, &row);
}

void statement_focus(const struct statement *s, struct buf *out)
{
    struct period p;
    instant_format(s->head.period.from, p.from);
    instant_format(s->head.period.to, p.to);
    csv_begin(out);
    for (int i = 0; i < COLUMNS; i++)
        csv_field(out, names[i], false, i == 0);
    csv_end_row(out);
    for (size_t i = 0; i < s->result->n_members; i++) {
        const struct cofunding_share *share = &s->result->members[i];
        for (size_t j = 0; j < share->n_lines; j++)
            put_line(s, &p, share->organisation, &share->lines[j], out);
        for (size_t j = 0; j < share->n_credits; j++)
            put_credit(s, &p, share->organisation, &share->credits[j], out);
    }
}

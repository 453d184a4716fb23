/* Lays a statement out as canonical JSON. The order of the calls is the order of the names. */
#include "billing/statement_json.h"

#include "billing/canonical.h"
#include "billing/statement_words.h"

static void put_exact(struct canonical *c, const char *name, const struct exact *value)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, EXACT_TEXT_MAX);
    exact_format(value, &text);
    canonical_text(c, name, text.data);
}

static void put_instant(struct canonical *c, const char *name, struct instant t)
{
    char text[INSTANT_TEXT_CAP];
    canonical_text(c, name, instant_format(t, text));
}

static void put_credit(struct canonical *c, const struct cofunding_credit *credit)
{
    canonical_begin(c, NULL, '{');
    put_exact(c, "burden_exact", &credit->burden);
    put_instant(c, "from", credit->window.from);
    canonical_int(c, "gpus_per_unit", credit->gpus_per_unit);
    canonical_int(c, "hours", credit->hours);
    canonical_text(c, "model", credit->model);
    canonical_int(c, "price_krw", credit->price_krw.krw);
    canonical_text(c, "rate", credit->rate);
    put_instant(c, "to", credit->window.to);
    canonical_int(c, "units", credit->units);
    put_exact(c, "value_exact", &credit->value);
    canonical_end(c, '}');
}

static void put_line(struct canonical *c, const struct cofunding_line *line)
{
    struct won value;
    int rc = exact_round_down(&line->value, 1, &value);
    ENSURE(rc == 0); /* the sum of the lines was rounded before */
    canonical_begin(c, NULL, '{');
    put_exact(c, "burden_exact", &line->burden);
    canonical_int(c, "charged", line->charged);
    put_instant(c, "from", line->window.from);
    canonical_int(c, "gpus_per_unit", line->gpus_per_unit);
    canonical_text(c, "isolation", line->terms.isolation);
    put_exact(c, "listed_exact", &line->listed);
    canonical_text(c, "mark", statement_mark(line->confirmed));
    canonical_text(c, "model", line->model);
    put_exact(c, "months", &line->months);
    canonical_text(c, "openness", enum_name(&openness_names, (int)line->openness));
    canonical_text(c, "opportunistic", line->opportunistic);
    canonical_text(c, "payer", statement_payer(line));
    canonical_text(c, "price_by", line->price_override ? "loan" : "programme");
    canonical_int(c, "price_krw", line->price_krw.krw);
    canonical_text(c, "rate", line->rate);
    canonical_text(c, "size", enum_name(&size_class_names, (int)line->size));
    canonical_text(c, "time", enum_name(&time_kind_names, (int)line->terms.time));
    put_instant(c, "to", line->window.to);
    put_exact(c, "value_exact", &line->value);
    canonical_int(c, "value_krw", value.krw);
    canonical_end(c, '}');
}

static void put_refusal(struct canonical *c, const struct cofunding_refusal *refusal)
{
    canonical_begin(c, NULL, '{');
    canonical_text(c, "kind", refusal->kind);
    canonical_int(c, "krw", refusal->krw.krw);
    canonical_text(c, "reason_en", refusal_words(refusal->reason));
    canonical_text(c, "reason_ko", refusal_words_ko(refusal->reason));
    canonical_end(c, '}');
}

static void put_months(struct canonical *c, const struct cofunding_share *share)
{
    char text[FRAC_TEXT_CAP];
    canonical_begin(c, "months", '{');
    for (size_t i = 0; i < share->n_models; i++)
        canonical_text(c, share->models[i].model, frac_format(share->models[i].months, text));
    canonical_end(c, '}');
}

/* The amounts of a member, or of all together: those are named total and have no lines. */
static void put_share(struct canonical *c, const char *name, const struct cofunding_share *share)
{
    bool member = name == NULL;
    canonical_begin(c, name, '{');
    canonical_int(c, "burden_krw", share->burden_krw.krw);
    canonical_int(c, "cash_floor_krw", share->cash_floor_krw.krw);
    if (member)
        canonical_text(c, "cash_floor_rate", share->cash_floor_rate);
    canonical_int(c, "cash_paid_krw", share->cash_paid_krw.krw);
    canonical_int(c, "cash_shortfall_krw", share->cash_shortfall_krw.krw);
    if (member) {
        canonical_begin(c, "credits", '[');
        for (size_t i = 0; i < share->n_credits; i++)
            put_credit(c, &share->credits[i]);
        canonical_end(c, ']');
    }
    canonical_int(c, "in_kind_accepted_krw", share->in_kind_accepted_krw.krw);
    canonical_int(c, "in_kind_max_krw", share->in_kind_max_krw.krw);
    if (member) {
        canonical_begin(c, "lines", '[');
        for (size_t i = 0; i < share->n_lines; i++)
            put_line(c, &share->lines[i]);
        canonical_end(c, ']');
    }
    canonical_text(c, "mark", statement_mark(share->confirmed));
    if (member) {
        put_months(c, share);
        canonical_text(c, "organisation", share->organisation);
        canonical_begin(c, "refused", '[');
        for (size_t i = 0; i < share->n_refusals; i++)
            put_refusal(c, &share->refusals[i]);
        canonical_end(c, ']');
    }
    canonical_int(c, "shortfall_krw", share->shortfall_krw.krw);
    put_exact(c, "value_exact", &share->value);
    canonical_int(c, "value_krw", share->value_krw.krw);
    canonical_end(c, '}');
}

static void put_rules(struct canonical *c, const struct statement *s)
{
    struct statement_rule rules[STATEMENT_RULES_MAX];
    size_t n = statement_rules(s, rules);
    canonical_begin(c, "rules", '[');
    for (size_t i = 0; i < n; i++) {
        canonical_begin(c, NULL, '{');
        canonical_text(c, "en", rules[i].en);
        canonical_text(c, "key", rules[i].key);
        canonical_text(c, "ko", rules[i].ko);
        canonical_text(c, "mark", statement_mark(rules[i].confirmed));
        canonical_end(c, '}');
    }
    canonical_end(c, ']');
}

void statement_json(const struct statement *s, struct buf *out)
{
    struct canonical c;
    canonical_init(&c, out);
    canonical_begin(&c, NULL, '{');
    canonical_text(&c, "agreement_number", s->head.agreement_number);
    canonical_text(&c, "id", s->head.id.text);
    put_instant(&c, "issued_at", s->head.issued_at);
    canonical_text(&c, "kind", enum_name(&statement_kind_names, (int)s->head.kind));
    canonical_begin(&c, "members", '[');
    for (size_t i = 0; i < s->result->n_members; i++)
        put_share(&c, NULL, &s->result->members[i]);
    canonical_end(&c, ']');
    canonical_text(&c, "only", s->head.only.text);
    put_instant(&c, "period_from", s->head.period.from);
    put_instant(&c, "period_to", s->head.period.to);
    canonical_text(&c, "programme", s->head.programme);
    canonical_text(&c, "project", s->head.project);
    canonical_text(&c, "project_name_en", s->head.project_name_en);
    canonical_text(&c, "project_name_ko", s->head.project_name_ko);
    canonical_text(&c, "reason", s->head.reason);
    put_rules(&c, s);
    canonical_text(&c, "stage", s->head.stage.text);
    canonical_text(&c, "supersedes", s->head.supersedes.text);
    put_share(&c, "total", &s->result->total);
    canonical_int(&c, "version", s->head.version);
    canonical_end(&c, '}');
    buf_append_char(out, '\n');
}

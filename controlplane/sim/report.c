/* Statements and their printers. Money comes from billing and is only laid out here. */
#include "controlplane/sim/report.h"

#include "billing/canonical.h"
#include "billing/statement_csv.h"
#include "billing/statement_json.h"
#include "controlplane/domain/project.h"
#include "controlplane/domain/stating.h"
#include "lib/base/file.h"
#include "lib/base/korea.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

struct report {
    const struct scenario *scenario;
    const struct simulation *simulation;
    struct statement **statements;
    size_t n;
};

/* ---- Making ---------------------------------------------------------------------------------- */

struct gathering {
    struct report *report;
    const struct state *state;
    struct err *err;
    int rc;
};

static bool visit_project(const void *record, void *arg)
{
    struct gathering *g = arg;
    const struct project *p = record;
    const struct programme *programme = state_find(g->state, ENTITY_PROGRAMME, &p->programme);
    ENSURE(programme != NULL);
    struct window period = {programme->from,
                            instant_min(programme->to, g->report->scenario->until)};
    if (window_empty(period))
        return true;
    struct report *r = g->report;
    r->statements = reallocarray(r->statements, r->n + 1, sizeof(struct statement *));
    ENSURE(r->statements != NULL);
    g->rc = stating_project(g->state, &p->id, period, &r->statements[r->n], g->err);
    if (g->rc < 0)
        g->rc = err_prefix(g->err, g->rc, "the statement of %s", p->id.text);
    r->n += g->rc == 0;
    return g->rc == 0;
}

int report_create(const struct scenario *s, const struct simulation *sim, struct report **ret,
                  struct err *err)
{
    struct report *r = calloc(1, sizeof *r);
    ENSURE(r != NULL);
    *r = (struct report){.scenario = s, .simulation = sim};
    struct gathering g = {.report = r, .state = simulation_world(sim)->state, .err = err};
    state_each(g.state, ENTITY_PROJECT, NULL, visit_project, &g);
    if (g.rc < 0) {
        report_destroy(r);
        return g.rc;
    }
    *ret = r;
    return 0;
}

void report_destroy(struct report *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n; i++)
        statement_destroy(r->statements[i]);
    free(r->statements);
    free(r);
}

/* ---- For people ------------------------------------------------------------------------------ */

/* How many lines from the first on tell the same of several objects. */
static size_t alike(const struct chronicle *c, size_t first)
{
    const struct chronicle_line *l = &c->lines[first];
    size_t n = 1;
    for (; l->note[0] == '\0' && first + n < c->n; n++) {
        const struct chronicle_line *next = &c->lines[first + n];
        if (next->at.s != l->at.s || !id_equal(&next->who, &l->who) || next->note[0] != '\0' ||
            strcmp(next->what, l->what) != 0 || strcmp(next->state, l->state) != 0)
            break;
    }
    return n;
}

static void text_chronicle(const struct chronicle *c, struct buf *out)
{
    char at[INSTANT_TEXT_CAP], more[32];
    size_t n;
    buf_printf(out, "\n%-26s%-24s%-22s%-24s%-12s%s\n", "WHEN (VIRTUAL)", "WHO", "WHAT", "SUBJECT",
               "STATE", "NOTE");
    for (size_t i = 0; i < c->n; i += n) {
        const struct chronicle_line *l = &c->lines[i];
        n = alike(c, i);
        snprintf(more, sizeof more, "and %zu more", n - 1);
        buf_printf(out, "%-26s%-24s%-22s%-24s%-12s%s\n", instant_format(l->at, at), l->who.text,
                   l->what, l->subject.text, l->state, n > 1 ? more : l->note);
    }
}

static void text_check(const struct conservation *c, struct buf *out)
{
    char most[SHARE_TEXT_CAP], there[SHARE_TEXT_CAP], at[INSTANT_TEXT_CAP];
    buf_printf(out, "\nCHECKED at %zu instants: %zu violations\n", c->n_checks, c->n_violations);
    LIST_EACH(const struct pool_use, u, &c->pools)
    {
        bool used = u->most_granted_units > 0;
        buf_printf(out, "  pool %s: at most %s of %s GPUs in service were granted%s%s\n",
                   u->pool.text, share_format((struct share){u->most_granted_units}, most),
                   share_format((struct share){u->in_service_units}, there),
                   used ? ", first at " : "", used ? instant_format(u->most_at, at) : "");
    }
    LIST_EACH(const struct violation, v, &c->violations)
    {
        buf_printf(out, "  VIOLATED at %s: %s\n", instant_format(v->at, at), v->text);
    }
}

static void text_amounts(const struct cofunding_share *s, const char *name, const char *size,
                         const char *months, struct buf *out)
{
    char value[WON_TEXT_CAP], burden[WON_TEXT_CAP], floor[WON_TEXT_CAP], kind[WON_TEXT_CAP];
    buf_printf(out, "  %-22s%-12s%12s%20s%18s%16s%18s%s\n", name, size, months,
               won_format(s->value_krw, value), won_format(s->burden_krw, burden),
               won_format(s->cash_floor_krw, floor), won_format(s->in_kind_max_krw, kind),
               s->confirmed ? "" : "  not confirmed");
}

/* GPU-months of all models together; one model is the rule. */
static void text_member(const struct cofunding_share *s, struct buf *out)
{
    CLEANUP_BUF struct buf months;
    char text[FRAC_TEXT_CAP];
    buf_init(&months, LIMIT_TEXT_BYTES);
    for (size_t i = 0; i < s->n_models; i++)
        buf_printf(&months, "%s%s", i > 0 ? "+" : "", frac_format(s->models[i].months, text));
    text_amounts(s, s->organisation,
                 s->n_lines > 0 ? enum_name(&size_class_names, (int)s->lines[0].size) : "",
                 months.data, out);
}

static void text_statement(const struct statement *s, struct buf *out)
{
    char from[INSTANT_TEXT_CAP], to[INSTANT_TEXT_CAP];
    const struct cofunding_result *r = s->result;
    buf_printf(out, "\nPROJECT %s %s\n  %s to %s (exclusive), in won\n", s->head.project,
               s->head.project_name_ko, instant_format(s->head.period.from, from),
               instant_format(s->head.period.to, to));
    buf_printf(out, "  %-22s%-12s%12s%20s%18s%16s%18s\n", "ORGANISATION", "SIZE", "GPU-MONTHS",
               "VALUE", "BURDEN", "CASH FLOOR", "IN KIND MAX");
    size_t unused = 0;
    for (size_t i = 0; i < r->n_members; i++) {
        if (r->members[i].n_lines > 0)
            text_member(&r->members[i], out);
        else
            unused++;
    }
    text_amounts(&r->total, "total", "", "", out);
    if (unused > 0)
        buf_printf(out, "  %zu further members booked nothing themselves\n", unused);
}

void report_text(const struct report *r, struct buf *out)
{
    char from[INSTANT_TEXT_CAP], to[INSTANT_TEXT_CAP];
    const struct scenario *s = r->scenario;
    buf_printf(out, "SCENARIO %s: %s\n%s to %s, virtual time; %llu decisions\n", s->name, s->about,
               instant_format(s->start, from), instant_format(s->until, to),
               (unsigned long long)simulation_world(r->simulation)->decisions);
    text_chronicle(&simulation_world(r->simulation)->chronicle, out);
    text_check(simulation_conservation(r->simulation), out);
    for (size_t i = 0; i < r->n; i++)
        text_statement(r->statements[i], out);
}

/* ---- For programs ---------------------------------------------------------------------------- */

static void put_instant(struct canonical *c, const char *name, struct instant t)
{
    char text[INSTANT_TEXT_CAP];
    canonical_text(c, name, instant_format(t, text));
}

static void json_chronicle(struct canonical *c, const struct chronicle *chronicle)
{
    canonical_begin(c, "chronicle", '[');
    for (size_t i = 0; i < chronicle->n; i++) {
        const struct chronicle_line *l = &chronicle->lines[i];
        canonical_begin(c, NULL, '{');
        put_instant(c, "at", l->at);
        canonical_text(c, "note", l->note);
        canonical_text(c, "state", l->state);
        canonical_text(c, "subject", l->subject.text);
        canonical_text(c, "what", l->what);
        canonical_text(c, "who", l->who.text);
        canonical_end(c, '}');
    }
    canonical_end(c, ']');
}

static void json_pools(struct canonical *c, const struct conservation *check)
{
    canonical_begin(c, "pools", '[');
    LIST_EACH(const struct pool_use, u, &check->pools)
    {
        canonical_begin(c, NULL, '{');
        canonical_int(c, "in_service_units", u->in_service_units);
        put_instant(c, "most_at", u->most_at);
        canonical_int(c, "most_granted_units", u->most_granted_units);
        canonical_text(c, "pool", u->pool.text);
        canonical_end(c, '}');
    }
    canonical_end(c, ']');
}

static void json_violations(struct canonical *c, const struct conservation *check)
{
    canonical_begin(c, "violations", '[');
    LIST_EACH(const struct violation, v, &check->violations)
    {
        canonical_begin(c, NULL, '{');
        put_instant(c, "at", v->at);
        canonical_text(c, "text", v->text);
        canonical_end(c, '}');
    }
    canonical_end(c, ']');
}

static void json_share(struct canonical *c, const char *name, const struct cofunding_share *s)
{
    char text[FRAC_TEXT_CAP];
    canonical_begin(c, name, '{');
    canonical_int(c, "burden_krw", s->burden_krw.krw);
    canonical_int(c, "cash_floor_krw", s->cash_floor_krw.krw);
    canonical_int(c, "in_kind_max_krw", s->in_kind_max_krw.krw);
    if (!name) {
        canonical_begin(c, "months", '{');
        for (size_t i = 0; i < s->n_models; i++)
            canonical_text(c, s->models[i].model, frac_format(s->models[i].months, text));
        canonical_end(c, '}');
        canonical_text(c, "organisation", s->organisation);
    }
    canonical_int(c, "value_krw", s->value_krw.krw);
    canonical_end(c, '}');
}

static void json_statements(struct canonical *c, const struct report *r)
{
    canonical_begin(c, "projects", '[');
    for (size_t i = 0; i < r->n; i++) {
        const struct statement *s = r->statements[i];
        canonical_begin(c, NULL, '{');
        canonical_begin(c, "members", '[');
        for (size_t k = 0; k < s->result->n_members; k++)
            json_share(c, NULL, &s->result->members[k]);
        canonical_end(c, ']');
        put_instant(c, "period_from", s->head.period.from);
        put_instant(c, "period_to", s->head.period.to);
        canonical_text(c, "project", s->head.project);
        json_share(c, "total", &s->result->total);
        canonical_end(c, '}');
    }
    canonical_end(c, ']');
}

void report_json(const struct report *r, struct buf *out)
{
    struct canonical c;
    const struct conservation *check = simulation_conservation(r->simulation);
    canonical_init(&c, out);
    canonical_begin(&c, NULL, '{');
    canonical_int(&c, "checked_instants", (int64_t)check->n_checks);
    json_chronicle(&c, &simulation_world(r->simulation)->chronicle);
    canonical_int(&c, "decisions", (int64_t)simulation_world(r->simulation)->decisions);
    json_pools(&c, check);
    json_statements(&c, r);
    canonical_text(&c, "scenario", r->scenario->name);
    canonical_int(&c, "violation_count", (int64_t)check->n_violations);
    json_violations(&c, check);
    canonical_end(&c, '}');
    buf_append_char(out, '\n');
}

/* ---- Statements as documents ----------------------------------------------------------------- */

static int write_one(const struct statement *s, const char *directory, bool csv, struct err *err)
{
    char path[PATH_MAX];
    CLEANUP_BUF struct buf document;
    buf_init(&document, LIMIT_REPLY_BYTES);
    int n =
        snprintf(path, sizeof path, "%s/%s.%s", directory, s->head.project, csv ? "csv" : "json");
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(err, ERR_LIMIT, "the path of a statement is too long");
    if (csv)
        statement_csv(s, &document);
    else
        statement_json(s, &document);
    ENSURE(!document.full);
    return file_write(path, buf_span(&document), 0644, err);
}

int report_write_statements(const struct report *r, const char *directory, struct err *err)
{
    for (size_t i = 0; i < r->n; i++) {
        TRY(write_one(r->statements[i], directory, false, err));
        TRY(write_one(r->statements[i], directory, true, err));
    }
    return 0;
}

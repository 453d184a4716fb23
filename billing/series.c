/*
 * Prices one series. Owns, while it runs: the dated lines, the distinct terms (1 and up; 0 is the
 * programme's price for time used), and one cofunding_line for each cell with use.
 */
#include "billing/series.h"

#include "billing/credit.h"
#include "billing/rating.h"
#include "lib/base/text.h"

#include <stdlib.h>

/* A cofunding line while it is added up. */
struct open_line {
    uint32_t dated; /* index of its dated line */
    uint32_t terms;
    struct frac price_factor, burden_factor;
    struct cofunding_line out;
};

struct pricing {
    const struct series *series;
    struct dated_line *dated;
    size_t n_dated;
    struct instant *line_from;
    struct terms *terms; /* distinct ones that are not plain, in order; index i + 1 */
    size_t n_terms;
    struct open_line *open; /* in order of first use: dated index never falls */
    size_t n_open, cap_open;
    struct frac months;
};

static void pricing_fini(struct pricing *p)
{
    free(p->dated);
    free(p->line_from);
    free(p->terms);
    free(p->open);
}

static int compare_terms(const void *a, const void *b)
{
    return terms_compare(a, b);
}

static bool is_plain(const struct terms *t)
{
    return terms_compare(t, &TERMS_PLAIN) == 0;
}

static void collect_terms(struct pricing *p)
{
    const struct series *s = p->series;
    size_t first = 0, n = 0;
    while (first < s->n_usage && is_plain(&s->usage[first].terms))
        first++;
    if (first == s->n_usage)
        return;
    p->terms = reallocarray(NULL, s->n_usage + 1, sizeof(p->terms[0]));
    ENSURE(p->terms != NULL);
    for (size_t i = first; i < s->n_usage; i++) {
        if (!is_plain(&s->usage[i].terms))
            p->terms[n++] = s->usage[i].terms;
    }
    qsort(p->terms, n, sizeof(p->terms[0]), compare_terms);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || compare_terms(&p->terms[i], &p->terms[p->n_terms - 1]) != 0)
            p->terms[p->n_terms++] = p->terms[i];
    }
}

static uint32_t terms_index(const struct pricing *p, const struct terms *terms)
{
    if (is_plain(terms))
        return 0;
    const struct terms *at =
        bsearch(terms, p->terms, p->n_terms, sizeof(p->terms[0]), compare_terms);
    ENSURE(at != NULL);
    return (uint32_t)(at - p->terms) + 1;
}

/* Borrowed. */
static const struct terms *terms_at(const struct pricing *p, uint32_t index)
{
    static const struct terms plain;
    return index == 0 ? &plain : &p->terms[index - 1];
}

static void collect_lines(struct pricing *p)
{
    p->dated = dated_lines(&p->series->facts, &p->n_dated);
    p->line_from = reallocarray(NULL, p->n_dated, sizeof(p->line_from[0]));
    ENSURE(p->line_from != NULL);
    for (size_t i = 1; i < p->n_dated; i++)
        p->line_from[i - 1] = p->dated[i].from;
}

/* Says what is missing for use in this line, and where to set it. */
static int check_line(const struct pricing *p, const struct dated_line *line,
                      const struct terms *terms, struct err *err)
{
    const struct series *s = p->series;
    const char *openness = enum_name(&openness_names, (int)line->openness);
    if (terms->price_krw.krw == 0 && line->price == NULL)
        return err_set(err, ERR_NO_RATE,
                       "programme.prices: %s uses %s before its first price: set a price from then",
                       s->organisation, s->facts.model);
    if (line->size == SIZE_NONE)
        return err_set(err, ERR_NO_RATE,
                       "size: %s uses %s when no size class is in force: set one from then",
                       s->organisation, s->facts.model);
    if (line->openness == OPENNESS_NONE &&
        (line->rate == NULL || s->facts.policy->charge != CHARGE_FEE))
        return err_set(err, ERR_NO_RATE,
                       "project.openness: %s uses %s when no openness is in force: set one from "
                       "then",
                       s->organisation, s->facts.model);
    if (line->rate == NULL)
        return err_set(err, ERR_NO_RATE,
                       "programme.rates.%s.%s: no rate is set, and %s uses %s under it: set the "
                       "rate",
                       openness, enum_name(&size_class_names, (int)line->rate_class),
                       s->organisation, s->facts.model);
    return 0;
}

/* value = months x factor: the price by the unit that it buys, less for opportunistic use. */
static int price_factor(const struct dated_line *line, const struct terms *terms,
                        struct cofunding_line *out, struct frac *ret)
{
    bool own = terms->price_krw.krw > 0;
    out->price_override = own;
    out->price_krw = own ? terms->price_krw : line->price->krw_per_gpu_month;
    out->gpus_per_unit = own ? 1 : price_gpus(line->price);
    struct frac part = frac_of(1);
    if (!own && terms->opportunistic && line->price->opportunistic[0] != '\0') {
        memcpy(out->opportunistic, line->price->opportunistic, sizeof(out->opportunistic));
        TRY(percent_parse(span_text(out->opportunistic), &part, NULL));
    }
    TRY(frac_mul(frac_of(out->price_krw.krw), part, &part));
    return frac_mul(part, frac_ratio(1, out->gpus_per_unit), ret);
}

static int open_line_init(const struct pricing *p, struct open_line *o, struct err *err)
{
    const struct series *s = p->series;
    const struct dated_line *line = &p->dated[o->dated];
    const struct terms *terms = terms_at(p, o->terms);
    TRY(check_line(p, line, terms, err));
    struct frac rate;
    TRY(percent_parse(span_text(line->rate->rate), &rate, err));
    TRY(burden_factor(s->facts.policy->burden_base, rate, &o->burden_factor));
    struct cofunding_line *out = &o->out;
    TRY(text_set(out->model, sizeof(out->model), span_text(s->facts.model), "model", err));
    TRY(text_set(out->rate, sizeof(out->rate), span_text(line->rate->rate), "rate", err));
    TRY(price_factor(line, terms, out, &o->price_factor));
    out->window = (struct window){INSTANT_NEVER, {INSTANT_MIN_S}};
    out->size = line->size;
    out->openness = line->openness;
    out->terms = *terms;
    out->charged = terms_charged(terms, s->facts.policy->fault_lowers_value);
    out->confirmed = line->rate->confirmed;
    exact_zero(&out->months);
    exact_zero(&out->listed);
    exact_zero(&out->value);
    exact_zero(&out->burden);
    return 0;
}

/* The open line of a cell: the cells of a month come by line, and months come in order. */
static int find_open_line(struct pricing *p, const struct rating_cell *cell, struct open_line **ret,
                          struct err *err)
{
    for (size_t i = p->n_open; i-- > 0 && p->open[i].dated == cell->line;) {
        if (p->open[i].terms == cell->terms) {
            *ret = &p->open[i];
            return 0;
        }
    }
    if (p->n_open == p->cap_open) {
        p->cap_open = p->cap_open ? 2 * p->cap_open : 4;
        p->open = reallocarray(p->open, p->cap_open, sizeof(p->open[0]));
        ENSURE(p->open != NULL);
    }
    struct open_line *o = &p->open[p->n_open];
    *o = (struct open_line){.dated = cell->line, .terms = cell->terms};
    TRY(open_line_init(p, o, err));
    p->n_open++;
    *ret = o;
    return 0;
}

static int add_months(struct open_line *o, const struct exact *months)
{
    struct exact price, factor, listed, burden;
    exact_of_frac(&price, o->price_factor);
    exact_of_frac(&factor, o->burden_factor);
    TRY(exact_mul(months, &price, &listed));
    TRY(exact_mul(&listed, &factor, &burden));
    TRY(exact_add(&o->out.months, months, &o->out.months));
    TRY(exact_add(&o->out.listed, &listed, &o->out.listed));
    if (!o->out.charged)
        return 0;
    TRY(exact_add(&o->out.value, &listed, &o->out.value));
    return exact_add(&o->out.burden, &burden, &o->out.burden);
}

static int price_month(void *arg, const struct rating_month *month, struct err *err)
{
    struct pricing *p = arg;
    TRY(frac_add(p->months, month->months, &p->months));
    struct exact all;
    exact_of_frac(&all, month->months);
    for (size_t i = 0; i < month->n_cells; i++) {
        struct open_line *o;
        TRY(find_open_line(p, &month->cells[i], &o, err));
        struct exact part, months;
        exact_ratio(&part, month->cells[i].unit_seconds, month->unit_seconds);
        TRY(exact_mul(&all, &part, &months));
        TRY(add_months(o, &months));
    }
    return 0;
}

static int rate_pieces(struct pricing *p, struct rating *rating, struct err *err)
{
    const struct series *s = p->series;
    for (size_t i = 0; i < s->n_usage; i++) {
        const struct cofunding_usage *u = &s->usage[i];
        struct rating_piece piece = {u->window, u->units, terms_index(p, &u->terms)};
        TRY(rating_add(rating, &piece, err));
    }
    return 0;
}

/* ---- Several profiles at once ---- */

/* One usage on its way through time; plain pieces are profiles of two steps. */
struct cursor {
    struct level_step plain[2];
    const struct level_step *steps;
    size_t n, next;
    uint32_t terms;
};

static void cursor_init(struct cursor *c, const struct cofunding_usage *u, uint32_t terms)
{
    *c = (struct cursor){.plain = {{u->window.from, u->units}, {u->window.to, 0}},
                         .steps = u->steps ? u->steps : c->plain,
                         .n = u->steps ? u->n_steps : 2,
                         .terms = terms};
}

/* By how much the use changes at t. */
static int64_t cursor_change(const struct cursor *c, struct instant t)
{
    if (c->next == c->n || c->steps[c->next].from.s != t.s)
        return 0;
    return c->steps[c->next].units - (c->next > 0 ? c->steps[c->next - 1].units : 0);
}

/* The first instant at which any of them changes next, or INSTANT_NEVER. */
static struct instant next_change(const struct cursor *cursors, size_t n)
{
    struct instant t = INSTANT_NEVER;
    for (size_t i = 0; i < n; i++) {
        if (cursors[i].next < cursors[i].n)
            t = instant_min(t, cursors[i].steps[cursors[i].next].from);
    }
    return t;
}

/* Rises first, since the sum may not go below 0 on the way; nothing is accounted in between. */
static int change_all(struct cursor *cursors, size_t n, struct instant t, struct rating *rating,
                      struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        int64_t by = cursor_change(&cursors[i], t);
        if (by > 0)
            TRY(rating_change(rating, t, cursors[i].terms, by, err));
    }
    for (size_t i = 0; i < n; i++) {
        int64_t by = cursor_change(&cursors[i], t);
        if (by < 0)
            TRY(rating_change(rating, t, cursors[i].terms, by, err));
        cursors[i].next +=
            cursors[i].next < cursors[i].n && cursors[i].steps[cursors[i].next].from.s == t.s;
    }
    return 0;
}

static int rate_together(struct pricing *p, struct rating *rating, struct err *err)
{
    const struct series *s = p->series;
    struct cursor *cursors = reallocarray(NULL, s->n_usage, sizeof(*cursors));
    ENSURE(cursors != NULL);
    for (size_t i = 0; i < s->n_usage; i++)
        cursor_init(&cursors[i], &s->usage[i], terms_index(p, &s->usage[i].terms));
    int rc = 0;
    struct instant t;
    while (rc == 0 && (t = next_change(cursors, s->n_usage)).s != INSTANT_NEVER.s)
        rc = change_all(cursors, s->n_usage, t, rating, err);
    free(cursors);
    return rc;
}

static int rate_usage(struct pricing *p, struct rating *rating, struct err *err)
{
    const struct series *s = p->series;
    size_t profiles = 0;
    for (size_t i = 0; i < s->n_usage; i++)
        profiles += s->usage[i].steps != NULL;
    if (profiles == 0)
        TRY(rate_pieces(p, rating, err));
    else if (s->n_usage == 1)
        TRY(rating_profile(rating, terms_index(p, &s->usage->terms), s->usage->steps,
                           s->usage->n_steps, err));
    else
        TRY(rate_together(p, rating, err));
    return rating_finish(rating, err);
}

static int run_rating(struct pricing *p, struct err *err)
{
    const struct cofunding_policy *policy = p->series->facts.policy;
    struct rating_config config = {.part_month = policy->part_month,
                                   .grain = policy->grain,
                                   .line_from = p->line_from,
                                   .n_lines = (uint32_t)p->n_dated,
                                   .n_terms = (uint32_t)p->n_terms + 1,
                                   .on_month = price_month,
                                   .arg = p};
    struct rating *rating = rating_create(&config);
    int rc = rate_usage(p, rating, err);
    rating_destroy(rating);
    return rc;
}

/* From the first begin to the last end of use inside the line; empty when there is none. */
static struct window use_inside(const struct cofunding_usage *u, struct window line)
{
    struct window part = window_intersect(u->window, line);
    if (!u->steps || window_empty(part))
        return part;
    size_t first = 0, last = u->n_steps - 1; /* the last step ends what is before it */
    while (first < last &&
           (u->steps[first].units == 0 || u->steps[first + 1].from.s <= line.from.s))
        first++;
    while (last > first &&
           (u->steps[last - 1].units == 0 || u->steps[last - 1].from.s >= line.to.s))
        last--;
    return window_intersect((struct window){u->steps[first].from, u->steps[last].from}, line);
}

/* First begin and last end of the usage inside each open line. */
static void set_windows(struct pricing *p)
{
    for (size_t i = 0; i < p->n_open; i++) {
        struct open_line *o = &p->open[i];
        struct window line = {p->dated[o->dated].from, INSTANT_NEVER};
        if (o->dated + 1 < p->n_dated)
            line.to = p->dated[o->dated + 1].from;
        for (size_t j = 0; j < p->series->n_usage; j++) {
            const struct cofunding_usage *u = &p->series->usage[j];
            if (!window_overlaps(u->window, line) || terms_compare(&u->terms, &o->out.terms) != 0)
                continue;
            struct window part = use_inside(u, line);
            if (window_empty(part))
                continue;
            o->out.window.from = instant_min(o->out.window.from, part.from);
            o->out.window.to = instant_max(o->out.window.to, part.to);
        }
        /* A day that counts whole may reach into a line without use of its own. */
        if (window_empty(o->out.window))
            o->out.window = (struct window){line.from, line.from};
    }
}

static int compare_open_lines(const void *a, const void *b)
{
    const struct open_line *x = a, *y = b;
    if (x->dated != y->dated)
        return x->dated < y->dated ? -1 : 1;
    return (x->terms > y->terms) - (x->terms < y->terms);
}

static void append_lines(struct pricing *p, struct cofunding_line **lines, size_t *n)
{
    if (p->n_open > 0)
        qsort(p->open, p->n_open, sizeof(p->open[0]), compare_open_lines);
    *lines = reallocarray(*lines, *n + p->n_open + 1, sizeof(**lines));
    ENSURE(*lines != NULL);
    for (size_t i = 0; i < p->n_open; i++)
        (*lines)[(*n)++] = p->open[i].out;
}

int series_price(const struct series *s, struct cofunding_line **lines, size_t *n,
                 struct frac *ret_months, struct err *err)
{
    struct pricing p = {.series = s, .months = FRAC_ZERO};
    collect_lines(&p);
    collect_terms(&p);
    int rc = run_rating(&p, err);
    if (rc == 0) {
        set_windows(&p);
        append_lines(&p, lines, n);
        *ret_months = p.months;
    } else if (err != NULL && err->code == ERR_OK) {
        err_set(err, ERR_OVERFLOW, "usage: %s, %s: the figures are too large to add up",
                s->organisation, s->facts.model);
    }
    pricing_fini(&p);
    return rc;
}

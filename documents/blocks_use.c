/* Sums of GPU time by what it was, and the rows of allocations, changes and stretches. */
#include "documents/blocks_use.h"

#include "documents/phrase.h"
#include "documents/word.h"
#include "lib/base/korea.h"

#include <stdio.h>
#include <stdlib.h>

#define COLUMNS(list) (list), sizeof(list) / sizeof((list)[0])

struct column_row {
    enum word title;
    double weight;
    enum report_align align;
};

static struct report_block *add_block(struct report *r, const char *key, enum word title,
                                      const struct column_row *rows, size_t n)
{
    struct report_column *columns = report_columns(r, n);
    for (size_t i = 0; i < n; i++)
        columns[i] = (struct report_column){.title = word(r->korean, rows[i].title),
                                            .weight = rows[i].weight,
                                            .align = rows[i].align};
    return report_add(r, key, word(r->korean, title), columns, n);
}

static const char *named(const struct report *r, const char *name)
{
    const char *found = word_for(r->korean, name);
    return found ? found : name;
}

/* ---- Utilisation ----------------------------------------------------------------------------- */

static __int128 time_in(struct window window, struct window limit, int64_t units)
{
    struct window inside = window_intersect(window, limit);
    return window_empty(inside) ? 0 : (__int128)units * (inside.to.s - inside.from.s);
}

static __int128 time_of_kind(const struct basis *b, enum time_kind kind, struct window limit)
{
    __int128 sum = 0;
    LIST_EACH(const struct basis_use, u, &b->uses)
    {
        if (u->time == kind)
            sum += time_in((struct window){u->from, u->to}, limit, u->units.units);
    }
    return sum;
}

/* A bar a day for periods of a month, else a bar a month. */
static void make_chart(struct report *r, const struct basis *b)
{
    bool days = b->to.s - b->from.s <= 31 * DAY_SECONDS;
    size_t most = days ? 32 : (size_t)((b->to.s - b->from.s) / (28 * DAY_SECONDS) + 3);
    r->chart.title = word(r->korean, WORD_CHART);
    r->chart.labels = calloc(most, sizeof(*r->chart.labels));
    r->chart.values = calloc(most, sizeof(*r->chart.values));
    ENSURE(r->chart.labels != NULL && r->chart.values != NULL);
    for (struct instant t = b->from; t.s < b->to.s && r->chart.n < most; r->chart.n++) {
        struct date day = date_of(t);
        struct window bar = days ? date_range(day, day) : month_window(month_of(t));
        __int128 sum = time_of_kind(b, TIME_USED, bar) + time_of_kind(b, TIME_NOTICE, bar);
        r->chart.values[r->chart.n] = (int64_t)(sum / (SHARE_PER_GPU * 3600));
        snprintf(r->chart.labels[r->chart.n], sizeof(r->chart.labels[0]), "%d",
                 days ? day.day : day.month);
        t = bar.to;
    }
}

static void put_time(struct report *r, struct report_block *block, enum word name, __int128 time)
{
    char text[PHRASE_CAP];
    struct report_cell *row = report_row(block);
    report_set(&row[0], word(r->korean, name));
    report_set(&row[1], phrase_gpu_hours(time, text));
}

/* used / allocated in hundredths of a percent, rounded down. */
static void put_part(struct report *r, struct report_block *block, __int128 used, __int128 all)
{
    struct report_cell *row = report_row(block);
    report_set(&row[0], word(r->korean, WORD_USED_PART));
    if (all == 0) {
        report_set(&row[1], word(r->korean, WORD_NONE));
        return;
    }
    int64_t part = (int64_t)(used * 10000 / all);
    report_setf(&row[1], "%lld.%02lld%%", (long long)(part / 100), (long long)(part % 100));
}

void blocks_add_utilisation(struct report *r, const struct basis *basis)
{
    static const struct column_row columns[] = {{WORD_ITEM, 6, REPORT_LEFT},
                                                {WORD_CONTENT, 6, REPORT_RIGHT}};
    static const struct {
        enum word name;
        enum time_kind kind;
    } rows[] = {{WORD_USED_HOURS, TIME_USED},
                {WORD_IDLE_HOURS, TIME_IDLE},
                {WORD_NOTICE_HOURS, TIME_NOTICE},
                {WORD_HANDOVER_HOURS, TIME_HANDOVER},
                {WORD_FAULT_HOURS, TIME_FAULT}};
    struct window period = {basis->from, basis->to};
    struct report_block *block = add_block(r, "utilisation", WORD_UTILISATION, COLUMNS(columns));
    __int128 allocated = 0;
    LIST_EACH(const struct basis_allocation, a, &basis->allocations)
    {
        allocated += time_in((struct window){a->from, a->to}, period, a->units.units);
    }
    put_time(r, block, WORD_ALLOCATED_HOURS, allocated);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        put_time(r, block, rows[i].name, time_of_kind(basis, rows[i].kind, period));
    put_part(r, block,
             time_of_kind(basis, TIME_USED, period) + time_of_kind(basis, TIME_NOTICE, period),
             allocated);
    block->note = word(r->korean, WORD_METHOD_TEXT);
    block->new_page = true;
    make_chart(r, basis);
}

/* ---- Allocations and changes ----------------------------------------------------------------- */

static void add_events(struct report *r, const struct basis *basis)
{
    static const struct column_row columns[] = {
        {WORD_DATE, 10, REPORT_CENTRE},  {WORD_KIND, 8, REPORT_LEFT},
        {WORD_SUBJECT, 16, REPORT_LEFT}, {WORD_ORGANISATION, 14, REPORT_LEFT},
        {WORD_GPUS, 6, REPORT_RIGHT},    {WORD_PAPER, 14, REPORT_LEFT},
        {WORD_CONTENT, 22, REPORT_LEFT},
    };
    char text[PHRASE_CAP], gpus[SHARE_TEXT_CAP];
    if (basis->events.n == 0)
        return;
    struct report_block *block = add_block(r, "changes", WORD_CHANGES, COLUMNS(columns));
    LIST_EACH(const struct basis_event, e, &basis->events)
    {
        struct report_cell *row = report_row(block);
        report_set(&row[0], phrase_day(e->at, false, text));
        report_set(&row[1], named(r, e->kind.text));
        report_set(&row[2], e->subject.text);
        report_set(&row[3], basis_name(basis, &e->organisation, r->korean));
        report_set(&row[4], share_format(e->units, gpus));
        report_set(&row[5], e->paper);
        report_set(&row[6], e->reason);
    }
}

void blocks_add_allocations(struct report *r, const struct basis *basis)
{
    static const struct column_row columns[] = {
        {WORD_ALLOCATION, 16, REPORT_LEFT}, {WORD_MODEL, 8, REPORT_LEFT},
        {WORD_GPUS, 8, REPORT_RIGHT},       {WORD_FROM, 12, REPORT_CENTRE},
        {WORD_TO, 12, REPORT_CENTRE},       {WORD_PAPER, 18, REPORT_LEFT},
    };
    char text[PHRASE_CAP], gpus[SHARE_TEXT_CAP];
    if (basis->allocations.n > 0) {
        struct report_block *block =
            add_block(r, "allocations", WORD_ALLOCATIONS, COLUMNS(columns));
        LIST_EACH(const struct basis_allocation, a, &basis->allocations)
        {
            struct report_cell *row = report_row(block);
            report_set(&row[0], a->id.text);
            report_set(&row[1], a->model);
            report_set(&row[2], share_format(a->units, gpus));
            report_set(&row[3], phrase_day(a->from, false, text));
            report_set(&row[4], phrase_day(a->to, true, text));
            report_set(&row[5], a->paper);
        }
    }
    add_events(r, basis);
}

/* ---- Stretches ------------------------------------------------------------------------------- */

static void put_stretch(struct report *r, struct report_block *block, const struct basis *basis,
                        const struct basis_use *u)
{
    char text[PHRASE_CAP], gpus[SHARE_TEXT_CAP];
    struct report_cell *row = report_row(block);
    report_set(&row[0], basis_name(basis, &u->organisation, r->korean));
    report_set(&row[1], u->lease.text);
    report_set(&row[2], u->node.text);
    report_set(&row[3], id_is_none(&u->supplier) ? "" : basis_name(basis, &u->supplier, r->korean));
    report_set(&row[4], u->model);
    report_set(&row[5], share_format(u->units, gpus));
    report_set(&row[6], named(r, u->isolation.text));
    report_set(&row[7], phrase_day(u->from, false, text));
    report_set(&row[8], phrase_day(u->to, true, text));
    report_set(&row[9], named(r, enum_name(&time_kind_names, (int)u->time)));
    report_set_int(&row[10], u->intervals);
}

void blocks_add_stretches(struct report *r, const struct basis *basis)
{
    static const struct column_row columns[] = {
        {WORD_ORGANISATION, 11, REPORT_LEFT}, {WORD_LEASE, 11, REPORT_LEFT},
        {WORD_NODE, 11, REPORT_LEFT},         {WORD_SUPPLIER, 10, REPORT_LEFT},
        {WORD_MODEL, 6, REPORT_LEFT},         {WORD_GPUS, 5, REPORT_RIGHT},
        {WORD_ISOLATION, 8, REPORT_CENTRE},   {WORD_FROM, 12, REPORT_CENTRE},
        {WORD_TO, 12, REPORT_CENTRE},         {WORD_KIND, 8, REPORT_CENTRE},
        {WORD_INTERVALS, 6, REPORT_RIGHT},
    };
    if (basis->uses.n == 0)
        return;
    struct report_block *block = add_block(r, "stretches", WORD_STRETCHES, COLUMNS(columns));
    LIST_EACH(const struct basis_use, u, &basis->uses)
    {
        put_stretch(r, block, basis, u);
    }
}

/*
 * The meter: a fixed table of leases and one mapping from boot time to the server's. A lease that
 * is over stays in its place until its last interval is kept.
 */
#include "nodeagent/agent/meter.h"

#include "lib/base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NS_PER_S    INT64_C(1000000000)
#define CAUSE_CAP   16
#define MARK_HEADER "pumasi-meter v2"
#define FIELDS_MAX  14

struct metered_place {
    bool used;
    bool over; /* at `until`; its last interval could not be kept yet */
    struct metered_lease lease;
    struct instant from; /* where the next interval begins */
    struct instant until;
    char cause[CAUSE_CAP]; /* empty: not known */
    uint64_t opens, denials;
    uint64_t told_opens, told_denials; /* in intervals already emitted */
};

struct meter {
    bool has_time;
    struct instant server;
    uint64_t boot_ns;
    uint64_t known_ns; /* all that is open was enforced then */
    uint64_t event_ns; /* of the newest event seen */
    uint64_t event_number;
    struct metered_place places[METER_LEASES_MAX];
};

struct meter *meter_create(void)
{
    struct meter *m = calloc(1, sizeof *m);
    ENSURE(m);
    return m;
}

void meter_destroy(struct meter *m)
{
    free(m);
}

void meter_set_time(struct meter *m, struct instant server, uint64_t boot_ns)
{
    if (m->has_time) {
        int64_t moved_s = server.s - meter_instant(m, boot_ns).s;
        if (moved_s >= -1 && moved_s <= 1)
            return;
    }
    m->has_time = true;
    m->server = server;
    m->boot_ns = boot_ns;
}

bool meter_has_time(const struct meter *m)
{
    return m->has_time;
}

struct instant meter_instant(const struct meter *m, uint64_t boot_ns)
{
    ENSURE(m->has_time);
    int64_t since_ns = (int64_t)(boot_ns - m->boot_ns);
    int64_t seconds = since_ns / NS_PER_S;
    if (since_ns % NS_PER_S < 0)
        seconds--;
    return instant_add(m->server, seconds);
}

/* The open lease of that name. */
static struct metered_place *find(struct meter *m, const struct id *lease)
{
    for (size_t i = 0; i < METER_LEASES_MAX; i++) {
        struct metered_place *p = &m->places[i];
        if (p->used && !p->over && id_equal(&p->lease.lease, lease))
            return p;
    }
    return NULL;
}

static struct metered_place *free_place(struct meter *m)
{
    for (size_t i = 0; i < METER_LEASES_MAX; i++) {
        if (!m->places[i].used)
            return &m->places[i];
    }
    return NULL;
}

bool meter_is_idle(const struct meter *m)
{
    for (size_t i = 0; i < METER_LEASES_MAX; i++) {
        if (m->places[i].used)
            return false;
    }
    return true;
}

bool meter_see(struct meter *m, uint64_t boot_ns, uint64_t number)
{
    if (boot_ns < m->event_ns || (boot_ns == m->event_ns && number <= m->event_number))
        return false;
    m->event_ns = boot_ns;
    m->event_number = number;
    return true;
}

/* An interval that began before its lease would be refused as a whole. A grant issued long after
 * was renewed, and says nothing about the opening. */
static struct instant opening(const struct meter *m, struct instant issued_at, uint64_t boot_ns)
{
    struct instant read = meter_instant(m, boot_ns);
    return issued_at.s - read.s <= METER_LAG_S ? instant_max(read, issued_at) : read;
}

int meter_open(struct meter *m, const struct metered_lease *lease, uint64_t boot_ns,
               struct err *err)
{
    if (find(m, &lease->lease))
        return 0;
    struct metered_place *p = free_place(m);
    if (!p)
        return err_set(err, ERR_LIMIT, "more than %d leases on one node", METER_LEASES_MAX);
    *p = (struct metered_place){
        .used = true, .lease = *lease, .from = opening(m, lease->issued_at, boot_ns)};
    return 0;
}

void meter_count(struct meter *m, const struct id *lease, uint64_t opens, uint64_t denials)
{
    struct metered_place *l = find(m, lease);
    if (!l)
        return;
    if (opens > l->opens)
        l->opens = opens;
    if (denials > l->denials)
        l->denials = denials;
}

void meter_cause(struct meter *m, const struct id *lease, const char *cause)
{
    struct metered_place *l = find(m, lease);
    if (l && l->cause[0] == '\0')
        (void)text_cut(l->cause, sizeof l->cause, cause);
}

void meter_expect_recall(struct meter *m, const struct id *lease, bool recalled)
{
    struct metered_place *l = find(m, lease);
    if (l && (l->cause[0] == '\0' || strcmp(l->cause, "recalled") == 0))
        (void)text_cut(l->cause, sizeof l->cause, recalled ? "recalled" : "");
}

/* Emits [from, to) if it has any length, as the place's last interval or not. False: it could not
 * be kept, and nothing has changed. */
static bool emit_until(struct metered_place *p, struct instant to, bool last, meter_emit_fn emit,
                       void *arg)
{
    struct metered_place before = *p;
    struct metered interval = {
        .lease = p->lease,
        .from = p->from,
        .to = to,
        .cause = last ? before.cause : "running",
        .opens = p->opens - p->told_opens,
        .denials = p->denials - p->told_denials,
    };
    p->used = !last;
    if (to.s <= p->from.s)
        return true;
    p->from = to;
    p->told_opens = p->opens;
    p->told_denials = p->denials;
    if (emit(&interval, arg))
        return true;
    *p = before;
    return false;
}

static void end(struct metered_place *p, struct instant until, const char *cause,
                meter_emit_fn emit, void *arg)
{
    if (p->cause[0] == '\0')
        (void)text_cut(p->cause, sizeof p->cause, cause);
    p->over = true;
    p->until = until;
    (void)emit_until(p, until, true, emit, arg);
}

void meter_close(struct meter *m, const struct id *lease, uint64_t boot_ns, meter_emit_fn emit,
                 void *arg)
{
    struct metered_place *p = find(m, lease);
    if (p)
        end(p, meter_instant(m, boot_ns), "ended", emit, arg);
}

void meter_know(struct meter *m, uint64_t boot_ns)
{
    if (boot_ns > m->known_ns)
        m->known_ns = boot_ns;
}

static bool is_held(const struct metered_lease *lease, const struct metered_hold *holds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (holds[i].fence == lease->fence && id_equal(&holds[i].lease, &lease->lease))
            return true;
    }
    return false;
}

void meter_compare(struct meter *m, const struct metered_hold *holds, size_t n, meter_emit_fn emit,
                   void *arg)
{
    struct instant known = meter_instant(m, m->known_ns);
    for (size_t i = 0; i < METER_LEASES_MAX; i++) {
        struct metered_place *p = &m->places[i];
        if (p->used && !p->over && !is_held(&p->lease, holds, n))
            end(p, known, "fault", emit, arg);
    }
}

void meter_cut(struct meter *m, uint64_t boot_ns, int64_t period_s, meter_emit_fn emit, void *arg)
{
    ENSURE(period_s > 0);
    if (!m->has_time)
        return;
    struct instant now = meter_instant(m, boot_ns);
    for (size_t i = 0; i < METER_LEASES_MAX; i++) {
        struct metered_place *p = &m->places[i];
        if (!p->used)
            continue;
        if (p->over)
            (void)emit_until(p, p->until, true, emit, arg);
        else if (now.s - p->from.s >= period_s)
            (void)emit_until(p, now, false, emit, arg);
    }
}

/* ---- the mark: lines of fields with tabs between them ---- */

/* What a text field can't hold becomes a blank. */
static void put_text(struct buf *dst, const char *text)
{
    for (const char *c = text; *c; c++)
        buf_append_char(dst, (unsigned char)*c < ' ' || *c == 0x7f ? ' ' : *c);
    buf_append_char(dst, '\t');
}

/* Numbers are read back as int64_t; a count beyond that is the largest one. */
static uint64_t capped(uint64_t n)
{
    return n < INT64_MAX ? n : INT64_MAX;
}

static void put_place(struct buf *dst, const struct metered_place *p)
{
    buf_append_text(dst, "lease\t");
    put_text(dst, p->lease.lease.text);
    put_text(dst, p->lease.organisation.text);
    put_text(dst, p->lease.project.text);
    put_text(dst, p->lease.model);
    put_text(dst, p->lease.isolation);
    put_text(dst, p->cause);
    buf_printf(dst, "%" PRId64 "\t%" PRIu64 "\t%d\t%" PRId64 "\t%" PRId64, p->lease.units.units,
               capped(p->lease.fence), p->over, p->from.s, p->until.s);
    buf_printf(dst, "\t%" PRIu64 "\t%" PRIu64 "\n", capped(p->told_opens), capped(p->told_denials));
}

void meter_mark(const struct meter *m, struct buf *dst)
{
    buf_printf(dst, MARK_HEADER "\ntime\t%d\t%" PRId64 "\t%" PRIu64 "\t%" PRIu64 "\n", m->has_time,
               m->server.s, capped(m->boot_ns), capped(m->known_ns));
    buf_printf(dst, "event\t%" PRIu64 "\t%" PRIu64 "\n", capped(m->event_ns),
               capped(m->event_number));
    for (size_t i = 0; i < METER_LEASES_MAX; i++) {
        if (m->places[i].used)
            put_place(dst, &m->places[i]);
    }
}

/* One line's fields; empty texts once there is none to take. */
struct fields {
    struct span items[FIELDS_MAX + 1];
    size_t count, next;
    bool bad;
};

static struct fields split(struct span line)
{
    struct fields f = {.count = 0};
    size_t from = 0;
    for (size_t at = 0; at <= line.len && f.count <= FIELDS_MAX; at++) {
        if (at < line.len && line.data[at] != '\t')
            continue;
        f.items[f.count++] = span_of(line.data + from, at - from);
        from = at + 1;
    }
    return f;
}

static struct span take(struct fields *f)
{
    if (f->next == f->count) {
        f->bad = true;
        return span_of(NULL, 0);
    }
    return f->items[f->next++];
}

static void take_text(struct fields *f, char *dst, size_t cap)
{
    f->bad |= text_set(dst, cap, take(f), "mark", NULL) < 0;
}

static void take_id(struct fields *f, struct id *ret)
{
    f->bad |= id_parse(take(f), "mark", ret, NULL) < 0;
}

static int64_t take_number(struct fields *f, int64_t min, int64_t max)
{
    int64_t n = min;
    f->bad |= text_to_i64(take(f), "mark", min, max, &n, NULL) < 0;
    return n;
}

static struct instant take_instant(struct fields *f)
{
    return (struct instant){take_number(f, INSTANT_MIN_S, INSTANT_MAX_S)};
}

static bool is_cause(const char *text)
{
    return text[0] == '\0' || strcmp(text, "ended") == 0 || strcmp(text, "recalled") == 0 ||
           strcmp(text, "fault") == 0;
}

static void read_place(struct meter *m, struct fields *f)
{
    struct metered_place read = {.used = true};
    struct metered_place *p = free_place(m);
    take_id(f, &read.lease.lease);
    take_id(f, &read.lease.organisation);
    take_id(f, &read.lease.project);
    take_text(f, read.lease.model, sizeof read.lease.model);
    take_text(f, read.lease.isolation, sizeof read.lease.isolation);
    take_text(f, read.cause, sizeof read.cause);
    read.lease.units.units = take_number(f, 1, INT64_MAX);
    read.lease.fence = (uint64_t)take_number(f, 0, INT64_MAX);
    read.over = take_number(f, 0, 1) == 1;
    read.from = take_instant(f);
    read.until = take_instant(f);
    read.opens = read.told_opens = (uint64_t)take_number(f, 0, INT64_MAX);
    read.denials = read.told_denials = (uint64_t)take_number(f, 0, INT64_MAX);
    f->bad |= !p || !is_cause(read.cause) || (read.over && read.cause[0] == '\0') ||
              (!read.over && find(m, &read.lease.lease));
    if (!f->bad)
        *p = read;
}

static void read_time(struct meter *m, struct fields *f)
{
    m->has_time = take_number(f, 0, 1) == 1;
    m->server = take_instant(f);
    m->boot_ns = (uint64_t)take_number(f, 0, INT64_MAX);
    m->known_ns = (uint64_t)take_number(f, 0, INT64_MAX);
}

static void read_event(struct meter *m, struct fields *f)
{
    m->event_ns = (uint64_t)take_number(f, 0, INT64_MAX);
    m->event_number = (uint64_t)take_number(f, 0, INT64_MAX);
}

/* False: not the line that stands there. */
static bool read_line(struct meter *m, struct span line, size_t number)
{
    static const char *const names[] = {MARK_HEADER, "time", "event", "lease"};
    struct fields f = split(line);
    if (!span_equal(take(&f), span_text(names[number < 3 ? number : 3])))
        return false;
    if (number == 1)
        read_time(m, &f);
    else if (number == 2)
        read_event(m, &f);
    else if (number > 2)
        read_place(m, &f);
    return !f.bad && f.next == f.count;
}

static int read_mark(struct meter *m, struct span mark, struct err *err)
{
    size_t number = 0;
    for (size_t at = 0; at < mark.len; number++) {
        const uint8_t *end = memchr(mark.data + at, '\n', mark.len - at);
        size_t len = end ? (size_t)(end - (mark.data + at)) : 0;
        if (!end || !read_line(m, span_of(mark.data + at, len), number))
            return err_set(err, ERR_CORRUPT, "line %zu of the meter's mark can't be read",
                           number + 1);
        at += len + 1;
    }
    if (number == 1 || number == 2 || (number > 3 && !m->has_time))
        return err_set(err, ERR_CORRUPT, "the meter's mark is not whole");
    return 0;
}

int meter_restore(struct meter *m, struct span mark, struct err *err)
{
    struct meter *read = meter_create();
    int rc = read_mark(read, mark, err);
    if (rc == 0)
        *m = *read;
    meter_destroy(read);
    return rc;
}

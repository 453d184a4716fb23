/* The meter: a fixed table of open leases and one mapping from boot time to the server's. */
#include "nodeagent/agent/meter.h"

#include "lib/base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NS_PER_S    INT64_C(1000000000)
#define CAUSE_CAP   16
#define MARK_HEADER "pumasi-meter v1"

struct open_lease {
    bool used;
    struct metered_lease lease;
    struct instant from; /* where the next interval begins */
    char cause[CAUSE_CAP];
    uint64_t opens, denials;
    uint64_t told_opens, told_denials; /* in intervals already emitted */
};

struct meter {
    bool has_time;
    struct instant server;
    uint64_t boot_ns;
    struct open_lease leases[METER_LEASES_MAX];
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

static struct open_lease *find(const struct meter *m, const struct id *lease)
{
    for (size_t i = 0; i < METER_LEASES_MAX; i++) {
        const struct open_lease *l = &m->leases[i];
        if (l->used && id_equal(&l->lease.lease, lease))
            return (struct open_lease *)l;
    }
    return NULL;
}

static struct open_lease *free_place(struct meter *m)
{
    for (size_t i = 0; i < METER_LEASES_MAX; i++) {
        if (!m->leases[i].used)
            return &m->leases[i];
    }
    return NULL;
}

int meter_open(struct meter *m, const struct metered_lease *lease, uint64_t boot_ns,
               struct err *err)
{
    if (find(m, &lease->lease))
        return 0;
    struct open_lease *l = free_place(m);
    if (!l)
        return err_set(err, ERR_LIMIT, "more than %d leases on one node", METER_LEASES_MAX);
    *l = (struct open_lease){.used = true, .lease = *lease, .from = meter_instant(m, boot_ns)};
    return 0;
}

bool meter_is_open(const struct meter *m, const struct id *lease)
{
    return find(m, lease) != NULL;
}

void meter_count(struct meter *m, const struct id *lease, uint64_t opens, uint64_t denials)
{
    struct open_lease *l = find(m, lease);
    if (!l)
        return;
    if (opens > l->opens)
        l->opens = opens;
    if (denials > l->denials)
        l->denials = denials;
}

void meter_cause(struct meter *m, const struct id *lease, const char *cause)
{
    struct open_lease *l = find(m, lease);
    if (l && l->cause[0] == '\0')
        (void)text_cut(l->cause, sizeof l->cause, cause);
}

/* Emits [from, to) if it has any length; the next interval begins at `to`. */
static void emit_until(struct open_lease *l, struct instant to, const char *cause,
                       meter_emit_fn emit, void *arg)
{
    if (to.s <= l->from.s)
        return;
    struct metered interval = {
        .lease = l->lease,
        .from = l->from,
        .to = to,
        .cause = cause,
        .opens = l->opens - l->told_opens,
        .denials = l->denials - l->told_denials,
    };
    l->from = to;
    l->told_opens = l->opens;
    l->told_denials = l->denials;
    emit(&interval, arg);
}

void meter_close(struct meter *m, const struct id *lease, uint64_t boot_ns, meter_emit_fn emit,
                 void *arg)
{
    struct open_lease *l = find(m, lease);
    if (!l)
        return;
    emit_until(l, meter_instant(m, boot_ns), l->cause[0] ? l->cause : "ended", emit, arg);
    l->used = false;
}

void meter_cut(struct meter *m, uint64_t boot_ns, int64_t period_s, meter_emit_fn emit, void *arg)
{
    ENSURE(period_s > 0);
    if (!m->has_time)
        return;
    struct instant now = meter_instant(m, boot_ns);
    for (size_t i = 0; i < METER_LEASES_MAX; i++) {
        struct open_lease *l = &m->leases[i];
        if (l->used && now.s - l->from.s >= period_s)
            emit_until(l, now, "running", emit, arg);
    }
}

void meter_each(const struct meter *m, meter_visit_fn visit, void *arg)
{
    for (size_t i = 0; i < METER_LEASES_MAX; i++) {
        if (m->leases[i].used)
            visit(&m->leases[i].lease.lease, arg);
    }
}

void meter_mark(const struct meter *m, struct buf *dst)
{
    buf_printf(dst, MARK_HEADER "\ntime %d %" PRId64 " %" PRIu64 "\n", m->has_time, m->server.s,
               m->boot_ns);
    for (size_t i = 0; i < METER_LEASES_MAX; i++) {
        const struct open_lease *l = &m->leases[i];
        if (!l->used)
            continue;
        buf_printf(dst, "lease %s %s %s %" PRId64 " %s %" PRId64 " %s", l->lease.lease.text,
                   l->lease.organisation.text, l->lease.project.text, l->lease.units.units,
                   l->lease.isolation, l->from.s, l->cause[0] ? l->cause : "-");
        buf_printf(dst, " %" PRIu64 " %" PRIu64 " %s\n", l->told_opens, l->told_denials,
                   l->lease.model);
    }
}

static bool is_instant(struct instant t)
{
    return t.s >= INSTANT_MIN_S && t.s <= INSTANT_MAX_S;
}

static bool is_id(const struct id *id)
{
    struct id parsed;
    return id_parse(span_text(id->text), "mark", &parsed, NULL) == 0;
}

/* Could meter_mark() have written this line? */
static bool is_sound(const struct meter *m, const struct open_lease *l)
{
    return is_id(&l->lease.lease) && is_id(&l->lease.organisation) && is_id(&l->lease.project) &&
           l->lease.units.units > 0 && is_instant(l->from) && !find(m, &l->lease.lease);
}

static int restore_lease(struct meter *m, const char *line, struct err *err)
{
    struct open_lease *l = free_place(m);
    struct open_lease read = {.used = true};
    char cause[CAUSE_CAP];
    if (!l)
        return err_set(err, ERR_CORRUPT, "mark: too many leases");
    int model_at = -1; /* the rest of the line: a model's name may hold blanks */
    int n = sscanf(
        line, "lease %63s %63s %63s %" SCNd64 " %15s %" SCNd64 " %15s %" SCNu64 " %" SCNu64 "%n",
        read.lease.lease.text, read.lease.organisation.text, read.lease.project.text,
        &read.lease.units.units, read.lease.isolation, &read.from.s, cause, &read.told_opens,
        &read.told_denials, &model_at);
    if (n != 9 || model_at < 0 || line[model_at] != ' ' || !is_sound(m, &read) ||
        text_set(read.lease.model, sizeof read.lease.model, span_text(line + model_at + 1), "model",
                 NULL) < 0)
        return err_set(err, ERR_CORRUPT, "mark: a line that is no lease");
    if (strcmp(cause, "-") != 0)
        (void)text_cut(read.cause, sizeof read.cause, cause);
    read.opens = read.told_opens;
    read.denials = read.told_denials;
    *l = read;
    return 0;
}

static int restore_line(struct meter *m, const char *line, size_t number, struct err *err)
{
    int has_time;
    if (number == 0)
        return strcmp(line, MARK_HEADER) == 0 ? 0 : err_set(err, ERR_CORRUPT, "mark: no mark");
    if (number > 1)
        return restore_lease(m, line, err);
    if (sscanf(line, "time %d %" SCNd64 " %" SCNu64, &has_time, &m->server.s, &m->boot_ns) != 3 ||
        !is_instant(m->server))
        return err_set(err, ERR_CORRUPT, "mark: no time");
    m->has_time = has_time != 0;
    return 0;
}

int meter_restore(struct meter *m, struct span mark, struct err *err)
{
    char line[512];
    size_t number = 0;
    for (size_t at = 0; at < mark.len; number++) {
        const uint8_t *end = memchr(mark.data + at, '\n', mark.len - at);
        size_t len = end ? (size_t)(end - (mark.data + at)) : mark.len - at;
        TRY(text_set(line, sizeof line, span_of(mark.data + at, len), "mark", err));
        TRY(restore_line(m, line, number, err));
        at += len + 1;
    }
    return 0;
}

void meter_resume(struct meter *m, const struct id *lease, struct instant to, uint64_t opens,
                  uint64_t denials)
{
    struct open_lease *l = find(m, lease);
    if (!l || to.s <= l->from.s)
        return;
    l->from = to;
    l->told_opens += opens;
    l->told_denials += denials;
    meter_count(m, lease, l->told_opens, l->told_denials);
}

/*
 * Usage: what the meter emits is signed, written into the journal and sent until it is
 * acknowledged. An interval counts from the moment that it is in the journal. The agent's thread.
 */
#include "nodeagent/agent/usage.h"

#include "lib/pki/sign.h"
#include "nodeagent/agent/agent_internal.h"
#include "nodeagent/agent/guarding.h"
#include "nodeagent/agent/journals.h"

#define METER_EVERY_MS 500
#define MARK_EVERY_MS  60000
#define BROKEN_MS      60000 /* after a report that may have broken the stream */

/* ---- into the journal ---- */

static int sign_interval(const struct agent *a, struct link_interval *i, struct err *err)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, INTERVAL_LINE_MAX);
    interval_format(&i->interval, &text);
    i->key_id = a->cert.key_id;
    return sign_bytes(a->key, buf_span(&text), &i->signature, err);
}

static int pack(const struct usage_sink *sink, const struct metered *metered, struct buf *dst,
                struct err *err)
{
    struct link_interval interval = {
        .interval = {.node = sink->agent->node,
                     .boot_id = sink->journal->boot_id,
                     .seq = journal_next_seq(sink->journal->journal),
                     .lease = metered->lease.lease,
                     .units = metered->lease.units,
                     .isolation = metered->lease.isolation,
                     .from = metered->from,
                     .to = metered->to,
                     .cause = metered->cause,
                     .opens = metered->opens,
                     .denials = metered->denials},
        .organisation = metered->lease.organisation,
        .project = metered->lease.project,
        .model = metered->lease.model,
    };
    TRY(sign_interval(sink->agent, &interval, err));
    link_pack_interval(&interval, dst);
    return 0;
}

static int keep(const struct usage_sink *sink, const struct metered *metered, uint64_t *ret_seq,
                struct err *err)
{
    CLEANUP_BUF struct buf packed, mark;
    buf_init(&packed, JOURNAL_PAYLOAD_MAX);
    buf_init(&mark, METER_MARK_MAX);
    TRY(pack(sink, metered, &packed, err));
    meter_mark(sink->meter, &mark);
    ENSURE(!packed.full && !mark.full);
    return journal_add(sink->journal->journal, buf_span(&packed), buf_span(&mark), ret_seq, err);
}

bool usage_emit(const struct metered *metered, void *arg)
{
    const struct usage_sink *sink = arg;
    struct agent *a = sink->agent;
    struct err err = ERR_INIT;
    uint64_t seq;
    bool kept = keep(sink, metered, &seq, &err) == 0;
    if (kept)
        log_event(a->options.log, LOG_LEVEL_INFO, "usage.interval",
                  LOG_STR("lease", metered->lease.lease.text), LOG_INT("seq", (int64_t)seq),
                  LOG_INT("seconds", metered->to.s - metered->from.s),
                  LOG_STR("cause", metered->cause));
    else if (!a->journal_refuses) /* it will be offered twice a second */
        log_event(a->options.log, LOG_LEVEL_ERROR, "usage.waits",
                  LOG_STR("lease", metered->lease.lease.text), LOG_INT("from", metered->from.s),
                  LOG_STR("error", err.text));
    a->journal_refuses = !kept;
    return kept;
}

struct usage_sink usage_sink(struct agent *a)
{
    return (struct usage_sink){.agent = a, .meter = a->meter, .journal = &a->journals[0]};
}

void usage_keep_mark(const struct usage_sink *sink)
{
    struct err err = ERR_INIT;
    CLEANUP_BUF struct buf mark;
    buf_init(&mark, METER_MARK_MAX);
    meter_mark(sink->meter, &mark);
    ENSURE(!mark.full);
    if (journal_mark(sink->journal->journal, buf_span(&mark), &err) < 0)
        agent_warn(sink->agent, "journal.failed", &err);
}

/* The mark goes by the clock, too: a crash of the machine loses what came after it. */
static void keep_mark_in_time(const struct usage_sink *sink)
{
    struct agent *a = sink->agent;
    if (agent_now_ns(a) < a->mark_at || meter_is_idle(a->meter))
        return;
    a->mark_at = agent_in_ms(a, MARK_EVERY_MS);
    usage_keep_mark(sink);
}

void usage_meter(struct agent *a)
{
    struct usage_sink sink = usage_sink(a);
    uint64_t now_ns = (uint64_t)agent_now_ns(a);
    if (agent_now_ns(a) < a->meter_at)
        return;
    a->meter_at = agent_in_ms(a, METER_EVERY_MS);
    /* What the guard did while nobody listened comes first: a lease may have ended long ago. */
    guarding_take_events(a);
    if (!guarding_is_current(a))
        return;
    meter_know(a->meter, now_ns);
    meter_cut(a->meter, now_ns, config_int(a->options.config, "usage.period"), usage_emit, &sink);
    keep_mark_in_time(&sink);
}

/* ---- to the control plane ---- */

struct report {
    size_t n;
    struct span intervals[LINK_USAGE_MAX];
    struct buf copies[LINK_USAGE_MAX]; /* of those that had to be signed anew */
};

/* The interval as the control plane can check it: a node that joined again has another key. */
static int add(const struct agent *a, struct report *r, struct span packed, struct err *err)
{
    struct link_unpacked u;
    struct buf *copy = &r->copies[r->n];
    TRY(link_unpack_interval(packed, &u, err));
    if (!id_equal(&u.interval.interval.node, &a->node))
        return err_set(err, ERR_CONFLICT, "it is of node %s", u.interval.interval.node.text);
    if (!id_equal(&u.interval.key_id, &a->cert.key_id)) {
        TRY(sign_interval(a, &u.interval, err));
        buf_init(copy, JOURNAL_PAYLOAD_MAX);
        link_pack_interval(&u.interval, copy);
        packed = buf_span(copy);
    }
    r->intervals[r->n++] = packed;
    return 0;
}

/* What can't be reported is left out: the acknowledgement of what comes after it takes it away, and
 * the control plane shows the gap. */
static void collect(const struct agent *a, const struct boot_journal *from, struct report *r)
{
    struct span packed;
    uint64_t seq = 0;
    while (r->n < LINK_USAGE_MAX && journal_next_pending(from->journal, seq, &seq, &packed)) {
        struct err err = ERR_INIT;
        if (add(a, r, packed, &err) < 0)
            log_event(a->options.log, LOG_LEVEL_ERROR, "usage.left-out",
                      LOG_STR("boot", from->boot_id), LOG_INT("seq", (int64_t)seq),
                      LOG_STR("error", err.text));
    }
}

static bool has_pending(const struct boot_journal *of)
{
    struct span interval;
    uint64_t seq;
    return journal_next_pending(of->journal, 0, &seq, &interval);
}

/* The journal whose turn it is, or the next one that has something; NULL when none has. */
static const struct boot_journal *choose(const struct agent *a)
{
    for (size_t i = 0; i < a->journal_count; i++) {
        const struct boot_journal *of = &a->journals[(a->report_turn + i) % a->journal_count];
        if (has_pending(of))
            return of;
    }
    return NULL;
}

static void put_off(struct agent *a)
{
    a->report_turn++;
    a->report_at = agent_in_ms(a, BROKEN_MS);
}

void usage_report(struct agent *a)
{
    struct report report = {.n = 0};
    struct err err = ERR_INIT;
    if (!a->answered || a->reporting || agent_now_ns(a) < a->report_at)
        return;
    const struct boot_journal *from = choose(a);
    if (!from)
        return;
    collect(a, from, &report);
    int rc = report.n > 0 ? link_send_usage(a->link, report.intervals, report.n, &err) : 0;
    a->reporting = report.n > 0 && rc == 0;
    if (rc < 0)
        agent_warn(a, "usage.not-sent", &err);
    if (!a->reporting)
        put_off(a);
    for (size_t i = 0; i < LINK_USAGE_MAX; i++)
        buf_fini(&report.copies[i]);
}

void usage_acknowledged(struct agent *a, const struct link_event *event)
{
    struct err err = ERR_INIT;
    struct boot_journal *of = journals_find(a, event->boot_id);
    a->reporting = false;
    if (!of)
        return;
    if (journal_ack(of->journal, event->seq, &err) < 0)
        agent_warn(a, "journal.failed", &err);
    journals_tidy(a, of);
}

void usage_link_lost(struct agent *a)
{
    if (a->reporting)
        put_off(a);
    a->reporting = false;
    a->answered = false;
}

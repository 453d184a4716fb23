/*
 * Usage: what the meter emits is signed, written into the journal and sent until it is
 * acknowledged. An interval counts from the moment that it is in the journal. The agent's thread.
 */
#include "nodeagent/agent/usage.h"

#include "lib/pki/sign.h"
#include "nodeagent/agent/agent_internal.h"
#include "nodeagent/agent/guarding.h"

#define METER_EVERY_MS 500

/* ---- metering ---- */

void usage_keep_mark(struct agent *a)
{
    struct err err = ERR_INIT;
    CLEANUP_BUF struct buf mark;
    buf_init(&mark, METER_MARK_MAX);
    meter_mark(a->meter, &mark);
    if (mark.full || journal_mark(a->own.journal, buf_span(&mark), &err) < 0)
        agent_warn(a, "journal.failed", &err);
}

static int sign_interval(const struct agent *a, struct link_interval *i, struct err *err)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, INTERVAL_LINE_MAX);
    interval_format(&i->interval, &text);
    return sign_bytes(a->key, buf_span(&text), &i->signature, err);
}

void usage_emit(const struct metered *metered, void *arg)
{
    struct agent *a = arg;
    struct err err = ERR_INIT;
    uint64_t seq;
    CLEANUP_BUF struct buf packed;
    buf_init(&packed, JOURNAL_PAYLOAD_MAX);
    struct link_interval interval = {
        .interval = {.node = a->node,
                     .boot_id = a->own.boot_id,
                     .seq = journal_next_seq(a->own.journal),
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
        .key_id = a->key_id,
    };
    int rc = sign_interval(a, &interval, &err);
    if (rc == 0) {
        link_pack_interval(&interval, &packed);
        rc = journal_add(a->own.journal, buf_span(&packed), &seq, &err);
    }
    if (rc < 0) {
        log_event(a->options.log, LOG_LEVEL_ERROR, "usage.lost",
                  LOG_STR("lease", metered->lease.lease.text), LOG_INT("from", metered->from.s),
                  LOG_INT("to", metered->to.s), LOG_STR("error", err.text));
        return;
    }
    log_event(a->options.log, LOG_LEVEL_INFO, "usage.interval",
              LOG_STR("lease", metered->lease.lease.text), LOG_INT("seq", (int64_t)seq),
              LOG_INT("seconds", metered->to.s - metered->from.s),
              LOG_STR("cause", metered->cause));
}

void usage_meter(struct agent *a)
{
    int64_t period_s = config_int(a->options.config, "usage.period");
    a->meter_at = agent_in_ms(a, METER_EVERY_MS);
    /* What the guard did while nobody listened comes first: a lease may have ended long ago. */
    if (!a->guard)
        return;
    guarding_take_events(a);
    uint64_t before = journal_next_seq(a->own.journal);
    meter_cut(a->meter, (uint64_t)agent_now_ns(a), period_s, usage_emit, a);
    if (journal_next_seq(a->own.journal) != before)
        usage_keep_mark(a);
}

/* ---- usage to the control plane ---- */

static struct boot_journal *journal_of(struct agent *a, const char *boot_id)
{
    if (strcmp(a->own.boot_id, boot_id) == 0)
        return &a->own;
    for (size_t i = 0; i < a->other_count; i++) {
        if (strcmp(a->others[i].boot_id, boot_id) == 0)
            return &a->others[i];
    }
    return NULL;
}

static size_t collect(const struct journal *j, struct span *intervals)
{
    size_t n = 0;
    uint64_t seq = 0;
    while (n < LINK_USAGE_MAX && journal_next_pending(j, seq, &seq, &intervals[n]))
        n++;
    return n;
}

void usage_report(struct agent *a)
{
    struct span intervals[LINK_USAGE_MAX];
    struct err err = ERR_INIT;
    size_t n = 0;
    if (!a->linked || a->usage_pending)
        return;
    for (size_t i = 0; n == 0 && i < a->other_count; i++)
        n = collect(a->others[i].journal, intervals);
    if (n == 0)
        n = collect(a->own.journal, intervals);
    if (n == 0)
        return;
    if (link_send_usage(a->link, intervals, n, &err) < 0)
        agent_warn(a, "usage.not-sent", &err);
    else
        a->usage_pending = true;
}

void usage_acknowledged(struct agent *a, const struct link_event *event)
{
    struct err err = ERR_INIT;
    struct boot_journal *of = journal_of(a, event->boot_id);
    a->usage_pending = false;
    if (of && journal_ack(of->journal, event->seq, &err) < 0)
        agent_warn(a, "journal.failed", &err);
}

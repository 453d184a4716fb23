#ifndef PUMASI_NODEAGENT_AGENT_USAGE_H
#define PUMASI_NODEAGENT_AGENT_USAGE_H

#include "nodeagent/agent/link.h"
#include "nodeagent/agent/meter.h"

/*
 * Usage, from the meter through the journal to the control plane. Part of the agent: one thread;
 * what blocks is the disk.
 */
struct agent;
struct boot_journal;

/* Where a meter's intervals go. */
struct usage_sink {
    struct agent *agent;
    const struct meter *meter;
    struct boot_journal *journal;
};

/* Signs an interval and writes it into the journal together with the meter's mark; arg is a
 * usage_sink. False: the journal took neither. A meter_emit_fn. */
bool usage_emit(const struct metered *metered, void *arg);

/* The agent's own meter and journal. */
struct usage_sink usage_sink(struct agent *a);

/* Writes the meter's state down. */
void usage_keep_mark(const struct usage_sink *sink);

/* Cuts the intervals of running leases when they are due. */
void usage_meter(struct agent *a);

/* Sends what is not acknowledged, one report at a time, on a stream that has answered already. A
 * report during which the stream broke may be what broke it: the next one waits for a minute, in
 * which grants go on, and comes from another boot's journal if there is one. */
void usage_report(struct agent *a);

/* The control plane has answered a report. */
void usage_acknowledged(struct agent *a, const struct link_event *event);

/* The stream has ended. */
void usage_link_lost(struct agent *a);

#endif

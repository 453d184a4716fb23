#ifndef PUMASI_NODEAGENT_AGENT_USAGE_H
#define PUMASI_NODEAGENT_AGENT_USAGE_H

#include "nodeagent/agent/link.h"
#include "nodeagent/agent/meter.h"

/*
 * Usage, from the meter through the journal to the control plane. Part of the agent: one thread;
 * what blocks is the disk.
 */
struct agent;

/* Signs an interval and writes it into this boot's journal; arg is the agent. */
void usage_emit(const struct metered *metered, void *arg);

/* Writes the meter's state down. */
void usage_keep_mark(struct agent *a);

/* Cuts the intervals of running leases when they are due. */
void usage_meter(struct agent *a);

/* Sends what is not acknowledged, one report at a time. */
void usage_report(struct agent *a);

/* The control plane has answered a report. */
void usage_acknowledged(struct agent *a, const struct link_event *event);

#endif

#ifndef PUMASI_NODEAGENT_AGENT_JOURNALS_H
#define PUMASI_NODEAGENT_AGENT_JOURNALS_H

#include "lib/base/err.h"

/*
 * The journals of this boot and of earlier ones that are not acknowledged yet. Part of the agent:
 * one thread; what blocks is the disk.
 *
 * A reboot ends every lease, so what an earlier boot's meter had open is closed there: at the last
 * instant at which it was known to be enforced, as a fault.
 */
struct agent;
struct boot_journal;

/* Opens this boot's journal and restores the meter from it (a mark that can't be read is dropped,
 * and said so), then takes in those of earlier boots; what can't be read of them is said and left
 * for people. */
MUST_CHECK int journals_open(struct agent *a, struct err *err);
void journals_close(struct agent *a); /* fine if they were never opened */

/* NULL when there is none of that boot. Borrowed until the next journals_tidy(). */
struct boot_journal *journals_find(struct agent *a, const char *boot_id);

/* An earlier boot's journal with nothing pending is removed; another may take its place. */
void journals_tidy(struct agent *a, struct boot_journal *of);

#endif

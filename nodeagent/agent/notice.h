#ifndef PUMASI_NODEAGENT_AGENT_NOTICE_H
#define PUMASI_NODEAGENT_AGENT_NOTICE_H

struct agent;

/*
 * Notice to a lease before it ends: a file that its processes can watch, and a program of the site
 * (a webhook, a message, a checkpoint). A recall is told as soon as it is known; any end
 * notice.before it comes, and again when it moves.
 *
 * The file is notice.dir/LEASE.json, written whole: {"lease", "event": "ending", "cause", "ends_at"
 * (RFC 3339), "seconds"}. The program gets LEASE CAUSE ENDS_AT SECONDS. The agent's thread.
 */

/* Tells what has to be told now. */
void notice_give(struct agent *a);

#endif

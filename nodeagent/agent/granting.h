#ifndef PUMASI_NODEAGENT_AGENT_GRANTING_H
#define PUMASI_NODEAGENT_AGENT_GRANTING_H

#include "nodeagent/agent/link.h"

/*
 * Grants: asking the control plane for all of them, and making the guard hold exactly those.
 *
 * There is one question at a time. Its answer was decided after it was asked, so what an answer
 * says of returned leases is no older than the question, and a grant set that comes late can't
 * install a lease that was recalled meanwhile: the recall's poke leads to a question of its own,
 * asked after the late answer. An answer with another nonce than the question's is not an answer.
 *
 * Part of the agent: one thread.
 */
struct agent;

/* A question is wanted within that time; while one is unanswered, after its answer. */
void granting_want(struct agent *a, int64_t within_ms);

/* When granting_ask() wants to be called; AGENT_NEVER_NS while nobody can be asked. */
int64_t granting_due_ns(const struct agent *a);

/* Asks if it is time, saying what the guard holds. */
void granting_ask(struct agent *a);

/* The answer: installs what it names, takes back what it does not. */
void granting_answered(struct agent *a, const struct link_grants *grants);

#endif

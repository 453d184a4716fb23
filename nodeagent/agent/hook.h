#ifndef PUMASI_NODEAGENT_AGENT_HOOK_H
#define PUMASI_NODEAGENT_AGENT_HOOK_H

#include "lib/base/err.h"

#include <stdint.h>
#include <sys/types.h>

/*
 * A site's own program that the agent runs beside its work: it never waits for one, and kills it
 * with its children when its time is over. The program gets its arguments, PATH and nothing else;
 * its output goes where the agent's goes. One thread.
 */
#define HOOK_ARGS_MAX 18

enum hook_state {
    HOOK_IDLE, /* not started, or looked at when it was over */
    HOOK_RUNNING,
    HOOK_DONE,  /* exit status 0 */
    HOOK_FAILED /* any other end, its time among them */
};

struct hook {
    pid_t pid; /* 0: none */
    int64_t until_ns;
};

/* Starts the program with these arguments (NULL ends them). ERR_IO when it can't be. */
MUST_CHECK int hook_start(struct hook *h, const char *program,
                          const char *const args[HOOK_ARGS_MAX], int64_t until_ns, struct err *err);

/* How it stands at that time. DONE and FAILED are told once. */
enum hook_state hook_look(struct hook *h, int64_t now_ns);

/* Kills what runs. */
void hook_end(struct hook *h);

#endif

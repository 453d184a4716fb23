/* Settles the guard's own process. Keeps nothing open. */
#include "nodeagent/guard/self.h"

#include "lib/base/text.h"
#include "nodeagent/kernel/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int write_oom(const char *value)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    int failure = fd < 0 || write(fd, value, strlen(value)) < 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    return failure;
}

/* The guard's own code whole, also what it has not run yet; libraries as far as they were used. */
static void populate_program(void)
{
    extern const char __executable_start, etext;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = (uintptr_t)&__executable_start / page * page;
    (void)madvise((void *)from, (uintptr_t)&etext - from, MADV_POPULATE_READ);
}

void self_settle(struct self *self)
{
    populate_program();
    self->network_error = unshare(CLONE_NEWNET) < 0 ? errno : 0;
    self->oom_error = write_oom("-1000");
    if (self->oom_error != 0)
        (void)write_oom("0"); /* the lowest without CAP_SYS_RESOURCE */
    self->memlock_error = mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0 ? errno : 0;
}

void self_report(const struct self *self, struct guard_status *status)
{
    char text[4096];
    (void)text_cut(status->version, sizeof status->version, PUMASI_VERSION);
    status->memlock_error = self->memlock_error;
    status->oom_error = self->oom_error;
    if (cgroup_read("/proc/self", "oom_score_adj", text, sizeof text))
        status->oom_score_adj = (int32_t)strtol(text, NULL, 10);
    const char *line =
        cgroup_read("/proc/self", "status", text, sizeof text) ? strstr(text, "\nVmRSS:") : NULL;
    if (line && self->memlock_error == 0)
        status->locked_kib = strtoull(line + strlen("\nVmRSS:"), NULL, 10);
}

/* Programs of the site. A running one is a process group of its own. */
#include "nodeagent/agent/hook.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

static int spawn(const char *program, char *const argv[], pid_t *ret)
{
    char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    char *const environment[] = {path, NULL};
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    int rc = posix_spawnattr_init(&attributes);
    ENSURE(rc == 0);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    (void)posix_spawnattr_setpgroup(&attributes, 0);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    rc = posix_spawn(ret, program, NULL, &attributes, argv, environment);
    (void)posix_spawnattr_destroy(&attributes);
    return rc;
}

int hook_start(struct hook *h, const char *program, const char *const args[HOOK_ARGS_MAX],
               int64_t until_ns, struct err *err)
{
    char *argv[HOOK_ARGS_MAX + 2] = {(char *)program};
    ENSURE(h->pid == 0);
    for (size_t i = 0; i < HOOK_ARGS_MAX && args[i]; i++)
        argv[i + 1] = (char *)args[i];
    int rc = spawn(program, argv, &h->pid);
    if (rc != 0) {
        h->pid = 0;
        return err_set(err, ERR_IO, "%s: %s", program, strerror(rc));
    }
    h->until_ns = until_ns;
    return 0;
}

enum hook_state hook_look(struct hook *h, int64_t now_ns)
{
    int status;
    if (h->pid == 0)
        return HOOK_IDLE;
    pid_t ended = waitpid(h->pid, &status, WNOHANG);
    if (ended == 0 && now_ns < h->until_ns)
        return HOOK_RUNNING;
    if (ended == 0)
        hook_end(h);
    h->pid = 0;
    return ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? HOOK_DONE : HOOK_FAILED;
}

void hook_end(struct hook *h)
{
    int status;
    if (h->pid == 0)
        return;
    (void)kill(-h->pid, SIGKILL);
    while (waitpid(h->pid, &status, 0) < 0 && errno == EINTR)
        ;
    h->pid = 0;
}

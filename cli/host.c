/*
 * Owns: nothing; a view of the process. The only place of the room that asks the kernel where the
 * program runs. One thread.
 */
#include "cli/host.h"

#include "lib/base/err.h"

#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char *host_variable(const struct host *host, const char *name)
{
    ENSURE(host && name);
    size_t len = strlen(name);
    for (const char *const *v = host->variables; v && *v; v++) {
        if (strncmp(*v, name, len) == 0 && (*v)[len] == '=')
            return (*v)[len + 1] ? *v + len + 1 : NULL;
    }
    return NULL;
}

static int columns_of(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col;
}

struct host host_real(const char *const *variables, struct host_memory *memory)
{
    ENSURE(memory);
    ssize_t len =
        readlink("/proc/self/exe", memory->program_path, sizeof(memory->program_path) - 1);
    memory->program_path[len > 0 ? len : 0] = '\0';
    bool terminal = isatty(STDOUT_FILENO);
    return (struct host){
        .env = env_real(),
        .variables = variables,
        .program_path = memory->program_path,
        .in = stdin,
        .out = stdout,
        .talk = stderr,
        .out_is_terminal = terminal,
        .talk_is_terminal = isatty(STDERR_FILENO),
        .terminal_columns = terminal ? columns_of(STDOUT_FILENO) : 0,
    };
}

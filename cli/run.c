/*
 * Owns: the command `run`: puts itself into a lease on this node, then becomes the command. The
 * agent asks the kernel whose process it is; nothing here is trusted. One thread.
 */
#include "cli/commands.h"
#include "cli/i18n.h"
#include "cli/invocation.h"
#include "nodeagent/agent/local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_SOCKET "/run/pumasi/agent.socket"

/* Programs find their GPUs by these variables. */
static void name_devices(const struct local_reply *reply)
{
    char list[GRANT_DEVICES_MAX * (GRANT_UUID_CAP + 1)] = "";
    size_t len = 0;
    ENSURE(reply->device_count <= GRANT_DEVICES_MAX);
    for (uint32_t i = 0; i < reply->device_count; i++)
        len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%.*s", i ? "," : "",
                                GRANT_UUID_CAP - 1, reply->uuids[i]);
    setenv("CUDA_VISIBLE_DEVICES", list, 1);
    setenv("NVIDIA_VISIBLE_DEVICES", list, 1);
}

static int become(const struct invocation *inv, struct err *err)
{
    size_t n = invocation_count(inv, "command");
    char **argv = calloc(n + 1, sizeof(*argv));
    ENSURE(argv);
    for (size_t i = 0; i < n; i++)
        argv[i] = (char *)invocation_item(inv, "command", i);
    execvp(argv[0], argv);
    int why = errno;
    err_set(err, why == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s", argv[0], strerror(why));
    free(argv);
    return why == ENOENT ? -ERR_NOT_FOUND : -ERR_IO;
}

static int run_exec(struct invocation *inv, struct err *err)
{
    struct id lease;
    struct local_reply reply = {.code = ERR_OK};
    int64_t timeout_s = invocation_number(inv, "timeout");
    int timeout_ms = timeout_s < INT32_MAX / 1000 ? (int)timeout_s * 1000 : INT32_MAX;
    TRY(id_parse(span_text(invocation_text(inv, "lease")), _("lease"), &lease, err));
    TRY(local_join(invocation_text(inv, "socket"), &lease, timeout_ms, &reply, err));
    if (invocation_flag(inv, "verbose"))
        invocation_say(inv, _("in lease %s with %u devices"), lease.text, reply.device_count);
    name_devices(&reply);
    return become(inv, err);
}

static const struct command_option run_arguments[] = {
    {.name = "command",
     .type = OPTION_TEXT,
     .required = true,
     .repeatable = true,
     .help = N_("the program to run and its arguments, after --")},
    OPTION_END_ROW,
};

static const struct command_option run_options[] = {
    {.name = "lease",
     .letter = 'l',
     .type = OPTION_ID,
     .required = true,
     .help = N_("the lease to run in")},
    {.name = "socket",
     .type = OPTION_FILE,
     .fallback = DEFAULT_SOCKET,
     .help = N_("the socket of this node's agent")},
    OPTION_END_ROW,
};

const struct command run_commands[] = {
    {.noun = "run",
     .summary = N_("run a program in a lease on this node"),
     .details = N_("The program's user must be among those that the lease admits. Its GPUs are "
                   "named in CUDA_VISIBLE_DEVICES."),
     .arguments = run_arguments,
     .options = run_options,
     .examples = (const char *const[]){"pumasi run --lease lease-12 -- python train.py", NULL},
     .exec = run_exec},
    COMMAND_END,
};

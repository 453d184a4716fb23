/* pumasid: the control plane. Options, settings, start, run, stop. */
#include "controlplane/daemon/daemon.h"
#include "controlplane/daemon/settings.h"
#include "lib/base/command_line.h"
#include "lib/base/log_settings.h"
#include "lib/rpc/runtime.h"

#include <malloc.h>

static const struct command_line command_line = {
    .program = "pumasid",
    .purpose = "The control plane of Pumasi.",
    .examples =
        (const char *const[]){
            "pumasid --set control_plane.data_dir=/var/lib/pumasi",
            "pumasid --config /etc/pumasi/pumasid.ini --set log.level=debug",
            NULL,
        },
    .settings = settings_table,
};

static int run(const struct config *config, const sigset_t *signals, struct log *log,
               struct err *err)
{
    struct env env = env_real();
    struct daemon *daemon;
    TRY(daemon_start(&(struct daemon_options){.config = config, .env = &env, .log = log}, &daemon,
                     err));
    int rc = daemon_wait(daemon, signals, err);
    daemon_stop(daemon);
    return rc;
}

int main(int argc, char **argv)
{
    struct err err = ERR_INIT;
    struct config *config;
    struct log *log = NULL;
    sigset_t signals;
    /* One heap: what one thread takes another gives back, and heaps of their own each keep their
     * most. A fifth less memory with a thousand nodes; before the first thread. */
    (void)mallopt(M_ARENA_MAX, 1);
    if (command_line_read(&command_line, argc, argv, &config, &err) < 0)
        return command_line_fail(&command_line, &err);
    if (!config)
        return 0;
    rpc_runtime_block_signals(&signals);
    int rc = log_settings_open(command_line.program, config, &log, &err);
    if (rc == 0)
        rc = run(config, &signals, log, &err);
    log_destroy(log);
    config_destroy(config);
    return rc < 0 ? command_line_fail(&command_line, &err) : 0;
}

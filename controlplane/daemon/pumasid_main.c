/* pumasid: the control plane. Options, settings, start, run, stop. */
#include "controlplane/daemon/daemon.h"
#include "controlplane/daemon/settings.h"
#include "lib/rpc/runtime.h"

#include <stdio.h>

static int fail(const struct err *err)
{
    (void)fprintf(stderr, "pumasid: %s (%s)\n", err->text, err_advice(err->code));
    return err_exit_code(err->code);
}

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
    enum settings_wish wish;
    sigset_t signals;
    if (settings_read(argc, argv, &config, &wish, &err) < 0)
        return fail(&err);
    if (wish == SETTINGS_SHOWN) {
        config_destroy(config);
        return 0;
    }
    rpc_runtime_block_signals(&signals);
    struct log *log = NULL;
    int rc = settings_open_log(config, &log, &err);
    if (rc == 0)
        rc = run(config, &signals, log, &err);
    log_destroy(log);
    config_destroy(config);
    return rc < 0 ? fail(&err) : 0;
}

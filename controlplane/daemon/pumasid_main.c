/* pumasid: the control plane. Options, settings, start, run, stop. */
#include "controlplane/daemon/daemon.h"
#include "controlplane/daemon/settings.h"
#include "lib/rpc/runtime.h"

#include <stdio.h>
#include <string.h>

static int fail(const struct err *err)
{
    (void)fprintf(stderr, "pumasid: %s (%s)\n", err->text, err_advice(err->code));
    return err_exit_code(err->code);
}

static struct log *open_log(const struct config *config)
{
    static const char *const levels[LOG_LEVEL_COUNT] = {"debug", "info", "warn", "error"};
    const char *wanted = config_text(config, "log.level");
    enum log_level level = LOG_LEVEL_INFO;
    for (int i = 0; i < LOG_LEVEL_COUNT; i++) {
        if (strcmp(levels[i], wanted) == 0)
            level = (enum log_level)i;
    }
    bool json = strcmp(config_text(config, "log.format"), "json") == 0;
    return log_create("pumasid", 2, level, json ? LOG_FORMAT_JSON : LOG_FORMAT_LOGFMT);
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
    struct env env = env_real();
    struct log *log = open_log(config);
    struct daemon *daemon;
    int rc = daemon_start(&(struct daemon_options){.config = config, .env = &env, .log = log},
                          &daemon, &err);
    if (rc == 0) {
        rc = daemon_wait(daemon, &signals, &err);
        daemon_stop(daemon);
    }
    log_destroy(log);
    config_destroy(config);
    return rc < 0 ? fail(&err) : 0;
}

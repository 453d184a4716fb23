/* pumasi-agent: the agent of a GPU node. Options, settings, start, run, stop. */
#include "lib/rpc/runtime.h"
#include "nodeagent/agent/agent.h"
#include "nodeagent/agent/agent_settings.h"

#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int fail(const struct err *err)
{
    (void)fprintf(stderr, "pumasi-agent: %s (%s)\n", err->text, err_advice(err->code));
    return err_exit_code(err->code);
}

static int run(const struct agent_options *options, int stop_fd, struct err *err)
{
    struct agent *agent;
    TRY(agent_create(options, &agent, err));
    agent_run(agent, stop_fd);
    agent_destroy(agent);
    return 0;
}

int main(int argc, char **argv)
{
    struct err err = ERR_INIT;
    struct config *config;
    sigset_t signals;
    bool shown;
    if (agent_settings_read(argc, argv, &config, &shown, &err) < 0)
        return fail(&err);
    if (shown) {
        config_destroy(config);
        return 0;
    }
    rpc_runtime_block_signals(&signals);
    sigdelset(&signals, SIGHUP);
    int stop_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    struct env env = env_real();
    struct log *log = log_create("pumasi-agent", 2, (enum log_level)config_int(config, "log.level"),
                                 LOG_FORMAT_LOGFMT);
    struct agent_options options = {.config = config, .env = &env, .log = log};
    int rc = run(&options, stop_fd, &err);
    close(stop_fd);
    log_destroy(log);
    config_destroy(config);
    return rc < 0 ? fail(&err) : 0;
}

/* pumasi-agent: the agent of a GPU node. Options, settings, start, run, stop. */
#include "lib/base/command_line.h"
#include "lib/base/log_settings.h"
#include "lib/rpc/runtime.h"
#include "nodeagent/agent/agent.h"
#include "nodeagent/agent/agent_settings.h"

#include <sys/signalfd.h>
#include <unistd.h>

static const struct command_line command_line = {
    .program = "pumasi-agent",
    .purpose = "The agent of a GPU node.",
    .examples =
        (const char *const[]){
            "pumasi-agent --config /etc/pumasi/agent.ini",
            "pumasi-agent --set control_plane.servers=10.0.0.1:7443",
            NULL,
        },
    .settings = agent_settings_table,
};

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
    struct log *log = NULL;
    if (command_line_read(&command_line, argc, argv, &config, &err) < 0)
        return command_line_fail(&command_line, &err);
    if (!config)
        return 0;
    rpc_runtime_block_signals(&signals);
    sigdelset(&signals, SIGHUP);
    int stop_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    struct env env = env_real();
    int rc = log_settings_open(command_line.program, config, &log, &err);
    struct agent_options options = {.config = config, .env = &env, .log = log};
    if (rc == 0)
        rc = run(&options, stop_fd, &err);
    close(stop_fd);
    log_destroy(log);
    config_destroy(config);
    return rc < 0 ? command_line_fail(&command_line, &err) : 0;
}

/* pumasi-guard: enforces the leases of one node, with the network, the control plane and the agent
 * there or not. */
#include "lib/base/command_line.h"
#include "lib/base/log_settings.h"
#include "lib/pki/pool.h"
#include "nodeagent/guard/server.h"
#include "nodeagent/guard/settings.h"
#include "nodeagent/kernel/bpf.h"

#include <stdio.h>
#include <sys/stat.h>

static int detach(const struct config *config, struct err *err)
{
    int count;
    TRY(bpf_detach(config_text(config, "guard.cgroup_root"), config_text(config, "node.id"), &count,
                   err));
    printf("detached %d programs\n", count);
    return 0;
}

/* Of libcrypto: what verifying takes, and as much again. All of it is there from the start, so that
 * a machine without memory still takes devices back; when it is not enough, grants are refused. */
#define CRYPTO_BYTES (512 << 10)

/* The gate without the guard, for the time of booting before it. */
static int close_early(const struct config *config, struct err *err)
{
    struct tier_config tier_config;
    TRY(settings_tier(config, &tier_config, err));
    TRY(tier_close_early(&tier_config, err));
    printf("nobody opens a GPU of node %s before its guard says so\n", tier_config.node);
    return 0;
}

static int enforce(const struct config *config, struct log *log, struct err *err)
{
    struct tier_config tier_config;
    struct guard_config guard_config;
    struct self self;
    struct tier *tier = NULL;
    struct guard *guard = NULL;
    struct server *server = NULL;
    const struct server_config server_config = {
        .path = config_text(config, "guard.socket"),
        .agent_uid = (uid_t)config_int(config, "guard.agent_uid"),
        .self = &self,
        .log = log,
    };
    TRY(pki_pool_begin(CRYPTO_BYTES, err));
    TRY(settings_tier(config, &tier_config, err));
    TRY(settings_guard(config, &guard_config, err));
    (void)mkdir(guard_config.state_dir, 0700); /* a failure shows when it is used */
    int rc = tier_create(&tier_config, &tier, err);
    if (rc == 0)
        rc = guard_create(&guard_config, tier, env_real(), &guard, err);
    if (rc == 0)
        rc = server_create(guard, &server_config, &server, err);
    if (rc == 0) {
        self_settle(&self);
        log_event(log, LOG_LEVEL_INFO, "guard.ready", LOG_STR("tier", tier->ops->name),
                  LOG_INT("memlock_error", self.memlock_error),
                  LOG_INT("oom_error", self.oom_error),
                  LOG_INT("network_error", self.network_error),
                  LOG_INT("crypto_bytes", (int64_t)pki_pool_use().most));
        rc = server_run(server, err);
    }
    server_destroy(server);
    guard_destroy(guard);
    tier_destroy(tier);
    return rc;
}

static int run(const struct config *config, struct err *err)
{
    struct log *log;
    TRY(log_settings_open("pumasi-guard", config, &log, err));
    int rc = enforce(config, log, err);
    log_destroy(log);
    return rc;
}

int main(int argc, char **argv)
{
    bool off = false, early = false;
    const struct command_line_option options[] = {
        {"node", "ID", "node.id", NULL, "this node; short for --set node.id=ID"},
        {"cgroup-root", "DIR", "guard.cgroup_root", NULL,
         "what is guarded; short for --set guard.cgroup_root=DIR"},
        {"detach", NULL, NULL, &off, "take the guard of this node off the kernel and exit"},
        {"early", NULL, NULL, &early,
         "close all gated devices and exit; the guard takes that over"},
        {.name = NULL},
    };
    const struct command_line command_line = {
        .program = "pumasi-guard",
        .purpose = "Enforces the leases of one GPU node.",
        .examples = (const char *const[]){"pumasi-guard --config /etc/pumasi/guard.ini",
                                          "pumasi-guard --node node-01 --detach", NULL},
        .settings = settings_table,
        .options = options,
    };
    struct err err = ERR_INIT;
    struct config *config;
    if (command_line_read(&command_line, argc, argv, &config, &err) < 0)
        return command_line_fail(&command_line, &err);
    if (!config)
        return 0;
    int rc = off ? detach(config, &err) : early ? close_early(config, &err) : run(config, &err);
    config_destroy(config);
    return rc < 0 ? command_line_fail(&command_line, &err) : 0;
}

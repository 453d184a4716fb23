/* pumasi-guard: enforces the leases of one node, with the network, the control plane and the agent
 * there or not. */
#include "nodeagent/guard/bpf.h"
#include "nodeagent/guard/server.h"
#include "nodeagent/guard/settings.h"

#include <stdio.h>
#include <sys/stat.h>

static int detach(const struct config *c, struct err *err)
{
    int count;
    TRY(bpf_detach(config_text(c, "guard.cgroup_root"), config_text(c, "node.id"), &count, err));
    printf("detached %d programs\n", count);
    return 0;
}

static int enforce(const struct settings *s, struct log *log, struct err *err)
{
    struct tier_config tier_config;
    struct guard_config guard_config;
    struct self self;
    struct tier *tier = NULL;
    struct guard *guard = NULL;
    struct server *server = NULL;
    const struct server_config server_config = {
        .path = config_text(s->config, "guard.socket"),
        .agent_uid = (uid_t)config_int(s->config, "guard.agent_uid"),
        .self = &self,
        .log = log,
    };
    TRY(settings_tier(s, &tier_config, err));
    TRY(settings_guard(s, &guard_config, err));
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
                  LOG_INT("oom_error", self.oom_error));
        rc = server_run(server, err);
    }
    server_destroy(server);
    guard_destroy(guard);
    tier_destroy(tier);
    return rc;
}

static int act(const struct settings *s, struct err *err)
{
    switch (s->action) {
    case SETTINGS_HELP:
        puts("usage: pumasi-guard [--config FILE] [--set SECTION.KEY=VALUE]... [--node ID]\n"
             "                    [--cgroup-root DIR] [--dump-config | --detach | --version]\n");
        config_help(settings_table, stdout);
        return 0;
    case SETTINGS_VERSION:
        puts("pumasi-guard " PUMASI_VERSION);
        return 0;
    case SETTINGS_DUMP:
        config_dump(s->config, stdout);
        return 0;
    case SETTINGS_DETACH:
        return detach(s->config, err);
    case SETTINGS_RUN:
        break;
    }
    enum log_level level = (enum log_level)config_int(s->config, "log.level");
    struct log *log = log_create("pumasi-guard", 2, level, LOG_FORMAT_LOGFMT);
    int rc = enforce(s, log, err);
    log_destroy(log);
    return rc;
}

int main(int argc, char **argv)
{
    struct settings settings;
    struct err err = ERR_INIT;
    int rc = settings_init(&settings, argc, argv, &err);
    if (rc == 0)
        rc = act(&settings, &err);
    settings_fini(&settings);
    if (rc < 0)
        fprintf(stderr, "pumasi-guard: %s\n%s\n", err.text, err_advice(err.code));
    return rc < 0 ? err_exit_code(err.code) : 0;
}

/* The options of pumasi-agent: one table, and the command line. */
#include "nodeagent/agent/agent_settings.h"

#include <getopt.h>
#include <stdio.h>

const struct config_option agent_settings_table[] = {
    {"control_plane.servers", CONFIG_TEXT, "127.0.0.1:7443", 0, 0,
     "HOST:PORT[,HOST:PORT...] of the control planes; tried in turn"},
    {"node.identity", CONFIG_TEXT, "/etc/pumasi/node", 0, 0,
     "directory that `pumasi node join` made: certificate, key, authority"},
    {"guard.socket", CONFIG_TEXT, "/run/pumasi/guard.socket", 0, 0, "where the guard listens"},
    {"agent.socket", CONFIG_TEXT, "/run/pumasi/agent.socket", 0, 0,
     "where `pumasi run` connects; everybody may"},
    {"agent.state_dir", CONFIG_TEXT, "/var/lib/pumasi/agent", 0, 0,
     "journal of usage; on a disk that outlives a reboot"},
    {"gpu.nvml", CONFIG_TEXT, "", 0, 0, "NVML library; empty: libnvidia-ml.so.1 of the system"},
    {"gpu.major", CONFIG_INT, "195", 1, 4095, "major number of the GPUs' device nodes"},
    {"usage.period", CONFIG_DURATION, "1h", 1, 86400,
     "how often a running lease's usage is written down"},
    {"log.level", CONFIG_INT, "1", 0, 3, "least to log: 0 debug, 1 info, 2 warnings, 3 errors"},
    {.name = NULL},
};

static void show_help(void)
{
    printf("Usage: pumasi-agent [--config FILE] [--set SECTION.KEY=VALUE]...\n\n"
           "The agent of a GPU node. Examples:\n\n"
           "  pumasi-agent --config /etc/pumasi/agent.ini\n"
           "  pumasi-agent --set control_plane.servers=10.0.0.1:7443\n\n"
           "Options:\n"
           "  --config FILE            settings, in sections of KEY = VALUE\n"
           "  --set SECTION.KEY=VALUE  one setting, over the file's\n"
           "  --dump-config            print the settings in force and exit\n"
           "  --help, --version\n\nSettings:\n");
    config_help(agent_settings_table, stdout);
}

static int read_options(int argc, char **argv, struct config *c, bool *shown, struct err *err)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"set", required_argument, NULL, 's'},
        {"dump-config", no_argument, NULL, 'd'},  {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},      {NULL, 0, NULL, 0},
    };
    int option;
    bool dump = false;
    opterr = 0;
    while (!*shown && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            TRY(config_read_file(c, optarg, err));
            break;
        case 's':
            TRY(config_set(c, optarg, err));
            break;
        case 'd':
            dump = true;
            break;
        case 'h':
            show_help();
            *shown = true;
            break;
        case 'v':
            printf("pumasi-agent %s\n", PUMASI_VERSION);
            *shown = true;
            break;
        default:
            return err_set(err, ERR_INVALID, "unknown or incomplete option %s: see --help",
                           argv[optind - 1]);
        }
    }
    if (!*shown && optind < argc)
        return err_set(err, ERR_INVALID, "unexpected argument \"%s\": see --help", argv[optind]);
    if (dump && !*shown) {
        config_dump(c, stdout);
        *shown = true;
    }
    return 0;
}

int agent_settings_read(int argc, char **argv, struct config **ret, bool *ret_shown,
                        struct err *err)
{
    struct config *c = config_create(agent_settings_table);
    bool shown = false;
    int rc = read_options(argc, argv, c, &shown, err);
    if (rc < 0) {
        config_destroy(c);
        return rc;
    }
    *ret = c;
    *ret_shown = shown;
    return 0;
}

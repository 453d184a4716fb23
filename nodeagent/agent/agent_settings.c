/* The settings of pumasi-agent: one row each. */
#include "nodeagent/agent/agent_settings.h"

#include "lib/base/log_settings.h"

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
    {"notice.dir", CONFIG_TEXT, "", 0, 0,
     "directory of LEASE.json, which tells a lease that it will end; empty: none"},
    {"notice.before", CONFIG_DURATION, "5m", 1, 86400,
     "how long before its end a lease is told; a recall is told at once"},
    {"notice.command", CONFIG_TEXT, "", 0, 0,
     "program that is told too: LEASE CAUSE ENDS-AT SECONDS; empty: none"},
    {"handover.command", CONFIG_TEXT, "", 0, 0,
     "program that scrubs and verifies: LEASE UUID...; devices are returned when it has succeeded"},
    {"handover.timeout", CONFIG_DURATION, "30", 1, 3600,
     "after so long it has failed, and its devices are tainted"},
    {"handover.escalate", CONFIG_TEXT, "", 0, 0,
     "program that is told of devices that could not be verified: LEASE"},
    LOG_SETTINGS,
    {.name = NULL},
};

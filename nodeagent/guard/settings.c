/* One row a setting; parser, --help and --dump-config follow from the table. Texts handed out are
 * borrowed from the struct config. */
#include "nodeagent/guard/settings.h"

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/log_settings.h"
#include "lib/base/text.h"

#include <string.h>

#define PATH_LONGEST 90 /* of a cgroup path in the settings: room for node and lease below it */

const struct config_option settings_table[] = {
    {"node.id", CONFIG_TEXT, "", 0, 0, "id of this node, as the control plane knows it; required"},
    {"node.owner", CONFIG_TEXT, "", 0, 0, "organisation that owns its devices; required"},
    {"node.pools", CONFIG_TEXT, "", 0, 0,
     "pools its devices belong to, separated by commas; a loan of another pool is refused"},
    {"guard.cgroup_root", CONFIG_TEXT, "/sys/fs/cgroup", 0, 0,
     "cgroup2 directory that is guarded with all below it: the mount point, in production"},
    {"guard.v1_root", CONFIG_TEXT, "/sys/fs/cgroup", 0, 0,
     "where cgroup v1 has \"devices\" and \"freezer\", if it has"},
    {"guard.probe_dir", CONFIG_TEXT, "/dev", 0, 0,
     "a device node is made here for a moment at start, to see that it is refused"},
    {"guard.socket", CONFIG_TEXT, "/run/pumasi/guard.socket", 0, 0, "where the agent connects"},
    {"guard.agent_uid", CONFIG_INT, "0", 0, UINT32_MAX - 1,
     "user of the agent; beside root, nobody else may connect"},
    {"guard.state_dir", CONFIG_TEXT, "/run/pumasi/guard", 0, 0,
     "file of leases; may be a tmpfs, since a reboot ends every lease"},
    {"guard.kill_timeout", CONFIG_DURATION, "10", 1, 3600,
     "after so long with processes or holders left, the devices are reported tainted"},
    {"guard.infra_cgroups", CONFIG_TEXT, "", 0, 0,
     "cgroups below cgroup_root that may always open (agent, nvidia-persistenced), by commas"},
    {"devices.gated", CONFIG_TEXT,
     "c 195:*, c nvidia-uvm:*, c nvidia-caps:*, c nvidia-nvswitch:*, c "
     "nvidia-caps-imex-channels:*, "
     "c drm:*",
     0, 0,
     "devices that nobody opens without a lease: \"c MAJOR:MINOR\" or \"c MAJOR:*\", by commas; "
     "for "
     "a number, the driver's name in /proc/devices"},
    {"devices.common", CONFIG_TEXT, "c 195:255, c nvidia-uvm:0, c nvidia-uvm:1", 0, 0,
     "of them, what every lease may open beside its own devices (nvidiactl, nvidia-uvm)"},
    {"keys.control_plane", CONFIG_TEXT, "/etc/pumasi/keys/control-plane", 0, 0,
     "directory of *.pem: public keys whose grants are obeyed"},
    {"keys.owner", CONFIG_TEXT, "/etc/pumasi/keys/owner", 0, 0,
     "directory of *.pem: public keys of the owner, who lends"},
    LOG_SETTINGS,
    {.name = NULL},
};

static int check_path(const struct config *config, const char *name, struct err *err)
{
    const char *path = config_text(config, name);
    if (path[0] != '/' || strlen(path) > PATH_LONGEST)
        return err_set(err, ERR_INVALID, "%s: an absolute path of at most %d bytes", name,
                       PATH_LONGEST);
    return 0;
}

static int read_id(const struct config *config, const char *name, struct id *ret, struct err *err)
{
    return id_parse(span_text(config_text(config, name)), name, ret, err);
}

static int read_rules(const struct config *config, const char *name, struct rules *ret,
                      struct err *err)
{
    int rc = rules_parse(span_text(config_text(config, name)), ret, err);
    tier_resolve(ret);
    return rc < 0 ? err_prefix(err, rc, "%s", name) : 0;
}

static int check_common(const struct rules *common, struct err *err)
{
    for (size_t i = 0; i < common->count; i++) {
        if (common->items[i].minor == RULE_ANY_MINOR)
            return err_set(err, ERR_INVALID, "devices.common: entry %zu needs an exact minor",
                           i + 1);
    }
    return 0;
}

int settings_tier(const struct config *config, struct tier_config *ret, struct err *err)
{
    struct id node;
    TRY(read_id(config, "node.id", &node, err));
    TRY(check_path(config, "guard.cgroup_root", err));
    TRY(check_path(config, "guard.v1_root", err));
    TRY(check_path(config, "guard.probe_dir", err));
    struct tier_config c = {
        .node = config_text(config, "node.id"),
        .cgroup_root = config_text(config, "guard.cgroup_root"),
        .v1_root = config_text(config, "guard.v1_root"),
        .probe_dir = config_text(config, "guard.probe_dir"),
        .infra_cgroups = config_text(config, "guard.infra_cgroups"),
    };
    TRY(read_rules(config, "devices.gated", &c.gated, err));
    TRY(read_rules(config, "devices.common", &c.common, err));
    if (c.gated.count == 0)
        return err_set(err, ERR_INVALID, "devices.gated: names no device");
    TRY(check_common(&c.common, err));
    *ret = c;
    return 0;
}

static int read_boot_id(uint8_t dst[GRANT_BOOT_BYTES], struct err *err)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, 64);
    TRY(file_read("/proc/sys/kernel/random/boot_id", &text, err));
    return grant_boot_parse(span_of(text.data, text.len - (text.len > 0)), dst, err);
}

int settings_guard(const struct config *config, struct guard_config *ret, struct err *err)
{
    struct guard_config c = {
        .state_dir = config_text(config, "guard.state_dir"),
        .kill_timeout_ns = (uint64_t)config_int(config, "guard.kill_timeout") * 1000000000,
        .admit = {.pools = config_text(config, "node.pools")},
    };
    TRY(read_id(config, "node.id", &c.admit.node, err));
    TRY(read_id(config, "node.owner", &c.admit.owner, err));
    TRY(read_rules(config, "devices.gated", &c.admit.gated, err));
    TRY(keyring_load(config_text(config, "keys.control_plane"), &c.admit.control_plane, err));
    TRY(keyring_load(config_text(config, "keys.owner"), &c.admit.lenders, err));
    TRY(read_boot_id(c.admit.boot_id, err));
    *ret = c;
    return 0;
}

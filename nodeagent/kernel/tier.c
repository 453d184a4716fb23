/* What the tiers share, and the choice between them. */
#include "nodeagent/kernel/tier.h"

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "nodeagent/kernel/cgroup.h"
#include "nodeagent/kernel/tier_bpf.h"
#include "nodeagent/kernel/tier_v1.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

int tier_base(char dst[TIER_BASE_CAP], const char *root, const char *node, struct err *err)
{
    int n = snprintf(dst, TIER_BASE_CAP, "%s/pumasi-%s", root, node);
    if (n < 0 || n >= TIER_BASE_CAP)
        return err_set(err, ERR_INVALID, "cgroup path %s/pumasi-%s is too long", root, node);
    return cgroup_make(dst, err);
}

void tier_resolve(struct rules *rules)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, 65536);
    if (file_read("/proc/devices", &text, NULL) == 0)
        rules_resolve(rules, buf_span(&text));
}

size_t tier_list(const char *base, struct id *dst, size_t cap)
{
    size_t n = 0;
    DIR *dir = opendir(base);
    if (!dir)
        return 0;
    for (struct dirent *entry; n < cap && (entry = readdir(dir)) != NULL;) {
        if (entry->d_type == DT_DIR &&
            id_parse(span_text(entry->d_name), "lease", &dst[n], NULL) == 0)
            n++;
    }
    closedir(dir);
    return n;
}

bool tier_device(const struct tier_config *config, const struct tier_lease *l, size_t i,
                 struct rule *ret)
{
    ENSURE(l->count <= GRANT_DEVICES_MAX && config->common.count <= RULES_MAX);
    if (i < l->count)
        *ret = (struct rule){.major = l->devices[i].major, .minor = l->devices[i].minor};
    else if (i - l->count < config->common.count)
        *ret = config->common.items[i - l->count];
    else
        return false;
    return true;
}

bool tier_next_infra(const char **at, const char *root, char dst[TIER_BASE_CAP])
{
    const char *item = *at + strspn(*at, ", ");
    size_t len = strcspn(item, ", ");
    *at = item + len;
    if (len == 0)
        return false;
    int n = snprintf(dst, TIER_BASE_CAP, "%s/%.*s", root, (int)len, item);
    ENSURE(n > 0 && n < TIER_BASE_CAP); /* settings bound the lengths at start */
    return true;
}

/* What the child of the probe saw; its exit status. */
enum probe { PROBE_HOLDS, PROBE_NO_JOIN, PROBE_OPENED, PROBE_NULL_REFUSED, PROBE_ODD };

static const char *const probe_texts[] = {
    [PROBE_HOLDS] = "holds",
    [PROBE_NO_JOIN] = "the probe could not join its cgroup",
    [PROBE_OPENED] = "a gated device opened without a lease",
    [PROBE_NULL_REFUSED] = "/dev/null is refused",
    [PROBE_ODD] = "the open failed otherwise than by refusal",
};

static enum probe probe_child(const char *cgroup, const char *node)
{
    if (cgroup_write(cgroup, "cgroup.procs", "0", NULL) < 0)
        return PROBE_NO_JOIN;
    if (open("/dev/null", O_RDWR | O_CLOEXEC) < 0)
        return PROBE_NULL_REFUSED;
    if (open(node, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) >= 0)
        return PROBE_OPENED;
    return errno == EPERM ? PROBE_HOLDS : PROBE_ODD;
}

int tier_probe(const struct tier_config *config, const char *cgroup, struct err *err)
{
    char node[CGROUP_PATH_CAP], name[128];
    const struct rule *rule = &config->gated.items[0];
    ENSURE(config->gated.count > 0);
    (void)snprintf(name, sizeof name, "pumasi-probe-%s", config->node);
    cgroup_path(node, config->probe_dir, name);
    (void)unlink(node);
    dev_t device = makedev(rule->major, rule->minor == RULE_ANY_MINOR ? 0 : rule->minor);
    if (mknod(node, S_IFCHR | 0600, device) < 0)
        return err_set(err, ERR_UNSUPPORTED, "probe: mknod %s: %s", node, strerror(errno));
    pid_t child = fork();
    if (child == 0)
        _exit(probe_child(cgroup, node));
    int status = -1;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    (void)unlink(node);
    int seen = child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : PROBE_ODD;
    if (seen != PROBE_HOLDS)
        return err_set(err, ERR_UNSUPPORTED, "probe: %s",
                       probe_texts[seen <= PROBE_ODD ? seen : PROBE_ODD]);
    return 0;
}

int tier_create(const struct tier_config *config, struct tier **ret, struct err *err)
{
    struct err bpf = ERR_INIT, v1 = ERR_INIT;
    ENSURE(config->gated.count > 0 && config->node[0] != '\0');
    if (tier_bpf_create(config, ret, &bpf) == 0 || tier_v1_create(config, ret, &v1) == 0)
        return 0;
    return err_set(err, ERR_UNSUPPORTED, "this kernel enforces nothing: bpf: %.200s; v1: %.200s",
                   bpf.text, v1.text);
}

void tier_destroy(struct tier *t)
{
    if (t)
        t->ops->destroy(t);
}

int tier_close_early(const struct tier_config *config, struct err *err)
{
    struct tier *tier;
    TRY(tier_bpf_create(config, &tier, err));
    tier_destroy(tier); /* the program stays */
    return 0;
}

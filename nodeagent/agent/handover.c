/* Handovers. One file each in agent.state_dir: "owed-LEASE.FENCE", with the boot id and the
 * devices, a line each. */
#include "nodeagent/agent/handover.h"

#include "lib/base/file.h"
#include "lib/base/text.h"
#include "nodeagent/agent/agent_internal.h"
#include "nodeagent/agent/granting.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PREFIX    "owed-"
#define FILE_MAX  2048
#define BESIDE_MS 60000

static const char *command(const struct agent *a)
{
    return config_text(a->options.config, "handover.command");
}

static struct handover *find(struct agent *a, const struct id *lease, uint64_t fence)
{
    for (size_t i = 0; i < HANDOVERS_MAX; i++) {
        struct handover *h = &a->handovers.items[i];
        if (h->state != HANDOVER_FREE && h->fence == fence && id_equal(&h->lease, lease))
            return h;
    }
    return NULL;
}

static struct handover *free_place(struct agent *a)
{
    for (size_t i = 0; i < HANDOVERS_MAX; i++) {
        if (a->handovers.items[i].state == HANDOVER_FREE)
            return &a->handovers.items[i];
    }
    return NULL;
}

/* ---- on disk ---- */

static void path_of(const struct agent *a, const struct handover *h, char dst[4096])
{
    (void)snprintf(dst, 4096, "%s/" PREFIX "%s.%" PRIu64,
                   config_text(a->options.config, "agent.state_dir"), h->lease.text, h->fence);
}

static int keep(const struct agent *a, const struct handover *h, struct err *err)
{
    char path[4096];
    CLEANUP_BUF struct buf text;
    buf_init(&text, FILE_MAX);
    buf_printf(&text, "%s\n", a->journals[0].boot_id);
    for (size_t i = 0; i < h->uuid_count; i++)
        buf_printf(&text, "%s\n", h->uuids[i]);
    ENSURE(!text.full);
    path_of(a, h, path);
    return file_write(path, buf_span(&text), 0600, err);
}

/* The next line, NUL-terminated in the text itself; NULL at the end. */
static char *next_line(char **rest)
{
    char *line = *rest;
    char *end = strchr(line, '\n');
    if (!end)
        return NULL;
    *end = '\0';
    *rest = end + 1;
    return line;
}

static void read_devices(struct agent *a, struct handover *h)
{
    char path[4096];
    CLEANUP_BUF struct buf text;
    buf_init(&text, FILE_MAX);
    path_of(a, h, path);
    if (file_read(path, &text, NULL) < 0)
        return;
    buf_append_char(&text, '\0');
    char *rest = (char *)text.data;
    const char *boot = next_line(&rest);
    if (!boot || strcmp(boot, a->journals[0].boot_id) != 0)
        h->state = HANDOVER_DUE; /* its lease ended with that boot */
    for (const char *uuid; h->uuid_count < GRANT_DEVICES_MAX && (uuid = next_line(&rest)) != NULL;)
        (void)text_cut(h->uuids[h->uuid_count++], GRANT_UUID_CAP, uuid);
}

static void take_in(struct agent *a, const char *name)
{
    struct handover read = {.state = HANDOVER_OWED};
    const char *dot = strrchr(name, '.');
    struct handover *h = free_place(a);
    int64_t fence;
    if (!h || !dot || strncmp(name, PREFIX, strlen(PREFIX)) != 0)
        return;
    const char *lease = name + strlen(PREFIX);
    if (id_parse(span_of(lease, (size_t)(dot - lease)), "lease", &read.lease, NULL) < 0 ||
        text_to_i64(span_text(dot + 1), "fence", 0, INT64_MAX, &fence, NULL) < 0)
        return;
    read.fence = (uint64_t)fence;
    read_devices(a, &read);
    *h = read;
}

void handover_open(struct agent *a)
{
    DIR *dir = opendir(config_text(a->options.config, "agent.state_dir"));
    if (!dir)
        return;
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        take_in(a, entry->d_name);
    closedir(dir);
}

/* ---- owing ---- */

int handover_owe(struct agent *a, const struct link_grant *grant, struct err *err)
{
    struct grant decoded;
    if (command(a)[0] == '\0')
        return 0;
    TRY(grant_decode(span_of(grant->install.grant.data, grant->install.grant.len), &decoded, err));
    struct handover *h = find(a, &decoded.lease, decoded.fence);
    if (h)
        return 0;
    h = free_place(a);
    if (!h)
        return err_set(err, ERR_LIMIT, "%d handovers are owed", HANDOVERS_MAX);
    struct handover owed = {.state = HANDOVER_OWED, .lease = decoded.lease, .fence = decoded.fence};
    for (size_t i = 0; i < decoded.device_count; i++) {
        if (decoded.devices[i].uuid[0] != '\0')
            memcpy(owed.uuids[owed.uuid_count++], decoded.devices[i].uuid, GRANT_UUID_CAP);
    }
    TRY(keep(a, &owed, err));
    *h = owed;
    return 0;
}

const char *handover_after(struct agent *a, const struct id *lease, uint64_t fence)
{
    struct handover *h = find(a, lease, fence);
    if (!h)
        return "returned";
    if (h->state == HANDOVER_OWED)
        h->state = HANDOVER_DUE;
    return h->state == HANDOVER_FAILED ? "tainted" : "draining";
}

/* ---- carrying out ---- */

static void fail(struct agent *a, struct handover *h)
{
    const char *const args[HOOK_ARGS_MAX] = {h->lease.text};
    log_event(a->options.log, LOG_LEVEL_ERROR, "handover.failed", LOG_STR("lease", h->lease.text));
    h->state = HANDOVER_FAILED;
    handover_beside(a, "handover.escalate", args);
    granting_want(a, 0);
}

static void begin(struct agent *a, struct handover *h)
{
    struct err err = ERR_INIT;
    const char *args[HOOK_ARGS_MAX] = {h->lease.text};
    for (size_t i = 0; i < h->uuid_count; i++)
        args[i + 1] = h->uuids[i];
    int64_t most_ms = config_int(a->options.config, "handover.timeout") * 1000;
    if (hook_start(&h->scrub, command(a), args, agent_in_ms(a, most_ms), &err) < 0) {
        agent_warn(a, "handover.not-run", &err);
        fail(a, h);
        return;
    }
    h->state = HANDOVER_RUNS;
}

static void look(struct agent *a, struct handover *h)
{
    char path[4096];
    enum hook_state state = hook_look(&h->scrub, agent_now_ns(a));
    if (state == HOOK_RUNNING)
        return;
    if (state != HOOK_DONE) {
        fail(a, h);
        return;
    }
    log_event(a->options.log, LOG_LEVEL_INFO, "handover.clean", LOG_STR("lease", h->lease.text));
    path_of(a, h, path);
    (void)unlink(path); /* one that stays is done once more at the next start */
    h->state = HANDOVER_FREE;
    granting_want(a, 0);
}

void handover_go_on(struct agent *a)
{
    for (size_t i = 0; i < HANDOVERS_MAX; i++) {
        struct handover *h = &a->handovers.items[i];
        if (h->state == HANDOVER_DUE)
            begin(a, h);
        else if (h->state == HANDOVER_RUNS)
            look(a, h);
    }
    for (size_t i = 0; i < BESIDE_MAX; i++) {
        if (hook_look(&a->handovers.beside[i], agent_now_ns(a)) == HOOK_FAILED)
            log_event(a->options.log, LOG_LEVEL_WARN, "hook.failed");
    }
}

void handover_beside(struct agent *a, const char *setting, const char *const args[HOOK_ARGS_MAX])
{
    struct err err = ERR_INIT;
    const char *program = config_text(a->options.config, setting);
    struct hook *free_hook = NULL;
    for (size_t i = 0; i < BESIDE_MAX; i++) {
        if (a->handovers.beside[i].pid == 0)
            free_hook = &a->handovers.beside[i];
    }
    if (program[0] == '\0')
        return;
    int rc = free_hook
                 ? hook_start(free_hook, program, args, agent_in_ms(a, BESIDE_MS), &err)
                 : err_set(&err, ERR_LIMIT, "%s: %d programs run already", setting, BESIDE_MAX);
    if (rc < 0)
        agent_warn(a, "hook.not-run", &err);
}

void handover_close(struct agent *a)
{
    for (size_t i = 0; i < HANDOVERS_MAX; i++)
        hook_end(&a->handovers.items[i].scrub);
    for (size_t i = 0; i < BESIDE_MAX; i++)
        hook_end(&a->handovers.beside[i]);
}

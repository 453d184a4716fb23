/* Notice of ends. What was told stands in the table of grants (held.h). */
#include "nodeagent/agent/notice.h"

#include "lib/base/file.h"
#include "nodeagent/agent/agent_internal.h"
#include "nodeagent/agent/handover.h"

#include <inttypes.h>
#include <stdio.h>

#define FILE_BYTES 512

static const char *cause_of(const struct held *h)
{
    return h->ends_as[0] != '\0' ? h->ends_as : "ended";
}

static void write_file(const struct agent *a, const struct held *h, const char *ends_at,
                       int64_t left_s)
{
    char path[4096];
    struct err err = ERR_INIT;
    const char *dir = config_text(a->options.config, "notice.dir");
    CLEANUP_BUF struct buf text;
    buf_init(&text, FILE_BYTES);
    if (dir[0] == '\0')
        return;
    (void)snprintf(path, sizeof path, "%s/%s.json", dir, h->lease.lease.text);
    buf_printf(&text,
               "{\"lease\": \"%s\", \"event\": \"ending\", \"cause\": \"%s\", \"ends_at\": \"%s\", "
               "\"seconds\": %" PRId64 "}\n",
               h->lease.lease.text, cause_of(h), ends_at, left_s);
    ENSURE(!text.full);
    if (file_write(path, buf_span(&text), 0644, &err) < 0)
        agent_warn(a, "notice.not-written", &err);
}

static void tell(struct agent *a, struct held *h, int64_t left_s)
{
    char ends_at[INSTANT_TEXT_CAP], left[24];
    (void)instant_format(h->ends_at, ends_at);
    (void)snprintf(left, sizeof left, "%" PRId64, left_s);
    write_file(a, h, ends_at, left_s);
    const char *const args[HOOK_ARGS_MAX] = {h->lease.lease.text, cause_of(h), ends_at, left};
    handover_beside(a, "notice.command", args);
    h->told_of = h->ends_at;
    log_event(a->options.log, LOG_LEVEL_INFO, "lease.notice", LOG_STR("lease", h->lease.lease.text),
              LOG_STR("cause", cause_of(h)), LOG_STR("ends_at", ends_at),
              LOG_INT("seconds", left_s));
}

void notice_give(struct agent *a)
{
    int64_t before_s = config_int(a->options.config, "notice.before");
    if (!meter_has_time(a->meter))
        return;
    struct instant now = meter_instant(a->meter, (uint64_t)agent_now_ns(a));
    for (size_t i = 0; i < HELD_MAX; i++) {
        struct held *h = &a->held.items[i];
        int64_t left_s = h->ends_at.s - now.s;
        bool due = left_s <= before_s || strcmp(h->ends_as, "recalled") == 0;
        if (h->used && h->enforced && due && left_s > 0 && h->told_of.s != h->ends_at.s)
            tell(a, h, left_s);
    }
}

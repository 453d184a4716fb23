/* The journals. The first in the table is this boot's and stays open. The agent's thread. */
#include "nodeagent/agent/journals.h"

#include "lib/base/file.h"
#include "lib/base/text.h"
#include "nodeagent/agent/agent_internal.h"
#include "nodeagent/agent/usage.h"

#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"

static bool has_pending(const struct boot_journal *of)
{
    struct span interval;
    uint64_t seq;
    return journal_next_pending(of->journal, 0, &seq, &interval);
}

static void say(const struct agent *a, const char *event, const char *boot_id,
                const struct err *err)
{
    log_event(a->options.log, LOG_LEVEL_ERROR, event, LOG_STR("boot", boot_id),
              LOG_STR("error", err->text));
}

/* Enforcing and metering go on: a damaged journal costs what can't be read of it, and says so. */
static int open_any(const struct agent *a, const char *boot_id, struct journal **ret,
                    struct err *err)
{
    char aside[JOURNAL_ASIDE_CAP];
    struct err why = ERR_INIT;
    const char *dir = config_text(a->options.config, "agent.state_dir");
    int rc = journal_open(dir, boot_id, ret, &why);
    if (rc != -ERR_CORRUPT)
        return rc < 0 ? err_set(err, why.code, "%s", why.text) : 0;
    TRY(journal_salvage(dir, boot_id, ret, aside, err));
    log_event(a->options.log, LOG_LEVEL_ERROR, "journal.damaged", LOG_STR("boot", boot_id),
              LOG_STR("error", why.text), LOG_STR("kept_as", aside),
              LOG_INT("next_seq", (int64_t)journal_next_seq(*ret)));
    return 0;
}

/* Without its mark a meter begins anew: what was not emitted yet is a gap. */
static void restore(const struct agent *a, struct meter *m, const struct boot_journal *from)
{
    struct err err = ERR_INIT;
    if (meter_restore(m, journal_last_mark(from->journal), &err) < 0)
        say(a, "usage.mark-dropped", from->boot_id, &err);
}

/* Closes what the boot's end left open. What its journal can't take now it takes at the next
 * start: the mark stands until then. */
static void settle(struct agent *a, struct boot_journal *of)
{
    struct meter *m = meter_create();
    struct usage_sink sink = {.agent = a, .meter = m, .journal = of};
    restore(a, m, of);
    if (meter_has_time(m) && !meter_is_idle(m)) {
        meter_cut(m, 0, INT64_MAX, usage_emit, &sink); /* only what it could not keep before */
        meter_compare(m, NULL, 0, usage_emit, &sink);
        usage_keep_mark(&sink);
    }
    meter_destroy(m);
}

static bool is_open(struct agent *a, const char *boot_id)
{
    return journals_find(a, boot_id) != NULL;
}

static void take_in(const char *boot_id, void *arg)
{
    struct agent *a = arg;
    struct err err = ERR_INIT;
    if (is_open(a, boot_id))
        return;
    if (a->journal_count == AGENT_JOURNALS_MAX) {
        a->journals_left = true;
        return;
    }
    struct boot_journal *of = &a->journals[a->journal_count];
    int rc = text_set(of->boot_id, sizeof of->boot_id, span_text(boot_id), "boot id", &err);
    if (rc == 0)
        rc = open_any(a, boot_id, &of->journal, &err);
    if (rc < 0) {
        say(a, "journal.unreadable", boot_id, &err);
        return;
    }
    a->journal_count++;
    settle(a, of);
    journals_tidy(a, of);
}

static int take_in_others(struct agent *a, struct err *err)
{
    a->journals_left = false;
    return journal_each_other(config_text(a->options.config, "agent.state_dir"),
                              a->journals[0].boot_id, take_in, a, err);
}

static int read_boot_id(struct boot_journal *own, struct err *err)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, 128);
    TRY(file_read(BOOT_ID_PATH, &text, err));
    while (text.len > 0 && text.data[text.len - 1] == '\n')
        text.len--;
    return text_set(own->boot_id, sizeof own->boot_id, buf_span(&text), BOOT_ID_PATH, err);
}

int journals_open(struct agent *a, struct err *err)
{
    struct boot_journal *own = &a->journals[0];
    TRY(read_boot_id(own, err));
    TRY(open_any(a, own->boot_id, &own->journal, err));
    a->journal_count = 1;
    restore(a, a->meter, own);
    /* What was metered before is not known: only what the guard does from now on counts. */
    if (journal_last_mark(own->journal).len == 0 && journal_next_seq(own->journal) > 1)
        (void)meter_see(a->meter, (uint64_t)agent_now_ns(a), 0);
    return take_in_others(a, err);
}

void journals_close(struct agent *a)
{
    for (size_t i = 0; i < a->journal_count; i++)
        journal_close(a->journals[i].journal);
    a->journal_count = 0;
}

struct boot_journal *journals_find(struct agent *a, const char *boot_id)
{
    for (size_t i = 0; i < a->journal_count; i++) {
        if (strcmp(a->journals[i].boot_id, boot_id) == 0)
            return &a->journals[i];
    }
    return NULL;
}

/* Has an earlier boot's meter still something to say? Only after settle() found the disk full. */
static bool is_settled(const struct boot_journal *of)
{
    struct meter *m = meter_create();
    int rc = meter_restore(m, journal_last_mark(of->journal), NULL);
    bool settled = rc < 0 || meter_is_idle(m);
    meter_destroy(m);
    return settled;
}

void journals_tidy(struct agent *a, struct boot_journal *of)
{
    struct err err = ERR_INIT;
    ENSURE(of >= a->journals && of < a->journals + a->journal_count);
    if (of == a->journals || has_pending(of) || !is_settled(of))
        return;
    journal_remove(of->journal);
    *of = a->journals[--a->journal_count];
    if (a->journals_left && take_in_others(a, &err) < 0)
        agent_warn(a, "journal.failed", &err);
}

/*
 * The log of a daemon: where lines go. The text is log_line.c's. One lock around the write keeps
 * lines whole; the threshold is read without it. A line that can't be written is lost: there is
 * nobody to tell.
 */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "lib/base/log.h"

#include "lib/base/env.h"
#include "lib/base/err.h"
#include "lib/base/log_line.h"
#include "lib/base/text.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#define NAME_CAP           32
#define JOURNAL_FIELDS_MAX 24
#define JOURNAL_KEY_MAX    64 /* the journal's own limit */

struct log {
    char name[NAME_CAP];
    int fd;
    bool journal;
    enum log_format format;
    atomic_int threshold;
    pthread_mutex_t write_lock;
};

/* systemd sets JOURNAL_STREAM to device:inode of the stream that it connected to the journal. */
static bool is_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat st;
    char here[64];

    if (!stream || fstat(fd, &st) < 0)
        return false;
    snprintf(here, sizeof(here), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    return strcmp(stream, here) == 0;
}

struct log *log_create(const char *name, int fd, enum log_level threshold, enum log_format format)
{
    struct log *log = calloc(1, sizeof(*log));

    ENSURE(log && format < LOG_FORMAT_COUNT && threshold < LOG_LEVEL_COUNT);
    text_cut(log->name, sizeof(log->name), name);
    log->fd = fd;
    log->format = format;
    log->journal = is_journal(fd);
    atomic_init(&log->threshold, threshold);
    ENSURE(pthread_mutex_init(&log->write_lock, NULL) == 0);
    return log;
}

void log_destroy(struct log *log)
{
    if (!log)
        return;
    pthread_mutex_destroy(&log->write_lock);
    free(log);
}

void log_set_threshold(struct log *log, enum log_level threshold)
{
    ENSURE(threshold < LOG_LEVEL_COUNT);
    atomic_store(&log->threshold, threshold);
}

static void write_whole(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        data += n;
        len -= (size_t)n;
    }
}

static void write_stream(struct log *log, struct log_event *e)
{
    CLEANUP_BUF struct buf line = {.data = NULL};
    struct env env = env_real();

    buf_init(&line, LOG_LINE_MAX + 2);
    e->at = env_now(&env);
    e->program = log->name;
    if (log->format == LOG_FORMAT_JSON)
        log_line_json(e, &line);
    else
        log_line_logfmt(e, &line);
    buf_append_char(&line, '\n');
    ENSURE(!line.full);
    pthread_mutex_lock(&log->write_lock);
    write_whole(log->fd, line.data, line.len);
    pthread_mutex_unlock(&log->write_lock);
}

static int syslog_priority(enum log_level level)
{
    static const int priorities[LOG_LEVEL_COUNT] = {LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR};

    return priorities[level];
}

/* The journal wants keys of A-Z 0-9 _ that begin with a letter: "PUMASI_" and the key in capitals.
 */
static void put_journal_field(struct buf *out, const struct log_field *f)
{
    char key[JOURNAL_KEY_MAX];
    size_t n = 0;

    for (const char *c = f->key; *c && n < sizeof(key) - sizeof("PUMASI_"); c++) {
        bool lower = *c >= 'a' && *c <= 'z';
        bool good = (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
        key[n++] = lower ? (char)(*c - 'a' + 'A') : good ? *c : '_';
    }
    key[n] = '\0';
    if (f->text)
        buf_printf(out, "PUMASI_%s=%s", key, f->text);
    else
        buf_printf(out, "PUMASI_%s=%lld", key, (long long)f->number);
}

static void write_journal(struct log *log, struct log_event *e)
{
    struct buf entries[JOURNAL_FIELDS_MAX];
    struct iovec vectors[JOURNAL_FIELDS_MAX];
    int n = 0;

    for (int i = 0; i < JOURNAL_FIELDS_MAX; i++)
        buf_init(&entries[i], LOG_LINE_MAX + sizeof("MESSAGE="));
    buf_append_text(&entries[n], "MESSAGE=");
    log_line_logfmt(e, &entries[n++]);
    buf_printf(&entries[n++], "PRIORITY=%d", syslog_priority(e->level));
    buf_printf(&entries[n++], "SYSLOG_IDENTIFIER=%s", log->name);
    struct log_field event = LOG_STR("event", e->event);
    put_journal_field(&entries[n++], &event);
    for (const struct log_field *f = e->fields; f->key && n < JOURNAL_FIELDS_MAX; f++)
        put_journal_field(&entries[n++], f);
    for (int i = 0; i < n; i++)
        vectors[i] = (struct iovec){entries[i].data, entries[i].len};
    (void)sd_journal_sendv(vectors, n);
    for (int i = 0; i < JOURNAL_FIELDS_MAX; i++)
        buf_fini(&entries[i]);
}

void log_write(struct log *log, enum log_level level, const char *event,
               const struct log_field *fields)
{
    struct log_event e = {.at = INSTANT_NEVER, .level = level, .event = event, .fields = fields};

    ENSURE(level < LOG_LEVEL_COUNT && event && fields);
    if (!log || (int)level < atomic_load(&log->threshold))
        return;
    if (log->journal)
        write_journal(log, &e);
    else
        write_stream(log, &e);
}

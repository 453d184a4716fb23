#ifndef PUMASI_LIB_BASE_LOG_H
#define PUMASI_LIB_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Logging for daemons (library code returns, daemon code logs, once). A line is an event name and
 * key=value fields; control characters are escaped, so one event is one line. Formats: logfmt
 * (default) or JSON on stderr, or the journal when stderr is connected to it. Thread-safe.
 *
 *     log_event(log, LOG_LEVEL_INFO, "lease.booked", LOG_STR("lease", id), LOG_INT("gpus", 8));
 */
enum log_level {
    LOG_LEVEL_DEBUG,
    LOG_LEVEL_INFO,
    LOG_LEVEL_WARN,
    LOG_LEVEL_ERROR,
    LOG_LEVEL_COUNT
};
enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON, LOG_FORMAT_COUNT };

struct log_field {
    const char *key;  /* NULL ends the list */
    const char *text; /* NULL: an integer */
    int64_t number;
};
/* NULL is logged as empty text. */
static inline struct log_field log_field_text(const char *key, const char *text)
{
    return (struct log_field){.key = key, .text = text ? text : ""};
}
#define LOG_STR(k, v) log_field_text((k), (v))
#define LOG_INT(k, v) ((struct log_field){.key = (k), .text = NULL, .number = (v)})

struct log;

/* name: the program ("pumasid"). fd: usually 2. The journal is used when fd is connected to it. */
struct log *log_create(const char *name, int fd, enum log_level threshold, enum log_format format);
void log_destroy(struct log *log); /* NULL is fine */
void log_set_threshold(struct log *log, enum log_level threshold);

/* log may be NULL: nothing happens. */
void log_write(struct log *log, enum log_level level, const char *event,
               const struct log_field *fields);
#define log_event(log, level, event, ...)                                                          \
    log_write((log), (level), (event),                                                             \
              (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.key = NULL}})

#endif

#ifndef PUMASI_LIB_BASE_LOG_LINE_H
#define PUMASI_LIB_BASE_LOG_LINE_H

#include "lib/base/buf.h"
#include "lib/base/instant.h"
#include "lib/base/log.h"

/* One event as text, without the newline. Control characters and quotes are escaped and broken
 * UTF-8 is replaced, so that nothing a stranger sent can begin a line or move a terminal's cursor.
 */

/* A buffer of this size holds a line; fields that would pass it are left out and counted in a
 * field of their own, "dropped". */
#define LOG_LINE_MAX 8192

struct log_event {
    struct instant at; /* INSTANT_NEVER: no time in the line (the journal has its own) */
    enum log_level level;
    const char *program; /* NULL: not in the line */
    const char *event;
    const struct log_field *fields; /* key = NULL ends the list */
};

/* Appends the line to `out`, which has a maximum of at least LOG_LINE_MAX. */
void log_line_logfmt(const struct log_event *e, struct buf *out);
void log_line_json(const struct log_event *e, struct buf *out);

/* "debug", "info", "warn", "error". */
const char *log_level_name(enum log_level level);

#endif

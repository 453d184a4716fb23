/*
 * Owns: nothing; the quoting rules of CSV. Pure, any thread.
 */
#include "lib/base/csv.h"

#include <string.h>

void csv_begin(struct buf *dst)
{
    buf_append_text(dst, "\xef\xbb\xbf");
}

static bool runs_as_formula(const char *text)
{
    return text[0] != '\0' && strchr("=+-@\t\r", text[0]);
}

void csv_field(struct buf *dst, const char *text, bool number, bool first)
{
    if (!first)
        buf_append_char(dst, ',');
    const char *guard = !number && runs_as_formula(text) ? "'" : "";
    if (!strpbrk(text, ",\"\r\n")) {
        buf_printf(dst, "%s%s", guard, text);
        return;
    }
    buf_printf(dst, "\"%s", guard);
    for (const char *p = text; *p; p++) {
        if (*p == '"')
            buf_append_char(dst, '"');
        buf_append_char(dst, *p);
    }
    buf_append_char(dst, '"');
}

void csv_end_row(struct buf *dst)
{
    buf_append_text(dst, "\r\n");
}

/*
 * Owns: nothing; how each column format is written. Pure, any thread.
 */
#include "cli/cell.h"

#include "cli/label.h"
#include "cli/width.h"
#include "lib/base/instant.h"
#include "lib/base/share.h"
#include "lib/base/won.h"

#include <inttypes.h>
#include <stdlib.h>

#define HASH_DIGITS 12
#define CELL_MAX    (64 << 10)

static void append_instant(struct buf *dst, int64_t seconds, bool for_people)
{
    if (seconds <= 0 || seconds > INSTANT_MAX_S)
        return;
    char text[INSTANT_TEXT_CAP];
    instant_format((struct instant){seconds}, text);
    if (!for_people) {
        buf_append_text(dst, text);
        return;
    }
    /* 2026-02-03T09:00:00+09:00 -> 2026-02-03 09:00, with seconds where there are any */
    text[10] = ' ';
    buf_append(dst, text, text[17] == '0' && text[18] == '0' ? 16 : 19);
}

static void append_gpus(struct buf *dst, int64_t units)
{
    char text[SHARE_TEXT_CAP];
    buf_append_text(dst, share_format((struct share){units}, text));
}

static void append_duration(struct buf *dst, int64_t s)
{
    if (s != 0 && s % 86400 == 0)
        buf_printf(dst, "%jdd", (intmax_t)(s / 86400));
    else if (s != 0 && s % 3600 == 0)
        buf_printf(dst, "%jdh", (intmax_t)(s / 3600));
    else if (s != 0 && s % 60 == 0)
        buf_printf(dst, "%jdm", (intmax_t)(s / 60));
    else
        buf_printf(dst, "%jds", (intmax_t)s);
}

static void append_won(struct buf *dst, int64_t krw)
{
    char text[WON_TEXT_CAP];
    buf_append_text(dst, won_format((struct won){krw}, text));
}

static void append_list(struct buf *dst, const json_t *list)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item)
    {
        if (i > 0)
            buf_append_char(dst, ',');
        if (json_is_string(item))
            buf_append_text(dst, json_string_value(item));
    }
}

static void append_integer(struct buf *dst, enum column_format format, int64_t n, bool for_people)
{
    switch (format) {
    case COLUMN_INSTANT:
        append_instant(dst, n, for_people);
        return;
    case COLUMN_WON:
        if (for_people) {
            append_won(dst, n);
            return;
        }
        break;
    case COLUMN_GPUS:
        append_gpus(dst, n);
        return;
    case COLUMN_DURATION:
        if (for_people) {
            append_duration(dst, n);
            return;
        }
        break;
    default:
        break;
    }
    buf_printf(dst, "%jd", (intmax_t)n);
}

static void append_string(struct buf *dst, const struct column *c, const char *text,
                          bool for_people)
{
    if (for_people && c->format == COLUMN_LABEL)
        buf_append_text(dst, label_text(c->labels, text));
    else if (for_people && c->format == COLUMN_HASH)
        buf_printf(dst, "%.*s", HASH_DIGITS, text);
    else
        buf_append_text(dst, text);
}

static void append_other(struct buf *dst, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text)
        buf_append_text(dst, text);
    free(text);
}

static void append_value(struct buf *dst, const struct column *c, const json_t *v, bool for_people)
{
    if (!v || json_is_null(v))
        return;
    if (c->format == COLUMN_COUNT)
        buf_printf(dst, "%zu", json_is_array(v) ? json_array_size(v) : json_object_size(v));
    else if (json_is_integer(v))
        append_integer(dst, c->format, json_integer_value(v), for_people);
    else if (json_is_string(v))
        append_string(dst, c, json_string_value(v), for_people);
    else if (json_is_boolean(v))
        buf_append_text(
            dst, label_text(for_people ? "yes-no" : NULL, json_is_true(v) ? "true" : "false"));
    else if (c->format == COLUMN_LIST && json_is_array(v))
        append_list(dst, v);
    else
        append_other(dst, v);
}

void cell_show(struct buf *dst, const struct column *column, const json_t *value)
{
    CLEANUP_BUF struct buf raw;
    buf_init(&raw, CELL_MAX);
    append_value(&raw, column, value, true);
    width_clean(dst, raw.len ? raw.data : "-");
}

void cell_plain(struct buf *dst, const struct column *column, const json_t *value)
{
    append_value(dst, column, value, false);
}

bool cell_is_number(const struct column *column)
{
    return column->format == COLUMN_WON || column->format == COLUMN_GPUS ||
           column->format == COLUMN_DURATION || column->format == COLUMN_COUNT ||
           column->format == COLUMN_NUMBER;
}

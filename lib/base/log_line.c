/*
 * The text of a log line. A field is written into a buffer of its own first and joins the line only
 * whole, so that a full line is still well-formed. No state.
 */
#include "lib/base/log_line.h"

#include "lib/base/err.h"
#include "lib/base/utf8.h"

/* Kept free for the count of dropped fields and a closing brace. */
#define LINE_RESERVE 64

const char *log_level_name(enum log_level level)
{
    static const char *const names[LOG_LEVEL_COUNT] = {"debug", "info", "warn", "error"};

    ENSURE((int)level >= 0 && level < LOG_LEVEL_COUNT);
    return names[level];
}

/* True for C0, DEL and the C1 controls U+0080..U+009F, which terminals obey as well. */
static bool is_control(const uint8_t *s, size_t len)
{
    return (len == 1 && (s[0] < 0x20 || s[0] == 0x7F)) || (len == 2 && s[0] == 0xC2 && s[1] < 0xA0);
}

static void put_escaped(struct buf *out, const char *text)
{
    const uint8_t *s = (const uint8_t *)text;
    size_t n = strlen(text);

    for (size_t at = 0, step; at < n; at += step) {
        size_t len = utf8_character(s + at, n - at);
        step = len > 0 ? len : 1;
        if (len == 0)
            buf_append_text(out, "\xEF\xBF\xBD");
        else if (s[at] == '\n')
            buf_append_text(out, "\\n");
        else if (is_control(s + at, len))
            buf_printf(out, "\\u%04x", s[at + len - 1]);
        else if (s[at] == '"' || s[at] == '\\')
            buf_printf(out, "\\%c", s[at]);
        else
            buf_append(out, s + at, len);
    }
}

static void put_quoted(struct buf *out, const char *text)
{
    buf_append_char(out, '"');
    put_escaped(out, text);
    buf_append_char(out, '"');
}

/* A word that stands in logfmt without quotes. */
static bool is_plain(const char *text)
{
    if (*text == '\0')
        return false;
    for (; *text; text++)
        if (*text <= ' ' || *text >= 0x7F || *text == '"' || *text == '\\' || *text == '=')
            return false;
    return true;
}

static void put_logfmt_field(struct buf *out, const struct log_field *f)
{
    if (!f->text)
        buf_printf(out, " %s=%lld", f->key, (long long)f->number);
    else if (is_plain(f->text))
        buf_printf(out, " %s=%s", f->key, f->text);
    else {
        buf_printf(out, " %s=", f->key);
        put_quoted(out, f->text);
    }
}

static void put_json_field(struct buf *out, const struct log_field *f)
{
    buf_append_char(out, ',');
    put_quoted(out, f->key);
    buf_append_char(out, ':');
    if (f->text)
        put_quoted(out, f->text);
    else
        buf_printf(out, "%lld", (long long)f->number);
}

typedef void (*put_field_fn)(struct buf *out, const struct log_field *f);

static void put_fields(struct buf *out, const struct log_field *fields, put_field_fn put)
{
    struct buf one;
    int64_t dropped = 0;

    buf_init(&one, LOG_LINE_MAX);
    for (const struct log_field *f = fields; f && f->key; f++) {
        buf_reset(&one);
        put(&one, f);
        if (one.full || out->len + one.len + LINE_RESERVE > LOG_LINE_MAX)
            dropped++;
        else
            buf_append(out, one.data, one.len);
    }
    buf_fini(&one);
    if (dropped > 0)
        put(out, &LOG_INT("dropped", dropped));
}

/* What every line begins with, as fields. */
#define HEAD_MAX 5
static void head_fields(const struct log_event *e, char time[INSTANT_TEXT_CAP],
                        struct log_field head[HEAD_MAX])
{
    size_t n = 0;

    if (e->at.s != INSTANT_NEVER.s)
        head[n++] = LOG_STR("time", instant_format(e->at, time));
    head[n++] = LOG_STR("level", log_level_name(e->level));
    if (e->program)
        head[n++] = LOG_STR("program", e->program);
    head[n++] = LOG_STR("event", e->event);
    ENSURE(n < HEAD_MAX);
    head[n] = (struct log_field){.key = NULL};
}

void log_line_logfmt(const struct log_event *e, struct buf *out)
{
    char time[INSTANT_TEXT_CAP];
    struct log_field head[HEAD_MAX];
    struct buf line;

    head_fields(e, time, head);
    buf_init(&line, LOG_LINE_MAX);
    put_fields(&line, head, put_logfmt_field);
    put_fields(&line, e->fields, put_logfmt_field);
    ENSURE(!line.full && line.len > 0);
    buf_append(out, line.data + 1, line.len - 1);
    buf_fini(&line);
}

void log_line_json(const struct log_event *e, struct buf *out)
{
    char time[INSTANT_TEXT_CAP];
    struct log_field head[HEAD_MAX];
    struct buf line;

    head_fields(e, time, head);
    buf_init(&line, LOG_LINE_MAX);
    put_fields(&line, head, put_json_field);
    put_fields(&line, e->fields, put_json_field);
    ENSURE(!line.full && line.len > 0);
    buf_append_char(out, '{');
    buf_append(out, line.data + 1, line.len - 1);
    buf_append_char(out, '}');
    buf_fini(&line);
}

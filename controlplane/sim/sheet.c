/* One buffer with the file's bytes, and for the current row where its cells lie in it. */
#include "controlplane/sim/sheet.h"

#include "lib/base/file.h"
#include "lib/base/instant.h"
#include "lib/base/text.h"

#include <stdlib.h>

#define MS_MAX (INT64_C(1) << 53)

struct sheet {
    const char *path; /* borrowed */
    const struct sheet_column *columns;
    size_t n;
    size_t width;                    /* cells of a row */
    size_t where[SHEET_COLUMNS_MAX]; /* of a column: its cell, or width */
    struct span cells[SHEET_COLUMNS_MAX];
    struct buf bytes;
    size_t at; /* where the next line begins */
    size_t line;
};

void sheet_close(struct sheet *s)
{
    if (!s)
        return;
    buf_fini(&s->bytes);
    free(s);
}

int sheet_refuse(const struct sheet *s, size_t column, const char *why, struct err *err)
{
    ENSURE(column < s->n);
    return err_set(err, ERR_INVALID, "%s:%zu: %s: %s", s->path, s->line, s->columns[column].name,
                   why);
}

/* ---- Lines and cells --------------------------------------------------------------------------
 */

/* The next line without its end; false at the end of the file. */
static bool next_line(struct sheet *s, struct span *ret)
{
    if (s->at >= s->bytes.len)
        return false;
    const char *begin = s->bytes.data + s->at;
    const char *end = memchr(begin, '\n', s->bytes.len - s->at);
    size_t len = end ? (size_t)(end - begin) : s->bytes.len - s->at;
    s->at += len + 1;
    s->line++;
    if (len > 0 && begin[len - 1] == '\r')
        len--;
    *ret = span_of(begin, len);
    return true;
}

/* Cuts the line at its commas. ERR_INVALID when there are too many. */
static int cut(struct sheet *s, struct span line, size_t *ret_n, struct err *err)
{
    size_t n = 0;
    const uint8_t *at = line.data, *end = line.data + line.len;
    for (;;) {
        const uint8_t *comma = memchr(at, ',', (size_t)(end - at));
        if (n == SHEET_COLUMNS_MAX)
            return err_set(err, ERR_INVALID, "%s:%zu: more than %d columns", s->path, s->line,
                           SHEET_COLUMNS_MAX);
        s->cells[n++] = span_of(at, (size_t)((comma ? comma : end) - at));
        if (!comma)
            break;
        at = comma + 1;
    }
    *ret_n = n;
    return 0;
}

/* ---- The header --------------------------------------------------------------------------------
 */

static int find_column(struct sheet *s, size_t column, struct err *err)
{
    struct span name = span_text(s->columns[column].name);
    s->where[column] = s->width;
    for (size_t i = 0; i < s->width; i++) {
        if (!span_equal(s->cells[i], name))
            continue;
        if (s->where[column] < s->width)
            return sheet_refuse(s, column, "there are two columns of that name", err);
        s->where[column] = i;
    }
    if (s->where[column] == s->width && !s->columns[column].optional)
        return sheet_refuse(s, column, "there is no such column", err);
    return 0;
}

static int read_header(struct sheet *s, struct err *err)
{
    struct span line;
    if (!next_line(s, &line) || line.len == 0)
        return err_set(err, ERR_INVALID, "%s: the header line is missing", s->path);
    TRY(cut(s, line, &s->width, err));
    for (size_t i = 0; i < s->n; i++)
        TRY(find_column(s, i, err));
    return 0;
}

int sheet_open(const char *path, const struct sheet_column *columns, size_t n, struct sheet **ret,
               struct err *err)
{
    ENSURE(n <= SHEET_COLUMNS_MAX);
    CLEANUP_SHEET struct sheet *s = calloc(1, sizeof *s);
    ENSURE(s != NULL);
    s->path = path;
    s->columns = columns;
    s->n = n;
    buf_init(&s->bytes, SHEET_BYTES_MAX);
    TRY(file_read(path, &s->bytes, err));
    TRY(read_header(s, err));
    *ret = s;
    s = NULL;
    return 0;
}

/* ---- Rows --------------------------------------------------------------------------------------
 */

int sheet_next(struct sheet *s, bool *ret_more, struct err *err)
{
    struct span line = {0};
    size_t n;
    do {
        *ret_more = next_line(s, &line);
    } while (*ret_more && line.len == 0);
    if (!*ret_more)
        return 0;
    TRY(cut(s, line, &n, err));
    if (n != s->width)
        return err_set(err, ERR_INVALID, "%s:%zu: %zu cells, where the header has %zu", s->path,
                       s->line, n, s->width);
    return 0;
}

struct span sheet_text(const struct sheet *s, size_t column)
{
    ENSURE(column < s->n);
    return s->where[column] < s->width ? s->cells[s->where[column]] : (struct span){0};
}

/* "12.50" -> "12" and "50"; false when what follows the point is not digits. */
static bool split(struct span text, struct span *ret_whole, struct span *ret_digits)
{
    const uint8_t *point = text.len > 0 ? memchr(text.data, '.', text.len) : NULL;
    size_t whole = point ? (size_t)(point - text.data) : text.len;
    *ret_whole = span_of(text.data, whole);
    *ret_digits = point ? span_of(point + 1, text.len - whole - 1) : span_of(NULL, 0);
    for (size_t i = 0; i < ret_digits->len; i++) {
        if (ret_digits->data[i] < '0' || ret_digits->data[i] > '9')
            return false;
    }
    return true;
}

int sheet_number(const struct sheet *s, size_t column, int64_t min, int64_t max, int64_t *ret,
                 struct err *err)
{
    struct err why = ERR_INIT;
    struct span text = sheet_text(s, column), whole, digits;
    if (split(text, &whole, &digits) && digits.len > 0 &&
        strspn((const char *)digits.data, "0") >= digits.len)
        text = whole;
    if (text_to_i64(text, "the cell", min, max, ret, &why) < 0)
        return sheet_refuse(s, column, why.text, err);
    return 0;
}

/* "2017-10-03 18:35:09" */
static bool parse_point_in_time(struct span text, int64_t *ret_ms)
{
    char rfc[] = "0000-00-00T00:00:00Z";
    struct instant at;
    if (text.len != sizeof rfc - 2)
        return false;
    memcpy(rfc, text.data, text.len);
    rfc[10] = 'T';
    if (instant_parse(span_text(rfc), &at, NULL) < 0)
        return false;
    *ret_ms = at.s * 1000;
    return true;
}

static bool parse_seconds(struct span text, int64_t *ret_ms)
{
    struct span whole, digits;
    int64_t seconds, ms = 0;
    if (!split(text, &whole, &digits) ||
        text_to_i64(whole, "", -MS_MAX / 1000, MS_MAX / 1000, &seconds, NULL) < 0)
        return false;
    for (size_t i = 0; i < 3; i++)
        ms = ms * 10 + (i < digits.len ? digits.data[i] - '0' : 0);
    *ret_ms = seconds * 1000 + (whole.data[0] == '-' ? -ms : ms);
    return true;
}

int sheet_ms(const struct sheet *s, size_t column, int64_t *ret, struct err *err)
{
    struct span text = sheet_text(s, column);
    if (!parse_seconds(text, ret) && !parse_point_in_time(text, ret))
        return sheet_refuse(s, column, "not a number of seconds, nor a point in time", err);
    return 0;
}

/*
 * Owns: nothing; how each option type is read. Pure, any thread.
 */
#include "cli/value.h"

#include "cli/i18n.h"
#include "lib/base/id.h"
#include "lib/base/korea.h"
#include "lib/base/share.h"
#include "lib/base/text.h"

#include <stdio.h>
#include <string.h>

static int read_moment(const char *text, struct instant now, int64_t *ret, struct err *err)
{
    if (strcmp(text, "now") == 0) {
        *ret = now.s;
        return 0;
    }
    if (text[0] == '+') {
        int64_t seconds;
        TRY(duration_parse(span_text(text + 1), &seconds, err));
        *ret = instant_add(now, seconds).s;
        return 0;
    }
    struct instant t;
    TRY(moment_parse(span_text(text), &t, err));
    *ret = t.s;
    return 0;
}

/* A date as an end is inclusive: the window goes on until the day is over. */
static int read_until(const char *text, struct instant now, int64_t *ret, struct err *err)
{
    struct date day;
    if (date_parse(span_text(text), &day, NULL) < 0)
        return read_moment(text, now, ret, err);
    *ret = date_range(day, day).to.s;
    return 0;
}

/* Won may be typed in groups: "17,402,880,000". */
static int read_won(const char *text, int64_t *ret, struct err *err)
{
    char digits[32];
    size_t n = 0;
    for (const char *p = text; *p; p++) {
        if (*p == ',' && p != text && p[1])
            continue;
        if (n + 1 >= sizeof(digits))
            return err_set(err, ERR_INVALID, _("an amount of won has at most 18 digits"));
        digits[n++] = *p;
    }
    digits[n] = '\0';
    return text_to_i64(span_text(digits), _("an amount of won"), 0, INT64_MAX / 10, ret, err);
}

static int read_gpus(const char *text, int64_t *ret, struct err *err)
{
    struct share share;
    TRY(share_parse(span_text(text), &share, err));
    *ret = share.units;
    return 0;
}

static int read_id(const char *text, int64_t *ret, struct err *err)
{
    struct id id;
    TRY(id_parse(span_text(text), _("a name"), &id, err));
    *ret = 0;
    return 0;
}

static int read_text(const char *text, int64_t *ret, struct err *err)
{
    if (text[0] == '\0' || !span_is_text(span_text(text)))
        return err_set(err, ERR_INVALID, _("a text in UTF-8, not empty, is expected"));
    *ret = 0;
    return 0;
}

static int read_choice(const struct command_option *o, const char *text, int64_t *ret,
                       struct err *err)
{
    char known[160] = "";
    size_t len = 0;
    for (size_t i = 0; o->choices[i]; i++) {
        if (strcmp(o->choices[i], text) == 0) {
            *ret = (int64_t)i;
            return 0;
        }
        int n = snprintf(known + len, sizeof(known) - len, "%s%s", i ? ", " : "", o->choices[i]);
        len += (size_t)n < sizeof(known) - len ? (size_t)n : 0;
    }
    return err_set(err, ERR_INVALID, _("one of %s is expected"), known);
}

static int read_by_type(const struct command_option *o, const char *text, struct instant now,
                        int64_t *ret, struct err *err)
{
    switch (o->type) {
    case OPTION_TEXT:
    case OPTION_FILE:
        return read_text(text, ret, err);
    case OPTION_ID:
        return read_id(text, ret, err);
    case OPTION_INT:
        return text_to_i64(span_text(text), _("a number"), 0, UINT32_MAX, ret, err);
    case OPTION_MOMENT:
        return read_moment(text, now, ret, err);
    case OPTION_UNTIL:
        return read_until(text, now, ret, err);
    case OPTION_DURATION:
        return duration_parse(span_text(text), ret, err);
    case OPTION_GPUS:
        return read_gpus(text, ret, err);
    case OPTION_WON:
        return read_won(text, ret, err);
    case OPTION_CHOICE:
        return read_choice(o, text, ret, err);
    case OPTION_FLAG:
    case OPTION_TYPE_COUNT:
        break;
    }
    ENSURE(o->type == OPTION_FLAG);
    *ret = 1;
    return 0;
}

int value_parse(const struct command_option *option, const char *text, struct instant now,
                int64_t *ret, struct err *err)
{
    ENSURE(option && text && ret);
    int rc = read_by_type(option, text, now, ret, err);
    if (rc < 0)
        return err_prefix(err, rc, "%s '%s'", option->name, text);
    return 0;
}

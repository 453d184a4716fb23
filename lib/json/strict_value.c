/* Texts that stand for something. No state; on failure the results are untouched. */
#include "lib/json/strict_value.h"

#include "lib/base/korea.h"
#include "lib/base/text.h"

#define DATE_LEN 10 /* "2026-02-28" */

/* The member and its text; the error of a parser gets the member's path through refuse(). */
static int text_member(const struct strict *at, const char *name, struct strict *member,
                       struct span *text, struct err *err)
{
    TRY(strict_member(at, name, member, err));
    return strict_text(member, text, err);
}

static int refuse(const struct strict *at, const struct err *why, struct err *err)
{
    return strict_error(at, why->code, err, "%s", why->text);
}

int strict_get_name(const struct strict *at, const char *name, char *dst, size_t cap,
                    struct err *err)
{
    struct strict member;
    struct span text;
    TRY(text_member(at, name, &member, &text, err));
    if (text.len == 0)
        return strict_error(&member, ERR_INVALID, err, "an empty name: write one");
    if (text.len >= cap)
        return strict_error(&member, ERR_INVALID, err, "a name of %zu bytes: at most %zu", text.len,
                            cap - 1);
    return text_set(dst, cap, text, name, err);
}

int strict_get_enum(const struct strict *at, const char *name, const struct enum_names *names,
                    int first, int *ret, struct err *err)
{
    struct strict member;
    struct span text;
    TRY(text_member(at, name, &member, &text, err));
    struct enum_names shown = {names->names + first, names->count - first};
    struct err why = ERR_INIT;
    int value;
    if (enum_parse(&shown, text, name, &value, &why) < 0)
        return refuse(&member, &why, err);
    *ret = value + first;
    return 0;
}

static int moment(const struct strict *at, const char *name, bool until, struct instant *ret,
                  struct err *err)
{
    struct strict member;
    struct span text;
    struct err why = ERR_INIT;
    struct instant t;
    TRY(text_member(at, name, &member, &text, err));
    if (moment_parse(text, &t, &why) < 0)
        return refuse(&member, &why, err);
    *ret = until && text.len == DATE_LEN ? instant_add(t, DAY_SECONDS) : t;
    return 0;
}

int strict_get_moment(const struct strict *at, const char *name, struct instant *ret,
                      struct err *err)
{
    return moment(at, name, false, ret, err);
}

int strict_get_until(const struct strict *at, const char *name, struct instant *ret,
                     struct err *err)
{
    return moment(at, name, true, ret, err);
}

int strict_percent(const struct strict *at, struct span *ret_text, struct frac *ret,
                   struct err *err)
{
    struct err why = ERR_INIT;
    struct span text;
    struct frac value;
    TRY(strict_text(at, &text, err));
    if (percent_parse(text, &value, &why) < 0)
        return refuse(at, &why, err);
    if (frac_compare(value, FRAC_ZERO) < 0 || frac_compare(value, frac_of(1)) > 0)
        return strict_error(at, ERR_INVALID, err, "\"%.*s\" lies outside 0%%..100%%", (int)text.len,
                            (const char *)text.data);
    *ret_text = text;
    *ret = value;
    return 0;
}

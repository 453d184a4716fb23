/* Names of objects. No state. */
#include "lib/base/id.h"

#include <stdint.h>
#include <stdio.h>

#define PREFIX_MAX 32

static bool is_alnum(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_good(struct span text)
{
    if (text.len == 0 || text.len >= ID_CAP)
        return false;
    if (!is_alnum(text.data[0]) || !is_alnum(text.data[text.len - 1]))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (!is_alnum(c) && c != '-' && c != '.' && c != '_')
            return false;
    }
    return true;
}

int id_parse(struct span text, const char *what, struct id *ret, struct err *err)
{
    if (!is_good(text))
        return err_set(err, ERR_INVALID,
                       "%s \"%.*s\" is not a name: 1 to 63 of a-z 0-9 - . _, first and last a "
                       "letter or digit",
                       what, (int)(text.len < ID_CAP ? text.len : ID_CAP),
                       text.len > 0 ? (const char *)text.data : "");
    *ret = ID_NONE;
    memcpy(ret->text, text.data, text.len);
    return 0;
}

struct id id_literal(const char *text)
{
    struct id id = ID_NONE;

    ENSURE(is_good(span_text(text)));
    memcpy(id.text, text, strlen(text));
    return id;
}

struct id id_number(const char *prefix, uint64_t number)
{
    struct id id = ID_NONE;

    ENSURE(is_good(span_text(prefix)) && strlen(prefix) <= PREFIX_MAX);
    snprintf(id.text, sizeof(id.text), "%s-%llu", prefix, (unsigned long long)number);
    return id;
}

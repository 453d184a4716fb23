/* Choosing the language of a page. Qualities are thousandths. Pure. */
#include "controlplane/console/language.h"

#include "lib/base/err.h"
#include "lib/base/span.h"

#include <string.h>
#include <strings.h>

#define FULL_QUALITY 1000
#define UNNAMED      (-1)

const char *language_tag(enum language language)
{
    static const char *const tags[LANGUAGE_COUNT] = {"en", "ko"};
    ENSURE(language < LANGUAGE_COUNT);
    return tags[language];
}

/* Cuts what comes before the first c off the front of *rest; all of it when there is no c. */
static struct span cut(struct span *rest, char c)
{
    const uint8_t *end = rest->len > 0 ? memchr(rest->data, c, rest->len) : NULL;
    size_t len = end ? (size_t)(end - rest->data) : rest->len;
    struct span part = span_of(rest->data, len);
    size_t taken = end ? len + 1 : len;
    *rest = span_of(rest->data + taken, rest->len - taken);
    return part;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static struct span trim(struct span s)
{
    while (s.len > 0 && is_blank(s.data[0]))
        s = span_of(s.data + 1, s.len - 1);
    while (s.len > 0 && is_blank(s.data[s.len - 1]))
        s.len--;
    return s;
}

/* "q=0.8" as 800; UNNAMED when it is no quality. */
static int quality_of(struct span s)
{
    int unit = FULL_QUALITY;
    if (s.len < 3 || s.len > 7 || (s.data[0] | 0x20) != 'q' || s.data[1] != '=')
        return UNNAMED;
    if ((s.data[2] != '0' && s.data[2] != '1') || (s.len > 3 && s.data[3] != '.'))
        return UNNAMED;
    int quality = s.data[2] == '1' ? FULL_QUALITY : 0;
    for (size_t i = 4; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9')
            return UNNAMED;
        unit /= 10;
        quality += (s.data[i] - '0') * unit;
    }
    return quality <= FULL_QUALITY ? quality : UNNAMED; /* 1.001 is none */
}

/* "ko" and "ko-KR" speak ko. */
static bool speaks(struct span tag, const char *language)
{
    size_t n = strlen(language);
    return tag.len >= n && strncasecmp((const char *)tag.data, language, n) == 0 &&
           (tag.len == n || tag.data[n] == '-');
}

struct wishes {
    int of[LANGUAGE_COUNT];
    int any; /* the wildcard's */
};

static void add_wish(struct wishes *w, struct span range)
{
    struct span tag = trim(cut(&range, ';'));
    struct span parameter = trim(range);
    int quality = parameter.len > 0 ? quality_of(parameter) : FULL_QUALITY;
    if (tag.len == 1 && tag.data[0] == '*' && quality > w->any)
        w->any = quality;
    for (enum language l = 0; l < LANGUAGE_COUNT; l++) {
        if (speaks(tag, language_tag(l)) && quality > w->of[l])
            w->of[l] = quality;
    }
}

enum language language_choose(const char *wish, const char *accept)
{
    for (enum language l = 0; wish && l < LANGUAGE_COUNT; l++) {
        if (strcmp(wish, language_tag(l)) == 0)
            return l;
    }
    struct wishes w = {.of = {UNNAMED, UNNAMED}, .any = UNNAMED};
    struct span rest = span_text(accept);
    while (rest.len > 0)
        add_wish(&w, cut(&rest, ','));
    for (enum language l = 0; l < LANGUAGE_COUNT; l++) {
        if (w.of[l] == UNNAMED)
            w.of[l] = w.any;
    }
    ENSURE(w.of[LANGUAGE_KO] <= FULL_QUALITY && w.of[LANGUAGE_EN] <= FULL_QUALITY);
    bool korean = w.of[LANGUAGE_KO] > 0 && w.of[LANGUAGE_KO] >= w.of[LANGUAGE_EN];
    return korean ? LANGUAGE_KO : LANGUAGE_EN;
}

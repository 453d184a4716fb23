/*
 * Owns: nothing. The one place of the room that meets libunistring. Pure, any thread.
 */
#include "cli/width.h"

#include "lib/base/err.h"

#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unigbrk.h>
#include <uninorm.h>
#include <unistr.h>
#include <uniwidth.h>

#define REPLACEMENT "\xef\xbf\xbd"
#define ELLIPSIS    "\xe2\x80\xa6"

/* Format characters (Cf) hold the bidirectional overrides that can disguise a name. */
static bool is_hostile(ucs4_t c)
{
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf |
                                                   UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp);
}

static void append_clean(struct buf *dst, const uint8_t *text, size_t len)
{
    while (len > 0) {
        ucs4_t c;
        int n = u8_mbtoucr(&c, text, len);
        size_t step = n > 0 ? (size_t)n : 1;
        if (n <= 0 || is_hostile(c))
            buf_append_text(dst, REPLACEMENT);
        else
            buf_append(dst, text, step);
        text += step;
        len -= step;
    }
}

void width_clean(struct buf *dst, const char *text)
{
    ENSURE(dst && text);
    size_t len = strlen(text), composed_len = 0;
    uint8_t *composed = u8_normalize(UNINORM_NFC, (const uint8_t *)text, len, NULL, &composed_len);
    if (composed)
        append_clean(dst, composed, composed_len);
    else
        append_clean(dst, (const uint8_t *)text, len);
    free(composed);
}

size_t width_of(const char *text)
{
    int n = u8_strwidth((const uint8_t *)text, "UTF-8");
    return n > 0 ? (size_t)n : 0;
}

size_t width_cut(struct buf *dst, const char *text, size_t columns)
{
    size_t width = width_of(text);
    if (width <= columns) {
        buf_append_text(dst, text);
        return width;
    }
    if (columns == 0)
        return 0;
    const uint8_t *p = (const uint8_t *)text, *end = p + strlen(text);
    size_t used = 0;
    while (p < end) {
        const uint8_t *next = u8_grapheme_next(p, end);
        int w = u8_width(p, (size_t)(next - p), "UTF-8");
        if (used + (size_t)(w > 0 ? w : 0) > columns - 1)
            break;
        buf_append(dst, p, (size_t)(next - p));
        used += (size_t)(w > 0 ? w : 0);
        p = next;
    }
    buf_append_text(dst, ELLIPSIS);
    return used + 1;
}

static void blanks(struct buf *dst, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_append_char(dst, ' ');
}

void width_pad(struct buf *dst, const char *text, size_t columns, bool right)
{
    size_t width = width_of(text);
    size_t missing = width < columns ? columns - width : 0;
    if (right)
        blanks(dst, missing);
    buf_append_text(dst, text);
    if (!right)
        blanks(dst, missing);
}

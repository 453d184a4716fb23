/* Escaping. Whatever comes in, what goes out is UTF-8 that stays inside its place. Pure. */
#include "controlplane/console/markup.h"

#include "lib/base/err.h"
#include "lib/base/utf8.h"

#include <stdbool.h>
#include <stdio.h>

#define REPLACEMENT "\xEF\xBF\xBD"

/* What stands for one character, or NULL when it stands for itself. */
typedef const char *(*escape_fn)(char c);

static const char *html_escape(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\t':
    case '\n':
        return NULL;
    default: /* HTML has no other control characters */
        return (unsigned char)c < 0x20 || c == 0x7F ? REPLACEMENT : NULL;
    }
}

static const char *label_escape(char c)
{
    switch (c) {
    case '\\':
        return "\\\\";
    case '"':
        return "\\\"";
    case '\n':
        return "\\n";
    default:
        return NULL;
    }
}

static void escape(struct buf *dst, const char *text, escape_fn special)
{
    struct span s = span_text(text);
    while (s.len > 0) {
        size_t n = utf8_character(s.data, s.len);
        const char *instead = n == 0 ? REPLACEMENT : n == 1 ? special((char)s.data[0]) : NULL;
        if (instead)
            buf_append_text(dst, instead);
        else
            buf_append(dst, s.data, n);
        size_t taken = n > 0 ? n : 1;
        s = span_of(s.data + taken, s.len - taken);
    }
}

void markup_html(struct buf *dst, const char *text)
{
    escape(dst, text, html_escape);
}

void markup_label(struct buf *dst, const char *text)
{
    escape(dst, text, label_escape);
}

void markup_count(struct buf *dst, uint64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    ENSURE(len > 0 && (size_t)len < sizeof digits);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            buf_append_char(dst, ',');
        buf_append_char(dst, digits[i]);
    }
}

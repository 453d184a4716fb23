/* Writes canonical JSON straight into the buffer. Invariant: open[depth - 1] is the innermost. */
#include "billing/canonical.h"

#include "lib/base/err.h"

#include <string.h>

void canonical_init(struct canonical *c, struct buf *out)
{
    *c = (struct canonical){.out = out};
}

static void append_text(struct buf *out, const char *text)
{
    buf_append_char(out, '"');
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            buf_printf(out, "\\%c", *p);
        else if (*p < 0x20)
            buf_printf(out, "\\u%04x", *p);
        else
            buf_append_char(out, (char)*p);
    }
    buf_append_char(out, '"');
}

/* What stands before a value: a comma, and the member's name. */
static void lead_in(struct canonical *c, const char *name)
{
    if (c->depth == 0)
        return;
    ENSURE(name == NULL || c->open[c->depth - 1].last == NULL ||
           strcmp(c->open[c->depth - 1].last, name) < 0);
    if (c->open[c->depth - 1].any)
        buf_append_char(c->out, ',');
    c->open[c->depth - 1].any = true;
    c->open[c->depth - 1].last = name;
    if (name == NULL)
        return;
    append_text(c->out, name);
    buf_append_char(c->out, ':');
}

void canonical_begin(struct canonical *c, const char *name, char bracket)
{
    ENSURE(c->depth < CANONICAL_DEPTH_MAX && (bracket == '{' || bracket == '['));
    lead_in(c, name);
    buf_append_char(c->out, bracket);
    c->open[c->depth].last = NULL;
    c->open[c->depth].any = false;
    c->depth++;
}

void canonical_end(struct canonical *c, char bracket)
{
    ENSURE(c->depth > 0 && (bracket == '}' || bracket == ']'));
    c->depth--;
    buf_append_char(c->out, bracket);
}

void canonical_text(struct canonical *c, const char *name, const char *text)
{
    lead_in(c, name);
    append_text(c->out, text);
}

void canonical_int(struct canonical *c, const char *name, int64_t value)
{
    lead_in(c, name);
    buf_printf(c->out, "%lld", (long long)value);
}

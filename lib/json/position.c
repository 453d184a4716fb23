/*
 * From a place in a JSON text to the path of the value there. Reads brackets, strings, commas and
 * colons and believes everything else. What lies deeper than DEPTH_MAX is shown by its ancestor.
 */
#include "lib/json/position.h"

#define DEPTH_MAX 64

/* An object or list that is open. */
struct level {
    bool is_object;
    bool wants_name;  /* the next string is the name of a member */
    struct span name; /* as written, without its quotes */
    size_t index;
};

struct walk {
    struct level levels[DEPTH_MAX];
    size_t depth; /* may be more than DEPTH_MAX */
};

static struct level *top(struct walk *w)
{
    return w->depth > 0 && w->depth <= DEPTH_MAX ? &w->levels[w->depth - 1] : NULL;
}

static void open_level(struct walk *w, bool is_object)
{
    w->depth++;
    struct level *l = top(w);
    if (l)
        *l = (struct level){.is_object = is_object, .wants_name = is_object};
}

static void next_entry(struct walk *w)
{
    struct level *l = top(w);

    if (!l)
        return;
    l->wants_name = l->is_object;
    l->name = span_of(NULL, 0);
    l->index++;
}

/* The offset behind the string that begins (after its quote) at `at`. */
static size_t skip_string(struct span text, size_t at, size_t end)
{
    while (at < end && text.data[at] != '"')
        at += text.data[at] == '\\' ? 2 : 1;
    return at < end ? at + 1 : end;
}

static void see_string(struct walk *w, struct span inside)
{
    struct level *l = top(w);

    if (!l || !l->wants_name)
        return;
    l->name = inside;
    l->wants_name = false;
}

static void see_mark(struct walk *w, uint8_t mark)
{
    if (mark == '{' || mark == '[')
        open_level(w, mark == '{');
    else if ((mark == '}' || mark == ']') && w->depth > 0)
        w->depth--;
    else if (mark == ',')
        next_entry(w);
}

static void put_path(const struct walk *w, struct buf *out)
{
    for (size_t i = 0; i < w->depth && i < DEPTH_MAX; i++) {
        const struct level *l = &w->levels[i];
        if (!l->is_object) {
            buf_printf(out, "[%zu]", l->index);
            continue;
        }
        if (l->name.len > 0 && out->len > 0)
            buf_append_char(out, '.');
        buf_append(out, l->name.data, l->name.len);
    }
}

void position_path(struct span text, size_t offset, struct buf *out)
{
    struct walk w = {.depth = 0};
    size_t end = offset < text.len ? offset : text.len;

    for (size_t at = 0; at < end;) {
        if (text.data[at] != '"') {
            see_mark(&w, text.data[at++]);
            continue;
        }
        size_t after = skip_string(text, at + 1, end);
        if (after > at + 1 && text.data[after - 1] == '"')
            see_string(&w, span_of(text.data + at + 1, after - at - 2));
        at = after;
    }
    put_path(&w, out);
}

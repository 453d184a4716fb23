/* Pages whose tables are printed from the code. */
#include "tests/support/page.h"

#include "lib/base/buf.h"
#include "lib/base/file.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MAX (1 << 20)
#define END      "<!-- end of tables -->\n"

static void compose(const struct buf *page, const char *name, const char *tables, struct buf *out)
{
    char begin[128];
    (void)snprintf(begin, sizeof begin, "<!-- tables: printed by %s -->\n", name);
    const char *from = strstr(page->data, begin);
    const char *to = strstr(page->data, END);
    ck_assert_msg(from && to && from < to, "the page has no place for tables of %s", name);
    from += strlen(begin);
    buf_append(out, page->data, (size_t)(from - page->data));
    buf_append_text(out, tables);
    buf_append_text(out, to);
}

void page_shows(const char *path, const char *name, const char *tables)
{
    char full[512];
    struct buf page, wanted;
    struct err err = ERR_INIT;
    (void)snprintf(full, sizeof full, "%s/%s", PUMASI_SOURCE_DIR, path);
    buf_init(&page, PAGE_MAX);
    buf_init(&wanted, PAGE_MAX);
    ck_assert_msg(file_read(full, &page, &err) == 0, "%s", err.text);
    compose(&page, name, tables, &wanted);
    if (getenv("UPDATE_SPEC"))
        ck_assert_int_eq(file_write(full, buf_span(&wanted), 0644, &err), 0);
    else
        ck_assert_msg(span_equal(buf_span(&page), buf_span(&wanted)),
                      "%s is out of date: run this test with UPDATE_SPEC=1", path);
    buf_fini(&wanted);
    buf_fini(&page);
}

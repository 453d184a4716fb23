/*
 * Owns: the table of members' shares, the same for a case file and for a statement. Keeps nothing.
 * One thread.
 */
#include "cli/shares.h"

#include "cli/i18n.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/limits.h"

static void set_text(json_t *object, const char *key, const char *text)
{
    ENSURE(json_object_set_new(object, key, json_string(text)) == 0);
}

/* "B200 640, H100 1/8": the months of a row in one cell. */
static void add_months_text(json_t *row)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, LIMIT_FILE_BYTES);
    const char *model;
    json_t *months;
    json_object_foreach(json_object_get(row, "months"), model, months)
    {
        if (json_is_string(months))
            buf_printf(&text, "%s%s %s", text.len ? ", " : "", model, json_string_value(months));
    }
    set_text(row, "gpu_months", text.len ? text.data : "");
}

void shares_add_words(json_t *document)
{
    size_t i;
    json_t *row, *total = json_object_get(document, "total");
    json_array_foreach(json_object_get(document, "members"), i, row)
    {
        json_t *organisation = json_object_get(row, "organisation");
        if (!json_is_object(row))
            continue;
        add_months_text(row);
        if (organisation)
            ENSURE(json_object_set(row, "org", organisation) == 0);
    }
    if (json_is_object(total))
        set_text(total, "org", _("total"));
}

static const struct column shares_columns[] = {
    {.header = N_("ORGANISATION"), .path = "org"},
    {.header = N_("GPU-MONTHS"), .path = "gpu_months"},
    {.header = N_("VALUE"), .path = "value_krw", .format = COLUMN_WON},
    {.header = N_("BURDEN"), .path = "burden_krw", .format = COLUMN_WON},
    {.header = N_("CASH FLOOR"), .path = "cash_floor_krw", .format = COLUMN_WON},
    {.header = N_("IN KIND AT MOST"), .path = "in_kind_max_krw", .format = COLUMN_WON},
    {.header = N_("CASH PAID"), .path = "cash_paid_krw", .format = COLUMN_WON},
    {.header = N_("IN KIND ACCEPTED"), .path = "in_kind_accepted_krw", .format = COLUMN_WON},
    {.header = N_("CASH MISSING"), .path = "cash_shortfall_krw", .format = COLUMN_WON},
    {.header = N_("MISSING"), .path = "shortfall_krw", .format = COLUMN_WON},
    {.header = N_("EXACT VALUE"), .path = "value_exact", .wide = true},
    {.header = N_("REFUSED"), .path = "refused", .format = COLUMN_COUNT, .wide = true},
    COLUMN_END,
};

const struct view shares_view = {.rows = "members", .summary = "total", .columns = shares_columns};

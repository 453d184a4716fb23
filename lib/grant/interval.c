/* The canonical text of a usage interval. */
#include "lib/grant/interval.h"

#include <inttypes.h>
#include <stdio.h>

#define BOOT_DIGITS 16

void interval_format(const struct interval *i, struct buf *dst)
{
    char from[INSTANT_TEXT_CAP];
    char to[INSTANT_TEXT_CAP];
    buf_printf(dst, "pumasi-usage v1\nnode %s\nboot %s\nseq %" PRIu64 "\nlease %s\n", i->node.text,
               i->boot_id, i->seq, i->lease.text);
    buf_printf(dst, "units %" PRId64 "\nisolation %s\nfrom %s\nto %s\n", i->units.units,
               i->isolation, instant_format(i->from, from), instant_format(i->to, to));
    buf_printf(dst, "cause %s\nopens %" PRIu64 "\ndenials %" PRIu64 "\n", i->cause, i->opens,
               i->denials);
}

struct id interval_id(const struct interval *i)
{
    char boot[BOOT_DIGITS + 1] = "";
    size_t n = 0;
    for (const char *c = i->boot_id; *c && n < BOOT_DIGITS; c++) {
        if (*c != '-')
            boot[n++] = *c;
    }
    char text[2 * ID_CAP];
    struct id id = ID_NONE;
    (void)snprintf(text, sizeof text, "%s.%s.%" PRIu64, i->node.text, boot, i->seq);
    return id_parse(span_text(text), "interval", &id, NULL) == 0 ? id : ID_NONE;
}

#ifndef PUMASI_CONTROLPLANE_CONSOLE_CONSOLE_PAGE_H
#define PUMASI_CONTROLPLANE_CONSOLE_CONSOLE_PAGE_H

#include "controlplane/console/figures.h"
#include "controlplane/console/language.h"
#include "lib/base/buf.h"

/*
 * The pages, from plain figures. All append to dst, of which CONSOLE_PAGE_MAX is always enough.
 * Pure: the same figures give the same bytes.
 */
#define CONSOLE_PAGE_MAX 65536

/* One line: what this process does about leading. */
void console_page_health(struct buf *dst, const struct console_figures *f);

/* OpenMetrics text, version 1.0.0, with its end mark. */
void console_page_metrics(struct buf *dst, const struct console_figures *f);

/* The status in words: a whole HTML document that needs nothing but the style sheet. */
void console_page_status(struct buf *dst, const struct console_figures *f, enum language language);

/* The style sheet of the documents. */
void console_page_style(struct buf *dst);

#endif

#ifndef PUMASI_CONTROLPLANE_CONSOLE_MARKUP_H
#define PUMASI_CONTROLPLANE_CONSOLE_MARKUP_H

#include "lib/base/buf.h"

#include <stdint.h>

/*
 * Text made safe for where it goes. All append; broken UTF-8 becomes U+FFFD, and so does what HTML
 * cannot hold. Pure.
 */

/* Into HTML, between tags or inside a quoted attribute. */
void markup_html(struct buf *dst, const char *text);

/* Into the quoted value of an OpenMetrics label. */
void markup_label(struct buf *dst, const char *text);

/* 1234567 as "1,234,567". */
void markup_count(struct buf *dst, uint64_t n);

#endif

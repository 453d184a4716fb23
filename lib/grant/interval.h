#ifndef PUMASI_LIB_GRANT_INTERVAL_H
#define PUMASI_LIB_GRANT_INTERVAL_H

#include "lib/base/buf.h"
#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/base/share.h"

#include <stdint.h>

/*
 * What a node signs of a usage interval (이용 구간): one canonical text, written by the agent and
 * written again by whoever checks (docs/spec/usage.md). A plain value; pure functions.
 */
#define INTERVAL_LINE_MAX 1024

/* Intervals in one report: each changes itself, its lease and its allocation, and all of them have
 * to fit one transaction of the control plane's store. */
#define INTERVAL_REPORT_MAX 32

struct interval {
    struct id node;
    const char *boot_id; /* text, as the kernel gives it */
    uint64_t seq;        /* rises by one within a boot */
    struct id lease;
    struct share units;
    const char *isolation;
    struct instant from;
    struct instant to;
    const char *cause; /* running ended recalled fault */
    uint64_t opens;
    uint64_t denials;
};

/* Appends the bytes that are signed. */
void interval_format(const struct interval *i, struct buf *dst);

/* NODE.BOOT.SEQ, BOOT being the first 16 hexadecimal digits of the boot id; none when that is no
 * id: the node's name is too long for it, or the boot id none of a kernel's. */
struct id interval_id(const struct interval *i);

#endif

#ifndef PUMASI_NODEAGENT_KERNEL_RULES_H
#define PUMASI_NODEAGENT_KERNEL_RULES_H

#include "lib/base/err.h"
#include "lib/base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Lists of character devices as the settings write them: "c 195:0, c nvidia-uvm:*, c 510:*". The
 * gated list says which devices nobody may open without a lease; the common list names those of
 * them that every lease may open beside its own. Pure, any thread.
 *
 * A driver's name stands for the major number that the kernel gave it at this boot; until
 * rules_resolve() has found it, which is not before its module is loaded, the rule matches nothing.
 */
#define RULES_MAX       64
#define RULE_ANY_MINOR  UINT32_MAX
#define RULE_NO_MAJOR   UINT32_MAX
#define RULE_DRIVER_CAP 32

struct rule {
    uint32_t major;               /* or RULE_NO_MAJOR */
    uint32_t minor;               /* or RULE_ANY_MINOR */
    char driver[RULE_DRIVER_CAP]; /* empty: the major was given as a number */
};

struct rules {
    struct rule items[RULES_MAX];
    size_t count;
};

/* An empty text is an empty list. ERR_INVALID names the entry; ERR_LIMIT above RULES_MAX. */
MUST_CHECK int rules_parse(struct span text, struct rules *ret, struct err *err);

/* Looks the drivers up in the text of /proc/devices. */
void rules_resolve(struct rules *rules, struct span devices);

bool rules_match(const struct rules *rules, uint32_t major, uint32_t minor);

#endif

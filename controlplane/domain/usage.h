#ifndef PUMASI_CONTROLPLANE_DOMAIN_USAGE_H
#define PUMASI_CONTROLPLANE_DOMAIN_USAGE_H

#include "controlplane/domain/lease.h"

/* 이용 구간: [from, to) of one lease on one node, metered from what was enforced. */
enum usage_cause { USAGE_RUNNING, USAGE_ENDED, USAGE_RECALLED, USAGE_FAULT, USAGE_CAUSE_COUNT };
extern const struct enum_names usage_cause_names;

struct usage_interval {
    struct id id; /* NODE.BOOT.SEQ, BOOT the first 16 hexadecimal digits of the boot id */
    struct id node;
    char boot_id[40];
    uint64_t seq;
    struct id lease;
    struct id organisation;
    struct id project;
    char model[32];
    struct share units;
    enum isolation isolation;
    struct instant from;
    struct instant to;
    enum usage_cause cause;
    uint64_t opens;
    uint64_t denials;
    struct instant received_at;
    struct blob signature;
    struct id key_id;
};
extern const struct record_type usage_interval_type;

#endif

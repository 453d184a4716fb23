#ifndef PUMASI_CONTROLPLANE_DOMAIN_APPROVAL_H
#define PUMASI_CONTROLPLANE_DOMAIN_APPROVAL_H

#include "controlplane/domain/allocation.h"
#include "lib/base/limits.h"
#include "lib/base/record.h"

/*
 * A plan that waits for people. What they sign is the plan's canonical text: its lines, each ended
 * by a newline; the hash is its SHA-256. If the state has moved so that the plan would differ, the
 * approval goes stale and a new plan must be shown.
 */
#define PLAN_LINE_CAP 256
#define PLAN_HASH_CAP 65

struct plan_line {
    char text[PLAN_LINE_CAP];
};
extern const struct record_type plan_line_type;

struct plan {
    struct list lines; /* struct plan_line */
    char hash[PLAN_HASH_CAP];
};
extern const struct record_type plan_type;

enum verdict { VERDICT_APPROVED, VERDICT_RETURNED, VERDICT_WITHDRAWN, VERDICT_COUNT };
extern const struct enum_names verdict_names;

struct decision {
    struct id user;
    struct id organisation;
    struct id role;
    enum verdict verdict;
    struct instant at;
    char reason[LIMIT_TEXT_BYTES];
    char paper[LIMIT_NAME_BYTES];
    char plan_hash[PLAN_HASH_CAP];
    struct blob signature;
    struct id key_id;
    struct id on_behalf_of; /* none: for itself */
};

struct approval {
    struct id id;
    struct id subject_kind;
    struct id subject;
    enum request_state state;
    struct id proposer;
    struct id organisation;
    struct plan plan;
    struct won amount_krw;
    uint32_t approvers_needed;
    struct list decisions; /* struct decision */
    struct instant created_at;
    struct instant due_at;
    struct instant expires_at;
};
extern const struct record_type approval_type;

#endif

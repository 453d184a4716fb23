/* Checks of messages. Owns nothing; pure. */
#include "nodeagent/call/message.h"

#include <stddef.h>
#include <string.h>

static const char *const state_names[] = {
#define X(id, name) [GUARD_STATE_##id] = (name),
    GUARD_STATES(X)
#undef X
};

static const char *const event_names[] = {
#define X(id, name) [GUARD_EVENT_##id] = (name),
    GUARD_EVENTS(X)
#undef X
};

const char *guard_state_name(enum guard_state state)
{
    return (unsigned)state < GUARD_STATE_COUNT ? state_names[state] : "?";
}

const char *guard_event_name(enum guard_event_kind kind)
{
    return (unsigned)kind < GUARD_EVENT_KIND_COUNT ? event_names[kind] : "?";
}

static bool is_ended(const char *text, size_t cap)
{
    return memchr(text, '\0', cap) != NULL;
}

static int check_id(const struct id *id, const char *what, struct err *err)
{
    struct id parsed;
    return id_parse(span_of(id->text, strnlen(id->text, sizeof id->text)), what, &parsed, err);
}

static int check_install(const struct guard_install *i, struct err *err)
{
    bool fits = i->grant.len <= sizeof i->grant.data &&
                i->signature.len <= sizeof i->signature.data &&
                i->permit.len <= sizeof i->permit.data &&
                i->permit_signature.len <= sizeof i->permit_signature.data;
    return fits ? 0 : err_set(err, ERR_INVALID, "a length is beyond its field");
}

int guard_request_check(struct span bytes, struct err *err)
{
    struct guard_request r;
    if (bytes.len != sizeof r)
        return err_set(err, ERR_INVALID, "request of %zu bytes, not %zu", bytes.len, sizeof r);
    memcpy(&r, bytes.data, sizeof r);
    if (r.version != GUARD_VERSION)
        return err_set(err, ERR_UNSUPPORTED, "request version %u, not %d", r.version,
                       GUARD_VERSION);
    switch (r.call) {
    case GUARD_HELLO:
    case GUARD_NONCE:
    case GUARD_LIST:
    case GUARD_WATCH:
        return 0;
    case GUARD_INSTALL:
        return check_install(&r.install, err);
    case GUARD_REVOKE:
        return check_id(&r.revoke.lease, "lease", err);
    case GUARD_MOVE:
        return check_id(&r.move.lease, "lease", err);
    default:
        return err_set(err, ERR_INVALID, "unknown call %u", r.call);
    }
}

static int check_lease(const struct guard_lease *l, struct err *err)
{
    TRY(check_id(&l->lease, "lease", err));
    if (l->state >= GUARD_STATE_COUNT || !is_ended(l->cgroup, sizeof l->cgroup) ||
        !is_ended(l->organisation.text, sizeof l->organisation.text) ||
        !is_ended(l->loan.text, sizeof l->loan.text))
        return err_set(err, ERR_INVALID, "lease %s: malformed description", l->lease.text);
    return 0;
}

int guard_reply_check(struct span bytes, struct err *err)
{
    struct guard_reply r;
    if (bytes.len != sizeof r)
        return err_set(err, ERR_UNSUPPORTED, "reply of %zu bytes, not %zu", bytes.len, sizeof r);
    memcpy(&r, bytes.data, sizeof r);
    if (r.version != GUARD_VERSION)
        return err_set(err, ERR_UNSUPPORTED, "guard speaks version %u, not %d", r.version,
                       GUARD_VERSION);
    if (r.code >= ERR_CODE_COUNT || !is_ended(r.text, sizeof r.text))
        return err_set(err, ERR_INVALID, "malformed error in a reply");
    if (r.code != ERR_OK)
        return 0;
    switch (r.call) {
    case GUARD_HELLO:
        if (!is_ended(r.status.version, sizeof r.status.version) ||
            !is_ended(r.status.tier, sizeof r.status.tier))
            return err_set(err, ERR_INVALID, "malformed status");
        TRY(check_id(&r.status.node, "node", err));
        return check_id(&r.status.owner, "owner", err);
    case GUARD_NONCE:
        return 0;
    case GUARD_INSTALL:
    case GUARD_REVOKE:
    case GUARD_MOVE:
    case GUARD_LIST:
        return check_lease(&r.lease, err);
    case GUARD_WATCH:
        if (r.event.kind >= GUARD_EVENT_KIND_COUNT)
            return err_set(err, ERR_INVALID, "unknown event %u", r.event.kind);
        return check_id(&r.event.lease, "lease", err);
    default:
        return err_set(err, ERR_INVALID, "unknown call %u", r.call);
    }
}

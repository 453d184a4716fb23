/* What the check lets pass is safe to read through the struct: every text ends, every length fits,
 * every number is in its range. */
#include "nodeagent/call/message.h"
#include "nodeagent/kernel/rules.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_id(const struct id *id)
{
    struct id again;
    ENSURE(id_parse(span_text(id->text), "id", &again, NULL) == 0);
}

static void read_request(const struct guard_request *r)
{
    struct grant grant;
    struct permit permit;
    ENSURE(r->call > 0 && r->call < GUARD_CALL_END);
    if (r->call == GUARD_INSTALL) {
        const struct guard_install *i = &r->install;
        if (grant_decode(span_of(i->grant.data, i->grant.len), &grant, NULL) == 0)
            read_id(&grant.lease);
        if (permit_decode(span_of(i->permit.data, i->permit.len), &permit, NULL) == 0)
            read_id(&permit.loan);
        ENSURE(i->signature.len <= SIGNATURE_MAX && i->permit_signature.len <= SIGNATURE_MAX);
    }
    if (r->call == GUARD_REVOKE)
        read_id(&r->revoke.lease);
    if (r->call == GUARD_MOVE)
        read_id(&r->move.lease);
}

static void read_reply(const struct guard_reply *r)
{
    ENSURE(r->code < ERR_CODE_COUNT && strlen(r->text) < sizeof r->text);
    if (r->code != ERR_OK)
        return;
    if (r->call == GUARD_HELLO) {
        read_id(&r->status.node);
        read_id(&r->status.owner);
        ENSURE(strlen(r->status.version) < sizeof r->status.version);
        ENSURE(strlen(r->status.tier) < sizeof r->status.tier);
    } else if (r->call == GUARD_WATCH) {
        read_id(&r->event.lease);
        ENSURE(strcmp(guard_event_name((enum guard_event_kind)r->event.kind), "?") != 0);
    } else if (r->call != GUARD_NONCE) {
        read_id(&r->lease.lease);
        ENSURE(strcmp(guard_state_name((enum guard_state)r->lease.state), "?") != 0);
        ENSURE(strlen(r->lease.cgroup) < sizeof r->lease.cgroup);
        ENSURE(strlen(r->lease.organisation.text) < ID_CAP && strlen(r->lease.loan.text) < ID_CAP);
    }
}

/* Both kinds of message have one size; a shorter input stands for one that ends in zeros. */
static void fuzz_padded(const uint8_t *data, size_t size)
{
    struct guard_request request;
    struct guard_reply reply;
    memset(&request, 0, sizeof request);
    memset(&reply, 0, sizeof reply);
    if (size > 0) {
        memcpy(&request, data, size < sizeof request ? size : sizeof request);
        memcpy(&reply, data, size < sizeof reply ? size : sizeof reply);
    }
    if (guard_request_check(span_of(&request, sizeof request), NULL) == 0)
        read_request(&request);
    if (guard_reply_check(span_of(&reply, sizeof reply), NULL) == 0)
        read_reply(&reply);
}

static void fuzz_rules(struct span text)
{
    struct rules rules;
    if (rules_parse(text, &rules, NULL) < 0)
        return;
    ENSURE(rules.count <= RULES_MAX);
    for (size_t i = 0; i < rules.count; i++)
        ENSURE(rules_match(&rules, rules.items[i].major,
                           rules.items[i].minor == RULE_ANY_MINOR ? 0 : rules.items[i].minor));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int request = guard_request_check(span_of(data, size), NULL);
    ENSURE(request == 0 ? size == sizeof(struct guard_request) : request < 0);
    int reply = guard_reply_check(span_of(data, size), NULL);
    ENSURE(reply == 0 ? size == sizeof(struct guard_reply) : reply < 0);
    fuzz_padded(data, size);
    fuzz_rules(span_of(data, size));
    return 0;
}

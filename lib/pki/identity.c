/*
 * SPIFFE IDs. Pure text work: no state, no OpenSSL.
 */
#include "lib/pki/identity.h"

#include <stdio.h>

#define SCHEME "spiffe://"
#define HOST   "." IDENTITY_DOMAIN

static const char *const kind_names[] = {
#define X(id, name) [IDENTITY_##id] = name,
    IDENTITY_KINDS(X)
#undef X
};

_Static_assert(sizeof(SCHEME HOST "/service/") + 2 * (ID_CAP - 1) <= IDENTITY_URI_CAP,
               "the longest URI fits");

const char *identity_kind_name(enum identity_kind kind)
{
    return (unsigned)kind < IDENTITY_KIND_COUNT ? kind_names[kind] : "?";
}

static int organisation_parse(struct span text, struct id *ret, struct err *err)
{
    if (text.len > 0 && memchr(text.data, '.', text.len))
        return err_set(err, ERR_INVALID, "organisation \"%.*s\": a dot is not allowed",
                       (int)(text.len < ID_CAP ? text.len : ID_CAP), (const char *)text.data);
    return id_parse(text, "organisation", ret, err);
}

int identity_check(const struct identity *who, struct err *err)
{
    struct id id;
    if ((unsigned)who->kind >= IDENTITY_KIND_COUNT)
        return err_set(err, ERR_INVALID, "identity: kind %d does not exist", (int)who->kind);
    TRY(organisation_parse(span_text(who->organisation.text), &id, err));
    return id_parse(span_text(who->name.text), identity_kind_name(who->kind), &id, err);
}

/* Cuts text at the first c: head before it, rest after it. False when there is none. */
static bool cut(struct span text, char c, struct span *head, struct span *rest)
{
    const uint8_t *at = text.len > 0 ? memchr(text.data, c, text.len) : NULL;
    if (!at)
        return false;
    size_t n = (size_t)(at - text.data);
    *head = span_of(text.data, n);
    *rest = span_of(at + 1, text.len - n - 1);
    return true;
}

static int host_parse(struct span host, struct id *ret, struct err *err)
{
    size_t suffix = strlen(HOST);
    if (host.len <= suffix || memcmp(host.data + host.len - suffix, HOST, suffix) != 0)
        return err_set(err, ERR_INVALID, "identity: the host is not ORGANISATION" HOST);
    return organisation_parse(span_of(host.data, host.len - suffix), ret, err);
}

static int kind_parse(struct span text, enum identity_kind *ret, struct err *err)
{
    for (int i = 0; i < IDENTITY_KIND_COUNT; i++) {
        if (span_equal(text, span_text(kind_names[i]))) {
            *ret = (enum identity_kind)i;
            return 0;
        }
    }
    return err_set(err, ERR_INVALID, "identity: the path is not /user/…, /node/… or /service/…");
}

int identity_parse(struct span uri, struct identity *ret, struct err *err)
{
    struct span scheme = span_text(SCHEME);
    if (uri.len >= IDENTITY_URI_CAP || !span_starts_with(uri, scheme))
        return err_set(err, ERR_INVALID, "identity: not a " SCHEME " URI of ours");
    struct span rest = span_of(uri.data + scheme.len, uri.len - scheme.len);
    struct span host, kind, name;
    if (!cut(rest, '/', &host, &rest) || !cut(rest, '/', &kind, &name))
        return err_set(err, ERR_INVALID, "identity: not " SCHEME "HOST/KIND/NAME");
    struct identity who;
    memset(&who, 0, sizeof(who));
    TRY(host_parse(host, &who.organisation, err));
    TRY(kind_parse(kind, &who.kind, err));
    TRY(id_parse(name, identity_kind_name(who.kind), &who.name, err));
    *ret = who;
    return 0;
}

const char *identity_format(const struct identity *who, char dst[IDENTITY_URI_CAP])
{
    ENSURE(identity_check(who, NULL) == 0);
    snprintf(dst, IDENTITY_URI_CAP, SCHEME "%s" HOST "/%s/%s", who->organisation.text,
             identity_kind_name(who->kind), who->name.text);
    return dst;
}

bool identity_equal(const struct identity *a, const struct identity *b)
{
    return a->kind == b->kind && id_equal(&a->organisation, &b->organisation) &&
           id_equal(&a->name, &b->name);
}

/*
 * Owns the reading of a peer's identity from what gRPC's handshake proved. A name with a NUL or
 * bad UTF-8 in it is left out, so that no certificate can pass for another by its prefix.
 */
#include "lib/rpc/peer.h"

#include "lib/rpc/peer_internal.h"

#include <grpc/grpc_security.h>
#include <grpc/support/alloc.h>
#include <string.h>

/* The next value of a property that is clean text; false at the end. */
static bool next_text(grpc_auth_property_iterator *values, struct span *ret)
{
    const grpc_auth_property *value;
    while ((value = grpc_auth_property_iterator_next(values))) {
        struct span text = span_of(value->value, value->value_length);
        if (!span_is_text(text))
            continue;
        *ret = text;
        return true;
    }
    return false;
}

static struct span first_text(const grpc_auth_context *context, const char *property)
{
    grpc_auth_property_iterator values =
        grpc_auth_context_find_properties_by_name(context, property);
    struct span text = span_of(NULL, 0);
    (void)next_text(&values, &text);
    return text;
}

static int read_uris(const grpc_auth_context *context, struct arena *arena, struct rpc_peer *peer,
                     struct err *err)
{
    const char **uris = arena_array(arena, RPC_PEER_URIS_MAX, sizeof(*uris));
    if (!uris)
        return err_set(err, ERR_LIMIT, "the request has no memory left");
    grpc_auth_property_iterator values =
        grpc_auth_context_find_properties_by_name(context, GRPC_PEER_URI_PROPERTY_NAME);
    struct span uri;
    while (peer->uri_count < RPC_PEER_URIS_MAX && next_text(&values, &uri)) {
        uris[peer->uri_count] = arena_text(arena, uri);
        if (!uris[peer->uri_count])
            return err_set(err, ERR_LIMIT, "the request has no memory left");
        peer->uri_count++;
    }
    peer->uris = uris;
    return 0;
}

static int read_names(const grpc_auth_context *context, struct arena *arena, struct rpc_peer *peer,
                      struct err *err)
{
    struct span leaf = first_text(context, GRPC_X509_PEM_CERT_PROPERTY_NAME);
    peer->authenticated = grpc_auth_context_peer_is_authenticated(context) && leaf.len > 0;
    if (!peer->authenticated)
        return 0;
    peer->common_name = arena_text(arena, first_text(context, GRPC_X509_CN_PROPERTY_NAME));
    const char *pem = arena_text(arena, leaf);
    if (!peer->common_name || !pem)
        return err_set(err, ERR_LIMIT, "the request has no memory left");
    peer->leaf_pem = span_of(pem, leaf.len);
    return read_uris(context, arena, peer, err);
}

int rpc_peer_read(grpc_call *call, struct arena *arena, struct rpc_peer *ret, struct err *err)
{
    struct rpc_peer peer = {.common_name = ""};
    char *address = grpc_call_get_peer(call);
    peer.address = arena_text(arena, span_text(address));
    gpr_free(address);
    if (!peer.address)
        return err_set(err, ERR_LIMIT, "the request has no memory left");
    grpc_auth_context *context = grpc_call_auth_context(call);
    int rc = context ? read_names(context, arena, &peer, err) : 0;
    if (context)
        grpc_auth_context_release(context);
    if (rc == 0)
        *ret = peer;
    return rc;
}

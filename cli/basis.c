/* Owns: asking the server for a basis. One thread. */
#include "cli/basis.h"

#include "cli/client.h"
#include "cli/i18n.h"
#include "lib/base/base64.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/pki/digest.h"

#include <jansson.h>
#include <stdlib.h>

static int check(struct span bytes, const char *told, struct err *err)
{
    uint8_t digest[DIGEST_BYTES];
    char hex[DIGEST_TEXT_CAP];
    digest_sha256(bytes, digest);
    text_hex(hex, digest, DIGEST_BYTES);
    if (!told || strcmp(told, hex) != 0)
        return err_set(err, ERR_VERIFICATION, "%s",
                       _("the statement and its hash do not belong together"));
    return 0;
}

static int take(const json_t *reply, struct buf *out, struct err *err)
{
    struct span encoded = span_text(json_string_value(json_object_get(reply, "document")));
    uint8_t *bytes = malloc(base64_decoded_max(encoded.len) + 1);
    size_t n = 0;
    ENSURE(bytes);
    int rc =
        base64_decode(encoded, bytes, &n)
            ? check(span_of(bytes, n), json_string_value(json_object_get(reply, "sha256")), err)
            : err_set(err, ERR_VERIFICATION, "%s", _("the answer holds no document"));
    if (rc == 0)
        buf_append(out, bytes, n);
    free(bytes);
    return rc;
}

int basis_fetch(struct invocation *inv, const char *statement, struct buf *out, struct err *err)
{
    CLEANUP_CLIENT struct client *client = NULL;
    json_t *reply = NULL, *request = json_pack("{s:s, s:s}", "id", statement, "format", "basis");
    ENSURE(request);
    int rc = client_open(inv, &client, err);
    if (rc == 0)
        rc = client_call(client, "StatementService", "GetStatement", request, &reply, err);
    if (rc == 0)
        rc = take(reply, out, err);
    json_decref(reply);
    json_decref(request);
    return rc;
}

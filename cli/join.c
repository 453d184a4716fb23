/*
 * Owns: the new key until its user has stored it. One thread.
 */
#include "cli/join.h"

#include "cli/client.h"
#include "cli/i18n.h"
#include "lib/base/limits.h"
#include "lib/pki/csr.h"
#include "lib/pki/token.h"

#include <string.h>

#define CA_MAX (64 << 10)

static int read_token(const struct invocation *inv, struct buf *ret, struct err *err)
{
    const char *typed = invocation_text(inv, "token"), *path = invocation_text(inv, "token-file");
    if (!typed == !path)
        return err_set(err, ERR_INVALID, "%s", _("give either --token or --token-file"));
    if (path) {
        buf_fini(ret);
        TRY(invocation_read_file(inv, path, LIMIT_TEXT_BYTES, ret, err));
    } else {
        buf_append_text(ret, typed);
    }
    while (ret->len > 0 && strchr(" \r\n\t", ret->data[ret->len - 1]))
        ret->data[--ret->len] = '\0';
    struct token token;
    return token_parse(buf_span(ret), &token, err);
}

static int collect_servers(const struct invocation *inv, char *dst, size_t cap, struct err *err)
{
    size_t len = 0;
    for (size_t i = 0; i < invocation_count(inv, "server"); i++) {
        int n =
            snprintf(dst + len, cap - len, "%s%s", i ? " " : "", invocation_item(inv, "server", i));
        if (n < 0 || (size_t)n >= cap - len)
            return err_set(err, ERR_LIMIT, "%s", _("too many servers"));
        len += (size_t)n;
    }
    if (len == 0)
        return err_set(err, ERR_INVALID, "%s", _("no server is known: give --server HOST:PORT"));
    return 0;
}

static int ask(struct invocation *inv, struct span ca, struct span token, struct joined *j,
               struct err *err)
{
    CLEANUP_CLIENT struct client *client = NULL;
    CLEANUP_BUF struct buf csr;
    buf_init(&csr, CSR_PEM_MAX);
    TRY(csr_create(j->key, &csr, err));
    TRY(client_open_unknown(inv, j->servers, ca, &client, err));
    json_t *request = json_pack("{s:s%, s:s}", "token", token.data, token.len, "csr_pem", csr.data);
    ENSURE(request);
    int rc = client_submit(client, "IdentityService", "Join", request, &j->reply, err);
    json_decref(request);
    return rc;
}

int join_run(struct invocation *inv, struct joined *ret, struct err *err)
{
    CLEANUP_BUF struct buf ca = {.data = NULL}, token;
    buf_init(&token, LIMIT_TEXT_BYTES);
    if (!invocation_given(inv, "ca"))
        return err_set(err, ERR_INVALID, "%s", _("--ca is missing: the certificate to believe"));
    TRY(collect_servers(inv, ret->servers, sizeof(ret->servers), err));
    TRY(read_token(inv, &token, err));
    TRY(invocation_read_file(inv, invocation_text(inv, "ca"), CA_MAX, &ca, err));
    TRY(key_generate(&ret->key, err));
    return ask(inv, buf_span(&ca), buf_span(&token), ret, err);
}

void joined_fini(struct joined *joined)
{
    key_destroy(joined->key);
    json_decref(joined->reply);
    *joined = (struct joined){.key = NULL};
}

const char *joined_text(const struct joined *joined, const char *member)
{
    const char *text = json_string_value(json_object_get(joined->reply, member));
    return text ? text : "";
}

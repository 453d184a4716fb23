/* libcurl, and nothing else. What the receiver answers is thrown away. */
#include "controlplane/notice/webhook.h"

#include "lib/base/buf.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/pki/digest.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIGNED_MAX 8192
#define HEADER_CAP 128

struct webhook {
    CURL *curl;
    struct buf secret;
    char *url;
};

static bool is_allowed(const char *url)
{
    static const char *const prefixes[] = {
        "https://", "http://127.0.0.1:", "http://localhost:", "http://[::1]:"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (strncmp(url, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    }
    return false;
}

int webhook_create(const char *url, struct span secret, struct webhook **ret, struct err *err)
{
    if (!is_allowed(url))
        return err_set(err, ERR_INVALID, "%s: https:// is expected, or http:// to this machine",
                       url);
    if (secret.len < WEBHOOK_SECRET_MIN || secret.len > LIMIT_TEXT_BYTES)
        return err_set(err, ERR_INVALID, "the secret has %zu bytes, not %d to %d", secret.len,
                       WEBHOOK_SECRET_MIN, LIMIT_TEXT_BYTES);
    struct webhook *w = calloc(1, sizeof *w);
    ENSURE(w);
    buf_init(&w->secret, LIMIT_TEXT_BYTES + 1);
    buf_append(&w->secret, secret.data, secret.len);
    w->url = strdup(url);
    w->curl = curl_easy_init();
    ENSURE(w->url && w->curl);
    *ret = w;
    return 0;
}

void webhook_destroy(struct webhook *w)
{
    if (!w)
        return;
    curl_easy_cleanup(w->curl);
    explicit_bzero(w->secret.data, w->secret.len);
    buf_fini(&w->secret);
    free(w->url);
    free(w);
}

static void sign(const struct webhook *w, struct instant now, struct span body,
                 char ret[2 * DIGEST_BYTES + 1])
{
    CLEANUP_BUF struct buf text;
    uint8_t mac[DIGEST_BYTES];
    buf_init(&text, SIGNED_MAX);
    buf_printf(&text, "%lld.", (long long)now.s);
    buf_append(&text, body.data, body.len);
    ENSURE(!text.full);
    digest_hmac_sha256(buf_span(&w->secret), buf_span(&text), mac);
    text_hex(ret, mac, sizeof mac);
}

static struct curl_slist *headers_of(const struct webhook *w, struct instant now, struct span body)
{
    char mac[2 * DIGEST_BYTES + 1], line[HEADER_CAP];
    struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");
    sign(w, now, body, mac);
    (void)snprintf(line, sizeof line, "X-Pumasi-Timestamp: %lld", (long long)now.s);
    list = curl_slist_append(list, line);
    (void)snprintf(line, sizeof line, "X-Pumasi-Signature: sha256=%s", mac);
    list = curl_slist_append(list, line);
    ENSURE(list);
    return list;
}

static size_t throw_away(char *data, size_t size, size_t n, void *arg)
{
    (void)data;
    (void)arg;
    return size * n;
}

static CURLcode perform(struct webhook *w, struct curl_slist *headers, struct span body)
{
    curl_easy_reset(w->curl);
    curl_easy_setopt(w->curl, CURLOPT_URL, w->url);
    curl_easy_setopt(w->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(w->curl, CURLOPT_PROXY, "");
    curl_easy_setopt(w->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(w->curl, CURLOPT_TIMEOUT_MS, (long)WEBHOOK_TIMEOUT_MS);
    curl_easy_setopt(w->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(w->curl, CURLOPT_POSTFIELDSIZE, (long)body.len);
    curl_easy_setopt(w->curl, CURLOPT_POSTFIELDS, (const char *)body.data);
    curl_easy_setopt(w->curl, CURLOPT_WRITEFUNCTION, throw_away);
    return curl_easy_perform(w->curl);
}

int webhook_post(struct webhook *w, struct instant now, struct span body, struct err *err)
{
    long status = 0;
    struct curl_slist *headers = headers_of(w, now, body);
    CURLcode code = perform(w, headers, body);
    curl_slist_free_all(headers);
    if (code != CURLE_OK)
        return err_set(err, ERR_UNAVAILABLE, "webhook: %s", curl_easy_strerror(code));
    curl_easy_getinfo(w->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300)
        return 0;
    return err_set(err, status >= 400 && status < 500 ? ERR_DENIED : ERR_UNAVAILABLE,
                   "webhook: it answers %ld", status);
}

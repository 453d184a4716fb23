/* Signed POSTs, against a receiver on loopback. */
#include "controlplane/notice/webhook.h"

#include "lib/base/text.h"
#include "lib/pki/digest.h"
#include "tests/unit/controlplane/notice/receiver.h"

#define SECRET "0123456789abcdef0123"
#define BODY   "{\"id\": \"x\"}"

static const struct {
    const char *url;
    const char *secret;
} bad[] = {
    {"http://example.kr/hook", SECRET},          {"ftp://127.0.0.1/hook", SECRET},
    {"http://127.0.0.1.example.kr:80/", SECRET}, {"", SECRET},
    {"https://example.kr/hook", "short"},
};

START_TEST(only_https_or_this_machine_and_only_with_a_secret)
{
    struct webhook *w = NULL;
    ck_assert_int_eq(webhook_create(bad[_i].url, span_text(bad[_i].secret), &w, NULL),
                     -ERR_INVALID);
    ck_assert_ptr_null(w);
}
END_TEST

START_TEST(a_post_carries_its_time_and_a_signature_over_both)
{
    static const int ok[] = {204};
    struct receiver r;
    struct webhook *w;
    uint8_t mac[DIGEST_BYTES];
    char hex[2 * DIGEST_BYTES + 1], line[128];
    receiver_open(&r, ok, 1);
    ck_assert_int_eq(webhook_create(r.url, span_text(SECRET), &w, NULL), 0);
    ck_assert_int_eq(webhook_post(w, (struct instant){1770076800}, span_text(BODY), NULL), 0);
    digest_hmac_sha256(span_text(SECRET), span_text("1770076800." BODY), mac);
    text_hex(hex, mac, sizeof mac);
    (void)snprintf(line, sizeof line, "X-Pumasi-Signature: sha256=%s\r\n", hex);
    ck_assert_ptr_nonnull(strstr(r.text, line));
    ck_assert_ptr_nonnull(strstr(r.text, "X-Pumasi-Timestamp: 1770076800\r\n"));
    ck_assert_ptr_nonnull(strstr(r.text, "\r\n\r\n" BODY));
    webhook_destroy(w);
    receiver_close(&r);
}
END_TEST

static const struct {
    int status;
    enum err_code code;
} answers[] = {{200, ERR_OK}, {302, ERR_UNAVAILABLE}, {403, ERR_DENIED}, {500, ERR_UNAVAILABLE}};

START_TEST(an_answer_says_whether_to_ask_again)
{
    struct receiver r;
    struct webhook *w;
    receiver_open(&r, &answers[_i].status, 1);
    ck_assert_int_eq(webhook_create(r.url, span_text(SECRET), &w, NULL), 0);
    ck_assert_int_eq(webhook_post(w, (struct instant){1}, span_text(BODY), NULL),
                     -(int)answers[_i].code);
    webhook_destroy(w);
    receiver_close(&r);
}
END_TEST

START_TEST(nobody_there_is_unavailable)
{
    struct webhook *w;
    ck_assert_int_eq(webhook_create("http://127.0.0.1:1/", span_text(SECRET), &w, NULL), 0);
    ck_assert_int_eq(webhook_post(w, (struct instant){1}, span_text(BODY), NULL), -ERR_UNAVAILABLE);
    webhook_destroy(w);
}
END_TEST

static Suite *webhook_suite(void)
{
    Suite *s = suite_create("webhook");
    TCase *c = tcase_create("webhook");
    tcase_set_timeout(c, 30);
    tcase_add_loop_test(c, only_https_or_this_machine_and_only_with_a_secret, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(c, a_post_carries_its_time_and_a_signature_over_both);
    tcase_add_loop_test(c, an_answer_says_whether_to_ask_again, 0,
                        (int)(sizeof answers / sizeof answers[0]));
    tcase_add_test(c, nobody_there_is_unavailable);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(webhook_suite)

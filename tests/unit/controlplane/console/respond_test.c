/* controlplane/console/respond.h: which request gets which reply. */
#include "controlplane/console/respond.h"
#include "tests/support/suite.h"

#include <string.h>

static void look(void *arg, struct console_figures *ret)
{
    *ret = *(const struct console_figures *)arg;
}

static const struct console_figures LEADING = {
    .name = {"pumasid-1"}, .leader = true, .leader_address = "127.0.0.1:7443"};
static const struct console_figures LOST = {.name = {"pumasid-1"}};

static struct console_reply ask_about(const struct console_figures *figures,
                                      struct console_request request)
{
    struct console_figures copy = *figures;
    struct console_source source = {.look = look, .arg = &copy};
    struct console_reply reply;
    respond(&request, &source, &reply);
    ck_assert(!reply.body.full && reply.body.len > 0);
    return reply;
}

static struct console_reply ask(struct console_request request)
{
    return ask_about(&LEADING, request);
}

START_TEST(a_path_is_a_page)
{
    static const struct {
        const char *path;
        const char *type;
        const char *part;
    } cases[] = {
        {"/", "text/html; charset=utf-8", "<!DOCTYPE html>"},
        {"/healthz", "text/plain; charset=utf-8", "leading"},
        {"/metrics", "application/openmetrics-text; version=1.0.0; charset=utf-8", "# EOF\n"},
        {"/style.css", "text/css; charset=utf-8", "body{"},
    };
    static const char *const methods[] = {"GET", "HEAD"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t m = 0; m < 2; m++) {
            struct console_reply r =
                ask((struct console_request){.method = methods[m], .path = cases[i].path});
            ck_assert_uint_eq(r.status, 200);
            ck_assert_str_eq(r.type, cases[i].type);
            ck_assert_ptr_nonnull(strstr(r.body.data, cases[i].part));
            ck_assert(r.varies == (i == 0));
            console_reply_fini(&r);
        }
    }
}
END_TEST

START_TEST(what_is_refused_is_refused_in_order)
{
    static const struct {
        struct console_request request;
        unsigned status;
    } cases[] = {
        {{.method = "GET", .path = "/admin"}, 404},
        {{.method = "GET", .path = ""}, 404},
        {{.method = "GET", .path = "//"}, 404},
        {{.method = "GET", .path = "/healthz/"}, 404},
        {{.method = "GET", .path = "/../etc/passwd"}, 404},
        {{.method = "GET", .path = "/", .has_body = true}, 413},
        {{.method = "GET", .path = "/admin", .has_body = true}, 413},
        {{.method = "POST", .path = "/", .has_body = true}, 405},
        {{.method = "DELETE", .path = "/admin"}, 405},
        {{.method = "get", .path = "/"}, 405},
        {{.method = "POST", .path = "/", .host = "evil.example", .has_body = true}, 421},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct console_reply r = ask(cases[i].request);
        ck_assert_uint_eq(r.status, cases[i].status);
        ck_assert_str_eq(r.type, "text/plain; charset=utf-8");
        console_reply_fini(&r);
    }
}
END_TEST

START_TEST(a_host_that_is_not_this_machine_is_refused)
{
    static const struct {
        const char *host;
        unsigned status;
    } cases[] = {
        {NULL, 200},
        {"localhost", 200},
        {"LocalHost:8080", 200},
        {"127.0.0.1", 200},
        {"127.1.2.3:9", 200},
        {"[::1]:8080", 200},
        {"[::1]", 200},
        {"", 421},
        {"localhost.evil.example", 421},
        {"127.0.0.1.evil.example", 421},
        {"128.0.0.1", 421},
        {"127", 421},
        {"::1", 421},
        {"[::2]", 421},
        {"pumasi.example:8080", 421},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct console_request request = {.method = "GET", .path = "/", .host = cases[i].host};
        struct console_reply r = ask(request);
        ck_assert_msg(r.status == cases[i].status, "%s", cases[i].host);
        console_reply_fini(&r);
        request.over_unix = true;
        r = ask(request);
        ck_assert_uint_eq(r.status, 200);
        console_reply_fini(&r);
    }
}
END_TEST

START_TEST(health_is_503_when_nobody_leads)
{
    struct console_request request = {.method = "GET", .path = "/healthz"};
    struct console_reply r = ask_about(&LOST, request);
    ck_assert_uint_eq(r.status, 503);
    ck_assert_str_eq(r.body.data, "no leader known\n");
    console_reply_fini(&r);
    request.path = "/"; /* the page itself is there */
    r = ask_about(&LOST, request);
    ck_assert_uint_eq(r.status, 200);
    console_reply_fini(&r);
}
END_TEST

START_TEST(the_status_page_speaks_the_readers_language)
{
    struct console_reply r = ask((struct console_request){
        .method = "GET", .path = "/", .accept_language = "ko-KR,ko;q=0.9,en;q=0.8"});
    ck_assert_int_eq(r.language, LANGUAGE_KO);
    ck_assert_ptr_nonnull(strstr(r.body.data, "<html lang=\"ko\">"));
    console_reply_fini(&r);
    r = ask((struct console_request){
        .method = "GET", .path = "/", .accept_language = "ko", .lang = "en"});
    ck_assert_ptr_nonnull(strstr(r.body.data, "<html lang=\"en\">"));
    console_reply_fini(&r);
    r = ask((struct console_request){
        .method = "GET", .path = "/healthz", .accept_language = "ko", .lang = "ko"});
    ck_assert_int_eq(r.language, LANGUAGE_EN);
    console_reply_fini(&r);
}
END_TEST

static const char *header_of(const char *name)
{
    for (const struct console_header *h = respond_headers(); h->name; h++) {
        if (strcmp(h->name, name) == 0)
            return h->value;
    }
    return "";
}

START_TEST(every_reply_forbids_script_framing_guessing_and_storing)
{
    const char *policy = header_of("Content-Security-Policy");
    ck_assert_ptr_nonnull(strstr(policy, "default-src 'none'"));
    ck_assert_ptr_nonnull(strstr(policy, "frame-ancestors 'none'"));
    ck_assert_ptr_null(strstr(policy, "script-src"));
    ck_assert_ptr_null(strstr(policy, "unsafe"));
    ck_assert_str_eq(header_of("X-Content-Type-Options"), "nosniff");
    ck_assert_str_eq(header_of("X-Frame-Options"), "DENY");
    ck_assert_str_eq(header_of("Cache-Control"), "no-store");
}
END_TEST

static Suite *respond_suite(void)
{
    Suite *s = suite_create("respond");
    TCase *t = tcase_create("respond");

    tcase_add_test(t, a_path_is_a_page);
    tcase_add_test(t, what_is_refused_is_refused_in_order);
    tcase_add_test(t, a_host_that_is_not_this_machine_is_refused);
    tcase_add_test(t, health_is_503_when_nobody_leads);
    tcase_add_test(t, the_status_page_speaks_the_readers_language);
    tcase_add_test(t, every_reply_forbids_script_framing_guessing_and_storing);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(respond_suite)

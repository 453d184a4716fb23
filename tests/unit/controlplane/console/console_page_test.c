/* controlplane/console/console_page.h: the pages are a pure function of the figures. */
#include "controlplane/console/console_page.h"
#include "tests/support/suite.h"

#include <stdio.h>

static struct console_figures leading(void)
{
    return (struct console_figures){
        .name = id_literal("pumasid-1"),
        .at = {1770076860},
        .started = {1770076800},
        .leader = true,
        .leader_address = "127.0.0.1:7443",
        .revision = 1234567,
        .commits = 11,
        .requests = 12,
        .reloads = 1,
        .waiting = 3,
        .attached = 31,
        .calls = 4,
        .streams = 32,
        .refused_limit = 5,
        .refused_policy = 6,
        .refused_message = 7,
    };
}

static struct console_figures following(void)
{
    struct console_figures f = leading();
    f.leader = false;
    snprintf(f.leader_address, sizeof f.leader_address, "10.0.0.9:7443");
    return f;
}

static struct console_figures lost(void)
{
    struct console_figures f = leading();
    f.leader = false;
    f.leader_address[0] = '\0';
    return f;
}

static const char *status_page(struct buf *b, const struct console_figures *f, enum language l)
{
    buf_init(b, CONSOLE_PAGE_MAX);
    console_page_status(b, f, l);
    ck_assert(!b->full && span_is_text(buf_span(b)));
    return b->data;
}

START_TEST(health_is_one_line)
{
    struct console_figures cases[] = {leading(), following(), lost()};
    static const char *const lines[] = {"leading\n", "following 10.0.0.9:7443\n",
                                        "no leader known\n"};
    for (size_t i = 0; i < 3; i++) {
        CLEANUP_BUF struct buf b = {.data = NULL};
        buf_init(&b, CONSOLE_PAGE_MAX);
        console_page_health(&b, &cases[i]);
        ck_assert_str_eq(b.data, lines[i]);
        ck_assert(console_figures_healthy(&cases[i]) == (i < 2));
    }
}
END_TEST

START_TEST(metrics_are_these_bytes)
{
    struct console_figures f = leading();
    CLEANUP_BUF struct buf b = {.data = NULL};
    buf_init(&b, CONSOLE_PAGE_MAX);
    console_page_metrics(&b, &f);
    ck_assert_str_eq(
        b.data,
        "# TYPE pumasi_build info\n# HELP pumasi_build Version of this program and its name.\n"
        "pumasi_build_info{version=\"" PUMASI_VERSION "\",name=\"pumasid-1\"} 1\n"
        "# TYPE pumasi_leader gauge\n# HELP pumasi_leader 1 while this process leads.\n"
        "pumasi_leader 1\n"
        "# TYPE pumasi_leader_known gauge\n"
        "# HELP pumasi_leader_known 1 while somebody is known to lead.\n"
        "pumasi_leader_known 1\n"
        "# TYPE pumasi_store_revision gauge\n"
        "# HELP pumasi_store_revision Revision of the store that was read last.\n"
        "pumasi_store_revision 1234567\n"
        "# TYPE pumasi_commits counter\n"
        "# HELP pumasi_commits Transactions committed to the store.\n"
        "pumasi_commits_total 11\n"
        "# TYPE pumasi_requests counter\n# HELP pumasi_requests Requests decided.\n"
        "pumasi_requests_total 12\n"
        "# TYPE pumasi_reloads counter\n# HELP pumasi_reloads Readings of the whole store.\n"
        "pumasi_reloads_total 1\n"
        "# TYPE pumasi_requests_waiting gauge\n"
        "# HELP pumasi_requests_waiting Requests in the queue.\n"
        "pumasi_requests_waiting 3\n"
        "# TYPE pumasi_nodes_attached gauge\n"
        "# HELP pumasi_nodes_attached Nodes that keep a stream open.\n"
        "pumasi_nodes_attached 31\n"
        "# TYPE pumasi_rpc_calls gauge\n# HELP pumasi_rpc_calls Calls alive.\n"
        "pumasi_rpc_calls{kind=\"unary\"} 4\n"
        "pumasi_rpc_calls{kind=\"stream\"} 32\n"
        "# TYPE pumasi_rpc_refused counter\n"
        "# HELP pumasi_rpc_refused Calls and messages refused.\n"
        "pumasi_rpc_refused_total{reason=\"limit\"} 5\n"
        "pumasi_rpc_refused_total{reason=\"policy\"} 6\n"
        "pumasi_rpc_refused_total{reason=\"message\"} 7\n"
        "# TYPE pumasi_start_time_seconds gauge\n"
        "# HELP pumasi_start_time_seconds Unix time of the start.\n"
        "pumasi_start_time_seconds 1770076800\n"
        "# EOF\n");
}
END_TEST

START_TEST(metrics_say_who_leads)
{
    struct console_figures cases[] = {following(), lost()};
    static const char *const known[] = {"\npumasi_leader_known 1\n", "\npumasi_leader_known 0\n"};
    for (size_t i = 0; i < 2; i++) {
        CLEANUP_BUF struct buf b = {.data = NULL};
        buf_init(&b, CONSOLE_PAGE_MAX);
        console_page_metrics(&b, &cases[i]);
        ck_assert_ptr_nonnull(strstr(b.data, "\npumasi_leader 0\n"));
        ck_assert_ptr_nonnull(strstr(b.data, known[i]));
    }
}
END_TEST

START_TEST(the_status_is_said_in_words_of_the_language)
{
    struct console_figures cases[] = {leading(), following(), lost()};
    static const char *const texts[][LANGUAGE_COUNT] = {
        {"<strong>State:</strong> This control plane leads",
         "<strong>상태:</strong> 이 제어 서버가"},
        {"This control plane follows", "이 제어 서버는 대기 중입니다"},
        {"No control plane is known to lead", "주 서버를 알 수 없습니다"},
    };
    for (size_t i = 0; i < 3; i++) {
        for (enum language l = 0; l < LANGUAGE_COUNT; l++) {
            CLEANUP_BUF struct buf b = {.data = NULL};
            const char *page = status_page(&b, &cases[i], l);
            ck_assert_ptr_nonnull(strstr(page, texts[i][l]));
            ck_assert_ptr_nonnull(
                strstr(page, l == LANGUAGE_KO ? "<html lang=\"ko\">" : "<html lang=\"en\">"));
        }
    }
}
END_TEST

START_TEST(the_status_shows_every_figure)
{
    struct console_figures f = leading();
    static const char *const parts[] = {
        "<dt>Name</dt><dd>pumasid-1</dd>",
        "<dt>Version</dt><dd>" PUMASI_VERSION "</dd>",
        "<dt>Leader</dt><dd>127.0.0.1:7443</dd>",
        "<dt>Started</dt><dd>2026-02-03T09:00:00+09:00</dd>",
        "<dd>1,234,567</dd>",
        "<dt>Nodes attached</dt><dd>31</dd>",
        "<dt>Requests waiting</dt><dd>3</dd>",
        "<dt>Requests decided since the start</dt><dd>12</dd>",
        "<dt>Commits since the start</dt><dd>11</dd>",
        "<dt>Readings of the whole store since the start</dt><dd>1</dd>",
        "<dt>Calls open</dt><dd>4</dd>",
        "<dt>Streams open</dt><dd>32</dd>",
        "<dt>Too many calls at once</dt><dd>5</dd>",
        "<dt>Not allowed</dt><dd>6</dd>",
        "<dt>Message too large or malformed</dt><dd>7</dd>",
        "<time datetime=\"2026-02-03T09:01:00+09:00\">",
    };
    CLEANUP_BUF struct buf b = {.data = NULL};
    const char *page = status_page(&b, &f, LANGUAGE_EN);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        ck_assert_msg(strstr(page, parts[i]), "%s", parts[i]);
}
END_TEST

START_TEST(the_status_needs_nothing_from_elsewhere)
{
    struct console_figures f = leading();
    static const char *const never[] = {
        "<script", "style=", "http:", "https:", "//", "javascript:", "<form"};
    for (enum language l = 0; l < LANGUAGE_COUNT; l++) {
        CLEANUP_BUF struct buf b = {.data = NULL};
        const char *page = status_page(&b, &f, l);
        for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
            ck_assert_msg(!strstr(page, never[i]), "%s", never[i]);
        ck_assert_ptr_nonnull(strstr(page, "<link rel=\"stylesheet\" href=\"/style.css\">"));
        ck_assert_ptr_nonnull(strstr(page, l == LANGUAGE_KO ? "\"/?lang=en\" lang=\"en\""
                                                            : "\"/?lang=ko\" lang=\"ko\""));
    }
    CLEANUP_BUF struct buf style = {.data = NULL};
    buf_init(&style, CONSOLE_PAGE_MAX);
    console_page_style(&style);
    ck_assert(!strstr(style.data, "url(") && !strstr(style.data, "@import"));
}
END_TEST

START_TEST(texts_of_others_are_escaped)
{
    struct console_figures f = following();
    snprintf(f.leader_address, sizeof f.leader_address, "<img src=x onerror=alert(1)>:1");
    CLEANUP_BUF struct buf b = {.data = NULL};
    const char *page = status_page(&b, &f, LANGUAGE_KO);
    ck_assert_ptr_null(strstr(page, "<img"));
    ck_assert_ptr_nonnull(strstr(page, "&lt;img src=x onerror=alert(1)&gt;:1"));
}
END_TEST

START_TEST(a_page_of_the_largest_figures_fits)
{
    struct console_figures f;
    memset(&f, 0xFF, sizeof f);
    f.name = id_literal("n23456789-123456789-123456789-123456789-123456789-123456789-123");
    f.at = f.started = (struct instant){INSTANT_MAX_S};
    f.leader = true;
    f.revision = INT64_MAX;
    f.leader_address[sizeof f.leader_address - 1] = '\0'; /* 255 bytes that are no UTF-8 */
    for (enum language l = 0; l < LANGUAGE_COUNT; l++) {
        CLEANUP_BUF struct buf b = {.data = NULL};
        ck_assert_ptr_nonnull(strstr(status_page(&b, &f, l), "18,446,744,073,709,551,615"));
    }
    CLEANUP_BUF struct buf b = {.data = NULL};
    buf_init(&b, CONSOLE_PAGE_MAX);
    console_page_metrics(&b, &f);
    ck_assert(!b.full);
}
END_TEST

static Suite *console_page_suite(void)
{
    Suite *s = suite_create("console_page");
    TCase *t = tcase_create("console_page");

    tcase_add_test(t, health_is_one_line);
    tcase_add_test(t, metrics_are_these_bytes);
    tcase_add_test(t, metrics_say_who_leads);
    tcase_add_test(t, the_status_is_said_in_words_of_the_language);
    tcase_add_test(t, the_status_shows_every_figure);
    tcase_add_test(t, the_status_needs_nothing_from_elsewhere);
    tcase_add_test(t, texts_of_others_are_escaped);
    tcase_add_test(t, a_page_of_the_largest_figures_fits);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(console_page_suite)

/*
 * The pages. What varies is in tables: a row a metric, a row a line of the status page, a text for
 * each language. Only numbers, instants and escaped texts are put into them. Pure.
 */
#include "controlplane/console/console_page.h"

#include "controlplane/console/markup.h"
#include "lib/base/err.h"

#include <stddef.h>

/* ---- health ---- */

void console_page_health(struct buf *dst, const struct console_figures *f)
{
    if (f->leader)
        buf_append_text(dst, "leading\n");
    else if (console_figures_healthy(f))
        buf_printf(dst, "following %s\n", f->leader_address);
    else
        buf_append_text(dst, "no leader known\n");
    ENSURE(!dst->full);
}

/* ---- metrics ---- */

struct metric {
    const char *name;
    const char *type;   /* "counter" puts _total behind the sample's name */
    const char *labels; /* of the sample; "" */
    const char *help;   /* NULL: another sample of the metric above */
    size_t offset;      /* of a uint64_t in the figures */
};

#define AT(figure) offsetof(struct console_figures, figure)
static const struct metric metrics[] = {
    {"pumasi_commits", "counter", "", "Transactions committed to the store.", AT(commits)},
    {"pumasi_requests", "counter", "", "Requests decided.", AT(requests)},
    {"pumasi_reloads", "counter", "", "Readings of the whole store.", AT(reloads)},
    {"pumasi_requests_waiting", "gauge", "", "Requests in the queue.", AT(waiting)},
    {"pumasi_nodes_attached", "gauge", "", "Nodes that keep a stream open.", AT(attached)},
    {"pumasi_rpc_calls", "gauge", "{kind=\"unary\"}", "Calls alive.", AT(calls)},
    {"pumasi_rpc_calls", "gauge", "{kind=\"stream\"}", NULL, AT(streams)},
    {"pumasi_rpc_refused", "counter", "{reason=\"limit\"}", "Calls and messages refused.",
     AT(refused_limit)},
    {"pumasi_rpc_refused", "counter", "{reason=\"policy\"}", NULL, AT(refused_policy)},
    {"pumasi_rpc_refused", "counter", "{reason=\"message\"}", NULL, AT(refused_message)},
};

static void append_family(struct buf *dst, const char *name, const char *type, const char *help)
{
    buf_printf(dst, "# TYPE %s %s\n# HELP %s %s\n", name, type, name, help);
}

static void append_metric(struct buf *dst, const struct console_figures *f, const struct metric *m)
{
    uint64_t value = *(const uint64_t *)((const char *)f + m->offset);
    if (m->help)
        append_family(dst, m->name, m->type, m->help);
    const char *suffix = m->type[0] == 'c' ? "_total" : "";
    buf_printf(dst, "%s%s%s %llu\n", m->name, suffix, m->labels, (unsigned long long)value);
}

static void append_signed(struct buf *dst, const char *name, const char *help, int64_t value)
{
    append_family(dst, name, "gauge", help);
    buf_printf(dst, "%s %lld\n", name, (long long)value);
}

void console_page_metrics(struct buf *dst, const struct console_figures *f)
{
    append_family(dst, "pumasi_build", "info", "Version of this program and its name.");
    buf_append_text(dst, "pumasi_build_info{version=\"");
    markup_label(dst, PUMASI_VERSION);
    buf_append_text(dst, "\",name=\"");
    markup_label(dst, f->name.text);
    buf_append_text(dst, "\"} 1\n");
    append_signed(dst, "pumasi_leader", "1 while this process leads.", f->leader);
    append_signed(dst, "pumasi_leader_known", "1 while somebody is known to lead.",
                  console_figures_healthy(f));
    append_signed(dst, "pumasi_store_revision", "Revision of the store that was read last.",
                  f->revision);
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++)
        append_metric(dst, f, &metrics[i]);
    append_signed(dst, "pumasi_start_time_seconds", "Unix time of the start.", f->started.s);
    buf_append_text(dst, "# EOF\n");
    ENSURE(!dst->full);
}

/* ---- status ---- */

enum word {
    WORD_TITLE,
    WORD_STATE,
    WORD_LEADS,
    WORD_FOLLOWS,
    WORD_LOST,
    WORD_THIS,
    WORD_NAME,
    WORD_VERSION,
    WORD_LEADER,
    WORD_NONE,
    WORD_STARTED,
    WORD_REVISION,
    WORD_WORK,
    WORD_ATTACHED,
    WORD_WAITING,
    WORD_REQUESTS,
    WORD_COMMITS,
    WORD_RELOADS,
    WORD_CALLS,
    WORD_STREAMS,
    WORD_REFUSED,
    WORD_REFUSED_LIMIT,
    WORD_REFUSED_POLICY,
    WORD_REFUSED_MESSAGE,
    WORD_AS_OF,
    WORD_AGAIN,
    WORD_OTHER,
    WORD_COUNT
};

static const char *const words[WORD_COUNT][LANGUAGE_COUNT] = {
    [WORD_TITLE] = {"Pumasi control plane", "품앗이 제어 서버"},
    [WORD_STATE] = {"State", "상태"},
    [WORD_LEADS] = {"This control plane leads: it decides requests.",
                    "이 제어 서버가 주 서버입니다. 요청을 처리합니다."},
    [WORD_FOLLOWS] = {"This control plane follows: another one decides requests.",
                      "이 제어 서버는 대기 중입니다. 주 서버가 요청을 처리합니다."},
    [WORD_LOST] = {"No control plane is known to lead: requests are refused for now.",
                   "주 서버를 알 수 없습니다. 지금은 요청을 받지 못합니다."},
    [WORD_THIS] = {"This server", "이 서버"},
    [WORD_NAME] = {"Name", "이름"},
    [WORD_VERSION] = {"Version", "버전"},
    [WORD_LEADER] = {"Leader", "주 서버"},
    [WORD_NONE] = {"unknown", "알 수 없음"},
    [WORD_STARTED] = {"Started", "시작 시각"},
    [WORD_REVISION] = {"Revision of the store", "저장소 리비전"},
    [WORD_WORK] = {"Work", "처리 현황"},
    [WORD_ATTACHED] = {"Nodes attached", "연결된 노드"},
    [WORD_WAITING] = {"Requests waiting", "대기 중인 요청"},
    [WORD_REQUESTS] = {"Requests decided since the start", "시작 후 처리한 요청"},
    [WORD_COMMITS] = {"Commits since the start", "시작 후 커밋"},
    [WORD_RELOADS] = {"Readings of the whole store since the start",
                      "시작 후 저장소를 다시 읽은 횟수"},
    [WORD_CALLS] = {"Calls open", "진행 중인 호출"},
    [WORD_STREAMS] = {"Streams open", "열린 스트림"},
    [WORD_REFUSED] = {"Refused since the start", "시작 후 거부"},
    [WORD_REFUSED_LIMIT] = {"Too many calls at once", "동시 호출 한도 초과"},
    [WORD_REFUSED_POLICY] = {"Not allowed", "권한 없음"},
    [WORD_REFUSED_MESSAGE] = {"Message too large or malformed", "너무 크거나 잘못된 메시지"},
    [WORD_AS_OF] = {"As of", "기준 시각"},
    [WORD_AGAIN] = {"Look again", "다시 보기"},
    [WORD_OTHER] = {"한국어", "English"},
};

/* What a page is written from. */
struct writing {
    struct buf *dst;
    const struct console_figures *figures;
    enum language language;
};

static const char *say(const struct writing *w, enum word word)
{
    ENSURE(word < WORD_COUNT && words[word][w->language]);
    return words[word][w->language];
}

static void begin_row(const struct writing *w, enum word label)
{
    buf_printf(w->dst, "<div><dt>%s</dt><dd>", say(w, label));
}

static void end_row(const struct writing *w)
{
    buf_append_text(w->dst, "</dd></div>\n");
}

static void text_row(const struct writing *w, enum word label, const char *text)
{
    begin_row(w, label);
    markup_html(w->dst, text);
    end_row(w);
}

static void count_row(const struct writing *w, enum word label, uint64_t n)
{
    begin_row(w, label);
    markup_count(w->dst, n);
    end_row(w);
}

static void begin_section(const struct writing *w, enum word heading)
{
    buf_printf(w->dst, "<section>\n<h2>%s</h2>\n<dl>\n", say(w, heading));
}

static void end_section(const struct writing *w)
{
    buf_append_text(w->dst, "</dl>\n</section>\n");
}

static void head(const struct writing *w)
{
    const char *title = say(w, WORD_TITLE);
    buf_printf(w->dst,
               "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"color-scheme\" content=\"light dark\">\n<title>%s: ",
               language_tag(w->language), title);
    markup_html(w->dst, w->figures->name.text);
    buf_printf(w->dst,
               "</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body>\n<main>\n"
               "<h1>%s</h1>\n",
               title);
}

/* The state in words: colour is never the only sign. */
static void state(const struct writing *w)
{
    const struct console_figures *f = w->figures;
    bool healthy = console_figures_healthy(f);
    enum word text = f->leader ? WORD_LEADS : healthy ? WORD_FOLLOWS : WORD_LOST;
    buf_printf(w->dst, "<p class=\"%s\" role=\"status\"><strong>%s:</strong> %s</p>\n",
               healthy ? "good" : "bad", say(w, WORD_STATE), say(w, text));
}

static void this_server(const struct writing *w)
{
    const struct console_figures *f = w->figures;
    char started[INSTANT_TEXT_CAP];
    begin_section(w, WORD_THIS);
    text_row(w, WORD_NAME, f->name.text);
    text_row(w, WORD_VERSION, PUMASI_VERSION);
    text_row(w, WORD_LEADER, f->leader_address[0] ? f->leader_address : say(w, WORD_NONE));
    text_row(w, WORD_STARTED, instant_format(f->started, started));
    count_row(w, WORD_REVISION, f->revision > 0 ? (uint64_t)f->revision : 0);
    end_section(w);
}

static void work(const struct writing *w)
{
    const struct console_figures *f = w->figures;
    begin_section(w, WORD_WORK);
    count_row(w, WORD_ATTACHED, f->attached);
    count_row(w, WORD_WAITING, f->waiting);
    count_row(w, WORD_REQUESTS, f->requests);
    count_row(w, WORD_COMMITS, f->commits);
    count_row(w, WORD_RELOADS, f->reloads);
    count_row(w, WORD_CALLS, f->calls);
    count_row(w, WORD_STREAMS, f->streams);
    end_section(w);
    begin_section(w, WORD_REFUSED);
    count_row(w, WORD_REFUSED_LIMIT, f->refused_limit);
    count_row(w, WORD_REFUSED_POLICY, f->refused_policy);
    count_row(w, WORD_REFUSED_MESSAGE, f->refused_message);
    end_section(w);
}

static void foot(const struct writing *w)
{
    char at[INSTANT_TEXT_CAP];
    const char *now = instant_format(w->figures->at, at);
    const char *same = language_tag(w->language);
    const char *other = language_tag(w->language == LANGUAGE_KO ? LANGUAGE_EN : LANGUAGE_KO);
    buf_printf(w->dst, "</main>\n<footer>\n<p>%s <time datetime=\"%s\">%s</time></p>\n",
               say(w, WORD_AS_OF), now, now);
    buf_printf(w->dst,
               "<p><a href=\"/?lang=%s\">%s</a> "
               "<a href=\"/?lang=%s\" lang=\"%s\" hreflang=\"%s\">%s</a></p>\n"
               "</footer>\n</body>\n</html>\n",
               same, say(w, WORD_AGAIN), other, other, other, say(w, WORD_OTHER));
}

void console_page_status(struct buf *dst, const struct console_figures *f, enum language language)
{
    struct writing w = {.dst = dst, .figures = f, .language = language};
    ENSURE(language < LANGUAGE_COUNT);
    head(&w);
    state(&w);
    this_server(&w);
    work(&w);
    foot(&w);
    ENSURE(!dst->full);
}

void console_page_style(struct buf *dst)
{
    buf_append_text(dst,
                    ":root{color-scheme:light dark}\n"
                    "body{font:1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:2rem auto;"
                    "padding:0 1rem}\n"
                    "h1{font-size:1.5rem}h2{font-size:1.15rem}\n"
                    "p[role=status]{border-left:.4rem solid;padding:.5rem 1rem}\n"
                    ".good{border-color:#1a7f37}.bad{border-color:#cf222e}\n"
                    "dl>div{display:flex;justify-content:space-between;gap:1rem;flex-wrap:wrap;"
                    "border-bottom:1px solid #8884;padding:.25rem 0}\n"
                    "dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}\n"
                    "footer a{margin-right:1rem}\n"
                    "a:focus-visible{outline:3px solid;outline-offset:2px}\n");
}

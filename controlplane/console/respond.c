/* Request in, reply out: which path is which page, and what is refused before. Pure. */
#include "controlplane/console/respond.h"

#include "controlplane/console/console_page.h"
#include "lib/base/err.h"

#include <string.h>
#include <strings.h>

#define TEXT_TYPE "text/plain; charset=utf-8"

const struct console_header *respond_headers(void)
{
    static const struct console_header headers[] = {
        {"Content-Security-Policy",
         "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
         "frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cache-Control", "no-store"},
        {NULL, NULL},
    };
    return headers;
}

/* ---- the pages ---- */

typedef void (*page_fn)(const struct console_figures *f, struct console_reply *ret);

static void health_page(const struct console_figures *f, struct console_reply *ret)
{
    ret->status = console_figures_healthy(f) ? 200 : 503;
    console_page_health(&ret->body, f);
}

static void metrics_page(const struct console_figures *f, struct console_reply *ret)
{
    console_page_metrics(&ret->body, f);
}

static void status_page(const struct console_figures *f, struct console_reply *ret)
{
    ret->varies = true;
    console_page_status(&ret->body, f, ret->language);
}

static void style_page(const struct console_figures *f, struct console_reply *ret)
{
    (void)f;
    console_page_style(&ret->body);
}

static const struct page {
    const char *path;
    const char *type;
    bool spoken; /* in the reader's language; the others are English */
    page_fn write;
} pages[] = {
    {"/", "text/html; charset=utf-8", true, status_page},
    {"/healthz", TEXT_TYPE, false, health_page},
    {"/metrics", "application/openmetrics-text; version=1.0.0; charset=utf-8", false, metrics_page},
    {"/style.css", "text/css; charset=utf-8", false, style_page},
};

static const struct page *find_page(const char *path)
{
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (strcmp(path, pages[i].path) == 0)
            return &pages[i];
    }
    return NULL;
}

/* ---- what is refused ---- */

static void refuse(struct console_reply *ret, unsigned status, const char *text)
{
    ENSURE(status >= 400 && ret->body.len == 0);
    ret->status = status;
    ret->type = TEXT_TYPE;
    buf_append_text(&ret->body, text);
}

/* "localhost", "127.0.0.1", "[::1]", with or without a port. */
static bool host_is_local(const char *host)
{
    static const char *const names[] = {"localhost", "[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t n = strlen(names[i]);
        if (strncasecmp(host, names[i], n) == 0 && (host[n] == '\0' || host[n] == ':'))
            return true;
    }
    size_t n = strspn(host, "0123456789.");
    return strncmp(host, "127.", 4) == 0 && (host[n] == '\0' || host[n] == ':');
}

static bool is_reading(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

void respond(const struct console_request *request, const struct console_source *source,
             struct console_reply *ret)
{
    ENSURE(request->method && request->path && source->look);
    *ret = (struct console_reply){.status = 200, .language = LANGUAGE_EN};
    buf_init(&ret->body, CONSOLE_PAGE_MAX);
    const struct page *page = find_page(request->path);
    if (!request->over_unix && request->host && !host_is_local(request->host)) {
        refuse(ret, 421, "this server answers to the names of this machine alone\n");
        return;
    }
    if (!is_reading(request->method)) {
        refuse(ret, 405, "only GET and HEAD\n");
        return;
    }
    if (request->has_body) {
        refuse(ret, 413, "a request here has no body\n");
        return;
    }
    if (!page) {
        refuse(ret, 404, "no such page: see /, /healthz and /metrics\n");
        return;
    }
    struct console_figures figures = {.revision = 0};
    source->look(source->arg, &figures);
    ret->type = page->type;
    if (page->spoken)
        ret->language = language_choose(request->lang, request->accept_language);
    page->write(&figures, ret);
    ENSURE(!ret->body.full);
}

void console_reply_fini(struct console_reply *reply)
{
    buf_fini(&reply->body);
}

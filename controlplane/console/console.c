/*
 * libmicrohttpd's side of the console: its callbacks turn a request into plain text for respond()
 * and the reply into a response. The daemon's one thread runs them all; the rest of this file runs
 * on the thread that creates, starts and destroys.
 */
#include "controlplane/console/console.h"

#include "controlplane/console/listener.h"
#include "controlplane/console/respond.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_TEXT_CAP 256

struct console {
    struct console_source source;
    struct log *log;
    struct listener listener;
    struct MHD_Daemon *daemon;
};

/* ---- a request ---- */

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static bool announces_body(struct MHD_Connection *connection)
{
    const char *length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return (length && strcmp(length, "0") != 0) ||
           header(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    ENSURE(MHD_add_response_header(response, name, value) == MHD_YES);
}

/* Takes the reply's body. */
static struct MHD_Response *make_response(struct console_reply *reply)
{
    size_t len = reply->body.len;
    ENSURE(reply->type && !reply->body.full);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(len, buf_detach(&reply->body), MHD_RESPMEM_MUST_FREE);
    ENSURE(response);
    add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
    add_header(response, MHD_HTTP_HEADER_CONTENT_LANGUAGE, language_tag(reply->language));
    if (reply->varies)
        add_header(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_LANGUAGE);
    if (reply->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        add_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    for (const struct console_header *h = respond_headers(); h->name; h++)
        add_header(response, h->name, h->value);
    return response;
}

/* Called once the headers are there, and again if there is a body; the first call answers. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_size, void **state)
{
    struct console *c = arg;
    struct console_request request = {
        .method = method,
        .path = url,
        .host = header(connection, MHD_HTTP_HEADER_HOST),
        .accept_language = header(connection, MHD_HTTP_HEADER_ACCEPT_LANGUAGE),
        .lang = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "lang"),
        .has_body = announces_body(connection),
        .over_unix = c->listener.is_unix,
    };
    struct console_reply reply;
    (void)version;
    (void)data;
    (void)data_size;
    (void)state;
    respond(&request, &c->source, &reply);
    struct MHD_Response *response = make_response(&reply);
    enum MHD_Result rc = MHD_queue_response(connection, reply.status, response);
    MHD_destroy_response(response);
    console_reply_fini(&reply);
    return rc;
}

/* The library's own lines; strangers can cause them, so they are for debugging alone. */
__attribute__((format(printf, 2, 0))) static void on_log(void *arg, const char *fmt, va_list ap)
{
    struct console *c = arg;
    char text[LOG_TEXT_CAP];
    (void)vsnprintf(text, sizeof text, fmt, ap);
    log_event(c->log, LOG_LEVEL_DEBUG, "console.http", LOG_STR("text", text));
}

/* ---- life ---- */

int console_create(const struct console_options *options, struct console **ret, struct err *err)
{
    struct listener listener;
    ENSURE(options->source.look);
    TRY(listener_open(options->listen, &listener, err));
    struct console *c = calloc(1, sizeof *c);
    ENSURE(c);
    *c = (struct console){
        .source = options->source, .log = options->log, .listener = listener, .daemon = NULL};
    *ret = c;
    return 0;
}

int console_start(struct console *c, struct err *err)
{
    ENSURE(!c->daemon && c->listener.fd >= 0);
    c->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, c,
        MHD_OPTION_EXTERNAL_LOGGER, on_log, (void *)c, /* first, or it misses the others */
        MHD_OPTION_LISTEN_SOCKET, c->listener.fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONSOLE_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONSOLE_CONNECTION_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONSOLE_IDLE_S,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (!c->daemon)
        return err_set(err, ERR_UNAVAILABLE, "the console's HTTP server does not start: %s",
                       strerror(errno));
    (void)listener_detach(&c->listener); /* the daemon closes it */
    return 0;
}

const char *console_address(const struct console *c)
{
    return c->listener.text;
}

void console_destroy(struct console *c)
{
    if (!c)
        return;
    if (c->daemon)
        MHD_stop_daemon(c->daemon);
    listener_close(&c->listener);
    free(c);
}

#ifndef PUMASI_CONTROLPLANE_CONSOLE_RESPOND_H
#define PUMASI_CONTROLPLANE_CONSOLE_RESPOND_H

#include "controlplane/console/figures.h"
#include "controlplane/console/language.h"
#include "lib/base/buf.h"

#include <stdbool.h>

/*
 * From a request to its reply, without any HTTP library. Pure but for the look at the source.
 */
struct console_request {
    const char *method;
    const char *path;            /* without the query */
    const char *host;            /* the header Host; NULL: none was sent */
    const char *accept_language; /* the header; NULL: none */
    const char *lang;            /* of the query; NULL: none */
    bool has_body;
    bool over_unix; /* came through a socket file: Host is the gate's business */
};

struct console_header {
    const char *name; /* NULL ends a list */
    const char *value;
};

struct console_reply {
    unsigned status;
    const char *type;       /* Content-Type */
    enum language language; /* of the body */
    bool varies;            /* the body depends on Accept-Language */
    struct buf body;
};

/* What every reply says of itself: no script, no framing, no guessing of types, no storing. */
const struct console_header *respond_headers(void);

/*
 * GET and HEAD of "/", "/healthz", "/metrics" and "/style.css" (HEAD gets a body, too, which the
 * server does not send). Else, in this order: 421 for a Host that is not this machine's (a page
 * elsewhere whose name was made to point here), 405, 413 for a body, 404. "/healthz" says 503 when
 * nobody is known to lead. The reply is the caller's: console_reply_fini().
 */
void respond(const struct console_request *request, const struct console_source *source,
             struct console_reply *ret);
void console_reply_fini(struct console_reply *reply);

#endif

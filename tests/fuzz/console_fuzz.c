/* Whatever a stranger asks the console: a reply that is text, and nothing of the request in it. The
 * lines of the input are method, path, Host, Accept-Language and the query's lang. */
#include "controlplane/console/respond.h"

#include <stdlib.h>
#include <string.h>

#define LINES 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(void *arg, struct console_figures *ret)
{
    (void)arg;
    *ret = (struct console_figures){.name = {"pumasid-1"}, .leader_address = "127.0.0.1:7443"};
}

static bool is_expected(unsigned status)
{
    return status == 200 || status == 404 || status == 405 || status == 413 || status == 421;
}

static void ask(const struct console_request *request)
{
    const struct console_source source = {.look = look};
    struct console_reply reply;
    respond(request, &source, &reply);
    ENSURE(is_expected(reply.status) && reply.body.len > 0);
    ENSURE(span_is_text(buf_span(&reply.body)) && !strstr(reply.body.data, "<script"));
    console_reply_fini(&reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *lines[LINES] = {"", "", NULL, NULL, NULL};
    char *copy = malloc(size + 1);
    ENSURE(copy);
    if (size > 0)
        memcpy(copy, data, size);
    copy[size] = '\0';
    char *rest = copy;
    for (size_t i = 0; i < LINES && rest; i++) {
        lines[i] = strsep(&rest, "\n");
    }
    struct console_request request = {.method = lines[0],
                                      .path = lines[1],
                                      .host = lines[2],
                                      .accept_language = lines[3],
                                      .lang = lines[4]};
    ask(&request);
    request.over_unix = true;
    ask(&request);
    free(copy);
    return 0;
}

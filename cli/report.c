/*
 * Owns: nothing; the one place where errors are printed. One thread.
 */
#include "cli/report.h"

#include "cli/i18n.h"

#include <jansson.h>

static const char *next_step(const struct invocation *inv, const struct err *err)
{
    const char *advice = invocation_advice(inv);
    return advice[0] ? advice : gettext(err_advice(err->code));
}

static const char *request_of(const struct invocation *inv)
{
    const struct id *id = invocation_known_request_id(inv);
    return id_is_none(id) ? NULL : id->text;
}

/* To wait for an approval is no failure of the command: it did all that it could. */
static bool is_note(const struct err *err)
{
    return err->code == ERR_WAITING;
}

static void print_json(const struct invocation *inv, const struct err *err)
{
    json_t *e = json_pack("{s:{s:s, s:i, s:s, s:s, s:s*}}", is_note(err) ? "note" : "error", "code",
                          err_name(err->code), "exit", err_exit_code(err->code), "message",
                          err->text, "next", next_step(inv, err), "request_id", request_of(inv));
    ENSURE(e);
    FILE *talk = invocation_host(inv)->talk;
    json_dumpf(e, talk, JSON_COMPACT);
    fputc('\n', talk);
    json_decref(e);
}

static void print_text(const struct invocation *inv, const struct err *err)
{
    FILE *talk = invocation_host(inv)->talk;
    const char *request = request_of(inv);
    fprintf(talk, "%s: %s\n", is_note(err) ? _("note") : _("error"), err->text);
    fprintf(talk, "%s: %s [%s", _("next"), next_step(inv, err), err_name(err->code));
    if (request)
        fprintf(talk, ", %s %s", _("request"), request);
    fputs("]\n", talk);
}

int report_error(const struct invocation *inv, const struct err *err, bool as_json)
{
    ENSURE(err->code != ERR_OK);
    fflush(invocation_host(inv)->out);
    if (as_json)
        print_json(inv, err);
    else
        print_text(inv, err);
    return err_exit_code(err->code);
}

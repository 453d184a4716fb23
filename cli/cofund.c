/*
 * Owns: the command `cofund eval`, which works out a case file without a server, by the code that
 * bills. The document has the keys of the case file's specification and no others; what is shown to
 * people is a copy with a few words more. One thread.
 */
#include "billing/case/case_file.h"
#include "cli/commands.h"
#include "cli/i18n.h"
#include "cli/invocation.h"
#include "cli/label.h"
#include "cli/output.h"
#include "cli/shares.h"
#include "lib/base/limits.h"

static void set_won(json_t *object, const char *key, struct won won)
{
    ENSURE(json_object_set_new(object, key, json_integer(won.krw)) == 0);
}

static void set_text(json_t *object, const char *key, const char *text)
{
    ENSURE(json_object_set_new(object, key, json_string(text)) == 0);
}

static void set_amounts(json_t *object, const struct cofunding_share *share)
{
    CLEANUP_BUF struct buf exact;
    buf_init(&exact, EXACT_TEXT_MAX);
    exact_format(&share->value, &exact);
    set_won(object, "value_krw", share->value_krw);
    set_text(object, "value_exact", exact.data);
    set_won(object, "burden_krw", share->burden_krw);
    set_won(object, "cash_floor_krw", share->cash_floor_krw);
    set_won(object, "in_kind_max_krw", share->in_kind_max_krw);
    set_won(object, "cash_paid_krw", share->cash_paid_krw);
    set_won(object, "in_kind_accepted_krw", share->in_kind_accepted_krw);
    set_won(object, "cash_shortfall_krw", share->cash_shortfall_krw);
    set_won(object, "shortfall_krw", share->shortfall_krw);
}

static json_t *months_document(const struct cofunding_share *share)
{
    json_t *months = json_object();
    char text[FRAC_TEXT_CAP];
    for (size_t i = 0; i < share->n_models; i++)
        set_text(months, share->models[i].model, frac_format(share->models[i].months, text));
    return months;
}

static json_t *refused_document(const struct cofunding_share *share)
{
    json_t *refused = json_array();
    for (size_t i = 0; i < share->n_refusals; i++) {
        const struct cofunding_refusal *r = &share->refusals[i];
        json_t *item = json_object();
        set_text(item, "kind", r->kind);
        set_won(item, "krw", r->krw);
        set_text(item, "reason", refusal_words(r->reason));
        ENSURE(json_array_append_new(refused, item) == 0);
    }
    return refused;
}

static json_t *share_document(const struct cofunding_share *share)
{
    json_t *object = json_object();
    set_text(object, "org", share->organisation);
    ENSURE(json_object_set_new(object, "months", months_document(share)) == 0);
    set_amounts(object, share);
    ENSURE(json_object_set_new(object, "refused", refused_document(share)) == 0);
    return object;
}

static json_t *result_document(const struct cofunding_result *result)
{
    json_t *members = json_array(), *total = json_object();
    for (size_t i = 0; i < result->n_members; i++)
        ENSURE(json_array_append_new(members, share_document(&result->members[i])) == 0);
    set_amounts(total, &result->total);
    json_t *document = json_pack("{s:o, s:o}", "members", members, "total", total);
    ENSURE(document);
    return document;
}

/* What was refused, and why, beside the table. */
static void say_refusals(const struct invocation *inv, const struct cofunding_result *result)
{
    char krw[WON_TEXT_CAP];
    for (size_t i = 0; i < result->n_members; i++) {
        const struct cofunding_share *share = &result->members[i];
        for (size_t j = 0; j < share->n_refusals; j++) {
            const struct cofunding_refusal *r = &share->refusals[j];
            invocation_say(inv, _("%s: %s %s won refused: %s"), share->organisation,
                           label_text(NULL, r->kind), won_format(r->krw, krw),
                           label_text("refusal", r->reason));
        }
    }
}

static int print_result(const struct invocation *inv, const struct cofunding_result *result,
                        struct err *err)
{
    enum output_format format = invocation_format(inv);
    json_t *document = result_document(result);
    if (format != OUTPUT_JSON && format != OUTPUT_JSONL)
        shares_add_words(document);
    int rc = output_print(inv, document, err);
    json_decref(document);
    if (rc == 0 && (format == OUTPUT_TABLE || format == OUTPUT_WIDE))
        say_refusals(inv, result);
    return rc;
}

static int cofund_eval(struct invocation *inv, struct err *err)
{
    const char *path = invocation_text(inv, "file");
    CLEANUP_BUF struct buf text;
    TRY(invocation_read_file(inv, path, LIMIT_FILE_BYTES, &text, err));
    struct cofunding_result *result;
    int rc = case_file_eval(buf_span(&text), &result, err);
    if (rc < 0)
        return strcmp(path, "-") == 0 ? rc : err_prefix(err, rc, "%s", path);
    rc = print_result(inv, result, err);
    cofunding_result_destroy(result);
    return rc;
}

static const struct command_option eval_options[] = {
    {.name = "file",
     .letter = 'f',
     .type = OPTION_FILE,
     .required = true,
     .help = N_("the case file, - for standard input")},
    OPTION_END_ROW,
};

const struct command cofund_commands[] = {
    {.noun = "cofund",
     .verb = "eval",
     .summary = N_("work out the co-funding of a case file"),
     .details = N_("Needs no server. The case file names the programme's prices and rules, the "
                   "members of a project, what they used and what they paid. The result says what "
                   "each must bear, how much of it in cash, and what is missing, to the won."),
     .options = eval_options,
     .examples = (const char *const[]){"pumasi cofund eval -f case.json",
                                       "pumasi cofund eval -f - -o json", NULL},
     .view = &shares_view,
     .exec = cofund_eval},
    COMMAND_END,
};

/*
 * Owns: the commands `approve list|show|sign|return`. Invariant: what is signed is the text that
 * was shown; its hash is worked out here and never taken from the server. One thread.
 */
#include "cli/call.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/i18n.h"
#include "cli/output.h"
#include "cli/request.h"
#include "cli/signer.h"
#include "cli/width.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/pki/digest.h"

#include <stdlib.h>
#include <string.h>

#define HASH_PREFIX_LEAST 8

static const struct column approval_columns[] = {
    {.header = N_("APPROVAL"), .path = "id"},
    {.header = N_("STATE"), .path = "state", .format = COLUMN_LABEL},
    {.header = N_("KIND"), .path = "subject_kind", .format = COLUMN_LABEL, .labels = "kind"},
    {.header = N_("SUBJECT"), .path = "subject"},
    {.header = N_("PROPOSER"), .path = "proposer"},
    {.header = N_("AMOUNT (WON)"), .path = "amount_krw", .format = COLUMN_WON},
    {.header = N_("SIGNED"), .path = "decisions", .format = COLUMN_COUNT},
    {.header = N_("NEEDED"), .path = "approvers_needed", .format = COLUMN_NUMBER},
    {.header = N_("DUE"), .path = "due_at", .format = COLUMN_INSTANT},
    {.header = N_("PLAN"), .path = "plan.hash", .format = COLUMN_HASH},
    {.header = N_("ORGANISATION"), .path = "organisation", .wide = true},
    {.header = N_("CREATED"), .path = "created_at", .format = COLUMN_INSTANT, .wide = true},
    {.header = N_("EXPIRES"), .path = "expires_at", .format = COLUMN_INSTANT, .wide = true},
    COLUMN_END,
};

static const struct view list_view = {.rows = "items", .columns = approval_columns};
static const struct view card_view = {.columns = approval_columns, .card = true};

/* The plan's canonical text: what the hash is of and what is signed. */
static void plan_text(const json_t *approval, struct buf *dst)
{
    size_t i;
    const json_t *line;
    json_array_foreach(output_find(approval, "plan.lines"), i, line)
    {
        const char *text = json_string_value(json_object_get(line, "text"));
        buf_append_text(dst, text ? text : "");
        buf_append_char(dst, '\n');
    }
}

static int check_hash(const json_t *approval, const struct buf *text, char ret[DIGEST_TEXT_CAP],
                      struct err *err)
{
    uint8_t digest[DIGEST_BYTES];
    const char *told = json_string_value(output_find(approval, "plan.hash"));
    digest_sha256(buf_span(text), digest);
    text_hex(ret, digest, DIGEST_BYTES);
    if (text->full || !told || strcmp(told, ret) != 0)
        return err_set(err, ERR_VERIFICATION, "%s",
                       _("the plan's text and its hash do not belong together"));
    return 0;
}

static void show_plan(FILE *f, const json_t *approval)
{
    size_t i;
    const json_t *line;
    fprintf(f, "%s\n", _("plan:"));
    json_array_foreach(output_find(approval, "plan.lines"), i, line)
    {
        CLEANUP_BUF struct buf clean;
        buf_init(&clean, LIMIT_MESSAGE_BYTES);
        width_clean(&clean, json_string_value(json_object_get(line, "text")));
        fprintf(f, "  %s\n", clean.data);
    }
}

static int fetch(struct client *client, const struct invocation *inv, json_t **ret, struct err *err)
{
    json_t *request = json_pack("{s:s}", "id", invocation_text(inv, "approval"));
    ENSURE(request);
    int rc = client_call(client, "ApprovalService", "GetApproval", request, ret, err);
    json_decref(request);
    return rc;
}

static int show_exec(struct invocation *inv, struct err *err)
{
    CLEANUP_CLIENT struct client *client = NULL;
    json_t *approval = NULL;
    TRY(client_open(inv, &client, err));
    TRY(fetch(client, inv, &approval, err));
    int rc = output_print(inv, approval, err);
    enum output_format format = invocation_format(inv);
    if (rc == 0 && (format == OUTPUT_TABLE || format == OUTPUT_WIDE))
        show_plan(invocation_host(inv)->out, approval);
    json_decref(approval);
    return rc;
}

static int confirm(const struct invocation *inv, const char *hash, struct err *err)
{
    const struct host *host = invocation_host(inv);
    const char *typed = invocation_text(inv, "plan");
    if (typed && strlen(typed) >= HASH_PREFIX_LEAST && strncmp(typed, hash, strlen(typed)) == 0)
        return 0;
    if (typed)
        return err_set(err, ERR_STALE, _("the plan is %s now, not %s"), hash, typed);
    if (!host->talk_is_terminal)
        return err_set(err, ERR_INVALID, _("read the plan, then sign it with --plan %.12s"), hash);
    char answer[8] = "";
    fprintf(host->talk, _("sign this plan (%.12s)? type yes: "), hash);
    fflush(host->talk);
    if (!fgets(answer, sizeof(answer), host->in) || strcmp(answer, "yes\n") != 0)
        return err_set(err, ERR_CANCELLED, "%s", _("not signed"));
    return 0;
}

/* Shows, asks, signs: in this order. */
static int sign_shown(struct invocation *inv, const json_t *approval, json_t *request,
                      struct err *err)
{
    char hash[DIGEST_TEXT_CAP];
    json_t *signature = NULL;
    CLEANUP_SIGNER struct signer signer = {.key = NULL};
    CLEANUP_BUF struct buf text;
    buf_init(&text, LIMIT_MESSAGE_BYTES);
    plan_text(approval, &text);
    TRY(check_hash(approval, &text, hash, err));
    show_plan(invocation_host(inv)->talk, approval);
    TRY(confirm(inv, hash, err));
    TRY(signer_init(inv, &signer, err));
    TRY(signer_sign(&signer, buf_span(&text), &signature, err));
    json_object_set_new(request, "signature", signature);
    json_object_set_new(request, "plan_hash", json_string(hash));
    return 0;
}

static int sign_exec(struct invocation *inv, struct err *err)
{
    CLEANUP_CLIENT struct client *client = NULL;
    json_t *approval = NULL, *reply = NULL;
    TRY(client_open(inv, &client, err));
    TRY(fetch(client, inv, &approval, err));
    json_t *request = request_build(inv);
    int rc = sign_shown(inv, approval, request, err);
    if (rc == 0)
        rc = client_change(client, "ApprovalService", "SignApproval", request, &reply, err);
    if (rc == 0)
        rc = call_print_change(inv, reply, err);
    json_decref(reply);
    json_decref(request);
    json_decref(approval);
    return rc;
}

/* ---- the inbox ---- */

static bool waits(const json_t *approval)
{
    static const char *const open[] = {"submitted", "review", "stale"};
    const char *state = json_string_value(json_object_get(approval, "state"));
    for (size_t i = 0; state && i < sizeof(open) / sizeof(open[0]); i++) {
        if (strcmp(state, open[i]) == 0)
            return true;
    }
    return false;
}

static int by_age(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    json_int_t from = json_integer_value(json_object_get(x, "created_at"));
    json_int_t to = json_integer_value(json_object_get(y, "created_at"));
    if (from != to)
        return from < to ? -1 : 1;
    const char *one = json_string_value(json_object_get(x, "id"));
    const char *two = json_string_value(json_object_get(y, "id"));
    if (!one || !two)
        return 0;
    /* approval-8 was before approval-10 */
    size_t shorter = strlen(one), longer = strlen(two);
    return shorter != longer ? (shorter < longer ? -1 : 1) : strcmp(one, two);
}

/* What waits, oldest first; all of it with --all, or when a state is asked for. */
static json_t *arrange(const struct invocation *inv, json_t *items)
{
    bool all = invocation_flag(inv, "all") || invocation_given(inv, "state");
    size_t n = json_array_size(items), kept = 0;
    json_t **sorted = calloc(n + 1, sizeof(json_t *));
    json_t *shown = json_array();
    ENSURE(sorted && shown);
    for (size_t i = 0; i < n; i++) {
        if (all || waits(json_array_get(items, i)))
            sorted[kept++] = json_array_get(items, i);
    }
    qsort(sorted, kept, sizeof(json_t *), by_age);
    for (size_t i = 0; i < kept; i++)
        json_array_append(shown, sorted[i]);
    free(sorted);
    json_decref(items);
    return shown;
}

static const struct command_option list_options[] = {
    {.name = "all", .type = OPTION_FLAG, .help = N_("also what has been decided")},
    {.name = "state", .type = OPTION_TEXT, .field = "?state", .help = N_("only those in a state")},
    {.name = "kind",
     .type = OPTION_TEXT,
     .field = "?subject_kind",
     .help = N_("only of a kind: loan, allocation, recall")},
    OPTION_END_ROW,
};

static const struct command_option one_argument[] = {
    {.name = "approval",
     .type = OPTION_ID,
     .required = true,
     .field = "id",
     .help = N_("the approval")},
    OPTION_END_ROW,
};

static const struct command_option sign_options[] = {
    {.name = "plan",
     .type = OPTION_TEXT,
     .metavar = "HASH",
     .help = N_("hash of the plan that was read, 8 digits or more; asked for without it")},
    {.name = "reason", .type = OPTION_TEXT, .field = "reason", .help = N_("why, for the record")},
    {.name = "paper",
     .type = OPTION_TEXT,
     .field = "paper",
     .help = N_("number of the official document")},
    OPTION_END_ROW,
};

static const struct command_option return_options[] = {
    {.name = "reason",
     .type = OPTION_TEXT,
     .required = true,
     .field = "reason",
     .help = N_("why, for the record")},
    {.name = "paper",
     .type = OPTION_TEXT,
     .field = "paper",
     .help = N_("number of the official document")},
    OPTION_END_ROW,
};

static const struct command_option withdraw_options[] = {
    {.name = "reason",
     .type = OPTION_TEXT,
     .required = true,
     .field = "reason",
     .help = N_("why, for the record")},
    {.name = "paper",
     .type = OPTION_TEXT,
     .field = "paper",
     .help = N_("number of the official document")},
    OPTION_END_ROW,
};

static const struct command_option delegate_options[] = {
    {.name = "to",
     .type = OPTION_ID,
     .metavar = "USER",
     .required = true,
     .field = "to",
     .help = N_("the colleague who decides in your place")},
    {.name = "until",
     .type = OPTION_UNTIL,
     .required = true,
     .field = "until",
     .help = N_("when it ends; now: at once")},
    {.name = "reason", .type = OPTION_TEXT, .field = "reason", .help = N_("why, for the record")},
    {.name = "paper",
     .type = OPTION_TEXT,
     .field = "paper",
     .help = N_("number of the official document")},
    OPTION_END_ROW,
};

static const struct command_call list_call = {.service = "ApprovalService",
                                              .method = "ListApprovals",
                                              .kind = CALL_LIST,
                                              .watch = "approval",
                                              .arrange = arrange};
static const struct command_call show_call = {
    .service = "ApprovalService", .method = "GetApproval", .kind = CALL_GET};
static const struct command_call sign_call = {
    .service = "ApprovalService", .method = "SignApproval", .kind = CALL_CHANGE};
static const struct command_call return_call = {
    .service = "ApprovalService", .method = "ReturnApproval", .kind = CALL_CHANGE};

static const struct command_call withdraw_call = {
    .service = "ApprovalService", .method = "WithdrawApproval", .kind = CALL_CHANGE};
static const struct command_call delegate_call = {
    .service = "ApprovalService", .method = "DelegateApproval", .kind = CALL_CHANGE};

const struct command approve_commands[] = {
    {.noun = "approve",
     .verb = "list",
     .summary = N_("list what waits for approval"),
     .details = N_("The oldest comes first, with the time by which an answer is due."),
     .options = list_options,
     .examples = (const char *const[]){"pumasi approve list --state submitted", NULL},
     .view = &list_view,
     .call = &list_call,
     .exec = call_exec},
    {.noun = "approve",
     .verb = "show",
     .summary = N_("show one approval and its plan"),
     .arguments = one_argument,
     .examples = (const char *const[]){"pumasi approve show approval-4", NULL},
     .view = &card_view,
     .call = &show_call,
     .exec = show_exec},
    {.noun = "approve",
     .verb = "sign",
     .summary = N_("sign the plan of an approval"),
     .details = N_("The plan is printed first. What is signed, with the key of the context in use, "
                   "is its very text."),
     .arguments = one_argument,
     .options = sign_options,
     .examples = (const char *const[]){"pumasi approve sign approval-4 --plan 3f9c21ab", NULL},
     .call = &sign_call,
     .exec = sign_exec},
    {.noun = "approve",
     .verb = "return",
     .summary = N_("send a plan back"),
     .arguments = one_argument,
     .options = return_options,
     .examples =
         (const char *const[]){"pumasi approve return approval-4 --reason 'budget too high'", NULL},
     .call = &return_call,
     .exec = call_exec},
    {.noun = "approve",
     .verb = "withdraw",
     .summary = N_("take a proposal or a signature back"),
     .details = N_("Who has signed takes the signature back, while another approver is waited for. "
                   "The organisation that proposed takes the proposal back."),
     .arguments = one_argument,
     .options = withdraw_options,
     .examples =
         (const char *const[]){"pumasi approve withdraw approval-4 --reason 'dates change'", NULL},
     .call = &withdraw_call,
     .exec = call_exec},
    {.noun = "approve",
     .verb = "delegate",
     .summary = N_("let a colleague decide in your place for a time"),
     .details = N_("Both count as one person: no plan is signed by the two of you."),
     .options = delegate_options,
     .examples = (const char *const[]){"pumasi approve delegate --to lee.nipa --until 2026-03-31 "
                                       "--paper NIPA-2026-31",
                                       NULL},
     .call = &delegate_call,
     .exec = call_exec},
    COMMAND_END,
};

/*
 * Owns: the commands `loan propose|consent|list|show` and `recall`. A proposal carries the permit
 * that the lender signs here, with its own key. One thread.
 */
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/i18n.h"
#include "cli/request.h"
#include "cli/signer.h"
#include "lib/base/text.h"
#include "lib/grant/permit.h"

static const struct column loan_columns[] = {
    {.header = N_("LOAN"), .path = "id"},
    {.header = N_("STATE"), .path = "state", .format = COLUMN_LABEL, .labels = "loan"},
    {.header = N_("LENDER"), .path = "lender"},
    {.header = N_("BORROWER"), .path = "borrower"},
    {.header = N_("POOL"), .path = "pool"},
    {.header = N_("MODEL"), .path = "model"},
    {.header = N_("GUARANTEED"), .path = "guaranteed_units", .format = COLUMN_GPUS},
    {.header = N_("BURST"), .path = "burst_units", .format = COLUMN_GPUS},
    {.header = N_("NOTICE"), .path = "notice_s", .format = COLUMN_DURATION},
    {.header = N_("FROM"), .path = "from", .format = COLUMN_INSTANT},
    {.header = N_("TO"), .path = "to", .format = COLUMN_INSTANT},
    {.header = N_("RECALLED"), .path = "recalled_units", .format = COLUMN_GPUS, .wide = true},
    {.header = N_("RECALLED BY"), .path = "recall_at", .format = COLUMN_INSTANT, .wide = true},
    {.header = N_("PROTECTED"), .path = "protected_s", .format = COLUMN_DURATION, .wide = true},
    {.header = N_("COOL-DOWN"), .path = "cooldown_s", .format = COLUMN_DURATION, .wide = true},
    {.header = N_("SILENCE"), .path = "silence_s", .format = COLUMN_DURATION, .wide = true},
    {.header = N_("ISOLATION"), .path = "isolation", .format = COLUMN_LIST, .wide = true},
    {.header = N_("PRICE (WON)"), .path = "price_krw", .format = COLUMN_WON, .wide = true},
    {.header = N_("PROPOSED BY"), .path = "proposed_by", .wide = true},
    {.header = N_("CONSENTED BY"), .path = "consented_by", .wide = true},
    {.header = N_("APPROVAL"), .path = "approval", .wide = true},
    COLUMN_END,
};

static const struct view list_view = {.rows = "items", .columns = loan_columns};
static const struct view show_view = {.columns = loan_columns, .card = true};

static const char *const payers[] = {"borrower", "lender", "nobody", NULL};
static const char *const isolations[] = {"whole", "mig", "dmem", "mps", "timeslice", NULL};

static const struct command_option propose_options[] = {
    {.name = "id",
     .type = OPTION_ID,
     .field = "loan.id",
     .help = N_("name of the loan; without it one is made up")},
    {.name = "pool",
     .type = OPTION_ID,
     .required = true,
     .field = "loan.pool",
     .help = N_("the lender's pool")},
    {.name = "borrower",
     .type = OPTION_ID,
     .metavar = "PROJECT",
     .required = true,
     .field = "loan.borrower",
     .help = N_("the project that borrows")},
    {.name = "programme",
     .type = OPTION_ID,
     .required = true,
     .field = "loan.programme",
     .help = N_("the programme in which it is lent")},
    {.name = "after",
     .type = OPTION_ID,
     .metavar = "DECISION",
     .field = "loan.follows",
     .help = N_("a stage decision: the loan begins in the act that it takes effect in")},
    {.name = "model",
     .letter = 'm',
     .type = OPTION_TEXT,
     .required = true,
     .field = "loan.model",
     .help = N_("GPU model of the pool")},
    {.name = "gpus",
     .letter = 'g',
     .type = OPTION_GPUS,
     .required = true,
     .field = "loan.guaranteed_units",
     .help = N_("number of GPUs that are guaranteed")},
    {.name = "burst",
     .type = OPTION_GPUS,
     .field = "loan.burst_units",
     .help = N_("GPUs that may be borrowed beyond them while they are free")},
    {.name = "from",
     .type = OPTION_MOMENT,
     .required = true,
     .field = "loan.from",
     .help = N_("first day or instant")},
    {.name = "to",
     .type = OPTION_UNTIL,
     .required = true,
     .field = "loan.to",
     .help = N_("last day, or the instant of the end")},
    {.name = "notice",
     .type = OPTION_DURATION,
     .fallback = "24h",
     .field = "loan.notice_s",
     .help = N_("time between a recall and its effect")},
    {.name = "protected",
     .type = OPTION_DURATION,
     .field = "loan.protected_s",
     .help = N_("a lease younger than this is not stopped")},
    {.name = "cooldown",
     .type = OPTION_DURATION,
     .field = "loan.cooldown_s",
     .help = N_("recalled GPUs are not borrowed again for this long")},
    {.name = "silence",
     .type = OPTION_DURATION,
     .field = "loan.silence_s",
     .help = N_("a node that cannot reach the control plane keeps leases this long; without it the "
                "notice")},
    {.name = "pays-idle",
     .type = OPTION_CHOICE,
     .choices = payers,
     .fallback = "borrower",
     .field = "loan.pays_idle",
     .help = N_("who pays for idle time")},
    {.name = "pays-notice",
     .type = OPTION_CHOICE,
     .choices = payers,
     .fallback = "borrower",
     .field = "loan.pays_notice",
     .help = N_("who pays while the notice runs")},
    {.name = "pays-handover",
     .type = OPTION_CHOICE,
     .choices = payers,
     .fallback = "nobody",
     .field = "loan.pays_handover",
     .help = N_("who pays for the handover")},
    {.name = "pays-fault",
     .type = OPTION_CHOICE,
     .choices = payers,
     .fallback = "nobody",
     .field = "loan.pays_fault",
     .help = N_("who pays for fault time")},
    {.name = "isolation",
     .type = OPTION_CHOICE,
     .choices = isolations,
     .repeatable = true,
     .fallback = "whole",
     .field = "loan.isolation[]",
     .help = N_("a permitted way of keeping parts of a GPU apart")},
    {.name = "price",
     .type = OPTION_WON,
     .field = "loan.price_krw",
     .help = N_("won per GPU-month instead of the programme's price")},
    OPTION_END_ROW,
};

static const struct command_call propose_call = {
    .service = "LoanService", .method = "ProposeLoan", .kind = CALL_CHANGE};

static int permitted_isolations(const struct invocation *inv, uint32_t *ret, struct err *err)
{
    size_t n = invocation_count(inv, "isolation");
    *ret = n == 0 ? 1u << GRANT_ISOLATION_WHOLE : 0;
    for (size_t i = 0; i < n; i++) {
        enum grant_isolation isolation;
        TRY(grant_isolation_parse(span_text(invocation_item(inv, "isolation", i)), &isolation,
                                  err));
        *ret |= 1u << isolation;
    }
    return 0;
}

static int loan_id(struct invocation *inv, struct id *ret, struct err *err)
{
    const char *chosen = invocation_text(inv, "id");
    if (chosen)
        return id_parse(span_text(chosen), _("loan"), ret, err);
    uint8_t chance[6];
    char digits[2 * sizeof(chance) + 1];
    const struct env *env = &invocation_host(inv)->env;
    env->random(env->world, chance, sizeof(chance));
    text_hex(digits, chance, sizeof(chance));
    *ret = (struct id){.text = ""};
    snprintf(ret->text, sizeof(ret->text), "loan-%s", digits);
    return 0;
}

/* What the guards of the lender's nodes will hold every grant of this loan against. */
static int fill_permit(struct invocation *inv, const struct signer *signer, struct permit *p,
                       struct err *err)
{
    int64_t silence = invocation_number(inv, "silence");
    *p = (struct permit){
        .lender = signer->context.organisation,
        .key = signer->key_id,
        .window = {{invocation_number(inv, "from")}, {invocation_number(inv, "to")}},
        .max_share = {invocation_number(inv, "gpus") + invocation_number(inv, "burst")},
        .silence_tolerance_s = silence > 0 ? silence : invocation_number(inv, "notice"),
    };
    TRY(loan_id(inv, &p->loan, err));
    TRY(id_parse(span_text(invocation_text(inv, "borrower")), _("project"), &p->borrower, err));
    TRY(id_parse(span_text(invocation_text(inv, "pool")), _("pool"), &p->pool, err));
    return permitted_isolations(inv, &p->isolations, err);
}

static int sign_permit(struct invocation *inv, json_t *request, struct err *err)
{
    CLEANUP_SIGNER struct signer signer = {.key = NULL};
    struct permit permit;
    struct permit_bytes bytes;
    json_t *signature = NULL;
    TRY(signer_init(inv, &signer, err));
    TRY(fill_permit(inv, &signer, &permit, err));
    TRY(permit_encode(&permit, &bytes, err));
    TRY(signer_sign(&signer, span_of(bytes.data, bytes.len), &signature, err));
    request_put(request, "loan.id", json_string(permit.loan.text));
    request_put(request, "loan.lender", json_string(permit.lender.text));
    request_put(request, "loan.permit", signer_base64(span_of(bytes.data, bytes.len)));
    request_put(request, "loan.permit_signature", signature);
    request_put(request, "loan.permit_key_id", json_string(permit.key.text));
    return 0;
}

static int propose_exec(struct invocation *inv, struct err *err)
{
    json_t *request = request_build(inv);
    int rc = sign_permit(inv, request, err);
    if (rc == 0)
        rc = call_change(inv, propose_call.service, propose_call.method, request, err);
    json_decref(request);
    return rc;
}

static const struct command_option list_options[] = {
    {.name = "state", .type = OPTION_TEXT, .field = "?state", .help = N_("only those in a state")},
    {.name = "lender",
     .type = OPTION_ID,
     .field = "?lender",
     .help = N_("only of an organisation")},
    {.name = "borrower", .type = OPTION_ID, .field = "?borrower", .help = N_("only of a project")},
    {.name = "pool", .type = OPTION_ID, .field = "?pool", .help = N_("only of a pool")},
    OPTION_END_ROW,
};

static const struct command_option one_argument[] = {
    {.name = "loan", .type = OPTION_ID, .required = true, .field = "id", .help = N_("the loan")},
    OPTION_END_ROW,
};

static const struct command_option recall_options[] = {
    {.name = "gpus",
     .letter = 'g',
     .type = OPTION_GPUS,
     .required = true,
     .field = "units",
     .help = N_("number of GPUs to give back")},
    {.name = "by",
     .type = OPTION_MOMENT,
     .field = "by",
     .help = N_("when they must be back; without it after the loan's notice")},
    {.name = "reason",
     .type = OPTION_TEXT,
     .required = true,
     .field = "reason",
     .help = N_("why, for the record")},
    {.name = "emergency",
     .type = OPTION_FLAG,
     .field = "emergency",
     .help = N_("with less notice: two approvers of different organisations must sign")},
    OPTION_END_ROW,
};

static const struct command_call consent_call = {
    .service = "LoanService", .method = "ConsentLoan", .kind = CALL_CHANGE};
static const struct command_call list_call = {
    .service = "LoanService", .method = "ListLoans", .kind = CALL_LIST, .watch = "loan"};
static const struct command_call show_call = {
    .service = "LoanService", .method = "GetLoan", .kind = CALL_GET};
static const struct command_call recall_call = {
    .service = "LoanService", .method = "RecallLoan", .kind = CALL_CHANGE};

const struct command loan_commands[] = {
    {.noun = "loan",
     .verb = "propose",
     .summary = N_("offer part of a pool to a project"),
     .details =
         N_("Signs, with the key of the context in use, the permit without which the "
            "lender's nodes obey nobody. The worst case for getting GPUs back is the notice, "
            "or the silence tolerance where that is longer."),
     .options = propose_options,
     .examples = (const char *const[]){"pumasi loan propose --pool haein-b200 --borrower "
                                       "sovereign-lm --programme specialised -m B200 -g 64 --from "
                                       "2026-02-01 --to 2026-06-30 --notice 7d",
                                       NULL},
     .call = &propose_call,
     .exec = propose_exec},
    {.noun = "loan",
     .verb = "consent",
     .summary = N_("agree to a loan for the borrower"),
     .arguments = one_argument,
     .examples = (const char *const[]){"pumasi loan consent loan-3", NULL},
     .call = &consent_call,
     .exec = call_exec},
    {.noun = "loan",
     .verb = "list",
     .summary = N_("list loans"),
     .options = list_options,
     .examples = (const char *const[]){"pumasi loan list --state active", NULL},
     .view = &list_view,
     .call = &list_call,
     .exec = call_exec},
    {.noun = "loan",
     .verb = "show",
     .summary = N_("show one loan"),
     .arguments = one_argument,
     .examples = (const char *const[]){"pumasi loan show loan-3 -o wide", NULL},
     .view = &show_view,
     .call = &show_call,
     .exec = call_exec},
    {.noun = "recall",
     .summary = N_("ask for lent GPUs back"),
     .details = N_("Less notice than the loan's is refused; the answer says the earliest instant."),
     .arguments = one_argument,
     .options = recall_options,
     .examples =
         (const char *const[]){"pumasi recall loan-3 -g 16 --reason 'own training' --dry-run",
                               "pumasi recall loan-3 -g 16 --by 2026-03-02 --reason 'own training'",
                               "pumasi recall loan-3 -g 16 --emergency --by +1h --reason fire",
                               NULL},
     .call = &recall_call,
     .exec = call_exec},
    COMMAND_END,
};

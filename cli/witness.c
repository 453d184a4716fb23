/*
 * Owns: the command `witness`. Invariant: a checkpoint is cosigned only after it was verified under
 * the ledger's key and found consistent with the one that this witness cosigned last, and what it
 * cosigned is on disk before the cosignature is sent. One thread.
 */
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/i18n.h"
#include "cli/request.h"
#include "cli/signer.h"
#include "lib/base/base64.h"
#include "lib/base/file.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/merkle/checkpoint.h"
#include "lib/merkle/cosignature.h"
#include "lib/merkle/proof.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>

struct witness {
    struct invocation *inv;
    struct client *client;
    struct signer signer;
    struct public_key ledger; /* whose signature is believed */
    char path[PATH_MAX];      /* of what was cosigned last */
    struct buf note;          /* the checkpoint that was fetched */
};

/* ---- Asking ---------------------------------------------------------------------------------- */

static int fetch_checkpoint(struct witness *w, struct err *err)
{
    json_t *reply = NULL;
    json_t *request = json_pack("{s:s}", "organisation", invocation_text(w->inv, "organisation"));
    ENSURE(request);
    int rc = client_call(w->client, "LedgerService", "GetCheckpoint", request, &reply, err);
    json_decref(request);
    if (rc == 0) {
        const char *note = json_string_value(json_object_get(reply, "note"));
        buf_reset(&w->note);
        buf_append_text(&w->note, note ? note : "");
    }
    json_decref(reply);
    return rc;
}

static int read_path(const json_t *path, struct merkle_proof *ret, struct err *err)
{
    size_t i;
    const json_t *item;
    ret->n = 0;
    json_array_foreach(path, i, item)
    {
        uint8_t bytes[DIGEST_BYTES + 1];
        size_t n;
        struct span text = span_text(json_string_value(item));
        if (ret->n == MERKLE_PATH_MAX || base64_decoded_max(text.len) > sizeof bytes ||
            !base64_decode(text, bytes, &n) || n != DIGEST_BYTES)
            return err_set(err, ERR_VERIFICATION, "%s", _("the server sent no proof"));
        memcpy(ret->path[ret->n++].bytes, bytes, DIGEST_BYTES);
    }
    return 0;
}

static int fetch_proof(struct witness *w, uint64_t from, uint64_t to, struct merkle_proof *ret,
                       struct err *err)
{
    json_t *reply = NULL;
    json_t *request =
        json_pack("{s:s, s:I, s:I}", "organisation", invocation_text(w->inv, "organisation"),
                  "from", (json_int_t)from, "to", (json_int_t)to);
    ENSURE(request);
    int rc = client_call(w->client, "LedgerService", "ProveConsistency", request, &reply, err);
    if (rc == 0)
        rc = read_path(json_object_get(reply, "path"), ret, err);
    json_decref(request);
    json_decref(reply);
    return rc;
}

/* ---- Judging --------------------------------------------------------------------------------- */

/* What was cosigned last; size 0 when nothing was. */
static int read_last(const struct witness *w, struct checkpoint *ret, struct err *err)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, NOTE_BYTES);
    *ret = (struct checkpoint){.size = 0};
    int rc = file_read(w->path, &text, err);
    if (rc == -ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    return checkpoint_parse(buf_span(&text), ret, err);
}

static int judge(struct witness *w, const struct checkpoint *now, struct err *err)
{
    struct checkpoint last;
    struct merkle_proof proof;
    TRY(read_last(w, &last, err));
    if (last.size > 0 && strcmp(last.origin, now->origin) != 0)
        return err_set(err, ERR_VERIFICATION, _("%s holds what was seen of %s"), w->path,
                       last.origin);
    if (now->size < last.size)
        return err_set(err, ERR_VERIFICATION,
                       _("the ledger became shorter: it had %llu entries and has %llu; tell the "
                         "auditor, and keep %s"),
                       (unsigned long long)last.size, (unsigned long long)now->size, w->path);
    TRY(fetch_proof(w, last.size, now->size, &proof, err));
    if (merkle_verify_consistency(&proof, last.size, now->size, &last.root, &now->root, err) < 0)
        return err_prefix(err, -ERR_VERIFICATION, "%s", _("the ledger was rewritten"));
    return 0;
}

static int send_cosignature(struct witness *w, const struct note_signature *line, struct err *err)
{
    json_t *reply = NULL;
    CLEANUP_BUF struct buf text;
    buf_init(&text, NOTE_BYTES);
    note_append_signature(line, &text);
    json_t *request = json_pack("{s:s, s:s}", "organisation",
                                invocation_text(w->inv, "organisation"), "line", text.data);
    ENSURE(request);
    int rc = client_call(w->client, "LedgerService", "Cosign", request, &reply, err);
    json_decref(request);
    json_decref(reply);
    return rc;
}

static int look(struct witness *w, struct err *err)
{
    struct note note;
    struct checkpoint now;
    struct note_signature line;
    char origin[NOTE_NAME_CAP], name[2 * ID_CAP];
    struct id organisation = id_literal(invocation_text(w->inv, "organisation"));
    TRY(fetch_checkpoint(w, err));
    TRY(checkpoint_open(buf_span(&w->note), &w->ledger, &note, &now, err));
    checkpoint_ledger_origin(&organisation, origin);
    if (strcmp(origin, now.origin) != 0)
        return err_set(err, ERR_VERIFICATION, _("this is the checkpoint of %s"), now.origin);
    TRY(judge(w, &now, err));
    (void)snprintf(name, sizeof name, "%s.%s", w->signer.context.user.text,
                   w->signer.context.organisation.text);
    TRY(cosignature_sign(note.text, name, env_now(&invocation_host(w->inv)->env), w->signer.key,
                         &line, err));
    TRY(file_write(w->path, note.text, 0644, err));
    TRY(send_cosignature(w, &line, err));
    invocation_say(w->inv, _("cosigned %s with %llu entries"), now.origin,
                   (unsigned long long)now.size);
    return 0;
}

/* ---- The command ----------------------------------------------------------------------------- */

static int read_key(struct witness *w, struct err *err)
{
    CLEANUP_BUF struct buf pem;
    TRY(invocation_read_file(w->inv, invocation_text(w->inv, "key"), KEY_PEM_MAX, &pem, err));
    return public_key_parse(buf_span(&pem), &w->ledger, err);
}

static int open_witness(struct witness *w, struct err *err)
{
    int n = snprintf(w->path, sizeof w->path, "%s/%s.checkpoint", invocation_text(w->inv, "state"),
                     invocation_text(w->inv, "organisation"));
    if (n < 0 || (size_t)n >= sizeof w->path)
        return err_set(err, ERR_INVALID, "%s", _("--state: the path is too long"));
    TRY(read_key(w, err));
    TRY(signer_init(w->inv, &w->signer, err));
    return client_open(w->inv, &w->client, err);
}

/* Goes on after a failure to reach the server, and never after one to verify. */
static int look_again_and_again(struct witness *w, int64_t every_s, struct err *err)
{
    for (;;) {
        int rc = look(w, err);
        bool passing = rc == -ERR_UNAVAILABLE || rc == -ERR_NOT_LEADER || rc == -ERR_STALE;
        if (every_s == 0 || (rc < 0 && !passing))
            return rc;
        if (rc < 0)
            invocation_say(w->inv, "%s", err->text);
        (void)poll(NULL, 0, (int)(every_s * 1000));
    }
}

static int witness_exec(struct invocation *inv, struct err *err)
{
    struct witness w = {.inv = inv};
    buf_init(&w.note, NOTE_BYTES);
    int rc = open_witness(&w, err);
    if (rc == 0)
        rc = look_again_and_again(&w, invocation_number(inv, "every"), err);
    client_close(w.client);
    signer_fini(&w.signer);
    buf_fini(&w.note);
    return rc;
}

static const struct command_option witness_arguments[] = {
    {.name = "organisation", .type = OPTION_ID, .required = true, .help = N_("whose ledger")},
    OPTION_END_ROW,
};

static const struct command_option witness_options[] = {
    {.name = "key",
     .type = OPTION_FILE,
     .required = true,
     .help = N_("public key of the ledger (pki/sign.pub), had from a person, not from the server")},
    {.name = "state",
     .type = OPTION_FILE,
     .metavar = "DIR",
     .required = true,
     .help = N_("where the last checkpoint that was cosigned is kept; do not lose it")},
    {.name = "every",
     .type = OPTION_DURATION,
     .fallback = "0",
     .help = N_("go on and look again so often, at most a day; 0: once")},
    OPTION_END_ROW,
};

const struct command witness_commands[] = {
    {.noun = "witness",
     .summary = N_("cosign a ledger's checkpoint if it follows from the last one"),
     .details =
         N_("Every organisation and the agency may run one. A witness keeps the last checkpoint it "
            "cosigned and asks for the proof that the new one only adds to it. A ledger that was "
            "rewritten or became shorter is not cosigned (exit status 10)."),
     .arguments = witness_arguments,
     .options = witness_options,
     .examples =
         (const char *const[]){
             "pumasi witness upstage --key sign.pub --state /var/lib/pumasi-witness",
             "pumasi witness upstage --key sign.pub --state . --every 10m", NULL},
     .exec = witness_exec},
    COMMAND_END,
};

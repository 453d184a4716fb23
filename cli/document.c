/*
 * Owns: what `statement render|export|diff|verify` do: documents on this side of the wire. The
 * server hands out the basis of a statement; what is made of it is made here, by the code that
 * bills, so that the documents are the same for whoever has the basis. One thread.
 */
#include "cli/document.h"

#include "bundle/bundle.h"
#include "bundle/verify.h"
#include "cli/basis.h"
#include "cli/client.h"
#include "cli/i18n.h"
#include "cli/invocation.h"
#include "cli/request.h"
#include "documents/document.h"
#include "lib/base/file.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/pki/digest.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_CAP 1024

static const char *const file_names[DOCUMENT_FORMAT_COUNT] = {
    [DOCUMENT_JSON] = "statement.json", [DOCUMENT_CSV] = "statement.csv",
    [DOCUMENT_XLSX] = "statement.xlsx", [DOCUMENT_PDF] = "statement.pdf",
    [DOCUMENT_FOCUS] = "focus.csv",     [DOCUMENT_BASIS] = "basis.json",
};

static int write_one(const struct statement *s, enum document_format format,
                     const struct document_how *how, const char *dir, struct err *err)
{
    char path[PATH_CAP];
    CLEANUP_BUF struct buf document;
    buf_init(&document, LIMIT_BASIS_BYTES);
    int n = snprintf(path, sizeof(path), "%s/%s", dir, file_names[format]);
    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(err, ERR_INVALID, _("%s: the path is too long"), dir);
    TRY(document_make(s, format, how, &document, err));
    return file_write(path, buf_span(&document), 0644, err);
}

static int write_all(const struct invocation *inv, struct span basis, const struct statement *s,
                     struct err *err)
{
    char hash[DIGEST_TEXT_CAP];
    uint8_t digest[DIGEST_BYTES];
    const char *dir = invocation_text(inv, "out");
    struct document_how how = {.english = invocation_flag(inv, "english"), .basis_sha256 = hash};
    digest_sha256(basis, digest);
    text_hex(hash, digest, sizeof(digest));
    if (mkdir(dir, 0755) < 0 && errno != EEXIST)
        return err_set(err, ERR_IO, "%s: %s", dir, strerror(errno));
    for (int format = 0; format < DOCUMENT_FORMAT_COUNT; format++)
        TRY(write_one(s, (enum document_format)format, &how, dir, err));
    invocation_say(inv, _("%s: PDF, XLSX, CSV, JSON and the basis that they come from"), dir);
    return 0;
}

/* ---- Bundles --------------------------------------------------------------------------------- */

static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n > m && strcmp(name + n - m, end) == 0;
}

/* One file of the ledger's directory: segments and notes by organisation, keys by name. */
static int take_file(const char *dir, const char *name, struct zip_archive *ret, struct err *err)
{
    char path[PATH_CAP], member[ZIP_NAME_CAP];
    bool key = ends_in(name, ".pem");
    if (!key && !ends_in(name, ".jsonl") && !ends_in(name, ".note"))
        return 0;
    int n = snprintf(path, sizeof(path), "%s/%s", dir, name);
    int m = snprintf(member, sizeof(member), "%s/%s", key ? "keys" : "ledger", name);
    if (n < 0 || (size_t)n >= sizeof(path) || m < 0 || (size_t)m >= sizeof(member))
        return err_set(err, ERR_INVALID, _("%s: the path is too long"), name);
    return file_read(path, zip_archive_add(ret, member), err);
}

static int take_ledger(const char *dir, struct zip_archive *ret, struct err *err)
{
    struct dirent **names;
    int rc = 0, n = dir ? scandir(dir, &names, NULL, alphasort) : 0;
    if (n < 0)
        return err_set(err, ERR_IO, "%s: %s", dir, strerror(errno));
    for (int i = 0; i < n; i++) {
        if (rc == 0)
            rc = take_file(dir, names[i]->d_name, ret, err);
        free(names[i]);
    }
    if (n > 0)
        free(names);
    return rc;
}

static int write_bundle(const struct invocation *inv, struct span basis, const struct statement *s,
                        struct err *err)
{
    struct zip_archive ledger = {0};
    const char *path = invocation_text(inv, "bundle");
    CLEANUP_BUF struct buf bundle;
    buf_init(&bundle, ZIP_BYTES);
    int rc = take_ledger(invocation_text(inv, "ledger"), &ledger, err);
    if (rc == 0)
        rc = bundle_pack(basis, s, &ledger, &bundle, err);
    if (rc == 0)
        rc = file_write(path, buf_span(&bundle), 0644, err);
    if (rc == 0)
        invocation_say(
            inv, _("%s: check it with `pumasi statement verify`, or with verify.py in it"), path);
    zip_archive_fini(&ledger);
    return rc;
}

static int read_key(const char *path, struct public_key *ret, struct err *err)
{
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, LIMIT_FILE_BYTES);
    TRY(file_read(path, &pem, err));
    return public_key_parse(buf_span(&pem), ret, err);
}

int document_verify(struct invocation *inv, struct err *err)
{
    const char *path = invocation_text(inv, "file"), *key_path = invocation_text(inv, "key");
    struct public_key key;
    CLEANUP_BUF struct buf bundle = {.data = NULL};
    CLEANUP_BUF struct buf said = {.data = NULL};
    buf_init(&bundle, ZIP_BYTES);
    buf_init(&said, LIMIT_FILE_BYTES);
    TRY(file_read(path, &bundle, err));
    if (key_path)
        TRY(read_key(key_path, &key, err));
    int rc = bundle_verify(buf_span(&bundle), key_path ? &key : NULL, &said, err);
    fputs(said.data, invocation_host(inv)->out);
    if (rc < 0)
        return err_prefix(err, rc, "%s", path);
    invocation_say(inv, "%s", _("the bundle holds"));
    return 0;
}

static int render_text(const struct invocation *inv, struct span text, struct err *err)
{
    struct statement *statement;
    if (!invocation_given(inv, "out") && !invocation_given(inv, "bundle"))
        return err_set(err, ERR_INVALID, "%s", _("name --out DIR or --bundle FILE, or both"));
    TRY(bundle_statement(text, &statement, err));
    int rc = invocation_given(inv, "out") ? write_all(inv, text, statement, err) : 0;
    if (rc == 0 && invocation_given(inv, "bundle"))
        rc = write_bundle(inv, text, statement, err);
    statement_destroy(statement);
    return rc;
}

int document_render(struct invocation *inv, struct err *err)
{
    const char *path = invocation_text(inv, "file");
    CLEANUP_BUF struct buf text;
    TRY(invocation_read_file(inv, path, LIMIT_BASIS_BYTES, &text, err));
    int rc = render_text(inv, buf_span(&text), err);
    return rc < 0 ? err_prefix(err, rc, "%s", path) : 0;
}

int document_export(struct invocation *inv, struct err *err)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, LIMIT_BASIS_BYTES);
    TRY(basis_fetch(inv, invocation_text(inv, "statement"), &text, err));
    return render_text(inv, buf_span(&text), err);
}

/* ---- Differences ----------------------------------------------------------------------------- */

static const struct cofunding_share *share_of(const struct statement *s, const char *organisation)
{
    for (size_t i = 0; i < s->result->n_members; i++) {
        if (strcmp(s->result->members[i].organisation, organisation) == 0)
            return &s->result->members[i];
    }
    return NULL;
}

static void print_change(FILE *out, const char *whose, const char *what, struct won a, struct won b)
{
    char before[WON_TEXT_CAP], after[WON_TEXT_CAP], change[WON_TEXT_CAP];
    if (won_compare(a, b) == 0)
        return;
    won_format((struct won){b.krw - a.krw}, change);
    fprintf(out, "%s\t%s\t%s\t%s\t%s%s\n", whose, what, won_format(a, before), won_format(b, after),
            b.krw > a.krw ? "+" : "", change);
}

static void print_share(FILE *out, const char *whose, const struct cofunding_share *a,
                        const struct cofunding_share *b)
{
    static const struct cofunding_share none;
    a = a ? a : &none;
    b = b ? b : &none;
    print_change(out, whose, _("value"), a->value_krw, b->value_krw);
    print_change(out, whose, _("burden"), a->burden_krw, b->burden_krw);
    print_change(out, whose, _("cash floor"), a->cash_floor_krw, b->cash_floor_krw);
    print_change(out, whose, _("cash paid"), a->cash_paid_krw, b->cash_paid_krw);
    print_change(out, whose, _("in kind accepted"), a->in_kind_accepted_krw,
                 b->in_kind_accepted_krw);
    print_change(out, whose, _("missing"), a->shortfall_krw, b->shortfall_krw);
}

static bool has_use(const struct basis *b, const struct basis_use *u)
{
    LIST_EACH(const struct basis_use, other, &b->uses)
    {
        if (record_equal(&basis_use_type, other, u))
            return true;
    }
    return false;
}

static void print_uses(FILE *out, const char *sign, const struct basis *here,
                       const struct basis *there)
{
    char from[INSTANT_TEXT_CAP], to[INSTANT_TEXT_CAP], gpus[SHARE_TEXT_CAP];
    LIST_EACH(const struct basis_use, u, &here->uses)
    {
        if (!has_use(there, u))
            fprintf(out, "%s\t%s\t%s\t%s\t%s %s\t%s\t%s\t%s\n", sign, u->organisation.text,
                    u->lease.text, u->node.text, share_format(u->units, gpus), u->model,
                    instant_format(u->from, from), instant_format(u->to, to),
                    enum_name(&time_kind_names, (int)u->time));
    }
}

static void print_diff(const struct invocation *inv, const struct statement *a,
                       const struct statement *b)
{
    FILE *out = invocation_host(inv)->out;
    for (size_t i = 0; i < a->result->n_members; i++) {
        const char *name = a->result->members[i].organisation;
        print_share(out, name, &a->result->members[i], share_of(b, name));
    }
    for (size_t i = 0; i < b->result->n_members; i++) {
        if (!share_of(a, b->result->members[i].organisation))
            print_share(out, b->result->members[i].organisation, NULL, &b->result->members[i]);
    }
    print_share(out, _("total"), &a->result->total, &b->result->total);
    print_uses(out, "-", a->basis, b->basis);
    print_uses(out, "+", b->basis, a->basis);
    if (b->head.reason[0])
        invocation_say(inv, _("reason: %s"), b->head.reason);
}

static int fetch_statement(struct invocation *inv, const char *id, struct statement **ret,
                           struct err *err)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, LIMIT_BASIS_BYTES);
    TRY(basis_fetch(inv, id, &text, err));
    return bundle_statement(buf_span(&text), ret, err);
}

int document_diff(struct invocation *inv, struct err *err)
{
    struct statement *a = NULL, *b = NULL;
    int rc = fetch_statement(inv, invocation_text(inv, "before"), &a, err);
    if (rc == 0)
        rc = fetch_statement(inv, invocation_text(inv, "after"), &b, err);
    if (rc == 0)
        print_diff(inv, a, b);
    statement_destroy(a);
    statement_destroy(b);
    return rc;
}

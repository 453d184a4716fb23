/* Packs a bundle, member by member, and seals it with its hash. */
#include "bundle/bundle.h"

#include "billing/record_json.h"
#include "bundle/verifier.h"
#include "documents/document.h"
#include "lib/base/text.h"
#include "lib/json/record_strict.h"
#include "lib/pki/digest.h"

#include <stdio.h>

static const char *const names[DOCUMENT_FORMAT_COUNT] = {
    [DOCUMENT_JSON] = "statement.json", [DOCUMENT_CSV] = "statement.csv",
    [DOCUMENT_XLSX] = "statement.xlsx", [DOCUMENT_PDF] = "statement.pdf",
    [DOCUMENT_FOCUS] = "focus.csv",     [DOCUMENT_BASIS] = "basis.json",
};

static const char instructions[] =
    "Check this bundle without us:\n"
    "\n"
    "    python3 verify.py BUNDLE.zip [KEY.pem]     Python's standard library and openssl\n"
    "    pumasi statement verify BUNDLE.zip [--key KEY.pem]\n"
    "\n"
    "KEY.pem is the control plane's public key as you got it from somebody you trust. A key that "
    "is\n"
    "in the bundle proves nothing by itself. docs/spec/statement.md says what is checked.\n";

int bundle_statement(struct span basis, struct statement **ret, struct err *err)
{
    struct json_t *document CLEANUP_STRICT = NULL;
    struct basis record;
    TRY(strict_load_long(basis, LIMIT_BASIS_BYTES, &document, err));
    struct strict root = strict_root(document);
    TRY(record_strict_read(&root, &basis_type, &record, err));
    return statement_of_basis(&record, ret, err);
}

static void hash_text(struct span bytes, char ret[DIGEST_TEXT_CAP])
{
    uint8_t digest[DIGEST_BYTES];
    digest_sha256(bytes, digest);
    text_hex(ret, digest, sizeof(digest));
}

int bundle_document(struct span basis, const struct statement *s, const struct zip_archive *ledger,
                    int format, struct buf *out, struct err *err)
{
    char hash[DIGEST_TEXT_CAP], note[ZIP_NAME_CAP];
    hash_text(basis, hash);
    snprintf(note, sizeof(note), "ledger/%s.note", s->basis->lead.text);
    const struct zip_member *checkpoint = zip_archive_find(ledger, note);
    struct document_how how = {.basis_sha256 = hash,
                               .checkpoint = checkpoint ? checkpoint->bytes.data : NULL};
    return document_make(s, (enum document_format)format, &how, out, err);
}

static void add_manifest(struct zip_archive *z, const struct statement *s)
{
    char renderer[DOCUMENT_RENDERER_CAP], hash[DIGEST_TEXT_CAP];
    CLEANUP_BUF struct buf text;
    struct canonical c;
    buf_init(&text, 1 << 20);
    document_renderer(renderer);
    canonical_init(&c, &text);
    canonical_begin(&c, NULL, '{');
    canonical_begin(&c, "files", '[');
    for (size_t i = 0; i < z->n; i++) {
        hash_text(buf_span(&z->members[i].bytes), hash);
        canonical_begin(&c, NULL, '{');
        canonical_text(&c, "name", z->members[i].name);
        canonical_text(&c, "sha256", hash);
        canonical_end(&c, '}');
    }
    canonical_end(&c, ']');
    canonical_int(&c, "format", 1);
    canonical_text(&c, "renderer", renderer);
    canonical_text(&c, "statement", s->head.id.text);
    canonical_end(&c, '}');
    buf_append_char(&text, '\n');
    buf_append(zip_archive_add(z, "manifest.json"), text.data, text.len);
}

static int fill(struct zip_archive *z, struct span basis, const struct statement *s,
                const struct zip_archive *ledger, struct err *err)
{
    struct canonical c;
    struct span script = verifier_script();
    buf_append_text(zip_archive_add(z, "VERIFY.txt"), instructions);
    buf_append(zip_archive_add(z, "verify.py"), script.data, script.len);
    buf_append(zip_archive_add(z, names[DOCUMENT_BASIS]), basis.data, basis.len);
    for (int format = 0; format < DOCUMENT_BASIS; format++)
        TRY(bundle_document(basis, s, ledger, format, zip_archive_add(z, names[format]), err));
    struct buf *rates = zip_archive_add(z, "rates.json");
    canonical_init(&c, rates);
    record_json(&c, NULL, &cofunding_policy_type, &s->basis->policy);
    buf_append_char(rates, '\n');
    for (size_t i = 0; i < ledger->n; i++)
        buf_append(zip_archive_add(z, ledger->members[i].name), ledger->members[i].bytes.data,
                   ledger->members[i].bytes.len);
    add_manifest(z, s);
    return 0;
}

/* The end record of a zip ends with the length of the comment. */
static void seal(struct buf *zip, struct buf *out)
{
    char hash[DIGEST_TEXT_CAP];
    ENSURE(zip->len > 22);
    zip->data[zip->len - 2] = (char)BUNDLE_COMMENT_LEN;
    zip->data[zip->len - 1] = 0;
    hash_text(buf_span(zip), hash);
    buf_append(out, zip->data, zip->len);
    buf_append_text(out, BUNDLE_COMMENT);
    buf_append_text(out, hash);
}

int bundle_pack(struct span basis, const struct statement *s, const struct zip_archive *ledger,
                struct buf *out, struct err *err)
{
    struct zip_archive z = {0};
    CLEANUP_BUF struct buf zip;
    buf_init(&zip, ZIP_BYTES);
    int rc = fill(&z, basis, s, ledger, err);
    if (rc == 0)
        rc = zip_archive_write(&z, &zip, err);
    zip_archive_fini(&z);
    TRY(rc);
    seal(&zip, out);
    return out->full ? err_set(err, ERR_LIMIT, "the bundle is too large") : 0;
}

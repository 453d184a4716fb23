/* No bytes make a reader of the ledger abort; what is read means the same when written again. */
#include "billing/ledger/month_note.h"
#include "billing/ledger/segment.h"
#include "lib/merkle/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_line(struct span bytes)
{
    struct ledger_entry e;
    CLEANUP_BUF struct buf again;
    buf_init(&again, LEDGER_LINE_MAX);
    if (ledger_line_decode(bytes, &e, NULL) < 0)
        return;
    ledger_line_encode(&e, &again);
    ENSURE(span_equal(bytes, buf_span(&again)));
}

static void fuzz_checkpoint(struct span bytes)
{
    struct checkpoint c;
    CLEANUP_BUF struct buf again;
    buf_init(&again, CHECKPOINT_TEXT_CAP);
    if (checkpoint_parse(bytes, &c, NULL) < 0)
        return;
    checkpoint_format(&c, &again);
    ENSURE(span_equal(bytes, buf_span(&again)));
}

static void fuzz_note(struct span bytes)
{
    static const struct public_key nobody;
    struct note note;
    CLEANUP_BUF struct buf again;
    buf_init(&again, 2 * NOTE_BYTES);
    if (note_parse(bytes, &note, NULL) < 0)
        return;
    buf_append(&again, note.text.data, note.text.len);
    buf_append_char(&again, '\n');
    for (size_t i = 0; i < note.n; i++)
        note_append_signature(&note.signatures[i], &again);
    ENSURE(span_equal(bytes, buf_span(&again)));
    ENSURE(note_verify(&note, "nobody", &nobody, NULL) < 0);
}

static void fuzz_month(struct span bytes)
{
    struct month_note m;
    CLEANUP_BUF struct buf again;
    buf_init(&again, 2 * NOTE_BYTES);
    if (month_note_parse(bytes, &m, NULL) < 0)
        return;
    month_note_format(&m, &again);
    ENSURE(span_equal(bytes, buf_span(&again)));
    month_note_fini(&m);
}

/* Sizes, then roots, then a path: whatever they are, the verifier ends and does not believe them.
 */
static void fuzz_proof(struct span bytes)
{
    struct merkle_proof proof = {.n = 0};
    struct merkle_hash root;
    uint64_t sizes[2];
    if (bytes.len < sizeof sizes + sizeof root)
        return;
    memcpy(sizes, bytes.data, sizeof sizes);
    memcpy(&root, bytes.data + sizeof sizes, sizeof root);
    bytes =
        span_of(bytes.data + sizeof sizes + sizeof root, bytes.len - sizeof sizes - sizeof root);
    while (bytes.len >= sizeof root && proof.n < MERKLE_PATH_MAX) {
        memcpy(&proof.path[proof.n++], bytes.data, sizeof root);
        bytes = span_of(bytes.data + sizeof root, bytes.len - sizeof root);
    }
    int rc = merkle_verify_inclusion(&proof, sizes[0], sizes[1], &root, &root, NULL);
    ENSURE(rc == -ERR_VERIFICATION || (sizes[1] == 1 && proof.n == 0));
    rc = merkle_verify_consistency(&proof, sizes[0], sizes[1], &root, &root, NULL);
    ENSURE(rc == -ERR_VERIFICATION || sizes[0] == 0 || sizes[0] == sizes[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = span_of(data, size);
    struct segment_head head;
    struct segment_tail tail;
    fuzz_line(bytes);
    fuzz_checkpoint(bytes);
    fuzz_note(bytes);
    fuzz_month(bytes);
    fuzz_proof(bytes);
    (void)!segment_read(bytes, NULL, NULL, &head, &tail, NULL);
    return 0;
}

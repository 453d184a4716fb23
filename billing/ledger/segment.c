/*
 * Segments. A reader holds the head, the frontier as it grows and the place of the last entry; it
 * is in one of three states: before the head, between head and tail, after the tail.
 */
#include "billing/ledger/segment.h"

#include "lib/base/korea.h"
#include "lib/base/scan.h"
#include "lib/base/text.h"

#include <stdlib.h>

#define HASH_TEXT_CAP (2 * DIGEST_BYTES + 1)

/* ---- Writing -------------------------------------------------------------------------------- */

void segment_format_head(const struct segment_head *head, struct buf *out)
{
    char hex[HASH_TEXT_CAP];
    int n = merkle_frontier_count(head->before.size);
    buf_printf(out, "{\"commit\":%llu,\"first\":%llu,\"format\":\"pumasi-segment\",\"frontier\":[",
               (unsigned long long)head->commit, (unsigned long long)head->before.size);
    for (int i = 0; i < n; i++) {
        text_hex(hex, head->before.nodes[i].bytes, DIGEST_BYTES);
        buf_printf(out, "%s\"%s\"", i ? "," : "", hex);
    }
    buf_printf(out, "],\"month\":\"%s\",\"organisation\":\"%s\",\"v\":%d}\n", head->month,
               head->organisation.text, SEGMENT_VERSION);
}

void segment_format_tail(const struct segment_tail *tail, struct buf *out)
{
    char hex[HASH_TEXT_CAP];
    text_hex(hex, tail->root.bytes, DIGEST_BYTES);
    buf_printf(out, "{\"commit\":%llu,\"root\":\"%s\",\"size\":%llu,\"v\":%d}\n",
               (unsigned long long)tail->commit, hex, (unsigned long long)tail->size,
               SEGMENT_VERSION);
}

/* ---- Reading -------------------------------------------------------------------------------- */

enum reader_state { BEFORE_HEAD, AMONG_ENTRIES, AFTER_TAIL };

struct segment_reader {
    enum reader_state state;
    uint64_t lines;
    struct hasher *hasher;
    struct segment_head head;
    struct merkle_frontier frontier;
    uint64_t last_commit; /* of the last entry; with its index */
    uint32_t last_index;
    bool any;
    struct merkle_hash leaf;
    struct segment_tail tail;
};

struct segment_reader *segment_reader_create(void)
{
    struct segment_reader *r = calloc(1, sizeof *r);
    ENSURE(r);
    r->hasher = hasher_create();
    return r;
}

void segment_reader_destroy(struct segment_reader *r)
{
    if (!r)
        return;
    hasher_destroy(r->hasher);
    free(r);
}

static int corrupt(const struct segment_reader *r, struct err *err, const char *what)
{
    return err_set(err, ERR_CORRUPT, "segment, line %llu: %s", (unsigned long long)r->lines, what);
}

static bool scan_frontier(struct scan *s, struct merkle_frontier *f)
{
    int n = merkle_frontier_count(f->size);
    for (int i = 0; i < n; i++) {
        if (!scan_literal(s, i ? ",\"" : "\"") || !scan_hex(s, f->nodes[i].bytes, DIGEST_BYTES) ||
            !scan_literal(s, "\""))
            return false;
    }
    return true;
}

static bool scan_head(struct scan *s, struct segment_head *head, uint64_t *version)
{
    struct span month, organisation;
    struct month parsed;
    if (!scan_literal(s, "{\"commit\":") || !scan_number(s, &head->commit) ||
        !scan_literal(s, ",\"first\":") || !scan_number(s, &head->before.size) ||
        !scan_literal(s, ",\"format\":\"pumasi-segment\",\"frontier\":[") ||
        !scan_frontier(s, &head->before) || !scan_literal(s, "],\"month\":\"") ||
        !scan_until(s, '"', &month) || !scan_literal(s, "\",\"organisation\":\"") ||
        !scan_until(s, '"', &organisation) || !scan_literal(s, "\",\"v\":") ||
        !scan_number(s, version) || !scan_literal(s, "}"))
        return false;
    return scan_done(s) && month_parse(month, &parsed, NULL) == 0 &&
           text_set(head->month, sizeof head->month, month, "month", NULL) == 0 &&
           id_parse(organisation, "organisation", &head->organisation, NULL) == 0;
}

static int read_head(struct segment_reader *r, struct span line, struct err *err)
{
    struct scan s = {.left = line};
    uint64_t version = 0;
    if (!scan_head(&s, &r->head, &version))
        return corrupt(r, err, "it is not the head of a segment");
    if (version != SEGMENT_VERSION)
        return err_set(err, ERR_UNSUPPORTED, "segment of version %llu: use a newer pumasi",
                       (unsigned long long)version);
    r->frontier = r->head.before;
    r->state = AMONG_ENTRIES;
    return 0;
}

static bool scan_tail(struct span line, struct segment_tail *ret)
{
    struct scan s = {.left = line};
    uint64_t version;
    return scan_literal(&s, "{\"commit\":") && scan_number(&s, &ret->commit) &&
           scan_literal(&s, ",\"root\":\"") && scan_hex(&s, ret->root.bytes, DIGEST_BYTES) &&
           scan_literal(&s, "\",\"size\":") && scan_number(&s, &ret->size) &&
           scan_literal(&s, ",\"v\":") && scan_number(&s, &version) && scan_literal(&s, "}") &&
           scan_done(&s) && version == SEGMENT_VERSION;
}

static int read_tail(struct segment_reader *r, const struct segment_tail *tail, struct err *err)
{
    struct merkle_hash root = merkle_frontier_root(&r->frontier, r->hasher);
    if (tail->size != r->frontier.size)
        return corrupt(r, err, "entries are missing, or there are too many");
    if (!merkle_hash_equal(&root, &tail->root))
        return corrupt(r, err, "the entries do not give the root");
    if (tail->commit < r->head.commit || (r->any && tail->commit < r->last_commit))
        return corrupt(r, err, "an entry is younger than the segment");
    r->tail = *tail;
    r->state = AFTER_TAIL;
    return 0;
}

static int read_entry(struct segment_reader *r, struct span line, struct ledger_entry *e,
                      struct err *err)
{
    int rc = ledger_line_decode(line, e, err);
    if (rc < 0)
        return err_prefix(err, rc, "segment, line %llu", (unsigned long long)r->lines);
    if (!id_equal(&e->organisation, &r->head.organisation) &&
        !id_equal(&e->counterparty, &r->head.organisation))
        return corrupt(r, err, "the entry is of another log");
    bool rises = e->commit > r->last_commit ||
                 (e->commit == r->last_commit && (!r->any || e->index > r->last_index));
    if (e->commit <= r->head.commit || !rises)
        return corrupt(r, err, "the entry is out of order");
    r->leaf = merkle_leaf(r->hasher, line);
    merkle_frontier_append(&r->frontier, r->hasher, &r->leaf);
    r->last_commit = e->commit;
    r->last_index = e->index;
    r->any = true;
    return 0;
}

int segment_reader_line(struct segment_reader *r, struct span line, enum segment_line *ret_kind,
                        struct ledger_entry *ret_entry, struct err *err)
{
    struct ledger_entry scratch;
    struct segment_tail tail;
    r->lines++;
    switch (r->state) {
    case BEFORE_HEAD:
        *ret_kind = SEGMENT_HEAD;
        return read_head(r, line, err);
    case AMONG_ENTRIES:
        *ret_kind = scan_tail(line, &tail) ? SEGMENT_TAIL : SEGMENT_ENTRY;
        return *ret_kind == SEGMENT_TAIL
                   ? read_tail(r, &tail, err)
                   : read_entry(r, line, ret_entry ? ret_entry : &scratch, err);
    default:
        return corrupt(r, err, "there is something after the end");
    }
}

const struct segment_head *segment_reader_head(const struct segment_reader *r)
{
    ENSURE(r->state != BEFORE_HEAD);
    return &r->head;
}

int segment_reader_end(const struct segment_reader *r, struct segment_tail *ret, struct err *err)
{
    if (r->state != AFTER_TAIL)
        return corrupt(r, err, "the segment is cut off");
    *ret = r->tail;
    return 0;
}

struct merkle_hash segment_reader_leaf(const struct segment_reader *r)
{
    ENSURE(r->any);
    return r->leaf;
}

static int read_lines(struct segment_reader *r, struct span bytes, segment_entry_fn each, void *arg,
                      struct err *err)
{
    struct scan s = {.left = bytes};
    while (!scan_done(&s)) {
        struct ledger_entry entry;
        enum segment_line kind;
        struct span line;
        if (!scan_until(&s, '\n', &line))
            return corrupt(r, err, "the last line has no end");
        TRY(segment_reader_line(r, line, &kind, &entry, err));
        if (kind == SEGMENT_ENTRY && each)
            TRY(each(&entry, line, arg));
        ENSURE(scan_literal(&s, "\n"));
    }
    return 0;
}

int segment_read(struct span bytes, segment_entry_fn each, void *arg, struct segment_head *ret_head,
                 struct segment_tail *ret_tail, struct err *err)
{
    struct segment_reader *r = segment_reader_create();
    struct segment_tail tail;
    int rc = read_lines(r, bytes, each, arg, err);
    if (rc == 0)
        rc = segment_reader_end(r, &tail, err);
    if (rc == 0) {
        *ret_head = r->head;
        *ret_tail = tail;
    }
    segment_reader_destroy(r);
    return rc;
}

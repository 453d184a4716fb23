#ifndef PUMASI_BILLING_LEDGER_SEGMENT_H
#define PUMASI_BILLING_LEDGER_SEGMENT_H

#include "billing/ledger_line.h"
#include "lib/merkle/checkpoint.h"

/*
 * A segment: one organisation's log between two sizes, as lines (docs/spec/ledger.md):
 *
 *     {"commit":88000,"first":1000,"format":"pumasi-segment","frontier":["HEX",...],
 *      "month":"2026-02","organisation":"upstage","v":1}
 *     ENTRY                                         as ledger_line.h writes it
 *     ...
 *     {"commit":91234,"root":"HEX","size":1042,"v":1}
 *
 * (the head is one line.) `first` is the size before, `commit` of the head the last commit before
 * and of the tail the last that is in it, `frontier` the frontier of the tree before. Whoever reads
 * all lines has the root before, every entry between, and the root after.
 *
 * Both sides work line by line and keep one line in memory. One thread each.
 */
#define SEGMENT_VERSION 1

struct segment_head {
    struct id organisation; /* whose log */
    char month[8];          /* "2026-02": the month that the seal closed */
    uint64_t commit;        /* the last one before */
    struct merkle_frontier before;
};

/* The tail: where the log stands after the segment. */
struct segment_tail {
    uint64_t size;
    struct merkle_hash root;
    uint64_t commit;
};

void segment_format_head(const struct segment_head *head, struct buf *out); /* with newline */
void segment_format_tail(const struct segment_tail *tail, struct buf *out);

/* ---- Reading -------------------------------------------------------------------------------- */

struct segment_reader;

struct segment_reader *segment_reader_create(void);
void segment_reader_destroy(struct segment_reader *r); /* NULL is fine */

enum segment_line { SEGMENT_HEAD, SEGMENT_ENTRY, SEGMENT_TAIL };

/*
 * Reads the next line, without its newline, and says what it is. An entry lands in *ret_entry,
 * which may be NULL. ERR_CORRUPT names the line: not canonical, out of order, of another log, a
 * tail whose size or root is not what the entries give, anything after the tail. ERR_UNSUPPORTED:
 * a newer version. After an error the reader is of no further use.
 */
MUST_CHECK int segment_reader_line(struct segment_reader *r, struct span line,
                                   enum segment_line *ret_kind, struct ledger_entry *ret_entry,
                                   struct err *err);

/* After the head; and after the tail (ERR_CORRUPT: the segment ends without one). Borrowed. */
const struct segment_head *segment_reader_head(const struct segment_reader *r);
MUST_CHECK int segment_reader_end(const struct segment_reader *r, struct segment_tail *ret,
                                  struct err *err);

/* The leaf hash of the last entry read. */
struct merkle_hash segment_reader_leaf(const struct segment_reader *r);

/* All of a segment that is in memory; each entry is shown in order. A negative return of `each`
 * ends the reading with that code. `each` may be NULL. */
typedef int (*segment_entry_fn)(const struct ledger_entry *entry, struct span line, void *arg);
MUST_CHECK int segment_read(struct span bytes, segment_entry_fn each, void *arg,
                            struct segment_head *ret_head, struct segment_tail *ret_tail,
                            struct err *err);

#endif

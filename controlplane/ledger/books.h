#ifndef PUMASI_CONTROLPLANE_LEDGER_BOOKS_H
#define PUMASI_CONTROLPLANE_LEDGER_BOOKS_H

#include "billing/ledger_line.h"
#include "controlplane/engine/codec.h"
#include "lib/merkle/tree.h"

/*
 * The logs of all organisations, as Merkle trees: what of each entry is needed for roots and
 * proofs, not the entries. Fed with the commits in order. One thread.
 */
struct books;

struct books *books_create(void);
void books_destroy(struct books *b); /* NULL is fine */

/* The last commit that is in the books; 0 = none. */
uint64_t books_commit(const struct books *b);

/* Shows each line that a commit adds to a log, and its leaf: an entry with two parties comes twice.
 * A negative return ends the commit's taking in, which then returns that code. */
typedef int (*books_line_fn)(void *arg, const struct id *organisation,
                             const struct ledger_entry *entry, struct span line);

/* Takes the next commit in. ERR_CORRUPT: it is not the next one. `each` may be NULL. */
MUST_CHECK int books_add(struct books *b, const struct commit *commit, books_line_fn each,
                         void *arg, struct err *err);

/* Takes a leaf in as an archive tells it, and says that all commits up to `commit` are in. */
void books_add_leaf(struct books *b, const struct id *organisation, const struct merkle_hash *leaf);
void books_set_commit(struct books *b, uint64_t commit);

/* The tree of an organisation; NULL when it has no entry. Borrowed. */
const struct merkle_tree *books_tree(const struct books *b, const struct id *organisation);

/* Visits the logs in order of their names. */
typedef void (*books_visit_fn)(void *arg, const struct id *organisation,
                               const struct merkle_tree *tree);
void books_each(const struct books *b, books_visit_fn visit, void *arg);

#endif

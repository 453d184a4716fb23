/* Books: trees by organisation, sorted by name. */
#include "controlplane/ledger/books.h"

#include "lib/base/buf.h"

#include <stdlib.h>

struct log {
    struct id organisation;
    struct merkle_tree *tree;
};

struct books {
    struct log *logs; /* by rising organisation */
    size_t n, cap;
    uint64_t commit;
    struct hasher *hasher;
    struct buf line;
};

struct books *books_create(void)
{
    struct books *b = calloc(1, sizeof *b);
    ENSURE(b);
    b->hasher = hasher_create();
    buf_init(&b->line, LEDGER_LINE_MAX);
    return b;
}

void books_destroy(struct books *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->n; i++)
        merkle_tree_destroy(b->logs[i].tree);
    free(b->logs);
    hasher_destroy(b->hasher);
    buf_fini(&b->line);
    free(b);
}

uint64_t books_commit(const struct books *b)
{
    return b->commit;
}

/* Where the organisation stands, or would. */
static size_t place_of(const struct books *b, const struct id *organisation)
{
    size_t low = 0;
    size_t high = b->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (id_compare(&b->logs[middle].organisation, organisation) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct merkle_tree *tree_of(struct books *b, const struct id *organisation)
{
    size_t at = place_of(b, organisation);
    if (at < b->n && id_equal(&b->logs[at].organisation, organisation))
        return b->logs[at].tree;
    if (b->n == b->cap) {
        b->cap = b->cap ? 2 * b->cap : 16;
        b->logs = realloc(b->logs, b->cap * sizeof *b->logs);
        ENSURE(b->logs);
    }
    memmove(&b->logs[at + 1], &b->logs[at], (b->n - at) * sizeof *b->logs);
    b->logs[at] = (struct log){.organisation = *organisation, .tree = merkle_tree_create()};
    b->n++;
    return b->logs[at].tree;
}

struct taking {
    struct books *books;
    books_line_fn each;
    void *arg;
};

static int add_to(struct taking *t, const struct id *organisation, const struct ledger_entry *entry)
{
    struct span line = buf_span(&t->books->line);
    struct merkle_hash leaf = merkle_leaf(t->books->hasher, line);
    if (id_is_none(organisation))
        return 0;
    merkle_tree_append(tree_of(t->books, organisation), &leaf);
    return t->each ? t->each(t->arg, organisation, entry, line) : 0;
}

static int add_entry(struct taking *t, const struct ledger_entry *stored, uint64_t commit,
                     uint32_t index)
{
    struct ledger_entry entry = *stored;
    entry.commit = commit;
    entry.index = index;
    buf_reset(&t->books->line);
    ledger_line_encode(&entry, &t->books->line);
    ENSURE(!t->books->line.full);
    TRY(add_to(t, &entry.organisation, &entry));
    return add_to(t, &entry.counterparty, &entry);
}

int books_add(struct books *b, const struct commit *commit, books_line_fn each, void *arg,
              struct err *err)
{
    struct taking t = {.books = b, .each = each, .arg = arg};
    if (commit->seq != b->commit + 1)
        return err_set(err, ERR_CORRUPT, "ledger: commit %llu follows %llu: one is missing",
                       (unsigned long long)commit->seq, (unsigned long long)b->commit);
    uint32_t index = 0;
    LIST_EACH(const struct ledger_entry, entry, &commit->entries)
    {
        TRY(add_entry(&t, entry, commit->seq, index++));
    }
    b->commit = commit->seq;
    return 0;
}

void books_add_leaf(struct books *b, const struct id *organisation, const struct merkle_hash *leaf)
{
    merkle_tree_append(tree_of(b, organisation), leaf);
}

void books_set_commit(struct books *b, uint64_t commit)
{
    ENSURE(commit >= b->commit);
    b->commit = commit;
}

const struct merkle_tree *books_tree(const struct books *b, const struct id *organisation)
{
    size_t at = place_of(b, organisation);
    return at < b->n && id_equal(&b->logs[at].organisation, organisation) ? b->logs[at].tree : NULL;
}

void books_each(const struct books *b, books_visit_fn visit, void *arg)
{
    for (size_t i = 0; i < b->n; i++)
        visit(arg, &b->logs[i].organisation, b->logs[i].tree);
}

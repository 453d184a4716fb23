/* Reads the log in the order of its commits. No state between calls. */
#include "controlplane/ledger/sealing.h"

#include "controlplane/engine/keys.h"
#include "lib/base/text.h"

#include <stdlib.h>

#define READ_MS 60000

typedef int (*commit_fn)(void *arg, const struct commit *commit, struct err *err);

struct reading {
    commit_fn each;
    void *arg;
    struct err *err;
};

/* A walk that has seen enough ends with this code; it is no failure. */
#define ENOUGH (-ERR_CANCELLED)

static int read_commit(const struct store_kv *kv, void *ud)
{
    struct reading *r = ud;
    struct commit commit;
    TRY(codec_decode_commit(kv->value, &commit, r->err));
    int rc = r->each(r->arg, &commit, r->err);
    record_fini(&commit_type, &commit);
    return rc;
}

static int read_log(struct store *store, uint64_t after, commit_fn each, void *arg, struct err *err)
{
    struct reading r = {.each = each, .arg = arg, .err = err};
    struct store_key last = keys_of_commit(after);
    struct store_range range = {
        .prefix = span_text(KEY_LOG), .after = span_text(last.text), .timeout_ms = READ_MS};
    int64_t revision;
    int rc = store_range(store, &range, read_commit, &r, &revision, err);
    return rc == ENOUGH ? 0 : rc;
}

/* ---- Following ------------------------------------------------------------------------------- */

static int fetch_commit(const struct store_kv *kv, void *ud)
{
    struct reading *r = ud;
    struct list *commits = r->arg;
    struct commit commit;
    TRY(codec_decode_commit(kv->value, &commit, r->err));
    *(struct commit *)record_list_add(commits, sizeof commit) = commit;
    return 0;
}

int sealing_fetch(struct store *store, uint64_t after, struct list *ret, struct err *err)
{
    struct reading r = {.arg = ret, .err = err};
    struct store_key last = keys_of_commit(after);
    struct store_range range = {.prefix = span_text(KEY_LOG),
                                .after = span_text(last.text),
                                .limit = SEALING_FETCH,
                                .timeout_ms = READ_MS};
    int64_t revision;
    *ret = (struct list){.n = 0};
    int rc = store_range(store, &range, fetch_commit, &r, &revision, err);
    if (rc < 0)
        sealing_free(ret);
    return rc;
}

void sealing_free(struct list *commits)
{
    LIST_EACH(struct commit, commit, commits)
    {
        record_fini(&commit_type, commit);
    }
    free(commits->items);
    *commits = (struct list){.n = 0};
}

/* The close among the commit's entries, if any. */
static int find_close(const struct commit *commit, struct close_seen *ret, struct err *err)
{
    LIST_EACH(const struct ledger_entry, entry, &commit->entries)
    {
        if (entry->kind != LEDGER_CLOSE)
            continue;
        ret->commit = commit->seq;
        ret->at = entry->at;
        return text_set(ret->month, sizeof ret->month, span_text(entry->subject.text), "month",
                        err);
    }
    return 0;
}

int sealing_take(const struct list *commits, struct books *books, struct close_seen *ret_close,
                 struct err *err)
{
    *ret_close = (struct close_seen){.month = ""};
    LIST_EACH(const struct commit, commit, commits)
    {
        TRY(books_add(books, commit, NULL, NULL, err));
        TRY(find_close(commit, ret_close, err));
        if (ret_close->month[0])
            break;
    }
    return 0;
}

/* ---- Sealing --------------------------------------------------------------------------------- */

struct sealing {
    struct books *scratch; /* makes the lines of the month once more */
    struct archive *archive;
    uint64_t last;
    struct err *err;
};

static int seal_line(void *arg, const struct id *organisation, const struct ledger_entry *entry,
                     struct span line)
{
    struct sealing *s = arg;
    (void)entry;
    return archive_line(s->archive, organisation, line, s->err);
}

static int seal_commit(void *arg, const struct commit *commit, struct err *err)
{
    struct sealing *s = arg;
    TRY(books_add(s->scratch, commit, seal_line, s, err));
    return commit->seq == s->last ? ENOUGH : 0;
}

static int seal_lines(struct store *store, struct sealing *s, struct err *err)
{
    uint64_t first = archive_last(s->archive)->last_commit;
    books_set_commit(s->scratch, first);
    TRY(read_log(store, first, seal_commit, s, err));
    if (books_commit(s->scratch) != s->last)
        return err_set(err, ERR_CORRUPT, "the log ends before commit %llu",
                       (unsigned long long)s->last);
    return 0;
}

int sealing_seal(struct store *store, const struct books *books, const struct close_seen *close,
                 struct archive *archive, struct err *err)
{
    struct sealing s = {
        .scratch = books_create(), .archive = archive, .last = close->commit, .err = err};
    ENSURE(books_commit(books) == close->commit);
    int rc = archive_begin(archive, close->month, books, err);
    if (rc == 0)
        rc = seal_lines(store, &s, err);
    if (rc == 0)
        rc = archive_end(archive, close->commit, close->at, err);
    if (rc < 0)
        archive_abandon(archive);
    books_destroy(s.scratch);
    return rc;
}

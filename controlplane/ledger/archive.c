/*
 * The archive. Owns what is being written: one file for each log, in the folder tmp until it is
 * whole. Invariant: months/ holds a note only if every segment that it names is in segments/.
 */
#include "controlplane/ledger/archive.h"

#include "lib/base/file.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITE_BYTES (256 << 10) /* written at once */

struct segment_file {
    struct id organisation;
    int fd;
    struct buf pending;
    struct hasher *hasher;
    uint64_t size; /* of the log, with what is in the file */
    uint8_t digest[DIGEST_BYTES];
};

struct archive {
    char dir[PATH_MAX];
    const struct key *key;
    struct month_note last;
    uint8_t last_digest[DIGEST_BYTES]; /* of its text; zeros: none */
    /* While sealing: */
    char month[8];
    const struct books *books;
    struct segment_file *files; /* by rising organisation */
    size_t n;
};

/* ---- Paths ----------------------------------------------------------------------------------- */

static int path_in(const struct archive *a, const char *folder, const char *name, const char *end,
                   char ret[PATH_MAX], struct err *err)
{
    int n = snprintf(ret, PATH_MAX, "%s/%s/%s%s", a->dir, folder, name, end);
    if (n < 0 || n >= PATH_MAX)
        return err_set(err, ERR_LIMIT, "%s: the path is too long", a->dir);
    return 0;
}

static int io_error(struct err *err, const char *path, const char *what)
{
    return err_set(err, ERR_IO, "%s: can't %s: %s", path, what, strerror(errno));
}

static int make_folder(const char *path, struct err *err)
{
    if (mkdir(path, 0755) < 0 && errno != EEXIST)
        return io_error(err, path, "make the folder");
    return 0;
}

static int sync_folder(const struct archive *a, const char *folder, struct err *err)
{
    char path[PATH_MAX];
    TRY(path_in(a, folder, ".", "", path, err));
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return io_error(err, path, "open");
    int rc = fsync(fd) == 0 ? 0 : io_error(err, path, "sync");
    close(fd);
    return rc;
}

static int make_folders(const struct archive *a, struct err *err)
{
    static const char *const folders[] = {"segments", "months", "tmp"};
    char path[PATH_MAX];
    TRY(make_folder(a->dir, err));
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        TRY(path_in(a, folders[i], "", "", path, err));
        TRY(make_folder(path, err));
    }
    return 0;
}

int archive_open(const char *dir, const struct key *key, struct archive **ret, struct err *err)
{
    struct archive *a = calloc(1, sizeof *a);
    ENSURE(a);
    a->key = key;
    int rc = text_set(a->dir, sizeof a->dir, span_text(dir), "directory", err);
    if (rc == 0)
        rc = make_folders(a, err);
    if (rc < 0) {
        archive_close(a);
        return rc;
    }
    *ret = a;
    return 0;
}

void archive_close(struct archive *a)
{
    if (!a)
        return;
    archive_abandon(a);
    month_note_fini(&a->last);
    free(a);
}

const struct month_note *archive_last(const struct archive *a)
{
    return &a->last;
}

void archive_note_digest(const struct archive *a, char ret[DIGEST_TEXT_CAP])
{
    text_hex(ret, a->last_digest, DIGEST_BYTES);
}

/* ---- Loading --------------------------------------------------------------------------------- */

struct loading {
    struct books *books;
    const struct id *organisation;
    struct hasher *hasher;
};

static int load_entry(const struct ledger_entry *entry, struct span line, void *arg)
{
    struct loading *l = arg;
    struct merkle_hash leaf = merkle_leaf(l->hasher, line);
    (void)entry;
    books_add_leaf(l->books, l->organisation, &leaf);
    return 0;
}

static int check_segment(const struct month_row *row, const struct segment_head *head,
                         const struct segment_tail *tail, const struct merkle_frontier *before,
                         struct err *err)
{
    if (!id_equal(&head->organisation, &row->organisation) ||
        !merkle_frontier_equal(&head->before, before) || tail->size != row->size ||
        !merkle_hash_equal(&tail->root, &row->root))
        return err_set(err, ERR_VERIFICATION, "it is not the segment that the month's note names");
    return 0;
}

static int read_segment(const struct archive *a, const struct month_row *row, struct buf *out,
                        char path[PATH_MAX], struct err *err)
{
    char name[DIGEST_TEXT_CAP];
    uint8_t digest[DIGEST_BYTES];
    text_hex(name, row->segment_sha256, DIGEST_BYTES);
    TRY(path_in(a, "segments", name, ".jsonl", path, err));
    TRY(file_read(path, out, err));
    digest_sha256(buf_span(out), digest);
    if (!digest_equal(digest, row->segment_sha256))
        return err_set(err, ERR_VERIFICATION, "%s was changed", path);
    return 0;
}

static struct merkle_frontier frontier_of(const struct books *books, const struct id *organisation,
                                          uint64_t size)
{
    const struct merkle_tree *tree = books_tree(books, organisation);
    return tree ? merkle_tree_frontier(tree, size) : (struct merkle_frontier){.size = 0};
}

static int load_segment(const struct archive *a, struct books *books, const struct month_row *row,
                        struct err *err)
{
    CLEANUP_HASHER struct hasher *hasher = hasher_create();
    const struct merkle_tree *tree = books_tree(books, &row->organisation);
    struct merkle_frontier before =
        frontier_of(books, &row->organisation, tree ? merkle_tree_size(tree) : 0);
    struct loading l = {.books = books, .organisation = &row->organisation, .hasher = hasher};
    struct segment_head head;
    struct segment_tail tail;
    char path[PATH_MAX];
    CLEANUP_BUF struct buf bytes;
    buf_init(&bytes, LIMIT_SEGMENT_BYTES);
    TRY(read_segment(a, row, &bytes, path, err));
    int rc = segment_read(buf_span(&bytes), load_entry, &l, &head, &tail, err);
    if (rc == 0)
        rc = check_segment(row, &head, &tail, &before, err);
    return rc < 0 ? err_prefix(err, rc, "%s", path) : 0;
}

static int read_note(const struct archive *a, struct span bytes, struct month_note *ret,
                     uint8_t ret_digest[DIGEST_BYTES], struct err *err)
{
    struct public_key public = key_public(a->key);
    struct note note;
    struct month_note m;
    TRY(note_parse(bytes, &note, err));
    TRY(note_verify(&note, MONTH_NOTE_ORIGIN, &public, err));
    TRY(month_note_parse(note.text, &m, err));
    if (memcmp(m.previous_sha256, a->last_digest, DIGEST_BYTES) != 0 ||
        m.first_commit != a->last.last_commit + 1) {
        month_note_fini(&m);
        return err_set(err, ERR_VERIFICATION, "it does not follow from the month before");
    }
    digest_sha256(note.text, ret_digest);
    *ret = m;
    return 0;
}

static int load_month(struct archive *a, const char *name, struct books *books, struct err *err)
{
    char path[PATH_MAX];
    struct month_note m;
    uint8_t digest[DIGEST_BYTES];
    CLEANUP_BUF struct buf bytes;
    buf_init(&bytes, NOTE_BYTES);
    TRY(path_in(a, "months", name, "", path, err));
    TRY(file_read(path, &bytes, err));
    int rc = read_note(a, buf_span(&bytes), &m, digest, err);
    if (rc < 0)
        return err_prefix(err, rc, "%s", path);
    for (size_t i = 0; rc == 0 && i < m.n; i++)
        rc = load_segment(a, books, &m.rows[i], err);
    month_note_fini(&a->last);
    a->last = m;
    memcpy(a->last_digest, digest, sizeof digest);
    books_set_commit(books, m.last_commit);
    return rc;
}

static int is_note(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return len == 12 && strcmp(entry->d_name + 7, ".note") == 0;
}

int archive_load(struct archive *a, struct books *books, struct err *err)
{
    struct dirent **names;
    char path[PATH_MAX];
    TRY(path_in(a, "months", "", "", path, err));
    int n = scandir(path, &names, is_note, alphasort);
    if (n < 0)
        return io_error(err, path, "list");
    int rc = 0;
    for (int i = 0; i < n; i++) {
        if (rc == 0)
            rc = load_month(a, names[i]->d_name, books, err);
        free(names[i]);
    }
    free(names);
    return rc;
}

/* ---- Sealing --------------------------------------------------------------------------------- */

static int write_pending(struct segment_file *f, struct err *err)
{
    size_t done = 0;
    hasher_update(f->hasher, buf_span(&f->pending));
    while (done < f->pending.len) {
        ssize_t n = write(f->fd, f->pending.data + done, f->pending.len - done);
        if (n < 0 && errno != EINTR)
            return io_error(err, f->organisation.text, "write the segment");
        done += n > 0 ? (size_t)n : 0;
    }
    buf_reset(&f->pending);
    return 0;
}

static size_t place_of(const struct archive *a, const struct id *organisation)
{
    size_t at = 0;
    while (at < a->n && id_compare(&a->files[at].organisation, organisation) < 0)
        at++;
    return at;
}

static int open_temporary(const struct archive *a, const struct id *organisation, int *ret,
                          struct err *err)
{
    char path[PATH_MAX];
    TRY(path_in(a, "tmp", organisation->text, "", path, err));
    *ret = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    return *ret < 0 ? io_error(err, path, "create") : 0;
}

/* The file of a log, begun with its head if this is the first that is asked of it. */
static int file_of(struct archive *a, const struct id *organisation, struct segment_file **ret,
                   struct err *err)
{
    size_t at = place_of(a, organisation);
    if (at < a->n && id_equal(&a->files[at].organisation, organisation)) {
        *ret = &a->files[at];
        return 0;
    }
    const struct month_row *row = month_note_find(&a->last, organisation);
    struct segment_head head = {.organisation = *organisation, .commit = a->last.last_commit};
    int fd;
    TRY(open_temporary(a, organisation, &fd, err));
    memcpy(head.month, a->month, sizeof head.month);
    head.before = frontier_of(a->books, organisation, row ? row->size : 0);
    a->files = realloc(a->files, (a->n + 1) * sizeof *a->files);
    ENSURE(a->files);
    memmove(&a->files[at + 1], &a->files[at], (a->n - at) * sizeof *a->files);
    a->n++;
    struct segment_file *f = &a->files[at];
    *f = (struct segment_file){.organisation = *organisation,
                               .fd = fd,
                               .hasher = hasher_create(),
                               .size = head.before.size};
    buf_init(&f->pending, WRITE_BYTES + LEDGER_LINE_MAX);
    segment_format_head(&head, &f->pending);
    *ret = f;
    return 0;
}

int archive_begin(struct archive *a, const char *month, const struct books *books, struct err *err)
{
    ENSURE(a->n == 0);
    TRY(text_set(a->month, sizeof a->month, span_text(month), "month", err));
    a->books = books;
    return 0;
}

int archive_line(struct archive *a, const struct id *organisation, struct span line,
                 struct err *err)
{
    struct segment_file *f;
    TRY(file_of(a, organisation, &f, err));
    buf_append(&f->pending, line.data, line.len);
    buf_append_char(&f->pending, '\n');
    f->size++;
    return f->pending.len >= WRITE_BYTES ? write_pending(f, err) : 0;
}

/* Logs that had no entry since the last seal get a segment, too: the note names every log. */
struct completing {
    struct archive *archive;
    int rc;
    struct err *err;
};

static void open_if_older(void *arg, const struct id *organisation, const struct merkle_tree *tree)
{
    struct completing *c = arg;
    struct segment_file *f;
    (void)tree;
    if (c->rc == 0 && month_note_find(&c->archive->last, organisation))
        c->rc = file_of(c->archive, organisation, &f, c->err);
}

static struct merkle_hash root_of(const struct archive *a, const struct segment_file *f)
{
    const struct merkle_tree *tree = books_tree(a->books, &f->organisation);
    ENSURE(tree);
    return merkle_tree_root(tree, f->size);
}

static int end_segment(struct archive *a, struct segment_file *f, uint64_t commit, struct err *err)
{
    struct segment_tail tail = {.size = f->size, .root = root_of(a, f), .commit = commit};
    char from[PATH_MAX], to[PATH_MAX], name[DIGEST_TEXT_CAP];
    segment_format_tail(&tail, &f->pending);
    TRY(write_pending(f, err));
    if (fsync(f->fd) < 0)
        return io_error(err, f->organisation.text, "sync the segment");
    hasher_finish(f->hasher, f->digest);
    text_hex(name, f->digest, DIGEST_BYTES);
    TRY(path_in(a, "tmp", f->organisation.text, "", from, err));
    TRY(path_in(a, "segments", name, ".jsonl", to, err));
    if (rename(from, to) < 0)
        return io_error(err, to, "put it in place");
    return 0;
}

static void fill_note(const struct archive *a, uint64_t commit, struct instant closed_at,
                      struct month_note *m)
{
    *m = (struct month_note){.first_commit = a->last.last_commit + 1,
                             .last_commit = commit,
                             .sealed_at = closed_at,
                             .n = a->n};
    memcpy(m->month, a->month, sizeof m->month);
    memcpy(m->previous_sha256, a->last_digest, DIGEST_BYTES);
    m->rows = calloc(a->n + 1, sizeof *m->rows);
    ENSURE(m->rows);
    for (size_t i = 0; i < a->n; i++) {
        const struct segment_file *f = &a->files[i];
        m->rows[i] = (struct month_row){
            .organisation = f->organisation, .size = f->size, .root = root_of(a, f)};
        memcpy(m->rows[i].segment_sha256, f->digest, DIGEST_BYTES);
    }
}

static int write_note(struct archive *a, const struct month_note *m, struct err *err)
{
    char path[PATH_MAX];
    CLEANUP_BUF struct buf text, note;
    buf_init(&text, NOTE_BYTES);
    buf_init(&note, NOTE_BYTES);
    month_note_format(m, &text);
    if (text.full)
        return err_set(err, ERR_LIMIT, "%s: more logs than a note can name", m->month);
    TRY(note_format(buf_span(&text), MONTH_NOTE_ORIGIN, a->key, &note, err));
    TRY(path_in(a, "months", m->month, ".note", path, err));
    TRY(file_write_new(path, buf_span(&note), 0644, err));
    digest_sha256(buf_span(&text), a->last_digest);
    return 0;
}

int archive_end(struct archive *a, uint64_t commit, struct instant closed_at, struct err *err)
{
    struct completing c = {.archive = a, .err = err};
    struct month_note m;
    books_each(a->books, open_if_older, &c);
    TRY(c.rc);
    for (size_t i = 0; i < a->n; i++)
        TRY(end_segment(a, &a->files[i], commit, err));
    TRY(sync_folder(a, "segments", err));
    fill_note(a, commit, closed_at, &m);
    int rc = write_note(a, &m, err);
    if (rc < 0) {
        month_note_fini(&m);
        return rc;
    }
    month_note_fini(&a->last);
    a->last = m;
    archive_abandon(a);
    return 0;
}

void archive_abandon(struct archive *a)
{
    for (size_t i = 0; i < a->n; i++) {
        close(a->files[i].fd);
        buf_fini(&a->files[i].pending);
        hasher_destroy(a->files[i].hasher);
    }
    free(a->files);
    a->files = NULL;
    a->n = 0;
}

/*
 * The keeper. The lock guards books and heads; the archive belongs to the thread (or to whoever
 * turns by hand). Reading the store and writing files happen outside the lock.
 */
#include "controlplane/ledger/keeper.h"

#include "controlplane/ledger/sealing.h"
#include "lib/base/text.h"
#include "lib/merkle/cosignature.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct head {
    struct id organisation;
    struct checkpoint checkpoint;
    char text[CHECKPOINT_TEXT_CAP];
    struct note_signature signatures[NOTE_SIGNATURES];
    size_t n;
};

struct keeper {
    struct keeper_options options;
    struct archive *archive;
    pthread_mutex_t lock;
    struct books *books;
    struct list heads; /* struct head */
    pthread_t thread;
    bool running;
    atomic_bool stopping;
    int stop_fd;             /* readable once it is to stop */
    struct close_seen close; /* to be sealed; month "" = none */
    bool untold;             /* the last sealed month is not yet sealed for the engine */
};

int keeper_create(const struct keeper_options *options, struct keeper **ret, struct err *err)
{
    struct keeper *k = calloc(1, sizeof *k);
    ENSURE(k && options->every_ms >= 10 && options->every_ms <= 60000);
    k->options = *options;
    k->books = books_create();
    k->stop_fd = eventfd(0, EFD_CLOEXEC);
    atomic_init(&k->stopping, false);
    ENSURE(k->stop_fd >= 0 && pthread_mutex_init(&k->lock, NULL) == 0);
    int rc = archive_open(options->dir, options->key, &k->archive, err);
    if (rc == 0)
        rc = archive_load(k->archive, k->books, err);
    if (rc < 0) {
        keeper_destroy(k);
        return rc;
    }
    k->untold = archive_last(k->archive)->month[0] != '\0';
    *ret = k;
    return 0;
}

/* ---- The thread ------------------------------------------------------------------------------ */

static void told(void *arg, const struct engine_reply *reply, const struct err *err)
{
    struct keeper *k = arg;
    (void)reply;
    if (!err || err->code == ERR_NOT_LEADER)
        return; /* whoever leads tells for itself */
    log_event(k->options.log, LOG_LEVEL_ERROR, "ledger.seal-refused", LOG_STR("error", err->text));
}

static void tell(struct keeper *k)
{
    const struct month_note *m = archive_last(k->archive);
    struct engine_status status;
    if (!k->untold || !k->options.engine)
        return;
    engine_status(k->options.engine, &status);
    if (!status.leader)
        return;
    struct seal_month_command *args = calloc(1, sizeof *args);
    ENSURE(args);
    args->month = id_literal(m->month);
    args->first_commit = m->first_commit;
    args->last_commit = m->last_commit;
    archive_note_digest(k->archive, args->note_sha256);
    struct engine_command command = {
        .kind = COMMAND_SEAL_MONTH,
        .args = args,
        .principal = {.kind = ACTOR_SERVICE, .name = id_literal("ledger")}};
    if (engine_submit(k->options.engine, &command, told, k, NULL) < 0)
        record_destroy(command_type(COMMAND_SEAL_MONTH), args);
    else
        k->untold = false;
}

/* The month stays to be sealed until it is: nothing is taken in meanwhile. */
static int seal(struct keeper *k, struct err *err)
{
    TRY(sealing_seal(k->options.store, k->books, &k->close, k->archive, err));
    log_event(k->options.log, LOG_LEVEL_INFO, "ledger.sealed", LOG_STR("month", k->close.month),
              LOG_INT("commit", (int64_t)k->close.commit));
    k->close.month[0] = '\0';
    k->untold = true;
    return 0;
}

/* Only this thread changes the books, so it reads them without the lock; it takes the lock to
 * change them, since others read them under it. */
static int turn_once(struct keeper *k, bool *ret_more, struct err *err)
{
    struct list commits;
    if (k->close.month[0])
        return seal(k, err);
    TRY(sealing_fetch(k->options.store, books_commit(k->books), &commits, err));
    pthread_mutex_lock(&k->lock);
    int rc = sealing_take(&commits, k->books, &k->close, err);
    pthread_mutex_unlock(&k->lock);
    *ret_more = commits.n == SEALING_FETCH || k->close.month[0];
    sealing_free(&commits);
    return rc;
}

int keeper_turn(struct keeper *k, struct err *err)
{
    bool more = true;
    int rc = 0;
    while (rc == 0 && more && !atomic_load(&k->stopping))
        rc = turn_once(k, &more, err);
    tell(k);
    return rc;
}

static void wait_for_turn(const struct keeper *k)
{
    struct pollfd stop = {.fd = k->stop_fd, .events = POLLIN};
    (void)poll(&stop, 1, k->options.every_ms);
}

static void *run(void *arg)
{
    struct keeper *k = arg;
    char said[ERR_TEXT_MAX] = "";
    while (!atomic_load(&k->stopping)) {
        struct err err = ERR_INIT;
        if (keeper_turn(k, &err) < 0 && strcmp(said, err.text) != 0)
            log_event(k->options.log, LOG_LEVEL_ERROR, "ledger.behind", LOG_STR("error", err.text));
        (void)text_cut(said, sizeof said, err.text);
        wait_for_turn(k);
    }
    return NULL;
}

int keeper_start(struct keeper *k, struct err *err)
{
    if (pthread_create(&k->thread, NULL, run, k) != 0)
        return err_set(err, ERR_INTERNAL, "the ledger's thread can't be started");
    k->running = true;
    return 0;
}

void keeper_stop(struct keeper *k)
{
    if (!k || !k->running)
        return;
    atomic_store(&k->stopping, true);
    ENSURE(eventfd_write(k->stop_fd, 1) == 0);
    ENSURE(pthread_join(k->thread, NULL) == 0);
    k->running = false;
}

void keeper_destroy(struct keeper *k)
{
    if (!k)
        return;
    keeper_stop(k);
    archive_close(k->archive);
    books_destroy(k->books);
    free(k->heads.items);
    close(k->stop_fd);
    pthread_mutex_destroy(&k->lock);
    free(k);
}

/* ---- Checkpoints ----------------------------------------------------------------------------- */

static struct head *head_of(struct keeper *k, const struct id *organisation)
{
    LIST_EACH(struct head, head, &k->heads)
    {
        if (id_equal(&head->organisation, organisation))
            return head;
    }
    struct head *head = record_list_add(&k->heads, sizeof *head);
    head->organisation = *organisation;
    return head;
}

static int make_checkpoint(struct keeper *k, struct head *head, const struct merkle_tree *tree,
                           struct err *err)
{
    struct checkpoint c = {.size = merkle_tree_size(tree),
                           .at = env_now(k->options.env),
                           .commit = books_commit(k->books)};
    struct note_signature line;
    CLEANUP_BUF struct buf text;
    buf_init(&text, CHECKPOINT_TEXT_CAP - 1);
    checkpoint_ledger_origin(&head->organisation, c.origin);
    c.root = merkle_tree_root(tree, c.size);
    checkpoint_format(&c, &text);
    ENSURE(!text.full);
    TRY(note_sign(buf_span(&text), c.origin, k->options.key, &line, err));
    head->checkpoint = c;
    memcpy(head->text, text.data, text.len + 1);
    head->signatures[0] = line;
    head->n = 1;
    return 0;
}

/* Under the lock. */
static int fresh_head(struct keeper *k, const struct id *organisation, struct head **ret,
                      struct err *err)
{
    const struct merkle_tree *tree = books_tree(k->books, organisation);
    if (!tree)
        return err_set(err, ERR_NOT_FOUND, "%s has no ledger", organisation->text);
    struct head *head = head_of(k, organisation);
    bool grown = merkle_tree_size(tree) > head->checkpoint.size;
    int64_t age_s = env_now(k->options.env).s - head->checkpoint.at.s;
    if (head->n == 0 || (grown && age_s >= k->options.checkpoint_s))
        TRY(make_checkpoint(k, head, tree, err));
    *ret = head;
    return 0;
}

static int print_head(struct keeper *k, const struct id *organisation, struct buf *out,
                      struct err *err)
{
    struct head *head = NULL;
    TRY(fresh_head(k, organisation, &head, err));
    buf_printf(out, "%s\n", head->text);
    for (size_t i = 0; i < head->n; i++)
        note_append_signature(&head->signatures[i], out);
    return out->full ? err_set(err, ERR_LIMIT, "no room for the checkpoint") : 0;
}

int keeper_checkpoint(struct keeper *k, const struct id *organisation, struct buf *out,
                      struct err *err)
{
    pthread_mutex_lock(&k->lock);
    int rc = print_head(k, organisation, out, err);
    pthread_mutex_unlock(&k->lock);
    return rc;
}

static int add_cosignature(struct head *head, const struct note_signature *line,
                           const struct public_key *witness, struct err *err)
{
    struct note note = {.text = span_text(head->text), .n = 1};
    struct instant at;
    size_t i = 1;
    note.signatures[0] = *line;
    if (cosignature_verify(&note, line->name, witness, &at, NULL) < 0)
        return err_set(err, ERR_STALE,
                       "%s's cosignature is not of the last checkpoint: fetch that and sign it",
                       line->name);
    while (i < head->n && strcmp(head->signatures[i].name, line->name) != 0)
        i++;
    if (i == NOTE_SIGNATURES)
        return err_set(err, ERR_LIMIT, "a checkpoint has no room for more witnesses");
    head->signatures[i] = *line;
    head->n = i == head->n ? i + 1 : head->n;
    return 0;
}

int keeper_cosign(struct keeper *k, const struct id *organisation,
                  const struct note_signature *line, const struct public_key *witness,
                  struct err *err)
{
    pthread_mutex_lock(&k->lock);
    struct head *head = head_of(k, organisation);
    int rc = head->n ? add_cosignature(head, line, witness, err)
                     : err_set(err, ERR_NOT_FOUND, "%s has no checkpoint", organisation->text);
    pthread_mutex_unlock(&k->lock);
    return rc;
}

/* ---- Proofs ---------------------------------------------------------------------------------- */

static int inside(const struct merkle_tree *tree, const struct id *organisation, uint64_t size,
                  struct err *err)
{
    if (!tree || size > merkle_tree_size(tree))
        return err_set(err, ERR_INVALID, "the ledger of %s has no %llu entries", organisation->text,
                       (unsigned long long)size);
    return 0;
}

int keeper_prove_inclusion(struct keeper *k, const struct id *organisation, uint64_t index,
                           uint64_t size, struct merkle_proof *ret, struct err *err)
{
    pthread_mutex_lock(&k->lock);
    const struct merkle_tree *tree = books_tree(k->books, organisation);
    int rc = inside(tree, organisation, size, err);
    if (rc == 0 && index >= size)
        rc = err_set(err, ERR_INVALID, "entry %llu is not among the first %llu",
                     (unsigned long long)index, (unsigned long long)size);
    if (rc == 0)
        merkle_tree_prove_inclusion(tree, index, size, ret);
    pthread_mutex_unlock(&k->lock);
    return rc;
}

int keeper_prove_consistency(struct keeper *k, const struct id *organisation, uint64_t from,
                             uint64_t to, struct merkle_proof *ret, struct err *err)
{
    pthread_mutex_lock(&k->lock);
    const struct merkle_tree *tree = books_tree(k->books, organisation);
    int rc = inside(tree, organisation, to, err);
    if (rc == 0 && from > to)
        rc = err_set(err, ERR_INVALID, "from must not be more than to");
    if (rc == 0)
        merkle_tree_prove_consistency(tree, from, to, ret);
    pthread_mutex_unlock(&k->lock);
    return rc;
}

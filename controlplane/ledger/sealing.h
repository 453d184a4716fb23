#ifndef PUMASI_CONTROLPLANE_LEDGER_SEALING_H
#define PUMASI_CONTROLPLANE_LEDGER_SEALING_H

#include "controlplane/ledger/archive.h"
#include "lib/store/store.h"

/*
 * From the store's log into books and archive. Both read commits and write nothing to the store.
 */
struct close_seen {
    char month[8];   /* "" = none */
    uint64_t commit; /* that holds the close entry */
    struct instant at;
};

/* Reads the commits after that one, at most SEALING_FETCH, into a list of struct commit (free with
 * sealing_free()). (blocks) */
#define SEALING_FETCH 1000
MUST_CHECK int sealing_fetch(struct store *store, uint64_t after, struct list *ret,
                             struct err *err);
void sealing_free(struct list *commits);

/* Takes fetched commits in, up to and with the first that closes a month, which lands in
 * *ret_close: it is to be sealed before the next is taken in. ERR_CORRUPT: a commit is missing. */
MUST_CHECK int sealing_take(const struct list *commits, struct books *books,
                            struct close_seen *ret_close, struct err *err);

/* Seals the month that was closed there; books hold exactly the commits up to it. (blocks) */
MUST_CHECK int sealing_seal(struct store *store, const struct books *books,
                            const struct close_seen *close, struct archive *archive,
                            struct err *err);

#endif

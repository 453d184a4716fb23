#ifndef PUMASI_BILLING_CANONICAL_H
#define PUMASI_BILLING_CANONICAL_H

#include "lib/base/buf.h"

#include <stdint.h>

/*
 * A writer of canonical JSON: no blanks, members of an object by rising name (bytewise), integers
 * and texts only, UTF-8 as it is, and just the escapes that JSON demands. One value has one form,
 * so that its bytes can be hashed. Members out of order are a broken promise.
 */
#define CANONICAL_DEPTH_MAX 8

struct canonical {
    struct buf *out;
    int depth;
    struct {
        const char *last; /* name of the last member; borrowed */
        bool any;
    } open[CANONICAL_DEPTH_MAX];
};

void canonical_init(struct canonical *c, struct buf *out);

/* name: of the member; NULL for an item of a list and for the document itself. */
void canonical_begin(struct canonical *c, const char *name, char bracket); /* '{' or '[' */
void canonical_end(struct canonical *c, char bracket);                     /* '}' or ']' */
void canonical_text(struct canonical *c, const char *name, const char *text);
void canonical_int(struct canonical *c, const char *name, int64_t value);

#endif

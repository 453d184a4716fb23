#ifndef PUMASI_LIB_JSON_STRICT_H
#define PUMASI_LIB_JSON_STRICT_H

#include "lib/base/err.h"
#include "lib/base/span.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A strict reader of JSON that people write: case files, tree files, scenarios, manifests.
 *
 * A `struct strict` is a value and the way to it, so that every error names the path in the file:
 * "usage[3].from: expected text, found a number". It is a plain struct for the stack; it borrows
 * from its parent, which must outlive it, and from the document. Nothing here aborts on any input.
 * Failures are ERR_INVALID unless stated otherwise. Not thread-safe on one document.
 *
 *     struct json_t *document CLEANUP_STRICT = NULL;
 *     TRY(strict_load(text, &document, err));
 *     struct strict root = strict_root(document), usage, line;
 *     static const char *const known[] = {"usage", NULL};
 *     TRY(strict_object(&root, known, err));
 *     TRY(strict_get_list(&root, "usage", &usage, &n, err));
 *     for (size_t i = 0; i < n; i++) {
 *         line = strict_item(&usage, i); ...
 *         TRY(strict_get_int(&line, "gpus", 1, 100000, &gpus, err));
 */
struct json_t; /* jansson's; nobody but lib/json looks into it */

struct strict {
    struct json_t *value;
    const struct strict *parent; /* NULL: the document itself */
    const char *name;            /* of the member; NULL: an item of a list */
    size_t index;
};

/* The document in the text, which must be an object or a list of at most LIMIT_FILE_BYTES. Repeated
 * members, numbers beyond int64 and whatever else is no JSON name path, line and column. ERR_LIMIT
 * if it is too long. strict_free() ends it. */
MUST_CHECK int strict_load(struct span text, struct json_t **ret, struct err *err);
/* The same for what a program wrote, of at most max bytes. */
MUST_CHECK int strict_load_long(struct span text, size_t max, struct json_t **ret, struct err *err);
/* The same from a file; the path of the file stands before each error. ERR_NOT_FOUND, ERR_IO. */
MUST_CHECK int strict_load_file(const char *path, struct json_t **ret, struct err *err);
void strict_free(struct json_t *document); /* NULL is fine */

struct strict strict_root(struct json_t *document);

/* Sets the code and "path: text"; returns -code. For what only the caller can judge. */
int strict_error(const struct strict *at, enum err_code code, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* "an object", "text", "a whole number", ...: for texts of errors. */
const char *strict_kind(const struct strict *at);

bool strict_is_object(const struct strict *at);
bool strict_is_list(const struct strict *at);
bool strict_is_text(const struct strict *at);
bool strict_is_int(const struct strict *at);

/* That it is an object whose members are all among `known` (NULL ends the list). The first unknown
 * member is named with its path, and the known ones are listed. */
MUST_CHECK int strict_object(const struct strict *at, const char *const *known, struct err *err);

/* The value itself, of that kind. Text is UTF-8 without NUL and lives as long as the document. A
 * whole number is written without point and exponent; "1.0" and "1e3" are refused. */
MUST_CHECK int strict_text(const struct strict *at, struct span *ret, struct err *err);
MUST_CHECK int strict_int(const struct strict *at, int64_t min, int64_t max, int64_t *ret,
                          struct err *err);
MUST_CHECK int strict_bool(const struct strict *at, bool *ret, struct err *err);
/* A list of at most LIMIT_LIST_ITEMS (beyond: ERR_LIMIT). */
MUST_CHECK int strict_list(const struct strict *at, size_t *ret_n, struct err *err);

/* A list as long as its document lets it be. */
MUST_CHECK int strict_long_list(const struct strict *at, size_t *ret_n, struct err *err);

/* Item i of a list; i must be below its length. */
struct strict strict_item(const struct strict *list, size_t i);

/* The member of that name. `at` that is no object has no members. */
bool strict_find(const struct strict *at, const char *name, struct strict *ret);
MUST_CHECK int strict_member(const struct strict *at, const char *name, struct strict *ret,
                             struct err *err); /* missing: ERR_INVALID */

/* The members of an object in the order of the file. Start with it->value = NULL; false at the end.
 * The name of the member is it->name. */
bool strict_next(const struct strict *object, struct strict *it);

/* strict_member() and the kind in one. */
MUST_CHECK int strict_get_text(const struct strict *at, const char *name, struct span *ret,
                               struct err *err);
MUST_CHECK int strict_get_int(const struct strict *at, const char *name, int64_t min, int64_t max,
                              int64_t *ret, struct err *err);
MUST_CHECK int strict_get_bool(const struct strict *at, const char *name, bool *ret,
                               struct err *err);
MUST_CHECK int strict_get_list(const struct strict *at, const char *name, struct strict *ret,
                               size_t *ret_n, struct err *err);

static inline void strict_cleanup(struct json_t **document)
{
    strict_free(*document);
}
#define CLEANUP_STRICT __attribute__((cleanup(strict_cleanup)))

#endif

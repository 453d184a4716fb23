/* Owns what it read: names and dated numbers in one arena, in the order of the file. */
#include "controlplane/domain/file/quota_file.h"

#include "lib/base/arena.h"
#include "lib/base/limits.h"
#include "lib/json/strict_value.h"

#include <stdlib.h>

struct dated_number {
    struct instant from; /* NEVER: at all times, with or without a date */
    int64_t value;
    size_t index; /* in the file */
};

/* One number of a node: nothing, one value, or several dated ones by rising date. */
struct number {
    struct dated_number *items;
    size_t n;
};

struct file_node {
    const char *name;
    const char *parent; /* NULL: a root */
    struct number nominal;
    struct number borrow_limit;
    struct number lend_limit;
    int64_t usage;
};

struct quota_file {
    struct arena *arena;
    struct file_node *nodes;
    size_t n;
};

static int too_many(const struct strict *at, struct err *err)
{
    return strict_error(at, ERR_LIMIT, err, "the file has too many entries: split it");
}

static int read_name(struct quota_file *f, const struct strict *at, const char *name,
                     const char **ret, struct err *err)
{
    char text[LIMIT_NAME_BYTES];
    TRY(strict_get_name(at, name, text, sizeof(text), err));
    const char *copy = arena_text(f->arena, span_text(text));
    if (copy == NULL)
        return too_many(at, err);
    *ret = copy;
    return 0;
}

static int compare_numbers(const void *a, const void *b)
{
    const struct dated_number *x = a, *y = b;
    int by_date = instant_compare(x->from, y->from);
    return by_date ? by_date : (x->index > y->index) - (x->index < y->index);
}

static int check_dates(const struct strict *list, const struct number *number, struct err *err)
{
    for (size_t i = 1; i < number->n; i++) {
        if (number->items[i].from.s != number->items[i - 1].from.s)
            continue;
        struct strict item = strict_item(list, number->items[i].index), from;
        TRY(strict_member(&item, "from", &from, err));
        return strict_error(&from, ERR_INVALID, err, "a second value from this date: keep one");
    }
    return 0;
}

static int read_dated(const struct strict *list, struct number *number, struct err *err)
{
    static const char *const known[] = {"from", "value", NULL};
    for (size_t i = 0; i < number->n; i++) {
        struct strict item = strict_item(list, i);
        struct dated_number *d = &number->items[i];
        TRY(strict_object(&item, known, err));
        TRY(strict_get_moment(&item, "from", &d->from, err));
        TRY(strict_get_int(&item, "value", 0, INT64_MAX, &d->value, err));
        d->index = i;
    }
    qsort(number->items, number->n, sizeof(number->items[0]), compare_numbers);
    return check_dates(list, number, err);
}

/* A number or a list of dated ones; a member that is missing is the empty number. */
static int read_number(struct quota_file *f, const struct strict *node, const char *name,
                       struct number *ret, struct err *err)
{
    struct strict at;
    size_t n = 1;
    if (!strict_find(node, name, &at))
        return 0;
    bool list = strict_is_list(&at);
    if (list)
        TRY(strict_list(&at, &n, err));
    *ret = (struct number){arena_array(f->arena, n + 1, sizeof(*ret->items)), n};
    if (ret->items == NULL)
        return too_many(&at, err);
    if (list)
        return read_dated(&at, ret, err);
    ret->items[0].from = INSTANT_NEVER;
    return strict_int(&at, 0, INT64_MAX, &ret->items[0].value, err);
}

/* A limit needs a parent, whether or not it is in force at the date asked for. */
static int check_root(const struct strict *node, const char *limit, struct err *err)
{
    struct strict at;
    if (!strict_find(node, limit, &at))
        return 0;
    return strict_error(&at, ERR_INVALID, err,
                        "a limit needs a parent, and this node is a root: remove it");
}

static int read_node(struct quota_file *f, const struct strict *at, struct file_node *node,
                     struct err *err)
{
    static const char *const known[] = {"name",         "parent",     "nominal",
                                        "borrow_limit", "lend_limit", NULL};
    struct strict member;
    TRY(strict_object(at, known, err));
    TRY(read_name(f, at, "name", &node->name, err));
    TRY(strict_member(at, "nominal", &member, err));
    TRY(read_number(f, at, "nominal", &node->nominal, err));
    TRY(read_number(f, at, "borrow_limit", &node->borrow_limit, err));
    TRY(read_number(f, at, "lend_limit", &node->lend_limit, err));
    if (strict_find(at, "parent", &member))
        return read_name(f, at, "parent", &node->parent, err);
    TRY(check_root(at, "borrow_limit", err));
    return check_root(at, "lend_limit", err);
}

static int read_nodes(struct quota_file *f, const struct strict *root, struct err *err)
{
    struct strict list;
    TRY(strict_get_list(root, "nodes", &list, &f->n, err));
    f->nodes = arena_array(f->arena, f->n + 1, sizeof(*f->nodes));
    if (f->nodes == NULL)
        return too_many(&list, err);
    for (size_t i = 0; i < f->n; i++) {
        struct strict item = strict_item(&list, i);
        TRY(read_node(f, &item, &f->nodes[i], err));
    }
    return 0;
}

/* The tree is built once while reading, so that a bad one is refused without a date, too. */
static int read_usage(struct quota_file *f, const struct quota_tree *tree,
                      const struct strict *root, struct err *err)
{
    struct strict usage, it = {.value = NULL};
    if (!strict_find(root, "usage", &usage))
        return 0;
    if (!strict_is_object(&usage))
        return strict_error(&usage, ERR_INVALID, err, "expected an object, found %s",
                            strict_kind(&usage));
    while (strict_next(&usage, &it)) {
        size_t node;
        if (quota_find(tree, span_text(it.name), &node, NULL) < 0)
            return strict_error(&it, ERR_INVALID, err, "no node has this name: add it to nodes");
        TRY(strict_int(&it, 0, INT64_MAX, &f->nodes[node].usage, err));
    }
    return 0;
}

static int read_root(struct quota_file *f, const struct strict *root, struct err *err)
{
    static const char *const known[] = {"nodes", "usage", NULL};
    struct quota_tree *tree;
    TRY(strict_object(root, known, err));
    TRY(read_nodes(f, root, err));
    TRY(quota_file_tree(f, NULL, &tree, err));
    int rc = read_usage(f, tree, root, err);
    quota_tree_destroy(tree);
    return rc;
}

int quota_file_read(struct span text, struct quota_file **ret, struct err *err)
{
    struct json_t *document CLEANUP_STRICT = NULL;
    TRY(strict_load(text, &document, err));
    struct strict root = strict_root(document);
    struct quota_file *f = calloc(1, sizeof(*f));
    ENSURE(f != NULL);
    f->arena = arena_create(LIMIT_REQUEST_ARENA_BYTES);
    int rc = read_root(f, &root, err);
    if (rc < 0) {
        quota_file_destroy(f);
        return rc;
    }
    *ret = f;
    return 0;
}

void quota_file_destroy(struct quota_file *f)
{
    if (f == NULL)
        return;
    arena_destroy(f->arena);
    free(f);
}

static int64_t number_at(const struct number *number, const struct instant *at, int64_t absent)
{
    int64_t value = absent;
    for (size_t i = 0; i < number->n; i++) {
        const struct dated_number *d = &number->items[i];
        if (d->from.s == INSTANT_NEVER.s || (at != NULL && d->from.s <= at->s))
            value = d->value;
    }
    return value;
}

int quota_file_tree(const struct quota_file *f, const struct instant *at, struct quota_tree **ret,
                    struct err *err)
{
    struct quota_node *nodes = calloc(f->n + 1, sizeof(*nodes));
    ENSURE(nodes != NULL);
    for (size_t i = 0; i < f->n; i++) {
        const struct file_node *n = &f->nodes[i];
        nodes[i] = (struct quota_node){n->name, n->parent, number_at(&n->nominal, at, 0),
                                       number_at(&n->borrow_limit, at, QUOTA_NO_LIMIT),
                                       number_at(&n->lend_limit, at, QUOTA_NO_LIMIT)};
    }
    struct quota_tree *tree;
    int rc = quota_tree_create(nodes, f->n, &tree, err);
    free(nodes);
    TRY(rc);
    for (size_t i = 0; i < f->n; i++)
        quota_add_usage(tree, i, f->nodes[i].usage);
    *ret = tree;
    return 0;
}

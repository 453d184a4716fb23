/* Reads dated facts as (instant, value) pairs, sorts them and checks their dates. No state. */
#include "billing/case/facts.h"

#include "lib/json/strict_value.h"

#include <stdlib.h>

struct fact {
    struct instant from;
    int value;
    size_t index; /* in the file */
};

struct fact_list {
    struct fact *items;
    size_t n;
};

static int compare_facts(const void *a, const void *b)
{
    const struct fact *x = a, *y = b;
    int by_date = instant_compare(x->from, y->from);
    return by_date ? by_date : (x->index > y->index) - (x->index < y->index);
}

static int check_dates(const struct strict *list, const struct fact_list *facts, struct err *err)
{
    for (size_t i = 1; i < facts->n; i++) {
        if (facts->items[i].from.s != facts->items[i - 1].from.s)
            continue;
        struct strict item = strict_item(list, facts->items[i].index), from;
        TRY(strict_member(&item, "from", &from, err));
        return strict_error(&from, ERR_INVALID, err, "a second value from this date: keep one");
    }
    return 0;
}

static int read_list(const struct strict *list, const struct enum_names *names,
                     struct fact_list *facts, struct err *err)
{
    static const char *const known[] = {"from", "value", NULL};
    for (size_t i = 0; i < facts->n; i++) {
        struct strict item = strict_item(list, i);
        struct fact *fact = &facts->items[i];
        TRY(strict_object(&item, known, err));
        TRY(strict_get_moment(&item, "from", &fact->from, err));
        TRY(strict_get_enum(&item, "value", names, 1, &fact->value, err));
        fact->index = i;
    }
    qsort(facts->items, facts->n, sizeof(*facts->items), compare_facts);
    return check_dates(list, facts, err);
}

/* The facts of a member of `at`, in the arena. */
static int read_facts(const struct strict *at, const char *name, const struct enum_names *names,
                      struct arena *arena, struct fact_list *ret, struct err *err)
{
    struct strict member;
    size_t n = 1;
    TRY(strict_member(at, name, &member, err));
    bool list = strict_is_list(&member);
    if (list)
        TRY(strict_list(&member, &n, err));
    *ret = (struct fact_list){arena_array(arena, n + 1, sizeof(*ret->items)), n};
    if (ret->items == NULL)
        return strict_error(&member, ERR_LIMIT, err, "the file has too many entries: split it");
    return list ? read_list(&member, names, ret, err)
                : strict_get_enum(at, name, names, 1, &ret->items[0].value, err);
}

int facts_read_sizes(const struct strict *member, struct arena *arena,
                     const struct dated_size **ret, size_t *ret_n, struct err *err)
{
    struct fact_list facts;
    struct strict legal;
    int legal_size = SIZE_NONE;
    TRY(read_facts(member, "size", &size_class_names, arena, &facts, err));
    if (strict_find(member, "legal_size", &legal))
        TRY(strict_get_enum(member, "legal_size", &size_class_names, 1, &legal_size, err));
    struct dated_size *sizes = arena_array(arena, facts.n + 1, sizeof(*sizes));
    if (sizes == NULL)
        return strict_error(member, ERR_LIMIT, err, "the file has too many entries: split it");
    for (size_t i = 0; i < facts.n; i++)
        sizes[i] = (struct dated_size){facts.items[i].from, (enum size_class)facts.items[i].value,
                                       (enum size_class)legal_size};
    *ret = sizes;
    *ret_n = facts.n;
    return 0;
}

int facts_read_openness(const struct strict *project, struct arena *arena,
                        const struct dated_openness **ret, size_t *ret_n, struct err *err)
{
    struct fact_list facts;
    TRY(read_facts(project, "openness", &openness_names, arena, &facts, err));
    struct dated_openness *openness = arena_array(arena, facts.n + 1, sizeof(*openness));
    if (openness == NULL)
        return strict_error(project, ERR_LIMIT, err, "the file has too many entries: split it");
    for (size_t i = 0; i < facts.n; i++)
        openness[i] =
            (struct dated_openness){facts.items[i].from, (enum openness)facts.items[i].value};
    *ret = openness;
    *ret_n = facts.n;
    return 0;
}

/* Reads dated facts as (instant, value) pairs, sorts them and checks their dates. No state. */
#include "billing/case/facts.h"

#include "lib/json/strict_value.h"

#include <stdlib.h>

struct fact {
    struct instant from;
    int value;
    size_t index; /* in the file */
};

static int compare_facts(const void *a, const void *b)
{
    const struct fact *x = a, *y = b;
    int by_date = instant_compare(x->from, y->from);
    return by_date ? by_date : (x->index > y->index) - (x->index < y->index);
}

static int check_dates(const struct strict *list, const struct fact *facts, size_t n,
                       struct err *err)
{
    for (size_t i = 1; i < n; i++) {
        if (facts[i].from.s != facts[i - 1].from.s)
            continue;
        struct strict item = strict_item(list, facts[i].index), from;
        TRY(strict_member(&item, "from", &from, err));
        return strict_error(&from, ERR_INVALID, err, "a second value from this date: keep one");
    }
    return 0;
}

static int read_list(const struct strict *list, const struct enum_names *names, struct fact *facts,
                     size_t n, struct err *err)
{
    static const char *const known[] = {"from", "value", NULL};
    for (size_t i = 0; i < n; i++) {
        struct strict item = strict_item(list, i);
        TRY(strict_object(&item, known, err));
        TRY(strict_get_moment(&item, "from", &facts[i].from, err));
        TRY(strict_get_enum(&item, "value", names, 1, &facts[i].value, err));
        facts[i].index = i;
    }
    qsort(facts, n, sizeof(*facts), compare_facts);
    return check_dates(list, facts, n, err);
}

/* The facts of a member of `at`, in the arena. */
static int read_facts(const struct strict *at, const char *name, const struct enum_names *names,
                      struct arena *arena, struct fact **ret, size_t *ret_n, struct err *err)
{
    struct strict member;
    size_t n = 1;
    TRY(strict_member(at, name, &member, err));
    bool list = strict_is_list(&member);
    if (list)
        TRY(strict_list(&member, &n, err));
    struct fact *facts = arena_array(arena, n + 1, sizeof(*facts));
    if (facts == NULL)
        return strict_error(&member, ERR_LIMIT, err, "the file has too many entries");
    if (list)
        TRY(read_list(&member, names, facts, n, err));
    else
        TRY(strict_get_enum(at, name, names, 1, &facts[0].value, err));
    *ret = facts;
    *ret_n = n;
    return 0;
}

int facts_read_sizes(const struct strict *member, struct arena *arena,
                     const struct dated_size **ret, size_t *ret_n, struct err *err)
{
    struct fact *facts;
    struct strict legal;
    int legal_size = SIZE_NONE;
    TRY(read_facts(member, "size", &size_class_names, arena, &facts, ret_n, err));
    if (strict_find(member, "legal_size", &legal))
        TRY(strict_get_enum(member, "legal_size", &size_class_names, 1, &legal_size, err));
    struct dated_size *sizes = arena_array(arena, *ret_n + 1, sizeof(*sizes));
    if (sizes == NULL)
        return strict_error(member, ERR_LIMIT, err, "the file has too many entries");
    for (size_t i = 0; i < *ret_n; i++)
        sizes[i] = (struct dated_size){facts[i].from, (enum size_class)facts[i].value,
                                       (enum size_class)legal_size};
    *ret = sizes;
    return 0;
}

int facts_read_openness(const struct strict *project, struct arena *arena,
                        const struct dated_openness **ret, size_t *ret_n, struct err *err)
{
    struct fact *facts;
    TRY(read_facts(project, "openness", &openness_names, arena, &facts, ret_n, err));
    struct dated_openness *openness = arena_array(arena, *ret_n + 1, sizeof(*openness));
    if (openness == NULL)
        return strict_error(project, ERR_LIMIT, err, "the file has too many entries");
    for (size_t i = 0; i < *ret_n; i++)
        openness[i] = (struct dated_openness){facts[i].from, (enum openness)facts[i].value};
    *ret = openness;
    return 0;
}

/*
 * Owns what it read: the policy, and one arena with every name and array. The input that it hands
 * out points into both. Checks what can be laid at one entry's door here, where its path is known;
 * what follows from the whole (a missing rate) is said by cofunding_eval() by the same names.
 */
#include "billing/case/case_file.h"

#include "billing/case/facts.h"
#include "billing/case/programme.h"
#include "lib/base/arena.h"
#include "lib/base/limits.h"
#include "lib/base/share.h"
#include "lib/json/strict_value.h"

#include <stdlib.h>

struct case_file {
    struct arena *arena;
    struct cofunding_policy policy;
    struct cofunding_input input;
    struct cofunding_member *members; /* input.members, while they are read */
};

static int too_many(const struct strict *at, struct err *err)
{
    return strict_error(at, ERR_LIMIT, err, "the file has too many entries: split it");
}

/* A name of `at` as a text of the arena. */
static int read_name(struct case_file *c, const struct strict *at, const char *name,
                     const char **ret, struct err *err)
{
    char text[LIMIT_NAME_BYTES];
    TRY(strict_get_name(at, name, text, sizeof(text), err));
    const char *copy = arena_text(c->arena, span_text(text));
    if (copy == NULL)
        return too_many(at, err);
    *ret = copy;
    return 0;
}

static int read_member(struct case_file *c, const struct strict *at, struct err *err)
{
    static const char *const known[] = {"org", "size", "legal_size", "role", NULL};
    struct cofunding_member *m = &c->members[c->input.n_members];
    struct strict role;
    struct span text;
    TRY(strict_object(at, known, err));
    TRY(read_name(c, at, "org", &m->organisation, err));
    for (size_t i = 0; i < c->input.n_members; i++) {
        if (strcmp(c->members[i].organisation, m->organisation) == 0)
            return strict_error(at, ERR_INVALID, err, "%s is already members[%zu]: keep one",
                                m->organisation, i);
    }
    if (strict_find(at, "role", &role))
        TRY(strict_text(&role, &text, err));
    TRY(facts_read_sizes(at, c->arena, &m->sizes, &m->n_sizes, err));
    c->input.n_members++;
    return 0;
}

static int read_members(struct case_file *c, const struct strict *root, struct err *err)
{
    struct strict list;
    size_t n;
    TRY(strict_get_list(root, "members", &list, &n, err));
    c->members = arena_array(c->arena, n + 1, sizeof(*c->members));
    if (c->members == NULL)
        return too_many(&list, err);
    c->input.members = c->members;
    for (size_t i = 0; i < n; i++) {
        struct strict item = strict_item(&list, i);
        TRY(read_member(c, &item, err));
    }
    return 0;
}

/* The index of the member that `org` of `at` names. */
static int read_org(const struct case_file *c, const struct strict *at, uint32_t *ret,
                    struct err *err)
{
    char name[LIMIT_NAME_BYTES];
    struct strict org;
    TRY(strict_get_name(at, "org", name, sizeof(name), err));
    for (size_t i = 0; i < c->input.n_members; i++) {
        if (strcmp(c->members[i].organisation, name) == 0) {
            *ret = (uint32_t)i;
            return 0;
        }
    }
    TRY(strict_member(at, "org", &org, err));
    return strict_error(&org, ERR_INVALID, err, "%s is no member: add it to members", name);
}

static int read_units(const struct strict *at, int64_t *ret, struct err *err)
{
    struct share share = {SHARE_PER_GPU};
    struct strict gpus_at, share_at;
    struct err why = ERR_INIT;
    struct span text;
    int64_t gpus;
    TRY(strict_get_int(at, "gpus", 0, INT64_MAX, &gpus, err));
    TRY(strict_member(at, "gpus", &gpus_at, err));
    if (strict_find(at, "share", &share_at)) {
        TRY(strict_text(&share_at, &text, err));
        if (share_parse(text, &share, &why) < 0)
            return strict_error(&share_at, ERR_INVALID, err, "%s", why.text);
        if (share.units > SHARE_PER_GPU)
            return strict_error(&share_at, ERR_INVALID, err,
                                "more than one GPU: write the number of GPUs in gpus");
    }
    if (__builtin_mul_overflow(gpus, share.units, ret))
        return strict_error(&gpus_at, ERR_OVERFLOW, err, "%lld GPUs are more than can be counted",
                            (long long)gpus);
    return 0;
}

static int read_window(const struct strict *at, struct window *ret, struct err *err)
{
    struct strict to;
    TRY(strict_get_moment(at, "from", &ret->from, err));
    TRY(strict_get_until(at, "to", &ret->to, err));
    if (!window_empty(*ret))
        return 0;
    TRY(strict_member(at, "to", &to, err));
    return strict_error(&to, ERR_INVALID, err, "use that ends before it begins: set a later end");
}

/* Use before the first price of its model, or of a model without any. */
static int check_price(const struct case_file *c, const struct strict *at,
                       const struct cofunding_usage *u, struct err *err)
{
    struct strict where;
    bool known = false;
    LIST_EACH(const struct price, price, &c->policy.prices)
    {
        if (strcmp(price->model, u->model) != 0)
            continue;
        known = true;
        if (price->from.s <= u->window.from.s)
            return 0;
    }
    TRY(strict_member(at, known ? "from" : "model", &where, err));
    if (known)
        return strict_error(&where, ERR_NO_RATE, err,
                            "use before the first price of %s: add an earlier price to "
                            "programme.prices",
                            u->model);
    return strict_error(&where, ERR_NO_RATE, err, "%s has no price: add one to programme.prices",
                        u->model);
}

/* Use before the first size class of its member or the first openness of the project. */
static int check_facts(const struct case_file *c, const struct strict *at,
                       const struct cofunding_usage *u, struct err *err)
{
    const struct cofunding_member *m = &c->members[u->member];
    struct strict from;
    TRY(strict_member(at, "from", &from, err));
    if (dated_size_at(m->sizes, m->n_sizes, u->window.from) == NULL)
        return strict_error(&from, ERR_NO_RATE, err,
                            "use before the first size class of %s: add an earlier one to "
                            "members[%u].size",
                            m->organisation, (unsigned)u->member);
    if (dated_openness_at(c->input.openness, c->input.n_openness, u->window.from) == NULL)
        return strict_error(&from, ERR_NO_RATE, err,
                            "use before the first openness: add an earlier one to "
                            "project.openness");
    return 0;
}

/* Each may be left out: the programme's price, time used, committed. */
static int read_terms(const struct strict *at, struct terms *t, struct err *err)
{
    static const char *const services[] = {"committed", "opportunistic"};
    static const struct enum_names service_names = {services, 2};
    struct strict member;
    int time = TIME_USED, payer = PAYER_BORROWER, service = 0;
    if (strict_find(at, "price", &member))
        TRY(strict_int(&member, 1, INT64_MAX, &t->price_krw.krw, err));
    if (strict_find(at, "time", &member))
        TRY(strict_get_enum(at, "time", &time_kind_names, 0, &time, err));
    if (strict_find(at, "payer", &member))
        TRY(strict_get_enum(at, "payer", &payer_names, PAYER_BORROWER, &payer, err));
    if (strict_find(at, "service", &member))
        TRY(strict_get_enum(at, "service", &service_names, 0, &service, err));
    if (strict_find(at, "isolation", &member))
        TRY(strict_get_name(at, "isolation", t->isolation, sizeof(t->isolation), err));
    t->time = (enum time_kind)time;
    t->payer = (enum payer)payer;
    t->opportunistic = service != 0;
    return 0;
}

static int read_use(struct case_file *c, const struct strict *at, struct cofunding_usage *u,
                    struct err *err)
{
    static const char *const known[] = {"org",   "model", "gpus",  "share",   "from",      "to",
                                        "price", "time",  "payer", "service", "isolation", NULL};
    char model[MODEL_CAP];
    TRY(strict_object(at, known, err));
    TRY(read_org(c, at, &u->member, err));
    TRY(strict_get_name(at, "model", model, sizeof(model), err));
    TRY(read_name(c, at, "model", &u->model, err));
    TRY(read_units(at, &u->units, err));
    TRY(read_window(at, &u->window, err));
    TRY(read_terms(at, &u->terms, err));
    TRY(check_price(c, at, u, err));
    return check_facts(c, at, u, err);
}

static int read_usage(struct case_file *c, const struct strict *root, struct err *err)
{
    struct strict list;
    TRY(strict_get_list(root, "usage", &list, &c->input.n_usage, err));
    struct cofunding_usage *usage = arena_array(c->arena, c->input.n_usage + 1, sizeof(*usage));
    if (usage == NULL)
        return too_many(&list, err);
    c->input.usage = usage;
    for (size_t i = 0; i < c->input.n_usage; i++) {
        struct strict item = strict_item(&list, i);
        TRY(read_use(c, &item, &usage[i], err));
    }
    return 0;
}

static int read_contribution(struct case_file *c, const struct strict *at,
                             struct cofunding_contribution *ret, struct err *err)
{
    static const char *const known[] = {"org", "kind", "krw", NULL};
    TRY(strict_object(at, known, err));
    TRY(read_org(c, at, &ret->member, err));
    TRY(read_name(c, at, "kind", &ret->kind, err));
    return strict_get_int(at, "krw", 0, INT64_MAX, &ret->krw.krw, err);
}

static int read_contributions(struct case_file *c, const struct strict *root, struct err *err)
{
    struct strict list;
    size_t n;
    if (!strict_find(root, "contributions", &list))
        return 0;
    TRY(strict_list(&list, &n, err));
    struct cofunding_contribution *rows = arena_array(c->arena, n + 1, sizeof(*rows));
    if (rows == NULL)
        return too_many(&list, err);
    c->input.contributions = rows;
    c->input.n_contributions = n;
    for (size_t i = 0; i < n; i++) {
        struct strict item = strict_item(&list, i);
        TRY(read_contribution(c, &item, &rows[i], err));
    }
    return 0;
}

static int read_project(struct case_file *c, const struct strict *root, struct err *err)
{
    static const char *const known[] = {"openness", NULL};
    struct strict project;
    TRY(strict_member(root, "project", &project, err));
    TRY(strict_object(&project, known, err));
    return facts_read_openness(&project, c->arena, &c->input.openness, &c->input.n_openness, err);
}

static int read_root(struct case_file *c, const struct strict *root, struct err *err)
{
    static const char *const known[] = {"programme", "project",       "members",
                                        "usage",     "contributions", NULL};
    struct strict programme;
    TRY(strict_object(root, known, err));
    TRY(strict_member(root, "programme", &programme, err));
    TRY(programme_read(&programme, &c->policy, err));
    TRY(read_project(c, root, err));
    TRY(read_members(c, root, err));
    TRY(read_usage(c, root, err));
    return read_contributions(c, root, err);
}

int case_file_read(struct span text, struct case_file **ret, struct err *err)
{
    struct json_t *document CLEANUP_STRICT = NULL;
    TRY(strict_load(text, &document, err));
    struct strict root = strict_root(document);
    struct case_file *c = calloc(1, sizeof(*c));
    ENSURE(c != NULL);
    c->arena = arena_create(LIMIT_REQUEST_ARENA_BYTES);
    c->input.policy = &c->policy;
    c->input.period_end = INSTANT_NEVER;
    int rc = read_root(c, &root, err);
    if (rc < 0) {
        case_file_destroy(c);
        return rc;
    }
    *ret = c;
    return 0;
}

void case_file_destroy(struct case_file *c)
{
    if (c == NULL)
        return;
    record_fini(&cofunding_policy_type, &c->policy);
    arena_destroy(c->arena);
    free(c);
}

const struct cofunding_input *case_file_input(const struct case_file *c)
{
    return &c->input;
}

int case_file_eval(struct span text, struct cofunding_result **ret, struct err *err)
{
    struct case_file *c;
    TRY(case_file_read(text, &c, err));
    int rc = cofunding_eval(&c->input, ret, err);
    case_file_destroy(c);
    return rc;
}
